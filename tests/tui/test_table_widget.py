from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from ovexplorer.text import clean
from ovexplorer.tui.glyphs import ASCII, UNICODE, Glyphs
from ovexplorer.tui.themes import OVX_DARK
from ovexplorer.tui.widgets.table import Table
from ovexplorer.tui.widgets.table_model import Cell, Column, Pinned, blank

HOSTILE = ("Conv[/x] y[NCHW]", "\x1b[31mred\x9b", "abc\u202edef", "n" * 10_000, "层" * 600, "a\nb\tc\0")


@dataclass(frozen=True)
class Layer:
    key: int
    name: str
    ms: float


COLUMNS: tuple[Column[Layer], ...] = (
    Column("name", "layer", 12, lambda row: row.name, sort=lambda row: row.name, most=30),
    Column("ms", "ms", 7, lambda row: f"{row.ms:.2f}", sort=lambda row: row.ms, right=True, descending=True),
    Column("bar", "", 6, blank, bar=lambda row: row.ms / 10, drop=1),
)


class Host(App[None]):
    def __init__(self, rows: Sequence[Layer], glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self.glyphs = glyphs
        self.table: Table[Layer] = Table(COLUMNS, lambda row: row.key)
        self.rows = rows
        self.moved: list[object] = []
        self.activated: list[object] = []
        self.layouts = 0

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.register_theme(OVX_DARK)
        self.theme = "ovx-dark"
        self.table.set_rows(self.rows)
        self.table.focus()

    def on_table_cursor_moved(self, event: Table.CursorMoved) -> None:
        self.moved.append(event.key)

    def on_table_activated(self, event: Table.Activated) -> None:
        self.activated.append(event.key)

    def lines(self) -> list[str]:
        return [self.table.render_line(y).text for y in range(self.table.size.height)]


def layers(count: int) -> list[Layer]:
    return [Layer(n, f"layer{n:05}", float(n * 7919 % count)) for n in range(count)]


@pytest.fixture(autouse=True)
def roles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "get_theme_variable_defaults", lambda _: OVX_DARK.variables)


async def test_heading_rows_and_cursor_are_drawn() -> None:
    app = Host([Layer(1, "conv1", 5.0), Layer(2, "relu", 0.25)])
    async with app.run_test(size=(40, 6)) as pilot:
        app.table.set_sort("ms", True)
        await pilot.pause()
        lines = app.lines()
        assert lines[0] == " layer                      ms ▾        "
        assert lines[1] == "▌conv1                      5.00 ━━━    "
        assert lines[2] == " relu                       0.25 ╸      "
        assert all(len(line) == 40 for line in lines)


async def test_the_cursor_follows_its_row_through_sort_and_filter() -> None:
    app = Host(layers(500))
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.move_to_key(400)
        app.table.set_sort("ms", True)
        assert app.table.current_key == 400
        app.table.set_filter(lambda row: row.key % 4 == 0)
        assert app.table.current_key == 400
        await pilot.pause()
        assert any(line.startswith("▌layer00400") for line in app.lines())
        app.table.set_filter(lambda row: row.key == 3)
        assert app.table.current_key == 3
        app.table.set_filter(lambda _: False)
        assert app.table.current_key is None
        app.table.set_filter(None)
        assert len(app.table.shown) == 500


async def test_new_values_of_the_same_rows_keep_cursor_and_scroll() -> None:
    app = Host(layers(300))
    async with app.run_test(size=(60, 12)) as pilot:
        app.table.move_to(200)
        await pilot.pause()
        before = [line[1:11] for line in app.lines()]
        app.table.set_rows([Layer(row.key, row.name, row.ms + 1) for row in layers(300)])
        await pilot.pause()
        assert [line[1:11] for line in app.lines()] == before
        assert app.table.current_key == 200


async def test_keys_move_and_enter_tells_the_row() -> None:
    app = Host(layers(100))
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press("j", "down", "k", "G")
        assert app.table.current_key == 99
        await pilot.press("g", "pagedown", "ctrl+d", "enter")
        assert app.table.current_key == 14
        assert app.activated == [14]
        assert app.moved == [0, 1, 2, 1, 99, 0, 9, 14]


