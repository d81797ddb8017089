from __future__ import annotations

import pytest

from ovexplorer.analysis.paired import LOOKS
from ovexplorer.errors import EngineError
from ovexplorer.schema.contest import RunTurns
from ovexplorer.tuning.figures import estimate_steps
from ovexplorer.tuning.instances import TOGETHER_S, A, Contender, Crew, pooled, run_across, share_out
from tests.tuning.ladder_kit import SPEC, Engines, turn

MS = 1_000_000


class Held:
    """A crew whose turns a test chooses."""

    def __init__(self, name, time_ns, order):
        self.name, self.time_ns, self.order = name, time_ns, order

    async def turn(self):
        self.order.append(self.name)
        return turn(9, 0, self.time_ns)


async def never():
    pass


def judged(turns):
    return estimate_steps(turns, A, "latency")


async def across(a_ns, b_ns, budget_s):
    order, told = [], []
    crews = [Held(name, time_ns, order) for name, time_ns in (("a", a_ns), ("b", b_ns))]
    turns = await run_across(*crews, budget_s=budget_s, judge=judged, gate=never, told=told.append)
    return order, told, turns


async def test_quads_run_until_the_first_look_decides():
    order, told, turns = await across(10 * MS, 20 * MS, 100.0)
    assert "".join(order) == "abba" * LOOKS[0]
    assert [len(so_far) for so_far in told] == [4 * quads for quads in range(1, LOOKS[0] + 1)]
    assert judged(turns).point == pytest.approx(0.5)


async def test_the_budget_ends_it_after_a_whole_quad():
    order, _, turns = await across(10 * MS, 10 * MS, 0.5)
    assert "".join(order) == "abba" * 2
    assert len(turns) == 8


def test_rates_of_turns_at_the_same_moment_add_and_latencies_stand_together():
    one = pooled([turn(1, 100, 10 * MS, count=10), turn(1, 90, 20 * MS, count=30)])
    window = one.window
    assert window.count == 40
    assert window.count / (window.end_ns - window.start_ns) == pytest.approx(1 / (10 * MS) + 1 / (20 * MS))
    assert (window.min_ns, window.median_ns, window.max_ns) == (10 * MS, 20 * MS, 20 * MS)
    assert window.histogram.total == 40
    alone = turn(1, 0, MS)
    assert pooled([alone]) is alone


@pytest.mark.parametrize(
    ("cpus", "count", "shares"),
    [
        ((0, 1), 2, ((0,), (1,))),
        ((5, 3, 4, 0), 2, ((0, 3), (4, 5))),
        ((0, 1, 2), 2, ((0,), (1, 2))),
        ((7,), 4, ((7,),)),
    ],
)
def test_cpus_are_shared_out_without_one_being_left_or_used_twice(cpus, count, shares):
    assert share_out(cpus, count) == shares


async def test_a_crew_runs_all_members_in_longer_turns_and_leaves_none_behind():
    engines = Engines(lambda spec: 10 * MS)
    crew = Crew([Contender(engines, cpus=(0,)), Contender(engines, cpus=(1,))])
    try:
        await crew.prepare(SPEC)
        together = await crew.turn()
    finally:
        await crew.close()
    assert together.window.count == 20
    asked = [command for engine in engines.started for command in engine.sent if isinstance(command, RunTurns)]
    assert [command.seconds for command in asked] == [TOGETHER_S] * 2
    assert [engine.closed for engine in engines.started] == [True, True]


@pytest.mark.parametrize(("answer", "words"), [("too large", "too large"), (None, "the other engine died")])
async def test_a_contender_says_why_it_cannot(answer, words):
    contender = Contender(Engines(lambda spec: answer))
    try:
        with pytest.raises(EngineError, match=words):
            await contender.prepare(SPEC)
    finally:
        await contender.close()
