from __future__ import annotations

import pytest
from msgspec.structs import replace

from ovexplorer.analysis.layers import analyse
from ovexplorer.analysis.remedies import Remedy
from ovexplorer.schema.counting import ProfileOther
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import ASCII, UNICODE
from ovexplorer.tui.screens import layers_doctor as doctor
from ovexplorer.tui.screens.layers_columns import cause_words, reorder_columns
from tests.tui.conftest import ready, window
from tests.tui.layers_kit import SPEC, counted, layer, measured, profile

REMEDY = Remedy(
    id="channels_last",
    title="feed image channels last (NHWC)",
    why="conv1 reads channels last.",
    spec=SPEC,
    expected_ns=130_000.0,
    sure="the whole cost of what goes away",
    layer_keys=(1,),
)

SPLIT = replace(SPEC, device="HETERO:CPU_SIM,CPU", stand_ins=("CPU_SIM",))
CUTS = (
    layer(1, "subgraph1: Parameter_7_abcd_acdb_conv", 0.5, "Reorder", inputs=(), read_bytes=10**6, written_bytes=10**6),
    layer(2, "subgraph1: conv", 2.0, inputs=(1,)),
)  # fmt: skip


def text_of(lines) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in lines]


def test_columns_tell_cause_ends_change_and_bytes() -> None:
    entry = analyse(profile(CUTS)).reorders[0]
    cells = {column.id: column.text(entry) for column in reorder_columns((entry,))}
    assert cause_words(entry) == "entry #1"
    assert cells["name"] == "Parameter_7 → conv"
    assert cells["changes"].text == "abcd → acdb"
    assert cells["moves"].text == "2.00 MB"
    assert cells["time"].text == "0.500"


def test_the_remedy_comes_with_what_it_should_bring_and_the_sums_of_causes() -> None:
    analysis = analyse(profile())
    lines = text_of(doctor.remedy_lines(analysis, (REMEDY,), doctor.Alone(), (78, 5), UNICODE))
    assert lines[0].startswith(" t  feed image channels last (NHWC)")
    assert lines[0].endswith("expected −130 µs (3.2 %)")
    assert "model input 1 · 130 µs   layout 1 · 50.0 µs" in lines[-1]
    assert len(lines) <= 5


def test_without_a_remedy_it_is_said() -> None:
    lines = text_of(doctor.remedy_lines(analyse(profile()), (), doctor.Alone(), (78, 5), UNICODE))
    assert lines[0] == " none that can be asked for takes this one away"
    assert doctor.short_remedy((), 1) == ("none that can be asked for",)


def test_a_gain_that_nobody_knows_has_no_figure() -> None:
    unknown = Remedy(**{**REMEDY.__dict__, "expected_ns": None})
    assert doctor.expected_words(unknown, 4_000_000) == "t tells what it brings"


@pytest.mark.parametrize(
    ("alone", "words"),
    [
        (doctor.Alone(True, None, True), "counting"),
        (doctor.Alone(True, None, False), "not counted"),
        (doctor.Alone(True, profile()), "has 2 reorders, 180 µs of its 4.00 ms"),
        (doctor.Alone(True, profile((layer(0, "conv", 1.0),))), "has no reorder in its 4.00 ms"),
    ],
)
def test_what_the_cpu_alone_needs_is_told(alone, words) -> None:
    (line,) = text_of(doctor.alone_lines(alone, UNICODE))
    assert words in line
    assert doctor.alone_lines(doctor.Alone(), UNICODE) == ()


async def to_doctor(stage) -> None:
    await stage.press("V", "V")


async def test_the_doctor_view_says_why_and_what_helps(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await counted(stage)
        await to_doctor(stage)
        text = stage.text()
        assert "Reorder doctor · 2 reorders, 180 µs, 4.5 % of the latency" in text
        assert "model input" in text
        assert "image → conv1" in text
        assert "Why this one" in text
        assert "channels last (acdb)" in text
        assert "by cause" in text
        await stage.press("j")
        assert "none that can be asked for" in stage.text()
        await stage.press("escape")
        assert "Layers · 6 ran" in stage.text()


async def test_brackets_go_from_reorder_to_reorder(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await counted(stage)

        def name() -> str:
            return stage.app.screen.table.current.layer.name

        assert name() == "conv1"
        await stage.press("right_square_bracket")
        assert name() == "image_abcd_acdb_conv1"
        await stage.press("right_square_bracket")
        assert name() == "tail_abcd_acdb_head"
        await stage.press("right_square_bracket")
        assert name() == "image_abcd_acdb_conv1"
        await stage.press("left_square_bracket")
        assert name() == "tail_abcd_acdb_head"
        await stage.press("slash", *"pool", "enter", "right_square_bracket")
        assert name() == "pool"


async def test_t_tries_the_remedy_under_the_cursor(open_app, monkeypatch) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await counted(stage)
        started = []
        monkeypatch.setattr(stage.app.trying, "start", lambda *args: started.append(args) or "")
        monkeypatch.setattr("ovexplorer.tui.screens.layers_paint.remedies", lambda *args: (REMEDY,))
        await stage.press("t")
        assert started == []
        await stage.press("right_square_bracket", "t")
        assert started == [(REMEDY.title, REMEDY.spec, REMEDY.expected_ns)]
        await to_doctor(stage)
        await stage.press("t")
        assert len(started) == 2


async def test_a_split_run_is_held_against_the_cpu_alone(open_app) -> None:
    async with open_app((80, 24), spec=SPLIT) as stage:
        await counted(stage, CUTS, spec=SPLIT)
        assert [command for command in stage.sent if isinstance(command, ProfileOther)] == []
        await to_doctor(stage)
        await stage.settle()
        asked = [command for command in stage.sent if isinstance(command, ProfileOther)]
        assert [(command.spec.device, command.spec.stand_ins) for command in asked] == [("CPU", ())]
        assert "CPU alone" in stage.text()
        assert "counting" in stage.text()
        await stage.emit(measured((layer(0, "conv", 1.0),), segment=asked[0].segment, spec=asked[0].spec))
        assert "has no reorder in its 4.00 ms" in stage.text()
        assert len([command for command in stage.sent if isinstance(command, ProfileOther)]) == 1


async def test_a_model_without_reorders_says_so(open_app) -> None:
    async with open_app((160, 45), spec=SPEC) as stage:
        await counted(stage, (layer(0, "conv", 3.0),))
        await to_doctor(stage)
        assert "Reorder doctor · no Reorder ran" in stage.text()
        assert "every one takes what the one before it gives" in stage.text()


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 45)])
async def test_hostile_ends_are_shown_in_ascii(open_app, size) -> None:
    layers = (
        layer(0, "a]\x1b[31m\u202e", 0, "Parameter", status="below_resolution", layouts="abcd"),
        layer(1, "层_abcd_acdb_[bold", 0.5, "Reorder"),
        layer(2, "[bold", 1.0),
    )
    async with open_app(size, spec=SPEC, glyphs=ASCII) as stage:
        await stage.emit(ready(1), window(1, 0, 4_000_000))
        stage.app.action_app_screen("layers")
        await stage.settle()
        await stage.emit(measured(layers))
        await to_doctor(stage)
        frame = stage.frame()
        assert all(len(line) == size[0] for line in frame)
        assert [line for line in frame[2:-1] if not line.isascii()] == []
        assert "[bold" in stage.text()
        assert clean("x") == "x"
