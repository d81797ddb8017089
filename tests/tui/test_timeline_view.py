"""Pure painting of the timeline from made-up requests with known cells."""

from __future__ import annotations

import json
from itertools import pairwise

import msgspec
import pytest

from ovexplorer.analysis.requests import analyse_requests
from ovexplorer.schema.results import Load
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.session.state import RunState, Segment
from ovexplorer.tui.glyphs import ASCII, UNICODE
from ovexplorer.tui.screens import timeline_view as view
from ovexplorer.tui.screens import timeline_words as words
from ovexplorer.tui.widgets.lane_paint import (
    Block,
    Core,
    Lane,
    LanesView,
    Scale,
    core_row,
    due_row,
    paint,
    shown_lanes,
    stage_cells,
    tick_ns,
)
from ovexplorer.tui.widgets.lane_plan import plan_rows
from tests.tui.timeline_kit import MS, closed_loop, spans_of

SPEC = RunSpec(model=ModelSpec(path="demo:resnet50"), api="async")


def block(number: int, lane: int, *edges: int, **more: bool) -> Block:
    capture, queue, infer, post, end = (edge * MS for edge in edges)
    return Block(number, lane, (capture, queue, infer, post, end), lane, **more)


# 69 cells of 1 ms in a picture of 80.
ONE_MS = {"start_ns": 0, "end_ns": 69 * MS}


def test_every_stage_lies_in_its_cells() -> None:
    lanes = (Lane(0, (block(7, 0, 2, 6, 10, 30, 33),)), Lane(1, (block(8, 1, 0, 4, 30, 50, 55),)))
    rows = paint(LanesView(**ONE_MS, lanes=lanes, cursor=1), 80, 9, UNICODE)
    assert rows[0].text == f" req 0      ░░░░····{'█' * 9}7{'█' * 10}▒▒▒".ljust(80)
    assert rows[2].text.startswith(f"▌req 1    ░░░░{'·' * 26}█████████8")
    assert rows[2].text[:65].endswith("▒▒▒▒▒")
    assert [len(row.text) for row in rows] == [80] * len(rows)


def test_the_chosen_request_and_a_late_one_have_roles_of_their_own() -> None:
    lanes = (Lane(0, (block(7, 0, 0, 4, 10, 20, 22), block(8, 0, 30, 34, 40, 50, 52, late=True))),)
    row = paint(LanesView(**ONE_MS, lanes=lanes, chosen=7), 80, 9, UNICODE)[0]
    assert set(row.roles[10:32]) == {"l", "L"}
    assert set(row.roles[44:50]) == {"w"}


def test_a_stage_shorter_than_a_cell_takes_one_from_the_longest() -> None:
    scale = Scale(0, 10 * MS, 0, 10)
    edges = (0, 10_000, 20_000, 9_990_000, 10 * MS)
    assert stage_cells(edges, scale) == [(0, 0, 1), (1, 1, 2), (2, 2, 9), (3, 9, 10)]
    # Two cells for four stages: the two longest, in their order.
    assert stage_cells((0, 100_000, 900_000, 1_900_000, 2 * MS), scale) == [(1, 0, 1), (2, 1, 2)]
    assert stage_cells((5 * MS,) * 5, scale) == [(2, 5, 6)]


def test_a_failed_request_ends_in_a_cross() -> None:
    row = paint(LanesView(**ONE_MS, lanes=(Lane(0, (block(99, 0, 0, 2, 4, 20, 21, failed=True),)),)), 80, 9, UNICODE)[0]
    assert row.text[31] == "✗"
    assert row.roles[31] == "D"


