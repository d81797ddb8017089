"""The Chrome trace of single requests."""

import json
from collections import Counter

import pytest

from ovexplorer.export import trace
from ovexplorer.export.trace import trace_json
from ovexplorer.schema.spans import Spans

MS = 1_000_000


def spans(rows, first=0, dropped=0):
    lane, due, begin, start, end, done = zip(*rows)
    columns = {"lane": lane, "due_ns": due, "begin_ns": begin, "start_ns": start, "end_ns": end, "done_ns": done}
    return Spans(segment=1, first=first, dropped=dropped, **columns)


ROWS = [
    (0, 100 * MS, 101 * MS, 103 * MS, 113 * MS, 114 * MS),
    (1, 102 * MS, 103 * MS, 104 * MS, 123 * MS, 124 * MS),
]


def slices(document, process):
    return [event for event in document["traceEvents"] if event["ph"] == "X" and event["pid"] == process]


def test_lanes_have_their_stages_in_microseconds():
    document = json.loads(trace_json([spans(ROWS, first=5)], 1, "relu · CPU").text)
    mine = [event for event in slices(document, 1) if event["tid"] == 1]
    assert [(event["name"], event["ts"], event["dur"]) for event in mine] == [
        ("capture", 3000.0, 1000.0),
        ("queue", 4000.0, 9000.0),
        ("infer", 13000.0, 10000.0),
        ("post", 23000.0, 1000.0),
    ]
    assert mine[0]["args"] == {"number": 6, "due_us": 2000.0, "stream": 0, "waited_for": 5}


def test_a_stream_runs_one_after_the_other():
    document = json.loads(trace_json([spans(ROWS)], 1, "relu").text)
    first, second = slices(document, 2)
    assert first["ts"] + first["dur"] <= second["ts"]
    assert [first["name"], second["name"]] == ["0", "1"]


def test_tracks_are_named_and_waiting_is_apart():
    document = json.loads(trace_json([spans(ROWS)], 1, "relu · CPU").text)
    names = {event["args"]["name"] for event in document["traceEvents"] if event["ph"] == "M"}
    assert {"requests · relu · CPU", "request 0", "request 1", "stream 0"} <= names
    assert Counter(event["ph"] for event in document["traceEvents"] if event["pid"] == 3) == {"M": 1, "b": 2, "e": 2}


def test_what_is_left_out_is_told(monkeypatch):
    monkeypatch.setattr(trace, "MOST_REQUESTS", 3)
    rows = [tuple(at * 10 * MS if place else 0 for place, at in enumerate([0] + [n] * 5)) for n in range(5)]
    made = trace_json([spans(rows, first=2, dropped=2)], 1, "relu")
    assert (made.requests, made.left_out) == (3, 4)
    assert json.loads(made.text)["otherData"]["left_out"] == 4
    assert trace_json([spans(rows)], 1, "relu", total=100).left_out == 97


@pytest.mark.parametrize("streams", [0, 1])
def test_no_requests_make_an_empty_trace(streams):
    made = trace_json([], streams, "relu")
    assert made.requests == 0
    assert all(event["ph"] == "M" for event in json.loads(made.text)["traceEvents"])
