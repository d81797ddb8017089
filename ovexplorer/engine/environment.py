"""Facts about the machine, read from where the operating system keeps them; what cannot be read stays empty."""

from __future__ import annotations

import os
import platform
import socket
from pathlib import Path

from ovexplorer.engine.cgroups import memory_limit, quota_cpus
from ovexplorer.engine.system import HERE, Roots, read_text
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.text import clean

_VECTOR_FLAGS = (
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "avx512_fp16",
    "avx_vnni",
    "amx_tile",
    "amx_bf16",
    "amx_fp16",
    "amx_int8",
    "asimd",
    "sve",
)


def describe_environment(openvino_version: str, roots: Roots = HERE) -> EnvironmentFacts:
    """Collect the facts of this machine; takes about a millisecond."""
    model, flags = _cpu_facts(roots)
    allowed = allowed_cpus()
    return EnvironmentFacts(
        hostname=clean(socket.gethostname()),
        cpu_model=clean(model),
        cpu_flags=flags,
        logical_cpus=os.cpu_count() or 0,
        allowed_cpus=allowed,
        quota_cpus=quota_cpus(roots),
        memory_bytes=physical_memory(),
        memory_limit_bytes=memory_limit(roots),
        kernel=clean(f"{platform.system()} {platform.release()} {platform.machine()}"),
        virtualisation=clean(virtualisation_of(roots)),
        governor=clean(read_text(f"{roots.sys}/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip()),
        openvino=clean(openvino_version),
        python=clean(platform.python_version()),
    )


def _cpu_facts(roots: Roots) -> tuple[str, tuple[str, ...]]:
    fields: dict[str, str] = {}
    for line in read_text(f"{roots.proc}/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip().lower(), value.strip())
    words = set((fields.get("flags") or fields.get("features") or "").split())
    model = fields.get("model name") or platform.processor() or platform.machine()
    return model, tuple(flag for flag in _VECTOR_FLAGS if flag in words)


def allowed_cpus() -> tuple[int, ...]:
    """The affinity mask of this process."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 0))


def physical_memory() -> int:
    """Bytes of physical memory, 0 where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def virtualisation_of(roots: Roots = HERE) -> str:
    """`virtual machine (vendor), container`; empty when neither was seen."""
    found = []
    if " hypervisor" in read_text(f"{roots.proc}/cpuinfo", 1 << 14):
        vendor = read_text(f"{roots.sys}/class/dmi/id/sys_vendor").strip()
        found.append(f"virtual machine ({vendor})" if vendor else "virtual machine")
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        found.append("container")
    return ", ".join(found)
