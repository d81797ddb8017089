"""The prompt of a try: it measures, then asks whether to keep the change. Leaving it reverts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ovexplorer.options.apply import describe_change
from ovexplorer.text import clean
from ovexplorer.tui import state_view
from ovexplorer.tui.actions import bindings_of
from ovexplorer.tui.attempt import Attempt
from ovexplorer.tui.screens import ab_words, try_words
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.widgets.form import words
from ovexplorer.tui.widgets.interval_plot import IntervalPlot, IntervalView
from ovexplorer.tui.widgets.lines import Line, Lines

if TYPE_CHECKING:
    from ovexplorer.tui.host import Host

_EVERY_S = 0.25


class TryPrompt(ModalScreen[None], inherit_bindings=False):
    """`enter` keeps, `esc` reverts, `+` measures longer, `y` copies the command."""

    NAME = "prompt"
    CSS_PATH = "advice.tcss"
    HORIZONTAL_BREAKPOINTS = OvxScreen.HORIZONTAL_BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of(("list.activate", "app.back", "view.more", "item.copy")),
        Binding("space", "list_activate", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._shown: Attempt | None = None
        self._left = False

    @property
    def ovx(self) -> Host:
        """The app, typed."""
        return cast("Host", self.app)

    def compose(self) -> ComposeResult:
        """Figures, interval, keys."""
        with Vertical(id="try"):
            yield Lines(id="try-improve")
            yield Lines(id="try-above")
            yield IntervalPlot(self.ovx.glyphs, id="try-plot")
            yield Lines(id="try-below")
            yield Static("", id="try-keys", markup=False)

    def on_mount(self) -> None:
        """Look four times a second."""
        self.set_class(self.ovx.glyphs.ascii, "-ascii")
        self.query_one("#try-plot").can_focus = False
        self.set_interval(_EVERY_S, self.tick)
        self.call_after_refresh(self.tick)

    def on_unmount(self) -> None:
        """Whatever closes it: nothing is kept without a word."""
        if self.ovx.trying.improving.running:
            self.ovx.trying.improving.stop()
        self.ovx.trying.revert()

    def tick(self) -> None:
        """Show how far it is."""
        if not self.is_attached or self._left:
            return
        trying = self.ovx.trying
        attempt = trying.current
        improving = trying.improving
        if attempt is None and improving.known is None:
            self._leave()
            return
        self._show_improvement()
        if attempt is not None:
            self._show_attempt(attempt)
        elif improving.known is not None:
            self._show_between()

    def _show_attempt(self, attempt: Attempt) -> None:
        glyphs, state = self.ovx.glyphs, self.ovx.session.state
        self._shown = attempt
        since = state_view.busy_since_ns(state)
        contest = attempt.contest
        if contest is not None and not contest.ready:
            since = contest.started_ns
        elapsed_s = max(0.0, (state.now_ns - since) * 1e-9) if since is not None else 0.0
        said = try_words.try_words(attempt, glyphs, max(20, self._width), elapsed_s)
        keys = "esc stops, keeps what is faster" if self.ovx.trying.improving.running else said.keys
        self._show(f"Try: {attempt.title}", said.above, said.plot, said.below, keys)

    def _show_between(self) -> None:
        improving = self.ovx.trying.improving
        known, glyphs = improving.known, self.ovx.glyphs
        if known is None:
            return
        if known.ended:
            lines: tuple[Line, ...] = (
                (),
                words(f" {known.ended}", "text*"),
                words(" u undoes what was kept last", "muted"),
            )
            self._show("Improve", lines, IntervalView(), (), "enter or esc closes")
        else:
            now = known.now or "looking for the next one"
            self._show(
                "Improve",
                ((), words(f" {glyphs.working} {now}", "warn")),
                IntervalView(),
                (),
                "esc stops, keeps what is kept",
            )

    def _show_improvement(self) -> None:
        improving = self.ovx.trying.improving
        panel = self.query_one("#try-improve", Lines)
        panel.display = improving.known is not None
        if improving.known is not None:
            panel.show((try_words.improve_line(improving.known, improving.spent_s(), self.ovx.glyphs),))

    @property
    def _width(self) -> int:
        return self.query_one("#try-above").size.width

    def _show(
        self, title: str, above: tuple[Line, ...], plot: IntervalView, below: tuple[Line, ...], keys: str
    ) -> None:
        glyphs = self.ovx.glyphs
        self.query_one("#try").border_title = Content(glyphs.show(f"{clean(title, 54)}"))
        for name, lines in (("above", above), ("below", below)):
            panel = self.query_one(f"#try-{name}", Lines)
            panel.styles.height = max(1, len(lines))
            panel.show(lines)
        interval = self.query_one("#try-plot", IntervalPlot)
        interval.display = plot.point is not None
        interval.show(plot)
        self.query_one("#try-keys", Static).update(Content(glyphs.show(keys)))

    def _leave(self) -> None:
        self._left = True
        self.dismiss()

    # Keys

    def action_list_activate(self) -> None:
        """Keep it; closes what has nothing to keep."""
        trying = self.ovx.trying
        attempt = trying.current
        if trying.improving.running:
            return
        if attempt is None or attempt.failed:
            self._leave()
        elif trying.keep():
            change = describe_change(attempt.present, attempt.spec)
            self.notify(f"kept: {clean(change, 80)}; u undoes it", markup=False, timeout=4)
            self._leave()
        elif attempt.over:
            self.notify("there is no figure to decide by: + measures longer, esc reverts", markup=False, timeout=4)

    def action_app_back(self) -> None:
        """Revert it, or stop trying everything."""
        trying = self.ovx.trying
        if trying.improving.running:
            trying.improving.stop()
            self.tick()
            return
        trying.revert()
        self._leave()

    def action_view_more(self) -> None:
        """Measure longer."""
        attempt = self.ovx.trying.current
        if self.ovx.trying.longer():
            self.tick()
        elif attempt is not None and not attempt.over:
            self.notify("it still measures; + once it is over", markup=False, timeout=4)

    def action_item_copy(self) -> None:
        """Copy the command that compares the same two."""
        attempt = self.ovx.trying.current or self._shown
        if attempt is not None:
            command = ab_words.command_of(attempt.present, attempt.spec, attempt.budget_s)
            self.app.copy_to_clipboard(command)
            self.notify(f"copied: {clean(command, 200)}", markup=False, timeout=4)
