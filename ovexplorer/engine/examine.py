"""A look at the machine: facts that can spoil figures, taken at two moments. What cannot be read is told as unknown."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

import openvino as ov

from ovexplorer.engine import cgroups, neighbours, processors
from ovexplorer.engine.environment import allowed_cpus, physical_memory, virtualisation_of
from ovexplorer.engine.load import (
    Ticks,
    busy_between,
    own_usage,
    read_ticks,
    share_waited,
    thermal_events,
    thermal_files,
)
from ovexplorer.engine.properties import as_text
from ovexplorer.engine.system import HERE, Roots, read_fields, read_text
from ovexplorer.schema.machine import MachineFacts
from ovexplorer.text import clean

LEAST_SECONDS = 0.05
MOST_SECONDS = 5.0
"""The engine does nothing else in this time."""

_KB = 1024


@dataclass(frozen=True)
class Viewpoint:
    """Who looks and what only the engine knows of itself."""

    allowed: tuple[int, ...]
    own: neighbours.Own
    cpu_flags: tuple[str, ...] = ()
    default_precision: str = ""
    logical_cpus: int = 0


def viewpoint_of(core: ov.Core, cpu_flags: tuple[str, ...]) -> Viewpoint:
    """This engine's own."""
    return Viewpoint(
        allowed=allowed_cpus(),
        own=neighbours.own_processes(),
        cpu_flags=cpu_flags,
        default_precision=_default_precision(core),
        logical_cpus=os.cpu_count() or 0,
    )


def _default_precision(core: ov.Core) -> str:
    try:
        return as_text(core.get_property("CPU", "INFERENCE_PRECISION_HINT"))
    except RuntimeError:
        # No CPU plugin in this installation.
        return ""


@dataclass(frozen=True)
class _Look:
    at_ns: int
    ticks: Ticks
    own_seconds: float
    pressure_us: int
    throttling: cgroups.Throttling | None
    thermal: int
    processes: dict[int, neighbours.Process]


class _Observer:
    """Takes looks at the same files."""

    def __init__(self, view: Viewpoint, roots: Roots, clock: Callable[[], int]) -> None:
        self._cpus = frozenset(view.allowed)
        self._roots = roots
        self._clock = clock
        self.pressure_file = cgroups.pressure_file(roots)
        self._quota_folders = cgroups.quota_folders(roots)
        self._thermal_files = thermal_files(self._cpus, roots)

    def look(self) -> _Look:
        return _Look(
            self._clock(),
            read_ticks(self._cpus, self._roots),
            own_usage()[0],
            cgroups.pressure_us(self.pressure_file),
            cgroups.throttling(self._quota_folders),
            thermal_events(self._thermal_files),
            neighbours.look(self._roots),
        )


def examine(
    seconds: float,
    view: Viewpoint,
    roots: Roots = HERE,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> MachineFacts:
    """Look twice, so many seconds apart.

    Args:
        seconds: Length of the look; kept between 0.05 and 5.
        view: Who looks.
        roots: Where the system shows itself.
        sleep: Waits between the looks.
        clock: Monotonic nanoseconds.
    """
    observer = _Observer(view, roots, clock)
    first = observer.look()
    # A comparison with NaN is false, so this also ends such a wish.
    sleep(min(seconds, MOST_SECONDS) if seconds >= LEAST_SECONDS else LEAST_SECONDS)
    return _facts(first, observer.look(), view, roots)


def _facts(first: _Look, last: _Look, view: Viewpoint, roots: Roots) -> MachineFacts:
    seconds = (last.at_ns - first.at_ns) / 1e9
    cpus = processors.processors(roots)
    busy = busy_between(first.ticks, last.ticks)
    own = _own_cores(first, last, seconds, view.own)
    everything = [cpu.number for cpu in cpus] or list(range(view.logical_cpus)) or list(view.allowed)
    memory = read_fields(f"{roots.proc}/meminfo")
    throttling = last.throttling
    return MachineFacts(
        at_ns=last.at_ns,
        seconds=seconds,
        cpus=cpus,
        allowed_cpus=view.allowed,
        quota_cpus=cgroups.quota_cpus(roots),
        cgroup=cgroups.cgroup_version(roots),
        throttled_share=throttling.share_since(first.throttling) if throttling and first.throttling else -1.0,
        throttled_ever=throttling.throttled if throttling else -1,
        pressure=share_waited(first.pressure_us, last.pressure_us, seconds),
        memory_bytes=memory.get("MemTotal", 0) * _KB or physical_memory() or -1,
        memory_limit_bytes=cgroups.memory_limit(roots),
        memory_used_bytes=_memory_used(memory, roots),
        swap_used_bytes=_swap_used(memory),
        smt=processors.smt_of(cpus, roots),
        turbo=processors.turbo_of(roots),
        thermal_throttles=last.thermal - first.thermal if min(first.thermal, last.thermal) >= 0 else -1,
        steal=busy.steal if busy.cores else -1.0,
        load_1min=_load_average(roots),
        other_cores=max(0.0, busy.sum - own) if busy.cores else -1.0,
        neighbours=neighbours.neighbours(
            first.processes, last.processes, seconds, everything, view.own, roots, _ticks_per_second()
        ),
        virtualisation=clean(virtualisation_of(roots)),
        cpu_flags=view.cpu_flags,
        default_precision=view.default_precision,
        readable=_readable(last, roots),
    )


def _own_cores(first: _Look, last: _Look, seconds: float, own: neighbours.Own) -> float:
    """Cores that the engine and what belongs to it used: a front end that paints is no other load."""
    ticks = sum(
        process.ticks - before.ticks
        for process in last.processes.values()
        if process.pid != own.pid and own.holds(process) and (before := first.processes.get(process.pid)) is not None
    )
    used = last.own_seconds - first.own_seconds + ticks / _ticks_per_second()
    return max(0.0, used / seconds) if seconds > 0 else 0.0


def _memory_used(memory: dict[str, int], roots: Roots) -> int:
    limited = cgroups.memory_used(roots)
    if limited >= 0:
        return limited
    if "MemTotal" not in memory or "MemAvailable" not in memory:
        return -1
    return max(0, memory["MemTotal"] - memory["MemAvailable"]) * _KB


def _swap_used(memory: dict[str, int]) -> int:
    if "SwapTotal" not in memory or "SwapFree" not in memory:
        return -1
    return max(0, memory["SwapTotal"] - memory["SwapFree"]) * _KB


def _load_average(roots: Roots) -> float:
    word = (read_text(f"{roots.proc}/loadavg", 128).split() or [""])[0]
    # Digits and a point only: nan and inf are numbers for Python too.
    return float(word) if word.replace(".", "", 1).isdecimal() and len(word) < 16 else -1.0


def _ticks_per_second() -> int:
    try:
        return os.sysconf("SC_CLK_TCK")
    except (AttributeError, ValueError, OSError):
        return 100


def _readable(look: _Look, roots: Roots) -> tuple[str, ...]:
    told = {
        "psi": look.pressure_us >= 0,
        "cgroup": bool(cgroups.cgroup_version(roots)),
        "cpufreq": bool(read_text(f"{roots.sys}/devices/system/cpu/cpu0/cpufreq/scaling_governor", 64)),
        "topology": processors.has_topology(roots),
        "stat": bool(look.ticks.total),
        "processes": bool(look.processes),
    }
    return tuple(name for name, is_told in told.items() if is_told)
