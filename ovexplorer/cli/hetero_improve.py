"""Looking for a better split, told for reading: each attempt as it ends, then all of them and what they came to."""

from __future__ import annotations

from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.analysis.split.words import counted
from ovexplorer.cli.console import Console
from ovexplorer.cli.hetero_tables import saving_number
from ovexplorer.cli.tables import Column, Table, pairs
from ovexplorer.export.ab import drift_text
from ovexplorer.text import clean
from ovexplorer.tuning.attempts import ENDED_WORDS, Attempt, Distance, Improved
from ovexplorer.units import NOT_AVAILABLE, duration, signed_percent


def told_line(attempt: Attempt) -> str:
    """One attempt in a line: what was expected, what was measured, and whether it is kept."""
    candidate = attempt.candidate
    head = f"{attempt.number}. {candidate.title}: expected {saving_number(candidate.saving_ns)} ms"
    if attempt.said is None or attempt.saved_ns is None:
        return f"{head}, not measured: {attempt.why}"
    measured = f"measured {saving_number(attempt.saved_ns)} ms ({_interval(attempt.said)})"
    return f"{head}, {measured}, {_verdict(attempt)}"


def print_improved(console: Console, improved: Improved) -> None:
    """Print the attempts and what they came to."""
    if improved.attempts:
        console.table(attempts_table(improved))
    console.table(pairs("", result_rows(improved)))


def attempts_table(improved: Improved) -> Table:
    """What was tried."""
    columns = (
        Column("", True), Column("tried"), Column("expect ms", True), Column("measured ms", True),
        Column("change, 99 % sure"), Column("submodels", True), Column("drift to f32"), Column("result"),
    )  # fmt: skip
    rows = tuple(
        (
            str(entry.number),
            entry.candidate.title,
            saving_number(entry.candidate.saving_ns),
            NOT_AVAILABLE if entry.saved_ns is None else saving_number(entry.saved_ns),
            _interval(entry.said) if entry.said is not None else "",
            f"{entry.candidate.submodels:,}",
            drift_text(entry.drift),
            _verdict(entry),
        )
        for entry in improved.attempts
    )
    return Table(columns, rows, "tried one after another, each in turns with the best before it")


def result_rows(improved: Improved) -> list[tuple[str, str]]:
    """What it came to."""
    rows = [("kept", f"{len(improved.kept)} of {len(improved.attempts)} tried in {improved.seconds:.0f} s")]
    ended = ENDED_WORDS[improved.ended]
    if improved.ended == "budget" and not improved.attempts:
        ended = f"one comparison takes about {improved.pair_s:.0f} s: --budget {2 * improved.pair_s:.0f} allows some"
    rows.append(("ended", ended))
    if improved.best == improved.first:
        return [*rows, ("best", "the split as it was")]
    parts = improved.kept[-1].candidate.submodels if improved.kept else 0
    rows.append(("best", f"{clean(improved.best.device)}, {counted(parts, 'submodel')}"))
    rows.append(("in all", _distance_words(improved.total) if improved.total else "not measured: no time was left"))
    if improved.alone is not None:
        rows.append((f"against {improved.alone.title}", _distance_words(improved.alone)))
    return rows


def _distance_words(entry: Distance) -> str:
    words = f"{duration(entry.other_ns)} → {duration(entry.best_ns)}"
    return f"{words} ({_interval(entry.said)})"


def _interval(said: PairEstimate) -> str:
    """The change of the latency: `−27 % (−29 … −25)`."""
    if said.point is None:
        return NOT_AVAILABLE
    point = signed_percent(1 / said.point - 1)
    if said.low is None or said.high is None:
        return f"{point}, no interval"
    return f"{point}, {signed_percent(1 / said.high - 1)} … {signed_percent(1 / said.low - 1)}"


def _verdict(entry: Attempt) -> str:
    if entry.said is None:
        return str(entry.why)
    if entry.kept:
        return "kept"
    return "slower: reverted" if entry.said.verdict == "a_faster" else "no difference: reverted"
