"""The timeline on a terminal: tracing, keys, freezing, finding, trying, writing."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from textual.widgets import Input

from ovexplorer.schema.protocol import ChangeSpec, Failed, LoadMeasured, RunFinished, SpansTaken, Trace
from ovexplorer.schema.results import Load
from ovexplorer.schema.spans import Spans
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import ASCII
from ovexplorer.tui.screens.timeline import TimelineScreen
from tests.tui.conftest import ready, window
from tests.tui.timeline_kit import MS, closed_loop

SPEC = RunSpec(model=ModelSpec(path="demo:resnet50"), api="async", requests=4)
SIZES = [(60, 16), (80, 24), (120, 30), (160, 45)]


def taken(spans: Spans | None = None) -> SpansTaken:
    return SpansTaken(spans=spans or closed_loop(200, capture=8, infer=76.8, post=3, at=2_000))


def four_requests():
    return msgspec.structs.replace(ready(1), requests=4, streams=2)


async def run(stage, *events) -> None:
    await stage.emit(four_requests(), window(1, 0), window(1, 1))
    stage.app.action_app_screen("timeline")
    await stage.settle()
    await stage.emit(*(events or (taken(),)))
    await show(stage)


async def show(stage) -> None:
    """Let the time between two pictures pass."""
    stage.clock.advance(1)
    await stage.settle()


def traces(stage) -> list[bool]:
    return [command.enabled for command in stage.sent if isinstance(command, Trace)]


def lane_line(stage, number: int) -> str:
    return next(line for line in stage.frame() if f"req {number}" in line or f"request {number} " in line)


def panel_title(stage) -> str:
    return next(line for line in stage.frame() if "Requests" in line)


@pytest.mark.parametrize("size", SIZES)
async def test_lanes_streams_and_what_they_say(open_app, size) -> None:
    async with open_app(size, spec=SPEC) as stage:
        await run(stage)
        text = stage.text()
        assert all(len(line) == size[0] for line in stage.frame())
        assert "4 in flight" in panel_title(stage)
        for number in range(4):
            assert "█" in lane_line(stage, number)
        assert bool(re.search(r"stream 0 +[0-3]{5}", text)) == (size[0] > 60)
        assert "capture 8.0" in text
        assert "on lane 0" in text
        if size[0] > 60:
            assert "4 requests keep 2 streams busy" in text
            assert "t tries 2 requests" in text


async def test_records_only_while_it_is_shown(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await stage.emit(four_requests(), window(1, 0))
        assert traces(stage) == []
        await stage.press("8")
        assert traces(stage) == [True]
        assert "Timeline records while this screen is open." in stage.text()
        await stage.press("2")
        assert traces(stage) == [True, False]
        await stage.press("8")
        assert traces(stage) == [True, False, True]
        await stage.press("question_mark")
        assert traces(stage)[-1] is False
        await stage.press("escape")
        assert traces(stage)[-1] is True


async def test_without_a_run_nothing_is_recorded(open_app) -> None:
    async with open_app((80, 24)) as stage:
        await stage.press("8")
        assert "No run yet. 1 picks a model." in stage.text()
        assert traces(stage) == []


async def test_a_run_that_ended_without_requests_says_so(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await stage.emit(four_requests(), window(1, 0), RunFinished(segment=1, at_ns=4 * 10**9, reason="duration"))
        await stage.press("8")
        assert "Nothing runs now." in stage.text()


async def test_lanes_and_requests_are_stepped_through(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        await stage.press("j")
        assert lane_line(stage, 1).startswith("▌req 1")
        assert "on lane 1" in stage.text()
        await stage.press("k", "k")
        assert lane_line(stage, 0).startswith("▌req 0")
        watch = stage.app.screen._watch
        first = watch.chosen().number
        await stage.press("left_square_bracket")
        before = watch.chosen().number
        assert before < first
        assert f"Request {before:,} on lane 0" in stage.text()
        for _ in range(6):
            await stage.press("left_square_bracket")
        assert "behind · G now" in panel_title(stage)
        assert str(watch.chosen().number) in lane_line(stage, 0)
        for _ in range(7):
            await stage.press("right_square_bracket")
        assert watch.chosen().number == first
        await stage.press("G")
        assert "live" in panel_title(stage)


async def test_the_axis_is_scrolled_and_zoomed(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        watch = stage.app.screen._watch
        span = watch.seen.sight.span_ns
        end = watch.seen.sight.end_ns
        await stage.press("h")
        assert watch.seen.sight.end_ns == pytest.approx(end - span / 4, abs=span / 60)
        await stage.press("l")
        await stage.press("l")
        assert "live" in panel_title(stage)
        await stage.press("plus")
        assert watch.seen.sight.span_ns < span
        await stage.press("minus", "minus")
        assert watch.seen.sight.span_ns > span
        await stage.press("0")
        assert watch.seen.sight.span_ns == span
        await stage.press("g")
        assert watch.seen.sight.start_ns == pytest.approx(2_000 * MS, abs=span / 60)


async def test_a_frozen_picture_stays_while_the_run_goes_on(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        before = [lane_line(stage, number) for number in range(4)]
        await stage.press("F")
        assert "frozen" in panel_title(stage)
        later = msgspec.structs.replace(closed_loop(50, capture=8, infer=76.8, post=3, at=20_000), first=200)
        await stage.emit(taken(later), window(1, 2))
        await show(stage)
        assert [lane_line(stage, number) for number in range(4)] == before
        await stage.press("h")
        assert lane_line(stage, 0) != before[0]
        await stage.press("G", "F")
        assert "frozen" not in panel_title(stage)
        assert stage.app.screen._watch.seen.sight.end_ns > 20_000 * MS


async def test_pictures_nobody_asked_for_come_twice_a_second(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        before = lane_line(stage, 0)
        later = msgspec.structs.replace(closed_loop(50, capture=8, infer=70, post=3, at=20_000), first=200)
        await stage.emit(taken(later))
        assert lane_line(stage, 0) == before
        await show(stage)
        assert lane_line(stage, 0) != before


async def test_finding_slow_numbered_and_late_requests(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        await stage.press("slash", *"#12", "enter")
        assert "Request 12 on lane" in stage.text()
        await stage.press("slash", *"nonsense")
        await stage.press("enter")
        assert "say >200ms, #4217 or late" in stage.text()
        await stage.press("escape")
        await stage.press("slash", *">150ms", "enter")
        first = stage.app.screen._watch.chosen().number
        await stage.press("n")
        assert stage.app.screen._watch.chosen().number > first
        await stage.press("N")
        assert stage.app.screen._watch.chosen().number == first
        await stage.press("slash", *"late", "enter")
        assert "no request kept matches" in stage.text()


async def test_the_advice_is_tried_and_can_be_taken_back(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        await stage.press("t")
        changes = [command for command in stage.sent if isinstance(command, ChangeSpec)]
        assert [command.spec.requests for command in changes] == [2]
        await stage.press("u")
        changes = [command for command in stage.sent if isinstance(command, ChangeSpec)]
        assert changes[-1].spec.requests == 4


async def test_a_request_is_copied_as_json(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        await stage.press("y")
        found = json.loads(stage.app.clipboard)
        assert found["request"] == stage.app.screen._watch.chosen().number
        assert found["infer_duration_ns"] == round(76.8 * MS)


async def test_a_trace_is_written_to_a_new_file_only(open_app, tmp_path) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        there = tmp_path / "there.json"
        there.write_text("mine")
        await stage.press("e")
        stage.app.screen.query_one(Input).value = str(there)
        await stage.press("enter")
        await stage.app.workers.wait_for_complete()
        await stage.settle()
        assert there.read_text() == "mine"
        assert "that file exists" in stage.text()
        new = tmp_path / "new.json"
        stage.app.screen.query_one(Input).value = str(new)
        await stage.press("enter")
        await stage.app.workers.wait_for_complete()
        assert json.loads(new.read_text())["traceEvents"]


async def test_too_many_requests_become_densities(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage, taken(closed_loop(20_000, capture=0.01, infer=0.05, post=0.01, at=2_000)))
        await stage.press(*["minus"] * 6)
        assert "1 in " in panel_title(stage)
        assert "drawn" in panel_title(stage)
        assert "too many to tell one by one" in stage.text()


async def test_sixteen_lanes_in_a_small_terminal(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage, taken(closed_loop(400, lanes=16, streams=2, at=2_000)))
        assert " more" in stage.text()
        await stage.press(*["j"] * 15)
        assert lane_line(stage, 15).startswith("▌req 15")


async def test_one_blocking_request_says_what_overlap_would_bring(open_app) -> None:
    spec = RunSpec(model=ModelSpec(path="demo:resnet50"))
    async with open_app((160, 45), spec=spec) as stage:
        await stage.emit(ready(1), window(1, 0))
        stage.app.action_app_screen("timeline")
        await stage.emit(taken(closed_loop(100, lanes=1, streams=1, at=2_000)))
        await show(stage)
        assert "nothing overlaps" in stage.text()
        assert "request 0" in stage.text()
        assert "request 1 " not in stage.text()


async def test_one_blocking_request_with_little_to_overlap_says_how_little(open_app) -> None:
    spec = RunSpec(model=ModelSpec(path="demo:resnet50"))
    async with open_app((80, 24), spec=spec) as stage:
        await run(stage, taken(closed_loop(100, lanes=1, streams=1, capture=0.5, infer=49, post=0.5, at=2_000)))
        assert "sync: overlap could hide 1.00 ms of 50.0 ms, 2 %." in stage.text()


async def test_an_open_load_marks_intended_starts(open_app) -> None:
    spec = RunSpec(model=ModelSpec(path="demo:resnet50"), load="fixed", rate_fps=20)
    async with open_app((80, 24), spec=spec) as stage:
        spans = closed_loop(100, lanes=1, streams=1, at=2_000)
        late = msgspec.structs.replace(spans, due_ns=tuple(due - 20 * MS for due in spans.due_ns))
        await run(stage, taken(late))
        line = next(line for line in stage.frame() if line.startswith(" due"))
        assert "▾" in line
        assert "before it began, fixed load" in stage.text()


async def test_a_run_that_failed_keeps_its_requests_and_says_why(open_app) -> None:
    spec = RunSpec(model=ModelSpec(path="demo:resnet50"))
    async with open_app((80, 24), spec=spec) as stage:
        await run(stage, taken(closed_loop(100, lanes=1, streams=1, at=2_000)))
        await stage.emit(
            Failed(
                segment=1, kind="inference_failed", phase=None, what=clean("the 100th inference failed"),
                hint=clean("r restarts"), detail=(clean("Exception from src/x.cpp"),),
            )
        )  # fmt: skip
        stage.app.action_app_screen("timeline")
        await show(stage)
        await stage.press("G")
        assert "✗ failed" in panel_title(stage)
        assert "✗" in lane_line(stage, 0)
        assert "the 100th inference failed. Exception from src/x.cpp" in stage.text()


async def test_cores_from_160_columns(open_app) -> None:
    load = Load(
        at_ns=8_000 * MS, cores=((0, 0.98), (1, 0.5)), engine_cores=1, other_cores=0, steal=0,
        involuntary_switches=0, frequency_mhz=0,
    )  # fmt: skip
    async with open_app((160, 45), spec=SPEC) as stage:
        await run(stage, taken(), LoadMeasured(load=load))
        assert "cpu0  98%" in stage.text()


async def test_the_picture_fills_the_body(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        await stage.press("z")
        assert "What it says" not in stage.text()
        await stage.press("escape")
        assert "What it says" in stage.text()


async def test_help_tells_the_patterns(open_app) -> None:
    async with open_app((160, 45), spec=SPEC) as stage:
        await run(stage)
        await stage.press("question_mark")
        for sign, word in zip("░·█▒", ("capture", "queue", "infer", "post")):
            assert re.search(rf"{sign} +{word}:", stage.text())


async def test_ascii_without_colour(open_app, monkeypatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    for size in ((60, 16), (160, 45)):
        async with open_app(size, spec=SPEC, glyphs=ASCII, no_color=True) as stage:
            await run(stage)
            assert isinstance(stage.app.screen, TimelineScreen)
            assert stage.text().isascii()
            assert "###" in lane_line(stage, 0)
