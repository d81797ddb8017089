"""The TUI on a real terminal: from the first Enter to the last signal."""

import re
import signal

import pytest
from terminal_kit import CTRL_C, ENTER, ESCAPE, NORMAL

from ovexplorer.history.recording import read_recording
from ovexplorer.schema.protocol import WindowMeasured

COUNTED = re.compile(r"[1-9][\d,]* inferences in")
COMPILING = re.compile(r"compile ◐")


def windows(path):
    return [entry for entry in read_recording(path).entries if isinstance(entry.message, WindowMeasured)]


def test_one_enter_leads_to_numbers_and_q_leaves_nothing(home, terminal):
    screen = terminal()
    # The engine says which devices work; the picker does not wait for it.
    screen.until("resnet50")
    screen.press(ENTER)
    screen.until("● LIVE")
    screen.until(COUNTED)
    screen.press("q")
    assert screen.ended() == 0
    assert "again: ovexplorer bench demo:resnet50" in screen.written()
    assert screen.stray_controls() == set()
    screen.expect_restored()
    home.expect_nothing_left()


def test_a_toggle_makes_mark_1_and_every_screen_answers(home, terminal):
    screen = terminal("demo:mobilenet")
    screen.until(COUNTED)
    screen.press("j", "l")
    screen.until("1 latency→throughput")
    screen.until("since mark 1")
    screen.until(re.compile(r"Hint +throughput"))
    screen.press("3")
    screen.until(re.compile(r"Layers · [1-9]\d* ran"))
    screen.until(re.compile(r"\bConvolution\b.*\d"))
    screen.press("?")
    screen.until("Help · Layers")
    screen.press(ESCAPE)
    screen.until(lambda text: "Help ·" not in text)
    screen.press("q")
    assert screen.ended() == 0
    screen.expect_restored()
    home.expect_nothing_left()


def test_sigterm_ends_it_while_live_with_a_readable_recording(home, terminal):
    recording = home.folder / "run.ovx"
    screen = terminal("demo:relu", "--record", str(recording))
    screen.until(COUNTED)
    screen.signal(signal.SIGTERM)
    assert screen.ended() == 130
    screen.expect_restored()
    home.expect_nothing_left()
    assert windows(recording)


def test_sighup_ends_it_while_it_compiles(home, terminal):
    recording = home.folder / "run.ovx"
    screen = terminal("demo:resnet50", "--record", str(recording))
    screen.until(COMPILING)
    screen.signal(signal.SIGHUP)
    assert screen.ended() == 130
    screen.expect_restored()
    home.expect_nothing_left()
    assert read_recording(recording).entries


@pytest.mark.parametrize(("model", "moment"), [("demo:relu", COUNTED), ("demo:resnet50", COMPILING)])
def test_a_closed_terminal_ends_it(home, terminal, model, moment):
    recording = home.folder / "run.ovx"
    screen = terminal(model, "--record", str(recording))
    screen.until(moment)
    screen.hang_up()
    assert screen.ended() == 130
    home.expect_nothing_left()
    assert read_recording(recording).entries


def test_ctrl_c_twice_quits(home, terminal):
    screen = terminal("demo:relu")
    screen.until(COUNTED)
    screen.press(CTRL_C)
    screen.until("once more within a second")
    screen.press(CTRL_C)
    assert screen.ended() == 130
    screen.expect_restored()
    home.expect_nothing_left()


def test_quitting_a_recorded_session_asks_once(home, terminal):
    recording = home.folder / "run.ovx"
    screen = terminal("demo:relu", "--record", str(recording))
    screen.until(COUNTED)
    screen.press("q")
    screen.until("Quit?")
    screen.press(ENTER)
    assert screen.ended() == 0
    home.expect_nothing_left()
    assert windows(recording)
    replay = terminal("replay", str(recording))
    replay.until(COUNTED)
    replay.press("q")
    assert replay.ended() == 0
    assert NORMAL in replay.raw
    home.expect_nothing_left()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"TERM": "dumb"}, "TERM=dumb"),
        ({"columns": 40, "rows": 10}, "40x10"),
    ],
)
def test_terminals_that_cannot_show_it_are_told_so(home, terminal, settings, says):
    screen = terminal("demo:relu", **settings)
    assert screen.ended() == 2
    written = screen.written().replace("\r\n", "\n")
    assert says in written
    assert "bench demo:" in written
    assert [line.partition(":")[0] for line in written.splitlines()] == ["error", "hint"]
    assert screen.raw.count(b"\x1b") == 0
    home.expect_nothing_left()
