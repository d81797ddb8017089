"""Findings of the doctor as rows: of the overlay, and of the strip on Live. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer.analysis.causes import causes_of
from ovexplorer.analysis.doctor import findings, troubles
from ovexplorer.analysis.doctor_look import Finding, Level
from ovexplorer.analysis.stability import Verdict
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.cells import wrap
from ovexplorer.tui.widgets.doctor_strip import StripRow, StripView

ROLES: dict[Level, str] = {"bad": "bad", "look": "warn", "unknown": "muted", "good": "good"}
_LETTERS: dict[Level, str] = {"bad": "b", "look": "w", "unknown": "m", "good": "g"}

_MOST_LINES = 6
"""Of one text; longer ones are cut."""


@dataclass(frozen=True)
class DoctorRow:
    """One line of the overlay."""

    sign: str
    """Before the title of a finding; blank on the lines below it."""
    sign_role: str
    text: str
    role: str


def found_in(state: RunState) -> tuple[Finding, ...] | None:
    """The findings about the last look, for what runs; None while nobody has looked."""
    if state.machine is None or state.environment is None:
        return None
    segment = state.current
    if segment is None:
        return findings(state.machine, state.environment)
    effective = segment.ready.effective if segment.ready else ()
    return findings(state.machine, state.environment, segment.spec, effective)


_VERDICTS = {"valid": "valid", "unstable": "unstable", "too_short": "too short for a verdict"}
_MOST_CAUSES = 3


def run_finding(segment: Segment, verdict: Verdict, environment: EnvironmentFacts | None) -> Finding:
    """The verdict of what was measured last, with the causes that could be seen beside it."""
    causes = causes_of(segment.loads, environment, segment.windows, verdict)
    seen = " · ".join(cause.text for cause in causes[:_MOST_CAUSES])
    return Finding(
        "run",
        "look" if verdict.verdict == "unstable" else "good" if verdict.valid else "unknown",
        f"this run is {_VERDICTS[verdict.verdict]}",
        "; ".join(reason.text for reason in verdict.reasons),
        f"seen beside it: {seen}" if seen else "",
    )


def sign_of(level: Level, glyphs: Glyphs) -> str:
    """What stands before a finding."""
    return {"bad": glyphs.bad, "look": "!", "unknown": "?", "good": glyphs.good}[level]


def rows_of(found: Sequence[Finding], width: int, glyphs: Glyphs) -> tuple[DoctorRow, ...]:
    """All findings as lines of at most so many cells."""
    rows: list[DoctorRow] = []
    for finding in found:
        # Names of processes and governors are among the words.
        role = "text*" if finding.level in ("bad", "look") else "text"
        rows.append(DoctorRow(sign_of(finding.level, glyphs), ROLES[finding.level], clean(finding.title), role))
        todo = f"→ {finding.what_to_do}" if finding.what_to_do else ""
        for text, role in ((finding.evidence, "muted"), (finding.effect, "muted"), (todo, "text")):
            rows += [DoctorRow("", "text", line, role) for line in wrap(clean(text), max(8, width), _MOST_LINES)]
    return tuple(rows)


def strip_view(found: Sequence[Finding] | None, glyphs: Glyphs, *, replay: bool) -> StripView:
    """The strip: the worst first; what is not told here is left to the overlay."""
    if found is None:
        return StripView((StripRow("", "m", "no look in this recording" if replay else "D looks at this machine"),))
    shown = [finding for finding in found if finding.level != "unknown"]
    rows = tuple(
        StripRow(sign_of(finding.level, glyphs), _LETTERS[finding.level], clean(finding.title)) for finding in shown
    )
    return StripView(rows, troubles(found), len(found))


def strip_titles(view: StripView, glyphs: Glyphs) -> tuple[str, str]:
    """Title and subtitle of the strip's panel."""
    count = f" {glyphs.dot} {view.troubles}" if view.troubles else ""
    return f"Doctor{count}", f"D all {view.checks} checks" if view.checks else ""
