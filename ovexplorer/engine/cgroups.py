"""What the cgroups of this process allow it and do to it, version 1 and 2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ovexplorer.engine.system import HERE, Roots, read_fields, read_text, read_whole, whole

_NO_LIMIT_BYTES = 1 << 60
"""cgroup v1 writes a number close to 2^63 for no limit."""


@dataclass(frozen=True)
class Folder:
    """One cgroup: this process's own or one above it."""

    version: Literal["v1", "v2"]
    path: str


@dataclass(frozen=True)
class Throttling:
    """Counters of the scheduler's quota, summed over the cgroups that have one."""

    periods: int
    throttled: int

    def share_since(self, before: Throttling) -> float:
        """Share 0..1 of the periods in between that were throttled."""
        periods = self.periods - before.periods
        throttled = self.throttled - before.throttled
        return min(1.0, max(0.0, throttled / periods)) if periods > 0 else 0.0


def own_cgroups(controller: str, roots: Roots = HERE) -> tuple[Folder, ...]:
    """This process's cgroup for a controller, the innermost first, then those above it."""
    folders: list[Folder] = []
    for line in read_text(f"{roots.proc}/self/cgroup", 1 << 16).splitlines():
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if controllers == "":
            version: Literal["v1", "v2"] = "v2"
            base = f"{roots.sys}/fs/cgroup"
        elif controller in controllers.split(",") and "/" not in controllers:
            version = "v1"
            base = f"{roots.sys}/fs/cgroup/{controllers}"
        else:
            continue
        parts = [part for part in path.split("/") if part and part != ".."]
        folders += [Folder(version, "/".join([base, *parts[:depth]])) for depth in range(len(parts), -1, -1)]
    return tuple(folders)


def quota_of(folder: Folder) -> float:
    """CPUs that a cgroup allows, 0 for no quota."""
    if folder.version == "v2":
        words = [*read_text(f"{folder.path}/cpu.max", 64).split(), "", ""]
        quota, period = whole(words[0]), whole(words[1])
    else:
        quota = read_whole(f"{folder.path}/cpu.cfs_quota_us")
        period = read_whole(f"{folder.path}/cpu.cfs_period_us")
    return quota / period if quota > 0 and period > 0 else 0.0


def quota_cpus(roots: Roots = HERE) -> float:
    """CPUs that the tightest quota allows, 0 for no quota."""
    found = (quota_of(folder) for folder in own_cgroups("cpu", roots))
    return min((quota for quota in found if quota > 0), default=0.0)


def cgroup_version(roots: Roots = HERE) -> str:
    """`v1` or `v2`, by what holds the CPU controller; empty when there is none to read."""
    for folder in own_cgroups("cpu", roots):
        name = "cpu.max" if folder.version == "v2" else "cpu.cfs_quota_us"
        if read_text(f"{folder.path}/{name}", 64) or read_text(f"{folder.path}/cpu.stat", 64):
            return folder.version
    return ""


def quota_folders(roots: Roots = HERE) -> tuple[Folder, ...]:
    """The cgroups that have a quota now."""
    return tuple(folder for folder in own_cgroups("cpu", roots) if quota_of(folder) > 0)


def throttling(folders: tuple[Folder, ...]) -> Throttling | None:
    """Counters of cgroups with a quota; None where there is none or the system does not tell."""
    told = [
        (fields["nr_periods"], fields["nr_throttled"])
        for fields in (read_fields(f"{folder.path}/cpu.stat") for folder in folders)
        if "nr_periods" in fields and "nr_throttled" in fields
    ]
    if not told:
        return None
    return Throttling(sum(periods for periods, _ in told), sum(throttled for _, throttled in told))


def pressure_file(roots: Roots = HERE) -> str:
    """The narrowest file that tells how long tasks waited for a CPU; empty when none does."""
    own = [f"{folder.path}/cpu.pressure" for folder in own_cgroups("cpu", roots) if folder.version == "v2"]
    for path in [*own[:1], f"{roots.proc}/pressure/cpu"]:
        if pressure_us(path) >= 0:
            return path
    return ""


def pressure_us(path: str) -> int:
    """Microseconds in which some task waited, since the start; -1 where the system does not tell."""
    for line in read_text(path, 512).splitlines() if path else ():
        kind, *fields = [*line.split(), ""]
        if kind == "some":
            totals = [field[6:] for field in fields if field.startswith("total=")]
            return whole(totals[0]) if totals else -1
    return -1


def memory_limit(roots: Roots = HERE) -> int:
    """Bytes this process's cgroups allow, 0 for no limit."""
    found = (limit for limit, _ in _memory(roots))
    return min((limit for limit in found if 0 <= limit < _NO_LIMIT_BYTES), default=0)


def memory_used(roots: Roots = HERE) -> int:
    """Bytes in use of the tightest limit, caches that can be dropped left out; -1 where nothing limits."""
    limited = [(limit, folder) for limit, folder in _memory(roots) if 0 <= limit < _NO_LIMIT_BYTES]
    if not limited:
        return -1
    folder = min(limited, key=lambda entry: entry[0])[1]
    name = "memory.current" if folder.version == "v2" else "memory.usage_in_bytes"
    used = read_whole(f"{folder.path}/{name}")
    inactive = read_fields(f"{folder.path}/memory.stat")
    droppable = inactive.get("inactive_file" if folder.version == "v2" else "total_inactive_file", 0)
    return max(0, used - droppable) if used >= 0 else -1


def _memory(roots: Roots) -> list[tuple[int, Folder]]:
    names = {"v1": "memory.limit_in_bytes", "v2": "memory.max"}
    folders = own_cgroups("memory", roots)
    return [(read_whole(f"{folder.path}/{names[folder.version]}"), folder) for folder in folders]
