"""What in this machine or container can spoil figures; raw facts, judged by `analysis.doctor`."""

from __future__ import annotations

from ovexplorer.schema.base import Data
from ovexplorer.text import CleanText


class CpuFacts(Data, frozen=True, kw_only=True):
    """One logical CPU."""

    number: int
    core: int
    """Physical core; -1 where the system does not tell."""
    package: int
    """Socket; -1 where the system does not tell."""
    node: int
    """NUMA node; -1 where the system does not tell."""
    kind: str
    """`P`, `E` or empty where all are alike or the system does not tell."""
    governor: CleanText
    """cpufreq governor; empty when there is none to read."""
    minimum_mhz: float
    maximum_mhz: float
    """0 where the system does not tell."""
    now_mhz: float
    """0 where the system does not tell."""


class NeighbourFacts(Data, frozen=True, kw_only=True):
    """Another process that uses the CPU now."""

    pid: int
    name: CleanText
    cores: float
    """Cores it used while it was looked at."""
    cpus: tuple[int, ...]
    """Its affinity mask when it is pinned to a part of the machine; empty otherwise."""
    ovexplorer: bool
    """Whether it is another engine of ovexplorer."""
    benchmark: bool = False
    """Whether it looks like benchmark_app or another OpenVINO process."""


class MachineFacts(Data, frozen=True, kw_only=True):
    """The machine over a short look; figures that the system does not tell are -1."""

    at_ns: int
    """Engine clock at the end of the look."""
    seconds: float
    """Length of the look."""
    cpus: tuple[CpuFacts, ...]
    allowed_cpus: tuple[int, ...]
    """The affinity mask."""
    quota_cpus: float
    """CPUs by cgroup quota; 0 means no quota."""
    cgroup: str
    """`v1`, `v2` or empty."""
    throttled_share: float
    """Share 0..1 of cgroup periods in the look that were throttled."""
    throttled_ever: int
    """Throttled periods since the cgroup exists."""
    pressure: float
    """Share 0..1 of the look in which some task waited for a CPU (PSI)."""
    memory_bytes: int
    memory_limit_bytes: int
    """By cgroup; 0 means no limit."""
    memory_used_bytes: int
    """By this cgroup, or by the machine where there is no limit."""
    swap_used_bytes: int
    smt: bool | None
    """Whether two threads share a core; None where the system does not tell."""
    turbo: bool | None
    """Whether turbo is allowed; None where the system does not tell."""
    thermal_throttles: int
    """Thermal throttle events during the look."""
    steal: float
    """Share 0..1 of the time the hypervisor took in the look."""
    load_1min: float
    """Load average of the last minute."""
    other_cores: float
    """Cores that everything but this engine used in the look."""
    neighbours: tuple[NeighbourFacts, ...]
    """The busiest first, at most 8 that used at least a twentieth of a core, and every other engine of ovexplorer."""
    virtualisation: CleanText
    cpu_flags: tuple[str, ...]
    """As EnvironmentFacts.cpu_flags."""
    default_precision: str
    """What INFERENCE_PRECISION_HINT reads on the CPU device when nothing is asked; empty when unknown."""
    readable: tuple[str, ...] = ()
    """Names of the sources that could be read: `psi`, `cgroup`, `cpufreq`, `topology`, `stat`, `processes`."""
