"""Time as a parameter, so that tests and screenshots are exact."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def monotonic_ns(self) -> int:
        """Nanoseconds of a clock that never goes back; differences only."""
        ...

    def now(self) -> datetime:
        """The wall-clock time, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def monotonic_ns(self) -> int:
        """See Clock."""
        return time.monotonic_ns()

    def now(self) -> datetime:
        """See Clock."""
        return datetime.now(timezone.utc)


class ManualClock:
    """A clock that stands until it is advanced."""

    def __init__(self, start_ns: int = 0, wall: datetime | None = None) -> None:
        self._ns = start_ns
        self._start_ns = start_ns
        self._wall = wall or datetime(2026, 1, 1, tzinfo=timezone.utc)

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._ns += round(seconds * 1e9)

    def monotonic_ns(self) -> int:
        """See Clock."""
        return self._ns

    def now(self) -> datetime:
        """See Clock."""
        elapsed = (self._ns - self._start_ns) / 1e9
        return datetime.fromtimestamp(self._wall.timestamp() + elapsed, timezone.utc)
