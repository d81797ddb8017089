from __future__ import annotations

from dataclasses import replace

import pytest

from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.protocol import DevicesChanged
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.state import PhaseTime, RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import ASCII, UNICODE
from ovexplorer.tui.screens import ladder_panels, ladder_rows, ladder_words
from ovexplorer.tui.screens.ladder_hints import hints_of
from ovexplorer.tui.widgets.ladder_list import DELTA, LadderRow, bar_cells, columns_of, paint
from tests.tui import ladder_kit as kit


def texts(lines):
    return ["".join(text for text, _ in line) for line in lines]


@pytest.mark.parametrize(
    ("width", "bar", "drift", "note"),
    [(60, True, False, False), (80, True, True, False), (158, True, True, True), (52, False, False, False)],
)
def test_notes_go_first_then_drift_then_bars(width, bar, drift, note):
    columns = columns_of(width)
    assert (columns.bar > 0, columns.drift > 0, columns.note > 0) == (bar, drift, note)


@pytest.mark.parametrize(
    ("interval", "drawn"),
    [(None, "▇▇▇▇▇     "), ((0.5, 0.52), "▇▇▇▇▇┤    "), ((0.3, 0.7), "▇▇▇├───┤  "), ((0.0, 3.0), "├────────┤")],
)
def test_a_bar_ends_in_its_interval_and_never_leaves_its_cells(interval, drawn):
    row = LadderRow("step", bar=(("▇", 0.5),), interval=interval)
    assert bar_cells(row, 10, UNICODE) == drawn


@pytest.mark.parametrize(
    ("point", "low", "high", "text"),
    [
        (1.22, 1.205, 1.235, "▲ +22 % ±2"),
        (0.73, 0.722, 0.738, "▼ −27 % ±0.8"),
        (1.0, 0.99, 1.014, "≈ ±2 %"),
        (14.0, 9.0, 31.0, "▲ 14x ±17"),
        (250.0, 249.0, 251.0, "▲ 250x ±1"),
    ],
)
def test_a_delta_fits_its_field(point, low, high, text):
    state = kit.ladder()
    results = list(state.results)
    results[4] = replace(results[4], against_first=PairEstimate(12, point, low, high))
    said, _ = ladder_words.delta_words(replace(state, results=tuple(results)), 4, UNICODE)
    assert said == text
    assert len(said) <= DELTA


def test_a_chosen_first_bar_changes_what_the_others_are_told_against():
    state = kit.finished()
    chosen = {"latency": 9}
    assert ladder_words.delta_words(state, 9, UNICODE, chosen) == ("first", "m")
    original, role = ladder_words.delta_words(state, 2, UNICODE, chosen)
    assert original.startswith("▼ −30 %")
    assert role == "b"
    f16, _ = ladder_words.delta_words(state, 8, UNICODE, chosen)
    assert f16.startswith("▼ −15 % ±")
    wider = ladder_words.against(state, 8, chosen)
    assert wider is not None
    assert wider.high / wider.low > kit.faster(1.22).high / kit.faster(1.22).low


@pytest.mark.parametrize(
    ("drift", "said"),
    [
        (None, ("", "m")),
        (kit.drift(3e-3), ("3e-3", " ")),
        (kit.drift(4e-4), ("4e-4", "m")),
        (kit.drift(0.02), ("2e-2", "w")),
        (kit.drift(0.02, changed=3), ("2e-2", "b")),
        (kit.drift(0.0, "reference"), ("0", "m")),
        (kit.drift(1.0, non_finite=12), ("NaN x12", "b")),
        (kit.drift(1.0, non_finite=12_000), ("NaN", "b")),
        (kit.drift(1.0, "unavailable"), ("—", "m")),
    ],
)
def test_drift_fits_its_column_and_warns_by_its_size(drift, said):
    assert ladder_words.drift_words(drift) == said


def test_the_best_step_is_what_the_comparisons_say_and_costs_are_no_contest():
    best = ladder_words.best_of_parts(kit.finished())
    assert best == {"latency": 9, "throughput": 12}
    assert ladder_words.best_of_parts(kit.slower()) == {}


