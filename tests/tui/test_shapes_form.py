from __future__ import annotations

from pathlib import Path

import pytest

from ovexplorer.schema.facts import ModelFacts, PortFacts
from ovexplorer.schema.spec import InputSpec, ModelSpec
from ovexplorer.text import CleanText, RawName
from ovexplorer.tui.screens import shapes_fills, shapes_form
from ovexplorer.tui.screens.shapes_dims import (
    ANY_SIZE,
    Dim,
    Shape,
    format_shape,
    parse_dim,
    parse_shape,
    problem_of,
    warning_of,
)


def port(index: int, name: str, shape: str, layout: str = "", kind: str = "i64", ids: int = 0) -> PortFacts:
    fill = "normal numbers" if kind == "f32" else f"ids 0…{ids - 1}" if ids else "ids"
    return PortFacts(
        index=index,
        name=CleanText(name),
        raw_name=RawName(name),
        element_type=kind,
        shape=shape,
        layout=layout,
        ids_below=ids,
        fill=fill,
    )


def facts(*ports: PortFacts) -> ModelFacts:
    return ModelFacts(
        path="bert.xml", name=CleanText("bert"), format="OpenVINO IR", size_bytes=1, sha256="", identity="",
        inputs=ports, outputs=(), operations={}, parameters=0, weight_bytes=0, flop=0, dynamic=True,
    )  # fmt: skip


BERT = facts(
    port(0, "input_ids", "[?,1..512]", "NC", ids=30522),
    port(1, "attention_mask", "[?,1..512]", "NC"),
    port(2, "token_type_ids", "[?,1..512]", "NC"),
)
IMAGE = facts(port(0, "image", "[1,3,224,224]", "NCHW", "f32"))
SPEC = ModelSpec(path="bert.xml")


def shape(text: str) -> Shape:
    parsed = parse_shape(text)
    assert parsed is not None
    return parsed


@pytest.mark.parametrize(
    ("text", "dim"),
    [
        ("128", Dim(128, 128)),
        ("?", ANY_SIZE),
        ("-1", ANY_SIZE),
        ("1..128", Dim(1, 128)),
        ("4..", Dim(4, None)),
        ("..8", Dim(0, 8)),
        (" 7 ", Dim(7, 7)),
    ],
)
def test_a_dimension_is_read(text: str, dim: Dim) -> None:
    assert parse_dim(text) == dim


@pytest.mark.parametrize("text", ["", "x", "8..1", "-2", "1.5", "99999999999", "1..99999999999", "²", "1 2", "\u0663"])
def test_what_is_no_dimension_is_refused(text: str) -> None:
    assert parse_dim(text) is None


@pytest.mark.parametrize("text", ["[1,3,224,224]", "[?,1..512]", "[]", "[4..,?]"])
def test_a_shape_is_written_as_it_was_read(text: str) -> None:
    assert format_shape(shape(text)) == text


@pytest.mark.parametrize("text", ["[...]", "1,2", "[1,,2]", "[" + "1," * 99 + "1]", "[a]", "["])
def test_what_is_no_shape_is_refused(text: str) -> None:
    assert parse_shape(text) is None


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("[1,128]", ""),
        ("[?,?]", ""),
        ("[1,1..128]", ""),
        ("[8,512]", ""),
        ("[1,513]", "the model allows 1..512 in dim 1"),
        ("[1,1..600]", "the model allows 1..512 in dim 1"),
        ("[1,0]", "dim 1 would be empty"),
        ("[128]", "the model has 2 dimensions, this has 1"),
    ],
)
def test_a_wish_is_checked_against_the_bounds(wanted: str, problem: str) -> None:
    assert problem_of(shape(wanted), shape("[?,1..512]")) == problem


def test_another_size_where_the_model_has_one_is_a_warning_not_a_refusal() -> None:
    assert problem_of(shape("[1,3,320,320]"), shape("[1,3,224,224]")) == ""
    assert "OpenVINO may refuse 320" in warning_of(shape("[1,3,320,320]"), shape("[1,3,224,224]"))
    assert warning_of(shape("[1,3,224,224]"), shape("[1,3,224,224]")) == ""


def test_a_dynamic_model_opens_with_proposals_that_fit() -> None:
    form = shapes_form.form_of(BERT, SPEC)
    assert [format_shape(entry.shape) for entry in form.inputs] == ["[1,128]"] * 3
    assert form.proposed
    assert not any(form.problems)
    assert [group.name for group in form.names] == ["batch", "sequence"]
    assert form.names[1].where(3) == "dim 1 of all 3 inputs"
    assert not shapes_form.confirmed(form).proposed


