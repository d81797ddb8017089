from __future__ import annotations

import pytest

from ovexplorer.errors import ExitCode
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.protocol import EngineDied, Pause, PhaseFinished, PhaseStarted, Resume, StartRun
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.settings import Settings
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import ASCII, BLOCKS
from ovexplorer.tui.widgets.frame import Footer, TabBar
from tests.tui.conftest import DEVICES, HELLO, ready, window


def spec():
    return default_spec(ModelSpec(path="demo:resnet50"))


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 45)])
async def test_the_frame_fills_the_terminal_exactly(open_app, size):
    async with open_app(size) as stage:
        lines = stage.frame()
        assert len(lines) == size[1]
        assert {len(line) for line in lines} == {size[0]}
        assert "○ IDLE" in lines[0]
        assert lines[-1].rstrip().endswith("? help")


async def test_only_screens_that_exist_have_tabs(open_app):
    async with open_app((160, 45)) as stage:
        assert "▐1 Open▌ 2 Live  3 Layers  4 Graph " in stage.frame()[0]
        assert "History" not in stage.text()


async def test_below_the_smallest_size_one_line_names_the_headless_command(open_app):
    async with open_app((59, 16)) as stage:
        words = " ".join(" ".join(stage.frame()).split())
        assert words == "The terminal is smaller than 60x16. Make it larger, or run: ovexplorer bench MODEL"


async def test_the_footer_drops_whole_entries_and_keeps_help(open_app):
    async with open_app((60, 16)) as stage:
        last = stage.frame()[-1]
        assert last.startswith(" enter run  tab device  d build device  i shapes")
        assert "find" not in last
        assert last.endswith("? help ")


async def test_the_badge_follows_the_run(open_app):
    async with open_app(spec=spec()) as stage:
        await stage.emit(PhaseStarted(phase="compile", segment=1, at_ns=1_500_000_000))
        stage.clock.advance(0.3)
        await stage.settle()
        assert "◐ 0.3 s" in stage.frame()[0]
        done = PhaseFinished(phase="compile", segment=1, at_ns=1_900_000_000, duration_ns=400_000_000)
        await stage.emit(done, ready(), window())
        assert "● LIVE" in stage.frame()[0]


async def test_the_run_line_is_the_same_on_other_screens(open_app):
    async with open_app((160, 45), spec=spec()) as stage:
        await stage.emit(ready(), *(window(number=number) for number in range(3)))
        await stage.press("3")
        assert stage.frame()[1].startswith(" resnet50 · CPU")
        assert "p50 41.2 ms  24.0 FPS" in stage.frame()[1]


async def test_space_pauses_and_resumes(open_app):
    async with open_app(spec=spec()) as stage:
        await stage.emit(ready(), window())
        await stage.press("3", "space")
        assert isinstance(stage.sent[-1], Pause)


async def test_nothing_is_drawn_when_nothing_changed(open_app):
    async with open_app() as stage:
        bar, footer = stage.app.screen.query_one(TabBar), stage.app.screen.query_one(Footer)
        before = (bar._strip, footer._strip)
        await stage.settle()
        assert (bar._strip, footer._strip) == before
        assert bar._strip is before[0]


async def test_a_tab_and_a_key_can_be_clicked(open_app):
    async with open_app() as stage:
        await stage.pilot.click(TabBar, offset=(10, 0))
        await stage.settle()
        assert "▐2 Live▌" in stage.frame()[0]
        await stage.pilot.click(Footer, offset=(75, 0))
        await stage.settle()
        assert "Help · Live" in stage.text()


async def test_q_leaves_with_0(open_app):
    async with open_app() as stage:
        await stage.pilot.press("q")
        assert stage.app.return_value == ExitCode.DONE


async def test_q_asks_while_recording(open_app, tmp_path):
    async with open_app((160, 45), record=tmp_path / "run.ovx") as stage:
        assert "● REC 0.0 MB" in stage.frame()[0]
        await stage.press("q")
        assert "run.ovx" in stage.text()
        await stage.press("escape")
        assert stage.app.return_value is None
        await stage.press("q")
        await stage.pilot.press("enter")
        assert stage.app.return_value == ExitCode.DONE


