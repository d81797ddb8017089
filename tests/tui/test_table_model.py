from __future__ import annotations

import pytest
from rich.cells import cell_len

from ovexplorer.tui.widgets.table_model import Column, bar_halves, fit, heat, ordered, place, position_of


def column(name: str, width: int, drop: int = 0, most: int = 0, sort: bool = False) -> Column[int]:
    return Column(name, name, width, str, sort=(lambda row: row % 3) if sort else None, drop=drop, most=most)


@pytest.mark.parametrize("text", ["conv1", "a" * 10_000, "层" * 50, "a層b" * 9, "\u202e\x1b[31m", "e\u0301" * 40, ""])
@pytest.mark.parametrize("width", [0, 1, 2, 7, 20])
def test_a_fitted_text_has_exactly_the_width(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width


def test_a_long_name_is_cut_in_the_middle_and_keeps_its_end() -> None:
    assert fit("model/encoder/layer.11/attention/output", 20) == "model/…ention/output"


def test_figures_stand_at_the_right_edge() -> None:
    assert fit("1.48", 8, right=True) == "    1.48"


def test_columns_leave_in_the_order_of_their_priority() -> None:
    columns = [column("name", 10), column("type", 8, drop=2), column("cum", 6, drop=1)]
    assert [p.column.id for p in place(columns, 40)] == ["name", "type", "cum"]
    assert [p.column.id for p in place(columns, 21)] == ["name", "type"]
    assert [p.column.id for p in place(columns, 15)] == ["name"]
    assert [p.column.id for p in place(columns, 3)] == ["name"]


def test_spare_width_goes_to_the_columns_that_may_grow() -> None:
    placed = place([column("name", 10, most=30), column("ms", 6), column("bar", 4, most=8)], 60)
    assert [p.width for p in placed] == [30, 6, 8]
    assert [p.start for p in placed] == [1, 32, 39]
    assert place([column("name", 10, most=30), column("ms", 6)], 24)[0].width == 15


def test_equal_rows_keep_their_order_both_ways() -> None:
    by = column("x", 3, sort=True)
    assert ordered([3, 1, 4, 6, 7], by, descending=False) == [3, 6, 1, 4, 7]
    assert ordered([3, 1, 4, 6, 7], by, descending=True) == [1, 4, 7, 3, 6]
    assert ordered([3, 1], None, descending=True) == [3, 1]


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [(0.0, (0, False)), (0.001, (0, True)), (0.5, (5, False)), (0.55, (5, True)), (1.0, (10, False))],
)
def test_bars_go_by_half_cells(fraction: float, expected: tuple[int, bool]) -> None:
    assert bar_halves(fraction, 10) == expected


def test_a_bar_of_nothing_is_empty_even_for_what_is_no_number() -> None:
    assert bar_halves(float("nan"), 10) == (0, False)


def test_heat_has_five_steps() -> None:
    assert [heat(f) for f in (0, 0.1, 0.2, 0.5, 0.79, 0.8, 1.0, 7.0)] == [1, 1, 2, 3, 4, 5, 5, 5]


def test_the_cursor_follows_its_row_and_stays_near_when_it_is_gone() -> None:
    assert position_of("b", {"a": 0, "b": 7}, 3, 8) == 7
    assert position_of("x", {"a": 0, "b": 1}, 5, 2) == 1
    assert position_of(None, {}, 5, 0) == 0
