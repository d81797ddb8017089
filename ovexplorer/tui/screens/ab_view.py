"""A/B: is B really faster than A? Two configurations in turns, begun by a toggle or by `x`."""

from __future__ import annotations

from textual import on
from textual.widget import Widget

from ovexplorer.errors import UsageError
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tui.screens import ab_form, ab_words
from ovexplorer.tui.screens.ab_export import AbExport
from ovexplorer.tui.screens.ab_panels import AbPanels, can_search, shown_contest
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.choices import ChoicesScreen
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tuning.pair import PairPlan


class AbView(AbPanels):
    """Turns keys into comparisons; `AbPanels` shows what comes of them."""

    def action_compare_start(self) -> None:
        """What runs against baseline A; without two different ones, ask for the other side."""
        state, present = self.frame.state, self.frame.session.asked
        why = self._refusal(state)
        if why or present is None:
            self.frame.tell(why, bad=True)
            return
        figures = self.frame.ovx.figures
        figures.feed(state)
        baseline = figures.baseline
        if baseline is not None and baseline.spec != present:
            self._begin(baseline.spec, present)
        else:
            self._ask_other(state, present, is_baseline=baseline is not None)

    def _refusal(self, state: RunState) -> str:
        """Why nothing can be compared now; empty when it can."""
        ovx = self.frame.ovx
        if ovx.replay:
            return "a recording is shown: nothing can be compared"
        if self.frame.session.asked is None or state.died is not None:
            return "nothing runs that could be compared: 1 picks a model"
        if state.contest is not None and state.contest.kind == "ab":
            return "a comparison runs already: esc stops it"
        if ovx.ladders.running is not None:
            return "a ladder runs: v goes there, esc stops it"
        # A check is ended for what the user asks for, also while it compiles.
        if state.status in ("working", "starting") and state.contest is None:
            return "it is not compiled yet: x again once it runs"
        return ""

    def _begin(self, a: RunSpec, b: RunSpec) -> None:
        a, b = ab_form.endless(a), ab_form.endless(b)
        self.frame.ovx.pairing.start(PairPlan(a=a, b=b, kind="ab", budget_s=self.budget_s, drift_against=a))
        self.call_after_refresh(self.query_one("#ab-verdict").focus)

    def _ask_other(self, state: RunState, present: RunSpec, *, is_baseline: bool) -> None:
        rows = ab_form.other_rows(state, present, self.frame.ovx.figures)
        if not rows:
            self._ask_change()
            return

        def chosen(value: str | None) -> None:
            segment = next((found for row, found in rows if row.value == value), None)
            if value == ab_form.TYPE_IT:
                self._ask_change()
            elif segment is not None:
                self._begin(*((present, segment.spec) if is_baseline else (segment.spec, present)))

        choices = (*(row for row, _ in rows), ab_form.typing_row())
        title = "B: compare what runs (A) with" if is_baseline else "A: compare what runs (B) with"
        self.app.push_screen(ChoicesScreen(self.frame.glyphs, title, choices, ""), chosen)

    def _ask_change(self) -> None:
        ask = self.query_one("#ab-ask", Ask)
        ask.open("change", "B: A with", "")
        ask.say(ab_form.EXAMPLE)

    @on(Ask.Submitted)
    def _entered(self, event: Ask.Submitted) -> None:
        event.stop()
        if isinstance(event.ask, AbExport):
            self._export_to(event.ask, event.text)
            return
        present = self.frame.session.asked
        try:
            changed = ab_form.changed(present, event.text) if present is not None else None
        except UsageError as error:
            event.ask.say(f"{error.what}; {error.hint}", "bad")
            return
        event.ask.close()
        if present is not None and changed is not None:
            self._begin(present, changed)

    def action_run_again(self) -> None:
        """The same two once more."""
        contest, why = shown_contest(self.frame.state), self._refusal(self.frame.state)
        if contest is not None and not why:
            self._begin(contest.a.spec, contest.b.spec)
        elif contest is not None:
            self.frame.tell(why, bad=True)

    def action_view_more(self) -> None:
        """More time for the next comparison."""
        self._set_budget(1)

    def action_view_less(self) -> None:
        """Less time for it."""
        self._set_budget(-1)

    def _set_budget(self, by: int) -> None:
        self.budget_s = ab_form.other_budget(self.budget_s, by)
        self.frame.tell(f"the next comparison takes {self.budget_s:.0f} s at most; r measures again")
        self.frame.redraw()

    def action_run_set_baseline(self) -> None:
        """B becomes baseline A."""
        contest, figures = shown_contest(self.frame.state), self.frame.ovx.figures
        if contest is None:
            return
        figures.feed(self.frame.state)
        ran = [entry for entry in self.frame.state.segments if entry.spec == contest.b.spec and entry.windows]
        if ran and figures.set_baseline(ran[-1]):
            self.frame.tell("B is baseline A from now on")
        elif not self.frame.ovx.replay:
            self.frame.ovx.change_run(contest.b.spec)
            self.frame.tell("B never ran by itself: it does now; b again makes it the baseline")

    def action_run_to_baseline(self) -> None:
        """Run A again."""
        contest = shown_contest(self.frame.state)
        if contest is not None and not self.frame.ovx.replay:
            same = self.frame.session.asked == contest.a.spec
            self.frame.tell("A runs already" if same else "A runs again")
            self.frame.ovx.change_run(contest.a.spec)

    def action_list_activate(self) -> None:
        """Search the first operation whose result moves."""
        contest = shown_contest(self.frame.state)
        if contest is None or not can_search(contest) or self.searched == contest.number:
            return
        if self.frame.ovx.replay:
            self.frame.tell("a recording is shown: nothing can be searched")
            return
        self.searched = contest.number
        self.frame.ovx.do(self.frame.session.contests.find_divergence(contest, against=contest.a.spec))
        self.frame.redraw()

    def action_item_copy(self) -> None:
        """Copy the command line that compares the same two."""
        contest = shown_contest(self.frame.state)
        if contest is not None:
            command = ab_words.command_of(contest.a.spec, contest.b.spec, contest.budget_s)
            self.app.copy_to_clipboard(command)
            self.frame.tell(f"copied: {clean(command, 200)}")

    def action_item_export(self) -> None:
        """Write what is shown as JSON; the path can be edited."""
        if shown_contest(self.frame.state) is not None:
            self.query_one(AbExport).begin()

    def _export_to(self, export: AbExport, text: str) -> None:
        contest = shown_contest(self.frame.state)
        written = export.write(self.frame.state, contest, text) if contest is not None else ""
        if written:
            self.frame.tell(written)

    def action_view_zoom_panel(self) -> None:
        """The focused panel fills the body; again: back."""
        if self.has_class("-empty"):
            return
        focused = self.screen.focused
        zoomed = next(iter(self.query(".panel.-zoom")), None)
        self._zoom(focused if zoomed is None and focused is not None and focused.has_class("panel") else None)

    def _zoom(self, panel: Widget | None) -> None:
        for widget in self.query(".-zoom"):
            widget.remove_class("-zoom")
        self.set_class(panel is not None, "-zoomed")
        for node in panel.ancestors_with_self if panel is not None else ():
            if node is self:
                break
            node.add_class("-zoom")
        self.call_after_refresh(self.frame.redraw)

    def action_app_back(self) -> None:
        """Leave the field, stop the comparison, or un-zoom."""
        asked = next((ask for ask in self.query(Ask) if ask.is_open), None)
        if asked is not None:
            asked.close()
        elif self.has_class("-zoomed"):
            self._zoom(None)
        else:
            # Stops a comparison that is under way.
            OvxScreen.action_app_back(self.frame)
