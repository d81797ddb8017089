"""Facts of models: names cleaned, figures counted by hand."""

from contextlib import nullcontext

import numpy as np
import openvino as ov
import openvino.opset16 as op
import pytest
import tiny_models

from ovexplorer.engine.facts import port_facts_only, sha256_of
from ovexplorer.engine.flops import count_flop
from ovexplorer.engine.intake import describe, load
from ovexplorer.schema.codec import encode_frame, event_reader
from ovexplorer.schema.protocol import ModelOpened
from ovexplorer.schema.spec import ModelSpec


@pytest.fixture(scope="module")
def core():
    return ov.Core()


def silent(phase):
    return nullcontext()


def facts_of(core, path):
    spec = ModelSpec(path=str(path))
    return describe(load(core, spec, silent), spec)


def flop_of(node, *inputs):
    counted = count_flop(ov.Model([node], list(inputs), "counted"))
    assert counted.note == ""
    return counted.flop


def parameter(*shape):
    return op.parameter(list(shape), ov.Type.f32)


def zeros(*shape):
    return np.zeros(shape, dtype=np.float32)


def test_a_convolution_model_in_figures(core, tmp_path):
    path = tiny_models.save_ir(tiny_models.conv_model(), tmp_path / "conv.xml")
    facts = facts_of(core, path)
    assert (facts.name, facts.format, facts.operations) == ("conv.xml", "OpenVINO IR", {"Convolution": 1})
    assert (facts.parameters, facts.weight_bytes) == (4 * 3 * 9, 4 * 4 * 3 * 9)
    assert (facts.flop, facts.flop_note) == (2 * 8 * 8 * 4 * 3 * 9, "")
    assert facts.size_bytes == path.stat().st_size + path.with_suffix(".bin").stat().st_size
    assert (facts.dynamic, facts.stateful) == (False, False)
    assert [(port.name, port.shape) for port in facts.outputs] == [("conv", "[1,4,8,8]")]


def test_state_is_noticed(core, tmp_path):
    assert facts_of(core, tiny_models.save_ir(tiny_models.stateful_model(), tmp_path / "state.xml")).stateful


CONV_STEP = ([1, 1], [1, 1], [1, 1], [1, 1])
WORK = {
    "group": ([(1, 8, 4, 4)], lambda x: op.group_convolution(x, zeros(8, 1, 1, 3, 3), *CONV_STEP), 2 * 128 * 9),
    "transposed": ([(1, 2, 4, 4)], lambda x: op.convolution_backprop_data(x, zeros(2, 3, 2, 2), [2, 2]), 2 * 32 * 12),
    "matmul": ([(2, 5, 7), (7, 3)], lambda x, y: op.matmul(x, y, False, False), 2 * 2 * 5 * 3 * 7),
    "matmul of a transposed": ([(7, 5), (7, 3)], lambda x, y: op.matmul(x, y, True, False), 2 * 5 * 3 * 7),
    "dot": ([(7,), (7,)], lambda x, y: op.matmul(x, y, False, False), 2 * 7),
    "add": ([(3, 1), (1, 4)], op.add, 12),
    "softmax": ([(2, 6)], lambda x: op.softmax(x, 1), 60),
    "reduce": ([(2, 6)], lambda x: op.reduce_sum(x, np.int64(1)), 12),
    "pool": (
        [(1, 1, 6, 6)],
        lambda x: op.avg_pool(x, [2, 2], [0, 0], [0, 0], [2, 2], True, dilations=[1, 1]),
        9 * 4,
    ),
    "reshape": ([(2, 6)], lambda x: op.reshape(x, np.array([12]), False), 0),
    "lstm": (
        [(3, 5), (3, 4), (3, 4)],
        lambda x, h, c: op.lstm_cell(x, h, c, zeros(16, 5), zeros(16, 4), zeros(16), 4).output(0),
        3 * (2 * 16 * 9 + 12 * 4),
    ),
    "einsum": ([(2, 3), (3, 4)], lambda x, y: op.einsum([x, y], "ij,jk->ik"), 2 * 2 * 3 * 4),
}


@pytest.mark.parametrize(("shapes", "make", "flop"), WORK.values(), ids=WORK)
def test_work_is_counted_from_the_shapes(shapes, make, flop):
    inputs = [parameter(*shape) for shape in shapes]
    assert flop_of(make(*inputs), *inputs) == flop


def test_a_sequence_counts_its_steps():
    data, hidden = parameter(2, 7, 5), parameter(2, 1, 4)
    lengths = op.constant(np.array([7, 7], dtype=np.int64))
    node = op.gru_sequence(data, hidden, lengths, zeros(1, 12, 5), zeros(1, 12, 4), zeros(1, 12), 4, "forward")
    assert flop_of(node.output(0), data, hidden) == 2 * 7 * (2 * 12 * 9 + 10 * 4)


def test_what_is_not_counted_is_said():
    data = parameter(4, 4)
    counted = count_flop(ov.Model([op.inverse(data, False)], [data], "inverse"))
    assert (counted.flop, counted.note) == (0, "without Inverse")
    sized = op.add(op.gather(data, op.non_zero(data), np.int64(0)), np.float32(1))
    assert "whose shapes depend on data" in count_flop(ov.Model([sized], [data], "data")).note


def test_hostile_names_are_cleaned_for_showing_and_kept_for_joins(core, tmp_path):
    hostile = "[red]x[/]\x1b[2J\u202e" + "n" * 10_000
    data = op.parameter([1, 4], ov.Type.f32, name="p")
    data.output(0).set_names({hostile})
    model = ov.Model([op.relu(data, name=hostile)], [data], "m")
    spec = ModelSpec(path=str(tiny_models.save_onnx(tmp_path / "m.onnx")))
    loaded = load(core, spec, silent)
    object.__setattr__(loaded, "model", model)
    facts = describe(loaded, spec)
    port = facts.inputs[0]
    assert port.raw_name == hostile
    assert len(port.name) <= 512
    assert port.name.isprintable()
    assert facts.outputs[0].name.isprintable()
    frame = encode_frame(ModelOpened(facts=facts, at_ns=0))
    assert [event.facts for event in event_reader().feed(frame)] == [facts]


def test_a_compiled_model_tells_its_ports(core, tmp_path):
    spec = ModelSpec(path=str(tiny_models.save_onnx(tmp_path / "m.onnx")), compile_from_path=True)
    compiled = core.compile_model(spec.path, "CPU")
    facts = port_facts_only(load(core, spec, silent).base, compiled.inputs, compiled.outputs)
    assert [(port.name, port.shape) for port in (*facts.inputs, *facts.outputs)] == [
        ("data", "[1,4]"),
        ("out", "[1,4]"),
    ]
    assert facts.flop_note


def test_the_digest_is_of_the_file(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert sha256_of(path, "1") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    path.write_bytes(b"other")
    assert sha256_of(path, "1").startswith("ba78")
    assert not sha256_of(path, "2").startswith("ba78")
    assert sha256_of(tmp_path / "gone", "1") == ""
