"""Compare: is it really faster? Four views: two configurations in turns, and three ladders."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from ovexplorer.session.state import RunState
from ovexplorer.tui.actions import bindings_for, bindings_of
from ovexplorer.tui.footers import FOOTERS, Hint
from ovexplorer.tui.screens.ab_view import AbView
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.compare_view import VIEWS, CompareView, ViewName
from ovexplorer.tui.widgets.frame import Piece, RunRow


class CompareScreen(OvxScreen[None]):
    """Shows one view at a time and hands it the keys."""

    NAME = "compare"
    CSS_PATH = "compare.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_for("compare"), *bindings_of(("list.activate",))]

    def __init__(self) -> None:
        super().__init__()
        self._active: ViewName = "ab"
        self._views: dict[ViewName, Widget] = {}

    def body(self) -> ComposeResult:
        """The view that is shown first; the others are made when they are asked for."""
        yield self._made("ab")

    @property
    def view(self) -> CompareView:
        """The view that is visible."""
        return cast("CompareView", self._views[self._active])

    def show_view(self, name: ViewName) -> None:
        """Make a view visible and give it the focus; nothing changes when it has them."""
        if name == self._active:
            return
        self._active = name
        if name not in self._views:
            self.query_one("#body").mount(self._made(name))
        for other, widget in self._views.items():
            widget.display = other == name
        self.call_after_refresh(self._entered)

    def _made(self, name: ViewName) -> Widget:
        if name == "ab":
            made: Widget = AbView()
        else:
            # Late: only who looks at a ladder needs it.
            from ovexplorer.tui.screens.ladder_view import LadderView

            made = LadderView(name)
        self._views[name] = made
        return made

    def _entered(self) -> None:
        widget = self._views[self._active]
        inside = self.focused is not None and widget in self.focused.ancestors_with_self
        panel = next((entry for entry in widget.query("*") if entry.focusable), None)
        if panel is not None and not inside:
            panel.focus()
        self.redraw()

    # What the frame asks.

    def on_tick(self, state: RunState) -> None:
        """Let the view show it."""
        if self._views[self._active].is_mounted:
            self.view.show(state)

    def hints(self, state: RunState) -> tuple[Hint, ...]:
        """Those of the view."""
        return self.view.hints(state) or FOOTERS["compare"]

    def run_row(self, state: RunState) -> RunRow:
        """The view's, or what every screen says."""
        return self.view.run_row(state) or super().run_row(state)

    def badge(self, state: RunState, since_event_s: float) -> Piece:
        """The view's, or what every screen says."""
        own = getattr(self.view, "badge", None)
        return (own(state) if own is not None else None) or super().badge(state, since_event_s)

    # Actions: the view's own, else what they do on every screen.

    def _forward(self, name: str, otherwise: Callable[[], None] | None = None) -> None:
        own = getattr(self.view, name, None)
        if own is not None:
            own()
        elif otherwise is not None:
            otherwise()

    def action_view_next(self) -> None:
        """Next view."""
        self._turn(1)

    def action_view_previous(self) -> None:
        """Previous view."""
        self._turn(-1)

    def _turn(self, by: int) -> None:
        names = [name for name, _ in VIEWS]
        self.show_view(names[(names.index(self._active) + by) % len(names)])

    def action_list_activate(self) -> None:
        """What the view's footer says."""
        self._forward("action_list_activate")

    def action_run_pause(self) -> None:
        """Pause the view's work, or the run."""
        self._forward("action_run_pause", super().action_run_pause)

    def action_run_again(self) -> None:
        """Measure again."""
        self._forward("action_run_again", super().action_run_again)

    def action_run_set_baseline(self) -> None:
        """Make what is shown the baseline."""
        self._forward("action_run_set_baseline")

    def action_run_to_baseline(self) -> None:
        """Run the baseline again."""
        self._forward("action_run_to_baseline")

    def action_view_more(self) -> None:
        """More turns."""
        self._forward("action_view_more")

    def action_view_less(self) -> None:
        """Fewer turns."""
        self._forward("action_view_less")

    def action_view_zoom_panel(self) -> None:
        """The focused panel fills the body, or no more."""
        self._forward("action_view_zoom_panel")

    def action_compare_start(self) -> None:
        """Compare what the view proposes; the app calls it on `x`."""
        self._forward("action_compare_start", self.compare_present)

    def compare_present(self) -> None:
        """Compare what runs with the baseline, whatever view was shown; `x` on any other screen."""
        self.show_view("ab")
        cast("AbView", self._views["ab"]).action_compare_start()

    def action_item_copy(self) -> None:
        """Copy what is shown."""
        self._forward("action_item_copy")

    def action_item_export(self) -> None:
        """Write what is shown to a file."""
        self._forward("action_item_export")

    def action_app_back(self) -> None:
        """Leave a field, stop the view's work, or cancel."""
        self._forward("action_app_back", super().action_app_back)
