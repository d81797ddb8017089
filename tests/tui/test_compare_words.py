from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import pytest

from ovexplorer.analysis.paired import estimate, estimate_turns
from ovexplorer.cli.ab import plan_of
from ovexplorer.cli.parser import parse
from ovexplorer.errors import UsageError
from ovexplorer.schema.drift import Drift, OutputDrift
from ovexplorer.session.state import Contest, Segment
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import UNICODE
from ovexplorer.tui.screens import ab_figures, ab_form, ab_words
from ovexplorer.tui.widgets.interval_plot import IntervalPlot, IntervalView, axis_of
from ovexplorer.tui.widgets.turn_chart import TurnChart, TurnsView
from ovexplorer.tui.widgets.two_spreads import binned, reach
from tests.tui.compare_kit import A, B, drift_of, quads, ready_of


def contest_of(number, stopped=None, a=A, b=B, **latencies):
    turns = tuple(measured.turn for measured in quads(1, 11, 12, number, **latencies))
    windows = [tuple(turn.window for turn in turns if turn.window.segment == segment) for segment in (11, 12)]
    sides = [
        Segment(11, a, "A", ready=ready_of(11), windows=windows[0]),
        Segment(12, b, "B", ready=ready_of(12), windows=windows[1]),
    ]
    return Contest(1, "ab", "latency", sides[0], sides[1], 20.0, 0, turns=turns, stopped=stopped)


def said(contest):
    view = ab_words.verdict_view(contest, estimate_turns(contest.turns, 11, contest.metric), UNICODE)
    return " / ".join("".join(text for text, _ in line) for line in view.lines), view


# The sentence.


def test_running_figure_is_muted_and_says_what_is_left():
    words, view = said(contest_of(12))
    assert words.startswith("◐ B looks 25 % faster, 12 of 50 quads, at most ")
    assert {role for line in view.lines for _, role in line} == {"m"}
    assert view.role == "m"


@pytest.mark.parametrize(
    ("b_ns", "sentence", "role"),
    [
        (8_000_000, "B is 25 % faster than A", "G"),
        (20_000_000, "B is 50 % slower than A", "D"),
        (10_000_000, "≈ no difference above 0.", "B"),
    ],
)
def test_sentence_of_what_is_decided(b_ns, sentence, role):
    words, view = said(contest_of(12, "decided", b_ns=b_ns))
    assert words.startswith(sentence)
    assert view.lines[0][0][1] == role
    assert "99 % sure, 12 quads in ABBA order" in words


def test_difference_below_half_a_percent_is_none():
    words, _ = said(contest_of(12, "budget", b_ns=9_970_000))
    assert words.startswith("≈ no difference above 0.3")


def test_stopping_when_the_figure_pleases_decides_nothing():
    words, view = said(contest_of(12, "user"))
    assert words == "not decided  stopped by you: B looks 25 % faster, 12 quads"
    assert view.role == "m"


def test_too_slow_model_is_told_in_words():
    words, view = said(contest_of(3, "budget"))
    assert words.startswith("! too slow to decide in 20 s  3 of the 8 quads that an interval needs")
    assert view.point is None


def test_command_asks_headless_for_the_same_two():
    command = ab_words.command_of(A, B, 40)
    assert command == ("ovexplorer ab demo:mobilenet -hint latency -api sync --b precision=f32 --budget 40")
    plan, _ = plan_of(parse(command.split()[1:]))
    assert (plan.a, plan.b, plan.budget_s) == (A, B, 40.0)


def test_what_differs_names_the_option_and_counts_the_rest():
    contest = contest_of(0)
    assert ab_words.differences(contest.a, contest.b) == (ab_words.Difference("Precision", "auto", "f32"),)
    assert ab_words.equal_words(A, A) == "A and B are the same"


def test_property_without_an_option_is_named_too():
    other = msgspec.structs.replace(A, properties={**A.properties, "SOME_KEY": "\x1b[31m7"})
    contest = contest_of(0, b=other)
    assert ab_words.differences(contest.a, contest.b)[0].title == "SOME_KEY"
    assert "\x1b" not in ab_words.side_words(ab_words.differences(contest.a, contest.b), "b")


# The form.


def test_change_is_typed_with_values_that_hold_commas():
    changed = ab_form.changed(A, "precision=f32, shape=[1,3,64,64],KEY_OF=7")
    assert changed.properties["INFERENCE_PRECISION_HINT"] == "f32"
    assert changed.properties["KEY_OF"] == "7"
    assert changed.model.inputs[0].shape == "[1,3,64,64]"


