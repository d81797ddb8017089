"""Shapes, layouts and batches: read, guessed, proposed, refused."""

from contextlib import nullcontext

import openvino as ov
import pytest
import tiny_models

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.intake import describe, load, prepare
from ovexplorer.engine.shapes import guess_layout, parse_layout, parse_shape, propose, shape_text
from ovexplorer.schema.spec import InputSpec, ModelSpec


@pytest.fixture(scope="module")
def core():
    return ov.Core()


@pytest.fixture
def embedding(tmp_path):
    return str(tiny_models.save_ir(tiny_models.embedding_model(), tmp_path / "embedding.xml"))


@pytest.fixture
def conv(tmp_path):
    return str(tiny_models.save_ir(tiny_models.conv_model(), tmp_path / "conv.xml"))


def silent(phase):
    return nullcontext()


def prepared(core, spec, **more):
    return prepare(load(core, spec, silent), spec, silent, **more)


def refused(core, spec):
    with pytest.raises(EngineFailure) as caught:
        prepared(core, spec)
    return caught.value


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("[1,3,224,224]", "[1,3,224,224]"),
        ("1, 3", "[1,3]"),
        ("[?,-1,1..8]", "[?,?,1..8]"),
        ("[2..,..5]", "[2..,0..5]"),
        ("[]", "[]"),
        ("[...]", "[...]"),
    ],
)
def test_shapes_are_read_and_written(text, written):
    assert shape_text(parse_shape(text)) == written


@pytest.mark.parametrize("text", ["[1,x]", "[1,,2]", "[8..1]", "[1 3]", "[-5]", "[1", "[99999999999]", "[1.5]", "[²]"])
def test_what_is_no_shape_is_refused(text):
    with pytest.raises(ValueError, match="is not"):
        parse_shape(text)


@pytest.mark.parametrize(
    ("shape", "layout"),
    [
        ("[1,3,224,224]", "NCHW"),
        ("[1,224,224,3]", "NHWC"),
        ("[3,224,224]", "CHW"),
        ("[224,224,1]", "HWC"),
        ("[?,3,?,?]", "NCHW"),
        ("[1,128]", "NC"),
        ("[1,64,64,64]", ""),
        ("[4]", ""),
        ("[...]", ""),
    ],
)
def test_layouts_are_guessed_as_benchmark_app_does(shape, layout):
    assert guess_layout(parse_shape(shape)) == layout


def test_layouts_are_read_in_both_spellings():
    assert {str(parse_layout(text)) for text in ("NCHW", "N,C,H,W", "[N,C,H,W]", "nchw")} == {"[N,C,H,W]"}
    with pytest.raises(ValueError, match="not a layout"):
        parse_layout("N,,")


@pytest.mark.parametrize(
    ("name", "shape", "layout", "proposal"),
    [
        ("images", "[?,3,?,?]", "NCHW", "[1,3,224,224]"),
        ("input_ids", "[?,1..512]", "NC", "[1,128]"),
        ("input_ids", "[?,1..64]", "NC", "[1,64]"),
        ("input_ids", "[?,?]", "NC", "[1,128]"),
        ("image", "[2..4,3,256..,?]", "NCHW", "[2,3,256,224]"),
        ("past", "[?,12,?,64]", "", "[1,12,224,64]"),
    ],
)
def test_a_static_shape_is_proposed(name, shape, layout, proposal):
    assert propose(name, parse_shape(shape), layout) == proposal


def test_a_dynamic_model_asks_for_a_shape_by_name_and_flag(core, embedding):
    failure = refused(core, ModelSpec(path=embedding))
    assert failure.kind == "shape_needed"
    assert "input_ids [?,?]" in failure.what
    assert failure.hint == 'give -shape "[1,128]"'
    partly = (InputSpec(shape="[1,9]"), InputSpec(name="input_ids", shape="[?,1..9]"))
    failure = refused(core, ModelSpec(path=embedding, inputs=partly))
    assert "input_ids [?,1..9] is dynamic" in failure.what
    assert failure.hint == 'give -shape "input_ids[1,9]"'


