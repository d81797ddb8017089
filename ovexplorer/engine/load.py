"""What the machine does beside the run, sampled once a second between slices (about 0.2 ms a sample)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from ovexplorer.engine import cgroups
from ovexplorer.engine.system import HERE, Roots, read_text, read_whole, spread_evenly, whole
from ovexplorer.schema.results import Load

_IDLE_FIELDS = (3, 4)
"""idle and iowait in /proc/stat."""
_STEAL_FIELD = 7
_COUNTED_FIELDS = 8
"""guest times are contained in user times and would count twice."""
_MOST_CLOCKS = 8
"""CPUs whose clock and heat are read: each file takes some 10 us, and one package throttles as a whole."""
_LEAST_REST_NS = 50_000_000
"""Shorter rests tell nothing: the system counts in ticks of 10 ms."""


@dataclass(frozen=True)
class Ticks:
    """Times of the CPUs since the start, in ticks."""

    busy: dict[int, int]
    total: dict[int, int]
    steal: int


def read_ticks(cpus: frozenset[int], roots: Roots = HERE) -> Ticks:
    """The times of some CPUs; empty where the system does not tell."""
    busy: dict[int, int] = {}
    total: dict[int, int] = {}
    steal = 0
    for line in read_text(f"{roots.proc}/stat", 1 << 16).splitlines():
        name, *rest = [*line.split(), ""]
        if not name.startswith("cpu"):
            break
        number = whole(name[3:])
        if number not in cpus:
            continue
        ticks = [whole(word, 0) for word in rest[:_COUNTED_FIELDS]]
        total[number] = sum(ticks)
        busy[number] = total[number] - sum(ticks[field] for field in _IDLE_FIELDS if field < len(ticks))
        if len(ticks) > _STEAL_FIELD:
            steal += ticks[_STEAL_FIELD]
    return Ticks(busy, total, steal)


@dataclass(frozen=True)
class Busy:
    """What CPUs did between two readings."""

    cores: tuple[tuple[int, float], ...]
    """Busy share 0..1 of each."""
    sum: float
    """Cores that were busy together."""
    steal: float
    """Share 0..1 that the hypervisor took."""


def busy_between(before: Ticks, now: Ticks) -> Busy:
    """Shares between two readings; counters that ran backwards count as nothing."""
    cores = []
    all_ticks = 0
    for cpu, total in sorted(now.total.items()):
        ticks = total - before.total.get(cpu, total)
        share = (now.busy[cpu] - before.busy.get(cpu, now.busy[cpu])) / ticks if ticks > 0 else 0.0
        cores.append((cpu, min(1.0, max(0.0, share))))
        all_ticks += max(0, ticks)
    steal = (now.steal - before.steal) / all_ticks if all_ticks else 0.0
    return Busy(tuple(cores), sum(share for _, share in cores), min(1.0, max(0.0, steal)))


def own_usage() -> tuple[float, int]:
    """CPU seconds and involuntary context switches of this process."""
    try:
        import resource
    except ImportError:  # Windows
        times = os.times()
        return times.user + times.system, 0
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, usage.ru_nivcsw


def thermal_files(cpus: frozenset[int], roots: Roots = HERE) -> tuple[str, ...]:
    """Counters of thermal throttling, of a few CPUs and their package."""
    folders = [f"{roots.sys}/devices/system/cpu/cpu{cpu}/thermal_throttle" for cpu in spread_evenly(cpus, _MOST_CLOCKS)]
    paths = [f"{folder}/core_throttle_count" for folder in folders]
    paths += [f"{folder}/package_throttle_count" for folder in folders[:1]]
    return tuple(path for path in paths if read_whole(path) >= 0)


def thermal_events(files: tuple[str, ...]) -> int:
    """Throttle events since the start; -1 where the system does not tell."""
    return sum(read_whole(path, 0) for path in files) if files else -1


@dataclass(frozen=True)
class _Reading:
    at_ns: int
    ticks: Ticks
    own_seconds: float
    switches: int
    pressure_us: int
    throttling: cgroups.Throttling | None
    thermal: int


class LoadSampler:
    """Differences between readings a second apart.

    Args:
        cpus: Those the engine may use.
        roots: Where the system shows itself.
        clock: Monotonic nanoseconds.
    """

    INTERVAL_NS = 1_000_000_000

    def __init__(
        self, cpus: tuple[int, ...], roots: Roots = HERE, clock: Callable[[], int] = time.perf_counter_ns
    ) -> None:
        self._cpus = frozenset(cpus)
        self._roots = roots
        self._clock = clock
        # Looked for once: files do not come and go, and looking costs more than reading.
        self._pressure_file = cgroups.pressure_file(roots)
        self._quota_folders = cgroups.quota_folders(roots)
        self._thermal_files = thermal_files(self._cpus, roots)
        self._clock_files = tuple(
            path
            for cpu in spread_evenly(self._cpus, _MOST_CLOCKS)
            if read_whole(path := f"{roots.sys}/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq") > 0
        )
        self._last = self._read()

    def restart(self) -> None:
        """Forget what was before now: a compile is no part of what is counted."""
        self._last = self._read()

    def sample(self) -> Load | None:
        """The load since the last sample, or None when a second has not passed."""
        return self._since(self.INTERVAL_NS)

    def rest(self) -> Load | None:
        """What a run that ends did since its last sample; None when that is next to nothing."""
        return self._since(_LEAST_REST_NS)

    def _since(self, least_ns: int) -> Load | None:
        if self._clock() - self._last.at_ns < least_ns:
            return None
        last, now = self._last, self._read()
        self._last = now
        seconds = (now.at_ns - last.at_ns) / 1e9
        busy = busy_between(last.ticks, now.ticks)
        own = (now.own_seconds - last.own_seconds) / seconds
        throttled = -1.0
        if now.throttling is not None and last.throttling is not None:
            throttled = now.throttling.share_since(last.throttling)
        return Load(
            at_ns=now.at_ns,
            cores=busy.cores,
            engine_cores=own,
            other_cores=max(0.0, busy.sum - own) if busy.cores else 0.0,
            steal=busy.steal,
            involuntary_switches=round((now.switches - last.switches) / seconds),
            frequency_mhz=self._frequency_mhz(),
            pressure=share_waited(last.pressure_us, now.pressure_us, seconds),
            throttled=throttled,
            thermal_throttles=max(0, now.thermal - last.thermal),
        )

    def _read(self) -> _Reading:
        seconds, switches = own_usage()
        return _Reading(
            self._clock(),
            read_ticks(self._cpus, self._roots),
            seconds,
            switches,
            cgroups.pressure_us(self._pressure_file),
            cgroups.throttling(self._quota_folders) if self._quota_folders else None,
            thermal_events(self._thermal_files),
        )

    def _frequency_mhz(self) -> float:
        found = [khz / 1000 for path in self._clock_files if (khz := read_whole(path, 0)) > 0]
        return sum(found) / len(found) if found else 0.0


def share_waited(before_us: int, now_us: int, seconds: float) -> float:
    """Share 0..1 of a time in which some task waited; -1 where the system does not tell."""
    if before_us < 0 or now_us < 0 or seconds <= 0:
        return -1.0
    return min(1.0, max(0.0, (now_us - before_us) / 1e6 / seconds))
