"""NO_COLOR on a real terminal: not one escape sequence asks for a colour."""

import re

import pytest
from terminal_kit import ENTER

COUNTED = re.compile(r"[1-9][\d,]* inferences in")
_SGR = re.compile(rb"\x1b\[([0-9;:]*)m")


def colours(raw: bytes) -> set[int]:
    """Numbers of the SGR sequences that choose a colour; back to the terminal's own (39, 49) does not count."""
    found = set()
    for match in _SGR.finditer(raw):
        numbers = [int(part) for part in re.split(rb"[;:]", match[1]) if part]
        found |= {number for number in numbers if 30 <= number <= 38 or 40 <= number <= 48 or 90 <= number <= 107}
    return found


def test_open_and_live_ask_for_no_colour(home, terminal):
    screen = terminal(NO_COLOR="1")
    screen.until("resnet50")
    screen.until("○ IDLE")
    screen.press("?")
    screen.until("Help · Open")
    screen.press("\x1b")
    screen.until(lambda text: "Help ·" not in text)
    assert colours(bytes(screen.raw)) == set()
    screen.press("j", ENTER)
    screen.until(COUNTED)
    screen.press("j", "l")
    screen.until("1 latency→throughput")
    assert colours(bytes(screen.raw)) == set()
    screen.press("q")
    assert screen.ended() == 0
    home.expect_nothing_left()


def test_the_switch_does_the_same(home, terminal):
    screen = terminal("demo:relu", "--no-color")
    screen.until(COUNTED)
    assert colours(bytes(screen.raw)) == set()
    screen.press("q")
    assert screen.ended() == 0
    home.expect_nothing_left()


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": ""}])
def test_unset_or_empty_there_are_colours(home, terminal, environment):
    screen = terminal(**environment)
    screen.until("resnet50")
    assert 38 in colours(bytes(screen.raw))
    screen.press("q")
    assert screen.ended() == 0
    home.expect_nothing_left()
