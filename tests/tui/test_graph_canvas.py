from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from ovexplorer.graph.drawing.layout import lay_out
from ovexplorer.graph.drawing.picture import Face, Picture, Text
from ovexplorer.graph.model import Graph
from ovexplorer.tui.glyphs import ASCII, UNICODE, Glyphs
from ovexplorer.tui.themes import OVX_DARK
from ovexplorer.tui.widgets.graph_canvas import GraphCanvas
from tests.graph.graph_kit import chain, graph_of, transformer

MOST_BYTES = 30_000
"""Of one page."""


def drawn(graph: Graph) -> Picture:
    return Picture(lay_out(graph, lambda _: (14, 3)), lambda key: Face(((Text("S", "1"), Text(f"op_{key}")),)))


class Host(App[None]):
    def __init__(self, graph: Graph, glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self.canvas = GraphCanvas(glyphs)
        self.graph = graph
        self.chosen: list[int] = []
        self.activated: list[int] = []

    def compose(self) -> ComposeResult:
        yield self.canvas

    def on_mount(self) -> None:
        self.register_theme(OVX_DARK)
        self.theme = OVX_DARK.name
        self.canvas.styles.height = "1fr"
        self.canvas.focus()

    def on_graph_canvas_node_chosen(self, event: GraphCanvas.NodeChosen) -> None:
        self.chosen.append(event.key)

    def on_graph_canvas_node_activated(self, event: GraphCanvas.NodeActivated) -> None:
        self.activated.append(event.key)

    def text(self) -> list[str]:
        return [self.canvas.render_line(y).text for y in range(self.canvas.size.height)]


@pytest.fixture
async def shown(request: pytest.FixtureRequest):
    graph, glyphs = request.param if isinstance(request.param, tuple) else (request.param, UNICODE)
    app = Host(graph, glyphs)
    async with app.run_test(size=(80, 24)) as pilot:
        app.canvas.show(graph, drawn(graph), 0)
        await pilot.pause()
        yield app, pilot


DIAMOND = graph_of([(0, 1), (0, 2), (1, 3), (2, 3)])


@pytest.mark.parametrize("shown", [DIAMOND], indirect=True)
async def test_keys_go_along_edges_and_beside(shown):
    app, pilot = shown
    await pilot.press("down", "left", "right", "right")
    assert app.chosen == [2, 1, 2]
    await pilot.press("left", "down", "up")
    # Back where it came from, not to what lies nearest.
    assert app.chosen[3:] == [1, 3, 1]
    await pilot.press("end", "home", "enter")
    assert app.chosen[-2:] == [3, 0]
    assert app.activated == [0]
    assert len([line for line in app.text() if "┏" in line]) == 1


@pytest.mark.parametrize("shown", [DIAMOND], indirect=True)
async def test_a_click_selects_and_a_second_one_opens(shown):
    app, pilot = shown
    y = next(y for y, line in enumerate(app.text()) if "op_3" in line)
    x = app.text()[y].index("op_3")
    await pilot.click(app.canvas, offset=(x, y))
    assert (app.chosen, app.activated) == ([3], [])
    await pilot.click(app.canvas, offset=(x, y))
    assert app.activated == [3]
    await pilot.click(app.canvas, offset=(0, 0))
    assert app.canvas.selected == 3


@pytest.mark.parametrize("shown", [chain(40)], indirect=True)
async def test_what_is_selected_stays_in_sight_while_keys_move_it(shown):
    app, pilot = shown
    for key in range(1, 20):
        await pilot.press("down")
        assert app.canvas.selected == key
        assert any(f"op_{key} " in line for line in app.text())
    assert not any("op_0 " in line for line in app.text())


@pytest.mark.parametrize("shown", [chain(40)], indirect=True)
async def test_pages_move_the_window_and_not_the_selection(shown):
    app, pilot = shown
    top = app.canvas.window[1]
    await pilot.press("pagedown")
    assert app.canvas.window[1] == top + 22
    await pilot.press("pageup", "ctrl+d")
    assert app.canvas.window[1] == top + 12
    await pilot.press(*["pagedown"] * 20)
    # Never past the end.
    assert any("op_39" in line for line in app.text())
    assert (app.canvas.selected, app.chosen) == (0, [])


@pytest.mark.parametrize("shown", [transformer(600)], indirect=True)
async def test_a_page_is_painted_once_and_small(shown, monkeypatch):
    app, _ = shown
    painted = []
    refresh = app.canvas.refresh
    monkeypatch.setattr(app.canvas, "refresh", lambda *regions, **more: painted.append(regions) or refresh(*regions))
    app.canvas.action_list_page_down()
    assert len(painted) == 1
    assert sum(region.area for region in painted[0]) <= 80 * 24
    sent = "".join(app.canvas.render_line(y).render(app.console) for y in range(24))
    assert len(sent.encode()) <= MOST_BYTES * 80 * 24 / (200 * 60)


@pytest.mark.parametrize("shown", [chain(12)], indirect=True)
async def test_another_selection_repaints_the_two_boxes_only(shown, monkeypatch):
    app, _ = shown
    app.canvas.select(1)
    painted = []
    monkeypatch.setattr(app.canvas, "refresh", lambda *regions, **_: painted.extend(regions))
    app.canvas.select(2)
    boxes = 2 * 14 * 3
    assert 0 < sum(region.area for region in painted) <= boxes


@pytest.mark.parametrize("shown", [(DIAMOND, ASCII)], indirect=True)
async def test_in_ascii_everything_has_a_twin(shown):
    app, _ = shown
    text = "".join(app.text())
    assert text.isascii()
    assert "?" not in text
    assert "v" in text


async def test_without_a_graph_it_is_blank_and_keys_do_nothing():
    app = Host(graph_of([], 0))
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.press("down", "up", "left", "right", "home", "end", "enter", "pagedown")
        assert not "".join(app.text()).strip()
        app.canvas.show(app.graph, drawn(app.graph), None)
        await pilot.press("down", "up", "left", "right", "home", "end", "enter", "pagedown")
        assert (app.chosen, app.activated) == ([], [])


@pytest.mark.parametrize("shown", [DIAMOND], indirect=True)
async def test_every_line_is_as_wide_as_the_window_after_a_resize(shown):
    app, pilot = shown
    for size in ((60, 16), (160, 45), (80, 24)):
        await pilot.resize_terminal(*size)
        await pilot.pause()
        assert {cell_len(line) for line in app.text()} == {size[0]}
        assert any("┏" in line for line in app.text())
