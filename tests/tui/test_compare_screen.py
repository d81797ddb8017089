from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from ovexplorer.options.catalogue import CATALOGUE
from ovexplorer.schema.contest import DivergenceFound, FindDivergence, Prepare, Release
from ovexplorer.schema.drift import Divergence, LayerDrift
from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.recorded import Asked, Contested, Settled
from ovexplorer.settings import Settings
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import ASCII
from tests.tui.compare_kit import A, B, counted, drift_of, finished, quads, ready_of

MANUAL = Settings(verify_toggle=False)


async def run_b_after_a(stage):
    """A is measured and named the baseline; B is what runs."""
    await stage.emit(ready_of(1), *(counted(1, n) for n in range(4)))
    await stage.press("b")
    stage.app.change_run(B)
    await stage.settle()
    await stage.emit(ready_of(2), counted(2, 100, 8_000_000))


async def compared(stage, number=8, drift_b=0.0, **latencies):
    """Both are ready, drift is known, so many quads ran."""
    contest = stage.session.state.contest
    assert contest is not None
    a, b = contest.a.number, contest.b.number
    await stage.emit(ready_of(a), ready_of(b))
    await stage.emit(drift_of(a), drift_of(b, drift_b))
    await stage.emit(*quads(contest.number, a, b, number, **latencies), finished(contest.number))


def written(name):
    return Path(name).read_text(encoding="utf-8")


def overwrite(name, text):
    Path(name).write_text(text, encoding="utf-8")


def prepared(stage):
    return [command.spec for command in stage.sent if isinstance(command, Prepare)]


async def test_before_a_comparison_one_sentence_says_what_to_press(open_app):
    async with open_app((80, 24), spec=A) as stage:
        await stage.press("5")
        assert "views: A/B  Ladder  Why slower  Start-up" in stage.text()
        assert "Nothing to compare yet" in stage.text()
        assert "x compare" in stage.frame()[-1]


