"""Looks at made-up machines, and one at this machine."""

import math
import os

import pytest
from machine_trees import Clock, Tree

from ovexplorer.engine.examine import MOST_SECONDS, Viewpoint, examine
from ovexplorer.engine.neighbours import Own
from ovexplorer.schema.protocol import Examine, MachineExamined

HZ = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
OWN = Own(pid=100, parent=99)


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


def look(tree, between=lambda: None, *, allowed=(0, 1, 2, 3), seconds=1.0):
    """A look of a second, with what happens in it."""
    clock = Clock()

    def sleep(wait):
        assert 0 < wait <= MOST_SECONDS
        clock.forward(1.0)
        between()

    view = Viewpoint(allowed, OWN, ("avx2",), "bf16", logical_cpus=4)
    return examine(seconds, view, tree.roots, sleep, clock)


def test_where_nothing_can_be_read_nothing_is_claimed(tree):
    machine = look(tree)
    assert machine.readable == ()
    assert (machine.cpus, machine.neighbours) == ((), ())
    assert (machine.cgroup, machine.quota_cpus) == ("", 0.0)
    unknown = (
        machine.throttled_share,
        machine.throttled_ever,
        machine.pressure,
        machine.memory_used_bytes,
        machine.swap_used_bytes,
        machine.thermal_throttles,
        machine.steal,
        machine.load_1min,
        machine.other_cores,
    )
    assert set(unknown) == {-1}
    assert (machine.smt, machine.turbo) == (None, None)
    assert machine.allowed_cpus == (0, 1, 2, 3)