def test_streams_show_whom_they_work_for_and_cores_their_load() -> None:
    blocks = (block(7, 0, 0, 0, 0, 10, 10), block(8, 1, 0, 10, 10, 30, 30))
    view_ = LanesView(**ONE_MS, lanes=(Lane(0, blocks[:1]), Lane(1, blocks[1:])), streams=(blocks,), cursor=1)
    text = [row.text for row in paint(view_, 80, 10, UNICODE)]
    assert text[4] == (" stream 0 " + "0" * 10 + "1" * 20).ljust(80)
    row = core_row(Core(3, ((30 * MS, 0.98), (60 * MS, 0.4))), Scale(0, 60 * MS, 11, 60), 73, UNICODE)
    assert row.text == " cpu3  40% " + "━" * 31 + "─" * 29 + "  "


def test_intended_starts_are_marked_and_late_ones_warn() -> None:
    row = due_row(((3 * MS, False), (9 * MS, True), (9 * MS, False)), Scale(0, 69 * MS, 10, 69), 80, UNICODE)
    assert (row.text[13], row.roles[13]) == ("▾", "m")
    assert (row.text[19], row.roles[19]) == ("▾", "W")
    assert row.text.count("▾") == 2


@pytest.mark.parametrize("span_ms", [10, 20, 60, 300, 1_000, 60_000])
def test_ticks_are_round_and_apart(span_ms: int) -> None:
    step = tick_ns(span_ms * MS, 69)
    assert step * 69 >= span_ms * MS * 9
    assert str(step).rstrip("0") in "12356"


def test_the_axis_counts_from_its_left_edge() -> None:
    rows = paint(LanesView(0, 300 * MS, (Lane(0, ()),), legend=("8.0", "65.8", "76.8", "3.0", "153.6")), 80, 6, UNICODE)
    assert rows[-3].text.count("┴") == 6
    assert rows[-2].text.split() == ["0", "ms", "50", "100", "150", "200", "250"]
    assert rows[-1].text.split("·")[0] == " ░ capture 8.0   "
    assert rows[-1].text.rstrip().endswith("= 153.6 ms")


def test_ascii_has_a_twin_for_each_pattern() -> None:
    view_ = LanesView(**ONE_MS, lanes=(Lane(0, (block(7, 0, 0, 4, 10, 30, 33),)),), dues=((0, False),))
    text = [ASCII.show(row.text) for row in paint(view_, 80, 8, ASCII)]
    assert text[0].startswith(" due      v")
    assert text[1] == f">req 0    ::::......{'#' * 9}7{'#' * 10}%%%".ljust(80)
    assert all(line.isascii() for line in text)


def test_blank_rows_go_first_then_streams_then_lanes() -> None:
    def plan(height: int, lanes: int = 4):
        return plan_rows(height, lanes=lanes, streams=2, cores=0, due=False, wide=False)

    assert (plan(13).gap, plan(13).streams) == (1, True)
    assert (plan(12).gap, plan(12).streams) == (0, True)
    assert (plan(8).gap, plan(8).streams) == (0, False)
    assert plan(13, lanes=64).lanes == 9


def test_more_lanes_than_rows_shows_the_busiest_and_slowest_and_the_cursor() -> None:
    lanes = tuple(Lane(number, (), busy=number / 100, slowest_ns=number) for number in range(16))
    assert [lane.number for lane in shown_lanes(lanes, 4, 14)] == [15, 14, 13, 12]
    assert [lane.number for lane in shown_lanes(lanes, 4, 2)] == [15, 14, 13, 2]
    text = [row.text for row in paint(LanesView(**ONE_MS, lanes=lanes), 80, 8, UNICODE)]
    assert text[4].strip() == "12 more"


def test_what_is_in_sight_is_on_its_stream() -> None:
    spans = closed_loop(100)
    sight = view.sight_until(view.settled_ns([spans]), 200 * MS, 69)
    seen = view.look([spans], 2, sight, 69)
    assert len(seen.lanes) == 4
    assert len(seen.streams) == 2
    for blocks in seen.streams:
        for before, after in pairwise(blocks):
            assert before.edges[3] <= after.edges[2]
    drawn = {entry.number for lane in seen.lanes for entry in lane.blocks}
    wanted = {n for n in range(100) if spans.done_ns[n] >= sight.start_ns and spans.begin_ns[n] <= sight.end_ns}
    assert drawn == wanted


