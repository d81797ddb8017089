from __future__ import annotations

import pytest
from rich.cells import cell_len

from ovexplorer.graph.drawing.layout import lay_out
from ovexplorer.graph.drawing.picture import Picture
from ovexplorer.tui.screens.graph_faces import Palette, face_of, stub_name
from ovexplorer.tui.screens.graph_view import Selection
from ovexplorer.tui.widgets.cells import FILLER
from tests.graph.graph_kit import chain, node

PALETTE = Palette(
    by="device", letters={"CPU": "C"}, places={"CPU": 0}, values={}, longest_ns=0, cut_ends=frozenset()
)  # fmt: skip
HOSTILE = ["Conv[/x] y[NCHW]", "n" * 10_000, "层" * 600, "a层b层c层d层e层f层g", "é́", "x"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("size", [(16, 3), (20, 4), (14, 1)])
def test_boxes_keep_their_width_whatever_a_name_holds(name, size):
    entry = node(0, name, device="CPU", submodel=12, time_ns=380_000, type="层" * 30)
    face = face_of(entry, 0, PALETTE, Selection(), size)
    picture = Picture(lay_out(chain(1), lambda _: size), [face])
    for y in range(size[1]):
        text, roles = picture.row(y, 0, size[0])
        assert len(text) == len(roles) == size[0]
        assert cell_len(text.replace(FILLER, "")) == size[0]
        assert not text.startswith(FILLER)
    assert "C" in picture.row(size[1] // 3, 0, size[0])[0]


def test_a_marked_one_is_told_by_a_sign_and_a_long_name_keeps_its_end():
    entry = node(0, "model.layers.0.attention.query", device="CPU")
    face = face_of(entry, 7, PALETTE, Selection(marked={7}), (16, 3))
    text = "".join(piece.text for piece in face.lines[0])
    assert text.startswith("C●")
    assert text.endswith("query")
    assert len(stub_name(entry)) == 16
