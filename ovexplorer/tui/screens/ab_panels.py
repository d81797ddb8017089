"""What the A/B view shows: the sentence, and what it rests on. What keys do is in `ab_view`."""

from __future__ import annotations

from typing import Final

from textual.app import ComposeResult
from textual.containers import Container

from ovexplorer import units
from ovexplorer.analysis.paired import FEWEST_QUADS, TURN_S, estimate_turns
from ovexplorer.analysis.turns import digest_of_turns, side_summary
from ovexplorer.session.state import Contest, RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui.footers import Hint, hint
from ovexplorer.tui.screens import ab_figures, ab_words
from ovexplorer.tui.screens.ab_export import AbExport
from ovexplorer.tui.screens.base import WIDE
from ovexplorer.tui.screens.compare_view import ViewContainer, tab_line
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tui.widgets.frame import RunRow
from ovexplorer.tui.widgets.interval_plot import IntervalPlot
from ovexplorer.tui.widgets.lines import Line, Lines, wrap
from ovexplorer.tui.widgets.turn_chart import TurnChart, TurnsView
from ovexplorer.tui.widgets.two_spreads import SpreadsView, TwoSpreads
from ovexplorer.tuning.pair import BUDGET_S

FOOTER: Final = (
    hint("view.next"),
    hint("run.again", "again"),
    hint("run.set_baseline", "B is baseline"),
    hint("run.to_baseline"),
    hint("item.export"),
    hint("compare.start", "another pair", wide=True),
    hint("view.more", "longer, shorter", "+ -", wide=True),
    hint("item.copy", "copy the ab command", wide=True),
    hint("view.zoom_panel", "zoom panel", wide=True),
)
EMPTY_FOOTER: Final = (hint("compare.start", "compare"), hint("view.next"), hint("view.more", "longer, shorter", "+ -"))
RUNNING_FOOTER: Final = (
    hint("app.back", "stop"),
    hint("view.next"),
    hint("view.zoom_panel", "zoom panel"),
    hint("item.copy", "copy the ab command", wide=True),
)


class Panel(Lines, can_focus=True):
    """Finished lines that can be focused and zoomed."""


