"""What the Live screen says in words: legends of marks, the run line, the choices of an option. Pure functions."""

from __future__ import annotations

from ovexplorer import units
from ovexplorer.options.apply import apply, headline, read
from ovexplorer.options.model import Option
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import Mark, RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui.figures import Figures, RunFigures
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens.choices import ChoiceRow
from ovexplorer.tui.screens.live_views import against, coarse
from ovexplorer.tui.widgets.cells import cut_cells
from ovexplorer.tui.widgets.frame import Piece as FramePiece
from ovexplorer.tui.widgets.frame import RunRow
from ovexplorer.tui.widgets.mark_axis import Piece
from ovexplorer.tui.widgets.option_help import HelpView


def legend_entry(mark: Mark, state: RunState, live: RunFigures, glyphs: Glyphs, *, wide: bool) -> tuple[Piece, ...]:
    """One mark in words: number, what changed, the delta to the baseline."""
    sign = mark_sign(mark, full=True)
    segment = next((s for s in state.segments if s.number == mark.segment), None)
    text = mark.text if wide else shorter(mark.text)
    pieces: list[Piece] = [(f"{sign} ", "W"), (cut_cells(text, 40 if wide else 18), " ")]
    if segment is None:
        return tuple(pieces)
    figures = live.of(segment.number)
    if segment.failed:
        pieces.append((f" {glyphs.bad}", "b"))
    elif segment.ready is None:
        pieces.append((", compiling", "w"))
    elif figures is not None and live.baseline is not None and segment.spec != live.baseline.spec:
        delta = against(segment, live, glyphs)
        words = f" {delta.sign} {delta.words}" if wide else f" {delta.sign}"
        if delta.sign:
            pieces.append((words, delta.role))
    if wide and segment.ready is not None and segment.ready.kept:
        pieces.append((" kept", "m"))
    return tuple(pieces)


def shorter(text: str) -> str:
    """`Precision bf16→f32` as `bf16→f32` where the change says enough."""
    _, blank, tail = text.partition(" ")
    return tail if blank and "→" in tail and "," not in tail and any(c.isalpha() for c in tail) else text


def mark_sign(mark: Mark, *, full: bool = False) -> str:
    """What stands on the axis: the last digit of a toggle's number."""
    if mark.kind == "toggle":
        return str(mark.number) if full else str(mark.number)[-1]
    return {"pause": "‖", "turns": "‖", "restart": "R", "note": "*", "handover": "H"}[mark.kind]


def mark_view(mark: Mark, state: RunState, live: RunFigures, glyphs: Glyphs) -> HelpView:
    """What a mark changed and what came of it."""
    segment = next((s for s in state.segments if s.number == mark.segment), None)
    if segment is None:
        return HelpView(text=mark.text or {"pause": "paused", "restart": "engine restarted"}.get(mark.kind, "note"))
    facts = []
    compiled = segment.phase_ns("compile")
    if segment.ready is not None and segment.ready.kept:
        facts.append("kept, not compiled again")
    elif compiled is not None:
        facts.append(f"compile {units.duration(compiled)}")
    if segment.windows:
        facts.append(f"first figure after {units.duration(segment.windows[0].end_ns - mark.at_ns)}")
    figures = live.of(segment.number)
    outcome = segment.failed.what if segment.failed else ""
    if figures is not None:
        delta = against(segment, live, glyphs)
        outcome = f"p50 {units.significant(figures.p50_ms)} ms  {delta.sign} {delta.words}".rstrip()
    return HelpView(text=mark.text, helps=" · ".join(facts), asked=outcome, keys="enter returns to it")


TYPE_IT = "…"
"""The choice that opens a field in place."""


def choice_rows(option: Option, asked: RunSpec, state: RunState, live: RunFigures) -> tuple[ChoiceRow, ...]:
    """The values of an option; one that was measured with all else equal shows its last p50."""
    rows = []
    for choice in option.choices:
        spec = apply(option, asked, choice.value)
        figures = next((live.of(s.number) for s in reversed(state.segments) if s.spec == spec and s.windows), None)
        measured = f"{units.significant(figures.p50_ms)} ms" if figures is not None else ""
        rows.append(ChoiceRow(choice.value, choice.help, measured))
    present = present_choice(option, asked)
    if present not in [row.value for row in rows]:
        rows.append(ChoiceRow(present, "as it is set now"))
    if option.kind not in ("choice", "boolean"):
        rows.append(ChoiceRow(TYPE_IT, "type another value"))
    return tuple(rows)


def present_choice(option: Option, asked: RunSpec) -> str:
    """The value of an option, clean enough to show."""
    return clean(read(option, asked))


def _aim(pending: Segment) -> str:
    """What a toggle leads to: `Threads 1` of the title `Threads auto→1`."""
    name, arrow, value = pending.title.partition("→")
    return clean(f"{name.rpartition(' ')[0]} {value}".strip(), 24) if arrow else "it"


def run_row(
    state: RunState, shown: Segment | None, pending: Segment | None, live: RunFigures, glyphs: Glyphs, width: int
) -> RunRow:
    """Row 2: what runs on the left; how much was measured, and the verdict, on the right."""
    segment = pending or shown or state.current
    if segment is None:
        return RunRow((("No run yet. 1 picks a model.", "muted"),))
    left = headline(segment.spec, state.model.name if state.model else "", _precision(segment))
    pieces: list[FramePiece] = [(clean(left), "text")]
    if width >= 160 and state.model is not None:
        pieces.append((f"   {_model_words(state)}", "muted"))
    figures = live.of(shown.number) if shown else None
    if pending is not None and state.status in ("working", "starting"):
        back = ", esc goes back" if shown else ", esc cancels"
        words = f"compiling {_aim(pending)}{back}" if width >= 80 else "compiling"
        return RunRow(tuple(pieces), (((words, "warn"),),))
    if figures is None:
        return RunRow(tuple(pieces))
    run = figures.summary
    parts: list[tuple[FramePiece, ...]] = [(_verdict(figures, glyphs),)]
    if width >= 80:
        counted = f"{run.iterations:,} inferences in {run.duration_ns / 1e9:.1f} s"
        parts.insert(0, ((counted, "muted"),))
    return RunRow(tuple(pieces), tuple(parts))


def _verdict(figures: Figures, glyphs: Glyphs) -> tuple[str, str]:
    verdict = figures.verdict
    if verdict.valid:
        return f"{glyphs.good} valid", "good"
    if verdict.verdict == "too_short":
        left = verdict.seconds_needed
        return f"{glyphs.working} {coarse(left)} more" if left else f"{glyphs.working} too short", "warn"
    codes = {reason.code for reason in verdict.reasons}
    return ("~ trend" if "trend" in codes else "~ unstable"), "warn"


def _precision(segment: Segment) -> str:
    effective = segment.ready.effective if segment.ready else ()
    told = next((e.effective for e in effective if e.property == "INFERENCE_PRECISION_HINT" and e.effective), None)
    return told or ""


def _model_words(state: RunState) -> str:
    model = state.model
    if model is None:
        return ""
    words = [units.scaled(model.parameters, "").strip() + " parameters"] if model.parameters else []
    if model.flop:
        words.append(units.scaled(model.flop, "FLOP"))
    return " · ".join(words)
