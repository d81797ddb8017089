"""Wires the screens to a session; what is shown is the business of the screens.

The engine is started after the first paint; whoever runs the app calls `end_session` afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.driver import Driver
from textual.screen import Screen

from ovexplorer.clock import Clock, SystemClock
from ovexplorer.options.paths import anchored
from ovexplorer.schema.facts import ModelFacts
from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.session import Session
from ovexplorer.settings import Settings
from ovexplorer.tui.actions import ScreenName, app_bindings
from ovexplorer.tui.app_actions import AppActions
from ovexplorer.tui.cost import UiCost, WrittenBytes, counting
from ovexplorer.tui.driving import SessionDriver
from ovexplorer.tui.figures import RunFigures
from ovexplorer.tui.glyphs import UNICODE, Glyphs
from ovexplorer.tui.graphing import Graphing
from ovexplorer.tui.laddering import Ladders
from ovexplorer.tui.pairing import Pairing
from ovexplorer.tui.recents import Recents
from ovexplorer.tui.recordings import Recordings
from ovexplorer.tui.screens import forms
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.installed import INSTALLED
from ovexplorer.tui.screens.palette import ActionProvider
from ovexplorer.tui.state_view import HeadlineBoard
from ovexplorer.tui.themes import OVX_DARK, OVX_LIGHT, role_defaults
from ovexplorer.tui.trying import Trying

if TYPE_CHECKING:
    from ovexplorer.history.recording import Recorder
    from ovexplorer.tui.host import Host


class OvexplorerApp(AppActions, inherit_bindings=False):
    """The terminal user interface."""

    CSS_PATH = "app.tcss"
    TITLE = "ovexplorer"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[Any]] = {ActionProvider}
    BINDINGS: ClassVar[list[BindingType]] = app_bindings()
    SCREENS: ClassVar[dict[str, Callable[[], Screen[Any]]]] = dict(INSTALLED)

    def __init__(
        self,
        session: Session,
        *,
        settings: Settings | None = None,
        glyphs: Glyphs = UNICODE,
        clock: Clock | None = None,
        spec: RunSpec | None = None,
        replay: bool = False,
        recorder: Recorder | None = None,
        no_color: bool = False,
        graph: Path | None = None,
    ) -> None:
        self.session = session
        """Where everything comes from."""
        self.settings = settings or Settings()
        self.glyphs = glyphs
        """Signs that this terminal can draw."""
        self.clock = clock or SystemClock()
        # Once: the directory may be removed while the program runs.
        self._here = Path.cwd()
        self.recordings = Recordings(session, self.clock, self._here, recorder)
        """The file that the session is recorded to."""
        self._spec = spec
        self._first_graph = graph
        self.replay = replay
        """Whether a recording is shown instead of an engine."""
        self._written = WrittenBytes()
        self._started_ns = self.clock.monotonic_ns()
        self._shown_failure: object = None
        self._waking = False
        self.cost = UiCost(self.clock, self._written)
        """What the user interface costs."""
        self.headline = HeadlineBoard()
        """The figures on row 2."""
        self.figures = RunFigures()
        """Figures of every segment of the run, and baseline A."""
        self.pairing = Pairing(session, self.settings, self.figures, here=self._here, failed=self.complain)
        """Comparisons in turns."""
        self.ladders = Ladders(session, self.pairing, failed=self.complain)
        self.pairing.held = lambda: self.ladders.running is not None
        """Ladders of comparisons."""
        self.trying = Trying(session, self.pairing, self.ladders, self.clock, show=self._show_try, failed=self.complain)
        """Changes measured against what runs."""
        self.graphing = Graphing(session, self.clock, self.do, self._graph_changed)
        """The graph of the run or of a file."""
        self.recent = Recents()
        """Runs of earlier sessions."""
        self._driving = SessionDriver(
            session, self.recent, replay=replay, wake=self._event_arrived, failed=self.complain
        )
        # Native colours must be asked for here: a theme set later would paint black on black under NO_COLOR.
        super().__init__(ansi_color=True if no_color else None)
        self.register_theme(OVX_DARK)
        self.register_theme(OVX_LIGHT)
        # Before the app runs: set later, every style sheet would be parsed a second time.
        known = self.settings.theme in self.available_themes
        self.set_reactive(OvexplorerApp.theme, self.settings.theme if known else OVX_DARK.name)

    # What screens ask.

    def uptime_s(self) -> float:
        """Seconds since the start."""
        self.cost.look()
        return (self.clock.monotonic_ns() - self._started_ns) / 1e9

    def refresh_hz(self, fast_model: bool) -> float:
        """Charts a second."""
        if self.settings.refresh_hz:
            return self.settings.refresh_hz
        return 2.0 if fast_model or (os.cpu_count() or 1) <= 2 else 4.0

    # What Textual asks.

    def get_driver_class(self) -> type[Driver]:
        """The platform's driver, with a counter of bytes."""
        return counting(super().get_driver_class(), self._written)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Roles for themes that do not know them."""
        return role_defaults(self.current_theme.dark)

    def on_mount(self) -> None:
        """Show the first screen; start the engine once it is painted."""
        known = self.settings.theme in self.available_themes
        self.set_keymap(self.settings.keymap)
        if self._first_graph is not None:
            self.graphing.open_file(self._first_graph)
        self.push_screen("graph" if self._first_graph else "live" if self.replay or self._spec else "open")
        if not known:
            self.notify(f"no theme is called {self.settings.theme}; the dark one is used", markup=False)
        if self._first_graph is None:
            self.call_after_refresh(self._start_session)

    def action_app_screen(self, name: ScreenName) -> None:
        """Go to a screen; one that shows more than the graph of a file needs an engine."""
        if name != "graph":
            self._start_session()
        super().action_app_screen(name)

    # The session.

    def _start_session(self) -> None:
        if not self._driving.started:
            self._driving.start()
            self.do(self._driving.first_commands(self._spec, self.settings))

    async def end_session(self) -> None:
        """End the engine; nothing is left running afterwards. Whoever runs the app calls this."""
        self.trying.close()
        await self.ladders.close()
        await self._driving.end()

    def _event_arrived(self) -> None:
        if not self._waking:
            self._waking = True
            self.call_later(self._wake_screen)

    def _graph_changed(self) -> None:
        if isinstance(self.screen, OvxScreen):
            self.screen.redraw()

    def _wake_screen(self) -> None:
        self._waking = False
        self._look_for_failure()
        if isinstance(self.screen, OvxScreen):
            self.screen.tick()

    def _look_for_failure(self) -> None:
        state = self.session.state
        segment = state.segments[-1] if state.segments else None
        failure: object = state.died or (segment.failed if segment else None)
        if failure is None or failure is self._shown_failure:
            return
        self._shown_failure = failure
        shapes = isinstance(failure, Failed) and failure.kind == "shape_needed" and not self.replay
        if shapes and segment is not None and state.model is not None:
            forms.open_shapes(self, segment.spec, state.model, self.start_run)
            return
        if isinstance(failure, Failed) and failure.continues:
            self.complain(failure)
            return
        if state.died is not None and self.ladders.running:
            # The ladder says it in the row of its step, starts another engine and goes on.
            self.notify("the engine died in a step; the ladder goes on with another one", markup=False, timeout=8)
            return
        from ovexplorer.tui.screens.error import ErrorScreen

        if not isinstance(self.screen, ErrorScreen):
            self.push_screen(ErrorScreen())

    def start_run(self, spec: RunSpec) -> None:
        """Begin a run and show it."""
        self._driving.remember()
        # The engine has a directory of its own: relative names typed here mean something else there.
        self.do(self.session.start(anchored(spec, self._here)))
        self.action_app_screen("live")

    def change_run(self, spec: RunSpec, title: str = "") -> None:
        """Go on with another configuration."""
        self.do(self.session.change(anchored(spec, self._here), title))

    def _show_try(self) -> None:
        from ovexplorer.tui.screens.try_prompt import TryPrompt

        self.push_screen(TryPrompt())

    def run_or_ask(self, spec: RunSpec, facts: ModelFacts | None) -> None:
        """Begin a run; a dynamic model without shapes is asked about first."""
        if facts is not None and facts.dynamic and not spec.model.inputs:
            forms.open_shapes(self, spec, facts, self.start_run)
        else:
            self.start_run(spec)


if TYPE_CHECKING:

    def _is_a_host(app: OvexplorerApp) -> Host:
        """Makes the type checker hold the app to what screens ask of it."""
        return app
