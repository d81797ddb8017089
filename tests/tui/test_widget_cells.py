from __future__ import annotations

import pytest
from rich.cells import cell_len

from ovexplorer.tui.glyphs import ASCII, UNICODE
from ovexplorer.tui.widgets.bars import bar, levels
from ovexplorer.tui.widgets.cells import NEAR, Line, Row, cellwise, changed_spans, cut_cells, runs, wrap
from ovexplorer.tui.widgets.digits import big, big_width, doubled


def row(text: str, roles: str | None = None) -> Row:
    return Row(text, roles or " " * len(text))


class TestLine:
    def test_clips_at_both_ends(self):
        line = Line(5)
        line.put(-2, "abcd", "m")
        line.put(3, "xyz", "l")
        assert line.row() == Row("cd xy", "mm ll")

    def test_keeps_a_width(self):
        line = Line(8)
        assert line.put(1, "abcdef", width=3) == 4
        assert line.row().text == " abc    "

    def test_wide_characters_take_two_cells_and_are_never_halved(self):
        line = Line(5)
        line.put(0, "日本語")
        assert cell_len(line.row().text.replace("\0", "")) == 5
        assert "".join(text for text, _ in runs(line.row())) == "日本 "

    def test_characters_without_width_are_dropped(self):
        assert cellwise("e\u0301x") == "ex"

    def test_ends_where_it_is_told(self):
        line = Line(10)
        assert line.put_right(9, "42 ms") == 4
        assert line.row().text == "    42 ms "


class TestSpans:
    def test_equal_rows_have_none(self):
        assert changed_spans(row("abc"), row("abc")) == []

    def test_near_changes_are_one_span_and_far_ones_two(self):
        far = NEAR + 5
        old = row("a" + "." * far + "b")
        new = row("x" + "." * far + "y")
        assert changed_spans(old, new) == [(0, 1), (far + 1, far + 2)]
        assert changed_spans(row("a..b"), row("x..y")) == [(0, 4)]

    def test_the_role_of_a_blank_shows_nothing(self):
        assert changed_spans(Row("a ", "ml"), Row("a ", "mn")) == []
        assert changed_spans(Row("ab", "ml"), Row("ab", "mn")) == [(1, 2)]

    def test_a_wide_character_is_repainted_whole(self):
        assert changed_spans(row("日\0b"), row("xyb")) == [(0, 2)]
        assert changed_spans(row("xyb"), row("x日\0")) == [(1, 3)]

    def test_a_selected_row_is_repainted_whole(self):
        assert changed_spans(row("abc"), Row("abc", "   ", True)) == [(0, 3)]

    def test_runs_join_blanks_to_what_stands_before(self):
        assert list(runs(Row("ab  cd", "mm  ll"))) == [("ab  ", "m"), ("cd", "l")]


class TestWords:
    @pytest.mark.parametrize("width", [1, 2, 5, 9])
    def test_cuts_fit(self, width):
        assert cell_len(cut_cells("日本語のとても長い名前", width)) <= width

    def test_cuts_keep_the_end(self):
        assert cut_cells("backbone/stage3/conv1", 9) == "ba…/conv1"

    def test_wraps_and_says_that_more_follows(self):
        assert wrap("one two three four", 9, 2) == ["one two", "three…"]
        assert wrap("", 10, 3) == []
        assert all(len(line) <= 6 for line in wrap("x" * 40, 6, 3))


class TestDigits:
    def test_has_the_shapes_of_the_design(self):
        assert big("41.2") == ("╷ ╷╶╮  ╶─╮", "╰─┤ │  ┌─┘", "  ╵╶┴╴•╰─╴")

    @pytest.mark.parametrize("text", ["0123456789", "1,234.5", "+38", "──.─", ""])
    def test_rows_are_as_wide_as_said(self, text):
        assert {len(line) for line in big(text)} == {big_width(text)}

    def test_doubled_digits_are_twice_as_large(self):
        rows = big("57.0")
        large = doubled(rows)
        assert len(large) == 6
        assert {len(line) for line in large} == {2 * len(rows[0])}


class TestBars:
    def test_has_half_cells(self):
        assert bar(0.5, 5, UNICODE) == "━━╸  "
        assert bar(1.0, 3, UNICODE) == "━━━"
        assert bar(2.0, 3, UNICODE) == "━━━"
        assert bar(0.5, 5, ASCII) == "==-  "

    def test_little_is_not_nothing(self):
        assert bar(0.001, 4, UNICODE).startswith("╸")
        assert bar(0.0, 4, UNICODE) == "    "

    def test_histogram_rows(self):
        assert levels((0, 1, 8, 16), 2, UNICODE) == ["   █", " ▁██"]
        assert levels((), 2, UNICODE) == ["", ""]
