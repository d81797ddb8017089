"""Made-up /proc and /sys trees."""

from __future__ import annotations

from pathlib import Path

from ovexplorer.engine.system import Roots

MB = 1 << 20


class Tree:
    """A machine on disk: write files, then look at it through `roots`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.roots = Roots(str(folder / "proc"), str(folder / "sys"))

    def put(self, name: str, text: str | bytes | int) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else f"{text}\n".encode())

    def stat(self, busy: dict[int, int], idle: int = 1000, steal: int = 0) -> None:
        lines = ["cpu  9 9 9 9 9 9 9 9 9 9"]
        lines += [f"cpu{cpu} {ticks} 0 0 {idle} 0 0 0 {steal} 0 0" for cpu, ticks in busy.items()]
        self.put("proc/stat", "\n".join([*lines, "intr 12345"]))

    def cpus(self, count: int, *, core_of=lambda cpu: cpu, node_of=lambda _: 0) -> None:
        self.put("sys/devices/system/cpu/online", f"0-{count - 1}")
        for cpu in range(count):
            folder = f"sys/devices/system/cpu/cpu{cpu}/topology"
            self.put(f"{folder}/core_id", core_of(cpu))
            self.put(f"{folder}/physical_package_id", 0)
        nodes = sorted({node_of(cpu) for cpu in range(count)})
        self.put("sys/devices/system/node/online", f"{nodes[0]}-{nodes[-1]}")
        for node in nodes:
            members = ",".join(str(cpu) for cpu in range(count) if node_of(cpu) == node)
            self.put(f"sys/devices/system/node/node{node}/cpulist", members)

    def cgroup_v1(self, quota: int, period: int, periods: int = 0, throttled: int = 0) -> None:
        self.put("proc/self/cgroup", "4:memory:/box\n3:cpu,cpuacct:/box\n0::/")
        folder = "sys/fs/cgroup/cpu,cpuacct/box"
        self.put(f"{folder}/cpu.cfs_quota_us", quota)
        self.put(f"{folder}/cpu.cfs_period_us", period)
        self.put(f"{folder}/cpu.stat", f"nr_periods {periods}\nnr_throttled {throttled}\nthrottled_time 1")
        self.put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", -1)
        self.put("sys/fs/cgroup/memory/box/memory.limit_in_bytes", 512 * MB)
        self.put("sys/fs/cgroup/memory/box/memory.usage_in_bytes", 500 * MB)
        self.put("sys/fs/cgroup/memory/box/memory.stat", f"total_inactive_file {100 * MB}")
        self.put("sys/fs/cgroup/memory/memory.limit_in_bytes", 9223372036854771712)

    def cgroup_v2(self, quota: str, periods: int = 0, throttled: int = 0, waited_us: int = 0) -> None:
        self.put("proc/self/cgroup", "0::/pod/box")
        folder = "sys/fs/cgroup/pod/box"
        self.put(f"{folder}/cpu.max", quota)
        self.put(f"{folder}/cpu.stat", f"usage_usec 5\nnr_periods {periods}\nnr_throttled {throttled}")
        self.put(f"{folder}/cpu.pressure", f"some avg10=0.00 avg60=0.00 avg300=0.00 total={waited_us}")
        self.put("sys/fs/cgroup/pod/cpu.max", "max 100000")
        self.put(f"{folder}/memory.max", "max")

    def process(self, pid: int, ticks: int, name: str = "work", parent: int = 1, started: int = 7, **more) -> None:
        fields = ["S", parent, *[0] * 9, ticks, 0, *[0] * 6, started, 0, 0]
        self.put(f"proc/{pid}/stat", f"{pid} ({name}) " + " ".join(map(str, fields)))
        self.put(f"proc/{pid}/cmdline", "\0".join(more.get("words", (name,))).encode())
        self.put(f"proc/{pid}/status", f"Name:\tx\nCpus_allowed_list:\t{more.get('cpus', '0-3')}")
        for thread, cpus in more.get("threads", {}).items():
            self.put(f"proc/{pid}/task/{thread}/status", f"Cpus_allowed_list:\t{cpus}")
        self.put(f"proc/{pid}/maps", more.get("maps", ""))


class Clock:
    """Engine time that a test turns."""

    def __init__(self) -> None:
        self.ns = 0

    def __call__(self) -> int:
        return self.ns

    def forward(self, seconds: float) -> None:
        self.ns += round(seconds * 1e9)