class AbPanels(ViewContainer):
    """Shows the newest comparison that a toggle or the user began."""

    title = "A/B"

    def __init__(self) -> None:
        # Empty from the start: panels that a first layout shows and the next hides give the focus away.
        super().__init__(id="ab", classes="-empty")
        self.budget_s = BUDGET_S
        self.searched = 0
        """The contest whose first operation that moves was asked for."""
        self._sides: tuple[tuple[int, int], ab_figures.Sides] | None = None

    def compose(self) -> ComposeResult:
        """The sentence first, then what it rests on."""
        glyphs = self.frame.glyphs
        yield Lines(id="ab-empty", classes="panel")
        with Container(id="ab-top", classes="ab-row zoomable"):
            yield Lines(id="ab-sides", classes="panel zoomable")
            yield IntervalPlot(glyphs, id="ab-verdict", classes="panel zoomable")
        with Container(id="ab-middle", classes="ab-row zoomable"):
            yield Panel(id="ab-figures", classes="panel zoomable")
            yield TurnChart(glyphs, id="ab-turns", classes="panel zoomable")
        with Container(id="ab-low", classes="ab-row zoomable"):
            yield Panel(id="ab-drift", classes="panel zoomable")
            yield TwoSpreads(glyphs, id="ab-spreads", classes="panel zoomable")
        yield Lines(id="ab-note", classes="zoomable")
        yield Ask(id="ab-ask")
        yield AbExport()

    # What is shown.

    def show(self, state: RunState) -> None:
        """See CompareView."""
        contest = shown_contest(state)
        self.set_class(contest is None, "-empty")
        if contest is None:
            self._show_empty(state)
            return
        if self.screen.focused is None:
            # Nothing could be focused before the first comparison.
            self.call_after_refresh(self.query_one("#ab-verdict").focus)
        self._show_sides(state, contest)
        self._show_verdict(contest)
        self._show_figures(state, contest)
        self._show_turns(contest)
        self._show_drift(contest)
        self.query_one("#ab-note", Lines).show(self._note(contest))

    def hints(self, state: RunState) -> tuple[Hint, ...]:
        """See CompareView."""
        if shown_contest(state) is None:
            return EMPTY_FOOTER
        return RUNNING_FOOTER if self.under_way(state) else FOOTER

    def run_row(self, state: RunState) -> RunRow | None:  # noqa: ARG002 - row 2 is what every screen says
        """See CompareView."""
        return None

    def under_way(self, state: RunState) -> bool:
        """Whether a comparison runs that is no step of a ladder."""
        return state.contest is not None and state.contest.kind != "ladder"

    def _show_empty(self, state: RunState) -> None:
        panel = self.query_one("#ab-empty", Lines)
        self.frame.title_panel(panel, tab_line(self.title))
        if self.frame.ovx.replay:
            said = "The recording holds no comparison, or not yet."
        elif state.current is None:
            said = "No run yet. 1 picks a model."
        else:
            said = "Nothing to compare yet. Toggle something on 2 Live, or press x and name the other side."
        panel.show(((), *(((f"  {part}", "muted"),) for part in wrap(said, max(20, self.size.width - 4)))))

    def _show_sides(self, state: RunState, contest: Contest) -> None:
        panel = self.query_one("#ab-sides", Lines)
        boxed = self.screen.size.width >= WIDE
        self.frame.title_panel(panel, tab_line(self.title), "two models compiled, never run together")
        panel.show(self._side_table(state, contest) if boxed else self._side_lines(contest))

    def _side_lines(self, contest: Contest) -> tuple[Line, ...]:
        found = ab_words.differences(contest.a, contest.b)
        equal = ab_words.equal_words(contest.a.spec, contest.b.spec)
        width = max(20, self.size.width - 14)
        rows: list[Line] = []
        for name, side, beside in (("A baseline: ", "a", equal), ("B now:      ", "b", "never run together")):
            words = clean(ab_words.side_words(found, side), 400)
            room = width - len(beside) - 2
            # What differs is the question; that the rest does not is dropped first.
            tail = beside if len(words) < room else ""
            shown = words if tail else _cut(words, width)
            rows.append(((f"  {name}", "muted"), (f"{shown:<{room}}" if tail else shown, "text"), (tail, "muted")))
        return tuple(rows)

    def _side_table(self, state: RunState, contest: Contest) -> tuple[Line, ...]:
        a, b = contest.a, contest.b
        column = max(12, (self.query_one("#ab-sides").size.width - 18) // 2)
        rows: list[Line] = [_side_row("", "A baseline", "B now", column, "muted*")]
        room = self.query_one("#ab-sides").size.height - 5
        found = ab_words.differences(a, b)
        rows += [_side_row(entry.title, entry.a, entry.b, column) for entry in found[: max(1, room)]]
        if not found:
            rows.append(_side_row("Options", "as they run", "the same", column))
        rows.append(_side_row("compile", _compile_words(state, a), _compile_words(state, b), column))
        rows.append((("  equal          ", "muted"), (ab_words.equal_words(a.spec, b.spec), "text")))
        rows.append((("  sure enough?   ", "muted"), (ab_words.ended_words(contest), "text")))
        asked = f"at most {contest.budget_s:.0f} s of turns; the next one {self.budget_s:.0f} s, + - changes it"
        rows.append((("  asked          ", "muted"), (asked, "text")))
        return tuple(rows)

    def _show_verdict(self, contest: Contest) -> None:
        panel = self.query_one("#ab-verdict", IntervalPlot)
        what = "latency" if contest.metric == "latency" else "throughput"
        self.frame.title_panel(panel, f"Verdict · {what}", "speed-up of B over A in %, 99 % interval")
        estimate = self._figures(contest).of(contest.metric)
        panel.show(ab_words.verdict_view(contest, estimate, self.frame.glyphs))

    def _show_figures(self, state: RunState, contest: Contest) -> None:
        panel = self.query_one("#ab-figures", Panel)
        glyphs = self.frame.glyphs
        subtitle = f"{glyphs.better} better for B, {glyphs.worse} worse, {glyphs.same} no difference above the bound"
        self.frame.title_panel(panel, "Figures", subtitle)
        lines = ab_figures.figure_lines(
            state, contest, self._figures(contest), glyphs, (panel.size.width, panel.size.height)
        )
        panel.show(lines)

    def _show_turns(self, contest: Contest) -> None:
        panel = self.query_one("#ab-turns", TurnChart)
        length = f"{TURN_S:g} s or more each"
        what = "p50 ms of each" if contest.metric == "latency" else "ms an inference"
        boxed = self.screen.size.width >= WIDE
        title = f"Turns in the order they ran · {what}" if boxed else f"Turns in the order they ran, {length}"
        self.frame.title_panel(panel, title, f"{length} · ABBA cancels slow drifts of the machine")
        panel.show(turns_view(contest, self._figures(contest)))

    def _show_drift(self, contest: Contest) -> None:
        panel = self.query_one("#ab-drift", Panel)
        searching = self.searched == contest.number and contest.divergence is None
        reference = contest.drift_b.reference if contest.drift_b is not None else ""
        inputs = contest.drift_b.inputs if contest.drift_b is not None else 0
        title = f"Drift: how far outputs move from f32, same {inputs} inputs" if inputs else "Drift from f32"
        self.frame.title_panel(panel, title, f"the reference is {reference}" if reference else "")
        panel.show(ab_figures.drift_lines(contest, searching=searching, glyphs=self.frame.glyphs))
        spreads = self.query_one("#ab-spreads", TwoSpreads)
        self.frame.title_panel(spreads, "Latency of both, ms", "A · B")
        sides = [tuple(sorted(_histogram(side).items())) for side in (contest.a, contest.b)]
        spreads.show(SpreadsView(sides[0], sides[1], empty="nothing measured yet"))

    def _figures(self, contest: Contest) -> ab_figures.Sides:
        key = contest.number, len(contest.turns)
        if self._sides is None or self._sides[0] != key:
            batches = (side.ready.batch if side.ready is not None else 1 for side in (contest.a, contest.b))
            a, b = (side_summary(side.windows, batch) for side, batch in zip((contest.a, contest.b), batches))
            latency = estimate_turns(contest.turns, contest.a.number, "latency")
            throughput = estimate_turns(contest.turns, contest.a.number, "throughput")
            self._sides = key, ab_figures.Sides(a, b, latency, throughput)
        return self._sides[1]

    def _note(self, contest: Contest) -> tuple[Line, ...]:
        if contest.stopped is None:
            words = "The live run waits until it is over; esc stops it."
        elif self.frame.ovx.replay:
            words = "Of the recording: nothing can be measured again."
        else:
            asked = self.frame.session.asked
            runs = "B" if asked == contest.b.spec else "A" if asked == contest.a.spec else ""
            other = "B goes back to A, " if runs == "B" else ""
            now = f"{runs} is what runs now. " if runs else ""
            words = f"{now}{other}x starts another pair, at most {self.budget_s:.0f} s."
        ended = ab_words.ended_words(contest) if contest.stopped not in (None, "failed") else ""
        if contest.divergence is not None or self.searched == contest.number:
            # What was asked for last; how it ended stands above in other words.
            ended = ""
        first = ((f"  {ended[:1].upper()}{ended[1:]}. " if ended else "  ", "muted"),)
        return ((*first, *self._drift_note(contest)), ((f"  {words}", "muted"),))

    def _drift_note(self, contest: Contest) -> Line:
        """What stands in the drift panel where there is room for one."""
        if contest.divergence is not None:
            return ((f"{ab_figures.first_words(contest)}: ", "muted"), ab_figures.divergence_words(contest.divergence))
        if self.searched == contest.number:
            return ((f"{self.frame.glyphs.working} searching the first operation that moves", "warn"),)
        if can_search(contest):
            return (("enter", "live"), (" finds the first operation that moves", "muted"))
        return ()


def shown_contest(state: RunState) -> Contest | None:
    """The newest comparison that is not a step of a ladder."""
    return next((entry for entry in reversed(state.contests) if entry.kind != "ladder"), None)


def turns_view(contest: Contest, sides: ab_figures.Sides) -> TurnsView:
    """The turns with what each took, in milliseconds."""
    turns = []
    for turn in contest.turns:
        window = turn.window
        each_ns = (window.end_ns - window.start_ns) / max(1, window.count)
        took_ns = window.median_ns if contest.metric == "latency" else each_ns
        turns.append(("A" if window.segment == contest.a.number else "B", took_ns / 1e6))
    names = tuple((name, _short(summary.p50_ns)) for name, summary in (("A", sides.a), ("B", sides.b)))
    return TurnsView(tuple(turns), names, f"none yet; a figure from {FEWEST_QUADS} quads on")


def _short(p50_ns: float | None) -> str:
    if p50_ns is None:
        return ""
    value = p50_ns / 1e6
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def can_search(contest: Contest) -> bool:
    """Whether there is something to find the origin of."""
    return contest.stopped is not None and contest.divergence is None and contest.moved is not None


def _histogram(side: Segment) -> dict[int, int]:
    return dict(digest_of_turns(side.windows).total.histogram)


def _side_row(label: str, a: str, b: str, column: int, role: str = "text") -> Line:
    return (
        (f"  {_cut(label.lower(), 14):<15}", "muted"),
        (f"{_cut(a, column - 1):<{column}}", role),
        (_cut(b, column), role),
    )


def _compile_words(state: RunState, side: Segment) -> str:
    if side.failed is not None:
        return clean(side.failed.what, 200)
    took = ab_figures.phase_ns(state, side, "compile")
    if took is None:
        return "kept" if side.ready is not None else units.NOT_AVAILABLE
    return units.duration(took)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(0, width - 1)]}…"
