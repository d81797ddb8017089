"""What may have moved the figures of a run: causes that can be seen beside it, the likeliest first.

On shared machines most causes are invisible, so `none_visible` is a finding of its own. What is seen is set against
the latency of the same seconds where windows are given: a cause that was there in the slow seconds only counts more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal

from ovexplorer.analysis.stability import Reason, Verdict
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.results import Load, Window

CauseCode = Literal[
    "throttled",
    "thermal",
    "steal",
    "other_load",
    "involuntary_switches",
    "pressure",
    "frequency",
    "quota",
    "none_visible",
]

THROTTLED = 0.05
"""Share of cgroup periods. A throttled process stands still for up to 100 ms: one period in twenty is in every p95."""
THERMAL_SECONDS = 0.1
"""Share of seconds with thermal throttling: one in ten is no single event any more."""
STEAL = 0.005
"""Share of the time: half a per cent is one tick of 10 ms in every 2 s, above what idle hypervisors show."""
OTHER_CORES = 0.15
"""Cores: what a desktop does beside a run stays below."""
OTHER_SHARE = 0.05
"""The same as a share of the allowed CPUs: on 64 of them a busy shell disturbs nobody."""
SWITCHES = 150.0
"""Involuntary context switches a second. Alone a run has about 35, with a neighbour on its cores 250 to 2900."""
SWITCHES_OVER_QUIET = 4.0
"""Times the run's own quiet seconds: more threads than CPUs switch often without any neighbour."""
PRESSURE = 0.05
"""Share of the time some task waited for a CPU."""
FREQUENCY = 0.05
"""Change of the clock from the first to the last third of a run."""
SLOW = 1.05
"""A second is slow from so many times the median of the quicker half on."""
FEWEST_SECONDS = 6
"""Seconds for which slow ones are told apart from others, and for a trend of the clock."""

_CONCENTRATED = 1.5
"""Times more in slow seconds than in the others."""


@dataclass(frozen=True)
class Cause:
    """Something that was seen beside a run."""

    code: CauseCode
    """Public: a key of the JSON output."""
    text: str
    """In plain words, with its figures."""
    figures: tuple[tuple[str, float], ...] = ()
    """Evidence by name; the names end in their unit where they have one. Public."""
    weight: float = 0.0
    """How far above its threshold it is; grows when the slow seconds have more of it, shrinks when they do not."""


@dataclass(frozen=True)
class _Second:
    """One sample, with rates instead of counts."""

    load: Load
    length_s: float
    median_ns: float
    """Of the inferences that ended in it; 0 when none is known."""

    @property
    def switches(self) -> float:
        return float(self.load.involuntary_switches)


def causes_of(
    loads: Sequence[Load],
    environment: EnvironmentFacts | None = None,
    windows: Sequence[Window] = (),
    verdict: Verdict | None = None,
) -> tuple[Cause, ...]:
    """What was seen, the likeliest first.

    Args:
        loads: Seconds of the run.
        environment: For the quota and the number of CPUs; None where it is not known.
        windows: Slices of the run, on the same clock.
        verdict: With an unstable one and nothing seen, the answer is one cause `none_visible`.
    """
    seconds = _seconds(loads, windows)
    found = [cause for look in _LOOKS if (cause := look(seconds, environment)) is not None] if seconds else []
    found.sort(key=lambda cause: -cause.weight)
    if not found and verdict is not None and verdict.verdict == "unstable":
        text = "no visible cause: nothing that this system tells was out of the ordinary"
        return (Cause("none_visible", text if seconds else "no visible cause: the run was too short to look around"),)
    return tuple(found)


def verdict_with_causes(verdict: Verdict, loads: Sequence[Load]) -> Verdict:
    """The verdict, unstable when the CPU was taken away from the run by rule.

    A throttled run can be perfectly steady: every period stops it at the same place. Its figures say what the quota
    or the heat allows, not what the configuration takes, so it is never valid. A run that is too short stays so.
    """
    text = _throttled_text(loads)
    if not text or verdict.verdict == "too_short" or any(reason.code == "throttled" for reason in verdict.reasons):
        return verdict
    return replace(verdict, verdict="unstable", reasons=(Reason("throttled", text), *verdict.reasons))


