"""A quiet machine, to be changed in one thing."""

from __future__ import annotations

import msgspec

from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.machine import CpuFacts, MachineFacts, NeighbourFacts
from ovexplorer.schema.results import EffectiveProperty
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import clean

NOTHING = clean("")


def cpu(number, **fields):
    usual = {
        "number": number,
        "core": number,
        "package": 0,
        "node": 0,
        "kind": "",
        "governor": clean("performance"),
        "minimum_mhz": 800.0,
        "maximum_mhz": 3000.0,
        "now_mhz": 2800.0,
    }
    return CpuFacts(**{**usual, **fields})


def neighbour(pid=77, cores=0.0, **fields):
    usual = {"pid": pid, "name": clean("firefox"), "cores": cores, "cpus": (), "ovexplorer": False}
    return NeighbourFacts(**{**usual, **fields})


QUIET = MachineFacts(
    at_ns=0,
    seconds=0.5,
    cpus=tuple(cpu(number) for number in range(8)),
    allowed_cpus=tuple(range(8)),
    quota_cpus=0.0,
    cgroup="v2",
    throttled_share=-1.0,
    throttled_ever=-1,
    pressure=0.0,
    memory_bytes=16_000_000_000,
    memory_limit_bytes=0,
    memory_used_bytes=4_000_000_000,
    swap_used_bytes=0,
    smt=False,
    turbo=True,
    thermal_throttles=0,
    steal=0.0,
    load_1min=0.1,
    other_cores=0.02,
    neighbours=(),
    virtualisation=NOTHING,
    cpu_flags=("avx2", "avx512f", "amx_tile", "amx_bf16"),
    default_precision="bf16",
    readable=("psi", "cgroup", "cpufreq", "topology", "stat", "processes"),
)

UNKNOWN = MachineFacts(
    at_ns=0,
    seconds=0.5,
    cpus=(),
    allowed_cpus=(),
    quota_cpus=0.0,
    cgroup="",
    throttled_share=-1.0,
    throttled_ever=-1,
    pressure=-1.0,
    memory_bytes=-1,
    memory_limit_bytes=0,
    memory_used_bytes=-1,
    swap_used_bytes=-1,
    smt=None,
    turbo=None,
    thermal_throttles=-1,
    steal=-1.0,
    load_1min=-1.0,
    other_cores=-1.0,
    neighbours=(),
    virtualisation=NOTHING,
    cpu_flags=(),
    default_precision="",
)

ENVIRONMENT = EnvironmentFacts(
    hostname=clean("edge"),
    cpu_model=clean("CPU model"),
    cpu_flags=(),
    logical_cpus=0,
    allowed_cpus=(),
    quota_cpus=0.0,
    memory_bytes=0,
    memory_limit_bytes=0,
    kernel=clean("Linux 6.8"),
    virtualisation=NOTHING,
    governor=NOTHING,
    openvino=clean("2026"),
    python=clean("3.11"),
)


def machine(**fields):
    """The quiet machine with other facts."""
    return msgspec.structs.replace(QUIET, **fields)


def spec(**properties):
    return RunSpec(model=ModelSpec(path="demo:relu"), properties=properties)


def got(**properties):
    """Properties as the CPU reads them back."""
    return tuple(
        EffectiveProperty(device="CPU", property=name, requested=None, effective=clean(value), state="default")
        for name, value in properties.items()
    )
