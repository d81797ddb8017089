"""Seconds of a made-up machine."""

import pytest
from engine_client import of_kind, spec_of
from machine_trees import Clock, Tree

from ovexplorer.engine import cgroups
from ovexplorer.engine.load import LoadSampler
from ovexplorer.engine.system import cpu_list, read_fields, spread_evenly, whole
from ovexplorer.schema.protocol import LoadMeasured


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path)


@pytest.fixture
def clock():
    return Clock()


def test_a_machine_that_tells_nothing_gives_a_load_without_figures(tree, clock):
    sampler = LoadSampler((0, 1), tree.roots, clock)
    assert sampler.sample() is None
    clock.forward(1)
    load = sampler.sample()
    assert load.cores == ()
    assert (load.other_cores, load.steal, load.pressure, load.throttled) == (0.0, 0.0, -1.0, -1.0)
    assert (load.thermal_throttles, load.frequency_mhz) == (0, 0.0)


def test_half_a_core_by_cgroup_v2_is_throttled_and_waits(tree, clock):
    tree.cgroup_v2("50000 100000", periods=100, throttled=10, waited_us=1_000_000)
    assert cgroups.quota_cpus(tree.roots) == 0.5
    assert cgroups.cgroup_version(tree.roots) == "v2"
    sampler = LoadSampler((0,), tree.roots, clock)
    clock.forward(1)
    tree.cgroup_v2("50000 100000", periods=110, throttled=18, waited_us=1_500_000)
    load = sampler.sample()
    assert load.throttled == pytest.approx(0.8)
    assert load.pressure == pytest.approx(0.5)


def test_cgroup_v1_is_throttled_but_has_no_pressure_of_its_own(tree, clock):
    tree.cgroup_v1(150_000, 100_000, periods=5, throttled=5)
    tree.put("proc/pressure/cpu", "some avg10=0 total=0\nfull avg10=0 total=9999")
    assert cgroups.quota_cpus(tree.roots) == 1.5
    assert cgroups.cgroup_version(tree.roots) == "v1"
    sampler = LoadSampler((0,), tree.roots, clock)
    clock.forward(2)
    tree.cgroup_v1(150_000, 100_000, periods=25, throttled=6)
    tree.put("proc/pressure/cpu", "some avg10=0 total=100000\nfull avg10=0 total=9999")
    load = sampler.sample()
    assert load.throttled == pytest.approx(0.05)
    assert load.pressure == pytest.approx(0.05)
    assert cgroups.memory_limit(tree.roots) == 512 << 20
    assert cgroups.memory_used(tree.roots) == 400 << 20


def test_without_a_quota_there_is_no_throttling(tree, clock):
    tree.cgroup_v2("max 100000")
    sampler = LoadSampler((0,), tree.roots, clock)
    clock.forward(1)
    assert sampler.sample().throttled == -1.0
    assert cgroups.quota_cpus(tree.roots) == 0.0
    assert cgroups.memory_limit(tree.roots) == 0
    assert cgroups.memory_used(tree.roots) == -1


def test_a_laptop_that_throttles_counts_events_and_its_clock(tree, clock):
    for cpu in range(2):
        tree.put(f"sys/devices/system/cpu/cpu{cpu}/thermal_throttle/core_throttle_count", 7)
        tree.put(f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_cur_freq", 3_400_000)
    sampler = LoadSampler((0, 1), tree.roots, clock)
    clock.forward(1)
    tree.put("sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", 9)
    tree.put("sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", 1_400_000)
    load = sampler.sample()
    assert load.thermal_throttles == 2
    assert load.frequency_mhz == pytest.approx(2400)


def test_busy_shares_and_steal_are_those_of_the_allowed_cpus(tree, clock):
    tree.stat({0: 0, 1: 0, 2: 0})
    sampler = LoadSampler((0, 1), tree.roots, clock)
    clock.forward(1)
    tree.stat({0: 90, 1: 0, 2: 500}, idle=1000, steal=10)
    load = sampler.sample()
    assert dict(load.cores) == {0: 1.0, 1: 1.0}
    assert load.steal == pytest.approx(20 / 110)


def test_what_was_before_a_restart_is_forgotten_and_a_rest_may_be_short(tree, clock):
    tree.cgroup_v2("50000 100000", periods=0, throttled=0)
    sampler = LoadSampler((0,), tree.roots, clock)
    clock.forward(5)
    tree.cgroup_v2("50000 100000", periods=50, throttled=50)
    sampler.restart()
    clock.forward(0.01)
    assert sampler.rest() is None
    clock.forward(0.4)
    tree.cgroup_v2("50000 100000", periods=54, throttled=50)
    assert sampler.sample() is None
    assert sampler.rest().throttled == 0.0


@pytest.mark.parametrize(
    "damage", ["", "cpu", "cpu0", "cpu0 x y z", "cpu\xff 1 2", "cpu0 1", "cpu999999999999999999999 1 2 3 4"]
)
def test_damaged_counters_are_no_reason_to_fail(tree, clock, damage):
    tree.put("proc/stat", damage)
    tree.put("proc/self/cgroup", "0::/../../etc\n:::\n9:cpu\x00:/a")
    tree.put("sys/fs/cgroup/cpu.max", "9" * 500)
    tree.put("sys/fs/cgroup/cpu.pressure", "some total=minus\nsome")
    sampler = LoadSampler((0,), tree.roots, clock)
    clock.forward(1)
    assert sampler.sample() is not None


def test_counters_that_run_backwards_count_as_nothing(tree, clock):
    tree.stat({0: 500}, idle=5000)
    tree.cgroup_v2("50000 100000", periods=100, throttled=90, waited_us=10**9)
    sampler = LoadSampler((0,), tree.roots, clock)
    clock.forward(1)
    tree.stat({0: 1}, idle=1)
    tree.cgroup_v2("50000 100000", periods=1, throttled=0, waited_us=0)
    load = sampler.sample()
    assert (load.steal, load.throttled, load.pressure) == (0.0, 0.0, 0.0)
    assert dict(load.cores) == {0: 0.0}


def test_words_of_the_system_are_read_with_suspicion(tree):
    assert cpu_list("0-2,5") == (0, 1, 2, 5)
    for bad in ("", "3-1", "0-99999999", "a", "1,,2", "-4", "1-2-3"):
        assert cpu_list(bad) == ()
    assert whole("9" * 40) == -1
    assert whole("٣") == -1
    tree.put("proc/meminfo", "MemTotal:  12 kB\nHugePages_Free: x\nbroken\n: 3")
    assert read_fields(f"{tree.roots.proc}/meminfo")["MemTotal"] == 12
    assert spread_evenly(range(64), 8) == (0, 8, 16, 24, 32, 40, 48, 56)


def test_a_run_shorter_than_a_second_still_tells_its_load(engine):
    engine.hello()
    events = engine.run(1, spec_of("demo:relu", iterations=0, duration_s=0.3))
    (event,) = of_kind(events, LoadMeasured)
    assert event.load.engine_cores > 0


@pytest.mark.parametrize("seconds", [1, 10])
def test_switches_are_told_a_second_however_long_an_inference_holds_the_sample(tree, clock, monkeypatch, seconds):
    counted = iter([(0.0, 100), (0.0, 100 + 30 * seconds)])
    monkeypatch.setattr("ovexplorer.engine.load.own_usage", lambda: next(counted))
    sampler = LoadSampler((0,), tree.roots, clock)
    clock.forward(seconds)
    load = sampler.sample()
    assert load is not None
    assert load.involuntary_switches == 30
