"""Windows as the columns of a chart. A column without a completed inference is None: gaps stay gaps."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer.schema.results import Window


@dataclass(frozen=True)
class Column:
    """What one column of a time axis shows."""

    median_ns: float
    """Median of the windows' medians, each counted as often as it has samples."""
    min_ns: int
    max_ns: int
    """So that spikes survive."""
    rate: float
    """Inferences per second of the time covered by windows in this column."""
    count: int
    segment: int
    """Of the newest window in it."""


def columns(windows: Sequence[Window], start_ns: int, end_ns: int, width: int) -> list[Column | None]:
    """Sort windows into `width` columns of equal time.

    A window belongs to the column its end falls into; one that spans several columns, as with a slow model, fills the
    columns before it too, because it was running all that time.

    Args:
        windows: Oldest first; may be of several segments one after another.
        start_ns: Left edge, engine clock.
        end_ns: Right edge.
        width: Number of columns.

    Raises:
        ValueError: There is no width or no time.
    """
    if width <= 0 or end_ns <= start_ns:
        raise ValueError("a chart needs columns and time")
    gathered: list[list[Window]] = [[] for _ in range(width)]
    span = end_ns - start_ns
    ends = _Ends(windows)
    for index in range(bisect_left(ends, start_ns), len(windows)):
        window = windows[index]
        if window.start_ns >= end_ns:
            break
        if not window.count:
            continue
        # Its last nanosecond, so that a window which ends at a border does not reach over it.
        last = min(width - 1, max(0, (window.end_ns - start_ns - 1) * width // span))
        # The column it began in the middle of belongs to the window before it.
        first = max(0, -(-(window.start_ns - start_ns) * width // span))
        for column in range(min(last, first), last + 1):
            gathered[column].append(window)
    return [_column(entry) if entry else None for entry in gathered]


class _Ends(Sequence[int]):
    """The ends of windows without a copy, for bisection."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self._windows = windows

    def __len__(self) -> int:
        return len(self._windows)

    def __getitem__(self, index: int) -> int:  # type: ignore[override]
        return self._windows[index].end_ns


def _column(windows: Sequence[Window]) -> Column:
    count = sum(window.count for window in windows)
    covered = sum(window.end_ns - window.start_ns for window in windows)
    half = (count + 1) // 2
    seen = 0
    middle = 0
    for window in sorted(windows, key=lambda entry: entry.median_ns):
        seen += window.count
        middle = window.median_ns
        if seen >= half:
            break
    return Column(
        median_ns=middle,
        min_ns=min(window.min_ns for window in windows),
        max_ns=max(window.max_ns for window in windows),
        rate=count / (covered * 1e-9) if covered > 0 else 0.0,
        count=count,
        segment=windows[-1].segment,
    )