async def test_x_on_live_compares_what_runs_with_the_baseline(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await run_b_after_a(stage)
        await stage.press("x")
        assert prepared(stage) == [A, B]
        text = stage.text()
        assert "▐5 Compare▌" in text
        assert "◐ A compiling" in text
        assert "B now:      precision f32" in text
        assert f"the other {len(CATALOGUE) - 1} options are equal" in text


async def test_figure_appears_at_eight_quads_and_is_muted_until_it_is_over(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await run_b_after_a(stage)
        await stage.press("x")
        await compared(stage, 7)
        assert "7 of 50 quads" in stage.text()
        assert "● A/B 7/50" in stage.text()
        assert "looks" not in stage.text()


async def test_sentence_with_its_interval_when_it_is_decided(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await run_b_after_a(stage)
        await stage.press("x")
        await compared(stage)
        text = stage.text()
        assert "B is 25 % faster than A" in text
        assert "99 % sure, 8 quads in ABBA order" in text
        assert "B slower" in text
        assert "B faster" in text
        assert "▲ +25 %" in text
        assert "top-1 same, 64 of 64" in text
        assert "The difference is decided" in text
        assert "B is what runs now" in text


async def test_small_terminal_keeps_sentence_interval_and_three_figures(open_app):
    async with open_app((60, 16), spec=A, settings=MANUAL) as stage:
        await run_b_after_a(stage)
        await stage.press("x")
        await compared(stage)
        text = stage.text()
        for words in ("B is 25 % faster than A", "+20", "p50 latency ms", "throughput FPS", "drift to f32"):
            assert words in text


async def test_wide_terminal_shows_drift_and_both_histograms(open_app):
    async with open_app((160, 45), spec=A, settings=MANUAL) as stage:
        await run_b_after_a(stage)
        await stage.press("x")
        await compared(stage)
        text = stage.text()
        for words in ("largest difference", "cosine", "Latency of both, ms", "CPU ms an inference", "sure enough?"):
            assert words in text


async def test_esc_stops_it_and_too_few_quads_say_nothing(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await run_b_after_a(stage)
        await stage.press("x")
        await compared(stage, 5)
        await stage.press("escape")
        assert stage.session.state.contests[-1].stopped == "user"
        assert [command for command in stage.sent if isinstance(command, Release)]
        assert "stopped by you  after 5 quads, too few to say" in stage.text()
        assert "faster than" not in stage.text()


async def test_side_that_cannot_be_compiled_says_why(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await run_b_after_a(stage)
        await stage.press("x")
        contest = stage.session.state.contest
        assert contest is not None
        await stage.emit(ready_of(contest.a.number))
        await stage.emit(
            Failed(
                segment=contest.b.number,
                phase="compile",
                kind="compile_failed",
                what=clean("the plugin refused it"),
                hint=clean("take another precision"),
            )
        )
        assert "B could not be run: the plugin refused it" in stage.text()
        assert "take another precision" in stage.text()
        assert stage.session.state.contests[-1].stopped == "failed"


async def test_without_a_second_configuration_a_change_is_typed(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await stage.emit(ready_of(1), *(counted(1, n) for n in range(4)))
        await stage.press("x")
        assert "B: A with" in stage.text()
        await stage.press(*"precision=nonsense", "enter")
        assert not prepared(stage)
        await stage.press(*(["backspace"] * 8), *"f32", "enter")
        assert prepared(stage) == [A, B]


async def test_other_model_file_is_taken_from_where_the_program_was_started(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await stage.emit(ready_of(1), *(counted(1, n) for n in range(4)))
        await stage.press("x")
        await stage.press(*"model=other.xml", "enter")
        assert [spec.model.path for spec in prepared(stage)] == [A.model.path, str(Path.cwd() / "other.xml")]


async def test_without_a_baseline_an_earlier_configuration_can_be_chosen(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await stage.emit(ready_of(1), counted(1, 0))
        stage.app.change_run(B)
        await stage.settle()
        await stage.emit(ready_of(2), counted(2, 100))
        await stage.press("x")
        assert "Precision f32→auto" in stage.text()
        await stage.press("enter")
        assert prepared(stage) == [A, B]


async def test_budget_b_and_capital_b(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await run_b_after_a(stage)
        await stage.press("x")
        await compared(stage)
        await stage.press("+", "r")
        assert stage.session.state.contest is not None
        assert stage.session.state.contest.budget_s == 40
        await compared(stage)
        await stage.press("b")
        baseline = stage.app.figures.baseline
        assert baseline is not None
        assert baseline.spec == B
        await stage.press("B")
        assert stage.session.asked == A


async def test_enter_searches_the_first_operation_that_moves(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await run_b_after_a(stage)
        await stage.press("x")
        await compared(stage, drift_b=3e-3)
        await stage.press("enter", "enter")
        asked = [command for command in stage.sent if isinstance(command, FindDivergence)]
        assert len(asked) == 1
        assert asked[0].against == A
        assert "searching the first operation" in stage.text()
        first = LayerDrift(name=clean("conv1"), type=clean("Convolution"), relative_l2=3e-3, max_abs=0.1)
        divergence = Divergence(segment=asked[0].segment, threshold=1e-3, first=first)
        await stage.emit(DivergenceFound(divergence=divergence))
        assert "first that moves in B: conv1 · Convolution" in stage.text()


async def test_export_writes_the_document_and_never_overwrites_silently(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await run_b_after_a(stage)
        await stage.press("x")
        await compared(stage)
        await stage.press("e", "enter")
        document = json.loads(written("ab.json"))
        assert document["schema"] == "ovexplorer.ab/1"
        assert document["verdict"] == "b_faster"
        overwrite("ab.json", "mine")
        stage.app.clear_notifications()
        await stage.press("e", *(["backspace"] * len("-2.json")), *".json", "enter")
        assert written("ab.json") == "mine"
        assert "enter again replaces it" in stage.text()
        await stage.press("enter")
        assert "ovexplorer.ab/1" in written("ab.json")


async def test_zoom_fills_the_body_with_the_focused_panel(open_app):
    async with open_app((160, 45), spec=A, settings=MANUAL) as stage:
        await run_b_after_a(stage)
        await stage.press("x")
        await compared(stage)
        await stage.press("z")
        assert "B is 25 % faster" in stage.text()
        assert "Figures" not in stage.text()
        await stage.press("z")
        assert "Figures" in stage.text()


async def test_x_on_another_screen_leaves_the_ladder_for_the_comparison(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await run_b_after_a(stage)
        for key in ("5", "v", "2", "x"):
            await stage.press(key)
        assert prepared(stage) == [A, B]
        assert "Verdict" in stage.text()


async def test_x_during_a_check_begins_the_longer_comparison(open_app):
    async with open_app((80, 24), spec=A) as stage:
        await run_b_after_a(stage)
        await stage.emit(counted(2, 101, 8_000_000))
        assert stage.session.state.contest is not None
        assert stage.session.state.contest.kind == "check"
        await stage.press("x")
        assert [(entry.kind, entry.stopped) for entry in stage.session.state.contests] == [
            ("check", "user"),
            ("ab", None),
        ]


async def test_terminal_without_unicode_gets_ascii_only(open_app):
    async with open_app((160, 45), spec=A, settings=MANUAL, glyphs=ASCII) as stage:
        await run_b_after_a(stage)
        await stage.press("x")
        await compared(stage)
        assert stage.text().isascii()
        assert "B is 25 % faster than A" in stage.text()


async def test_replay_shows_a_recorded_comparison_and_starts_none(open_app):
    async with open_app((80, 24), replay=True) as stage:
        asked = Contested(
            contest=1,
            kind="check",
            metric="latency",
            a_segment=11,
            a=A,
            b_segment=12,
            b=B,
            budget_s=20,
            at_ns=3_000_000_000,
        )
        await stage.emit(Asked(segment=1, spec=A, title=clean(""), at_ns=2_000_000_000, new_run=True), asked)
        await stage.emit(ready_of(11), ready_of(12), *quads(1, 11, 12, 8))
        await stage.emit(Settled(contest=1, stopped="decided", at_ns=80_000_000_000))
        await stage.press("5")
        assert "B is 25 % faster than A" in stage.text()
        await stage.press("x", "r")
        assert not prepared(stage)
        assert "a recording is shown" in stage.text()


@pytest.mark.parametrize("keys", [["v"], ["V"]])
async def test_views_go_round(open_app, keys):
    async with open_app((80, 24), spec=A) as stage:
        await stage.press("5")
        for _ in range(4):
            await stage.press(*keys)
        assert "Nothing to compare yet" in stage.text()


async def test_a_run_with_an_end_is_compared_without_it(open_app):
    async with open_app((80, 24), spec=msgspec.structs.replace(A, duration_s=5.0), settings=MANUAL) as stage:
        await stage.emit(ready_of(1), *(counted(1, n) for n in range(4)))
        await stage.press("x")
        await stage.press(*"precision=f32", "enter")
        assert prepared(stage) == [A, B]
