"""What the Advice screen shows, line by line. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from ovexplorer import units
from ovexplorer.analysis.advice.advise import Advice
from ovexplorer.analysis.advice.model import Evidence, Finding, Level, Try
from ovexplorer.text import clean
from ovexplorer.tui.attempt import Attempt
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.improving import Improvement
from ovexplorer.tui.paired_words import delta_piece, drift_figure
from ovexplorer.tui.screens.try_words import improve_line, short_ms
from ovexplorer.tui.widgets.cells import cut_cells
from ovexplorer.tui.widgets.form import words
from ovexplorer.tui.widgets.lines import Line, wrap
from ovexplorer.tui.widgets.table_model import fit

_ROLES: dict[Level, str] = {"bad": "bad", "look": "warn", "note": "muted", "good": "good"}
_FIGURE = 9
"""Cells of the column of effects."""
_PASSED_SHOWN = 3
_SHORT = 24
"""Cells of a reason that stands beside its try; a longer one stands below."""


@dataclass(frozen=True)
class AdviceRow:
    """One line of the list."""

    pieces: Line
    figure: str = ""
    """At the right edge."""
    finding: Finding | None = None
    """What the cursor stands on; None for a line that holds none."""


def count_words(advice: Advice) -> str:
    """`6 findings, 9 checks passed`."""
    found, passed = len(advice.findings), len(advice.passed)
    return f"{found} {'finding' if found == 1 else 'findings'}, {passed} {'check' if passed == 1 else 'checks'} passed"


def list_rows(
    advice: Advice, gone: Sequence[Finding], glyphs: Glyphs, width: int, *, details: bool
) -> tuple[AdviceRow, ...]:
    """All lines of the list: findings, those that vanished just now, checks that passed, checks that wait."""
    head = AdviceRow((("", "muted"),), "ms at most")
    rows = [head]
    for finding in advice.findings:
        rows.append(AdviceRow(_title(finding, glyphs, width), effect_words(finding.effect_ns), finding))
        if details and finding.detail:
            rows.append(AdviceRow(((f"     {clean(finding.detail, 90)}", "muted"),)))
    rows += [AdviceRow(((f"  {glyphs.good} gone: {finding.title}", "good"),)) for finding in gone]
    if not advice.findings:
        rows = [AdviceRow(((f"  {len(advice.passed)} checks passed. Nothing to advise.", "text*"),)), *rows[1:]]
    rows += _passed_rows(advice, glyphs, width, details=details)
    return tuple(rows)


def _title(finding: Finding, glyphs: Glyphs, width: int) -> Line:
    sign = {"bad": glyphs.bad, "look": glyphs.look, "note": glyphs.dot, "good": glyphs.good}[finding.level]
    room = max(8, width - 4 - _FIGURE)
    return ((f"  {sign} ", f"{_ROLES[finding.level]}*"), (cut_cells(clean(finding.title, 90), room), "text"))


def _passed_rows(advice: Advice, glyphs: Glyphs, width: int, *, details: bool) -> list[AdviceRow]:
    room = max(10, width - 5)
    most = len(advice.passed) if details else _PASSED_SHOWN
    rows = [AdviceRow(())] if details else []
    rows += [
        AdviceRow(((f"  {glyphs.good} ", "good"), (cut_cells(clean(entry.title, 100), room), "muted")))
        for entry in advice.passed[:most]
    ]
    rest = len(advice.passed) - most
    if rest > 0:
        rows.append(AdviceRow(((f"    {rest} more {'check' if rest == 1 else 'checks'} passed", "muted"),)))
    missing = len(advice.not_told)
    if missing and not details:
        said = f"{missing} {'check' if missing == 1 else 'checks'} not told yet"
        rows.append(AdviceRow(((f"  {glyphs.missing} {said}", "muted"),)))
    rows += [
        AdviceRow(((f"  {glyphs.missing} {cut_cells(clean(gap.reason, 100), room)}", "muted"),))
        for gap in (advice.not_told if details else ())
    ]
    return rows


def effect_words(effect_ns: float | None) -> str:
    """`−7.09`; empty where there is no figure."""
    return f"{units.MINUS}{short_ms(effect_ns)}" if effect_ns and effect_ns > 0 else ""


def try_rows(finding: Finding, glyphs: Glyphs, width: int) -> tuple[Line, ...]:
    """The tries of a finding with what is expected and how sure that is."""
    wide = width >= 60
    rows = []
    for number, entry in enumerate(finding.tries, 1):
        expected = _expected(entry)
        because = f"  {entry.because}" if wide and len(entry.because) <= _SHORT else ""
        room = max(8, width - 5 - len(expected) - 2 - (26 if because else 0))
        role = "muted" if entry.failed else "text"
        sign = f"{glyphs.bad if entry.failed else ' '}"
        rows.append(
            (
                (f" {sign}{number} ", "muted"),
                (fit(clean(entry.title, 80), room), role),
                (f" {expected}", "muted" if entry.failed else "good" if entry.sure == "measured" else "text"),
                (because, "muted"),
            )
        )
    return tuple(rows)


def _expected(entry: Try) -> str:
    if entry.expected_ns is None:
        return "      ?"
    sign = units.MINUS if entry.expected_ns >= 0 else "+"
    return f"{sign}{short_ms(abs(entry.expected_ns))} ms"


def detail_lines(finding: Finding, evidence: Evidence, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """What a finding rests on."""
    lines: list[Line] = []
    if finding.detail:
        lines += [words(f" {part}", "muted") for part in wrap(clean(finding.detail, 200), width - 2)]
    wide = width >= 60
    name_width = min(24 if wide else 18, max([cell_len(fact.name) for fact in finding.evidence] or [0]) + 2)
    for fact in finding.evidence:
        name = f" {fit(clean(fact.name, 80), name_width)}"
        if wide or not fact.figure:
            figure = f"{fact.figure:<11}" if fact.figure else ""
            parts = wrap(clean(fact.text, 200), max(12, width - name_width - len(figure) - 2)) or [""]
            lines.append(((name, "muted"), (figure, "text"), (parts[0], "muted")))
            blank = " " * (name_width + 1 + len(figure))
            lines += [((blank, "muted"), (part, "muted")) for part in parts[1:]]
        else:
            lines.append(((name, "muted"), (fact.figure, "text")))
    lines += _rests_on(evidence, glyphs) if wide else []
    return tuple(lines)


def _rests_on(evidence: Evidence, glyphs: Glyphs) -> list[Line]:
    lines: list[Line] = [(), words(" Numbers this rests on", "muted*")]
    layers = evidence.layers
    if layers is not None:
        profile = layers.profile
        cost = ""
        if profile.overhead is not None:
            cost = f", counting costs {units.signed_percent(profile.overhead[0])}"
        lines.append(
            ((" counters    ", "muted"), (f"mean of {profile.iterations:,} inferences, compiled apart{cost}", "text"))
        )
    interval = evidence.verdict.p50_interval_ns
    half = f" {glyphs.plus_minus}{units.significant(interval.half_width / 1e6, 2)}" if interval is not None else ""
    said = f"p50 {units.ms_number(evidence.latency_ns)}{half} ms over {evidence.figures.iterations:,} inferences"
    verdict = evidence.verdict.verdict.replace("_", " ")
    lines.append(((" latency     ", "muted"), (f"{said}, {verdict}", "text")))
    return lines


def how_lines(finding: Finding, chosen: Try | None, width: int) -> tuple[Line, ...]:
    """How sure it is, why it happens, and OpenVINO's page."""
    lines: list[Line] = [words(f" {part}", "text") for part in wrap(_sure(finding, chosen), width - 2)]
    if chosen is not None and len(chosen.because) > _SHORT:
        lines += [words(f" {part}", "muted") for part in wrap(clean(chosen.because, 300), width - 2)]
    if finding.why:
        lines += [(), *(words(f" {part}", "muted") for part in wrap(finding.why, width - 2))]
    if finding.link:
        page = finding.link.removeprefix("https://").rpartition("/")[2].removesuffix(".html").replace("-", " ")
        lines += [(), ((" o ", "live"), (f"docs.openvino.ai: {page}", "muted"))]
    return tuple(lines)


