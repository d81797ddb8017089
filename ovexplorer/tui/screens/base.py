"""What every screen has: the frame, one timer, the session, and the rules of drawing.

A screen pulls one frozen state per tick, only when it changed, inside a batch update; while it is hidden it does
nothing. Subclasses give `body()` and `on_tick()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.screen import Screen, ScreenResultType
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from ovexplorer.options.apply import headline
from ovexplorer.schema.facts import ModelFacts
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState
from ovexplorer.text import CleanText, clean
from ovexplorer.tui import replaying, state_view
from ovexplorer.tui.actions import BY_ID, SCREENS, TABS, ScreenName
from ovexplorer.tui.footers import FOOTERS, REPLAYING, Hint, hint
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens import forms
from ovexplorer.tui.widgets.cells import cut_cells
from ovexplorer.tui.widgets.frame import Footer, FooterRow, Piece, RunLine, RunRow, TabBar, TabRow

if TYPE_CHECKING:
    from ovexplorer.session.session import Session
    from ovexplorer.tui.host import Host

HORIZONTAL = [(0, "-tiny"), (80, "-narrow"), (120, "-wide"), (160, "-huge")]
"""Classes of a screen by its columns."""

VERTICAL = [(0, "-short"), (24, "-std"), (40, "-tall")]
"""Classes of a screen by its rows."""

WIDE = 120
"""Columns from which panels are boxes."""

SMALLEST = (60, 16)
"""Columns and rows below which one line stands instead of the screen."""

TOO_SMALL = "The terminal is smaller than 60x16. Make it larger, or run: ovexplorer bench MODEL"

FAST_MODEL_NS = 1e6
"""Under a model faster than this the screen draws half as often."""


class OvxScreen(Screen[ScreenResultType], inherit_bindings=False):
    """Base of all screens that fill the terminal."""

    NAME: ClassVar[ScreenName]
    """Key of the registry of actions."""
    RATE: ClassVar[Literal["chart", "table"]] = "chart"
    """Charts draw four times a second, tables once."""
    HORIZONTAL_BREAKPOINTS = HORIZONTAL
    VERTICAL_BREAKPOINTS = VERTICAL

    def __init__(self, *, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(name=name, id=id, classes=classes)
        self._timer: Timer | None = None
        self._period = 0.0
        self._seen_revision = -1
        self._seen_at_ns = 0
        self._hidden = False
        self._composed = False
        self._titles: dict[Widget, str] = {}
        self._subtitles: dict[Widget, str] = {}
        self._printed: dict[Widget, tuple[str, str]] = {}

    # What subclasses give.

    def body(self) -> ComposeResult:
        """Widgets between run line and footer."""
        raise NotImplementedError

    def on_tick(self, state: RunState) -> None:
        """Show a state that changed, or whose clock runs."""

    def run_row(self, state: RunState) -> RunRow:
        """What row 2 says; the run and its headline unless a screen knows better."""
        segment = state.current
        if segment is None:
            return RunRow((("No run yet. 1 picks a model.", "muted"),))
        words = clean(headline(segment.spec, precision=state_view.precision_of(segment)))
        contest = state.contest
        if contest is not None:
            return RunRow(((words, "text"),), state_view.contest_parts(contest))
        return RunRow(((words, "text"),), self.ovx.headline.parts(state, self.glyphs))

    def badge(self, state: RunState, since_event_s: float) -> Piece:
        """The one word on row 1 about what happens now."""
        return state_view.badge(state, since_event_s, self.glyphs)

    def hints(self, state: RunState) -> tuple[Hint, ...]:  # noqa: ARG002  # subclasses look at it
        """Entries of the footer."""
        return FOOTERS[self.NAME]

    def form_spec(self) -> RunSpec | None:
        """Spec that device builder and shape editor start from."""
        return self.session.asked

    def form_facts(self) -> ModelFacts | None:
        """Facts of its model; None while they are not known."""
        return self.state.model

    def use_spec(self, spec: RunSpec) -> None:
        """Take what device builder or shape editor made: the run goes on with it."""
        self.ovx.change_run(spec)

    # The app and what it holds.

    @property
    def ovx(self) -> Host:
        """The app, typed."""
        return cast("Host", self.app)

    @property
    def session(self) -> Session:
        """The session of the app."""
        return self.ovx.session

    @property
    def state(self) -> RunState:
        """The present state."""
        return self.ovx.session.state

    @property
    def glyphs(self) -> Glyphs:
        """Signs that this terminal can draw."""
        return self.ovx.glyphs

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Show a toast of four seconds; the text is literal."""
        self.notify(text, markup=False, timeout=4, severity="error" if bad else "information")

    def title_panel(self, panel: Widget, title: str, subtitle: str = "") -> None:
        """Give a panel its title, and from 120 columns a subtitle; the texts are literal.

        A rule without a corner prints no blanks around a title, a box does.
        """
        self._titles[panel], self._subtitles[panel] = title, subtitle
        boxed = self.size.width >= WIDE
        left = "" if boxed or panel.has_class("right-panel") else " "
        # Cut here, because Textual would cut with a sign that not every terminal has.
        room = panel.outer_size.width - (6 if boxed else 5)
        above = self.glyphs.show(f"{left}{cut_cells(title, room) if room > 0 else title}{'' if boxed else ' '}")
        below = self.glyphs.show(subtitle) if boxed else ""
        if self._printed.get(panel) == (above, below):
            # Setting a title repaints the whole panel, 10 kB for a table.
            return
        self._printed[panel] = above, below
        panel.border_title = Content(above)
        panel.border_subtitle = Content(below) if below else None

    # Composition and drawing.

    def compose(self) -> ComposeResult:
        """The frame around the body."""
        yield TabBar()
        yield RunLine()
        with Container(id="body"):
            yield from self.body()
        yield Footer()
        yield Static(TOO_SMALL, id="too-small", markup=False)

    def on_mount(self) -> None:
        """Start the timer."""
        self._composed = True
        self.set_class(self.glyphs.ascii, "-ascii")
        self._set_rate()
        self.call_after_refresh(self.redraw)

    def redraw(self) -> None:
        """Show the present state now, changed or not."""
        self._seen_revision = -1
        self.tick()

    def tick(self) -> None:
        """Look at the state once; draw when it changed or a clock runs."""
        if self._hidden or not self._composed or not self.is_attached:
            return
        state = self.state
        changed = state.revision != self._seen_revision
        now = self.ovx.clock.monotonic_ns()
        if changed:
            self._seen_revision, self._seen_at_ns = state.revision, now
        with self.app.batch_update():
            self._show_frame(state, (now - self._seen_at_ns) / 1e9)
            if changed or state_view.busy_since_ns(state) is not None:
                self.on_tick(state)
        self._set_rate()

    def _show_frame(self, state: RunState, since_event_s: float) -> None:
        active = next((key for key, name, _ in TABS if name == self.NAME), "")
        tabs = tuple((key, title) for key, _, title in TABS)
        self.query_one(TabBar).show(
            TabRow(
                active,
                tabs,
                self.badge(state, since_event_s),
                self.ovx.recordings.size(),
                state_view.clock_tail(self.ovx.uptime_s(), _host(state), self.ovx.cost.long),
            )
        )
        self.query_one(RunLine).show(self.run_row(state))
        live = state.status in ("live", "paused", "working")
        cost = self.ovx.cost.short if live else ""
        self.query_one(Footer).show(FooterRow(self._hints_now(state), cost, hint("app.help")))

    def _hints_now(self, state: RunState) -> tuple[Hint, ...]:
        if not self.ovx.replay or self.NAME not in SCREENS:
            return self.hints(state)
        return tuple(entry for entry in REPLAYING if self.NAME in BY_ID[entry.action].where)

    def _set_rate(self) -> None:
        rate = self.ovx.refresh_hz(state_view.is_fast(self.state, FAST_MODEL_NS))
        # What Textual does for one repaint costs as much as what it paints, so on few cores a steady run is painted
        # all at once, and as often as the budget allows.
        period = 1.0 if self.RATE == "table" else 1.0 / rate
        spared = not self.ovx.settings.refresh_hz and rate <= state_view.SPARING_HZ
        if spared and state_view.is_steady(self.state):
            period = self.ovx.cost.steady_s
        # A phase under way shows its elapsed time four times a second on every screen.
        if self.state.status in ("working", "starting"):
            period = min(period, 0.25)
        if period == self._period and self._timer is not None:
            return
        if self._timer is not None:
            self._timer.stop()
        self._period = period
        self._timer = self.set_interval(period, self.tick, pause=self._hidden)

    # What Textual tells.

    def on_screen_suspend(self) -> None:
        """Another screen is on top: draw nothing."""
        self._hidden = True
        if self._timer is not None:
            self._timer.pause()

    def on_screen_resume(self) -> None:
        """On top again."""
        self._hidden = False
        if self._timer is not None:
            self._timer.resume()
        self.call_after_refresh(self.redraw)

    def on_resize(self, event: events.Resize) -> None:
        """Below the smallest size one line stands instead of everything."""
        self.set_class(event.size.width < SMALLEST[0] or event.size.height < SMALLEST[1], "-too-small")
        for panel, title in list(self._titles.items()):
            self.title_panel(panel, title, self._subtitles.get(panel, ""))
        self.call_after_refresh(self.redraw)

    @on(TabBar.Pressed)
    async def _tab_pressed(self, event: TabBar.Pressed) -> None:
        name = next(name for key, name, _ in TABS if key == event.key)
        await self.app.run_action(f"app_screen('{name}')")

    @on(Footer.Pressed)
    async def _key_pressed(self, event: Footer.Pressed) -> None:
        action = BY_ID[event.action]
        target: Widget | Screen[object] | None = self.focused if action.at == "widget" else self
        if action.at == "app":
            await self.app.run_action(action.method)
        elif target is not None:
            await self.app.run_action(action.method, default_namespace=target)

    # Actions that mean the same on every screen.

    def action_focus_next(self) -> None:
        """Next panel."""
        self.focus_next()

    def action_focus_previous(self) -> None:
        """Previous panel."""
        self.focus_previous()

    def action_app_back(self) -> None:
        """Leave a field, or cancel what is under way."""
        if isinstance(self.focused, Input):
            self.focus_next()
        elif self.ovx.pairing.running:
            # Before the cancel below, which would end the engine for the compile of a contestant.
            self.ovx.pairing.stop()
        elif self.state.status == "working" and self.ovx.ladders.running is not None:
            self.ovx.ladders.stop()
        elif self.state.status == "working":
            self.ovx.do(self.session.cancel())

    def action_run_pause(self) -> None:
        """Pause or resume the run, or the replay."""
        status = self.state.status
        if self.ovx.replay:
            words = replaying.toggle_pause(self.session)
            if words:
                self.tell(words)
            self.redraw()
        elif status == "paused":
            self.ovx.do(self.session.resume())
        elif status == "live":
            self.ovx.do(self.session.pause())

    def action_run_undo(self) -> None:
        """Take back the last toggle."""
        self.ovx.do(self.session.undo())

    def action_run_redo(self) -> None:
        """Do it again."""
        self.ovx.do(self.session.redo())

    def action_run_again(self) -> None:
        """Measure again."""
        self.ovx.do(self.session.restart())

    def action_device_build(self) -> None:
        """Open the device builder."""
        spec = self.form_spec()
        if spec is None:
            self.tell("pick a model first: 1")
        else:
            forms.open_builder(self.app, spec, self.use_spec)

    def action_shapes_edit(self) -> None:
        """Open the shape editor."""
        spec, facts = self.form_spec(), self.form_facts()
        if spec is None:
            self.tell("pick a model first: 1")
        elif facts is None:
            self.tell("the model is not read yet")
        else:
            forms.open_shapes(self.app, spec, facts, self.use_spec)


def _host(state: RunState) -> CleanText:
    return state.environment.hostname if state.environment else CleanText("")