def _throttled_text(loads: Sequence[Load]) -> str:
    told = [load.throttled for load in loads if load.throttled >= 0]
    share = sum(told) / len(told) if told else 0.0
    if share > THROTTLED:
        return f"the cgroup's quota stopped the run in {_percent(share)} of its periods"
    hot = _share(load.thermal_throttles > 0 for load in loads)
    return f"the CPU throttled for heat in {_percent(hot)} of the seconds" if hot > THERMAL_SECONDS else ""


def _seconds(loads: Sequence[Load], windows: Sequence[Window]) -> list[_Second]:
    seconds: list[_Second] = []
    place = 0
    ordered = sorted(windows, key=lambda window: window.end_ns)
    for number, load in enumerate(loads):
        before = loads[number - 1].at_ns if number else load.at_ns - 1_000_000_000
        # A pause lies between two samples but in neither: a sample is never much longer than a second.
        begin = max(before, load.at_ns - 2_000_000_000)
        medians: list[float] = []
        while place < len(ordered) and ordered[place].end_ns <= load.at_ns:
            if ordered[place].end_ns > begin:
                medians.append(ordered[place].median_ns)
            place += 1
        length_s = max(0.05, (load.at_ns - begin) / 1e9)
        seconds.append(_Second(load, length_s, median(medians) if medians else 0.0))
    return seconds


