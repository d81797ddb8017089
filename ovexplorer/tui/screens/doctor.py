"""Doctor: what in this machine spoils numbers? All checks over the screen below, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ovexplorer.analysis.doctor import troubles
from ovexplorer.analysis.doctor_look import Finding
from ovexplorer.schema.machine import MachineFacts
from ovexplorer.session.state import RunState
from ovexplorer.tui.actions import bindings_for
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.doctor_rows import DoctorRow, found_in, rows_of, run_finding
from ovexplorer.tui.widgets.lists import CursorList

if TYPE_CHECKING:
    from ovexplorer.tui.host import Host

LOOK_SECONDS = 0.5
"""Length of a look: the run stands still for it."""

_EVERY_S = 0.25
_PATIENCE_TICKS = 240
"""A minute: an engine that compiles answers when it is done."""


class DoctorList(CursorList):
    """Lines of the findings; all hold the cursor, so that all can be read."""

    rows: tuple[DoctorRow, ...] = ()

    def show(self, rows: tuple[DoctorRow, ...]) -> None:
        """Show these lines."""
        self.rows = rows
        self.changed()
        self.move_to(min(self.cursor, max(0, len(rows) - 1)))

    def row_count(self) -> int:
        """Lines."""
        return len(self.rows)

    def draw_row(self, row: int, width: int) -> list[Segment]:  # noqa: ARG002  # the row adjusts it
        """Sign and title, or a line of what belongs to it."""
        entry = self.rows[row]
        bold = entry.role.endswith("*") or None
        return [
            Segment(f" {entry.sign or ' '} ", self.ink(entry.sign_role, bold=True)),
            Segment(entry.text, self.ink(entry.role.rstrip("*"), bold=bold)),
        ]


class DoctorScreen(ModalScreen[None], inherit_bindings=False):
    """All checks; `r` looks again, `y` copies them."""

    NAME = "doctor"
    CSS_PATH = "doctor.tcss"
    HORIZONTAL_BREAKPOINTS = OvxScreen.HORIZONTAL_BREAKPOINTS
    VERTICAL_BREAKPOINTS = OvxScreen.VERTICAL_BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("doctor")

    def __init__(self) -> None:
        super().__init__()
        self._found: tuple[Finding, ...] | None = None
        self._about_run: tuple[Finding, ...] = ()
        self._run_finding: Finding | None = None
        self._run_key: object = None
        self._key: object = None
        self._old: MachineFacts | None = None
        """What was known when a look was asked for."""
        self._ticks_left = 0
        """Patience for the look that was asked for; 0 when none was."""

    @property
    def ovx(self) -> Host:
        """The app, typed."""
        return cast("Host", self.app)

    def compose(self) -> ComposeResult:
        """A box with the list, or one line instead of it."""
        with Vertical(id="doctor"):
            yield Static("", id="doctor-state", markup=False)
            yield DoctorList(id="doctor-list")

    def on_mount(self) -> None:
        """Show what is known; look when nobody has."""
        self.set_class(self.ovx.glyphs.ascii, "-ascii")
        self.query_one(DoctorList).focus()
        if self.ovx.session.state.machine is None:
            self._look()
        self.set_interval(_EVERY_S, self.tick)
        self.call_after_refresh(self.tick)

    def on_resize(self) -> None:
        """Texts are wrapped anew."""
        self._key = None
        self.call_after_refresh(self.tick)

    def tick(self) -> None:
        """Show what is new."""
        if not self.is_attached:
            return
        state = self.ovx.session.state
        if self._ticks_left:
            self._ticks_left -= 1
            if state.machine is not self._old or state.died is not None:
                self._ticks_left = 0
        ready = state.current.ready if state.current else None
        run = self._run(state)
        key = (state.machine, state.current and state.current.number, ready, bool(self._ticks_left), self.size, run)
        if key != self._key:
            self._key = key
            self._found = found_in(state)
            self._about_run = (run,) if run is not None else ()
            self._paint()

    def _paint(self) -> None:
        box, rows, glyphs = self.query_one("#doctor"), self.query_one(DoctorList), self.ovx.glyphs
        looking, found = bool(self._ticks_left), self._found
        words = f"{glyphs.working} looking at this machine" if looking else self._nothing() if found is None else ""
        line = self.query_one("#doctor-state", Static)
        line.update(Content(words))
        line.display = bool(words)
        width = max(20, rows.size.width - 4)
        rows.show(rows_of((*self._about_run, *found), width, glyphs) if found else ())
        title = "Doctor"
        if found:
            title += f" {glyphs.dot} {troubles(found) or 'nothing'} to look at, {len(found)} checks"
        again = "" if self.ovx.replay else f" {glyphs.dot} r looks again"
        box.border_title = Content(title)
        box.border_subtitle = Content(f"esc closes{again} {glyphs.dot} y copies")

    def _run(self, state: RunState) -> Finding | None:
        """The verdict and its causes; looked at anew only with another second of the run."""
        segment = state.measured
        if segment is None:
            return None
        figures = self.ovx.figures
        figures.feed(state)
        known = figures.of(segment.number)
        if known is None:
            return None
        key = (segment.number, len(segment.loads), known.verdict)
        if key != self._run_key:
            self._run_key = key
            self._run_finding = run_finding(segment, known.verdict, state.environment)
        return self._run_finding

    def _nothing(self) -> str:
        if self.ovx.replay:
            return "this recording holds no look at the machine"
        return "the engine has not answered; r looks again"

    def _look(self) -> None:
        if self.ovx.replay:
            return
        self._old = self.ovx.session.state.machine
        self._ticks_left = _PATIENCE_TICKS
        self.ovx.do(self.ovx.session.examine(LOOK_SECONDS))

    def action_run_again(self) -> None:
        """Look again, unless a look is under way."""
        if not self._ticks_left:
            self._look()
            self.tick()

    def action_item_copy(self) -> None:
        """Copy all findings as text."""
        # Late: only copying needs it.
        from ovexplorer.export.doctor import doctor_text

        if self._found:
            self.app.copy_to_clipboard(doctor_text((*self._about_run, *self._found)))
            self.notify("the findings are copied", markup=False, timeout=4)

    def action_app_back(self) -> None:
        """Close."""
        self.dismiss()

    def action_focus_next(self) -> None:
        """There is one list only."""

    def action_focus_previous(self) -> None:
        """There is one list only."""
