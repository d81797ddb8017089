"""The words of a ladder: figures, deltas, drift, badge, run line. Pure functions over a LadderState."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import median
from types import MappingProxyType
from typing import Final, TypeAlias

from ovexplorer import units
from ovexplorer.analysis.compare import Delta
from ovexplorer.analysis.intervals import Interval
from ovexplorer.analysis.paired import MOST_QUADS, PairEstimate
from ovexplorer.export.ladder import best_of
from ovexplorer.schema.drift import Drift
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.paired_words import drift_figure, shown_delta
from ovexplorer.tui.widgets.frame import Piece
from ovexplorer.tui.widgets.ladder_list import DELTA, DRIFT
from ovexplorer.tuning.startup import total_ms
from ovexplorer.tuning.steps import LadderKind, LadderState, Startup, StepResult

TITLES: Final[dict[LadderKind, str]] = {"ladder": "Ladder", "slower": "Why slower", "startup": "Start-up"}

PHASES: Final = ("import", "read", "compile", "first", "steady")
"""Phases of a start-up that the bar stacks; the figure ends with the first inference, a steady one stands behind it."""

Firsts: TypeAlias = Mapping[str, int]
"""Part to the index of the step that the user made its first bar."""

NO_FIRSTS: Final[Firsts] = MappingProxyType({})

Words: TypeAlias = tuple[str, str]
"""Text and role letter."""

_LETTERS: Final = {"text": " ", "muted": "m", "good": "g", "warn": "w", "bad": "b"}


def phase_signs(glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    """Each phase with its sign in the bar."""
    capture, queue, infer, post = tuple(glyphs.stages)
    return tuple(zip(PHASES, (glyphs.bar, capture, infer, post, queue)))


def value_of(result: StepResult) -> float | None:
    """The figure that its bar shows: milliseconds, or frames a second; None before it was measured."""
    if result.step.part == "startup":
        return result.latency_ms
    if result.step.part == "slower" and not _paced(result):
        # The caller's time for one: wall time over completions.
        return 1e3 / result.fps if result.fps else None
    if result.step.part == "slower":
        return result.latency_ms
    return result.latency_ms if result.step.metric == "latency" else result.fps


def interval_of(result: StepResult) -> Interval | None:
    """95 % interval of that figure."""
    if result.step.part == "startup":
        totals = [total_ms(startup) for startup in result.startups]
        return Interval(min(totals), max(totals)) if len(totals) > 1 else None
    if result.step.part == "slower" and not _paced(result):
        rate = result.fps_interval
        return Interval(1e3 / rate.high, 1e3 / rate.low) if rate is not None and rate.low > 0 else None
    if result.step.part == "slower":
        return result.latency_interval_ms
    return result.latency_interval_ms if result.step.metric == "latency" else result.fps_interval


def _paced(result: StepResult) -> bool:
    """Whether inferences are due by a clock: then the caller waits between them, and their latency is what counts."""
    return result.step.spec is not None and result.step.spec.load != "closed"


def phase_ns(startup: Startup, phase: str) -> float | None:
    """Nanoseconds of one phase of a start-up."""
    return {
        "import": startup.import_ns,
        "read": startup.read_ns,
        "compile": startup.compile_ns,
        "first": startup.first_ns,
        "steady": startup.steady_ns,
    }[phase]


def phase_ms(result: StepResult, phase: str) -> tuple[float, float] | None:
    """Median of a phase over the repetitions and half of their spread; None where it did not run."""
    found = [ns / 1e6 for startup in result.startups if (ns := phase_ns(startup, phase)) is not None]
    return (median(found), (max(found) - min(found)) / 2) if found else None


def lower_is_better(result: StepResult) -> bool:
    """Whether a shorter bar is the better one."""
    return result.step.part in ("startup", "slower") or result.step.metric == "latency"


def best_of_parts(state: LadderState) -> dict[str, int]:
    """Index of the best step of each part; parts in which the comparisons do not show one have none, nor have costs."""
    parts = [part for part in dict.fromkeys(result.step.part for result in state.results) if part != "slower"]
    found = {part: best_of(state.results, part) for part in parts}
    places = {result.step.id: index for index, result in enumerate(state.results)}
    return {part: places[best.step.id] for part, best in found.items() if best is not None}


def number_of(state: LadderState, step_id: str) -> int | None:
    """The number of a step as the list shows it."""
    return next((n for n, result in enumerate(state.results, 1) if result.step.id == step_id), None)


def first_of_part(state: LadderState, index: int, firsts: Firsts = NO_FIRSTS) -> int | None:
    """Index of the bar that the others of a step's part are compared with."""
    part = state.results[index].step.part
    if part in firsts:
        return firsts[part]
    return next(
        (at for at, r in enumerate(state.results) if r.step.part == part and value_of(r) is not None),
        None,
    )


