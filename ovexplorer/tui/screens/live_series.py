"""The windows of a run as columns of a chart, kept up to date in constant time per window. Pure; no Textual.

The rule is the one of `analysis.series`; here each window is sorted in once. Columns lie on whole multiples of their
width since the start of the engine's clock, so a chart moves by whole columns and only the newest ones change between
two looks.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from ovexplorer.schema.results import Window
from ovexplorer.session.state import RunState
from ovexplorer.tui.widgets.chart_math import Column

_MS = 1e6


@dataclass
class _Cell:
    """What fell into one column."""

    medians: list[tuple[int, int]] = field(default_factory=list)
    """Median latency and weight of each window."""
    largest_ns: int = 0
    items: int = 0
    busy_ns: int = 0
    latency: Column | None = None
    rate: Column | None = None

    def add(self, window: Window, batch: int) -> None:
        """Take a window in."""
        self.medians.append((window.median_ns, window.count))
        self.largest_ns = max(self.largest_ns, window.max_ns)
        self.items += window.count * batch
        self.busy_ns += window.end_ns - window.start_ns
        self.latency = self.rate = None

    def columns(self) -> tuple[Column, Column]:
        """Latency in milliseconds and throughput per second; worked out once per change."""
        if self.latency is None or self.rate is None:
            median = _weighted_median(self.medians) / _MS
            self.latency = Column(median, self.largest_ns / _MS)
            rate = self.items / self.busy_ns * 1e9 if self.busy_ns else 0.0
            self.rate = Column(rate, rate)
        return self.latency, self.rate


def _weighted_median(values: list[tuple[int, int]]) -> float:
    if len(values) == 1:
        return values[0][0]
    ordered = sorted(values)
    half = sum(weight for _, weight in ordered) / 2
    seen = 0
    for value, weight in ordered:
        seen += weight
        if seen >= half:
            return value
    return ordered[-1][0]


class LiveSeries:
    """Follows the windows of the present run."""

    def __init__(self) -> None:
        self._run = 0
        self._taken: dict[int, int] = {}
        self._windows: list[tuple[Window, int]] = []
        self._cells: dict[int, _Cell] = {}
        self._column_ns = 0

    @property
    def first_ns(self) -> int | None:
        """When counting began; None before."""
        return self._windows[0][0].start_ns if self._windows else None

    @property
    def last_ns(self) -> int | None:
        """End of the newest window; None before."""
        return self._windows[-1][0].end_ns if self._windows else None

    def feed(self, state: RunState) -> bool:
        """Take in what is new; True when it is another run than before."""
        run = state.segments[0].number if state.segments else 0
        thinned = any(len(s.windows) < self._taken.get(s.number, 0) for s in state.segments)
        another = run != self._run
        if another or thinned:
            self._run = run
            self._taken.clear()
            self._windows.clear()
            self._cells.clear()
        for segment in state.segments:
            taken = self._taken.get(segment.number, 0)
            if len(segment.windows) == taken:
                continue
            batch = segment.ready.batch if segment.ready else 1
            fresh = [(window, batch) for window in segment.windows[taken:]]
            self._taken[segment.number] = len(segment.windows)
            self._append(fresh)
        return another

    def columns(
        self, first: int, count: int, column_ns: int
    ) -> tuple[tuple[Column | None, ...], tuple[Column | None, ...]]:
        """Latency and throughput of `count` columns from index `first` on; None where nothing was counted."""
        if column_ns != self._column_ns:
            self._column_ns = column_ns
            self._cells.clear()
            for window, batch in self._windows:
                self._spread(window, batch)
        latency: list[Column | None] = []
        rate: list[Column | None] = []
        get = self._cells.get
        for index in range(first, first + count):
            cell = get(index)
            pair = cell.columns() if cell else (None, None)
            latency.append(pair[0])
            rate.append(pair[1])
        return tuple(latency), tuple(rate)

    def _append(self, fresh: list[tuple[Window, int]]) -> None:
        # Going back to a segment that failed toggles left gives windows later than those of newer segments.
        in_order = not self._windows or fresh[0][0].start_ns >= self._windows[-1][0].start_ns
        if in_order:
            self._windows += fresh
        else:
            at = bisect_right(self._windows, fresh[0][0].start_ns, key=lambda entry: entry[0].start_ns)
            self._windows[at:at] = fresh
        if self._column_ns:
            for window, batch in fresh:
                self._spread(window, batch)

    def _spread(self, window: Window, batch: int) -> None:
        """Put a window into the column its end falls into, and into those before it that it filled wholly."""
        if not window.count:
            return
        last = window.end_ns // self._column_ns
        first = window.start_ns // self._column_ns + 1
        for index in range(min(first, last), last + 1):
            self._cells.setdefault(index, _Cell()).add(window, batch)
