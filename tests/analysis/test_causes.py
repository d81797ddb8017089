"""Causes beside a verdict, and verdicts that a throttled run must not get."""

import pytest
from analysis_kit import window

from ovexplorer.analysis.causes import causes_of, verdict_with_causes
from ovexplorer.analysis.stability import Reason, Verdict
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.results import Load
from ovexplorer.text import clean

SECOND = 1_000_000_000
UNSTABLE = Verdict("unstable", (Reason("wide_interval", "wide"),))
VALID = Verdict("valid")
NOTHING = clean("")


def load(number=1, **fields):
    quiet = {
        "at_ns": number * SECOND,
        "cores": ((0, 0.5), (1, 0.5)),
        "engine_cores": 1.0,
        "other_cores": 0.02,
        "steal": 0.0,
        "involuntary_switches": 35,
        "frequency_mhz": 3000.0,
        "pressure": 0.001,
    }
    return Load(**{**quiet, **fields})


def seconds(count=12, **fields):
    """Samples of so many seconds; a field that is a function gets the number of the second."""
    return tuple(
        load(number, **{name: value(number) if callable(value) else value for name, value in fields.items()})
        for number in range(1, count + 1)
    )


def environment(quota=0.0, cpus=2):
    return EnvironmentFacts(
        hostname=NOTHING,
        cpu_model=NOTHING,
        cpu_flags=(),
        logical_cpus=cpus,
        allowed_cpus=tuple(range(cpus)),
        quota_cpus=quota,
        memory_bytes=0,
        memory_limit_bytes=0,
        kernel=NOTHING,
        virtualisation=NOTHING,
        governor=NOTHING,
        openvino=NOTHING,
        python=NOTHING,
    )


def windows_of(latency_of_second, count=12):
    """One slice a second, ending with it."""
    return tuple(
        window([latency_of_second(number)] * 20, (number - 1) * SECOND, number * SECOND)
        for number in range(1, count + 1)
    )


def codes(found):
    return [cause.code for cause in found]


def test_quiet_seconds_have_no_cause_and_an_unstable_verdict_says_so():
    assert causes_of(seconds(), environment(), verdict=VALID) == ()
    (cause,) = causes_of(seconds(), environment(), verdict=UNSTABLE)
    assert cause.code == "none_visible"
    assert codes(causes_of((), None, verdict=UNSTABLE)) == ["none_visible"]
    assert causes_of((), None, verdict=Verdict("too_short")) == ()


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"steal": 0.03}, "steal", "3.0 %"),
        ({"other_cores": 0.8}, "other_load", "0.8 cores"),
        ({"involuntary_switches": 900}, "involuntary_switches", "900 a second"),
        (
            {"involuntary_switches": lambda n: 1200 if n % 3 == 0 else 35},
            "involuntary_switches",
            "quiet seconds have 35",
        ),
        ({"pressure": 0.3}, "pressure", "30 %"),
        ({"throttled": 0.4}, "throttled", "40 %"),
        ({"thermal_throttles": lambda n: n % 2}, "thermal", "50 % of the seconds"),
        ({"frequency_mhz": lambda n: 3400 if n < 5 else 2800}, "frequency", "fell from 3.40 to 2.80 GHz"),
        ({"frequency_mhz": lambda n: 2800 if n < 5 else 3400}, "frequency", "rose from 2.80 to 3.40 GHz"),
    ],
)
def test_each_cause_is_seen_with_its_figures(fields, code, words):
    found = causes_of(seconds(**fields), environment(), verdict=UNSTABLE)
    assert codes(found) == [code]
    assert words in found[0].text
    assert found[0].figures


def test_a_threaded_run_that_always_switches_has_no_neighbour_by_one_noisy_second():
    found = causes_of(seconds(involuntary_switches=lambda n: 140 if n == 3 else 120), environment())
    assert found == ()


def test_other_load_on_a_large_machine_has_to_be_large():
    assert causes_of(seconds(other_cores=1.0), environment(cpus=64)) == ()
    assert codes(causes_of(seconds(other_cores=1.0), environment(cpus=8))) == ["other_load"]


def test_what_was_there_in_the_slow_seconds_comes_first():
    slow = {4, 8, 12}
    loads = seconds(
        steal=lambda n: 0.04 if n in slow else 0.0,
        pressure=lambda n: 0.01 if n in slow else 0.12,
    )
    found = causes_of(loads, environment(), windows_of(lambda n: 13_000_000 if n in slow else 10_000_000), UNSTABLE)
    assert codes(found) == ["steal", "pressure"]
    assert "4.0 % in the slow seconds, 0.0 % in the others" in found[0].text
    assert "not more in the slow seconds" in found[1].text
    figures = dict(found[0].figures)
    assert figures["steal_share_in_slow_seconds"] == pytest.approx(0.04)
    assert figures["steal_share"] == pytest.approx(0.01)


def test_half_a_core_used_up_is_a_cause_even_when_periods_are_not_counted():
    found = causes_of(seconds(engine_cores=0.49), environment(quota=0.5))
    assert codes(found) == ["quota"]
    assert causes_of(seconds(engine_cores=0.2), environment(quota=0.5)) == ()


def test_a_pause_does_not_thin_out_the_rates_after_it():
    loads = (*seconds(4), load(100, involuntary_switches=1600), load(101, involuntary_switches=800))
    (cause,) = causes_of(loads, environment())
    assert dict(cause.figures)["switches_per_s"] > 200


@pytest.mark.parametrize("fields", [{"throttled": 0.2}, {"thermal_throttles": 3}])
def test_a_throttled_run_is_never_valid(fields):
    verdict = verdict_with_causes(VALID, seconds(**fields))
    assert verdict.verdict == "unstable"
    assert [reason.code for reason in verdict.reasons] == ["throttled"]
    assert verdict_with_causes(verdict, seconds(**fields)) == verdict


def test_throttling_comes_before_other_reasons_and_keeps_the_intervals():
    verdict = verdict_with_causes(UNSTABLE, seconds(throttled=0.5))
    assert [reason.code for reason in verdict.reasons] == ["throttled", "wide_interval"]


@pytest.mark.parametrize(
    "loads",
    [(), seconds(throttled=-1.0), seconds(throttled=0.04), seconds(20, thermal_throttles=lambda n: int(n == 4))],
)
def test_a_run_that_was_hardly_throttled_keeps_its_verdict(loads):
    assert verdict_with_causes(VALID, loads) is VALID


def test_too_short_stays_too_short():
    short = Verdict("too_short", (Reason("too_few_inferences", "3"),), seconds_needed=4.0)
    assert verdict_with_causes(short, seconds(throttled=0.9)) is short


def test_counters_of_no_length_divide_nothing():
    loads = (load(1, throttled=0.0), load(1, throttled=0.0), load(1, involuntary_switches=10**9))
    assert codes(causes_of(loads, environment())) == ["involuntary_switches"]