def test_streams_keep_their_rows_while_time_goes_on() -> None:
    spans = closed_loop(400)
    before: dict[int, int] = {}
    for end in range(2_000, 4_000, 37):
        cut = sum(done <= end * MS for done in spans.done_ns)
        told = [msgspec.structs.replace(spans, **{n: getattr(spans, n)[:cut] for n in COLUMNS})]
        seen = view.look(told, 2, view.Sight((end - 200) * MS, end * MS), 69, before=before)
        assert all(before.get(number, stream) == stream for number, stream in seen.placed.items())
        before = dict(seen.placed)


COLUMNS = ("lane", "due_ns", "begin_ns", "start_ns", "end_ns", "done_ns")


def test_too_many_to_draw_become_densities() -> None:
    spans = closed_loop(20_000, capture=0.01, infer=0.05, post=0.01)
    seen = view.look([spans], 2, view.sight_until(view.newest_ns([spans]), 1_000 * MS, 69), 69)
    assert seen.dense
    assert seen.one_in == 64
    assert sum(len(lane.blocks) for lane in seen.lanes) <= 69 * 4 * 2
    rows = paint(LanesView(seen.sight.start_ns, seen.sight.end_ns, seen.lanes, dense=True), 80, 8, UNICODE)
    assert set(rows[0].text[10:79].strip()) <= set(UNICODE.levels)


def test_the_engine_may_have_left_requests_out() -> None:
    spans = msgspec.structs.replace(closed_loop(40), dropped=120)
    assert view.look([spans], 2, view.sight_until(view.newest_ns([spans]), 300 * MS, 69), 69).one_in > 1


def test_only_what_is_near_is_analysed() -> None:
    chunks = [
        msgspec.structs.replace(closed_loop(500, at=second * 1_000, infer=1, capture=0.1, post=0.1), first=second * 500)
        for second in range(60)
    ]
    sight = view.sight_until(30_100 * MS, 20 * MS, 69)
    seen = view.look(chunks, 2, sight, 69)
    assert seen.requests
    assert len(seen.requests) <= view.LEAD + 130
    assert sum(len(entry.lane) for entry in view.newest_requests(chunks, 10, 800)) == 800


def test_zoom_steps_and_fits() -> None:
    assert view.fit_ns(153.6e6, 69) == 300 * MS
    assert view.fit_ns(153.6e6, 146) == 600 * MS
    assert view.fit_ns(3_000, 69) == 10 * MS
    assert view.zoomed(300 * MS, 1) == 200 * MS
    assert view.zoomed(10 * MS, 1) == 10 * MS
    assert view.zoomed(60_000 * MS, -1) == 60_000 * MS
    sight = view.sight_until(1_234_567, 690 * MS, 69)
    assert sight.end_ns % (10 * MS) == 0


def test_late_in_an_open_load() -> None:
    spans = spans_of((0, 0, 0, 2, 12, 13), (0, 10, 13, 15, 25, 26))
    seen = view.look([spans], 1, view.Sight(0, 69 * MS), 69, open_load=True)
    assert [entry.late for entry in seen.lanes[0].blocks] == [False, True]
    # Of the second only the intended start is in sight.
    assert view.dues_in([spans], view.Sight(0, 12 * MS)) == ((0, False), (10 * MS, True))
    assert view.dues_in([spans], view.Sight(11 * MS, 69 * MS)) == ()
    second = analyse_requests([spans], 1).requests[1]
    lines = words.details(second, 0, {}, SPEC, 52, 15)
    assert tuple(text for text, _ in lines[8]) == (" waited for ", "a free request object")


