"""Made-up requests for the tests of the timeline."""

from __future__ import annotations

from ovexplorer.schema.spans import Spans

MS = 1_000_000


def closed_loop(
    count: int,
    *,
    lanes: int = 4,
    streams: int = 2,
    capture: float = 8,
    infer: float = 40,
    post: float = 4,
    at: float = 0,
) -> Spans:
    """Requests of a closed loop on streams that take the earliest; times in milliseconds."""
    free = [at] * streams
    lane_free = [at + lane * (capture + infer) / lanes for lane in range(lanes)]
    rows = []
    for _ in range(count):
        lane = min(range(lanes), key=lane_free.__getitem__)
        stream = min(range(streams), key=free.__getitem__)
        begin, start = lane_free[lane], lane_free[lane] + capture
        end = max(start, free[stream]) + infer
        free[stream], lane_free[lane] = end, end + post
        rows.append((end, lane, begin, start))
    rows.sort()

    def column(values: list[float]) -> tuple[int, ...]:
        return tuple(round(value * MS) for value in values)

    return Spans(
        segment=1,
        first=0,
        lane=tuple(row[1] for row in rows),
        due_ns=column([row[2] for row in rows]),
        begin_ns=column([row[2] for row in rows]),
        start_ns=column([row[3] for row in rows]),
        end_ns=column([row[0] for row in rows]),
        done_ns=column([row[0] + post for row in rows]),
    )


def spans_of(*rows: tuple[int, int, int, int, int, int], first: int = 0) -> Spans:
    """Rows of lane, due, begin, start, end, done in milliseconds."""
    columns = [tuple(row[n] * (MS if n else 1) for row in rows) for n in range(6)]
    return Spans(
        segment=1, first=first, lane=columns[0], due_ns=columns[1], begin_ns=columns[2], start_ns=columns[3],
        end_ns=columns[4], done_ns=columns[5],
    )  # fmt: skip
