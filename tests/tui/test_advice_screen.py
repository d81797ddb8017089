from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovexplorer.schema.protocol import Profile
from ovexplorer.settings import Settings
from ovexplorer.tui.glyphs import ASCII
from ovexplorer.tui.screens.try_prompt import TryPrompt
from tests.tui.advice_kit import LAYERS, layer, measured_run, profiled, ready_with
from tests.tui.compare_kit import A, counted

MANUAL = Settings(verify_toggle=False)


async def advised(stage):
    """A run whose layers were counted, with its advice on screen."""
    await measured_run(stage)
    await stage.press("6")
    await stage.emit(profiled())


def written():
    (path,) = Path().glob("ovexplorer-advice-*.json")
    return json.loads(path.read_text(encoding="utf-8"))


async def test_before_a_run_one_sentence(open_app):
    async with open_app((80, 24)) as stage:
        await stage.press("6")
        assert "No run yet. 1 picks a model." in stage.text()


async def test_before_the_first_window_it_says_what_it_waits_for(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await stage.press("6")
        assert "Measuring: findings appear after the first valid window." in stage.text()


async def test_first_visit_asks_for_a_profile_once(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await measured_run(stage)
        await stage.press("6")
        await stage.emit(counted(1, 5))
        assert len([command for command in stage.sent if isinstance(command, Profile)]) == 1
        assert "counting layers" in stage.text()


async def test_findings_are_sorted_by_effect_with_signs_and_passed_checks(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await advised(stage)
        frame = stage.frame()
        rows = {
            name: at
            for at, line in enumerate(frame)
            for name in ("One layer", "1 reorder", "Is bf16")
            if name in line[:44]
        }
        assert rows["One layer"] < rows["1 reorder"] < rows["Is bf16"]
        assert "ms at most" in stage.text()
        assert "−1.50" in frame[rows["1 reorder"]]
        assert "✗" in frame[rows["1 reorder"]]
        assert "checks passed" in stage.text()


@pytest.mark.parametrize("size", [(80, 24), (160, 45), (120, 30)])
async def test_finding_under_the_cursor_is_shown_with_evidence_tries_and_why(open_app, size):
    async with open_app(size, spec=A, settings=MANUAL) as stage:
        await advised(stage)
        await stage.press("G")
        text = stage.text()
        assert "infer in f32" in text
        assert "How sure, and why" in text
        assert "Nobody can tell before" in text


async def test_small_terminal_opens_the_finding_on_enter(open_app):
    async with open_app((60, 16), spec=A, settings=MANUAL) as stage:
        await advised(stage)
        await stage.press("G")
        assert "Try, best first" not in stage.text()
        await stage.press("enter")
        assert "infer in f32" in stage.text()
        await stage.press("escape")
        assert "Try, best first" not in stage.text()
        assert "Advice" in stage.text()


async def test_t_tries_the_chosen_try(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await advised(stage)
        await stage.press("G", "t")
        assert isinstance(stage.app.screen, TryPrompt)
        assert stage.session.state.contest.b.spec.properties["INFERENCE_PRECISION_HINT"] == "f32"
        await stage.press("escape")
        assert "reverted" in stage.text()


async def test_enter_shows_a_finding_where_it_lives(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await advised(stage)
        await stage.press("g", "j", "enter")
        await stage.settle()
        assert "▐3 Layers▌" in stage.text()
        assert "type:Reorder" in stage.text()


async def test_enter_on_an_option_goes_to_live(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await advised(stage)
        await stage.press("G", "enter")
        await stage.settle()
        assert "▐2 Live▌" in stage.text()


async def test_o_copies_the_address_and_y_the_finding(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await advised(stage)
        await stage.press("G", "o")
        assert stage.app.clipboard.startswith("https://docs.openvino.ai/")
        await stage.press("y")
        assert stage.app.clipboard.startswith("Is bf16 the faster one here?")


async def test_a_finding_that_vanished_is_shown_as_gone_for_five_seconds(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await advised(stage)
        plain = tuple(entry for entry in LAYERS if entry.type != "Reorder")
        await stage.emit(profiled(layers=plain, latency_ns=8_500_000))
        assert "✓ gone: 1 reorder takes 15.0 %" in stage.text()
        stage.clock.advance(6.0)
        await stage.settle()
        stage.app.screen.redraw()
        await stage.settle()
        assert "gone:" not in stage.text()


async def test_nothing_to_advise_says_how_many_checks_passed(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await stage.emit(ready_with(1, "f16"), *(counted(1, n) for n in range(4)))
        await stage.press("6")
        even = tuple(layer(key, f"conv{key}", "Convolution", 990_000) for key in range(1, 11))
        await stage.emit(profiled(layers=even))
        assert "checks passed. Nothing to advise." in stage.text()


async def test_ascii_terminals_get_ascii_only(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL, glyphs=ASCII) as stage:
        await advised(stage)
        assert stage.text().isascii()
        await stage.press("G", "t")
        assert stage.text().isascii()


async def test_t_without_a_try_says_so(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await advised(stage)
        await stage.press("g", "t")
        assert not isinstance(stage.app.screen, TryPrompt)
        assert "there is nothing to try here" in stage.text()


async def test_e_writes_all_findings(open_app):
    async with open_app((80, 24), spec=A, settings=MANUAL) as stage:
        await advised(stage)
        await stage.press("e")
        told = written()
        assert {finding["code"] for finding in told["findings"]} >= {"reorder_share", "slow_bf16"}