async def test_pinned_rows_stay_at_the_bottom_and_give_way_on_a_low_screen() -> None:
    app = Host(layers(50))
    async with app.run_test(size=(40, 10)) as pilot:
        app.table.set_pinned(
            (Pinned({"ms": Cell("0.62")}, Cell("gap: latency minus counters")), Pinned({"ms": Cell("41.20")}))
        )
        app.table.move_to(49)
        await pilot.pause()
        lines = app.lines()
        assert lines[-3] == "─" * 40
        assert lines[-2].startswith(" gap: latency minus cou") or "gap" in lines[-2]
        assert lines[-2].rstrip().endswith("0.62")
        assert lines[-1].rstrip().endswith("41.20")
        assert lines[-4].startswith("▌layer00049")
        await pilot.resize_terminal(40, 5)
        await pilot.pause()
        assert not any("41.20" in line for line in app.lines())
        assert any(line.startswith("▌layer00049") for line in app.lines())


async def test_narrow_screens_lose_the_bar_first() -> None:
    app = Host([Layer(1, "conv1", 5.0)])
    async with app.run_test(size=(26, 4)):
        assert "━" not in "".join(app.lines())
        assert "conv1" in app.lines()[1]


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
async def test_hostile_names_keep_the_line_whole(glyphs: Glyphs) -> None:
    app = Host([Layer(n, clean(name), 1.0) for n, name in enumerate(HOSTILE)], glyphs)
    async with app.run_test(size=(50, 8)) as pilot:
        await pilot.pause()
        lines = app.lines()
        assert lines[1].startswith((">" if glyphs.ascii else "▌") + "Conv[/x] y[NCHW]")
        for line in lines:
            assert cell_len(line) == 50
            assert line.isprintable()
            assert line.isascii() or not glyphs.ascii


async def test_nothing_ever_asks_for_a_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Host(layers(1000))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        asked = []
        refresh = Table.refresh

        def watched(self: Table[Layer], *regions: object, layout: bool = False, **more: object) -> object:
            asked.append(layout)
            return refresh(self, *regions, layout=layout, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(Table, "refresh", watched)
        await pilot.press("j", "G", "g")
        app.table.set_sort("ms", True)
        app.table.set_filter(lambda row: row.ms > 5)
        app.table.set_rows(layers(1200))
        app.table.set_pinned((Pinned({"ms": Cell("1")}),))
        await pilot.pause()
        assert asked
        assert not any(asked)


async def test_only_rows_in_sight_are_ever_formatted() -> None:
    formatted: list[int] = []

    def name(row: Layer) -> str:
        formatted.append(row.key)
        return row.name

    app = Host(layers(10_000))
    app.table = Table((Column("name", "layer", 12, name),), lambda row: row.key)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("G")
        await pilot.pause()
        assert set(formatted) <= {*range(24), *range(9_970, 10_000)}


async def test_a_row_is_copied_with_all_its_columns() -> None:
    app = Host([Layer(1, "conv1", 5.0)])
    async with app.run_test(size=(20, 4)):
        assert app.table.row_text() == "conv1\t5.00"
        app.table.set_filter(lambda _: False)
        assert app.table.row_text() == ""


async def test_the_mouse_puts_the_cursor_and_a_heading_can_be_pressed() -> None:
    app = Host(layers(30))
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.click(Table, offset=(5, 4))
        assert app.table.current_key == 3
        await pilot.click(Table, offset=(5, 4))
        assert app.activated == [3]


async def test_what_was_drawn_ahead_of_a_paint_is_drawn_again_after_a_move() -> None:
    host = Host([Layer(key, f"layer{key}", float(key)) for key in range(8)])
    async with host.run_test(size=(40, 12)) as pilot:
        await pilot.pause()
        host.lines()
        host.table.renew(COLUMNS, [Layer(key, f"layer{key}", key + 0.5) for key in range(8)])
        host.table.move_to(3)
        mark = host.table.glyphs.cursor
        assert [y for y, line in enumerate(host.lines()) if line.startswith(mark)] == [4]
        host.table.renew(COLUMNS, [Layer(key, f"layer{key}", key + 0.75) for key in range(8)])
        assert [f"{key + 0.75:.2f}" in line for key, line in enumerate(host.lines()[1:9])] == [True] * 8


async def test_pinned_rows_that_change_are_painted_with_the_rows_that_changed_before() -> None:
    host = Host([Layer(key, f"layer{key}", float(key)) for key in range(3)])
    async with host.run_test(size=(40, 12)) as pilot:
        host.table.set_pinned((Pinned({"ms": Cell("10")}),))
        await pilot.pause()
        host.lines()
        host.table.renew(COLUMNS, [Layer(key, f"layer{key}", key + 0.5) for key in range(3)])
        host.table.set_pinned((Pinned({"ms": Cell("11")}),))
        text = "\n".join(host.lines())
        assert all(figure in text for figure in ("0.50", "1.50", "2.50", "11"))