async def test_ctrl_c_twice_within_a_second_leaves_with_130(open_app):
    async with open_app() as stage:
        await stage.press("ctrl+c")
        stage.clock.advance(1.5)
        await stage.press("ctrl+c")
        assert stage.app.return_value is None
        stage.clock.advance(0.5)
        await stage.pilot.press("ctrl+c")
        assert stage.app.return_value == ExitCode.INTERRUPTED


async def test_ctrl_c_cancels_a_compile(open_app):
    async with open_app(spec=spec()) as stage:
        await stage.emit(PhaseStarted(phase="compile", segment=1, at_ns=1_500_000_000))
        await stage.press("ctrl+c")
        await stage.app.workers.wait_for_complete()
        assert stage.sources[0].killed


async def test_ctrl_q_is_not_bound(open_app):
    async with open_app() as stage:
        await stage.press("ctrl+q")
        assert stage.app.return_value is None


async def test_a_spec_starts_at_once_on_live(open_app):
    async with open_app(spec=spec()) as stage:
        assert [command.spec for command in stage.sent if isinstance(command, StartRun)] == [spec()]
        assert "▐2 Live▌" in stage.frame()[0]


async def test_ascii_draws_nothing_else(open_app):
    async with open_app(glyphs=ASCII) as stage:
        foreign = {character for line in stage.frame() for character in line if ord(character) > 126}
        assert not foreign


async def test_blocks_keep_the_frame(open_app):
    async with open_app(glyphs=BLOCKS) as stage:
        assert "▐1 Open▌" in stage.frame()[0]


async def test_without_colour_nothing_is_painted(open_app, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with open_app(no_color=True) as stage:
        filters = stage.app.get_line_filters() if hasattr(stage.app, "get_line_filters") else stage.app._filters
        assert "NoColor" in {type(entry).__name__ for entry in filters}
        assert stage.app.native_ansi_color
        assert "1 Open" in stage.frame()[0]


async def test_both_themes_know_all_roles(open_app):
    for theme in ("ovx-dark", "ovx-light", "nord"):
        async with open_app(settings=Settings(theme=theme)) as stage:
            assert stage.app.theme == theme
            assert stage.app.theme_variables["ov-live"].startswith("#")


async def test_an_unknown_theme_is_told(open_app):
    async with open_app(settings=Settings(theme="nope")) as stage:
        assert stage.app.theme == "ovx-dark"
        assert "no theme is called nope" in stage.text()


async def test_a_user_key_replaces_ours(open_app):
    async with open_app(settings=Settings(keymap={"app.help": "f2"})) as stage:
        await stage.press("question_mark")
        assert "Help ·" not in stage.text()
        await stage.press("f2")
        assert "Help · Open" in stage.text()


async def test_resize_keeps_the_cursor(open_app):
    async with open_app() as stage:
        await stage.press("j", "j")
        row = next(line for line in stage.frame() if line.startswith("▌"))
        await stage.pilot.resize_terminal(160, 45)
        await stage.settle()
        assert any(row.split()[1] in line and "▌" in line for line in stage.frame())


async def test_hostile_host_names_are_shown_cleaned(open_app):
    import msgspec

    hostile = msgspec.structs.replace(HELLO.environment, hostname=clean("[red]\x1b[31mhost\u202e[/]"))
    async with open_app(hello=False) as stage:
        await stage.emit(msgspec.structs.replace(HELLO, environment=hostile), DEVICES)
        assert "[red]␛[31mhost\\u{202e}[/]" in stage.frame()[1]


async def test_a_dead_engine_restarts_with_one_key(open_app):
    async with open_app(spec=spec()) as stage:
        await stage.emit(ready(), window(), EngineDied(exit_code=-11, while_doing="run", expected=False))
        assert "✗ DIED" in stage.frame()[0]
        await stage.press("r")
        await stage.app.workers.wait_for_complete()
        await stage.settle()
        assert len(stage.sources) == 2
        assert any(isinstance(command, StartRun) for command in stage.source.sent)
        assert not any(isinstance(command, Resume) for command in stage.source.sent)