def _sure(finding: Finding, chosen: Try | None) -> str:
    if chosen is None:
        return "There is no switch for this: nothing to try here."
    if chosen.failed:
        return "It was measured in turns and is not faster."
    if chosen.sure == "measured":
        return "It follows from what was measured in turns in this session."
    if chosen.expected_ns is None:
        return "Nobody can tell before it is measured: t compares both in turns and asks."
    said = "The time is what was measured; that it goes is an estimate, what else changes is not known. t tells."
    return said if finding.effect_ns is not None else "An estimate; t tells."


def tried_lines(
    tried: Sequence[Attempt],
    undone: Attempt | None,
    improvement: Improvement | None,
    spent_s: float,
    glyphs: Glyphs,
    width: int,
) -> tuple[Line, ...]:
    """What was tried in this session, the newest first, and how to try everything."""
    lines: list[Line] = [_tried_line(attempt, undone, glyphs, width) for attempt in tried]
    if not tried:
        lines += [
            words(" t tries the finding under the cursor,", "muted"),
            words(" measured in turns against what runs", "muted"),
            words(" now, then you keep it or revert it.", "muted"),
        ]
    if improvement is not None:
        lines += [(), ((" last T ", "muted"), *improve_line(improvement, spent_s, glyphs))]
    else:
        lines += [
            (),
            words(" T tries them all, best first,", "muted"),
            words(" until nothing helps or 60 s are over", "muted"),
        ]
    if any(attempt.outcome == "kept" for attempt in tried):
        lines.append(words(" u undoes the last one you kept", "muted"))
    return tuple(lines)


def _tried_line(attempt: Attempt, undone: Attempt | None, glyphs: Glyphs, width: int) -> Line:
    wide = width >= 56
    room = max(10, width - (36 if wide else 26))
    title = (f" {fit(clean(attempt.title, 60), room)} ", "text")
    if attempt.outcome == "failed":
        return (title, (f"{glyphs.bad} {clean(attempt.reason, 100)}", "bad"))
    stopped = (f"{glyphs.missing} stopped", "muted")
    said = delta_piece(attempt.estimate, glyphs) if attempt.estimate.low is not None else stopped
    drift = f"{drift_figure(attempt.drift)[0]:<10}" if attempt.drift is not None and wide else ""
    now = "undone" if attempt is undone else attempt.outcome
    return (title, (f"{said[0]:<14} ", said[1]), (drift, "muted"), (now, "text*" if now == "kept" else "muted"))
