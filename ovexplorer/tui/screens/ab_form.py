"""The other side of a comparison when it is not known: an earlier configuration of the run, or a change that is typed.

Pure; the view asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from ovexplorer import units
from ovexplorer.errors import UsageError
from ovexplorer.options.apply import apply, describe_change
from ovexplorer.options.catalogue import by_id
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui.figures import RunFigures
from ovexplorer.tui.screens.choices import ChoiceRow

TYPE_IT = "type a change"
"""The choice that opens a field."""

EXAMPLE = "precision=f32, streams=2, model=PATH, KEY=VALUE"

BUDGETS_S = (10.0, 20.0, 40.0, 60.0, 120.0)
"""Times for the turns that `+` and `-` step through."""

_ENTRY = re.compile(r"(?:^|,)\s*([A-Za-z_][\w.]*)\s*=")
_KEY = re.compile(r"[A-Z][A-Z0-9_]+")


def changed(spec: RunSpec, text: str) -> RunSpec:
    """The spec with changes that were typed: `precision=f32, streams=2`, `model=other.xml`, `KEY=VALUE`.

    A comma ends a value only where another `name=` follows, so values may hold commas.

    Raises:
        UsageError: There is no change, no such option, or an option cannot have that value.
    """
    found = list(_entries(text))
    if not found:
        raise UsageError("no change is named", f"such as {EXAMPLE}")
    for name, value in found:
        spec = _with(spec, name, value)
    return spec


def _entries(text: str) -> Iterator[tuple[str, str]]:
    marks = list(_ENTRY.finditer(text))
    if text.strip() and (not marks or text[: marks[0].start()].strip()):
        raise UsageError(f"{clean(text, 60)} is no change", f"such as {EXAMPLE}")
    for mark, after in zip(marks, (*marks[1:], None)):
        yield mark[1], text[mark.end() : after.start() if after is not None else len(text)].strip()


def _with(spec: RunSpec, name: str, value: str) -> RunSpec:
    if not value:
        raise UsageError(f"{clean(name, 40)} has no value", "auto takes a setting back")
    if name == "model":
        return msgspec.structs.replace(spec, model=msgspec.structs.replace(spec.model, path=value))
    if _KEY.fullmatch(name):
        return msgspec.structs.replace(spec, properties={**spec.properties, name: value})
    return apply(by_id(name), spec, value)


def other_rows(state: RunState, present: RunSpec, figures: RunFigures) -> tuple[tuple[ChoiceRow, Segment], ...]:
    """Earlier configurations of the run that differ from one, newest first, with their p50."""
    rows: list[tuple[ChoiceRow, Segment]] = []
    seen = [present]
    for segment in reversed(state.segments):
        known = figures.of(segment.number)
        if segment.spec in seen or not segment.windows or known is None:
            continue
        seen.append(segment.spec)
        words = clean(describe_change(present, segment.spec), 60) or "as before"
        measured = f"{units.significant(known.p50_ms)} ms"
        rows.append((ChoiceRow(f"{segment.number}", words, measured), segment))
    return tuple(rows)


def other_budget(budget_s: float, by: int) -> float:
    """The next longer or shorter time."""
    place = min(range(len(BUDGETS_S)), key=lambda index: abs(BUDGETS_S[index] - budget_s)) + by
    return BUDGETS_S[min(max(place, 0), len(BUDGETS_S) - 1)]


def typing_row() -> ChoiceRow:
    """The choice that opens a field."""
    return ChoiceRow(TYPE_IT, EXAMPLE)


def endless(spec: RunSpec) -> RunSpec:
    """A spec without an end of its own: turns are counted by the comparison."""
    return msgspec.structs.replace(spec, duration_s=0.0, iterations=0, raw=False)