def test_the_proposal_of_the_engine_wins() -> None:
    own = facts(PortFacts(**{**_fields(BERT.inputs[0]), "proposed_shape": "[2,64]"}))
    assert format_shape(shapes_form.form_of(own, SPEC).inputs[0].shape) == "[2,64]"


def _fields(value: PortFacts) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__struct_fields__}


def test_dimensions_with_one_name_follow_and_undo_separates_them() -> None:
    form = shapes_form.form_of(BERT, SPEC)
    followed, alone = shapes_form.with_shape(form, 0, shape("[4,64]"))
    assert [format_shape(entry.shape) for entry in followed.inputs] == ["[4,64]"] * 3
    assert alone is not None
    assert [format_shape(entry.shape) for entry in alone.inputs] == ["[4,64]", "[1,128]", "[1,128]"]
    again, second = shapes_form.with_shape(alone, 1, shape("[1,32]"))
    assert second is None
    assert [format_shape(entry.shape) for entry in again.inputs] == ["[4,64]", "[1,32]", "[1,128]"]
    joined = shapes_form.with_size(again, form.names[1], Dim(16, 16))
    assert {format_shape(entry.shape) for entry in joined.inputs} == {"[4,16]", "[1,16]"}
    assert "sequence" not in joined.apart


@pytest.mark.parametrize(
    ("text", "result", "problem"),
    [
        ("128", "[1,128]", ""),
        ("1..64", "[1,1..64]", ""),
        ("?", "[1,?]", ""),
        ("[2,16]", "[2,16]", ""),
        ("2,16", "[2,16]", ""),
        ("600", "[1,600]", "the model allows 1..512 in dim 1"),
        ("[1]", "[1]", "the model has 2 dimensions, this has 1"),
    ],
)
def test_a_field_takes_a_dimension_or_a_shape(text: str, result: str, problem: str) -> None:
    entry = shapes_form.form_of(BERT, SPEC).inputs[0]
    read, why = shapes_form.read_field(text, entry)
    assert read is not None
    assert (format_shape(read), why) == (result, problem)


@pytest.mark.parametrize("text", ["", "[", "[red]x[/]", "\x1b[2J", "9" * 10_000])
def test_a_field_that_cannot_be_read_says_what_to_write(text: str) -> None:
    read, why = shapes_form.read_field(text, shapes_form.form_of(BERT, SPEC).inputs[0])
    assert read is None
    assert why.startswith("write ")


def test_the_spec_carries_the_shapes_and_keeps_what_the_form_does_not_edit() -> None:
    before = ModelSpec(path="bert.xml", extensions=("x.so",), inputs=(InputSpec(name="input_ids", element_type="i32"),))
    form, _ = shapes_form.with_shape(shapes_form.form_of(BERT, before), 0, shape("[1,64]"))
    made = shapes_form.model_spec(form, before)
    assert made.extensions == ("x.so",)
    assert made.inputs[0] == InputSpec(name="input_ids", shape="[1,64]", layout="", element_type="i32")
    assert [entry.shape for entry in made.inputs] == ["[1,64]"] * 3


def test_opening_the_form_with_its_own_result_changes_nothing() -> None:
    form, _ = shapes_form.with_shape(shapes_form.form_of(BERT, SPEC), 0, shape("[2,64]"))
    form, why = shapes_form.add_set(form, "32")
    assert why == ""
    made = shapes_form.model_spec(form, SPEC)
    assert shapes_form.model_spec(shapes_form.form_of(BERT, made), made) == made


def test_further_sets_keep_the_model_dynamic_and_are_taken_in_turn() -> None:
    form = shapes_form.form_of(BERT, SPEC)
    form, first = shapes_form.add_set(form, "32")
    form, second = shapes_form.add_set(form, "[1,384]")
    assert (first, second) == ("", "")
    entry = shapes_form.model_spec(form, SPEC).inputs[1]
    assert entry.shape == "[1,1..512]"
    assert entry.data_shapes == ("[1,128]", "[1,32]", "[1,384]")
    assert shapes_form.add_set(form, "32")[1] == "this set is there already"
    assert shapes_form.add_set(form, "600")[1].startswith("the model allows")
    assert shapes_form.add_set(form, "1..8")[1] == "a set has one size in each dimension"
    only = shapes_form.remove_set(form, 0)
    assert shapes_form.model_spec(only, SPEC).inputs[0].data_shapes == ("[1,128]", "[1,384]")


