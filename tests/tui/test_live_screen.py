from __future__ import annotations

import pytest
from textual.widgets import Input

from ovexplorer.options.apply import default_spec, read
from ovexplorer.options.catalogue import by_id
from ovexplorer.schema.protocol import ChangeSpec, Failed, PhaseFinished, PhaseStarted, StartRun
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.settings import Settings
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import ASCII, BLOCKS
from ovexplorer.tui.screens.choices import ChoicesScreen
from tests.tui.conftest import ready, window

SPEC = default_spec(ModelSpec(path="demo:resnet50"))
SIZES = [(60, 16), (80, 24), (120, 30), (160, 45), (200, 60)]


def slices(segment: int, first: int, count: int, latency_ns: int = 57_000_000):
    return [window(segment, n, latency_ns + n % 3 * 50_000) for n in range(first, first + count)]


async def measured(stage, count: int = 30) -> None:
    """The first configuration, long enough to be valid."""
    await stage.emit(
        PhaseStarted(phase="compile", segment=1, at_ns=1_100_000_000),
        PhaseFinished(phase="compile", segment=1, at_ns=1_500_000_000, duration_ns=400_000_000),
        ready(1),
        *slices(1, 0, count),
    )


def asked_specs(stage):
    return [command.spec for command in stage.sent if isinstance(command, StartRun | ChangeSpec)]


def value(stage, option: str) -> str:
    return read(by_id(option), asked_specs(stage)[-1])


async def cursor_on(stage, option: str) -> None:
    stage.app.screen.query_one("#options").move_to(option)
    await stage.settle()


async def test_without_a_run_it_says_what_to_do(open_app):
    async with open_app((80, 24)) as stage:
        await stage.press("2")
        assert "No run yet. 1 picks a model." in stage.text()
        await stage.press("l", "z", "b", "left_square_bracket", "plus", "u")
        assert asked_specs(stage) == []


@pytest.mark.parametrize("size", SIZES)
async def test_the_hero_is_there_at_every_size(open_app, size):
    async with open_app(size, spec=SPEC) as stage:
        assert "──.─" in stage.text() or "╶─╴╶─╴ ╶─╴" in stage.text()
        await measured(stage)
        text = stage.text()
        assert "╭─╴╶─┐" in text
        assert "baseline A" in text
        assert "✓ valid" in text
        assert {len(line) for line in stage.frame()} == {size[0]}


