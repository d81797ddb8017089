"""What the A/B view says in words: the verdict, what differs, figures, drift. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass

from ovexplorer import units
from ovexplorer.analysis.compare import Delta
from ovexplorer.analysis.paired import FEWEST_QUADS, MOST_QUADS, PairEstimate
from ovexplorer.options.apply import describe_change, model_name, other_properties, read
from ovexplorer.options.catalogue import CATALOGUE
from ovexplorer.options.command import quoted, same_as
from ovexplorer.options.dynamic import effective_text
from ovexplorer.schema.recorded import Stopped
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import Contest, Segment
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.paired_words import shown_delta
from ovexplorer.tui.widgets.interval_plot import IntervalView
from ovexplorer.tui.widgets.interval_plot import Piece as Letter
from ovexplorer.tuning.pair import remaining_s, spent_s

TURNS_IN_QUAD = 4

SURE = "99 % sure"

STOPPED: dict[Stopped, str] = {
    "decided": "the difference is decided",
    "precise": "no difference that matters is left",
    "budget": "the time was up",
    "user": "stopped by you",
    "failed": "it could not be run",
}


@dataclass(frozen=True)
class Difference:
    """One thing in which A and B differ."""

    title: str
    a: str
    b: str


def differences(a: Segment, b: Segment) -> tuple[Difference, ...]:
    """What is not the same in the two specs, with what the device took where that is known."""
    found = []
    if a.spec.model.path != b.spec.model.path:
        found.append(Difference("Model", clean(model_name(a.spec.model)), clean(model_name(b.spec.model))))
    for option in CATALOGUE:
        values = read(option, a.spec), read(option, b.spec)
        if values[0] != values[1]:
            took = [effective_text(option, side.ready.effective) if side.ready else "" for side in (a, b)]
            shown = [_value(asked, clean(got, 24), option.nothing) for asked, got in zip(values, took)]
            found.append(Difference(option.title, *shown))
    left, right = other_properties(a.spec), other_properties(b.spec)
    for name in sorted({*left, *right}):
        if left.get(name) != right.get(name):
            sides = (clean(side.get(name, "auto"), 40) for side in (left, right))
            found.append(Difference(clean(name, 40), *sides))
    if not found and a.spec != b.spec:
        found.append(Difference("Settings", "as before", clean(describe_change(a.spec, b.spec), 60)))
    return tuple(found)


def _value(asked: str, took: str, nothing: str) -> str:
    asked = clean(asked, 40)
    if asked == nothing:
        return f"{took} (the default)" if took else f"{asked}"
    return f"{asked} → {took}" if took and took.lower() != asked.lower() else asked


def equal_words(a: RunSpec, b: RunSpec) -> str:
    """`the other 40 options are equal`."""
    equal = sum(read(option, a) == read(option, b) for option in CATALOGUE)
    return f"the other {equal} options are equal" if a != b else "A and B are the same"


def side_words(found: tuple[Difference, ...], side: str) -> str:
    """One side in a line: `precision f32, threads 2`."""
    if not found:
        return "the same"
    return ", ".join(f"{entry.title.lower()} {entry.a if side == 'a' else entry.b}" for entry in found)


# The verdict.


def progress_words(contest: Contest) -> str:
    """`12 of 50 quads, at most 14 s left`."""
    quads = f"{len(contest.turns) // TURNS_IN_QUAD} of {MOST_QUADS} quads"
    left = remaining_s(contest)
    return f"{quads}, at most {left:.0f} s left" if left is not None else quads


def verdict_view(contest: Contest, estimate: PairEstimate, glyphs: Glyphs) -> IntervalView:
    """The sentence with its interval."""
    delta = shown_delta(estimate)
    if contest.stopped is None:
        return _running_view(contest, delta, glyphs)
    if contest.stopped == "failed" and delta is None:
        return IntervalView(_failed_lines(contest, glyphs))
    if delta is None:
        return IntervalView(_too_few(contest, estimate, glyphs))
    said, role = _sentence(delta, glyphs)
    how = f"  {interval_words(delta)}, {SURE}, {estimate.quads} quads in ABBA order"
    if contest.stopped in ("user", "failed"):
        # Whoever stops when the figure pleases is not 99 % sure of it.
        why = "stopped by you" if contest.stopped == "user" else "it was ended"
        words = f"  {why}: {_looks(delta)}, {estimate.quads} quads"
        return _plotted(((("not decided", "B"), (words, "m")),), delta, "m")
    if delta.direction == "same":
        how = f"  {SURE}, {estimate.quads} quads in ABBA order"
    return _plotted((((said, role), (how, "m")),), delta, _PLAIN[role])


def _running_view(contest: Contest, delta: Delta | None, glyphs: Glyphs) -> IntervalView:
    working = glyphs.working
    if not contest.ready:
        side = "B" if contest.a.ready is not None else "A"
        return IntervalView((((f"{working} compiling {side}", "w"), ("  nothing is measured meanwhile", "m")),))
    if not contest.turns:
        what = "comparing the outputs with f32" if contest.drift_a is None or contest.drift_b is None else "starting"
        return IntervalView((((f"{working} {what}", "w"), ("  then A and B run in turns", "m")),))
    if delta is None:
        words = f"{working} {progress_words(contest)}"
        return IntervalView((((words, "m"), (f"  a figure from {FEWEST_QUADS} quads on", "m")),))
    words = f"{working} {_looks(delta)}, {progress_words(contest)}"
    return _plotted((((words, "m"),),), delta, "m")


def _plotted(lines: tuple[tuple[Letter, ...], ...], delta: Delta, role: str) -> IntervalView:
    # The whole interval, also where the words only give its bound.
    return IntervalView(lines, delta.point * 100, delta.low * 100, delta.high * 100, role)


def _sentence(delta: Delta, glyphs: Glyphs) -> Letter:
    if delta.direction == "same":
        return f"{glyphs.same} no difference above {units.significant(delta.detectable * 100, 2)} %", "B"
    percent = units.significant(abs(delta.point) * 100, 2)
    faster = delta.direction == "faster"
    return f"B is {percent} % {'faster' if faster else 'slower'} than A", "G" if faster else "D"


_PLAIN = {"G": "g", "D": "b", "B": "m"}
"""Role letters of a bold sentence, and of the interval under it."""


def _looks(delta: Delta) -> str:
    if delta.direction == "same":
        return f"B looks the same as A, within {units.significant(delta.detectable * 100, 2)} %"
    words = "faster" if delta.direction == "faster" else "slower"
    return f"B looks {units.significant(abs(delta.point) * 100, 2)} % {words}"


def interval_words(delta: Delta) -> str:
    """`36.6 … 40.1 %`."""
    low, high = sorted((abs(delta.low), abs(delta.high))) if delta.direction != "same" else (delta.low, delta.high)
    return f"{units.significant(low * 100)} … {units.significant(high * 100)} %"


def _too_few(contest: Contest, estimate: PairEstimate, glyphs: Glyphs) -> tuple[tuple[Letter, ...], ...]:
    if contest.stopped == "user":
        quads = "1 quad" if estimate.quads == 1 else f"{estimate.quads} quads"
        return (((f"{glyphs.look} stopped by you", "B"), (f"  after {quads}, too few to say", "m")),)
    first = (f"{glyphs.look} too slow to decide in {contest.budget_s:.0f} s", "B")
    had = f"  {estimate.quads} of the {FEWEST_QUADS} quads that an interval needs"
    return ((first, (had, "m")), (("+ gives it more time, r measures again", "m"),))


def _failed_lines(contest: Contest, glyphs: Glyphs) -> tuple[tuple[Letter, ...], ...]:
    for name, side in (("A", contest.a), ("B", contest.b)):
        if side.failed is not None:
            first = (f"{glyphs.bad} {name} could not be run: {side.failed.what}", "D")
            return ((first,), ((side.failed.hint, "m"),))
    return (((f"{glyphs.bad} the comparison ended", "D"), ("  the engine was ended; r measures again", "m")),)


def ended_words(contest: Contest) -> str:
    """Why it ended, and how long it took."""
    if contest.stopped is None:
        return "it stops by itself when it is sure"
    took = spent_s(contest)
    return f"{STOPPED[contest.stopped]}{f', after {units.significant(took, 2)} s' if took else ''}"


# The same without the TUI.


def command_of(a: RunSpec, b: RunSpec, budget_s: float) -> str:
    """The command line that compares the same two headless: that of A, and in what B is different."""
    pairs = [f"model={b.model.path}"] if a.model.path != b.model.path else []
    both = ((option.id, read(option, a), read(option, b)) for option in CATALOGUE)
    pairs += [f"{name}={value}" for name, before, value in both if before != value]
    left, right = other_properties(a), other_properties(b)
    pairs += [f"{key}={value}" for key, value in sorted(right.items()) if left.get(key) != value]
    # A against A is asked for by naming what it has anyway.
    told = ",".join(pairs) or f"device={b.device}"
    return f"{same_as(a, 'ab')} --b {quoted(told)} --budget {budget_s:g}"
