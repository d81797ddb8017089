"""Other processes that use the CPU: two looks at what may be read of all of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ovexplorer.engine.system import HERE, Roots, cpu_list, read_text, whole
from ovexplorer.schema.machine import NeighbourFacts
from ovexplorer.text import clean

MOST = 8
"""Busy neighbours told."""
LEAST_CORES = 0.05
"""Cores from which a neighbour is worth a word."""
_MOST_PROCESSES = 4096
_MOST_THREADS = 128
"""Threads of one neighbour whose masks are read."""
_NAME_LIMIT = 32
_ENGINE_MODULE = "ovexplorer.engine"
_MAPS_LIMIT = 1 << 21


@dataclass(frozen=True)
class Process:
    """One process at one moment."""

    pid: int
    parent: int
    started: int
    """Tells a process from a later one with the same number."""
    name: str
    ticks: int
    """CPU time so far."""


@dataclass(frozen=True)
class Own:
    """What belongs to this engine: itself, its front end, and other engines of the same front end."""

    pid: int
    parent: int

    def holds(self, process: Process) -> bool:
        """Whether a process is no neighbour."""
        # Everything that lost its parent hangs below process 1, which says nothing about who started it.
        siblings = process.parent == self.parent > 1
        return process.pid in (self.pid, self.parent) or process.parent == self.pid or siblings


def own_processes() -> Own:
    """This process and its parent."""
    return Own(os.getpid(), os.getppid())


def look(roots: Roots = HERE) -> dict[int, Process]:
    """All processes that may be read."""
    try:
        numbers = [int(name) for name in os.listdir(roots.proc) if name.isascii() and name.isdigit()]  # noqa: PTH208 - half the time
    except OSError:
        return {}
    found = (_process(number, roots) for number in sorted(numbers)[:_MOST_PROCESSES])
    return {process.pid: process for process in found if process is not None}


def _process(number: int, roots: Roots) -> Process | None:
    text = read_text(f"{roots.proc}/{number}/stat", 4096)
    # The name stands in brackets and may hold brackets and blanks itself.
    head, bracket, tail = text.rpartition(")")
    fields = tail.split()
    if not bracket or len(fields) < 20:
        return None
    parent, started = whole(fields[1], 0), whole(fields[19], 0)
    return Process(number, parent, started, head.partition("(")[2], whole(fields[11], 0) + whole(fields[12], 0))


def neighbours(
    before: dict[int, Process],
    now: dict[int, Process],
    seconds: float,
    cpus: Iterable[int],
    own: Own,
    roots: Roots = HERE,
    ticks_per_second: int = 100,
) -> tuple[NeighbourFacts, ...]:
    """Who used the CPU between two looks: the busiest first, and every other engine of ovexplorer.

    Args:
        before: The first look.
        now: The second.
        seconds: Time in between.
        cpus: All CPUs of the machine; a mask of all of them is no pinning.
        own: What is no neighbour.
        roots: Where the system shows itself.
        ticks_per_second: Of the counters.
    """
    everything = frozenset(cpus)
    used = []
    for process in now.values():
        earlier = before.get(process.pid)
        if own.holds(process) or earlier is None or earlier.started != process.started:
            continue
        cores = (process.ticks - earlier.ticks) / ticks_per_second / seconds if seconds > 0 else 0.0
        used.append((max(0.0, cores), process))
    used.sort(key=lambda entry: (-entry[0], entry[1].pid))
    busy = [entry for entry in used if entry[0] >= LEAST_CORES][:MOST]
    # Only Python programs can be engines: looking at the command line of each process would double the time.
    engines = [entry for entry in used if entry not in busy and _is_engine(_words(entry[1], roots))]
    return tuple(_facts(cores, process, everything, roots) for cores, process in [*busy, *engines[:MOST]])


def _words(process: Process, roots: Roots) -> list[str]:
    return read_text(f"{roots.proc}/{process.pid}/cmdline", 1 << 14).split("\0")


def _is_engine(words: list[str]) -> bool:
    return any(first == "-m" and second == _ENGINE_MODULE for first, second in pairwise(words))


def _facts(cores: float, process: Process, everything: frozenset[int], roots: Roots) -> NeighbourFacts:
    words = _words(process, roots)
    engine = _is_engine(words)
    tool = any(Path(word).name in ("benchmark_app", "benchmark_app.py") for word in words[:4])
    openvino = engine or tool or "libopenvino" in read_text(f"{roots.proc}/{process.pid}/maps", _MAPS_LIMIT)
    name = "ovexplorer engine" if engine else "benchmark_app" if tool else process.name
    return NeighbourFacts(
        pid=process.pid,
        name=clean(name, _NAME_LIMIT),
        cores=cores,
        cpus=_pinned(process, everything, roots, threads=openvino),
        ovexplorer=engine,
        benchmark=openvino and not engine,
    )


def _pinned(process: Process, everything: frozenset[int], roots: Roots, *, threads: bool) -> tuple[int, ...]:
    """CPUs that the process or one of its threads is pinned to; empty when none is pinned.

    OpenVINO pins its worker threads one by one and leaves the mask of the process alone.
    """
    folder = f"{roots.proc}/{process.pid}"
    masks = [_mask(folder)]
    if threads:
        try:
            numbers = sorted(os.listdir(f"{folder}/task"))[:_MOST_THREADS]  # noqa: PTH208 - half the time
        except OSError:
            numbers = []
        masks += [_mask(f"{folder}/task/{number}") for number in numbers]
    parts = [mask for mask in masks if mask and not everything <= mask]
    return tuple(sorted(frozenset().union(*parts)))


def _mask(folder: str) -> frozenset[int]:
    for line in read_text(f"{folder}/status", 1 << 14).splitlines():
        if line.startswith("Cpus_allowed_list:"):
            return frozenset(cpu_list(line.partition(":")[2]))
    return frozenset()
