"""What the user interface itself costs, and how it keeps out of the way of what is measured."""

from __future__ import annotations

import os
import sys
import time
from typing import Final

from textual.driver import Driver

from ovexplorer import units
from ovexplorer.clock import Clock

LOOK_EVERY_NS: Final = 2_000_000_000
"""A share over less time jumps about."""

LOW_NICE: Final = 5

BUDGET: Final = 0.009
"""Share of a core that a steady run may cost the screen: just under 1 %, for 2 % cost 2.4 % of FPS on two cores."""

SMOOTHING: Final = 0.25

FASTEST_S, SLOWEST_S, STEP_S = 1.0, 3.0, 0.25
"""Seconds between two paints of a steady run."""


class WrittenBytes:
    """Counts the bytes that went to the terminal."""

    def __init__(self) -> None:
        self.count = 0


def counting(driver: type[Driver], written: WrittenBytes) -> type[Driver]:
    """A driver class that counts what it writes."""

    class CountingDriver(driver):  # type: ignore[valid-type,misc]  # the base is chosen by Textual at run time
        """The platform's driver with a counter."""

        def write(self, data: str) -> None:
            """Count, then write."""
            written.count += len(data.encode("utf-8", "replace"))
            super().write(data)

    return CountingDriver


class UiCost:
    """Share of a core and bytes a second, over the last two seconds."""

    def __init__(self, clock: Clock, written: WrittenBytes) -> None:
        self._clock = clock
        self._written = written
        self._at_ns = clock.monotonic_ns()
        self._cpu_s = cpu_seconds()
        self._bytes = written.count
        self.cpu = 0.0
        """Share of one core, 0..1."""
        self._smooth = BUDGET
        self.steady_s = FASTEST_S
        """Seconds between two paints of a steady run, chosen so that the budget is kept on this machine."""
        self.bytes_per_second = 0.0
        self.short = ""
        """`ui 1.4 %`"""
        self.long = ""
        """`ui 1.4 % 8.1 kB/s`"""

    def look(self) -> None:
        """Bring the figures up to date when two seconds have passed."""
        now = self._clock.monotonic_ns()
        elapsed = (now - self._at_ns) / 1e9
        if elapsed * 1e9 < LOOK_EVERY_NS:
            return
        cpu, written = cpu_seconds(), self._written.count
        self.cpu = (cpu - self._cpu_s) / elapsed
        self.bytes_per_second = (written - self._bytes) / elapsed
        self._at_ns, self._cpu_s, self._bytes = now, cpu, written
        self._pace()
        self.short = f"ui {units.share(self.cpu)}"
        self.long = f"{self.short} {self.bytes_per_second / 1e3:.1f} kB/s"

    def _pace(self) -> None:
        # Smoothed, because one or two paints fall between two looks; cut, so that a start or a key press weighs little.
        self._smooth += SMOOTHING * (min(self.cpu, 2 * BUDGET) - self._smooth)
        if self._smooth > BUDGET:
            self.steady_s = min(SLOWEST_S, self.steady_s + STEP_S)
        elif self._smooth < BUDGET * (self.steady_s - STEP_S) / self.steady_s:
            # Even one step faster it would be within the budget.
            self.steady_s = max(FASTEST_S, self.steady_s - STEP_S)


def cpu_seconds() -> float:
    """User and system time of this process, without its children."""
    # Not os.times: it counts ticks of 10 ms, more than one paint costs.
    return time.process_time()


class Manners:
    """Lowers the priority of this process while something is measured, where it can be raised again.

    A child inherits the priority of its parent, so it is lowered only while no engine can be started.
    """

    def __init__(self) -> None:
        self.lowered = False
        self._by_nice = _may_raise_priority()

    def lower(self) -> None:
        """The thing measured comes first."""
        if not self.lowered:
            self.lowered = self._set(low=True)

    def restore(self) -> None:
        """As before; must happen before an engine is started."""
        if self.lowered:
            self.lowered = not self._set(low=False)

    def _set(self, *, low: bool) -> bool:
        if sys.platform == "win32":
            return False
        try:
            if self._by_nice:
                os.setpriority(os.PRIO_PROCESS, 0, LOW_NICE if low else 0)
            elif sys.platform == "linux":
                # A batch process is preempted by others, and this can be undone without any privilege.
                os.sched_setscheduler(0, os.SCHED_BATCH if low else os.SCHED_OTHER, os.sched_param(0))
            else:
                return False
        except OSError:
            return False
        return True


def _may_raise_priority() -> bool:
    if sys.platform != "linux" or os.getpriority(os.PRIO_PROCESS, 0) != 0:
        return False
    import resource

    # RLIMIT_NICE is 20 minus the lowest nice value that may be set; root may set any.
    return os.geteuid() == 0 or resource.getrlimit(resource.RLIMIT_NICE)[0] >= 20