def test_a_hybrid_cpu_with_clocks_is_described(tree):
    tree.cpus(4, core_of=lambda cpu: [0, 0, 1, 2][cpu], node_of=lambda cpu: cpu // 2)
    tree.put("sys/devices/cpu_core/cpus", "0-1")
    tree.put("sys/devices/cpu_atom/cpus", "2-3")
    for cpu in range(4):
        folder = f"sys/devices/system/cpu/cpu{cpu}/cpufreq"
        tree.put(f"{folder}/scaling_governor", "powersave")
        tree.put(f"{folder}/cpuinfo_min_freq", 800_000)
        tree.put(f"{folder}/cpuinfo_max_freq", 4_800_000)
        tree.put(f"{folder}/scaling_cur_freq", 1_200_000)
    tree.put("sys/devices/system/cpu/intel_pstate/no_turbo", 0)
    machine = look(tree)
    assert [cpu.kind for cpu in machine.cpus] == ["P", "P", "E", "E"]
    assert [cpu.node for cpu in machine.cpus] == [0, 0, 1, 1]
    assert [cpu.core for cpu in machine.cpus] == [0, 0, 1, 2]
    first = machine.cpus[0]
    assert (first.governor, first.minimum_mhz, first.maximum_mhz, first.now_mhz) == ("powersave", 800, 4800, 1200)
    assert (machine.smt, machine.turbo) == (True, True)
    assert {"cpufreq", "topology"} <= set(machine.readable)


def test_smt_and_turbo_as_the_system_says_them(tree):
    tree.cpus(4)
    tree.put("sys/devices/system/cpu/smt/active", 0)
    tree.put("sys/devices/system/cpu/cpufreq/boost", 0)
    machine = look(tree)
    assert (machine.smt, machine.turbo) == (False, False)
    assert all(cpu.kind == "" for cpu in machine.cpus)


def test_half_a_core_throttled_during_the_look(tree):
    tree.cgroup_v2("50000 100000", periods=100, throttled=3)
    tree.stat({0: 0, 1: 0})
    tree.put("proc/loadavg", "1.50 1.00 0.50 2/90 1234")

    def between():
        tree.cgroup_v2("50000 100000", periods=110, throttled=13, waited_us=250_000)
        tree.stat({0: 100, 1: 0}, steal=4)

    machine = look(tree, between, allowed=(0, 1))
    assert (machine.cgroup, machine.quota_cpus) == ("v2", 0.5)
    assert (machine.throttled_share, machine.throttled_ever) == (1.0, 13)
    assert machine.pressure == pytest.approx(0.25)
    assert machine.steal == pytest.approx(8 / 108)
    assert machine.load_1min == 1.5
    assert machine.other_cores > 0.9


def test_memory_is_that_of_the_tightest_limit_or_of_the_machine(tree):
    tree.put("proc/meminfo", "MemTotal: 8000 kB\nMemAvailable: 6000 kB\nSwapTotal: 100 kB\nSwapFree: 40 kB")
    machine = look(tree)
    assert (machine.memory_bytes, machine.memory_limit_bytes) == (8000 * 1024, 0)
    assert (machine.memory_used_bytes, machine.swap_used_bytes) == (2000 * 1024, 60 * 1024)
    tree.cgroup_v1(-1, 100_000)
    machine = look(tree)
    assert (machine.memory_limit_bytes, machine.memory_used_bytes) == (512 << 20, 400 << 20)


def test_neighbours_are_told_with_names_masks_and_kind(tree):
    engine = ("python", "-m", "ovexplorer.engine")

    def put(spent):
        tree.process(100, 50 * spent, "me")
        tree.process(99, 90 * spent, "front end")
        tree.process(101, 90 * spent, "sibling", parent=99, words=engine)
        tree.process(200, 80 * spent, "firefox")
        tree.process(300, 60 * spent, "python", words=engine, threads={300: "0-3", 301: "1", 302: "2"})
        tree.process(301, 0, "python", words=engine)
        tree.process(400, 40 * spent, "b", words=("/usr/bin/benchmark_app", "-m", "x"), cpus="3")
        tree.process(500, 20 * spent, "app", maps="7f00 r-xp /opt/libopenvino.so.2026")
        tree.process(600, 1 * spent, "idle")

    tree.cpus(4)
    put(0)
    machine = look(tree, lambda: put(1))
    told = {entry.pid: entry for entry in machine.neighbours}
    assert [entry.pid for entry in machine.neighbours] == [200, 300, 400, 500, 301]
    assert told[200].cores == pytest.approx(80 / HZ)
    assert (told[300].ovexplorer, told[300].cpus, told[300].name) == (True, (1, 2), "ovexplorer engine")
    assert (told[400].benchmark, told[400].cpus, told[400].name) == (True, (3,), "benchmark_app")
    assert told[500].benchmark
    assert not told[200].benchmark
    assert told[301].cores == 0.0


def test_what_belongs_to_this_engine_is_no_other_load(tree):
    tree.stat({0: 0, 1: 0})
    tree.process(99, 0, "front end")

    def between():
        tree.stat({0: 100, 1: 100}, idle=1000)
        tree.process(99, HZ, "front end")

    machine = look(tree, between, allowed=(0, 1))
    assert machine.other_cores == pytest.approx(1.0, abs=0.1)


def test_a_number_that_was_given_anew_is_another_process(tree):
    tree.process(200, 0, "old", started=1)
    machine = look(tree, lambda: tree.process(200, 90, "new", started=2))
    assert machine.neighbours == ()


def test_hostile_names_and_damaged_files_stay_harmless(tree):
    def put(spent):
        tree.process(200, 90 * spent, "a) R 1 (\x1b[31m[red]" + "x" * 200)
        tree.put("proc/201/stat", "201 (short")
        tree.put("proc/202/stat", b"\xff\xfe\x00")
        tree.put("proc/999999999999999999999999/stat", "1 (x) S 1")
        tree.put("proc/loadavg", "nan inf")
        tree.put("proc/meminfo", "MemTotal: -5 kB\nMemAvailable")
        tree.put("sys/devices/system/cpu/online", "0-99999999")
        tree.put("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "\x1b]0;title\x07")

    put(0)
    machine = look(tree, lambda: put(1))
    (entry,) = machine.neighbours
    assert "\x1b" not in entry.name
    assert len(entry.name) <= 32
    assert machine.cpus == ()
    assert machine.load_1min == -1.0


@pytest.mark.parametrize("seconds", [0.0, -1.0, 1e9, math.nan, math.inf])
def test_no_wish_makes_a_look_endless(tree, seconds):
    assert look(tree, seconds=seconds).seconds == 1.0


def test_a_real_engine_looks_at_this_machine(engine):
    hello = engine.hello()
    engine.send(Examine(seconds=0.1))
    machine = engine.until(MachineExamined, 0).machine
    assert machine.seconds >= 0.1
    assert machine.allowed_cpus == hello.environment.allowed_cpus
    assert machine.default_precision in ("f32", "f16", "bf16")
    assert all(entry.pid not in (engine.process.pid, os.getpid()) for entry in machine.neighbours)
