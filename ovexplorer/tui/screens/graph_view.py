"""What a view of the Graph screen gives, and how it reaches what is shown.

A view is a container that fills the body. The screen shows one at a time, calls `show` when the content or the state
changed while it is visible, and hands it the actions of the registry that it has a method for (`action_view_more` for
`view.more`); those that it has none for do what they do on every screen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, Protocol, cast

from textual.containers import Container

from ovexplorer.session.state import RunState
from ovexplorer.tui.footers import Hint
from ovexplorer.tui.graph_content import GraphContent

if TYPE_CHECKING:
    from ovexplorer.tui.screens.graph import GraphScreen

GraphViewName = Literal["submodels", "lanes", "focus", "map", "outline"]
ColourBy = Literal["device", "submodel", "type", "precision", "time", "reorders"]

VIEWS: Final[tuple[tuple[GraphViewName, str], ...]] = (
    ("submodels", "submodels"),
    ("lanes", "lane list"),
    ("focus", "focus"),
    ("map", "map"),
    ("outline", "outline"),
)
"""Views in the order of `v`, with the words that name them."""

COLOURS: Final[tuple[ColourBy, ...]] = ("device", "submodel", "type", "precision", "time", "reorders")
"""In the order of `c`."""


@dataclass
class Selection:
    """What is selected, the same in all views; keys are those of `GraphContent.graph`."""

    operation: int | None = None
    """The node under the cursor."""
    submodel: int | None = None
    """Index of the submodel under the cursor."""
    cut: int | None = None
    """Position in `split.cuts`."""
    marked: set[int] = field(default_factory=set)
    """Marked nodes, for assigning and for export."""
    query: str = ""
    """What is searched for."""
    colour: ColourBy = "device"
    constants: bool = False
    """Whether constants are shown as nodes."""


class GraphView(Protocol):
    """One view. Besides these it may have a method for each action of the registry."""

    def show(self, content: GraphContent, state: RunState) -> None:
        """Show it; called when either changed, and when the view becomes visible."""
        ...

    def reveal(self) -> None:
        """Bring what is selected into sight; called when the view becomes visible or the selection came from aside."""
        ...

    def hints(self) -> tuple[Hint, ...]:
        """Entries of the footer."""
        ...


class GraphViewContainer(Container):
    """Base of the views: reaches the screen around it as `self.frame`."""

    @property
    def frame(self) -> GraphScreen:
        """The screen around this view."""
        return cast("GraphScreen", self.screen)

    def on_mount(self) -> None:
        """Only now there is something to draw into."""
        self.call_after_refresh(self.frame.view_mounted)

    @property
    def selection(self) -> Selection:
        """Shared by all views."""
        return self.frame.selection
