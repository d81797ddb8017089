"""The tables of `ovexplorer ladder`: one for each part, with bars on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from ovexplorer.cli.tables import Column, Table
from ovexplorer.export.ab import drift_text
from ovexplorer.export.ladder import best_of, first_of
from ovexplorer.tuning.startup import total_ms
from ovexplorer.tuning.steps import LadderState, Startup, StepResult
from ovexplorer.units import MINUS, NOT_AVAILABLE, significant, size

_LONGEST_BAR = 24
_SHORTEST_BAR = 8
_BESIDE_BARS = 100
"""Cells that the other columns need."""

_HEADINGS = {
    "latency": "latency ms, lower is better",
    "throughput": "throughput FPS, higher is better",
    "slower": "the caller's ms for one inference, lower is better",
    "startup": "ms from import to the first result, lower is better",
}


def bar_of(sign: str, width: int) -> str:
    """The longest bar that a terminal of this width has room for beside the figures; empty when there is none."""
    room = min(_LONGEST_BAR, width - _BESIDE_BARS)
    return sign * room if room >= _SHORTEST_BAR else ""


def ladder_tables(state: LadderState, title: str, *, bar: str = "") -> list[Table]:
    """A table for each part.

    Args:
        state: How it ended.
        title: Model and device, above the first table.
        bar: The longest bar; empty leaves them out.
    """
    if state.kind == "startup":
        return [_startup_table(state, title, bar)]
    parts = list(dict.fromkeys(result.step.part for result in state.results))
    tables = []
    for place, part in enumerate(parts):
        head = f"{title} · {_HEADINGS[part]}" if not place else _HEADINGS[part]
        tables.append(_part_table(state.results, part, head, bar))
    return tables


def _part_table(results: Sequence[StepResult], part: str, title: str, bar: str) -> Table:
    rates = part == "throughput"
    figure = _fps if rates else _latency
    rows = [(number, result) for number, result in enumerate(results, 1) if result.step.part == part]
    longest = max((figure(result) or 0.0 for _, result in rows), default=0.0)
    numbers = {result.step.id: number for number, result in enumerate(results, 1)}
    # The costs of an application are no contest.
    best = best_of(results, part) if part != "slower" else None
    columns = [Column("#", number=True), Column("step"), Column("FPS" if rates else "ms", number=True)]
    columns += [Column("")] if bar else []
    columns += [Column("added ms", number=True)] if part == "slower" else []
    columns += [Column("against first"), *([Column("drift")] if part != "slower" else []), Column("note")]
    cells = []
    for number, result in rows:
        value = figure(result)
        row = [str(number), result.step.title, significant(value) if value is not None else ""]
        row += [_bar(value, longest, bar)] if bar else []
        row += [_added(result)] if part == "slower" else []
        row.append(_against(result, first_of(results, result), numbers) + (" best" if result is best else ""))
        row += [drift_text(result.drift) if result.drift is not None else ""] if part != "slower" else []
        row.append(_note(result))
        cells.append(tuple(row))
    return Table(tuple(columns), tuple(cells), title)


def _latency(result: StepResult) -> float | None:
    return result.latency_ms


def _fps(result: StepResult) -> float | None:
    return result.fps


def _bar(value: float | None, longest: float, whole: str) -> str:
    return whole[: max(1, round(len(whole) * value / longest))] if value and longest else ""


def _added(result: StepResult) -> str:
    if result.added_ms is None:
        return ""
    text, between = _signed(result.added_ms), result.added_interval_ms
    return text if between is None else f"{text} ({_signed(between.low)} … {_signed(between.high)})"


def _signed(milliseconds: float) -> str:
    return f"{'+' if milliseconds >= 0 else MINUS}{significant(abs(milliseconds))}"


def _against(result: StepResult, first: StepResult | None, numbers: dict[str, int]) -> str:
    if result.status != "done":
        return ""
    if result is first:
        return "first"
    said = result.against_first
    if said is None or said.point is None:
        return NOT_AVAILABLE
    if said.delta is None:
        quads = f"{said.quads} quad{'s' if said.quads != 1 else ''} only"
        return f"{(said.point - 1) * 100:+.0f} %, {quads}".replace("-", MINUS)
    if result.equals:
        return f"as step {numbers[result.equals]}"
    return said.delta.text()


def _note(result: StepResult) -> str:
    return {"skipped": result.reason, "failed": f"failed: {result.reason}", "waiting": "not measured"}.get(
        result.status, result.note
    )


def _startup_table(state: LadderState, title: str, bar: str) -> Table:
    columns = [Column("#", number=True), Column("start"), Column("ms", number=True)]
    columns += [Column("")] if bar else []
    columns += [Column(name, number=True) for name in ("import", "read", "compile", "first", "steady")]
    columns += [Column("cache", number=True), Column("note")]
    longest = max((result.latency_ms or 0.0 for result in state.results), default=0.0)
    cells = []
    for number, result in enumerate(state.results, 1):
        starts = result.startups
        row = [str(number), result.step.title, _middle(starts, lambda start: total_ms(start) * 1e6)]
        row += [_bar(result.latency_ms, longest, bar)] if bar else []
        row += [_middle(starts, phase) for phase in _PHASES]
        row += [size(starts[-1].cache_bytes) if starts and starts[-1].cache_bytes else "", _start_note(result)]
        cells.append(tuple(row))
    runs = max((len(result.startups) for result in state.results), default=0)
    head = f"{title} · {_HEADINGS['startup']}, median of {runs} start{'s' if runs != 1 else ''}"
    return Table(tuple(columns), tuple(cells), head)


_PHASES: tuple[Callable[[Startup], float | None], ...] = (
    lambda start: start.import_ns,
    lambda start: start.read_ns,
    lambda start: start.compile_ns,
    lambda start: start.first_ns,
    lambda start: start.steady_ns,
)


def _middle(starts: Sequence[Startup], phase: Callable[[Startup], float | None]) -> str:
    found = [ns for start in starts if (ns := phase(start)) is not None]
    return significant(median(found) / 1e6) if found else NOT_AVAILABLE if starts else ""


def _start_note(result: StepResult) -> str:
    return _note(result) or ("compiled" if result.startups and result.startups[-1].loaded_from_cache is False else "")
