"""The error panel: what happened, what it means, what to do; the rest of the program works above it."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content

from ovexplorer.errors import OvexplorerError
from ovexplorer.history.recent import state_directory
from ovexplorer.options.apply import default_spec
from ovexplorer.session.state import RunState
from ovexplorer.tui.actions import ScreenName, bindings_for
from ovexplorer.tui.recordings import installed_version
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.error_view import ErrorView, Remedy, view_of
from ovexplorer.tui.widgets.lines import Line, Lines, wrap
from ovexplorer.tui.widgets.lists import CursorList

LABEL = 15


class RemedyList(CursorList):
    """What can be done about it."""

    remedies: tuple[tuple[Remedy, str], ...] = ()

    def row_count(self) -> int:
        """Remedies."""
        return len(self.remedies)

    def draw_row(self, row: int, width: int) -> list[Segment]:  # noqa: ARG002  # lines are cut by the list
        """One remedy."""
        label = "do" if row == 0 else "or"
        return [Segment(f"  {label:<{LABEL}}", self.ink("muted")), Segment(self.remedies[row][1], self.ink("text"))]


class ErrorScreen(OvxScreen[None]):
    """Failures that leave nothing running."""

    NAME = "error"
    RATE = "table"
    CSS_PATH = "error.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("error")

    def __init__(self) -> None:
        super().__init__()
        self._view: ErrorView | None = None

    def body(self) -> ComposeResult:
        """One box."""
        with Vertical(id="error"):
            yield Lines(id="what")
            yield RemedyList(id="remedies")
            yield Lines(id="after")
            yield Lines(id="lines")

    def on_mount(self) -> None:
        """The remedies have the focus."""
        self.query_one(RemedyList).focus()

    def on_tick(self, state: RunState) -> None:
        """Show the failure; when it was overcome, leave."""
        view = view_of(state)
        if view is None:
            self.app.call_later(self._leave, "live")
            return
        if view != self._view:
            self._view = view
            self._show(view)

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002  # Textual calls the base's handler too
        """Break the lines again."""
        if self._view is not None:
            self.call_after_refresh(self._show, self._view)

    def _show(self, view: ErrorView) -> None:
        box, width = self.query_one("#error"), max(30, self.query_one("#what").size.width)
        box.border_title = Content(self.glyphs.show(view.title))
        box.border_subtitle = Content(self.glyphs.show("r restarts · j k choose, enter does it · esc back to Open"))
        above: list[Line] = [((f"  {text}", "bad*"),) for text in wrap(view.what, width - 4)]
        if not self.has_class("-short"):
            above = [(), *above, ()]
        above += _labelled(view.rows, width)
        self._fill("#what", tuple(above))
        remedies = self.query_one(RemedyList)
        remedies.remedies = view.remedies
        remedies.styles.height = len(view.remedies)
        remedies.changed()
        self._fill("#after", _labelled(view.after, width))
        self._fill("#lines", self._tail(view, width))

    def _fill(self, selector: str, lines: tuple[Line, ...]) -> None:
        panel = self.query_one(selector, Lines)
        panel.styles.height = len(lines)
        panel.show(lines)

    def _tail(self, view: ErrorView, width: int) -> tuple[Line, ...]:
        lines: list[Line] = []
        # What is left of the body after its margins, its borders and the parts above.
        above = sum(len(self.query_one(name, Lines).lines) for name in ("#what", "#after")) + len(view.remedies)
        room = max(1, self.query_one("#body").size.height - above - (2 if self.has_class("-short") else 6))
        if view.phases and room >= len(view.phases) + 6:
            lines += [(), _rule("where it was", width)]
            for well, name, took in view.phases:
                sign = (f"  {self.glyphs.good} ", "good") if well else (f"  {self.glyphs.bad} ", "bad")
                lines.append((sign, (f"{name:<{LABEL}}", "text"), (took, "muted")))
        if view.lines:
            left = max(1, room - len(lines) - (6 if view.command and room > 14 else 3))
            lines += [(), _rule(view.lines_title, width)]
            lines += [((f"  {line}", "muted"),) for line in view.shown_lines(left)]
        if view.command and room - len(lines) >= 3:
            lines += [(), _rule("the same without the TUI", width), ((f"  {view.command}", "text"),)]
        return tuple(lines[:room])

    # Actions.

    @on(CursorList.Activated)
    def _chosen(self, event: CursorList.Activated) -> None:
        remedy = self.query_one(RemedyList).remedies[event.row][0]
        if remedy == "open":
            self._leave("open")
        elif remedy == "restart":
            self.action_run_again()
        else:
            self._with_defaults()

    def _with_defaults(self) -> None:
        segment = self.state.segments[-1] if self.state.segments else None
        if segment is not None:
            self.ovx.start_run(default_spec(segment.spec.model, segment.spec.device))

    def action_run_again(self) -> None:
        """Restart the engine, or try the same again."""
        state = self.state
        segment = state.segments[-1] if state.segments else None
        if segment is not None and state.died is None:
            self.ovx.start_run(segment.spec)
            return
        self.ovx.do(self.session.restart())
        self._leave("live" if segment is not None else "open")

    def action_app_back(self) -> None:
        """Back to Open."""
        self._leave("open")

    def action_item_copy(self) -> None:
        """Copy the report."""
        if self._view is not None:
            self.app.copy_to_clipboard(self._view.report())
            self.tell("the report is copied")

    def action_item_export(self) -> None:
        """Write the bundle for a report."""
        # Late: only a report needs it.
        from ovexplorer.export.bundle import bundle_document, write_bundle

        document = bundle_document(self.state, installed_version(), self.ovx.clock.now())
        try:
            self.tell(f"written: {write_bundle(document, state_directory())}")
        except OvexplorerError as error:
            self.ovx.complain(error)

    def _leave(self, name: ScreenName) -> None:
        self.ovx.action_app_screen(name)


def _labelled(rows: tuple[tuple[str, str], ...], width: int) -> tuple[Line, ...]:
    lines: list[Line] = []
    for label, text in rows:
        for number, part in enumerate(wrap(text, width - LABEL - 4)):
            lines.append(((f"  {label if number == 0 else '':<{LABEL}}", "muted"), (part, "text")))
    return tuple(lines)


def _rule(title: str, width: int) -> Line:
    return (("─ ", "line"), (title, "muted"), (" " + "─" * max(0, width - len(title) - 3), "line"))
