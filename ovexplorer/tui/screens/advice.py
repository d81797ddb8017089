"""Advice: what should I try next? Findings over measured numbers, each with its evidence and what to try."""

from __future__ import annotations

import json
from pathlib import Path
from typing import ClassVar

from rich.segment import Segment as Cells
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message

from ovexplorer.analysis.advice.advise import Advice, advise
from ovexplorer.analysis.advice.model import Evidence, Finding, Try
from ovexplorer.analysis.layers import LayerAnalysis, analyse
from ovexplorer.schema.results import LayerProfile
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui.actions import bindings_for
from ovexplorer.tui.screens import advice_rows as rows
from ovexplorer.tui.screens.advice_places import point_at
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.widgets.form import fitted, words
from ovexplorer.tui.widgets.lines import Line, Lines
from ovexplorer.tui.widgets.lists import CursorList
from ovexplorer.tuning.evidence import evidence_of, profile_of

GONE_NS = 5_000_000_000
"""A finding that vanished is shown as gone for so long."""
AGAIN_NS = 5_000_000_000
"""Figures move: after so long findings are made anew also when nothing else happened."""
TALL = 40
"""Rows from which findings have a second line."""


class FindingList(CursorList):
    """The findings, and below them what passed."""

    entries: tuple[rows.AdviceRow, ...] = ()
    moved = False
    """Whether the user chose a finding: until then the cursor stays on the first one."""

    def show(self, entries: tuple[rows.AdviceRow, ...]) -> None:
        """Show these lines; the cursor stays on its finding."""
        code = self.finding.code if self.finding is not None and self.moved else ""
        if entries == self.entries:
            return
        self.entries = entries
        same = next(
            (at for at, row in enumerate(entries) if row.finding is not None and row.finding.code == code), None
        )
        kept = min(self.cursor, max(0, len(entries) - 1)) if self.moved else 0
        self.cursor = same if same is not None else kept
        self.changed()

    @property
    def finding(self) -> Finding | None:
        """Under the cursor."""
        return self.entries[self.cursor].finding if self.cursor < len(self.entries) else None

    def row_count(self) -> int:
        """Lines."""
        return len(self.entries)

    def can_hold(self, row: int) -> bool:
        """Only findings."""
        return 0 <= row < len(self.entries) and self.entries[row].finding is not None

    @property
    def shows_cursor(self) -> bool:
        """Not where nothing was found."""
        return self.finding is not None

    def draw_row(self, row: int, width: int) -> list[Cells]:
        """Sign, title, effect."""
        entry = self.entries[row]
        cells = fitted(self, entry.pieces, width)
        if not entry.figure:
            return cells
        used = sum(cell.cell_length for cell in cells)
        blank = max(0, width - used - len(entry.figure) - 1)
        role = "text" if entry.finding is not None else "muted"
        return [*cells, Cells(" " * blank), Cells(self.glyphs.show(entry.figure), self.ink(role))]


class TryList(CursorList):
    """The tries of a finding."""

    lines: tuple[Line, ...] = ()

    class Laid(Message):
        """It has another size: texts beside it are wrapped anew."""

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002 - the list below it uses it
        """Say so."""
        self.post_message(self.Laid())

    def show(self, lines: tuple[Line, ...]) -> None:
        """Show these."""
        if lines != self.lines:
            self.lines = lines
            self.cursor = min(self.cursor, max(0, len(lines) - 1))
            self.changed()

    def row_count(self) -> int:
        """Tries."""
        return len(self.lines)

    def draw_row(self, row: int, width: int) -> list[Cells]:
        """One try."""
        return fitted(self, self.lines[row], width)


