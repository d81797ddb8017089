from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from ovexplorer.schema.contest import Prepare
from ovexplorer.tui.glyphs import ASCII
from ovexplorer.tui.laddering import planned
from ovexplorer.tui.widgets.ladder_list import LadderList
from ovexplorer.tuning.steps import LadderState
from tests.tui import ladder_kit as kit
from tests.tui.conftest import ready, window

SIZES = [(60, 16), (80, 24), (160, 45)]
VIEWS = {"ladder": 1, "slower": 2, "startup": 3}


class Scripts:
    """Plans and runners of the made-up ladders."""

    def __init__(self, states):
        self.states = states
        self.runners = []
        self.guided = []

    def plan(self, kind, spec, session):
        return kit.steps_of(self.states[kind])

    def make(self, session, steps, kind, guided, on_change):
        state = replace(planned(kind, steps), status="running", current=0, guided=guided)
        self.runners.append(kit.ScriptedRunner(state, on_change))
        self.guided.append(guided)
        return self.runners[-1]

    @property
    def runner(self):
        return self.runners[-1]


@pytest.fixture
def open_ladder(open_app):
    """Opens the Compare screen at a ladder: `async with open_ladder((80, 24), "ladder") as (stage, scripts)`."""

    @asynccontextmanager
    async def opened(size=(80, 24), kind="ladder", *, run=True, **more):
        async with open_app(size, spec=kit.SPEC if run else None, **more) as stage:
            scripts = Scripts({name: make() for name, make in kit.STATES.items()})
            stage.app.ladders._planner, stage.app.ladders._make = scripts.plan, scripts.make
            if run:
                await stage.emit(ready(), window())
            await stage.press("5", *["v"] * VIEWS[kind])
            yield stage, scripts
            for runner in scripts.runners:
                runner.end()

    return opened


async def become(stage, scripts, state: LadderState) -> None:
    scripts.runner.become(state)
    await stage.settle()


def read(name: str) -> str:
    return Path(name).read_text(encoding="utf-8")


