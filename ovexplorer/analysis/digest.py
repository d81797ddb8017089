"""Windows condensed for judging: totals, and at most 120 blocks of equal numbers of windows, each with its histogram.

A run of an hour has 36,000 windows and is judged every second. A `Digest` takes each window once; what is computed
from it afterwards costs the same for a second and for an hour.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ovexplorer.schema.histogram import GAMMA, value_of
from ovexplorer.schema.results import Window

MOST_BLOCKS = 120

LONGEST_GAP_NS = 100_000_000
"""Time between two windows that still counts as running: the engine sends one and begins the next within
milliseconds. A longer one is a pause, a toggle or a profile, which are excluded from rates."""


@dataclass
class Block:
    """Some consecutive windows."""

    windows: int = 0
    count: int = 0
    """Completed inferences."""
    active_ns: int = 0
    """Time counted, without pauses."""
    histogram: dict[int, int] = field(default_factory=dict)
    """Latencies by bucket of schema.histogram."""

    def add(self, count: int, active_ns: int, histogram: Iterable[tuple[int, int]]) -> None:
        """Take one window."""
        self.windows += 1
        self.count += count
        self.active_ns += active_ns
        add_counts(self.histogram, histogram)

    def join(self, other: Block) -> None:
        """Take all of the block that follows."""
        self.windows += other.windows
        self.count += other.count
        self.active_ns += other.active_ns
        add_counts(self.histogram, other.histogram.items())


class Digest:
    """The condensed form of a growing series of windows.

    Attributes:
        total: All windows as one block.
        blocks: Consecutive parts of it, oldest first.
        min_ns: Smallest latency; 0 when there is none.
        max_ns: Largest latency.
        sum_ns: Sum of all latencies.
        host_ns: Time in Python outside the latencies.
        service_ns: Sum of OpenVINO's own latencies of an open load; 0 in a closed loop.
        queue_ns: Sum of the times from due to begun of an open load.
        late_count: Starts that were late through the generator itself.
        late_ns: Sum of that lateness.
        late_max_ns: Largest of it.
        first_ns: Start of the first window.
        last_ns: End of the last one.

    Args:
        longest_gap_ns: Time between two windows up to which it counts as running; 0 where only windows count.
    """

    def __init__(self, longest_gap_ns: int = LONGEST_GAP_NS) -> None:
        self._longest_gap_ns = longest_gap_ns
        self.total = Block()
        self.blocks: list[Block] = []
        self.min_ns = 0
        self.max_ns = 0
        self.sum_ns = 0
        self.host_ns = 0
        self.service_ns = 0
        self.queue_ns = 0
        self.late_count = 0
        self.late_ns = 0
        self.late_max_ns = 0
        self.first_ns = 0
        self.last_ns = 0
        self._block_windows = 1
        self._taken = 0
        self._first: Window | None = None
        self._latest: Window | None = None

    def update(self, windows: Sequence[Window]) -> bool:
        """Take the windows that are new in a longer version of the same series; False when it is not the same one."""
        if self._taken and (
            len(windows) < self._taken or windows[0] is not self._first or windows[self._taken - 1] is not self._latest
        ):
            return False
        for index in range(self._taken, len(windows)):
            self._take(windows[index])
        if windows:
            self._first, self._latest = windows[0], windows[-1]
        self._taken = len(windows)
        return True

    def _take(self, window: Window) -> None:
        active_ns = self._active_ns(window)
        pairs = list(zip(window.histogram.buckets, window.histogram.counts))
        if not self.blocks or self.blocks[-1].windows >= self._block_windows:
            if len(self.blocks) >= MOST_BLOCKS:
                self._halve()
            self.blocks.append(Block())
        self.blocks[-1].add(window.count, active_ns, pairs)
        self.min_ns = min(self.min_ns, window.min_ns) if self.total.count else window.min_ns
        self.total.add(window.count, active_ns, pairs)
        self.max_ns = max(self.max_ns, window.max_ns)
        self.sum_ns += window.sum_ns
        self.host_ns += window.host_ns
        self.service_ns += window.service_ns
        self.queue_ns += window.queue_ns
        self.late_count += window.late_count
        self.late_ns += window.late_ns
        self.late_max_ns = max(self.late_max_ns, window.late_max_ns)
        self.last_ns = max(self.last_ns, window.end_ns)

    def _active_ns(self, window: Window) -> int:
        """Time this window adds: its span and a short gap before it, without what earlier ones covered."""
        if not self.total.windows:
            self.first_ns = window.start_ns
            return window.end_ns - window.start_ns
        gap = window.start_ns - self.last_ns
        begin = self.last_ns if gap <= self._longest_gap_ns else window.start_ns
        return max(0, window.end_ns - begin)

    def _halve(self) -> None:
        """Join neighbouring pairs: twice the windows a block from now on."""
        for left, right in zip(self.blocks[::2], self.blocks[1::2]):
            left.join(right)
        self.blocks = self.blocks[::2]
        self._block_windows *= 2


def add_counts(into: dict[int, int], pairs: Iterable[tuple[int, int]]) -> None:
    """Add counts by bucket."""
    get = into.get
    for bucket, count in pairs:
        into[bucket] = get(bucket, 0) + count


def nearest_rank(histogram: Mapping[int, int], probability: float, total: int) -> float:
    """The value at rank ceil(p n), off by at most the histogram's relative error."""
    # 0.9 x 100 must be rank 90, whatever floating point makes of it.
    rank = max(1, math.ceil(round(probability * total, 6)))
    seen = 0
    for bucket in sorted(histogram):
        seen += histogram[bucket]
        if seen >= rank:
            return value_of(bucket)
    return 0.0


def smooth_median(histogram: Mapping[int, int], total: int) -> float:
    """The median, interpolated inside its bucket.

    A bucket is 0.5 % wide. Medians of batches that all fell into the same one would look exactly equal, and an
    interval made of them would claim a certainty that is not there.
    """
    half = total / 2
    seen = 0
    for bucket in sorted(histogram):
        count = histogram[bucket]
        if seen + count >= half:
            inside = (half - seen) / count
            return float(GAMMA ** (bucket - 1 + inside))
        seen += count
    return 0.0


_CACHED = 32
_cache: OrderedDict[int, Digest] = OrderedDict()


def digest_of(windows: Sequence[Window]) -> Digest:
    """The digest of a series; a series that grew since the last call costs only its new windows.

    Series are recognised by the identity of their first window, which the digest keeps alive.
    """
    if not windows:
        return Digest()
    key = id(windows[0])
    digest = _cache.get(key)
    if digest is None or not digest.update(windows):
        digest = Digest()
        digest.update(windows)
        _cache[key] = digest
    _cache.move_to_end(key)
    while len(_cache) > _CACHED:
        _cache.popitem(last=False)
    return digest
