"""The logical CPUs as the system describes them: cores, packages, NUMA nodes, clocks."""

from __future__ import annotations

from pathlib import Path

from ovexplorer.engine.system import HERE, Roots, cpu_list, read_text, read_whole
from ovexplorer.schema.machine import CpuFacts
from ovexplorer.text import clean

_MOST_CPUS = 512
"""CPUs described one by one; a look has to stay short."""


def online_cpus(roots: Roots = HERE) -> tuple[int, ...]:
    """Numbers of the CPUs that work; empty where the system does not tell."""
    return cpu_list(read_text(f"{roots.sys}/devices/system/cpu/online", 1 << 14))


def processors(roots: Roots = HERE) -> tuple[CpuFacts, ...]:
    """Every logical CPU, at most 512 of them."""
    nodes = _nodes(roots)
    kinds = _kinds(roots)
    return tuple(_processor(number, nodes, kinds, roots) for number in online_cpus(roots)[:_MOST_CPUS])


def _processor(number: int, nodes: dict[int, int], kinds: dict[int, str], roots: Roots) -> CpuFacts:
    folder = f"{roots.sys}/devices/system/cpu/cpu{number}"
    return CpuFacts(
        number=number,
        core=read_whole(f"{folder}/topology/core_id"),
        package=read_whole(f"{folder}/topology/physical_package_id"),
        node=nodes.get(number, -1),
        kind=kinds.get(number, ""),
        governor=clean(read_text(f"{folder}/cpufreq/scaling_governor", 64).strip(), 32),
        minimum_mhz=_mhz(f"{folder}/cpufreq/cpuinfo_min_freq"),
        maximum_mhz=_mhz(f"{folder}/cpufreq/cpuinfo_max_freq"),
        now_mhz=_mhz(f"{folder}/cpufreq/scaling_cur_freq"),
    )


def _mhz(path: str) -> float:
    return read_whole(path, 0) / 1000


def _nodes(roots: Roots) -> dict[int, int]:
    root = f"{roots.sys}/devices/system/node"
    return {
        cpu: node
        for node in cpu_list(read_text(f"{root}/online", 1 << 12))
        for cpu in cpu_list(read_text(f"{root}/node{node}/cpulist", 1 << 14))
    }


def _kinds(roots: Roots) -> dict[int, str]:
    """P and E cores; empty where all are alike or the system does not tell."""
    kinds: dict[int, str] = {}
    for device, kind in (("cpu_core", "P"), ("cpu_atom", "E")):
        cpus = cpu_list(read_text(f"{roots.sys}/devices/{device}/cpus", 1 << 14))
        kinds.update(dict.fromkeys(cpus, kind))
    return kinds if len(set(kinds.values())) == 2 else {}


def smt_of(cpus: tuple[CpuFacts, ...], roots: Roots = HERE) -> bool | None:
    """Whether two threads share a core; None where the system does not tell."""
    active = read_whole(f"{roots.sys}/devices/system/cpu/smt/active")
    if active in (0, 1):
        return active == 1
    cores = [(cpu.package, cpu.core) for cpu in cpus if cpu.core >= 0]
    return len(set(cores)) < len(cores) if cores else None


def turbo_of(roots: Roots = HERE) -> bool | None:
    """Whether clocks above the base clock are allowed; None where the system does not tell."""
    off = read_whole(f"{roots.sys}/devices/system/cpu/intel_pstate/no_turbo")
    if off in (0, 1):
        return off == 0
    boost = read_whole(f"{roots.sys}/devices/system/cpu/cpufreq/boost")
    return boost == 1 if boost in (0, 1) else None


def has_topology(roots: Roots = HERE) -> bool:
    """Whether cores can be told apart."""
    return Path(f"{roots.sys}/devices/system/cpu/cpu0/topology/core_id").exists()