def test_a_dynamic_model_is_described_with_bounds_and_proposals(core, embedding):
    spec = ModelSpec(path=embedding, inputs=(InputSpec(shape="[?,1..32]"),))
    facts = describe(load(core, spec, silent), spec)
    assert facts.dynamic
    assert {port.shape for port in facts.inputs} == {"[?,1..32]"}
    assert {port.proposed_shape for port in facts.inputs} == {"[1,32]"}
    # Two additions and a product for each of 32 x 8 elements.
    assert facts.flop == 3 * 32 * 8
    assert facts.flop_note.startswith("for input_ids [1,32]")


def test_data_shapes_keep_the_model_dynamic(core, embedding):
    entry = InputSpec(shape="[1..4,?]", data_shapes=("[1,8]", "[2,16]"))
    ready = prepared(core, ModelSpec(path=embedding, inputs=(entry,)))
    assert ready.facts.inputs[0].shape == "[1..4,?]"
    assert ready.inputs[0].shapes == ((1, 8), (2, 16))
    too_large = InputSpec(shape="[1..4,?]", data_shapes=("[5,8]",))
    assert refused(core, ModelSpec(path=embedding, inputs=(too_large,))).what.endswith("allows [1..4,?], not [5,8]")
    open_one = InputSpec(data_shapes=("[?,8]",))
    assert "is not static" in refused(core, ModelSpec(path=embedding, inputs=(open_one,))).what


def test_inputs_are_matched_by_name_and_index(core, embedding):
    spec = ModelSpec(
        path=embedding, inputs=(InputSpec(shape="[1,8]"), InputSpec(name="1", shape="[1,8]", fill="zeros"))
    )
    assert prepared(core, spec).facts.inputs[1].fill == "zeros"
    failure = refused(core, ModelSpec(path=embedding, inputs=(InputSpec(name="4", shape="[1,8]"),)))
    assert failure.kind == "input_refused"
    assert "input_ids" in failure.hint


def test_wrong_shapes_are_refused_with_the_reason(core, conv):
    channels = refused(core, ModelSpec(path=conv, inputs=(InputSpec(shape="[1,5,8,8]"),)))
    assert channels.kind == "shape_refused"
    assert "channel count (5)" in channels.what
    rank = refused(core, ModelSpec(path=conv, inputs=(InputSpec(shape="[1,3,8]"),)))
    assert "takes 4 dimensions" in rank.what
    spelling = refused(core, ModelSpec(path=conv, inputs=(InputSpec(shape="[1,3,8"),)))
    assert spelling.kind == "shape_refused"
    layout = refused(core, ModelSpec(path=conv, inputs=(InputSpec(layout="N,,"),)))
    assert layout.kind == "shape_refused"


def test_the_batch_goes_through_the_layout(core, conv, tmp_path):
    ready = prepared(core, ModelSpec(path=conv, batch=3))
    assert (ready.batch, ready.facts.inputs[0].shape, ready.facts.outputs[0].shape) == (3, "[3,3,8,8]", "[3,4,8,8]")
    open_path = tiny_models.save_ir(tiny_models.relu_model(ov.PartialShape("[?,5,7]")), tmp_path / "open.xml")
    assert prepared(core, ModelSpec(path=str(open_path), batch=2)).facts.inputs[0].shape == "[2,5,7]"
    fixed_path = tiny_models.save_ir(tiny_models.relu_model((6, 5, 7)), tmp_path / "fixed.xml")
    failure = refused(core, ModelSpec(path=str(fixed_path), batch=2))
    assert failure.kind == "shape_refused"
    assert "-layout" in failure.hint


def test_an_asked_layout_wins_over_the_guess(core, conv):
    ready = prepared(core, ModelSpec(path=conv, inputs=(InputSpec(layout="N,C,W,H"),)))
    assert (ready.facts.inputs[0].layout, ready.facts.inputs[0].guessed_layout) == ("NCWH", False)
    guess = prepared(core, ModelSpec(path=conv)).facts.inputs[0]
    assert (guess.layout, guess.guessed_layout) == ("NCHW", True)
