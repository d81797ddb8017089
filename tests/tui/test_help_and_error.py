from __future__ import annotations

import pytest

from ovexplorer.options.apply import default_spec
from ovexplorer.schema.protocol import EngineDied, Failed, PhaseStarted, StartRun
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.text import clean
from ovexplorer.tui.actions import ACTIONS, SCREENS, actions_on
from ovexplorer.tui.footers import FOOTERS
from ovexplorer.tui.glyphs import UNICODE
from ovexplorer.tui.screens import error_view
from ovexplorer.tui.screens.error_view import signal_name
from ovexplorer.tui.screens.help_rows import columns_for, rows_for, table
from tests.tui.conftest import ready, window


def spec():
    return default_spec(ModelSpec(path="demo:resnet50"))


def test_help_lists_every_action_of_a_screen_once():
    for screen in SCREENS:
        listed = [row.action for row in rows_for(screen, UNICODE) if row.action]
        assert sorted(listed) == sorted(action.id for action in actions_on(screen))


def test_help_begins_with_the_keys_of_the_footer():
    rows = [row.action for row in rows_for("live", UNICODE) if row.action]
    assert rows[: len(FOOTERS["live"])] == [hint.action for hint in FOOTERS["live"]]


def test_the_filter_looks_at_keys_and_words():
    rows = rows_for("layers", UNICODE, "ctrl+r")
    assert [row.action for row in rows] == ["run.redo"]
    assert not rows_for("layers", UNICODE, "xyzzy")


def test_the_table_for_the_readme_has_every_action():
    assert {entry[3] for entry in table()} == {action.id for action in ACTIONS}


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 45)])
async def test_help_opens_over_the_screen_and_esc_closes_only_it(open_app, size):
    async with open_app(size) as stage:
        await stage.press("question_mark")
        assert "Help · Open" in stage.text()
        assert "Open" in stage.frame()[0]
        await stage.press("escape")
        assert "Help · Open" not in stage.text()
        assert stage.app.screen.NAME == "open"


async def test_help_carries_out_the_line_under_the_cursor(open_app):
    async with open_app() as stage:
        await stage.press("question_mark", "slash", *"hidden", "enter", "enter")
        assert stage.app.screen.NAME == "open"
        assert stage.app.screen._hidden_files


async def test_tab_shows_the_keys_of_other_screens(open_app):
    async with open_app() as stage:
        await stage.press("question_mark", "tab")
        assert "Help · Live" in stage.text()


async def test_the_palette_finds_actions_by_name(open_app):
    async with open_app((120, 40)) as stage:
        await stage.press("colon")
        await stage.app.workers.wait_for_complete()
        await stage.settle()
        assert "Go to Layers" in stage.text()
        await stage.press(*"hidden fi")
        await stage.app.workers.wait_for_complete()
        await stage.settle()
        assert "Hidden files" in stage.text()


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 45)])
async def test_a_dead_engine_says_signal_phase_and_last_lines(open_app, size):
    async with open_app(size, spec=spec()) as stage:
        await stage.emit(PhaseStarted(phase="compile", segment=1, at_ns=1_500_000_000))
        lines = (clean("[/] Fatal\x1b[31m error"),)
        await stage.emit(EngineDied(exit_code=-11, while_doing="compile", expected=False, stderr=lines))
        text = stage.text()
        assert "SIGSEGV while compiling" in text
        assert "restart the engine" in text
        assert "✗ DIED" in stage.frame()[0]
        if size[1] > 16:
            assert "[/] Fatal␛[31m error" in text


async def test_esc_leads_back_to_open_and_the_panel_does_not_return(open_app):
    async with open_app(spec=spec()) as stage:
        await stage.emit(EngineDied(exit_code=1, while_doing="run", expected=False))
        await stage.press("escape")
        assert "▐1 Open▌" in stage.frame()[0]
        await stage.settle()
        assert stage.app.screen.NAME == "open"


async def test_a_failure_without_anything_running_is_shown_with_its_hint(open_app):
    async with open_app(spec=spec()) as stage:
        await stage.emit(
            Failed(
                segment=1,
                kind="compile_failed",
                phase="compile",
                what=clean("Convolution [1] has 3 inputs"),
                hint=clean("export it again"),
                detail=(clean("Exception from src/plugins"),),
            )
        )
        text = stage.text()
        assert "The model cannot be compiled" in text
        assert "Convolution [1] has 3 inputs" in text
        assert "export it again" in text
        assert "Exception from src/plugins" in text


