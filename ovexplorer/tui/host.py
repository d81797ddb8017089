"""What a screen may ask of the app around it, so that screens know no app."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Protocol

from ovexplorer.errors import OvexplorerError
from ovexplorer.schema.facts import ModelFacts
from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.spec import RunSpec
from ovexplorer.tui.actions import ScreenName

if TYPE_CHECKING:
    from ovexplorer.clock import Clock
    from ovexplorer.session.session import Session
    from ovexplorer.settings import Settings
    from ovexplorer.tui.cost import UiCost
    from ovexplorer.tui.figures import RunFigures
    from ovexplorer.tui.glyphs import Glyphs
    from ovexplorer.tui.graphing import Graphing
    from ovexplorer.tui.laddering import Ladders
    from ovexplorer.tui.pairing import Pairing
    from ovexplorer.tui.recents import Recents
    from ovexplorer.tui.recordings import Recordings
    from ovexplorer.tui.state_view import HeadlineBoard
    from ovexplorer.tui.trying import Trying


class Host(Protocol):
    """The app, as screens see it."""

    session: Session
    """Where everything comes from."""
    settings: Settings
    glyphs: Glyphs
    """Signs that this terminal can draw."""
    clock: Clock
    cost: UiCost
    """What the user interface costs."""
    headline: HeadlineBoard
    """The figures on row 2."""
    figures: RunFigures
    """Figures of every segment of the run, and baseline A; whoever shows them feeds them first."""
    pairing: Pairing
    """Comparisons in turns: what runs against baseline A, or any two."""
    ladders: Ladders
    """Ladders of comparisons, one at a time; they go on while other screens are shown."""
    trying: Trying
    """Changes measured against what runs, to be kept or let go."""
    graphing: Graphing
    """The graph of the run or of a file."""
    recent: Recents
    """Runs of earlier sessions."""
    recordings: Recordings
    replay: bool
    """Whether a recording is shown."""

    def uptime_s(self) -> float:
        """Seconds since the start."""
        ...

    def refresh_hz(self, fast_model: bool) -> float:
        """Charts a second."""
        ...

    def do(self, work: Awaitable[object]) -> None:
        """Carry out something the session offers, in the background; its error becomes a toast."""
        ...

    def complain(self, error: OvexplorerError | Failed) -> None:
        """Show an error as a toast."""
        ...

    def start_run(self, spec: RunSpec) -> None:
        """Begin a run and show it."""
        ...

    def change_run(self, spec: RunSpec, title: str = "") -> None:
        """Go on with another configuration."""
        ...

    def run_or_ask(self, spec: RunSpec, facts: ModelFacts | None) -> None:
        """Begin a run, or ask for shapes first."""
        ...

    def action_app_screen(self, name: ScreenName) -> None:
        """Show another screen."""
        ...
