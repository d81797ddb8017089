"""A window on a drawn graph: a node is selected, keys go along edges, and only cells that changed are repainted.

Nothing is animated: over a slow line one page sends one page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message

from ovexplorer.graph.drawing.layout import Box
from ovexplorer.graph.drawing.picture import Picture
from ovexplorer.graph.model import Graph
from ovexplorer.tui.actions import bindings_of
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Row, blank

_KEYS = ("down", "up", "left", "right", "first", "last", "half_down", "half_up", "page_down", "page_up", "activate")


class GraphCanvas(Canvas, can_focus=True):
    """Draws a Picture."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_of(f"list.{key}" for key in _KEYS)

    @dataclass
    class NodeChosen(Message):
        """Another node is selected."""

        canvas: GraphCanvas
        key: int

    @dataclass
    class NodeActivated(Message):
        """Enter, or a click on the selected node."""

        canvas: GraphCanvas
        key: int

    def __init__(self, glyphs: Glyphs, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 Textual's name
        super().__init__(glyphs, id=id, classes=classes)
        self._graph: Graph | None = None
        self._picture: Picture | None = None
        self._selected: int | None = None
        self._before: int | None = None
        """What was selected before a key moved along an edge: the way back leads there."""
        self._x = self._y = 0

    # What is shown

    @property
    def selected(self) -> int | None:
        """Key of the selected node."""
        return self._selected

    @property
    def picture(self) -> Picture | None:
        """What is drawn."""
        return self._picture

    @property
    def window(self) -> tuple[int, int, int, int]:
        """First column and row that are shown, and how many."""
        return self._x, self._y, self.content_size.width, self.content_size.height

    def show(self, graph: Graph, picture: Picture, selected: int | None) -> None:
        """Draw something else; the selected node comes into sight."""
        self._graph, self._picture, self._before = graph, picture, None
        self._selected = selected if selected is not None and selected < len(graph.nodes) else None
        self._into_sight(centre=True)
        self.redraw()

    def select(self, key: int, *, centre: bool = False) -> None:
        """Select a node without a word."""
        self._selected = key
        self._into_sight(centre=centre)
        self.redraw()

    def build(self, width: int, height: int) -> Sequence[Row]:
        """See Canvas."""
        picture = self._picture
        if picture is None:
            return [blank(width)] * height
        rows = (picture.row(y, self._x, width, self._selected) for y in range(self._y, self._y + height))
        return [Row(text, roles) for text, roles in rows]

    def on_resize(self) -> None:
        """Draw for the new size, around what is selected."""
        self._into_sight(centre=True)
        super().on_resize()

    # Where the window is

    def _into_sight(self, *, centre: bool = False) -> None:
        picture, key = self._picture, self._selected
        width, height = self.content_size
        if picture is None or not width or not height:
            return
        if key is not None:
            box = picture.layout.boxes[key]
            if centre:
                self._x = box.x + box.width // 2 - width // 2
                self._y = box.y + box.height // 2 - height // 2
            else:
                self._x = min(max(self._x, box.x + box.width + 2 - width), box.x - 2)
                self._y = min(max(self._y, box.y + box.height + 2 - height), box.y - 2)
        self._keep_inside()

    def _keep_inside(self) -> None:
        picture = self._picture
        width, height = self.content_size
        if picture is None:
            return
        # What is smaller than the window stands in its middle.
        self._x = _inside(self._x, picture.width, width)
        self._y = _inside(self._y, picture.height, height) if picture.height > height else 0

    def pan(self, dx: int, dy: int) -> None:
        """Move the window; the selection stays where it is."""
        self._x += dx
        self._y += dy
        self._keep_inside()
        self.redraw()

    # Keys

    def _choose(self, key: int | None) -> None:
        if key is None or key == self._selected:
            return
        self.select(key)
        self.post_message(self.NodeChosen(self, key))

    def action_list_down(self) -> None:
        """Along an edge that leaves."""
        self._along(1)

    def action_list_up(self) -> None:
        """Along an edge that comes in."""
        self._along(-1)

    def _along(self, by: int) -> None:
        graph, picture, key = self._graph, self._picture, self._selected
        if graph is None or picture is None:
            return
        if key is None:
            self._choose(0 if graph.nodes else None)
            return
        boxes = picture.layout.boxes
        edges = graph.outgoing[key] if by > 0 else graph.incoming[key]
        ends = [graph.edges[at].target if by > 0 else graph.edges[at].source for at in edges]
        near = [end for end in ends if end != key and (boxes[end].y - boxes[key].y) * by > 0]
        if not near:
            near = [other for other, box in enumerate(boxes) if (box.y - boxes[key].y) * by > 0][:: 1 if by > 0 else -1]
            near = near[:1]
        here = boxes[key]
        nearest = min(
            near,
            key=lambda end: (abs(boxes[end].y - here.y), abs(_middle(boxes[end]) - _middle(here)), end),
            default=None,
        )
        self._choose(self._before if self._before in near else nearest)
        self._before = key

    def action_list_left(self) -> None:
        """Beside, to the left."""
        self._beside(-1)

    def action_list_right(self) -> None:
        """Beside, to the right."""
        self._beside(1)

    def _beside(self, by: int) -> None:
        picture, key = self._picture, self._selected
        if picture is None or key is None:
            return
        layer = next((layer for layer in picture.layout.layers if key in layer), ())
        at = layer.index(key) + by if key in layer else -1
        if 0 <= at < len(layer):
            self._choose(layer[at])

    def action_list_first(self) -> None:
        """The first node."""
        self._choose(0 if self._graph is not None and self._graph.nodes else None)

    def action_list_last(self) -> None:
        """The last node."""
        self._choose(len(self._graph.nodes) - 1 if self._graph is not None and self._graph.nodes else None)

    def action_list_page_down(self) -> None:
        """A page down."""
        self.pan(0, max(1, self.content_size.height - 2))

    def action_list_page_up(self) -> None:
        """A page up."""
        self.pan(0, -max(1, self.content_size.height - 2))

    def action_list_half_down(self) -> None:
        """Half a page down."""
        self.pan(0, max(1, self.content_size.height // 2))

    def action_list_half_up(self) -> None:
        """Half a page up."""
        self.pan(0, -max(1, self.content_size.height // 2))

    def action_list_activate(self) -> None:
        """What enter does is the view's affair."""
        if self._selected is not None:
            self.post_message(self.NodeActivated(self, self._selected))

    # Mouse

    def on_click(self, event: events.Click) -> None:
        """Selects a node; a click on it again is enter."""
        inside = event.get_content_offset(self)
        if inside is None or self._picture is None:
            return
        found = self._picture.box_at(inside.x + self._x, inside.y + self._y)
        if found is not None and found == self._selected:
            self.action_list_activate()
        else:
            self._choose(found)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows down."""
        event.stop()
        self.pan(0, 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows up."""
        event.stop()
        self.pan(0, -3)


def _inside(at: int, size: int, window: int) -> int:
    if size <= window:
        return -((window - size) // 2)
    return max(-2, min(at, size + 2 - window))


def _middle(box: Box) -> float:
    return box.x + box.width / 2
