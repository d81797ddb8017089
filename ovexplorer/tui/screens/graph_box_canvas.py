"""The canvas of the submodels view: boxes are laid out when room or detail changed, and drawn when more did."""

from __future__ import annotations

from collections.abc import Mapping

from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.screens import graph_words as says
from ovexplorer.tui.screens.graph_boxes import (
    MOST_DETAIL,
    BoxLook,
    SubmodelBoxes,
    best_boxes,
    draw_submodels,
    lay_out_submodels,
)
from ovexplorer.tui.screens.graph_view import Selection
from ovexplorer.tui.widgets.graph_canvas import GraphCanvas


class BoxCanvas(GraphCanvas):
    """Submodels as boxes."""

    _detail: int | None = None
    """0 for the list, None for the largest boxes that fit."""
    _boxes: SubmodelBoxes | None = None
    _laid_out: object = None
    _drawn: object = None

    def step(self, by: int) -> None:
        """Larger or smaller boxes; below the smallest ones comes the list."""
        now = self._boxes.detail if self._boxes is not None else 0
        self._detail = max(0, min(MOST_DETAIL, now + by))

    def fit(self) -> None:
        """The largest boxes that fit again."""
        self._detail = None

    def show_split(
        self, content: GraphContent, selection: Selection, wanted: Mapping[int, str], room: tuple[int, int]
    ) -> bool:
        """Draw what changed; False where the list is to be shown instead.

        Args:
            content: With a split.
            selection: The submodel, the cut, the colour.
            wanted: Device that the operations of a submodel are to go to, by its index.
            room: Cells of the place that list and boxes share.
        """
        split = content.split
        if split is None or not all(room):
            return self._boxes is not None
        laid_out = (id(content), self._detail, room)
        if laid_out != self._laid_out:
            self._laid_out, self._drawn = laid_out, None
            if self._detail is None:
                self._boxes = best_boxes(split, room)
            else:
                self._boxes = lay_out_submodels(split, self._detail, room) if self._detail else None
        boxes = self._boxes
        if boxes is None:
            return False
        selected = boxes.key_of(selection.submodel)
        drawn = (laid_out, selection.cut, tuple(wanted.items()), selection.colour)
        if drawn != self._drawn:
            self._drawn = drawn
            places = {device: place for place, device in enumerate(content.devices)}
            look = BoxLook(says.letters_of(content.devices), places, selection.colour, wanted, content.topology)
            self.show(boxes.graph, draw_submodels(boxes, split, look, selection.cut), selected or 0)
        elif selected is not None and selected != self.selected:
            self.select(selected)
        return True

    def index_of(self, key: int) -> int | None:
        """Index of the submodel of a node."""
        boxes = self._boxes
        return boxes.submodels[key].index if boxes is not None and key < len(boxes.submodels) else None
