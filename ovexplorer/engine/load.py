"""What the machine does beside the run, sampled once a second between slices (about 0.1 ms a sample)."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from ovexplorer.engine.environment import read_text
from ovexplorer.schema.results import Load

_IDLE_FIELDS = (3, 4)
"""idle and iowait in /proc/stat."""
_STEAL_FIELD = 7
_COUNTED_FIELDS = 8
"""guest times are contained in user times and would count twice."""


@dataclass(frozen=True)
class _Reading:
    at_ns: int
    busy: dict[int, int]
    total: dict[int, int]
    steal: int
    own_seconds: float
    switches: int


def _own_usage() -> tuple[float, int]:
    try:
        import resource
    except ImportError:  # Windows
        times = os.times()
        return times.user + times.system, 0
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime, usage.ru_nivcsw


def _read(cpus: frozenset[int]) -> _Reading:
    busy: dict[int, int] = {}
    total: dict[int, int] = {}
    steal = 0
    for line in read_text("/proc/stat", 1 << 16).splitlines():
        name, *rest = line.split()
        if not name.startswith("cpu"):
            break
        if not name[3:].isdigit() or int(name[3:]) not in cpus:
            continue
        ticks = [int(word) for word in rest[:_COUNTED_FIELDS]]
        number = int(name[3:])
        total[number] = sum(ticks)
        busy[number] = total[number] - sum(ticks[field] for field in _IDLE_FIELDS if field < len(ticks))
        if len(ticks) > _STEAL_FIELD:
            steal += ticks[_STEAL_FIELD]
    seconds, switches = _own_usage()
    return _Reading(time.perf_counter_ns(), busy, total, steal, seconds, switches)


def _frequency_mhz(cpus: frozenset[int]) -> float:
    found = []
    for cpu in cpus:
        text = read_text(f"/sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq").strip()
        if text.isdigit():
            found.append(int(text) / 1000)
    return sum(found) / len(found) if found else 0.0


class LoadSampler:
    """Differences between readings a second apart."""

    INTERVAL_NS = 1_000_000_000

    def __init__(self, cpus: tuple[int, ...]) -> None:
        self._cpus = frozenset(cpus)
        self._last = _read(self._cpus)

    def sample(self) -> Load | None:
        """The load since the last sample, or None when a second has not passed."""
        if time.perf_counter_ns() - self._last.at_ns < self.INTERVAL_NS:
            return None
        last, now = self._last, _read(self._cpus)
        self._last = now
        seconds = (now.at_ns - last.at_ns) / 1e9
        cores = []
        all_ticks = 0
        busy_share = 0.0
        for cpu, total in sorted(now.total.items()):
            ticks = total - last.total.get(cpu, total)
            share = (now.busy[cpu] - last.busy.get(cpu, now.busy[cpu])) / ticks if ticks else 0.0
            cores.append((cpu, min(1.0, max(0.0, share))))
            all_ticks += ticks
            busy_share += share
        own = (now.own_seconds - last.own_seconds) / seconds
        return Load(
            at_ns=now.at_ns,
            cores=tuple(cores),
            engine_cores=own,
            other_cores=max(0.0, busy_share - own) if cores else 0.0,
            steal=(now.steal - last.steal) / all_ticks if all_ticks else 0.0,
            involuntary_switches=now.switches - last.switches,
            frequency_mhz=_frequency_mhz(self._cpus),
        )
