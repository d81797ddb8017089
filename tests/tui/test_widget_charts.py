from __future__ import annotations

import pytest

from ovexplorer.tui.glyphs import ASCII, BLOCKS, UNICODE
from ovexplorer.tui.widgets.chart_math import (
    SHRINK_AFTER_NS,
    Column,
    Level,
    Scale,
    nice_top,
    plot,
    scale_label,
    scale_ticks,
)
from ovexplorer.tui.widgets.mark_axis import Axis, axis_row, label_row, legend_row
from ovexplorer.tui.widgets.time_chart import ChartView, TimeChart


class TestScale:
    @pytest.mark.parametrize(("value", "top"), [(0, 1), (0.9, 1), (41.2, 48), (80, 80), (81, 100), (0.031, 0.032)])
    def test_tops_are_short_numbers(self, value, top):
        assert nice_top(value) == pytest.approx(top)

    def test_grows_at_once_and_shrinks_late(self):
        scale = Scale()
        assert scale.fit(78, 0) == 80
        assert scale.fit(150, 1) == 160
        assert scale.fit(30, 2) == 160
        assert scale.fit(30, 2 + SHRINK_AFTER_NS - 1) == 160
        assert scale.fit(30, 2 + SHRINK_AFTER_NS) == 32

    def test_a_short_dip_does_not_shrink_it(self):
        scale = Scale()
        scale.fit(150, 0)
        scale.fit(30, 1)
        scale.fit(50, 5)
        assert scale.fit(30, SHRINK_AFTER_NS + 2) == 160

    @pytest.mark.parametrize("value", [0, 0.0062, 0.25, 1.6, 48, 800, 1600, 24_000, 1_600_000, 999.6, 9_999])
    def test_labels_fit(self, value):
        assert len(scale_label(value)) <= 5
        assert "e" not in scale_label(value)

    def test_ticks_start_at_the_top_and_end_at_zero(self):
        assert scale_ticks(80, 5) == {0: "80", 2: "40", 4: "0"}
        assert scale_ticks(26, 2) == {0: "26", 1: "0"}
        assert scale_ticks(80, 11) == {0: "80", 2: "60", 5: "40", 8: "20", 10: "0"}


class TestPlot:
    def test_gaps_stay_gaps(self):
        rows = plot([Column(1, 1), Column(1, 1), None, None, Column(1, 1), None], 1, 1, "braille")
        assert rows == ["⠉ ⠁"]

    def test_zero_is_the_lowest_dot_and_the_top_the_highest(self):
        assert plot([Column(0, 0), Column(8, 8)], 2, 8, "braille") == ["⠈", "⡀"]

    def test_a_spike_survives_as_a_stroke(self):
        rows = plot([Column(0, 8), None], 2, 8, "braille")
        assert rows == ["⡇", "⡇"]

    def test_values_beyond_the_scale_stay_at_the_edge(self):
        assert plot([Column(4, 99), None], 1, 8, "braille") == ["⠇"]

    def test_blocks_fill_to_the_median_and_draw_a_line_to_the_maximum(self):
        assert plot([Column(4, 12), Column(16, 16), None], 2, 16, "blocks") == ["│█ ", "▄█ "]

    def test_ascii_signs_go_by_height_in_the_cell(self):
        top = 8.0
        rows = plot([Column(8, 8), Column(6.4, 6.4), Column(4.8, 4.8), Column(0, 8), None], 2, top, "ascii")
        assert rows == ["'-_| ", "   _ "]


class TestAxis:
    AXIS = Axis(
        ticks=(0, 10, 20),
        labels=((0, "−60s"), (10, "−30s"), (20, "now")),
        marks=((4, "1"), (12, "‖")),
        legend=((("1 ", "W"), ("bf16→f32", " "), (" ▲", "g")), (("2 ", "W"), ("threads 64→1", " "))),
    )

    def test_marks_stand_over_ticks(self):
        row = axis_row(self.AXIS, 5, 26)
        assert row.text == "    └┴───1─────┴─‖───────┴"
        assert row.roles[9] == "W"

    def test_says_which_mark_scrolled_out(self):
        assert axis_row(Axis(hidden="3"), 5, 20).text.startswith("    └‹3")

    def test_labels_stay_inside(self):
        assert label_row(self.AXIS, 5, 26).text == "     −60s    −30s      now"

    def test_the_legend_drops_the_oldest(self):
        assert legend_row(self.AXIS.legend, 40).text.strip() == "1 bf16→f32 ▲  2 threads 64→1"
        assert legend_row(self.AXIS.legend, 20).text.strip() == "2 threads 64→1"


def chart(glyphs=UNICODE, **view) -> TimeChart:
    widget = TimeChart(glyphs, legend=True)
    widget.show(ChartView(**view))
    return widget


FLAT = tuple(Column(41.2, 41.2) for _ in range(88))


class TestTimeChart:
    def test_is_zero_based_and_labelled(self):
        rows = [row.text for row in chart(columns=FLAT).build(49, 7)]
        assert [text[:5] for text in rows[:5]] == [" 48 ┤", "    │", " 24 ┤", "    │", "  0 ┤"]
        assert {len(text) for text in rows} == {49}
        assert "⠒" in rows[0] or "⣀" in rows[0] or "⠤" in rows[0]

    def test_samples_before_the_last_mark_are_muted(self):
        first = chart(columns=FLAT, live_from=44).build(49, 5)[0]
        assert first.roles[5:] == "m" * 22 + "l" * 22

    def test_the_baseline_is_dashed_and_ends_in_its_name(self):
        rows = chart(columns=FLAT, level=Level(10.0, "A 10.0╌")).build(49, 5)
        dashed = next(row for row in rows if "╌" in row.text)
        assert dashed.text.endswith("A")
        wide = chart(columns=FLAT * 2, level=Level(10.0, "A 10.0╌")).build(100, 5)
        assert any(row.text.endswith("A 10.0╌") for row in wide)

    def test_a_straggler_does_not_press_the_rest_flat(self):
        columns = (*FLAT[:-1], Column(41.2, 900.0))
        widget = chart(columns=columns)
        assert widget.clipped_peak == 900
        assert widget.build(49, 5)[0].text.startswith("100 ┤")

    def test_nothing_measured_is_said(self):
        rows = [row.text for row in chart(columns=(None,) * 88, empty="nothing yet").build(49, 5)]
        assert any("nothing yet" in text for text in rows)
        assert not any("⠒" in text for text in rows)

    @pytest.mark.parametrize("glyphs", [ASCII, BLOCKS])
    def test_other_signs_have_the_same_layout(self, glyphs):
        columns = tuple(Column(41.2, 60.0) for _ in range(44))
        rows = chart(glyphs, columns=columns).build(49, 7)
        assert {len(row.text) for row in rows} == {49}
        assert not any("\u2800" <= character <= "\u28ff" for row in rows for character in row.text)
