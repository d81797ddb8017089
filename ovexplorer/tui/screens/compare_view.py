"""What a view of the Compare screen gives, and how it reaches the app.

A view is a container that fills the body. The screen shows one at a time, calls `show` on every tick while it is
visible, and hands it the actions of the registry that it has a method for (`action_run_again` for `run.again`); those
that it has none for do what they do on every screen.
"""

from __future__ import annotations

from typing import Final, Literal, Protocol, cast

from textual.containers import Container
from textual.widget import Widget

from ovexplorer.session.state import RunState
from ovexplorer.tui.footers import Hint
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.widgets.frame import Piece, RunRow

ViewName = Literal["ab", "ladder", "slower", "startup"]

VIEWS: Final[tuple[tuple[ViewName, str], ...]] = (
    ("ab", "A/B"),
    ("ladder", "Ladder"),
    ("slower", "Why slower"),
    ("startup", "Start-up"),
)
"""Views in the order of `v`, with the words that name them."""


def tab_line(active: str) -> str:
    """Title of a view's first panel: `A/B · views: A/B  Ladder  Why slower  Start-up`."""
    return f"{active} · views: {'  '.join(words for _, words in VIEWS)}"


class CompareView(Protocol):
    """One view. Besides these it may have a method for each action of the registry, and `badge`."""

    @property
    def title(self) -> str:
        """Its words in the line of views: `Ladder`."""
        ...

    def show(self, state: RunState) -> None:
        """Show a state; called on every tick while it is visible."""
        ...

    def hints(self, state: RunState) -> tuple[Hint, ...]:
        """Entries of the footer."""
        ...

    def run_row(self, state: RunState) -> RunRow | None:
        """What row 2 says; None leaves it to the screen."""
        ...


class HasBadge(Protocol):
    """A view that says what happens now in its own words."""

    def badge(self, state: RunState) -> Piece | None:
        """The badge on row 1; None leaves it to the screen."""
        ...


def frame_of(view: Widget) -> OvxScreen[None]:
    """The screen around a view: the session, the app, the signs, and titles of panels."""
    return cast("OvxScreen[None]", view.screen)


class ViewContainer(Container):
    """Base that views may use: reaches the screen around it as `self.frame`."""

    @property
    def frame(self) -> OvxScreen[None]:
        """The screen around this view."""
        return frame_of(self)
