from __future__ import annotations

from ovexplorer.schema.contest import Prepare
from ovexplorer.schema.protocol import ChangeSpec, Failed, LayersMeasured, Profile
from ovexplorer.settings import Settings
from ovexplorer.text import clean
from ovexplorer.tui.screens.try_prompt import TryPrompt
from tests.tui.advice_kit import measured_run, profiled, ready_with
from tests.tui.compare_kit import A, B, counted, drift_of, finished, quads, ready_of

MANUAL = Settings(verify_toggle=False)


async def trying(stage, spec=B, expected_ns=3_000_000):
    """A is measured; B is being tried."""
    await measured_run(stage)
    assert stage.app.trying.start("infer in f32", spec, expected_ns) == ""
    await stage.settle()


async def turns(stage, number=8, drift=3e-4, **latencies):
    """Both contestants are ready, their drift is known, so many quads ran."""
    contest = stage.session.state.contest
    assert contest is not None
    a, b = contest.a.number, contest.b.number
    if not contest.ready:
        await stage.emit(ready_with(a, "bf16"), ready_with(b, "f32"))
    if contest.drift_b is None and stage.app.trying.current.drift is None:
        await stage.emit(drift_of(a), drift_of(b, drift))
    await stage.emit(*quads(contest.number, a, b, number, **latencies), finished(contest.number))
    await stage.settle()


def changes(stage):
    return [command.spec for command in stage.sent if isinstance(command, ChangeSpec)]


async def test_prompt_says_what_it_does_while_it_compiles_and_measures(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await trying(stage)
        assert isinstance(stage.app.screen, TryPrompt)
        assert "Try: infer in f32" in stage.text()
        assert "compiling" in stage.text()
        contest = stage.session.state.contest
        assert contest.kind == "try"
        await stage.emit(ready_of(contest.a.number), ready_of(contest.b.number))
        assert "comparing the outputs" in stage.text()
        await stage.emit(drift_of(contest.a.number), drift_of(contest.b.number))
        await stage.emit(*quads(contest.number, contest.a.number, contest.b.number, 5))
        assert "5 of 50 quads" in stage.text()
        assert "enter keeps" not in stage.text()


async def test_enter_keeps_nothing_before_there_is_a_figure(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await trying(stage)
        await stage.press("enter")
        assert isinstance(stage.app.screen, TryPrompt)
        assert not changes(stage)


async def test_figure_interval_drift_and_what_was_expected(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await trying(stage)
        await turns(stage)
        text = stage.text()
        for words in ("▲ +25 %", "faster", "drift 3e-4", "8 quads", "expected −3.00 ms, measured −2.00 ms", "10.0 ms"):
            assert words in text
        assert "●" in text
        assert "enter keeps · esc reverts · + measures longer" in text


async def test_enter_keeps_the_change_and_the_pair_needs_no_check(open_app):
    async with open_app((80, 24), spec=A) as stage:
        await trying(stage)
        await turns(stage)
        await stage.press("enter")
        assert changes(stage) == [B]
        assert not isinstance(stage.app.screen, TryPrompt)
        assert [attempt.outcome for attempt in stage.app.trying.tried] == ["kept"]
        before = len([command for command in stage.sent if isinstance(command, Prepare)])
        newest = stage.session.state.segments[-1].number
        await stage.emit(ready_with(newest, "f32"), *(counted(newest, 100 + n, 8_000_000) for n in range(6)))
        assert len([command for command in stage.sent if isinstance(command, Prepare)]) == before


async def test_u_takes_back_what_was_kept(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await stage.press("6")
        await trying(stage)
        await turns(stage)
        await stage.press("enter")
        newest = stage.session.state.segments[-1].number
        await stage.emit(ready_with(newest, "f32"), counted(newest, 100, 8_000_000))
        await stage.press("u")
        assert changes(stage) == [B, A]
        assert stage.app.trying.is_undone(stage.app.trying.tried[0])


async def test_esc_while_it_measures_changes_nothing(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await trying(stage)
        await stage.press("escape")
        assert not changes(stage)
        assert stage.session.state.contest is None
        assert stage.session.asked == A
        assert [attempt.outcome for attempt in stage.app.trying.tried] == ["reverted"]


async def test_esc_after_the_figure_reverts(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await trying(stage)
        await turns(stage)
        await stage.press("escape")
        assert not changes(stage)
        attempt = stage.app.trying.tried[0]
        assert attempt.outcome == "reverted"
        assert attempt.estimate.verdict == "b_faster"


async def test_what_cannot_be_compiled_is_said_and_what_ran_goes_on(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await trying(stage)
        contest = stage.session.state.contest
        await stage.emit(
            ready_of(contest.a.number),
            Failed(
                segment=contest.b.number,
                kind="compile_failed",
                phase="compile",
                what=clean("no such kernel"),
                hint=clean("choose another type"),
            ),
        )
        await stage.settle()
        stage.app.screen.tick()
        await stage.settle()
        assert "it could not be measured" in stage.text()
        assert "no such kernel" in stage.text()
        await stage.press("enter")
        assert not changes(stage)
        attempt = stage.app.trying.tried[0]
        assert attempt.outcome == "failed"
        assert "no such kernel" in attempt.reason


async def test_plus_measures_longer_and_all_quads_count(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await trying(stage)
        await turns(stage)
        first = stage.session.state.contests[-1].number
        await stage.press("plus")
        assert stage.session.state.contest is not None
        assert stage.session.state.contest.number > first
        await turns(stage)
        # Both comparisons ran 8 quads; of the 16 those up to the last look count.
        assert stage.app.trying.current.estimate.quads == 12
        assert "12 quads" in stage.text()


async def test_y_copies_the_command_of_the_same_comparison(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await trying(stage)
        await stage.press("y")
        assert stage.app.clipboard.startswith("ovexplorer ab demo:mobilenet")
        assert "precision=f32" in stage.app.clipboard


async def test_a_second_try_is_refused_while_one_runs(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await trying(stage)
        assert stage.app.trying.start("again", B) == "a try is under way"


async def test_what_runs_already_is_not_tried(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await measured_run(stage)
        assert stage.app.trying.start("the same", A) == "that runs already"


async def test_improve_keeps_what_is_faster_and_ends_when_nothing_is_left(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await stage.press("6")
        await measured_run(stage)
        await stage.emit(profiled())
        await stage.press("T")
        await turns(stage)
        assert changes(stage)[-1].properties["INFERENCE_PRECISION_HINT"] == "f32"
        newest = stage.session.state.segments[-1].number
        await stage.emit(ready_with(newest, "f32"), counted(newest, 100, 8_000_000))
        assert isinstance(stage.sent[-1], Profile)
        await stage.emit(LayersMeasured(profile=profiled(newest, 8_000_000).profile))
        await stage.settle()
        known = stage.app.trying.improving.known
        assert (known.steps, known.kept) == (1, 1)
        stage.app.screen.tick()
        await stage.settle()
        assert "step 1, 1 kept" in stage.text()
        assert "10.0 → 8.0" in stage.text()


async def test_esc_stops_improving_and_lets_an_undecided_try_go(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await stage.press("6")
        await measured_run(stage)
        await stage.emit(profiled())
        await stage.press("T")
        await stage.press("escape")
        assert not changes(stage)
        assert stage.app.trying.improving.known.ended == "stopped by you"
        assert stage.session.state.contest is None