@pytest.mark.parametrize("text", ["", "nonsense", "what precision=f32", "precision=", "colour=red", "precision=f99"])
def test_change_that_cannot_be_is_refused(text):
    with pytest.raises(UsageError):
        ab_form.changed(A, text)


def test_budget_stops_at_both_ends():
    assert ab_form.other_budget(20, 1) == 40
    assert ab_form.other_budget(10, -1) == 10
    assert ab_form.other_budget(120, 1) == 120


# Figures and drift.


def rows_of(contest, size=(80, 20)):
    from ovexplorer.analysis.turns import side_summary
    from ovexplorer.session.state import RunState

    sides = ab_figures.Sides(
        side_summary(contest.a.windows),
        side_summary(contest.b.windows),
        estimate_turns(contest.turns, 11, "latency"),
        estimate_turns(contest.turns, 11, "throughput"),
    )
    lines = ab_figures.figure_lines(RunState(), contest, sides, UNICODE, size)
    return ["".join(text for text, _ in line) for line in lines]


def test_percentile_without_samples_has_a_reason_instead_of_a_number():
    rows = rows_of(contest_of(8))
    p99 = next(row for row in rows if "p99" in row)
    assert p99.split() == ["p99", "latency", "ms", "—", "—", "17", "s", "more"]


def test_fewer_rows_keep_three_figures():
    rows = rows_of(contest_of(8), (60, 4))
    assert [row.split()[0] for row in rows[1:]] == ["p50", "throughput", "drift"]


def test_changed_class_is_told_before_what_is_right():
    changed = OutputDrift(
        name=clean("y"), max_abs=1, relative_l2=0.03, cosine=0.9, non_finite=0, top1_of=64, top1_changed=10
    )
    contest = replace(
        contest_of(8),
        drift_a=Drift(segment=11, state="measured", inputs=64, outputs=(changed,)),
        drift_b=drift_of(12, 0.0).drift,
    )
    assert "A: top-1 changed in 10 of 64" in rows_of(contest)[-1]


# Pictures.


@pytest.mark.parametrize(
    ("low", "high"), [(36.6, 40.1), (-1.2, 1.0), (-65, -22), (0.3, 0.6), (0, 0), (150, 900), (-0.01, 0.02)]
)
def test_axis_always_holds_zero_and_the_interval(low, high):
    axis = axis_of(low, high)
    assert axis.first < min(low, 0)
    assert axis.last > max(high, 0)
    assert axis.labels().count("0") == 1
    assert 3 <= axis.ticks <= 7
    assert len(set(axis.labels())) == axis.ticks


def test_axis_narrows_with_the_interval():
    wide, narrow = axis_of(-5, 40), axis_of(0.5, 2)
    assert narrow.last - narrow.first < wide.last - wide.first


def test_plot_puts_zero_left_of_what_is_faster():
    plot = IntervalPlot(UNICODE)
    plot.view = IntervalView(((("B is faster", "G"),),), 38.0, 36.6, 40.1, "g")
    rows = plot.build(80, 4)
    text = rows[1].text
    assert text.index("│") < text.index("├") < text.index("●") < text.index("┤")
    assert "0" in rows[3].text


def test_long_sentence_goes_on_below_where_there_is_room():
    plot = IntervalPlot(UNICODE)
    plot.view = IntervalView(((("B is faster", "G"), ("  more than fits into forty cells", "m")),), 1, 0.5, 2)
    rows = [row.text.strip() for row in plot.build(40, 6)]
    assert "B is faster" in rows
    assert "into forty cells" in rows[rows.index("B is faster") + 1]


def test_turns_are_cut_at_whole_quads():
    chart = TurnChart(UNICODE)
    turns = tuple(("ABBA"[index % 4], 10.0 + index) for index in range(100))
    chart.view = TurnsView(turns, (("A", "10"), ("B", "8")))
    first, second = (row.text for row in chart.build(80, 2))
    assert first.startswith("  A 10  ██ ·· ·· ██ ")
    assert second.startswith("  B 8   ·· ██ ██ ·· ")
    chart_rows = chart.build(80, 10)
    assert chart_rows[-1].text.split() == list("ABBA" * 6)


def test_histogram_counts_every_sample_once():
    counts = {1000: 5, 1100: 20, 1400: 1}
    low, high = reach(counts, 0.9)
    assert sum(binned(counts, low, high, 20)) == 26
    assert low < high < math.inf


def test_no_estimate_without_quads():
    assert estimate([]).delta is None
