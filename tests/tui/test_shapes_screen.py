from __future__ import annotations

from typing import Any

import pytest

from ovexplorer.options.apply import default_spec
from ovexplorer.schema.facts import ModelFacts, PortFacts
from ovexplorer.schema.spec import InputSpec, ModelSpec
from ovexplorer.text import RawName, clean
from ovexplorer.tui.glyphs import ASCII
from ovexplorer.tui.screens.shapes import ShapesScreen

SIZES = [(60, 16), (80, 24), (160, 45)]
HOSTILE = ("Conv[/x] y[NCHW]", "\x1b[31mred\x9b[0m", "abc\u202edef", "n" * 10_000, "层" * 300)
SPEC = default_spec(ModelSpec(path="bert.xml"))
NOTHING = object()


def facts(*names: str, shape: str = "[?,1..512]") -> ModelFacts:
    ports = tuple(
        PortFacts(
            index=index,
            name=clean(name),
            raw_name=RawName(name),
            element_type="i64",
            shape=shape,
            layout="",
            ids_below=0 if index else 30522,
            fill="ids" if index else "ids 0…30521",
        )
        for index, name in enumerate(names)
    )
    return ModelFacts(
        path="bert.xml", name=clean("bert"), format="ONNX", size_bytes=1, sha256="", identity="", inputs=ports,
        outputs=(), operations={}, parameters=0, weight_bytes=0, flop=0, dynamic="?" in shape,
    )  # fmt: skip


BERT = facts("input_ids", "attention_mask", "token_type_ids")


async def show(stage: Any, model: ModelFacts = BERT) -> list[Any]:
    results: list[Any] = [NOTHING]
    stage.app.push_screen(ShapesScreen(model, SPEC), lambda made: results.__setitem__(0, made))
    await stage.settle()
    return results


@pytest.mark.parametrize("size", SIZES)
async def test_a_dynamic_model_opens_with_proposals_that_can_be_used_at_once(open_app, size) -> None:
    async with open_app(size) as stage:
        results = await show(stage)
        text = stage.text()
        assert "sizes are proposed" in text
        assert "all 3 inputs set" in text
        assert "[1, 128]" in text
        assert "Use these shapes" in text
        assert all(len(line) == size[0] for line in stage.frame())
        await stage.press("ctrl+g")
        assert [entry.shape for entry in results[0].inputs] == ["[1,128]"] * 3


async def test_a_size_is_checked_with_every_key_and_the_others_follow(open_app) -> None:
    async with open_app((80, 24)) as stage:
        results = await show(stage)
        await stage.press("enter", *(["backspace"] * 20), *"600")
        assert "✗ the model allows 1..512" in stage.text()
        await stage.press("enter")
        assert "✗ the model allows 1..512" in stage.text()
        await stage.press(*(["backspace"] * 3), *"64")
        assert "✓ fits" in stage.text()
        await stage.press("enter")
        assert stage.text().count("[1, 64]") == 3
        await stage.press("u")
        assert stage.text().count("[1, 64]") == 1
        assert stage.text().count("[1, 128]") == 2
        await stage.press("u")
        assert stage.text().count("[1, 128]") == 3
        await stage.press("ctrl+r", "ctrl+r", "ctrl+g")
        assert results[0].inputs[2].shape == "[1,64]"


async def test_escape_leaves_everything_as_it_was(open_app) -> None:
    async with open_app((80, 24)) as stage:
        results = await show(stage)
        await stage.press("enter", "9", "escape")
        assert isinstance(stage.app.screen, ShapesScreen)
        await stage.press("escape")
        assert results == [None]
        assert not isinstance(stage.app.screen, ShapesScreen)


async def test_a_name_sets_all_its_dimensions(open_app) -> None:
    async with open_app((80, 24)) as stage:
        results = await show(stage)
        await stage.press("tab", "j", "l")
        assert stage.text().count("[1, 256]") == 3
        await stage.press("enter", *(["backspace"] * 5), *"1..600")
        assert "✗ the model allows 1..512" in stage.text()
        await stage.press(*(["backspace"] * 3), *"64", "enter", "ctrl+g")
        assert {entry.shape for entry in results[0].inputs} == {"[1,1..64]"}
        assert {entry.data_shapes for entry in results[0].inputs} == {("[1,64]",)}


async def test_fill_goes_round_and_a_file_is_checked(open_app, tmp_path) -> None:
    good = tmp_path / "ids.npy"
    good.write_bytes(b"x")
    async with open_app((80, 24)) as stage:
        results = await show(stage)
        await stage.press("l")
        assert any("input_ids" in line and "ones" in line for line in stage.frame())
        await stage.press("h", "h", *"gone.npy")
        assert "gone.npy: no such file" in stage.text()
        await stage.press(*(["backspace"] * 8), *str(good), "enter", "ctrl+g")
        assert results[0].inputs[0] == InputSpec(name="input_ids", shape="[1,128]", fill="file", paths=(str(good),))


async def test_more_shapes_are_taken_in_turn(open_app) -> None:
    async with open_app((80, 24)) as stage:
        results = await show(stage)
        await stage.press("a", *"32", "enter", "a", *"[1,384]", "enter")
        assert "Several shapes in turn · 3" in stage.text()
        await stage.press("delete", "ctrl+g")
        assert results[0].inputs[1].data_shapes == ("[1,128]", "[1,32]")


async def test_another_size_of_a_fixed_model_is_warned_about_also_in_a_set(open_app) -> None:
    async with open_app((80, 24)) as stage:
        await show(stage, facts("ids", shape="[1,128]"))
        assert "every input has a size the model allows" in stage.text()
        await stage.press("a", *"64", "enter")
        assert "OpenVINO may refuse 64" in stage.text()


async def test_a_layout_is_typed_where_the_shape_is(open_app) -> None:
    async with open_app((80, 24)) as stage:
        results = await show(stage, facts("image", shape="[1,3,224,224]"))
        await stage.press("enter", *(["backspace"] * 20), *"NC")
        assert "a layout of 4 different letters" in stage.text()
        await stage.press(*"HW", "enter", "ctrl+g")
        assert results[0].inputs[0].layout == "NCHW"


async def test_an_open_rank_disables_the_button_and_says_why(open_app) -> None:
    async with open_app((80, 24)) as stage:
        results = await show(stage, facts("any", shape="[...]"))
        assert "write the whole shape" in stage.text()
        await stage.press("ctrl+g")
        assert results == [NOTHING]
        await stage.press("enter", *(["backspace"] * 4), *"[1,10]", "enter", "ctrl+g")
        assert results[0].inputs == (InputSpec(shape="[1,10]"),)


async def test_a_model_without_inputs_can_still_be_left(open_app) -> None:
    async with open_app((80, 24)) as stage:
        results = await show(stage, facts())
        await stage.press("enter", "a", "l", "delete", "u", "ctrl+g")
        assert results == [SPEC.model]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ascii_only", [False, True])
async def test_hostile_names_are_shown_as_they_are(open_app, size, ascii_only) -> None:
    more = {"glyphs": ASCII} if ascii_only else {}
    async with open_app(size, **more) as stage:
        results = await show(stage, facts(*HOSTILE))
        for _ in HOSTILE:
            await stage.press("j", "enter", "escape")
        text = "\n".join(stage.frame()[2:-1])
        assert not {"\x1b", "\x9b", "\u202e"} & set(text)
        assert text.isascii() or not ascii_only
        await stage.press("ctrl+g")
        assert [entry.name for entry in results[0].inputs] == list(HOSTILE)
