"""Each rule on a machine that is quiet but for one thing."""

import pytest
from machine_kit import ENVIRONMENT, QUIET, UNKNOWN, cpu, got, machine, neighbour, spec

from ovexplorer.analysis.doctor import LEVELS, findings, troubles
from ovexplorer.analysis.doctor_look import cpus_in_words
from ovexplorer.text import clean


def told(facts, asked=None, effective=()):
    """Findings by code."""
    return {finding.code: finding for finding in findings(facts, ENVIRONMENT, asked, effective)}


def test_a_quiet_machine_is_all_good():
    found = findings(QUIET, ENVIRONMENT)
    assert {finding.level for finding in found} == {"good"}
    assert troubles(found) == 0
    assert len({finding.code for finding in found}) == len(found) == 15


def test_a_machine_that_tells_nothing_gives_one_honest_finding_for_each_thing():
    found = findings(UNKNOWN, ENVIRONMENT)
    assert {finding.level for finding in found} == {"unknown"}
    assert len({finding.code for finding in found}) == len(found)
    assert all("not told here" in finding.title for finding in found)


@pytest.mark.parametrize(
    ("fields", "code", "level", "title"),
    [
        ({"quota_cpus": 0.5}, "quota", "bad", "quota 0.5 CPUs, 8 threads"),
        ({"quota_cpus": 8.0}, "quota", "good", "quota 8 CPUs is enough"),
        ({"throttled_share": 0.4}, "throttling", "bad", "throttled 40.0 % of the time"),
        ({"allowed_cpus": (0, 1)}, "affinity", "look", "2 of 8 CPUs allowed"),
        ({"thermal_throttles": 3}, "thermal", "bad", "the CPU throttles for heat"),
        ({"steal": 0.01}, "steal", "look", "steal 1.0 %"),
        ({"steal": 0.2}, "steal", "bad", "steal 20.0 %"),
        ({"other_cores": 1.0}, "other_load", "look", "1.0 cores of other load"),
        ({"other_cores": 4.0}, "other_load", "bad", "4.0 cores of other load"),
        ({"pressure": 0.4}, "pressure", "look", "CPU pressure 40.0 %"),
        ({"memory_used_bytes": 13_000_000_000}, "memory", "look", "memory 81.2 % used"),
        ({"memory_limit_bytes": 4_100_000_000}, "memory", "bad", "memory 97.6 % used"),
        ({"swap_used_bytes": 2_000_000_000}, "swap", "look", "2.00 GB in swap"),
        ({"turbo": False}, "clock", "look", "turbo off"),
        ({"cpus": tuple(cpu(n, governor=clean("powersave")) for n in range(8))}, "clock", "look", "governor powersave"),
        ({"cpus": tuple(cpu(n, node=n // 4) for n in range(8))}, "numa", "look", "2 NUMA nodes"),
        ({"cpus": tuple(cpu(n, kind="PE"[n // 6]) for n in range(8))}, "core_types", "look", "6 P and 2 E CPUs"),
        ({"cpu_flags": ("avx2", "avx512_bf16", "avx512f")}, "precision", "look", "bf16 by default, no AMX"),
        ({"default_precision": "f32"}, "precision", "good", "f32 by default"),
        ({"cpu_flags": ("avx2", "avx512_vnni", "avx512f")}, "instructions", "good", "AVX-512 vnni"),
        ({"cpu_flags": ("avx2",)}, "instructions", "good", "AVX2, no AVX-512"),
        ({"cpu_flags": ("asimd",)}, "instructions", "good", "Neon"),
        ({"virtualisation": clean("virtual machine")}, "virtual", "look", "virtual machine"),
    ],
)
def test_each_rule_names_what_it_found(fields, code, level, title):
    finding = told(machine(**fields))[code]
    assert (finding.level, finding.title) == (level, title)
    assert finding.evidence
    if level in ("bad", "look"):
        assert finding.effect
        assert finding.what_to_do


def test_the_quota_is_set_against_the_threads_that_run():
    facts = machine(quota_cpus=2.0, throttled_ever=12)
    assert told(facts, spec(INFERENCE_NUM_THREADS="2"))["quota"].level == "good"
    finding = told(facts, spec(INFERENCE_NUM_THREADS="2"), got(INFERENCE_NUM_THREADS="4"))["quota"]
    assert finding.title == "quota 2 CPUs, 4 threads"
    assert "-nthreads 2" in finding.what_to_do
    assert "12 periods" in finding.evidence


def test_more_threads_than_the_mask_allows_are_told_from_what_was_asked():
    facts = machine(allowed_cpus=(0, 1))
    finding = told(facts, spec(INFERENCE_NUM_THREADS="64"), got(INFERENCE_NUM_THREADS="2"))["affinity"]
    assert (finding.level, finding.title) == ("bad", "64 threads on 2 CPUs")


@pytest.mark.parametrize("threads", ["", "auto", "-3", "9" * 30, "٣"])
def test_threads_that_are_no_number_are_no_threads(threads):
    assert told(machine(quota_cpus=4.0), spec(INFERENCE_NUM_THREADS=threads))["quota"].title.endswith("8 threads")


def test_two_threads_a_core_matter_when_both_are_used():
    facts = machine(smt=True, cpus=tuple(cpu(n, core=n // 2) for n in range(8)))
    assert told(facts)["smt"].level == "good"
    finding = told(facts, effective=got(INFERENCE_NUM_THREADS="8"))["smt"]
    assert (finding.level, finding.title) == ("look", "8 threads on 4 cores")
    only_one_each = machine(smt=True, cpus=facts.cpus, allowed_cpus=(0, 2, 4, 6))
    assert told(only_one_each, effective=got(INFERENCE_NUM_THREADS="4"))["smt"].level == "good"


def test_the_busiest_neighbour_is_named():
    finding = told(machine(other_cores=1.2, neighbours=(neighbour(pid=12, cores=1.1),)))["other_load"]
    assert finding.title == "firefox uses 1.1 cores"
    assert "pid 12" in finding.what_to_do


def test_another_measurement_is_named_and_worse_while_it_runs():
    idle = neighbour(pid=5, name=clean("ovexplorer engine"), ovexplorer=True)
    assert told(machine(neighbours=(idle,)))["second_measurement"].title == "another ovexplorer is open"
    busy = neighbour(pid=5, cores=1.0, name=clean("benchmark_app"), benchmark=True)
    finding = told(machine(neighbours=(busy,)))["second_measurement"]
    assert (finding.level, finding.title) == ("bad", "benchmark_app measures")


def test_a_process_pinned_to_our_cpus_collides_with_pinned_threads():
    pinned = neighbour(cores=1.0, cpus=(0,), benchmark=True)
    assert told(machine(neighbours=(pinned,)))["pinning"].level == "bad"
    unpinned = told(machine(neighbours=(pinned,)), effective=got(ENABLE_CPU_PINNING="NO"))["pinning"]
    assert unpinned.level == "look"
    elsewhere = machine(neighbours=(pinned,), allowed_cpus=(2, 3))
    assert told(elsewhere)["pinning"].level == "good"


def test_one_thread_beside_another_openvino_process_will_land_on_its_core():
    facts = machine(neighbours=(neighbour(benchmark=True, cores=0.5),))
    assert told(facts, spec(INFERENCE_NUM_THREADS="1"))["pinning"].level == "look"
    assert told(facts, spec(INFERENCE_NUM_THREADS="1", ENABLE_CPU_PINNING="NO"))["pinning"].level == "good"


def test_precision_says_to_measure_and_claims_no_winner():
    finding = told(machine(cpu_flags=("avx512f", "avx512_bf16")), spec(INFERENCE_PRECISION_HINT="f32"))["precision"]
    assert "measure it" in finding.what_to_do
    assert "faster than f32 on some CPUs and slower on others" in finding.effect
    assert "this run: f32" in finding.evidence


def test_the_worst_comes_first():
    found = findings(machine(quota_cpus=0.5, steal=0.01, turbo=None, smt=None), ENVIRONMENT)
    ranks = [LEVELS.index(finding.level) for finding in found]
    assert ranks == sorted(ranks)
    assert {0, 1, 2, 3} == set(ranks)
    assert troubles(found) == 2


def test_titles_fit_the_narrow_strip():
    loud = machine(
        quota_cpus=0.5,
        throttled_share=0.9,
        allowed_cpus=(0, 1),
        thermal_throttles=1,
        steal=0.5,
        other_cores=7.5,
        pressure=1.0,
        neighbours=(neighbour(name=clean("x" * 60), cores=7.0, cpus=(0,), ovexplorer=True),),
    )
    long = [finding.title for finding in findings(loud, ENVIRONMENT) if len(finding.title) > 40]
    assert long == []


def test_lists_of_cpus_are_short():
    assert cpus_in_words((0, 1, 2, 5, 7, 8)) == "0-2, 5, 7-8"
    assert cpus_in_words(tuple(range(0, 64, 2))).endswith("14 …")
    assert cpus_in_words(()) == ""