def test_what_was_taught_is_told_against_what_each_step_began_with():
    said = texts(ladder_panels.taught_lines(kit.finished(), UNICODE, 66))
    # Precisions are alternatives: f32 began with shared memory, not with f16.
    assert " ▲ precision f32: −15.7 ms on 56.9, the biggest win" in said
    assert " ▲ throughput hint: +1.90 FPS on 24.2, the biggest win" in said
    assert any(line.startswith(" ≈ all threads: 2, AUTO, latency hint, shared memory") for line in said)
    assert not any("worse" in line for line in said)
    assert texts(ladder_panels.taught_lines(kit.slower(), UNICODE, 66)) == [
        " ▼ async, 1 request: +5.00 ms on 20.0, the biggest cost",
        " · 1 step skipped, with its reason",
        " · all of it together adds +8.14 ms",
    ]


def test_nothing_is_taught_before_the_second_bar():
    state = kit.ladder()
    assert "nothing yet" in texts(ladder_panels.taught_lines(replace(state, results=state.results[:3]), UNICODE, 66))[0]


def test_the_sentence_to_say_is_kept_first_in_the_guided_mode():
    assert "Say batch 4" in texts(ladder_panels.step_lines(kit.ladder(guided=True), 13, UNICODE, 80, 1))[0]
    assert "What batch 4" in texts(ladder_panels.step_lines(kit.ladder(), 13, UNICODE, 80, 1))[0]
    everything = "\n".join(texts(ladder_panels.step_lines(kit.finished(), 3, UNICODE, 80, 30)))
    for part in ("same as   ovexplorer bench ir_f32", "12 quads, ±1.5 %", "3e-3 against f32", "changed 0 of 64"):
        assert part in everything


def test_a_failed_step_says_what_went_wrong():
    lines = ladder_panels.step_lines(kit.finished(), 15, UNICODE, 80, 4)
    assert " It could not be measured: an engine ended: out of memory" in texts(lines)


def test_start_up_is_stacked_and_told_in_figures():
    state = kit.startup()
    rows = ladder_rows.ladder_rows(state, ASCII, 80)
    warm = "".join(paint(rows[3], 80, ASCII).chars)
    assert all(sign in warm for sign in "=:#%.")
    table = texts(ladder_panels.startup_lines(state, RunState(), UNICODE, 80))
    assert "331 ±2" in table[1]
    assert table[1].endswith("  off")
    assert table[3].endswith("  read, 51.0 MB")
    assert all(len(line) <= 80 for line in table)


def test_autos_hand_over_is_told_with_its_moment():
    spec = default_spec(ModelSpec(path="demo:resnet50"), "AUTO:GPU,CPU")
    change = DevicesChanged(segment=1, at_ns=3_500_000_000, execution_devices=(clean("GPU"),))
    segment = Segment(1, spec, "", (PhaseTime("compile", 2_000_000_000, 10),), handovers=(change,))
    said = texts(ladder_panels.handover_lines(RunState(segments=(segment,)), UNICODE))
    assert said == [" AUTO went over CPU → GPU 1.50 s after the compile began"]
    alone = replace(segment, spec=default_spec(ModelSpec(path="demo:resnet50")))
    assert ladder_panels.handover_lines(RunState(segments=(alone,)), UNICODE) == ()


@pytest.mark.parametrize(
    ("status", "badge"), [("running", "◐ 14/16"), ("waiting", "◐ enter"), ("paused", "‖ PAUSED"), ("done", None)]
)
def test_the_badge_and_the_footer_follow_the_status(status, badge):
    state = kit.ladder(status)
    piece = ladder_words.badge(state, UNICODE)
    assert (piece[0] if piece else None) == badge
    actions = [entry.action for entry in hints_of(state)]
    assert ("app.back" in actions) == (status != "done")
    assert ("compare.start" in actions) == (status == "done")
