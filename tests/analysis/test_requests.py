"""Where requests spent their time: the begin of an inference is derived from the order on the streams."""

import pytest
from request_kit import MS, closed_rows, spans_of

from ovexplorer.analysis.request_advice import advice_on
from ovexplorer.analysis.requests import NOBODY, analyse_requests, last_spans
from ovexplorer.schema.spec import ModelSpec, RunSpec


def spec(**changes):
    return RunSpec(model=ModelSpec(path="m.xml"), **changes)


def closed(lanes, streams, count=200, **times):
    return analyse_requests([spans_of(closed_rows(lanes, streams, count, **times))], streams)


def codes(analysis, **changes):
    return [entry.code for entry in advice_on(analysis, spec(**changes))]


def test_an_inference_begins_when_the_earliest_stream_is_free():
    rows = [(0, 0, 0, 0, 10, 10), (1, 0, 0, 2, 12, 12), (2, 0, 0, 3, 20, 20), (0, 10, 10, 11, 22, 22)]
    found = analyse_requests([spans_of(rows, first=7)], 2).requests
    assert [(r.number, r.stream, r.infer_ns, r.waited_for) for r in found] == [
        (7, 0, 0, NOBODY),
        (8, 1, 2, NOBODY),
        (9, 0, 10, 7),
        (10, 1, 12, 8),
    ]


def test_stages_add_up_to_the_time_from_due_to_done():
    rows = [(0, 5, 8, 10, 30, 33), (0, 12, 33, 34, 50, 55)]
    for request, row in zip(analyse_requests([spans_of(rows)], 1).requests, rows):
        assert request.total == row[5] - row[1]
    first = analyse_requests([spans_of(rows)], 1).requests[0]
    assert (first.capture, first.queue, first.infer, first.post) == (2, 3, 20, 3)


def test_a_clock_that_disagrees_makes_no_stage_negative():
    found = analyse_requests([spans_of([(0, 10, 9, 8, 7, 6)])], 1).requests[0]
    assert (found.capture, found.queue, found.infer, found.post) == (0, 0, 0, 0)


def test_more_requests_than_streams_wait_and_hide_the_host():
    analysis = closed(4, 2, capture=2, infer=76, post=1)
    assert analysis.busy == (pytest.approx(1, abs=0.02),) * 2
    assert analysis.stages.infer.p50 == 76 * MS
    assert analysis.stages.queue.p50 == 73 * MS
    assert analysis.stages.queue.share == pytest.approx(0.48, abs=0.01)
    assert analysis.hidden == pytest.approx(1, abs=0.02)
    assert analysis.inferring == pytest.approx(2, abs=0.02)
    assert analysis.waiting == pytest.approx(1.9, abs=0.1)


def test_too_many_requests_are_told_with_the_change_to_try():
    said = advice_on(closed(4, 2, infer=76), spec(api="async", requests=4))
    assert [entry.code for entry in said] == ["too_many_requests"]
    assert said[0].text == (
        "4 requests keep 2 streams busy 100 % of the time. 2 requests would give the same FPS at half the latency."
    )
    assert said[0].applied(spec(api="async", requests=4)).requests == 2


def test_host_work_keeps_more_requests_than_streams():
    said = advice_on(closed(8, 2, capture=8, infer=32), spec(api="async", requests=8))
    assert said[0].change["requests"] == 3


def test_sync_says_what_overlap_would_hide():
    analysis = closed(1, 1, capture=8, infer=40)
    assert analysis.hidden == 0
    said = advice_on(analysis, spec())
    assert (
        said[0].text == "sync: nothing overlaps. async with 2 requests would hide 8.0 ms of capture in each inference."
    )
    assert said[0].applied(spec()).api == "async"


def test_host_work_that_leaves_streams_idle_asks_for_one_more_request():
    analysis = closed(2, 2, infer=20, post=10)
    assert analysis.busy_share < 0.7
    said = advice_on(analysis, spec(api="async", requests=2))
    assert [(entry.code, entry.change) for entry in said] == [("too_few_requests", {"requests": 3})]


def test_a_well_used_device_gets_no_change():
    said = advice_on(closed(2, 2, infer=50), spec(api="async", requests=2))
    assert [(entry.code, entry.change) for entry in said] == [("well_used", {})]


def test_few_requests_say_nothing():
    assert advice_on(closed(4, 2, count=10), spec(api="async")) == ()
    assert analyse_requests([], 2).requests == ()


def open_rows(period, service, *, late=0, count=100):
    """One request that serves a line of arrivals."""
    rows, free = [], 0
    for number in range(count):
        due = number * period
        begin = max(due, free) + late
        end = free = begin + service
        rows.append((0, *(at * MS for at in (due, begin, begin, end, end))))
    return rows


def test_a_growing_line_is_over_capacity():
    analysis = analyse_requests([spans_of(open_rows(10, 15))], 1)
    assert analysis.line_ns > 200 * MS
    assert "over_capacity" in codes(analysis, load="fixed", rate_fps=100.0)
    steady = analyse_requests([spans_of(open_rows(20, 15))], 1)
    assert steady.line_ns == 0
    assert codes(steady, load="fixed", rate_fps=50.0) == ["well_used"]


def test_a_late_generator_is_told():
    analysis = analyse_requests([spans_of(open_rows(20, 5, late=2))], 1)
    assert analysis.late == pytest.approx(0.99)
    assert analysis.late_max_ns == 2 * MS
    assert codes(analysis, load="fixed") == ["generator_late"]


def test_waiting_beside_idle_streams_is_told():
    # Three at once every 200 ms; taking a result is four times as long as the inference.
    rows, free = [], 0
    for number in range(90):
        due = number // 3 * 200
        begin = max(due, free)
        free = begin + 50
        rows.append((0, *(at * MS for at in (due, begin, begin, begin + 10, free))))
    analysis = analyse_requests([spans_of(rows)], 1)
    assert analysis.idle_waiting == pytest.approx(80 / 200, abs=0.02)
    said = advice_on(analysis, spec(load="bursts"))
    assert [entry.code for entry in said] == ["idle_streams"]
    assert said[0].applied(spec(load="bursts")).api == "async"


def test_what_was_left_out_is_no_idle_time():
    rows = closed_rows(1, 1, 400)
    spans = [spans_of(rows[:100]), spans_of(rows[300:], first=300, dropped=200)]
    analysis = analyse_requests(spans, 1)
    assert analysis.dropped == 200
    assert analysis.busy == (pytest.approx(1.0),)


def test_statistics_look_back_ten_seconds():
    analysis = closed(1, 1, count=2000)
    assert len(analysis.requests) == 2000
    assert analysis.counted == 1000


def test_last_spans_takes_the_newest():
    rows = closed_rows(1, 1, 300)
    spans = [spans_of(rows[at : at + 100], first=at) for at in (0, 100, 200)]
    assert [entry.first for entry in last_spans(spans, 1.5)] == [100, 200]
    assert [entry.first for entry in last_spans(spans, 60, most=100)] == [200]
