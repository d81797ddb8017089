"""Turns a LadderState into the rows of the list: headings, axes, bars on one scale a part, reasons. Pure functions."""

from __future__ import annotations

import math
from typing import Final

from ovexplorer import units
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens import ladder_words as words
from ovexplorer.tui.widgets.ladder_list import LadderRow, columns_of
from ovexplorer.tuning.steps import LadderState, StepResult

HEADINGS: Final = {
    "latency": "latency ms, lower is better",
    "throughput": "throughput FPS, higher is better",
    "slower": "ms an inference, lower is better",
    "startup": "ms until the first result, lower is better",
}

TICK_CELLS: Final = 9
"""Cells between two labels of an axis, at least."""


def part_heading(state: LadderState, part: str) -> str:
    """What a part shows and which way is better; a part without a name of its own goes by its metric."""
    if part in HEADINGS:
        return HEADINGS[part]
    metric = next((r.step.metric for r in state.results if r.step.part == part), "latency")
    return f"{clean(part, 40)} · {HEADINGS[metric]}"


def first_heading(state: LadderState) -> str:
    """Heading of the first part; it stands in the title of the panel."""
    return part_heading(state, state.results[0].step.part) if state.results else ""


def ladder_rows(
    state: LadderState, glyphs: Glyphs, width: int, firsts: words.Firsts = words.NO_FIRSTS
) -> tuple[LadderRow, ...]:
    """All rows of a ladder.

    Args:
        state: What to show.
        glyphs: Signs to use.
        width: Of the list, for the ticks of the axes.
        firsts: First bars that the user chose.
    """
    rows: list[LadderRow] = []
    best = words.best_of_parts(state)
    cells = columns_of(width).bar
    for part in dict.fromkeys(result.step.part for result in state.results):
        if rows:
            rows.append(LadderRow("heading", title=part_heading(state, part)))
        top = _scale(state, part)
        rows.append(_axis(state, part, top, cells))
        for index, result in enumerate(state.results):
            if result.step.part == part:
                rows.append(_row(state, index, glyphs, top, best=best.get(part) == index, firsts=firsts))
    return (*rows, *_last_rows(state, glyphs))


def _scale(state: LadderState, part: str) -> float:
    """The figure at the right end of all bars of a part; 0 before the first is measured."""
    highest = 0.0
    for result in state.results:
        value = words.value_of(result)
        if result.step.part == part and value is not None and math.isfinite(value):
            steady = words.phase_ms(result, "steady")
            if part == "startup" and steady is not None:
                value += steady[0]
            interval = words.interval_of(result)
            # An interval of a first few turns may be ten times as long as the bar.
            highest = max(highest, value, min(interval.high, 1.5 * value) if interval else 0.0)
    return highest * 1.02


def _axis(state: LadderState, part: str, top: float, cells: int) -> LadderRow:
    fps = not words.lower_is_better(next(r for r in state.results if r.step.part == part))
    ticks: tuple[tuple[float, str], ...] = ()
    if top and cells:
        pitch = _pitch(top, cells)
        ticks = tuple((n * pitch / top, units.significant(n * pitch, 2)) for n in range(int(top / pitch) + 1))
    delta = "adds" if part == "slower" else "against first"
    unit = "FPS" if fps else "ms"
    drift = "drift" if part in ("latency", "throughput") else ""
    return LadderRow(
        "axis", title="step", title_role="m", value=unit, value_role="m", ticks=ticks, delta=delta, delta_role="m",
        drift=drift, note="note",
    )  # fmt: skip


def _pitch(top: float, cells: int) -> float:
    """Distance of ticks in units of 1, 2, 3 or 5 so that labels do not touch."""
    decade = 10.0 ** math.floor(math.log10(top))
    pitches = [factor * decade * scale for scale in (0.01, 0.1, 1, 10) for factor in (1, 2, 3, 5)]
    return next((pitch for pitch in pitches if pitch / top * cells >= TICK_CELLS), pitches[-1])


def _row(state: LadderState, index: int, glyphs: Glyphs, top: float, *, best: bool, firsts: words.Firsts) -> LadderRow:
    result = state.results[index]
    number, title = str(index + 1), clean(result.step.title, 60)
    if result.status == "skipped":
        reason = clean(result.reason or result.step.skipped, 200)
        return LadderRow("step", index, number, title, "m", text=reason)
    if result.status == "failed":
        reason = clean(result.reason, 200)
        return LadderRow("step", index, number, title, text=f"{glyphs.bad} {reason}", text_role="b")
    if words.value_of(result) is None:
        return _unmeasured(state, index, number, title, glyphs)
    running = result.status == "running"
    live = running and state.status != "paused"
    role = "l" if live else "g" if best else "m"
    delta, delta_role = words.delta_words(state, index, glyphs, firsts)
    drift, drift_role = words.drift_words(result.drift)
    return LadderRow(
        "step",
        index,
        number,
        title,
        title_role="B" if running or best else " ",
        value=units.significant(words.value_of(result) or 0.0),
        value_role="L" if live else "G" if best else " ",
        bar=_bar(result, top, glyphs),
        bar_role=role,
        interval=_interval(result, top),
        delta=delta,
        delta_role=delta_role,
        drift=drift,
        drift_role=drift_role,
        note=clean(result.note, 60),
    )


def _unmeasured(state: LadderState, index: int, number: str, title: str, glyphs: Glyphs) -> LadderRow:
    result = state.results[index]
    if result.status == "running":
        delta, role = words.delta_words(state, index, glyphs)
        return LadderRow("step", index, number, title, "B", delta=delta, delta_role=role)
    coming = words.next_index(state)
    if state.status == "waiting" and index == coming:
        return LadderRow("step", index, number, title, "B", text="enter measures it", text_role="l")
    if state.status in ("running", "waiting", "paused"):
        text = f"waits for step {coming + 1}" if coming is not None and index == coming + 1 else "waits"
        return LadderRow("step", index, number, title, text=text)
    return LadderRow("step", index, number, title, value=units.NOT_AVAILABLE, value_role="m")


def _bar(result: StepResult, top: float, glyphs: Glyphs) -> tuple[tuple[str, float], ...]:
    if not top:
        return ()
    if result.step.part != "startup":
        return ((glyphs.levels[6], (words.value_of(result) or 0.0) / top),)
    phases = ((sign, words.phase_ms(result, phase)) for phase, sign in words.phase_signs(glyphs))
    return tuple((sign, spent[0] / top) for sign, spent in phases if spent is not None)


def _interval(result: StepResult, top: float) -> tuple[float, float] | None:
    interval = words.interval_of(result)
    if interval is None or not top or result.step.part == "startup":
        return None
    return max(0.0, interval.low / top), min(1.0, interval.high / top)


def _last_rows(state: LadderState, glyphs: Glyphs) -> list[LadderRow]:
    if state.kind == "slower":
        total = words.added_total(state)
        if total is None:
            return []
        text = f"{words.signed_ms(total)} ms"
        return [LadderRow("total", title="all of it together", title_role="B", delta=f"  {text}", delta_role="B")]
    if state.kind == "startup":
        legend = "   ".join(f"{sign} {phase}" for phase, sign in words.phase_signs(glyphs))
        return [LadderRow("note", text=legend)]
    return []