def _slow_and_other(seconds: Sequence[_Second]) -> tuple[list[_Second], list[_Second]]:
    """The seconds with a high latency and those without; empty lists where that cannot be told."""
    timed = [second for second in seconds if second.median_ns > 0]
    if len(timed) < FEWEST_SECONDS:
        return [], []
    ranked = sorted(second.median_ns for second in timed)
    level = median(ranked[: (len(ranked) + 1) // 2]) * SLOW
    slow = [second for second in timed if second.median_ns > level]
    return (slow, [second for second in timed if second.median_ns <= level]) if slow else ([], [])


Measure = Callable[[_Second], float]


def _cause(
    code: CauseCode, text: str, name: str, seconds: Sequence[_Second], measure: Measure, threshold: float, unit: str
) -> Cause | None:
    """A cause whose mean, or whose mean in the slow seconds, is above a threshold."""
    mean = _mean(seconds, measure)
    slow, other = _slow_and_other(seconds)
    in_slow, in_other = (_mean(slow, measure), _mean(other, measure)) if slow else (mean, mean)
    level = max(mean, in_slow)
    if level <= threshold:
        return None
    weight = level / threshold
    figures = [(name, mean)]
    words = f"{text} {_amount(mean, unit)}"
    if slow:
        figures += [(f"{name}_in_slow_seconds", in_slow), (f"{name}_in_other_seconds", in_other)]
        if in_slow > _CONCENTRATED * in_other:
            weight *= 2
            words += f"; {_amount(in_slow, unit)} in the slow seconds, {_amount(in_other, unit)} in the others"
        elif in_slow < in_other:
            weight /= 2
            words += "; not more in the slow seconds"
    return Cause(code, words, tuple(figures), weight)


def _by_throttling(seconds: Sequence[_Second], _: EnvironmentFacts | None) -> Cause | None:
    told = [second for second in seconds if second.load.throttled >= 0]
    if not told:
        return None
    text = "the cgroup's quota stopped the run: periods throttled"
    cause = _cause("throttled", text, "throttled_share", told, lambda s: s.load.throttled, THROTTLED, "%")
    # Certain where the others are likely: a throttled thread does not run.
    return replace(cause, weight=cause.weight * 10) if cause else None


def _by_quota(seconds: Sequence[_Second], environment: EnvironmentFacts | None) -> Cause | None:
    """A quota that the run uses up, where the kernel does not count throttled periods."""
    quota = environment.quota_cpus if environment is not None else 0.0
    if quota <= 0 or any(second.load.throttled >= 0 for second in seconds):
        return None
    used = _mean(seconds, lambda second: second.load.engine_cores)
    if used < 0.9 * quota:
        return None
    text = f"the run uses up the cgroup's quota: {used:.2g} of {quota:.2g} CPUs"
    return Cause("quota", text, (("engine_cores", used), ("quota_cpus", quota)), used / quota)


def _by_heat(seconds: Sequence[_Second], _: EnvironmentFacts | None) -> Cause | None:
    hot = _share(second.load.thermal_throttles > 0 for second in seconds)
    if not hot:
        return None
    events = sum(second.load.thermal_throttles for second in seconds)
    text = f"the CPU throttled for heat in {_percent(hot)} of the seconds ({events} events)"
    weight = 10 * hot / THERMAL_SECONDS
    return Cause("thermal", text, (("thermal_seconds_share", hot), ("thermal_events", events)), weight)


def _by_steal(seconds: Sequence[_Second], _: EnvironmentFacts | None) -> Cause | None:
    return _cause("steal", "the hypervisor took CPU time:", "steal_share", seconds, lambda s: s.load.steal, STEAL, "%")


def _by_other_load(seconds: Sequence[_Second], environment: EnvironmentFacts | None) -> Cause | None:
    allowed = len(environment.allowed_cpus) if environment is not None else 0
    threshold = max(OTHER_CORES, OTHER_SHARE * allowed)
    told = [second for second in seconds if second.load.cores]
    text = "other processes used the CPU:"
    if not told:
        return None
    return _cause("other_load", text, "other_cores", told, lambda s: s.load.other_cores, threshold, "cores")


def _by_switches(seconds: Sequence[_Second], _: EnvironmentFacts | None) -> Cause | None:
    rates = sorted(second.switches for second in seconds)
    quiet = rates[len(rates) // 4]
    busy = [rate for rate in rates if rate > max(SWITCHES, SWITCHES_OVER_QUIET * quiet)]
    # A run that was disturbed from end to end has no quiet seconds to be compared with.
    if not busy and quiet <= SWITCHES:
        return None
    text = "the run was interrupted for others (involuntary switches):"
    threshold = max(SWITCHES / 2, 2 * quiet) if busy else SWITCHES
    name = "switches_per_s"
    cause = _cause("involuntary_switches", text, name, seconds, lambda s: s.switches, threshold, "a second")
    if cause is None:
        return None
    figures = (*cause.figures, (f"{name}_in_quiet_seconds", quiet))
    return replace(cause, text=f"{cause.text}; quiet seconds have {quiet:.0f}", figures=figures)


def _by_pressure(seconds: Sequence[_Second], _: EnvironmentFacts | None) -> Cause | None:
    told = [second for second in seconds if second.load.pressure >= 0]
    if not told:
        return None
    text = "tasks waited for a CPU:"
    return _cause("pressure", text, "pressure_share", told, lambda s: s.load.pressure, PRESSURE, "%")


def _by_frequency(seconds: Sequence[_Second], _: EnvironmentFacts | None) -> Cause | None:
    clocks = [second.load.frequency_mhz for second in seconds if second.load.frequency_mhz > 0]
    if len(clocks) < FEWEST_SECONDS:
        return None
    third = len(clocks) // 3
    first, last = median(clocks[:third]), median(clocks[-third:])
    change = last / first - 1
    if abs(change) <= FREQUENCY:
        return None
    word = "rose" if change > 0 else "fell"
    text = f"the clock {word} from {first / 1000:.2f} to {last / 1000:.2f} GHz over the run"
    figures = (("first_mhz", first), ("last_mhz", last), ("change", change))
    return Cause("frequency", text, figures, abs(change) / FREQUENCY)


_LOOKS: tuple[Callable[[Sequence[_Second], EnvironmentFacts | None], Cause | None], ...] = (
    _by_throttling,
    _by_heat,
    _by_steal,
    _by_other_load,
    _by_switches,
    _by_pressure,
    _by_frequency,
    _by_quota,
)


def _mean(seconds: Sequence[_Second], measure: Measure) -> float:
    whole = sum(second.length_s for second in seconds)
    return sum(measure(second) * second.length_s for second in seconds) / whole if whole else 0.0


def _share(flags: Iterable[bool]) -> float:
    told = list(flags)
    return sum(told) / len(told) if told else 0.0


def _amount(value: float, unit: str) -> str:
    if unit == "%":
        return _percent(value)
    return f"{value:.0f} {unit}" if value >= 10 else f"{value:.2g} {unit}"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.095 else f"{share * 100:.1f} %"