async def test_the_frame_at_80x24(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        frame = stage.frame()
        assert frame[2].startswith("━ Options · 0 set ━━━━━━━━━━━━│ p50 ms ±")
        assert frame[3].startswith("▌Device       CPU             │ ╭─╴╶─┐")
        assert frame[6][30:].startswith("│─ latency ms · last 60 s ─")
        assert frame[7][30:36] == "│ 60 ┤"
        assert frame[12][30:].startswith("│    └┴──────┴")
        assert frame[14][30:].startswith("│─ throughput FPS ─")
        assert frame[17][30:].startswith("│─ spread ms · since the start ─")
        assert frame[18][30:].startswith("│ p50 57.")
        assert frame[20][30:].startswith("│─ start-up · memory · cores ─")
        assert "compile 400 ms" in frame[21]
        assert frame[15].startswith("─ Device ───")
        assert frame[21].startswith("─ Doctor ───")


async def test_wide_panels_are_boxes_with_reasons(open_app):
    async with open_app((160, 45), spec=SPEC) as stage:
        await measured(stage)
        text = stage.text()
        for words in (
            "┏━ Options",
            "╭─ Now ",
            "╭─ Latency ms · last 60 s",
            "╭─ Cores ",
            "╭─ Spread ms",
            "DEVICE",
            "THREADS",
        ):
            assert words in text
        assert "−60s" in text
        assert "now" in text


async def test_the_minimum_keeps_the_cursor_row_and_the_chart(open_app):
    async with open_app((60, 16), spec=SPEC) as stage:
        await measured(stage)
        await cursor_on(stage, "precision")
        frame = stage.frame()
        assert "latency ms · last 60 s" in frame[6]
        assert any(line.startswith("▌Precision") for line in frame[11:15])


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_ascii_draws_only_ascii(open_app, size):
    async with open_app(size, spec=SPEC, glyphs=ASCII) as stage:
        await measured(stage)
        await stage.press("l")
        assert stage.text().isascii()
        assert "57." in stage.text()


async def test_blocks_use_no_braille(open_app):
    async with open_app((80, 24), spec=SPEC, glyphs=BLOCKS) as stage:
        await measured(stage)
        assert not any("\u2800" <= character <= "\u28ff" for character in stage.text())
        assert "█" in stage.text()


async def test_a_toggle_answers_at_once_and_ends_in_a_delta(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        await cursor_on(stage, "precision")
        await stage.press("l")
        assert value(stage, "precision") == "f32"
        text = stage.text()
        assert "auto → f32   ◐" in text
        assert "was: p50 ms" in text
        assert "compiling Precision f32, esc goes back" in text
        assert "esc back to auto" in text
        assert "1 auto→f32" in text or "1 changed" in text
        await stage.emit(ready(2, at_ns=33_000_000_000), *slices(2, 31, 30, 41_200_000))
        text = stage.text()
        assert "▲ +38 %" in text
        assert "seq" in text
        assert "was:" not in text
        assert "against A · auto" in text
        assert "Precision    f32           ●" in text or "Precision    f32          ●" in text


async def test_left_and_right_go_through_the_values_and_undo_takes_them_back(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        await cursor_on(stage, "hint")
        await stage.press("l")
        assert value(stage, "hint") == "throughput"
        await stage.press("h")
        assert value(stage, "hint") == "latency"
        await stage.press("u")
        assert value(stage, "hint") == "throughput"
        await stage.press("ctrl+r")
        assert value(stage, "hint") == "latency"


async def test_enter_opens_the_choices_with_their_help(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        await cursor_on(stage, "precision")
        await stage.press("enter")
        assert isinstance(stage.app.screen, ChoicesScreen)
        assert "single precision" in stage.text()
        assert "57." in stage.text()
        await stage.press("j", "j", "enter")
        assert value(stage, "precision") == "bf16"


async def test_esc_closes_the_choices_and_changes_nothing(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        await stage.press("j", "enter", "j", "escape")
        assert not isinstance(stage.app.screen, ChoicesScreen)
        assert len(asked_specs(stage)) == 1


async def test_a_number_can_be_typed_among_the_choices(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        await cursor_on(stage, "threads")
        await stage.press("enter", "1", "2", "enter")
        assert value(stage, "threads") == "12"


async def test_text_is_typed_in_place_and_nonsense_is_refused(open_app):
    async with open_app((120, 30), spec=SPEC) as stage:
        await measured(stage)
        await cursor_on(stage, "shape")
        await stage.press("enter")
        while isinstance(stage.app.screen, ChoicesScreen):
            await stage.press("G", "enter")
        await stage.press(*"[x", "enter")
        assert len(asked_specs(stage)) == 1
        assert "Shape" in stage.text()


async def test_filter_finds_options_and_esc_clears_it(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        await stage.press("slash", *"pinn")
        assert "Pinning" in stage.text()
        assert "Precision" not in "\n".join(line[:30] for line in stage.frame())
        await stage.press("enter")
        assert stage.app.screen.focused.id == "options"
        await stage.press("escape")
        assert "Precision" in stage.text()
        assert stage.app.screen.query_one("#live-find", Input).value == ""


async def test_esc_cancels_a_compile(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        await cursor_on(stage, "precision")
        await stage.press("l")
        await stage.press("escape")
        assert stage.sources[0].killed
        assert value(stage, "precision") == "auto"


async def test_space_pauses_and_shows_it(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        await stage.press("space")
        assert type(stage.sent[-1]).__name__ == "Pause"


async def test_baseline_is_named_and_returned_to(open_app):
    # Without the check in turns, whose contestants take numbers of their own.
    async with open_app((80, 24), spec=SPEC, settings=Settings(verify_toggle=False)) as stage:
        await measured(stage)
        await cursor_on(stage, "precision")
        await stage.press("l")
        await stage.emit(ready(2, at_ns=33_000_000_000), *slices(2, 31, 30, 41_200_000))
        await stage.press("B")
        assert value(stage, "precision") == "auto"
        await stage.emit(ready(3, at_ns=63_000_000_000), *slices(3, 62, 30))
        assert "this is A" in stage.text()
        await stage.press("u")
        await stage.emit(ready(4, at_ns=93_000_000_000), *slices(4, 92, 30, 41_200_000))
        assert "▲ +38 %" in stage.text()
        await stage.press("b")
        assert "this is A" in stage.text()
        assert "+38" not in stage.text()


async def test_a_note_stands_on_the_time_axis(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        await stage.press("m", *"fan on", "enter")
        mark = stage.session.state.marks[-1]
        assert (mark.kind, mark.text) == ("note", "fan on")
        assert "* fan on" in stage.text()


async def test_a_note_can_be_dropped(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        await stage.press("m", *"no", "escape")
        assert not stage.session.state.marks


async def test_marks_can_be_stepped_through(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        await cursor_on(stage, "precision")
        await stage.press("l")
        await stage.emit(ready(2, at_ns=33_000_000_000), *slices(2, 31, 60, 41_200_000))
        await stage.press("left_square_bracket")
        assert "behind" in stage.text()
        assert "─ mark 1 ─" in stage.text()
        await stage.press("right_square_bracket")
        assert "behind" not in stage.text()


async def test_the_chart_zooms_scrolls_and_returns(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage, 90)
        await stage.press("plus")
        assert "last 15 s" in stage.text()
        await stage.press("minus", "minus")
        assert "last 5 min" in stage.text()
        await stage.press("0", "tab", "tab", "h", "h")
        assert "behind · G now" in stage.text()
        await stage.press("G")
        assert "last 60 s" in stage.text()


async def test_a_panel_fills_the_body_and_gives_way(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        await stage.press("tab", "z")
        assert "Options" not in stage.text()
        assert "┏━━━" in stage.text()
        await stage.press("escape")
        assert "Options" in stage.text()
        await stage.press("v")
        assert "Options" not in stage.text()
        assert "latency ms" in stage.text()
        await stage.press("V")
        assert "Options" in stage.text()


async def test_documentation_is_shown_and_copied(open_app):
    async with open_app((120, 30), spec=SPEC) as stage:
        await measured(stage)
        await stage.press("o")
        assert stage.app.clipboard.startswith("https://docs.openvino.ai/")
        await stage.press("y")
        assert stage.app.clipboard.startswith("ovexplorer bench demo:resnet50")


async def test_a_refused_toggle_keeps_the_old_one_running(open_app):
    async with open_app((160, 45), spec=SPEC) as stage:
        await measured(stage)
        await cursor_on(stage, "precision")
        await stage.press("l")
        what = "f32 is [red]not[/] supported \x1b[31mhere"
        await stage.emit(
            Failed(segment=2, kind="compile_failed", phase="compile", what=clean(what), hint=clean("[b]"), continues=1),
            *slices(1, 33, 3),
        )
        text = stage.text()
        assert "[red]not" in text
        assert "\x1b" not in text
        assert "✗" in text
        assert "was:" not in text


async def test_resizing_keeps_cursor_and_focus(open_app):
    async with open_app((160, 45), spec=SPEC) as stage:
        await measured(stage)
        await cursor_on(stage, "threads")
        for size in ((80, 24), (60, 16), (160, 45)):
            await stage.pilot.resize_terminal(*size)
            await stage.settle()
            assert stage.app.screen.query_one("#options").current.id == "threads"
            assert stage.app.screen.focused.id == "options"
            assert "▌Threads" in stage.text()


async def test_nothing_is_repainted_when_nothing_changed(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await measured(stage)
        screen = stage.app.screen
        panels = list(screen.query(".panel"))
        for panel in panels:
            panel._dirty_regions.clear()
            panel._repaint_regions.clear()
        screen.redraw()
        assert [panel.id for panel in panels if panel._repaint_regions] == []
