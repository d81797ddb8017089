"""Comparisons on a real terminal and from the command line, with real engines."""

import json
import re

from terminal_kit import ESCAPE

COUNTED = re.compile(r"[1-9][\d,]* inferences in")
SENTENCE = re.compile(r"B is \d+ % (slower|faster) than A|no difference above|stopped by you")


def test_x_compares_what_runs_with_the_baseline_and_the_run_goes_on(home, terminal):
    home.settings("verify_toggle = false")
    screen = terminal("demo:branchy")
    screen.until(COUNTED)
    screen.press("b")
    screen.until("this is A")
    screen.press("j", "j", "l")
    screen.until("since mark 1")
    screen.until(COUNTED)
    screen.press("x")
    screen.until("views: A/B")
    screen.until(re.compile(r"● A/B \d+/50"))
    screen.until(re.compile(r"drift to f32 +\S+ +\S+"))
    screen.press(ESCAPE)
    screen.until(SENTENCE)
    screen.press("2")
    screen.until("● LIVE")
    screen.press("q")
    assert screen.ended() == 0
    assert screen.stray_controls() == set()
    screen.expect_restored()
    home.expect_nothing_left()


def test_the_doctor_and_the_timeline_answer(home, terminal):
    screen = terminal("demo:mobilenet", "-api", "async", "-hint", "throughput")
    screen.until(COUNTED)
    screen.press("8")
    screen.until(re.compile(r"req 0 "))
    screen.until("stream 0")
    screen.press("D")
    screen.until(re.compile(r"checks|looking at this machine"))
    screen.press(ESCAPE)
    screen.until(lambda text: "Doctor ·" not in text)
    screen.press("5", "v")
    screen.until(re.compile(r"IR, f32"))
    screen.press("q")
    assert screen.ended() == 0
    screen.expect_restored()
    home.expect_nothing_left()


def test_ab_without_a_screen_tells_json(home):
    done = home.run("ab", "demo:relu", "--a", "api=sync", "--b", "call=pass", "--budget", "4", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["schema"] == "ovexplorer.ab/1"
    assert document["metric"] == "latency"
    assert document["quads"] >= 8
    speedup = document["speedup"]
    assert speedup["low"] <= speedup["point"] <= speedup["high"]
    assert document["drift"]
    home.expect_nothing_left()
