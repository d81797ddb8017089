"""Facts about the machine, read from where the operating system keeps them; what cannot be read stays empty."""

from __future__ import annotations

import os
import platform
import socket
from pathlib import Path

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
_NO_LIMIT_BYTES = 1 << 60
"""cgroup v1 writes a number close to 2^63 for no limit."""


def read_text(path: str, limit: int = 1 << 20) -> str:
    """A small file of the system, empty when it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return file.read(limit).decode("utf-8", "replace")
    except OSError:
        return ""


def describe_environment(openvino_version: str) -> EnvironmentFacts:
    """Collect the facts of this machine; takes about a millisecond."""
    model, flags = _cpu_facts()
    allowed = _allowed_cpus()
    return EnvironmentFacts(
        hostname=clean(socket.gethostname()),
        cpu_model=clean(model),
        cpu_flags=flags,
        logical_cpus=os.cpu_count() or 0,
        allowed_cpus=allowed,
        quota_cpus=_quota_cpus(),
        memory_bytes=physical_memory(),
        memory_limit_bytes=memory_limit(),
        kernel=clean(f"{platform.system()} {platform.release()} {platform.machine()}"),
        virtualisation=clean(_virtualisation()),
        governor=clean(read_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip()),
        openvino=clean(openvino_version),
        python=clean(platform.python_version()),
    )


def _cpu_facts() -> tuple[str, tuple[str, ...]]:
    fields: dict[str, str] = {}
    for line in read_text("/proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip().lower(), value.strip())
    words = set((fields.get("flags") or fields.get("features") or "").split())
    model = fields.get("model name") or platform.processor() or platform.machine()
    return model, tuple(flag for flag in _VECTOR_FLAGS if flag in words)


def _allowed_cpus() -> tuple[int, ...]:
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 0))


def _own_cgroup(controller: str) -> list[str]:
    """Folders of this process's cgroup for a controller, the innermost first, then its parents."""
    folders: list[str] = []
    for line in read_text("/proc/self/cgroup").splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "":
            base = "/sys/fs/cgroup"
        elif controller in controllers.split(","):
            base = f"/sys/fs/cgroup/{controllers}"
        else:
            continue
        parts = [part for part in path.split("/") if part and part != ".."]
        folders += ["/".join([base, *parts[:depth]]) for depth in range(len(parts), -1, -1)]
    return folders


def _quota_cpus() -> float:
    limits: list[float] = []
    for folder in _own_cgroup("cpu"):
        words = read_text(f"{folder}/cpu.max").split()
        if len(words) == 2 and words[0].isdigit() and words[1].isdigit() and int(words[1]):
            limits.append(int(words[0]) / int(words[1]))
        quota = read_text(f"{folder}/cpu.cfs_quota_us").strip()
        period = read_text(f"{folder}/cpu.cfs_period_us").strip()
        if quota.isdigit() and period.isdigit() and int(period):
            limits.append(int(quota) / int(period))
    return min(limits, default=0.0)


def memory_limit() -> int:
    """Bytes this process's cgroups allow, 0 for no limit."""
    limits: list[int] = []
    for folder in _own_cgroup("memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            text = read_text(f"{folder}/{name}").strip()
            if text.isdigit() and int(text) < _NO_LIMIT_BYTES:
                limits.append(int(text))
    return min(limits, default=0)


def physical_memory() -> int:
    """Bytes of physical memory, 0 where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def _virtualisation() -> str:
    found = []
    if " hypervisor" in read_text("/proc/cpuinfo", 1 << 14):
        vendor = read_text("/sys/class/dmi/id/sys_vendor").strip()
        found.append(f"virtual machine ({vendor})" if vendor else "virtual machine")
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        found.append("container")
    return ", ".join(found)