def against(state: LadderState, index: int, firsts: Firsts = NO_FIRSTS) -> PairEstimate | None:
    """A step against the first bar of its part, or against the one chosen instead; None without a comparison.

    Both were compared with the same bar, so that their logarithms are subtracted and half widths added in squares.
    """
    result = state.results[index]
    chosen = firsts.get(result.step.part)
    base = state.results[chosen].against_first if chosen is not None else None
    mine = result.against_first
    if base is None:
        # Chosen was the first bar itself, or nothing was chosen.
        return mine
    if mine is None:
        return base.turned if value_of(result) is not None and first_of_part(state, index) == index else None
    if None in (mine.point, mine.low, mine.high, base.point, base.low, base.high):
        return None
    return _apart(mine, base)


def _apart(mine: PairEstimate, base: PairEstimate) -> PairEstimate:
    point = math.log((mine.point or 1.0) / (base.point or 1.0))
    halves = [math.log((e.high or 1.0) / (e.low or 1.0)) / 2 for e in (mine, base)]
    half = math.hypot(*halves)
    return PairEstimate(min(mine.quads, base.quads), math.exp(point), math.exp(point - half), math.exp(point + half))


def delta_words(state: LadderState, index: int, glyphs: Glyphs, firsts: Firsts = NO_FIRSTS) -> Words:
    """The delta field, at most 14 cells: against the first bar of the part, or the one chosen instead."""
    result = state.results[index]
    if result.status == "running":
        return _progress(result, glyphs)
    if value_of(result) is None:
        return "", "m"
    if first_of_part(state, index, firsts) == index:
        return "first", "m"
    if result.step.part == "startup":
        return _startup_delta(state, index, glyphs, firsts)
    if result.step.part == "slower":
        return added_words(result, glyphs)
    equal = number_of(state, result.equals) if result.equals and result.step.part not in firsts else None
    if equal is not None:
        return f"{glyphs.same} step {equal} {_detectable(result, glyphs)}".rstrip(), "m"
    judged = against(state, index, firsts)
    delta = shown_delta(judged) if judged is not None else None
    if delta is None:
        return units.NOT_AVAILABLE, "m"
    if delta.direction == "same":
        return f"{glyphs.same} {delta.text()}"[:DELTA], "m"
    return _signed(delta, glyphs)


def _progress(result: StepResult, glyphs: Glyphs) -> Words:
    if result.step.how == "fresh":
        return f"{glyphs.working} {len(result.startups)} runs", "w"
    if result.step.how == "engine" and result.quads:
        return f"{glyphs.working} {result.quads}/{MOST_QUADS} quads", "w"
    return f"{glyphs.working} measuring" if result.step.how != "engine" else f"{glyphs.working} compiling", "w"


def _signed(delta: Delta, glyphs: Glyphs) -> Words:
    better = delta.point > 0
    sign, role = (glyphs.better, "g") if better else (glyphs.worse, "b")
    text = f"{sign} {delta.text()}"
    if len(text) > DELTA:
        half = max(delta.point - delta.low, delta.high - delta.point)
        text = f"{sign} {units.signed_percent(delta.point)} {glyphs.plus_minus}{_percent(half)}"
    if len(text) > DELTA:
        half = max(delta.point - delta.low, delta.high - delta.point)
        text = f"{sign} {1 + delta.point:.3g}x {glyphs.plus_minus}{half:.2g}"
    return text, role


def added_words(result: StepResult, glyphs: Glyphs) -> Words:
    """Milliseconds that a step adds: `▼ +3.2 ms`, `≈ +0.1 ms` where they cannot be told from none."""
    added = result.added_ms
    if added is None:
        return units.NOT_AVAILABLE, "m"
    text = f"{signed_ms(added)} ms"
    judged = result.against_previous
    if result.equals or (judged is not None and judged.low is not None and judged.verdict == "no_difference"):
        return f"{glyphs.same} {text}", "m"
    return (f"{glyphs.worse} {text}", "b") if added > 0 else (f"{glyphs.better} {text}", "g")


