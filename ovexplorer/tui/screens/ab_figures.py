"""The tables of the A/B view: figures of both sides with reasons where there are none, and drift. Pure functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ovexplorer import units
from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.analysis.summary import Percentile, RunSummary
from ovexplorer.schema.drift import Divergence, Drift, OutputDrift
from ovexplorer.schema.recorded import Metric
from ovexplorer.schema.results import Phase
from ovexplorer.session.state import Contest, RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.paired_words import drift_figure, shown_delta, worst
from ovexplorer.tui.widgets.frame import Piece
from ovexplorer.tui.widgets.lines import Line

LABEL, FIGURE, DELTA = 19, 9, 16
"""Cells of the columns."""

_SPACIOUS = 74
"""Columns from which there is one for what is needed."""
_TIGHT = 7
"""Cells of a figure where there are fewer columns."""
_COMMON, _FULL = 7, 11
"""Rows from which there are six figures, and from which there are all."""


@dataclass(frozen=True)
class Sides:
    """What is known of both sides after some of the turns."""

    a: RunSummary
    b: RunSummary
    latency: PairEstimate
    throughput: PairEstimate

    def of(self, metric: Metric) -> PairEstimate:
        """What is compared."""
        return self.latency if metric == "latency" else self.throughput


@dataclass(frozen=True)
class _Figure:
    """One row."""

    label: str
    values: tuple[str, str]
    """Of A and B."""
    delta: Piece = ("", "muted")
    needed: str = ""


def figure_lines(
    state: RunState, contest: Contest, sides: Sides, glyphs: Glyphs, size: tuple[int, int]
) -> tuple[Line, ...]:
    """The table: a heading, then a row for each figure.

    Args:
        state: Of the run, for what was measured outside the turns.
        contest: What is shown.
        sides: Its figures.
        glyphs: Signs to use.
        size: Columns and rows; in few rows only the three figures that matter most are told.
    """
    width, height = size
    spacious = width >= _SPACIOUS
    head = f"  {'':<{LABEL}}{'A':>{FIGURE}}{'B':>{FIGURE}}    {'B against A':<{DELTA}}needed"
    if not spacious:
        head = f"  {'':<{LABEL - 1}}{'A':>{_TIGHT}}{'B':>{_TIGHT}}  B against A"
    throughput = _Figure("throughput FPS", (_fps(sides.a), _fps(sides.b)), _delta(sides.throughput, glyphs))
    full = height > _FULL
    rows = [_percentile("p50 latency ms", sides, 50.0, _delta(sides.latency, glyphs))]
    if full:
        rows.append(_percentile("p90 latency ms", sides, 90.0))
    if height >= _COMMON:
        rows += [_percentile("p95 latency ms", sides, 95.0), _percentile("p99 latency ms", sides, 99.0)]
    rows.append(throughput)
    if full:
        rows += [_phase("compile ms", state, contest, "compile")]
        rows += [_phase("first inference ms", state, contest, "first_inference")]
        rows.append(_cpu_time(contest))
    if height >= _COMMON:
        rows.append(_memory(state, contest, glyphs))
    rows.append(_drift_row(contest, glyphs))
    return ((head, "muted"),), *(_line(row, spacious=spacious) for row in rows)


def _fps(side: RunSummary) -> str:
    return units.significant(side.fps) if side.fps else units.NOT_AVAILABLE


def _line(row: _Figure, *, spacious: bool) -> Line:
    text, role = row.delta
    if not spacious:
        # Without a column of its own the reason stands where the difference would.
        beside = row.delta if text else (row.needed, "muted")
        figures = "".join(f"{value:>{_TIGHT}}" for value in row.values)
        return (f"  {row.label:<{LABEL - 1}}", "muted"), (f"{figures}  ", "text"), beside
    return (
        (f"  {row.label:<{LABEL}}", "muted"),
        (f"{row.values[0]:>{FIGURE}}{row.values[1]:>{FIGURE}}    ", "text"),
        (f"{text:<{DELTA}}", role),
        (row.needed, "muted"),
    )


def _delta(estimate: PairEstimate, glyphs: Glyphs) -> Piece:
    delta = shown_delta(estimate)
    if delta is None:
        return "", "muted"
    if delta.direction == "same":
        return f"{glyphs.same} {delta.text()}", "muted"
    if delta.direction == "faster":
        return f"{glyphs.better} {delta.text()}", "good"
    return f"{glyphs.worse} {delta.text()}", "bad"


def _percentile(label: str, sides: Sides, percent: float, delta: Piece = ("", "muted")) -> _Figure:
    a, b = sides.a.percentile(percent), sides.b.percentile(percent)
    return _Figure(
        label, (_or_dash(a.value_ns, units.ms_number), _or_dash(b.value_ns, units.ms_number)), delta, _needed(a, b)
    )


def _or_dash(value: float | None, text: Callable[[float], str]) -> str:
    return text(value) if value is not None else units.NOT_AVAILABLE


def _needed(a: Percentile, b: Percentile) -> str:
    missing = [entry for entry in (a, b) if entry.value_ns is None]
    if not missing or missing[0].percent <= 50:
        # Before the first turn there is nothing to say.
        return ""
    seconds = [entry.seconds for entry in missing if entry.seconds is not None]
    # The other side has its turns in between.
    return f"{max(seconds) * 2:,.0f} s more" if len(seconds) == len(missing) else missing[0].reason


def _phase(label: str, state: RunState, contest: Contest, phase: Phase) -> _Figure:
    found = [phase_ns(state, side, phase) for side in (contest.a, contest.b)]
    values = (_or_dash(found[0], units.ms_number), _or_dash(found[1], units.ms_number))
    return _Figure(label, values, needed="one sample" if any(found) else "")


def phase_ns(state: RunState, side: Segment, phase: Phase) -> int | None:
    """How long a phase took; for a configuration that was kept compiled, when the run did it."""
    earlier = (entry for entry in reversed(state.segments) if entry.spec == side.spec)
    return next((took for entry in (side, *earlier) if (took := entry.phase_ns(phase)) is not None), None)


def _cpu_time(contest: Contest) -> _Figure:
    def per_inference(side: Segment) -> float | None:
        turns = [turn for turn in contest.turns if turn.window.segment == side.number]
        # What was dropped was computed too.
        count = sum(turn.window.count + turn.dropped for turn in turns)
        spent = sum(turn.cpu_ns for turn in turns)
        return spent / count if count and spent else None

    return _pair("CPU ms an inference", contest, per_inference, units.ms_number)


def _pair(label: str, contest: Contest, of: Callable[[Segment], float | None], text: Callable[[float], str]) -> _Figure:
    a, b = of(contest.a), of(contest.b)
    delta = ""
    if a is not None and b is not None and a != b:
        delta = f"{text(abs(a - b))} {'less' if b < a else 'more'}"
    return _Figure(label, (_or_dash(a, text), _or_dash(b, text)), (f"  {delta}" if delta else "", "muted"))


def _memory(state: RunState, contest: Contest, glyphs: Glyphs) -> _Figure:
    a, b = (_memory_of(state, side) for side in (contest.a, contest.b))
    if a is None or b is None:
        return _Figure("memory MB", (_or_dash(a, _megabytes), _or_dash(b, _megabytes)), needed="only measured alone")
    less = (a - b) / 1e6
    sign, role = (glyphs.better, "good") if less > 0 else (glyphs.worse, "bad")
    delta = (f"{sign} {abs(less):,.0f} {'less' if less > 0 else 'more'}", role) if abs(less) >= 1 else ("", "muted")
    return _Figure("memory MB", (_megabytes(a), _megabytes(b)), delta)


def _megabytes(count: float) -> str:
    return f"{count / 1e6:,.0f}"


def _memory_of(state: RunState, side: Segment) -> int | None:
    """From a time when nothing else lived in the engine; both sides at once share one process."""
    alone = [entry for entry in (*state.segments, side) if entry.spec == side.spec and entry.memory_fresh]
    taken = [memory for entry in alone for memory in entry.memory if memory.after not in ("start", "read")]
    return taken[-1].rss_bytes if taken else None


def _drift_row(contest: Contest, glyphs: Glyphs) -> _Figure:
    a, b = contest.drift_a, contest.drift_b
    if a is None and b is None:
        return _Figure("drift to f32", (glyphs.missing, glyphs.missing))

    def figure(drift: Drift | None) -> str:
        # Without what stands in words beside it.
        return drift_figure(drift)[0].partition(" ")[0] if drift is not None else glyphs.ellipsis

    words = [(name, *top1_words(drift)) for name, drift in (("B", b), ("A", a)) if drift is not None]
    # What is wrong with one of them goes before what is right with the other.
    name, text, role = next((entry for entry in words if entry[2] == "bad"), words[0])
    return _Figure("drift to f32", (figure(a), figure(b)), (f"{name}: {text}" if role == "bad" else text, role))


def top1_words(drift: Drift) -> Piece:
    """`top-1 same, 64 of 64`, `top-1 changed in 3 of 64`, `12 NaN or Inf`, or why there is no drift."""
    output = worst(drift)
    if drift.state == "unavailable":
        return drift.why or "not known", "muted"
    if output is None:
        return ("is the reference" if drift.state == "reference" else ""), "muted"
    if output.non_finite:
        return f"{output.non_finite:,} NaN or Inf", "bad"
    if not output.top1_of:
        return f"over {drift.inputs} inputs", "muted"
    if output.top1_changed:
        return f"top-1 changed in {output.top1_changed} of {output.top1_of}", "bad"
    return f"top-1 same, {output.top1_of} of {output.top1_of}", "muted"


# Drift.


def drift_lines(contest: Contest, *, searching: bool, glyphs: Glyphs) -> tuple[Line, ...]:
    """The table of drift, with the first operation that moves."""
    a, b = contest.drift_a, contest.drift_b
    beside = _beside(contest, searching=searching, glyphs=glyphs)
    if a is None and b is None:
        why = "nothing yet" if contest.stopped is None else "not measured"
        return ((f"  {why}", "muted"),), *beside
    head = ((f"  {'':<{LABEL}}{'A':>{FIGURE}}{'B':>{FIGURE}}", "muted"),)
    rows: list[Line] = [head]
    for label, text in _DRIFT_ROWS:
        shown = (_drift_cell(drift, text, glyphs) for drift in (a, b))
        rows.append(((f"  {label:<{LABEL}}", "muted"), ("".join(f"{cell:>{FIGURE}}" for cell in shown), "text")))
    for name, drift in (("A", a), ("B", b)):
        if drift is not None and drift.state == "reference":
            rows.append(((f"  {name} is the reference itself", "muted"),))
        elif drift is not None and drift.why:
            rows.append(((f"  {name}: {drift.why}", "muted"),))
    return (*rows, *beside)


def _drift_cell(drift: Drift | None, text: Callable[[OutputDrift], str], glyphs: Glyphs) -> str:
    if drift is None:
        return glyphs.ellipsis
    output = worst(drift)
    if output is None:
        return "0" if drift.state == "reference" else glyphs.missing
    return text(output)


_DRIFT_ROWS: tuple[tuple[str, Callable[[OutputDrift], str]], ...] = (
    ("largest difference", lambda output: _small(output.max_abs)),
    ("relative L2", lambda output: _small(output.relative_l2)),
    ("cosine", lambda output: f"{output.cosine:.6f}" if output.cosine < 1 else "1"),
    ("top-1 changed", lambda output: f"{output.top1_changed} of {output.top1_of}" if output.top1_of else "—"),
    ("NaN or Inf", lambda output: f"{output.non_finite:,}"),
)


def _small(value: float) -> str:
    """`2.1e-2`."""
    if not value:
        return "0"
    mantissa, _, exponent = f"{value:.1e}".partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def _beside(contest: Contest, *, searching: bool, glyphs: Glyphs) -> tuple[Line, ...]:
    divergence = contest.divergence
    if divergence is not None:
        words, role = divergence_words(divergence)
        return ((), ((f"  {first_words(contest)}: ", "muted"), (words, role)))
    if searching:
        return ((), ((f"  {glyphs.working} searching the first operation that moves", "warn"),))
    if contest.stopped is None or contest.moved is None:
        return ()
    return ((), ((f"  {first_words(contest)}: ", "muted"), ("enter searches it", "live")))


def first_words(contest: Contest) -> str:
    """In which of the two the first operation that moves is searched."""
    return f"first that moves in {'A' if contest.moved is contest.a else 'B'}"


def divergence_words(divergence: Divergence) -> Piece:
    """`conv1 · Convolution, 3e-3`."""
    if divergence.why:
        return divergence.why, "muted"
    first = divergence.first
    if first is None:
        return f"nothing above {divergence.threshold:g}", "good"
    return f"{clean(first.name, 40)} · {first.type}, relative L2 {_small(first.relative_l2)}", "text"
