"""What the app itself does on a key, on every screen."""

from __future__ import annotations

from collections.abc import Awaitable

from textual.app import App

from ovexplorer.clock import Clock
from ovexplorer.errors import ExitCode, OvexplorerError
from ovexplorer.schema.protocol import Failed
from ovexplorer.session.session import Session
from ovexplorer.tui import replaying
from ovexplorer.tui.actions import ScreenName
from ovexplorer.tui.laddering import Ladders
from ovexplorer.tui.pairing import Pairing
from ovexplorer.tui.recordings import Recordings
from ovexplorer.tui.screens.base import OvxScreen

QUIT_TWICE_NS = 1_000_000_000
"""A second ctrl+c within this time leaves."""


class AppActions(App[int], inherit_bindings=False):
    """The actions of the registry that the app carries out.

    Attributes:
        session: Where everything comes from.
        pairing: Comparisons in turns.
        ladders: Ladders of comparisons.
        recordings: The file that the session is recorded to.
        clock: Of the user interface.
        replay: Whether a recording is shown instead of an engine.
    """

    session: Session
    pairing: Pairing
    ladders: Ladders
    recordings: Recordings
    clock: Clock
    replay: bool
    _interrupted_ns: int | None = None

    def do(self, work: Awaitable[object]) -> None:
        """Carry out something the session offers, in the background; its error becomes a toast."""
        self.run_worker(self._guarded(work), group="session", exit_on_error=False)

    async def _guarded(self, work: Awaitable[object]) -> None:
        try:
            await work
        except OvexplorerError as error:
            self.complain(error)

    def complain(self, error: OvexplorerError | Failed) -> None:
        """Say an error in a toast; the text is literal."""
        self.notify(f"{error.what}. {error.hint}", severity="error", markup=False, timeout=8)

    def say(self, words: str) -> None:
        """Show a toast of four seconds unless there are no words; the text is literal."""
        if words:
            self.notify(words, markup=False, timeout=4)
        if isinstance(self.screen, OvxScreen):
            self.screen.tick()

    def action_app_screen(self, name: ScreenName) -> None:
        """Go to a screen; overlays above it are closed."""
        while len(self.screen_stack) > 2:
            self.pop_screen()
        if self.screen_stack[-1] is not self.get_screen(name):
            self.switch_screen(name)

    def action_app_help(self) -> None:
        """Keys and signs of this screen."""
        from ovexplorer.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(getattr(self.screen, "NAME", "open")))

    def action_doctor_open(self) -> None:
        """What in this machine spoils numbers."""
        from ovexplorer.tui.screens.doctor import DoctorScreen

        if not isinstance(self.screen, DoctorScreen):
            self.push_screen(DoctorScreen())

    def action_app_palette(self) -> None:
        """Every action by name."""
        self.action_command_palette()

    def action_app_redraw(self) -> None:
        """Repaint everything."""
        self.refresh(layout=True)
        self.screen.refresh(layout=True)

    async def action_app_suspend(self) -> None:
        """To the shell; the run pauses and goes on after coming back."""
        live = self.session.state.status == "live"
        if live:
            await self.session.pause()
        self.action_suspend_process()
        if live:
            await self.session.resume()

    def action_app_interrupt(self) -> None:
        """Cancel long work; twice within a second leave."""
        before, self._interrupted_ns = self._interrupted_ns, self.clock.monotonic_ns()
        if before is not None and self._interrupted_ns - before < QUIT_TWICE_NS:
            self.exit(int(ExitCode.INTERRUPTED))
            return
        if self.pairing.running:
            self.pairing.stop()
        elif self.ladders.running is not None:
            self.ladders.stop()
        else:
            self.do(self.session.cancel())
        self.notify("once more within a second to quit", markup=False, timeout=1)

    def action_compare_start(self) -> None:
        """Compare what runs with baseline A, on the Compare screen; there the view decides what is compared."""
        there = getattr(self.screen, "NAME", "") == "compare"
        self.action_app_screen("compare")
        # Not before the screen has composed its views.
        self.call_after_refresh(self._start_comparison, "action_compare_start" if there else "compare_present")

    def _start_comparison(self, method: str) -> None:
        start = getattr(self.screen, method, None)
        if start is not None and getattr(self.screen, "NAME", "") == "compare":
            start()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002  # Textual's own
        """Keys of a replay work only there."""
        return self.replay or not action.startswith("replay_")

    def action_replay_slower(self) -> None:
        """Show the recording slower."""
        self._replay_faster(-1)

    def action_replay_faster(self) -> None:
        """Show it faster."""
        self._replay_faster(1)

    def _replay_faster(self, by: int) -> None:
        self.say(replaying.change_speed(self.session, by))

    def action_record_toggle(self) -> None:
        """Begin a recording of this session, or end it."""
        try:
            self.say(self.recordings.toggle())
        except OvexplorerError as error:
            self.complain(error)

    def action_app_quit(self) -> None:
        """Leave; asks once while recording."""
        going = self.recordings.path
        if going is None:
            self.exit(int(ExitCode.DONE))
            return
        from ovexplorer.tui.screens.prompt import PromptScreen

        words = f"A recording is being written: {going.name}. It stays readable."
        self.push_screen(PromptScreen("Quit?", words, yes="quit"), lambda yes: self.exit(0) if yes else None)