def test_a_dimension_that_stays_dynamic_still_gets_a_size_to_run_with() -> None:
    form, _ = shapes_form.with_shape(shapes_form.form_of(BERT, SPEC), 0, shape("[1,?]"))
    entry = shapes_form.model_spec(form, SPEC).inputs[0]
    assert entry.shape == "[1,?]"
    assert entry.data_shapes == ("[1,128]",)


def test_a_batch_alone_on_a_static_model_is_set_as_a_batch() -> None:
    form = shapes_form.form_of(IMAGE, SPEC)
    assert not form.proposed
    assert shapes_form.model_spec(form, SPEC) == SPEC
    batch = shapes_form.with_size(form, form.names[0], Dim(8, 8))
    assert shapes_form.model_spec(batch, SPEC) == ModelSpec(path="bert.xml", batch=8)
    wide, _ = shapes_form.with_shape(batch, 0, shape("[8,3,320,320]"))
    assert shapes_form.model_spec(wide, SPEC).inputs == (InputSpec(shape="[8,3,320,320]"),)
    assert format_shape(shapes_form.form_of(IMAGE, ModelSpec(path="x", batch=4)).inputs[0].shape) == "[4,3,224,224]"


def test_a_set_of_a_static_model_moves_all_inputs_that_share_the_sequence() -> None:
    static = facts(port(0, "ids", "[1,128]", "NC"), port(1, "mask", "[1,128]", "NC"))
    form, why = shapes_form.add_set(shapes_form.form_of(static, SPEC), "64")
    assert why == ""
    made = shapes_form.model_spec(form, SPEC)
    assert [entry.shape for entry in made.inputs] == ["[1,?]", "[1,?]"]
    assert [entry.data_shapes for entry in made.inputs] == [("[1,128]", "[1,64]")] * 2


def test_an_open_rank_waits_for_a_whole_shape() -> None:
    form = shapes_form.form_of(facts(port(0, "any", "[...]", kind="f32")), SPEC)
    assert form.problems[0].startswith("the model leaves the number of dimensions open")
    shaped, _ = shapes_form.with_shape(form, 0, shape("[1,10]"))
    assert shaped.problems == ("",)
    assert shapes_form.model_spec(shaped, SPEC).inputs == (InputSpec(shape="[1,10]"),)


def test_bounds_that_exclude_each_other_do_not_share_a_name() -> None:
    form = shapes_form.form_of(facts(port(0, "a", "[?,1..4]"), port(1, "b", "[?,8..9]")), SPEC)
    assert [group.name for group in form.names] == ["batch", "sequence 1", "sequence 2"]
    assert [format_shape(entry.shape) for entry in form.inputs] == ["[1,4]", "[1,9]"]


def test_fill_choices_follow_the_type() -> None:
    assert shapes_fills.choices_of(IMAGE.inputs[0]) == ("auto", "ones", "zeros", "file")
    assert shapes_fills.choices_of(BERT.inputs[0]) == ("auto", "ones", "zeros", "file")
    assert shapes_fills.words_of("auto", BERT.inputs[0]) == "ids 0…30521"


def test_files_are_checked_before_anything_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good, empty, other = tmp_path / "a.npy", tmp_path / "b.bin", tmp_path / "c.txt"
    good.write_bytes(b"x")
    empty.touch()
    other.write_bytes(b"x")
    assert shapes_fills.file_problem((str(good),)) == ""
    assert shapes_fills.file_problem((str(empty),)) == "b.bin: the file is empty"
    assert shapes_fills.file_problem((str(other),)) == "c.txt: needs .npy, .bin or an image"
    assert shapes_fills.file_problem((str(tmp_path),)).endswith("not a file")
    assert shapes_fills.file_problem((str(tmp_path / "gone.npy"),)) == "gone.npy: no such file"
    assert "no such file" in shapes_fills.file_problem(("x" * 10_000,)) or shapes_fills.file_problem(("x" * 10_000,))
    assert shapes_fills.file_problem(("a\0b",))
    assert shapes_fills.file_problem(()).startswith("type a path")
    monkeypatch.setattr(shapes_fills, "MOST_BYTES", 0)
    assert "over the limit" in shapes_fills.file_problem((str(good),))


def test_a_path_with_a_comma_is_one_path_when_it_exists(tmp_path: Path) -> None:
    odd = tmp_path / "a, b.npy"
    odd.write_bytes(b"x")
    assert shapes_fills.paths_of(str(odd)) == (str(odd),)
    assert shapes_fills.paths_of("a.npy, b.npy") == ("a.npy", "b.npy")