def written(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("size", SIZES)
async def test_before_it_begins_the_steps_stand_with_dashes_and_the_keys_that_start(open_ladder, size):
    async with open_ladder(size) as (stage, _):
        text = stage.text()
        assert "Ladder · latency ms, lower is better" in text
        assert "IR, f16 weights" in text
        assert "—" in text
        assert "enter goes step by step, r runs through, about" in text
        assert "enter step by step" in stage.frame()[-1]
        assert all(len(line) == size[0] for line in stage.frame())


@pytest.mark.parametrize("size", SIZES)
async def test_a_ladder_under_way_shows_bars_reasons_and_how_far_it_is(open_ladder, size):
    async with open_ladder(size) as (stage, scripts):
        await stage.press("r")
        assert scripts.runner.told == ["run"]
        assert scripts.guided == [False]
        await become(stage, scripts, kit.ladder())
        text = stage.text()
        assert "14/16" in stage.frame()[0]
        assert "step 14 of 16, about 18 s left" in stage.frame()[1]
        assert "▌14  batch 4" in text
        assert "◐ 7/50 quads" in text
        assert "≈ step 12 ±2" in text
        assert "space pause  esc stop" in stage.frame()[-1]
        assert all(len(line) == size[0] for line in stage.frame())


async def test_at_80_columns_all_steps_but_few_are_seen_with_interval_delta_and_drift(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("r")
        await become(stage, scripts, kit.ladder())
        lines = stage.frame()
        row = next(line for line in lines if " 10  precision f32" in line)
        assert "41.2" in row
        assert "▇▇▇┤" in row
        assert "▲ +43 % ±3" in row
        assert row.rstrip().endswith("0")
        assert any("needs a GPU; CPU has no auto-batching" in line for line in lines)
        assert any("─ throughput FPS, higher is better ─" in line for line in lines)


async def test_the_wide_screen_adds_notes_and_what_was_learned(open_ladder):
    async with open_ladder((160, 45)) as (stage, scripts):
        await stage.press("r")
        await become(stage, scripts, kit.finished())
        scripts.runner.end()
        text = stage.text()
        assert "saves a copy" in text
        assert "what the ladder taught so far" in text
        assert "▲ precision f32: −15.7 ms on 56.9, the biggest win" in text
        assert "3 steps skipped, each with its reason" in text
        assert "✗ an engine ended: out of memory" in text
        assert "best throughput   26.1 FPS   step 13, same as 12" in text


async def test_the_guided_ladder_goes_on_by_enter_and_shows_the_sentence(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("enter")
        assert scripts.guided == [True]
        await become(stage, scripts, kit.ladder("waiting", guided=True))
        assert "To say aloud: “Say batch 4 aloud.”" in stage.text()
        assert "◐ enter" in stage.frame()[0]
        assert "enter next step" in stage.frame()[-1]
        await stage.press("enter")
        assert scripts.runner.told == ["run", "advance"]


async def test_space_pauses_and_goes_on_and_esc_stops_and_keeps_what_is_there(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("r")
        await become(stage, scripts, kit.ladder())
        await stage.press("space")
        assert "‖ PAUSED" in stage.frame()[0]
        assert "space go on" in stage.frame()[-1]
        await stage.press("space", "escape")
        assert scripts.runner.told == ["run", "pause", "resume", "stop"]
        assert "41.2" in stage.text()
        assert "stopped, 11 of 16 steps measured" in stage.frame()[1]
        assert stage.app.ladders.running is None


async def test_after_a_stop_enter_goes_on_with_what_is_left(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("r")
        await become(stage, scripts, kit.ladder())
        await stage.press("escape")
        assert "enter go on" in stage.frame()[-1]
        await stage.press("enter")
        assert scripts.runner.told == ["run", "stop", "run"]
        assert len(scripts.runners) == 1


async def test_all_is_measured_anew_only_after_a_question(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("r")
        await become(stage, scripts, kit.finished())
        scripts.runner.end()
        await stage.press("enter")
        assert "All is measured again, step by step" in stage.text()
        await stage.press("escape")
        assert len(scripts.runners) == 1
        await stage.press("enter", "enter")
        assert len(scripts.runners) == 2


async def test_ctrl_c_on_another_screen_stops_the_ladder_and_nothing_else(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("r", "2")
        sent = len(stage.sent)
        await stage.press("ctrl+c")
        assert scripts.runner.told == ["run", "stop"]
        assert len(stage.sent) == sent


async def test_leaving_the_program_ends_the_ladder(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("r")
        await become(stage, scripts, kit.ladder())
        await stage.app.end_session()
        assert scripts.runner.told == ["run", "stop"]
        assert stage.app.ladders.running is None


async def test_a_step_is_measured_again_only_when_nothing_is_under_way(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("r")
        await become(stage, scripts, kit.ladder())
        await stage.press("r")
        assert scripts.runner.told == ["run"]
        await become(stage, scripts, kit.finished())
        scripts.runner.end()
        await asyncio.sleep(0)
        await stage.press("g", "r")
        assert "again 0" not in scripts.runner.told
        await stage.press("j", "j", "r")
        assert scripts.runner.told[-1] == "again 2"


async def test_a_step_becomes_the_first_bar_of_its_part(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("r")
        await become(stage, scripts, kit.finished())
        scripts.runner.end()
        await stage.press("g", *"jjjjjjjj", "b")
        rows = stage.frame()
        assert "first" in next(line for line in rows if "  9  precision f16" in line or "▌ 9  precision f16" in line)
        assert "▲ +17 %" in next(line for line in rows if " 10  precision f32" in line)
        assert "▲ +7 %" in next(line for line in rows if " 12  2 streams" in line)


async def test_a_step_goes_to_the_a_b_view_against_the_first_bar(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("r")
        await become(stage, scripts, kit.finished())
        scripts.runner.end()
        await asyncio.sleep(0)
        await stage.press("g", *"jjjjjjjjj", "x")
        assert stage.app.pairing.running
        assert len([command for command in stage.sent if isinstance(command, Prepare)]) == 2
        assert not stage.app.screen.query_one("LadderView").display
        stage.app.pairing.stop()


async def test_the_command_of_a_step_is_copied(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("r")
        await become(stage, scripts, kit.finished())
        await stage.press("g", *"jjj", "y")
        assert stage.app.clipboard == "ovexplorer bench ir_f32"


async def test_a_ladder_goes_on_while_another_screen_is_shown(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("r", "2")
        await become(stage, scripts, kit.ladder())
        assert stage.app.ladders.running == "ladder"
        await stage.press("5")
        assert "▌14  batch 4" in stage.text()


async def test_another_ladder_ends_the_one_under_way_first(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("r")
        first = scripts.runner
        await stage.press("v", "r")
        assert first.told == ["run", "stop"]
        assert scripts.runner.told == ["run"]
        assert stage.app.ladders.running == "slower"


async def test_costs_are_told_in_milliseconds_with_a_total(open_ladder):
    async with open_ladder((80, 24), "slower") as (stage, scripts):
        await stage.press("r")
        await become(stage, scripts, kit.slower())
        text = stage.text()
        assert "Why slower · ms an inference, lower is better" in text
        assert "▼ +5.00 ms" in text
        assert "≈ −0.060 ms" in text
        assert "all of it together" in text
        assert "+8.14 ms" in text
        await stage.press("G", "b")
        assert "only a measured step" in stage.text()


@pytest.mark.parametrize("size", SIZES)
async def test_start_up_is_told_phase_by_phase_with_the_cache(open_ladder, size):
    async with open_ladder(size, "startup") as (stage, scripts):
        await stage.press("r")
        await become(stage, scripts, kit.startup())
        text = stage.text()
        assert "▲ −267 ms" in text
        assert "░ read   █ compile   ▒ first   · steady" in text
        if size[1] > 16:
            assert "read, 51.0 MB" in text
            assert "331 ±2" in text
            assert "3 start-ups each, ± half of their spread" in text


async def test_without_a_run_it_says_how_to_get_one(open_ladder):
    async with open_ladder((80, 24), run=False) as (stage, _):
        assert "No run yet. 1 picks a model" in stage.text()
        await stage.press("enter", "r", "x", "b", "e")
        assert "pick a model first" in stage.text()


async def test_a_ladder_is_exported_and_no_file_is_replaced_unasked(open_ladder):
    async with open_ladder((80, 24)) as (stage, scripts):
        await stage.press("e")
        assert "nothing is measured yet" in stage.text()
        await stage.press("r")
        await become(stage, scripts, kit.finished())
        await stage.press("e")
        assert "ladder.json" in stage.text()
        await stage.press("enter")
        document = json.loads(read("ladder.json"))
        assert document["schema"] == "ovexplorer.ladder/1"
        assert len(document["steps"]) == 16
        for name in ("out.txt", "out.csv"):
            await stage.press("e", *["backspace"] * 20, *name, "enter")
        assert "precision f32" in read("out.csv")
        assert "▲ precision f32: −15.7 ms on 56.9, the biggest win" in read("out.txt")
        written("out.txt", "mine")
        await stage.press("e", *["backspace"] * 20, *"out.txt", "enter")
        assert "enter again replaces it" in stage.text()
        assert read("out.txt") == "mine"
        await stage.press("escape")
        assert stage.app.ladders.running == "ladder"


async def test_in_ascii_nothing_else_is_drawn(open_ladder):
    async with open_ladder((80, 24), glyphs=ASCII) as (stage, scripts):
        await stage.press("r")
        await become(stage, scripts, kit.ladder())
        text = stage.text()
        assert text.isascii()
        assert "####|" in text
        assert "^ +43 % ~3" in text


async def test_zoom_shows_the_list_alone_then_the_sentence_alone(open_ladder):
    async with open_ladder((60, 16)) as (stage, scripts):
        await stage.press("enter")
        await become(stage, scripts, kit.ladder("waiting", guided=True))
        await stage.press("z")
        assert "Say batch 4 aloud" not in stage.text()
        await stage.press("z")
        assert "What batch 4 does." in stage.text()
        assert "When batch 4 helps." in stage.text()
        assert "▌14" not in stage.text()
        await stage.press("escape")
        assert "▌14" in stage.text()
        assert scripts.runner.told == ["run"]


async def test_hostile_names_are_drawn_as_they_are(open_ladder):
    async with open_ladder((160, 45)) as (stage, scripts):
        await stage.press("r")
        state = kit.ladder()
        bad = replace(state.results[2].step, title="[red]\x1b[31mx[/]", what="[bold]w", say="[/] s")
        results = list(state.results)
        results[2] = replace(results[2], step=bad, note="[@click=app.quit]n")
        await become(stage, scripts, replace(state, results=tuple(results)))
        stage.app.screen.query_one(LadderList).move_to(2)
        await stage.settle()
        assert "[red]" in stage.text()
        assert "[bold]w" in stage.text()
        assert "\x1b" not in stage.text()