def test_cores_of_the_seconds_in_sight() -> None:
    loads = tuple(
        Load(at_ns=s * 1_000 * MS, cores=((0, s / 10), (1, 0.5)), engine_cores=1, other_cores=0, steal=0,
             involuntary_switches=0, frequency_mhz=0)
        for s in range(1, 9)
    )  # fmt: skip
    found = view.cores_of(loads, view.Sight(3_200 * MS, 3_800 * MS))
    assert found == (Core(0, ((4_000 * MS, 0.4),)), Core(1, ((4_000 * MS, 0.5),)))
    assert view.cores_of((), view.Sight(0, 1)) == ()


def test_details_say_what_a_request_waited_for() -> None:
    analysis = analyse_requests([closed_loop(100)], 2)
    requests = {request.number: request for request in analysis.requests}
    request = requests[50]
    lines = ["".join(text for text, _ in line) for line in words.details(request, 1, requests, SPEC, 80, 3)]
    assert lines[0].startswith(" due at   0.0 ms, closed loop")
    assert f"request {request.waited_for} on stream 1" in lines[0]
    assert f"{request.total / MS:.1f} ms from due to done" in lines[1]
    assert "hidden     100 % of capture and post" in lines[1]
    tall = ["".join(text for text, _ in line) for line in words.details(request, 1, requests, SPEC, 52, 15)]
    assert " infer      40.0 ms on stream 1" in tall
    few = ["".join(text for text, _ in line) for line in words.details(request, 1, requests, SPEC, 60, 3)]
    assert [line.split()[0] for line in few] == ["latency", "queued", "waited"]
    assert any(line.startswith(" blocked") and "queued behind it" in line for line in tall)


def test_json_of_a_request() -> None:
    request = analyse_requests([spans_of((0, 0, 1, 3, 12, 13))], 1).requests[0]
    found = json.loads(words.as_json(request, 0))
    assert found["queue_duration_ns"] == 1 * MS
    assert found["latency_ns"] == 13 * MS
    assert found["waited_for"] is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (">200ms", ("slower", 200e6)),
        ("> 1.5 s", ("slower", 1.5e9)),
        (">30us", ("slower", 30e3)),
        (">30", ("slower", 30e6)),
        ("#4217", ("number", 4217)),
        ("late", ("late", 0)),
        ("[bold", None),
        (">", None),
        ("#" + "9" * 40, None),
    ],
)
def test_what_can_be_looked_for(text: str, meant: object) -> None:
    assert words.read_find(text) == meant


def test_looking_for_requests() -> None:
    spans = [spans_of((0, 0, 0, 2, 12, 13), (1, 10, 13, 15, 65, 66), first=4216)]
    assert words.hits(spans, ("number", 4217)) == [(4217, 1, 66 * MS)]
    assert words.hits(spans, ("number", 99)) == []
    assert words.hits(spans, ("slower", 50e6)) == [(4217, 1, 66 * MS)]
    assert words.hits(spans, ("late", 0)) == [(4217, 1, 66 * MS)]


def test_why_there_is_no_picture() -> None:
    segment = Segment(1, SPEC, "")

    def said(state: RunState, *, replay: bool = False) -> str:
        return " ".join(text for text, _ in words.empty_lines(state, replay=replay, glyphs=UNICODE))

    assert said(RunState()) == "No run yet. 1 picks a model."
    assert "waiting for the first requests" in said(RunState(status="live", segments=(segment,)))
    assert "space goes on" in said(RunState(status="paused", segments=(segment,)))
    assert "Nothing runs now" in said(RunState(status="finished", segments=(segment,)))
    assert said(RunState(status="live", segments=(segment,)), replay=True).startswith("The recording holds no single")


@pytest.mark.parametrize(("ns", "told"), [(0, "0.0"), (780, "0.00"), (120_000, "0.12"), (153_600_000, "153.6")])
def test_figures_have_one_decimal_or_two_below_one(ns: int, told: str) -> None:
    assert words.figure(ns, 1e6) == told
    assert words.unit_of(14_000)[0] == "µs"
