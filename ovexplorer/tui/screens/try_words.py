"""What the prompt of a try says. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from ovexplorer import units
from ovexplorer.analysis.paired import FEWEST_QUADS, MOST_QUADS
from ovexplorer.options.apply import describe_change
from ovexplorer.text import clean
from ovexplorer.tui.attempt import Attempt
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.improving import IMPROVE_S, Improvement
from ovexplorer.tui.paired_words import delta_piece, drift_piece, shown_delta
from ovexplorer.tui.widgets.form import label, words
from ovexplorer.tui.widgets.interval_plot import IntervalView
from ovexplorer.tui.widgets.lines import Line, wrap
from ovexplorer.tuning.pair import remaining_s, spent_s

NAME = 11
"""Cells of the names before the figures."""


@dataclass(frozen=True)
class TryWords:
    """The parts of the prompt, from top to bottom."""

    above: tuple[Line, ...]
    plot: IntervalView
    below: tuple[Line, ...]
    keys: str
    can_keep: bool
    """Whether there is a figure to decide by."""


def try_words(attempt: Attempt, glyphs: Glyphs, width: int, elapsed_s: float = 0.0) -> TryWords:
    """What to show of a try.

    Args:
        attempt: As far as it is.
        glyphs: Signs to use.
        width: Cells of a line.
        elapsed_s: Since the present phase began.
    """
    changes = describe_change(attempt.present, attempt.spec) or "nothing"
    first = label("changes", (clean(changes, max(10, width - NAME)), "text"), width=NAME)
    if attempt.failed:
        return _failed(attempt, first, glyphs, width)
    delta = shown_delta(attempt.estimate)
    role = "m" if delta is None or delta.direction == "same" else "g" if delta.direction == "faster" else "b"
    plot = IntervalView()
    if delta is not None:
        plot = IntervalView((), delta.point * 100, delta.low * 100, delta.high * 100, role, ("slower", "faster"))
    drift, drift_role = drift_piece(attempt.drift)
    moved = ((((f" {drift}", drift_role),),) if drift else ()) if delta is not None else ()
    above = (first, *_times(attempt), (), _verdict(attempt, glyphs, elapsed_s), *moved)
    can_keep = delta is not None
    keys = _keys(attempt, glyphs) if can_keep else "esc stops it, nothing changes"
    return TryWords(above, plot, _expected(attempt), keys, can_keep)


def _failed(attempt: Attempt, first: Line, glyphs: Glyphs, width: int) -> TryWords:
    wrapped = [words(f" {part}", "text") for part in wrap(clean(attempt.reason, 400), width - 2)]
    said = ((f" {glyphs.bad} it could not be measured", "bad*"),)
    above = (first, (), said, *wrapped[:5], (), words(" What ran before goes on.", "muted"))
    return TryWords(above, IntervalView(), (), "esc closes", can_keep=False)


def _times(attempt: Attempt) -> tuple[Line, ...]:
    before, after = attempt.before_ns, attempt.after_ns

    def shown(ns: float | None) -> str:
        return units.duration(ns) if ns is not None else ""

    note = "median of its turns"
    return (
        label("before", (f"{shown(before):<12}", "text"), ("what runs now", "muted"), width=NAME),
        label("after", (f"{shown(after):<12}", "text*"), (note if after is not None else "", "muted"), width=NAME),
    )


def _verdict(attempt: Attempt, glyphs: Glyphs, elapsed_s: float) -> Line:
    contest = attempt.contest
    if contest is None or not contest.ready:
        side = "" if contest is None or contest.a.ready is None else " the change"
        return ((f" {glyphs.working} compiling{side} {elapsed_s:.1f} s", "warn"), ("   both, side by side", "muted"))
    if not contest.turns:
        return ((f" {glyphs.working} comparing the outputs", "warn"), ("   then both run in turns", "muted"))
    said = attempt.estimate
    if said.low is None:
        if attempt.over:
            return ((f" {glyphs.look} too slow to tell: {said.quads} of {FEWEST_QUADS} quads", "warn"),)
        return ((f" {glyphs.working} {said.quads} of {MOST_QUADS} quads", "warn"), (_left(attempt), "muted"))
    text, role = delta_piece(said, glyphs)
    direction = _direction(attempt)
    if direction == "same":
        text, word = f"{glyphs.same} no difference above {text.partition(glyphs.plus_minus)[2]}", ""
    else:
        word = f" {direction}"
    what = " (throughput)" if contest.metric == "throughput" else ""
    took = sum(spent_s(entry) for entry in attempt.contests)
    tail = f"   {said.quads} quads in {units.significant(took, 2)} s" if attempt.over else _progress(attempt, glyphs)
    return ((f" {text}{word}{what}", f"{role}*"), (tail, "muted"))


def _direction(attempt: Attempt) -> str:
    delta = shown_delta(attempt.estimate)
    return delta.direction if delta is not None else "same"


def _progress(attempt: Attempt, glyphs: Glyphs) -> str:
    return f"   {glyphs.working} {attempt.estimate.quads} of {MOST_QUADS} quads"


def _left(attempt: Attempt) -> str:
    left = remaining_s(attempt.contest) if attempt.contest is not None else None
    return f"   at most {left:.0f} s left; a figure from {FEWEST_QUADS} on" if left is not None else ""


def _expected(attempt: Attempt) -> tuple[Line, ...]:
    saved = attempt.saved_ns
    expected = f"expected {_change(attempt.expected_ns)}" if attempt.expected_ns is not None else ""
    measured = ""
    if saved is not None and (attempt.contest is None or attempt.contest.metric == "latency"):
        point, low, high = saved
        measured = f"measured {_change(point)} ±{units.significant((high - low) / 2e6, 2)}"
    if not expected and not measured:
        return ((words(" nobody can tell before it is measured", "muted")),)
    comma = ", " if expected and measured else ""
    return (((f" {expected}{comma}", "muted"), (measured, "text")),)


def _change(saved_ns: float) -> str:
    """Time saved as a change of the latency: `−0.42 ms`."""
    sign = units.MINUS if saved_ns >= 0 else "+"
    return f"{sign}{short_ms(abs(saved_ns))} ms"


def short_ms(ns: float) -> str:
    """Milliseconds with two decimals, or two digits below a tenth."""
    return units.significant(ns / 1e6, 3 if ns >= 1e5 else 2)


def _keys(attempt: Attempt, glyphs: Glyphs) -> str:
    more = f" {glyphs.dot} + measures longer" if attempt.over else ""
    return f"enter keeps {glyphs.dot} esc reverts{more} {glyphs.dot} y command"


def improve_line(known: Improvement, spent_s_: float, glyphs: Glyphs) -> Line:
    """How far trying everything is: `step 3, 2 kept   11.4 → 9.9 ms   24 of 60 s`."""
    gain = ""
    if known.first_ns is not None and known.last_ns is not None:
        gain = f"   {units.ms_number(known.first_ns)} {glyphs.right} {units.ms_number(known.last_ns)} ms"
    time = f"   {spent_s_:.0f} of {IMPROVE_S:.0f} s" if not known.ended else f"   in {spent_s_:.0f} s"
    role = "live*" if not known.ended else "text*"
    return ((f" step {known.steps}, {known.kept} kept", role), (gain, "text"), (time, "muted"))
