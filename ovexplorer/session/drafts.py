"""Segments while they grow: what the store changes in place and hands out frozen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ovexplorer.schema.histogram import merge, value_of
from ovexplorer.schema.protocol import ConfigurationReady, DevicesChanged, Failed, Reason
from ovexplorer.schema.results import Load, MemoryUse, Phase, Window
from ovexplorer.schema.spans import Spans
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import PhaseTime, Segment

MOST_WINDOWS = 36_000
"""An hour at ten windows a second; then the older half is kept at half the resolution."""

MOST_LOADS = 600
MOST_SPANS = 50_000
SPANS_NS = 60_000_000_000


@dataclass
class SegmentDraft:
    """A segment that may still change."""

    number: int
    spec: RunSpec
    title: str
    phases: list[PhaseTime] = field(default_factory=list)
    ready: ConfigurationReady | None = None
    windows: list[Window] = field(default_factory=list)
    failed: Failed | None = None
    memory: list[MemoryUse] = field(default_factory=list)
    memory_fresh: bool = True
    withdrawn: bool = False
    finished: Reason | None = None
    loads: list[Load] = field(default_factory=list)
    spans: list[Spans] = field(default_factory=list)
    handovers: list[DevicesChanged] = field(default_factory=list)
    _frozen: Segment | None = None

    def touch(self) -> None:
        """Forget the frozen copy, because something changed."""
        self._frozen = None

    @property
    def pending(self) -> bool:
        """Whether it was asked for and nothing came of it yet."""
        return self.ready is None and self.failed is None and self.finished is None and not self.withdrawn

    @property
    def good(self) -> bool:
        """Whether it was compiled and can be gone back to."""
        return self.ready is not None and self.failed is None and not self.withdrawn

    @property
    def running_phase(self) -> PhaseTime | None:
        """The phase under way."""
        return next((entry for entry in reversed(self.phases) if entry.duration_ns is None), None)

    def begin_phase(self, phase: Phase, at_ns: int) -> None:
        """A phase began."""
        self.phases.append(PhaseTime(phase, at_ns, None))
        self.touch()

    def end_phase(self, phase: Phase, duration_ns: int) -> None:
        """The newest phase of that name ended."""
        for index in range(len(self.phases) - 1, -1, -1):
            if self.phases[index].phase == phase and self.phases[index].duration_ns is None:
                self.phases[index] = replace(self.phases[index], duration_ns=duration_ns)
                break
        self.touch()

    def end_phases(self, at_ns: int) -> None:
        """Whatever was under way ended here, by a failure or with the engine."""
        self.phases = [
            replace(entry, duration_ns=max(0, at_ns - entry.started_ns)) if entry.duration_ns is None else entry
            for entry in self.phases
        ]
        self.touch()

    def add_window(self, window: Window) -> None:
        """Append a slice and keep the number of slices bounded."""
        self.windows.append(window)
        if len(self.windows) > MOST_WINDOWS:
            half = len(self.windows) // 2
            self.windows[:half] = thin(self.windows[:half])
        self.touch()

    def add_load(self, load: Load) -> None:
        """Append a second and forget the oldest."""
        self.loads.append(load)
        del self.loads[:-MOST_LOADS]
        self.touch()

    def add_spans(self, spans: Spans) -> None:
        """Append single requests and forget those that are too old or too many."""
        self.spans.append(spans)
        newest = spans.done_ns[-1] if spans.done_ns else 0
        held = sum(len(entry.lane) for entry in self.spans)
        while len(self.spans) > 1:
            oldest = self.spans[0]
            if held <= MOST_SPANS and (not oldest.done_ns or newest - oldest.done_ns[-1] <= SPANS_NS):
                break
            held -= len(oldest.lane)
            del self.spans[0]
        self.touch()

    def freeze(self) -> Segment:
        """The segment as it stands; the same object while nothing changes."""
        if self._frozen is None:
            self._frozen = Segment(
                number=self.number,
                spec=self.spec,
                title=self.title,
                phases=tuple(self.phases),
                ready=self.ready,
                windows=tuple(self.windows),
                failed=self.failed,
                memory=tuple(self.memory),
                memory_fresh=self.memory_fresh,
                withdrawn=self.withdrawn,
                finished=self.finished,
                loads=tuple(self.loads),
                spans=tuple(self.spans),
                handovers=tuple(self.handovers),
            )
        return self._frozen


def thin(windows: list[Window]) -> list[Window]:
    """Merge neighbouring pairs; slices of different input shapes are paired with their own kind.

    A pair is merged across a gap only when it is shorter than the two slices together, so that pauses stay gaps.
    """
    kept: list[Window | None] = []
    waiting: dict[int, int] = {}
    for window in windows:
        position = waiting.pop(window.shape_index, None)
        first = kept[position] if position is not None else None
        if position is not None and first is not None and _adjoin(first, window):
            kept[position] = merge_windows(first, window)
        else:
            waiting[window.shape_index] = len(kept)
            kept.append(window)
    return [window for window in kept if window is not None]


def _adjoin(first: Window, second: Window) -> bool:
    spans = (first.end_ns - first.start_ns) + (second.end_ns - second.start_ns)
    return second.start_ns - first.end_ns <= spans


def merge_windows(first: Window, second: Window) -> Window:
    """Two slices as one; its median is read from the merged histogram, so it is exact to 0.25 % only."""
    histogram = merge((first.histogram, second.histogram))
    low, high = sorted((first.median_ns, second.median_ns))
    rank = (histogram.total + 1) // 2
    seen = 0
    median = float(low)
    for bucket, count in zip(histogram.buckets, histogram.counts):
        seen += count
        if seen >= rank:
            median = value_of(bucket)
            break
    return Window(
        segment=first.segment,
        start_ns=min(first.start_ns, second.start_ns),
        end_ns=max(first.end_ns, second.end_ns),
        count=first.count + second.count,
        sum_ns=first.sum_ns + second.sum_ns,
        min_ns=min(first.min_ns, second.min_ns),
        max_ns=max(first.max_ns, second.max_ns),
        # The median of a union lies between the medians of its parts.
        median_ns=round(min(max(median, low), high)),
        histogram=histogram,
        host_ns=first.host_ns + second.host_ns,
        shape_index=first.shape_index,
    )
