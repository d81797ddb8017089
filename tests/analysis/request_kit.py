"""Requests as a closed loop with several of them would make them, in whole milliseconds."""

import heapq

from ovexplorer.schema.spans import Spans

MS = 1_000_000


def spans_of(rows, first=0, dropped=0):
    """Spans of rows of lane, due, begin, start, end, done."""
    lane, due, begin, start, end, done = zip(*rows)
    return Spans(
        segment=1,
        first=first,
        lane=lane,
        due_ns=due,
        begin_ns=begin,
        start_ns=start,
        end_ns=end,
        done_ns=done,
        dropped=dropped,
    )


def closed_rows(lanes, streams, count, *, capture=0, infer=10, post=0):
    """Rows of a closed loop with one host thread, in the order of completion."""
    free = [0] * streams
    idle = [(0, lane) for lane in range(lanes)]
    host, rows = 0, []
    for _ in range(count):
        since, lane = heapq.heappop(idle)
        begin = max(since, host)
        start = host = begin + capture
        stream = min(range(streams), key=free.__getitem__)
        end = free[stream] = max(start, free[stream]) + infer
        done = end + post
        heapq.heappush(idle, (done, lane))
        rows.append(
            tuple(value * MS if place else value for place, value in enumerate((lane, begin, begin, start, end, done)))
        )
    return sorted(rows, key=lambda row: row[4])
