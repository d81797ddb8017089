"""Slices of a loop as windows: histogram, count, sum, extremes, exact median."""

from __future__ import annotations

import math

import numpy as np

from ovexplorer.engine.loops import Slice
from ovexplorer.schema.histogram import LOG_GAMMA, Histogram, histogram_of
from ovexplorer.schema.results import Samples, Window
from ovexplorer.schema.spans import Spans

_FEW = 64
"""Below it plain Python is faster than numpy's fixed cost."""


def nanoseconds(seconds: float) -> int:
    """A time.perf_counter reading on the engine's clock."""
    return round(seconds * 1e9)


def _histogram(sorted_ns: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Histogram:
    buckets = np.ceil(np.log(np.maximum(sorted_ns, 1.0)) / LOG_GAMMA).astype(np.int64)
    found, counts = np.unique(buckets, return_counts=True)
    return Histogram(buckets=tuple(found.tolist()), counts=tuple(counts.tolist()))


def window_of(piece: Slice, segment: int, start_ns: int, shape_index: int) -> Window | None:
    """A window of what completed, None when nothing did.

    Args:
        piece: From a loop.
        segment: The configuration that ran.
        start_ns: End of the window before, or the start of the first inference of a stretch.
        shape_index: Which data shape ran.
    """
    count = len(piece.latencies_ms)
    if not count:
        return None
    middle = (count - 1) // 2
    if count < _FEW:
        few = sorted(latency * 1e6 for latency in piece.latencies_ms)
        smallest, largest, median, total = few[0], few[-1], few[middle], math.fsum(few)
        histogram = histogram_of(few)
    else:
        many = np.array(piece.latencies_ms)
        many *= 1e6
        many.sort()
        smallest, largest, median, total = float(many[0]), float(many[-1]), float(many[middle]), float(many.sum())
        histogram = _histogram(many)
    return Window(
        segment=segment,
        start_ns=start_ns,
        end_ns=max(start_ns, nanoseconds(piece.end_s)),
        count=count,
        sum_ns=round(total),
        min_ns=round(smallest),
        max_ns=round(largest),
        median_ns=round(median),
        histogram=histogram,
        host_ns=max(0, nanoseconds(piece.host_s)),
        shape_index=shape_index,
        service_ns=nanoseconds(piece.service_s),
        queue_ns=nanoseconds(piece.queue_s),
        late_count=piece.late_count,
        late_ns=nanoseconds(piece.late_s),
        late_max_ns=nanoseconds(piece.late_max_s),
    )


def spans_of(piece: Slice, segment: int, before: int) -> Spans | None:
    """The traced requests of a slice, None when there are none.

    Args:
        piece: From a loop.
        segment: The configuration that ran.
        before: Requests of the segment that completed before the slice.
    """
    if not piece.spans:
        return None
    dropped = piece.spans_seen - len(piece.spans)
    lanes, *moments = zip(*piece.spans)
    due, begin, start, end, done = (tuple(nanoseconds(at) for at in column) for column in moments)
    return Spans(
        segment=segment,
        first=before + dropped,
        lane=lanes,
        due_ns=due,
        begin_ns=begin,
        start_ns=start,
        end_ns=end,
        done_ns=done,
        dropped=dropped,
    )


def samples_of(piece: Slice, segment: int) -> Samples:
    """Every latency of a slice with its start."""
    return Samples(
        segment=segment,
        start_ns=tuple(nanoseconds(start) for start in piece.starts_s),
        latency_ns=tuple(round(latency * 1e6) for latency in piece.latencies_ms),
    )
