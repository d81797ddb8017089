from __future__ import annotations

import pytest

from ovexplorer.analysis.split.model import Cut, Split, Submodel
from ovexplorer.graph.drawing.picture import Picture
from ovexplorer.tui.screens.graph_boxes import BoxLook, best_boxes, draw_submodels, lay_out_submodels
from tests.tui import split_kit as kit
from tests.tui.test_graph_screen import MANUAL, WINDOWS

SIZES = [26, *[1, 2, 1, 3] * 4, 1, 2, 1, 5]
"""Operations of each submodel of a residual model with every Relu on another device."""


def branchy(timed: bool = True) -> Split:
    submodels = tuple(
        Submodel(
            index=index,
            device="CPU" if index % 2 else "CPU_SIM",
            operations=tuple(range(index * 100, index * 100 + count)),
            time_ns=count * 200_000 if timed else -1,
            reorder_ns=0 if index % 2 or not timed else 340_000,
        )
        for index, count in enumerate(SIZES)
    )
    pairs = [*((index, index + 1) for index in range(20)), *((index, index + 4) for index in range(0, 20, 4))]
    cuts = tuple(
        Cut(
            producer=source * 100, port=0, consumers=(target * 100,), source=source, target=target, from_device="",
            to_device="", shape="", element_type="f32", size_bytes=802_816, reorder_ns=120_000 if timed else -1,
        )
        for source, target in pairs
    )  # fmt: skip
    return Split(devices=("CPU_SIM", "CPU"), placed=(), submodels=submodels, cuts=cuts)


def look(**fields) -> BoxLook:
    given = {"by": "device", "wanted": {}, "topology": None, **fields}
    return BoxLook(letters={"CPU_SIM": "S", "CPU": "C"}, places={"CPU_SIM": 0, "CPU": 1}, **given)


def text(picture: Picture, selected: int | None = None) -> list[str]:
    return [picture.row(y, 0, picture.width + 12, selected)[0].rstrip() for y in range(picture.height)]


def test_small_boxes_tell_device_operations_and_time():
    split = branchy()
    boxes = lay_out_submodels(split, 1, (106, 20))
    rows = text(draw_submodels(boxes, split, look()), 4)
    assert rows[0].startswith("╭─ 0 ───────╮▒.12 ┏━ 4 ━━━━━━━┓")
    assert rows[1].startswith("│S 26   5.20├─┬──►┃S 3     .60┣")
    assert len(rows) <= 20


def test_larger_boxes_have_reorders_and_a_bar():
    split = branchy()
    rows = text(draw_submodels(lay_out_submodels(split, 2, (140, 30)), split, look()))
    assert "S CPU_SIM    26" in rows[1]
    assert "5.20 ms    ▒.34" in rows[2]
    assert "━━━━━━━━━━━━━━━" in rows[3]
    assert any("803 kB ▒.12" in row for row in rows)
    assert "1 op" in "".join(rows)


def test_without_times_there_are_no_bars_and_sizes_stay():
    split = branchy(timed=False)
    whole = "\n".join(text(draw_submodels(lay_out_submodels(split, 2, (140, 30)), split, look())))
    assert "ms" not in whole
    assert "━" not in whole
    assert "803k" in whole or "803 kB" in whole


def test_what_is_to_go_elsewhere_says_where_to():
    split = branchy()
    picture = draw_submodels(lay_out_submodels(split, 2, (140, 30)), split, look(wanted={0: "CPU"}))
    assert "S →CPU" in text(picture)[1]
    small = draw_submodels(lay_out_submodels(split, 1, (140, 30)), split, look(wanted={0: "CPU"}))
    assert "S→C" in text(small)[1]


def test_the_ends_of_a_cut_are_marked_and_its_edge_is_lit():
    split = branchy()
    picture = draw_submodels(lay_out_submodels(split, 1, (106, 20)), split, look(), cut=20)
    assert (split.cuts[20].source, split.cuts[20].target) == (0, 4)
    assert "▸0" in text(picture)[0]
    assert "▸4" in text(picture)[0]
    assert "l" in picture.row(1, 0, 20)[1]


@pytest.mark.parametrize("by", ["device", "time", "reorders", "submodel", "type", "precision"])
def test_borders_have_a_role_for_every_colour(by):
    split = branchy()
    roles = "".join(draw_submodels(lay_out_submodels(split, 1, (106, 20)), split, look(by=by)).row(0, 0, 106)[1])
    assert roles.strip()


@pytest.mark.parametrize(
    ("room", "detail"), [((130, 30), 2), ((106, 28), 1), ((60, 28), None), ((44, 14), None), ((0, 0), None)]
)
def test_the_largest_boxes_that_fit_are_shown(room, detail):
    boxes = best_boxes(branchy(), room)
    assert (boxes.detail if boxes is not None else None) == detail


async def test_boxes_take_the_place_of_the_list_where_they_fit(open_app):
    async with open_app((160, 45), spec=kit.SPLIT, settings=MANUAL) as stage:
        await kit.answer(stage, WINDOWS)
        assert "S CPU_SIM 2 ops" in stage.text()
        await stage.press("j")
        assert "Submodel 1 · CPU" in stage.text()
        assert "┏━ 1" in stage.text()
        await stage.press("-", "-")
        assert "┏━ 1" not in stage.text()
        assert any("▌" in line[:2] for line in stage.frame())
        await stage.press("j", "+", "+", "+")
        # The highest detail names operations.
        assert "block0.conv" in stage.text().replace("holds      block0.conv", "")
        await stage.press("0", "enter")
        assert "Operations 8" in stage.text()


async def test_on_a_small_screen_the_list_comes_first_and_boxes_on_demand(open_app):
    async with open_app((80, 24), spec=kit.SPLIT, settings=MANUAL) as stage:
        await kit.answer(stage, WINDOWS)
        assert "╭─ 1" not in stage.text()
        await stage.press("j", "+")
        assert "┏━ 1" in stage.text()
        # Another view and back: boxes are still there, and have the focus.
        await stage.press("v", "V", "j")
        assert "┏━ 1" in stage.text()