class AdviceScreen(OvxScreen[None]):
    """Findings on the left, the one under the cursor on the right."""

    NAME = "advice"
    RATE = "table"
    CSS_PATH = "advice.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("advice")
    AUTO_FOCUS = "#advice-findings"

    def __init__(self) -> None:
        super().__init__()
        self._advice: Advice | None = None
        self._evidence: Evidence | None = None
        self._key: object = None
        self._made_ns = 0
        self._analysed: tuple[LayerProfile, LayerAnalysis] | None = None
        self._asked_for: set[int] = set()
        self._asked_peak = False
        self._gone: dict[str, tuple[Finding, int]] = {}
        self._of = 0

    def body(self) -> ComposeResult:
        """Findings over what was tried, evidence and tries beside them."""
        with Horizontal(id="advice"):
            yield Lines(id="advice-empty", classes="panel")
            with Vertical(id="advice-left"):
                yield FindingList(id="advice-findings", classes="panel")
                yield Lines(id="advice-tried", classes="panel")
            with Vertical(id="advice-right"):
                yield Lines(id="advice-details", classes="panel right-panel")
                yield TryList(id="advice-tries", classes="panel right-panel")
                yield Lines(id="advice-how", classes="panel right-panel")

    # What is shown

    def on_tick(self, state: RunState) -> None:
        """Bring findings up to date with what is known."""
        segment = state.measured
        if segment is not None and segment.windows:
            self._ask_once(state, segment)
            self._look(state, segment)
        else:
            self._advice, self._evidence, self._key = None, None, None
        self.set_class(self._advice is None, "-empty")
        if self._advice is None:
            self._show_empty(state)
            return
        self._show_findings(state)
        self._show_finding()
        self._show_tried()
        if self.focused is None:
            # It was hidden while there was nothing to show, so the first focus passed it by.
            self.call_after_refresh(self.query_one(FindingList).focus)

    def _ask_once(self, state: RunState, segment: Segment) -> None:
        live = state.status in ("live", "paused") and state.contest is None and segment is state.current
        if self.ovx.replay or not live or segment.ready is None:
            return
        if not self._asked_peak and state.peak is None and profile_of(state, segment.number) is not None:
            self._asked_peak = True
            self.ovx.do(self.session.counts.peak())
        if segment.number in self._asked_for:
            return
        self._asked_for.add(segment.number)
        if profile_of(state, segment.number) is None and not state.profiling:
            self.ovx.do(self.session.profile())

    def _look(self, state: RunState, segment: Segment) -> None:
        """Make findings anew when a profile, a comparison or the verdict changed, or a while has passed."""
        figures = self.ovx.figures
        figures.feed(state)
        known = figures.of(segment.number)
        ended = sum(contest.stopped is not None for contest in state.contests)
        profile = profile_of(state, segment.number)
        verdict = known.verdict.verdict if known is not None else ""
        key = (segment.number, id(profile), ended, verdict, state.peak, bool(segment.spans), state.model is not None)
        now = self.ovx.clock.monotonic_ns()
        if key == self._key and now - self._made_ns < AGAIN_NS:
            return
        self._key, self._made_ns = key, now
        before = self._advice if self._of == segment.number else None
        self._of = segment.number
        self._evidence = evidence_of(state, segment, self._analysis(profile))
        self._advice = advise(self._evidence)
        self._remember_gone(before, now)

    def _analysis(self, profile: LayerProfile | None) -> LayerAnalysis | None:
        if profile is None:
            return None
        if self._analysed is None or self._analysed[0] is not profile:
            self._analysed = (profile, analyse(profile))
        return self._analysed[1]

    def _remember_gone(self, before: Advice | None, now: int) -> None:
        there = {finding.code for finding in self._advice.findings} if self._advice is not None else set()
        if before is None:
            self._gone.clear()
            return
        for finding in before.findings:
            if finding.code not in there:
                self._gone[finding.code] = finding, now
        for code in there:
            self._gone.pop(code, None)

    def _show_findings(self, state: RunState) -> None:
        panel, advice = self.query_one(FindingList), self._advice
        if advice is None:
            return
        now = self.ovx.clock.monotonic_ns()
        self._gone = {code: entry for code, entry in self._gone.items() if now - entry[1] < GONE_NS}
        gone = [finding for finding, _ in self._gone.values()]
        title = f"Advice · {rows.count_words(advice)}"
        if state.profiling and self._evidence is not None and self._evidence.layers is None:
            title = f"Advice · {self.glyphs.working} counting layers"
        self.title_panel(panel, title, "each is a rule over measured numbers")
        width = panel.size.width or 40
        panel.show(rows.list_rows(advice, gone, self.glyphs, width, details=self.size.height >= TALL))

    def _show_finding(self) -> None:
        finding, evidence = self.query_one(FindingList).finding, self._evidence
        details, tries = self.query_one("#advice-details", Lines), self.query_one(TryList)
        how = self.query_one("#advice-how", Lines)
        if finding is None or evidence is None:
            self.title_panel(details, "Nothing found")
            details.show((words(" All checks that could be made have passed.", "muted"),))
            for panel in (tries, how):
                self.title_panel(panel, "")
            tries.show(())
            how.show(())
            return
        self.title_panel(details, clean(finding.title, 80), "evidence")
        details.show(rows.detail_lines(finding, evidence, max(20, details.size.width), self.glyphs))
        self.title_panel(tries, "Try, best first" if finding.tries else "Nothing to try", "t tries · tab chooses")
        tries.show(rows.try_rows(finding, self.glyphs, max(20, tries.size.width)))
        self.title_panel(how, "How sure, and why", "enter shows it · o docs")
        how.show(rows.how_lines(finding, self._chosen(), max(20, how.size.width)))

    def _chosen(self) -> Try | None:
        finding, tries = self.query_one(FindingList).finding, self.query_one(TryList)
        if finding is None or not finding.tries:
            return None
        return finding.tries[min(tries.cursor, len(finding.tries) - 1)]

    def _show_tried(self) -> None:
        panel, trying = self.query_one("#advice-tried", Lines), self.ovx.trying
        tried = trying.tried
        undone = next((attempt for attempt in tried if trying.is_undone(attempt)), None)
        self.title_panel(panel, "Tried in this session", "measured in turns, 99 % sure")
        improving = trying.improving
        width = max(30, panel.size.width)
        panel.show(rows.tried_lines(tried, undone, improving.known, improving.spent_s(), self.glyphs, width))

    def _show_empty(self, state: RunState) -> None:
        panel = self.query_one("#advice-empty", Lines)
        self.title_panel(panel, "Advice")
        if state.current is None:
            text, role = "No run yet. 1 picks a model.", "muted"
        elif state.current.failed is not None:
            text, role = f"{self.glyphs.bad} {state.current.failed.what}", "bad"
        else:
            text, role = "Measuring: findings appear after the first valid window.", "muted"
        panel.show(((), words(f"  {text}", role)))

    # What is done

    @on(CursorList.Highlighted, "#advice-findings")
    def _finding_chosen(self) -> None:
        self.query_one(FindingList).moved = True
        self.query_one(TryList).move_to(0)
        self._show_finding()

    @on(CursorList.Highlighted, "#advice-tries")
    def _try_chosen(self) -> None:
        self._show_finding()

    @on(TryList.Laid)
    def _laid_out(self) -> None:
        if self._advice is not None:
            self._show_finding()

    @on(CursorList.Activated, "#advice-tries")
    def _try_activated(self) -> None:
        self.action_advice_try()

    @on(CursorList.Activated, "#advice-findings")
    def _finding_activated(self) -> None:
        """Show the finding where it lives; in a small terminal its evidence first."""
        finding = self.query_one(FindingList).finding
        if finding is None:
            return
        if self.has_class("-tiny") and not self.has_class("-opened"):
            self.add_class("-opened")
            self.call_after_refresh(self.query_one(TryList).focus)
            return
        self._go_to(finding)

    def _go_to(self, finding: Finding) -> None:
        if finding.place == "doctor":
            self.app.call_later(self.app.run_action, "doctor_open")
        elif finding.place:
            self.ovx.action_app_screen(finding.place)
            # Not before the screen has composed itself.
            self.app.call_after_refresh(point_at, self.app, finding)
        else:
            self.tell("this finding has no place of its own")

    # Actions of the registry

    def action_advice_try(self) -> None:
        """Measure the chosen try against what runs."""
        chosen = self._chosen()
        if chosen is None:
            self.tell("there is nothing to try here")
            return
        why = self.ovx.trying.start(chosen.title, chosen.spec, chosen.expected_ns, chosen.metric)
        if why:
            self.tell(why, bad=True)

    def action_advice_improve(self) -> None:
        """Try everything that may help."""
        why = self.ovx.trying.improve()
        if why:
            self.tell(why, bad=True)

    def action_item_follow(self) -> None:
        """Show and copy the address of OpenVINO's page."""
        finding = self.query_one(FindingList).finding
        if finding is not None and finding.link:
            self.app.copy_to_clipboard(finding.link)
            self.tell(f"{finding.link} (copied)")

    def action_item_copy(self) -> None:
        """Copy the finding with its evidence as text."""
        finding = self.query_one(FindingList).finding
        if finding is not None:
            facts = "\n".join(f"{fact.name}: {fact.figure} {fact.text}".rstrip() for fact in finding.evidence)
            self.app.copy_to_clipboard(f"{finding.title}\n{facts}\n{finding.why}")
            self.tell("copied the finding")

    def action_item_export(self) -> None:
        """Write all findings as JSON into the present directory."""
        # Late: only an export needs it.
        from ovexplorer.export.advice import advice_document

        if self._advice is None or self._evidence is None:
            self.tell("there is nothing to export yet")
            return
        path = Path(f"ovexplorer-advice-{self.ovx.clock.now().astimezone().strftime('%Y%m%d-%H%M%S')}.json")
        text = json.dumps(advice_document(self._advice, self._evidence.spec), indent=2, ensure_ascii=False)
        try:
            with path.open("x", encoding="utf-8") as out:
                out.write(text + "\n")
        except OSError as error:
            self.tell(f"not written: {error.strerror or error}", bad=True)
        else:
            self.tell(f"written: {path}")

    def action_view_next(self) -> None:
        """The next try of the finding."""
        self.query_one(TryList).action_list_down()

    def action_view_previous(self) -> None:
        """The try before."""
        self.query_one(TryList).action_list_up()

    def action_run_again(self) -> None:
        """Count the layers again."""
        if self.state.current is not None and not self.state.profiling:
            self.ovx.do(self.session.profile())

    def action_app_back(self) -> None:
        """Back to the list in a small terminal, else what esc does everywhere."""
        if self.has_class("-opened"):
            self.remove_class("-opened")
            self.query_one(FindingList).focus()
            self.call_after_refresh(self.redraw)
        else:
            super().action_app_back()