def signed_ms(milliseconds: float) -> str:
    """`+3.20`, `−0.41`."""
    digits = 3 if abs(milliseconds) >= 1 else 2
    return f"{'+' if milliseconds >= 0 else ''}{units.significant(milliseconds, digits)}"


def added_total(state: LadderState) -> float | None:
    """All that the steps of `slower` add, in milliseconds; None before the second one."""
    added = [result.added_ms for result in state.results if result.added_ms is not None]
    return sum(added) if added else None


def _startup_delta(state: LadderState, index: int, glyphs: Glyphs, firsts: Firsts) -> Words:
    first = first_of_part(state, index, firsts)
    mine, theirs = interval_of(state.results[index]), interval_of(state.results[first or 0])
    value, base = value_of(state.results[index]), value_of(state.results[first or 0])
    if value is None or base is None:
        return "", "m"
    text = f"{signed_ms(value - base)} ms"
    # Every repetition of one against every repetition of the other; with a single one nothing is told.
    if mine is None or theirs is None or (mine.low <= theirs.high and theirs.low <= mine.high):
        return f"{glyphs.same} {text}", "m"
    return (f"{glyphs.better} {text}", "g") if value < base else (f"{glyphs.worse} {text}", "b")


def _detectable(result: StepResult, glyphs: Glyphs) -> str:
    half = half_width(result)
    return f"{glyphs.plus_minus}{_percent(half)}" if half is not None else ""


def half_width(result: StepResult) -> float | None:
    """The wider half of the interval of a step's comparison, as a fraction; None without one."""
    judged = result.against_previous or result.against_first
    if judged is None or judged.low is None or judged.high is None or judged.point is None:
        return None
    return max(judged.high - judged.point, judged.point - judged.low)


def _percent(fraction: float) -> str:
    percent = abs(fraction) * 100
    return f"{math.ceil(percent * 10 - 1e-9) / 10:.1f}" if percent < 1 else f"{math.ceil(percent - 1e-9)}"


def drift_words(drift: Drift | None) -> Words:
    """Relative L2 of the worst output with one digit, or what is broken: `3e-3`, `0`, `NaN x12`."""
    if drift is None:
        return "", "m"
    text, role = drift_figure(drift)
    # The panel of the step has room for the classes that changed.
    text = text.partition(" top-1")[0]
    return text if len(text) <= DRIFT else text[:3], _LETTERS[role]


def coarse(seconds: float) -> str:
    """`18 s`, `3 min`."""
    return f"{max(1, round(seconds))} s" if seconds < 100 else f"{round(seconds / 60)} min"


def next_index(state: LadderState) -> int | None:
    """Index of the step under way, or of the one that comes next; None when none is left."""
    if 0 <= state.current < len(state.results):
        return state.current
    return next((index for index, result in enumerate(state.results) if result.status == "waiting"), None)


def step_number(state: LadderState) -> int:
    """Number of that step as the list shows it; the last one when none is left."""
    index = next_index(state)
    return len(state.results) if index is None else index + 1


def badge(state: LadderState, glyphs: Glyphs) -> Piece | None:
    """`◐ 14/16` while it runs, `‖ PAUSED`, `◐ enter` while it waits for the key; None when nothing is under way."""
    if state.status == "paused":
        return f"{glyphs.paused} PAUSED", "muted*"
    if state.status == "waiting":
        return f"{glyphs.working} enter", "live*"
    if state.status == "running":
        return f"{glyphs.working} {step_number(state)}/{len(state.results)}", "warn*"
    return None


def run_words(state: LadderState) -> Piece | None:
    """Right end of row 2: where it is and how long it can still take; None before it began."""
    number, count = step_number(state), len(state.results)
    left = f", about {coarse(state.remaining_s)} left" if state.remaining_s else ""
    if state.status == "running":
        return f"step {number} of {count}{left}", "warn"
    if state.status == "waiting":
        return f"enter goes on with step {number} of {count}", "live"
    if state.status == "paused":
        return f"paused in step {number} of {count}{left}", "muted"
    done = sum(result.status == "done" for result in state.results)
    if state.status == "done":
        return f"{done} of {count} steps measured", "text"
    return (f"stopped, {done} of {count} steps measured", "muted") if state.status == "stopped" else None