async def test_a_failure_that_goes_on_is_a_toast(open_app):
    async with open_app((120, 40), spec=spec()) as stage:
        await stage.emit(ready(), window())
        await stage.app.session.change(default_spec(ModelSpec(path="demo:resnet50"), "AUTO"))
        words, hint = clean("i8 [x] is refused"), clean("pick f32")
        await stage.emit(
            Failed(segment=2, kind="property_refused", phase="compile", what=words, hint=hint, continues=1)
        )
        assert stage.app.screen.NAME == "live"
        assert "i8 [x] is refused" in stage.text()


async def test_a_remedy_is_chosen_with_j_and_enter(open_app):
    async with open_app(spec=spec()) as stage:
        await stage.emit(
            Failed(segment=1, kind="compile_failed", phase="compile", what=clean("no"), hint=clean("other options"))
        )
        await stage.press("j", "enter")
        await stage.app.workers.wait_for_complete()
        assert len([command for command in stage.sent if isinstance(command, StartRun)]) == 2
        assert stage.app.screen.NAME == "live"


async def test_the_report_is_copied(open_app):
    async with open_app(spec=spec()) as stage:
        await stage.emit(EngineDied(exit_code=-9, while_doing="run", expected=False, stderr=(clean("last words"),)))
        await stage.press("y")
        assert "SIGKILL while measuring" in stage.app.clipboard
        assert "last words" in stage.app.clipboard
        assert "ovexplorer bench demo:resnet50" in stage.app.clipboard


def test_signals_and_exit_codes_have_names():
    assert [signal_name(code) for code in (-11, 3, -250)] == ["SIGSEGV", "exit code 3", "signal 250"]


async def test_wide_help_has_two_columns_and_a_cursor_in_each(open_app):
    async with open_app((160, 45)) as stage:
        await stage.press("question_mark")
        lines = stage.frame()
        heads = next(line for line in lines if "ON THIS SCREEN" in line)
        assert heads.index("ON THIS SCREEN") < heads.index("EVERYWHERE")
        below = next(line for line in lines if "WHAT YOU SEE" in line)
        assert lines.index(below) > lines.index(heads)
        await stage.press("l")
        assert stage.app.screen.query_one("#help-list").here.action == "app.screen"
        assert [line.count("▌") for line in stage.frame() if "Open, Live, Layers" in line] == [1]
        await stage.press("j")
        assert stage.app.screen.query_one("#help-list").here.action == "app.help"
        await stage.press("h")
        assert stage.app.screen.query_one("#help-list").here.action == "focus.next"
        await stage.press("slash", *"hidden")
        assert "EVERYWHERE" not in stage.text()
        await stage.press("enter", "enter")
        assert stage.app.screen._hidden_files


def test_two_columns_hold_all_that_one_does():
    one = [row for row in rows_for("live", UNICODE) if row.words]
    two = [row for line in columns_for("live", UNICODE) for row in line if row.words]
    assert sorted(row.words for row in one) == sorted(row.words for row in two)


async def test_e_writes_a_bundle_and_says_where(open_app, tmp_path, monkeypatch):
    monkeypatch.setenv("OVEXPLORER_STATE_DIR", str(tmp_path / "state"))
    async with open_app((160, 45), spec=spec()) as stage:
        await stage.emit(EngineDied(exit_code=-9, while_doing="compile", expected=False, stderr=()))
        await stage.press("e")
        [file] = (tmp_path / "state").glob("bundle-*.json")
        assert "written: " in stage.text()
        assert file.name[:20] in stage.text().replace("\n", "")


def test_a_crash_report_is_shown_from_its_first_line_when_little_fits():
    lines = (
        "something before",
        "Fatal Python error: Segmentation fault",
        "Thread 0x00007f (most recent call first):",
        '  File "threading.py", line 1 in wait',
        "Current thread 0x00007e (most recent call first):",
        '  File "loops.py", line 113 in run',
        '  File "run.py", line 2 in step',
        '  File "server.py", line 3 in serve',
        '  File "runpy", line 4 in main',
        "Extension modules: numpy (total: 9)",
    )
    kept = error_view._telling(lines)
    assert kept[1:4] == (lines[1], lines[4], lines[5])
    assert lines[8] not in kept
    assert not any("threading" in line for line in kept)
