"""Looking for a better split: what is tried, what is kept, when it ends, and that nothing is claimed unmeasured."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from ovexplorer.analysis.split.model import OperationTimes
from ovexplorer.clock import ManualClock
from ovexplorer.schema.contest import DriftMeasured, MeasureDrift, Prepare, RunTurns, TurnMeasured
from ovexplorer.schema.counting import ProfileOther
from ovexplorer.schema.drift import Drift
from ovexplorer.schema.protocol import EngineDied, Failed, LayersMeasured
from ovexplorer.schema.results import Turn
from ovexplorer.schema.topology import DeviceSupport
from ovexplorer.text import clean
from ovexplorer.tuning import improve as improving
from ovexplorer.tuning.exploring import explored, remembering
from ovexplorer.tuning.improve import improve
from tests.session.contest_kit import MS, bench
from tests.session.session_kit import ready, window
from tests.tuning.split_kit import PICTURE, PROFILE, SUGGESTION, TOPOLOGY, found


def suggestion(name, saving_us, device="CPU_SIM", kind="move"):
    return msgspec.structs.replace(
        SUGGESTION, kind=kind, title=clean(name), saving_ns=saving_us * 1000, device=device, submodels=(3, 2)
    )


SECOND = 1_000_000_000


class Machine:
    """A fake engine that answers by itself; how long an inference takes is said by spec."""

    def __init__(self, made, clock, milliseconds):
        self.made = made
        self.clock = clock
        self.milliseconds = milliseconds
        self.specs = {}
        self.now_ns = 0
        self.compared = []
        """Pairs of specs, in order."""
        self.profiled = []
        self.refused = set()
        """Titles of placements that cannot be compiled."""
        self.dies_at = 0
        """The engine ends at so many comparisons."""

    async def run(self):
        answered = 0
        while True:
            while answered < len(self.made.engine.sent):
                command = self.made.engine.sent[answered]
                answered += 1
                await self.answer(command)
            await asyncio.sleep(0)

    async def answer(self, command):
        emit = self.made.engine.emit
        match command:
            case Prepare():
                self.specs[command.segment] = command.spec
                self.compared.append(command.spec)
                if key(command.spec) in self.refused:
                    await emit(
                        Failed(
                            segment=command.segment, phase="compile", kind="compile_failed", what=clean("no"), hint="",
                            continues=0,
                        )
                    )  # fmt: skip
                else:
                    await emit(ready(command.segment))
            case MeasureDrift():
                for segment in command.segments:
                    drift = Drift(segment=segment, state="reference", inputs=1)
                    await emit(DriftMeasured(drift=drift))
            case RunTurns():
                if self.dies_at and len(self.compared) // 2 >= self.dies_at:
                    await emit(EngineDied(exit_code=-11, while_doing="run", expected=False))
                    return
                await self.turns(command)
            case ProfileOther():
                self.profiled.append(command.spec)
                profile = msgspec.structs.replace(PROFILE, segment=command.segment, spec=command.spec)
                await emit(LayersMeasured(profile=profile))

    async def turns(self, command):
        self.clock.advance(4.0)
        for segment in command.turns:
            latency_ns = round(self.milliseconds(self.specs[segment]) * MS)
            made = window(segment, self.now_ns, (latency_ns,) * 5)
            self.now_ns += 5 * latency_ns
            await self.made.engine.emit(TurnMeasured(contest=command.contest, turn=Turn(window=made, dropped=1)))


def key(spec):
    return spec.placements.get("title", spec.device)


@pytest.fixture
def offered(monkeypatch):
    """What is suggested in each round; applying one writes its title into the placements."""
    rounds = []

    def suggest(_topology, _picture, _support):
        return rounds[0] if len(rounds) == 1 else rounds.pop(0)

    def apply_suggestion(spec, _topology, entry):
        if entry.kind == "alone":
            return msgspec.structs.replace(spec, device=entry.device)
        return msgspec.structs.replace(spec, placements={"title": str(entry.title)})

    def resolve(_topology, _devices, _support, _rules, placements):
        return tuple(placements.values())

    monkeypatch.setattr(improving, "suggest", suggest)
    monkeypatch.setattr(improving, "apply_suggestion", apply_suggestion)
    monkeypatch.setattr(improving, "resolve", resolve)
    monkeypatch.setattr(improving, "explored", lambda *_: ())
    monkeypatch.setattr(improving, "predict", lambda *_: PICTURE.split)
    monkeypatch.setattr(improving, "make_picture", lambda *_: PICTURE)
    monkeypatch.setattr(improving, "compile_seconds", lambda submodels: 0.02 * submodels)
    return rounds


async def looked(milliseconds, *, budget_s=300.0, split=None, prepare=lambda machine: None, told=lambda *_: None):
    """Improve on a machine of known speed; gives what it came to and the machine."""
    clock = ManualClock()
    async with bench() as made:
        await made.live()
        machine = Machine(made, clock, milliseconds)
        prepare(machine)
        task = asyncio.create_task(machine.run())
        try:
            result = await asyncio.wait_for(
                improve(made.session, split or found(), budget_s=budget_s, clock=clock, told=told), 20
            )
        finally:
            task.cancel()
    return result, machine


def by(table, otherwise=10.0):
    return lambda spec: table.get(key(spec), otherwise)


async def test_the_most_promising_is_tried_first_and_kept_when_it_is_faster(offered):
    offered.extend([(suggestion("small", 20), suggestion("large", 600)), (suggestion("small", 20),)])
    result, machine = await looked(by({"large": 5, "small": 5, "CPU": 8}))
    large, small = result.attempts
    assert [str(entry.candidate.title) for entry in result.attempts] == ["large", "small"]
    assert (large.kept, small.kept) == (True, False)
    assert large.saved_ns == pytest.approx(5 * MS, rel=1e-3)
    assert small.saved_ns == pytest.approx(0, abs=1000)
    assert key(result.best) == "large"
    # What is best by now is what the next one is compared with.
    assert [key(spec) for spec in machine.compared[:4]] == ["HETERO:CPU_SIM,CPU", "large", "large", "small"]
    assert result.ended == "nothing_left"


async def test_what_is_slower_is_not_kept_and_not_tried_again(offered):
    offered.append((suggestion("worse", 500),))
    result, machine = await looked(by({"worse": 12}))
    assert [entry.kept for entry in result.attempts] == [False]
    assert result.attempts[0].saved_ns == pytest.approx(-2 * MS, rel=1e-3)
    assert result.best == result.first
    assert (result.total, result.alone, result.ended) == (None, None, "nothing_left")
    assert len(machine.compared) == 2


async def test_a_promise_that_is_negligible_is_not_tried(offered):
    offered.append((suggestion("tiny", 5), suggestion("nothing", 0), suggestion("loss", -100)))
    result, machine = await looked(by({}))
    assert (result.attempts, machine.compared) == ((), [])


async def test_layers_are_counted_again_after_what_is_kept(offered):
    offered.extend([(suggestion("one", 500),), ()])
    result, machine = await looked(by({"one": 5}))
    assert [key(spec) for spec in machine.profiled] == ["one"]
    assert all(spec.api == "sync" for spec in machine.profiled)
    assert len(result.kept) == 1


async def test_the_gain_over_the_first_split_is_measured_not_added(offered):
    offered.extend([(suggestion("one", 500),), (suggestion("two", 500),), ()])
    result, machine = await looked(by({"one": 8, "two": 4, "CPU": 3}))
    assert len(result.kept) == 2
    assert result.total.said.point == pytest.approx(2.5, rel=1e-3)
    assert (result.total.other_ns, result.total.best_ns) == (10 * MS, 4 * MS)
    # The CPU alone is still better, and that is told.
    assert str(result.alone.title) == "CPU alone"
    assert result.alone.said.point == pytest.approx(0.75, rel=1e-3)
    assert [key(spec) for spec in machine.compared[-4:]] == ["HETERO:CPU_SIM,CPU", "two", "CPU", "two"]


async def test_one_step_is_not_measured_against_the_first_twice(offered):
    offered.extend([(suggestion("one", 500),), ()])
    result, machine = await looked(by({"one": 5, "CPU": 5}))
    assert result.total.said == result.attempts[0].said
    assert len(machine.compared) == 4  # The attempt, and the best device alone.


async def test_one_device_alone_can_be_the_best(offered):
    offered.append((suggestion("CPU alone", 600, "CPU", "alone"), suggestion("less", 400)))
    result, _ = await looked(by({"CPU": 4, "less": 6}))
    assert result.best.device == "CPU"
    assert result.best.affinities == ()
    assert set(result.placed) == {"CPU"}
    # It saved 6 ms of what the picture was made of: what promises less is not tried.
    assert len(result.attempts) == 1
    assert result.alone is None


async def test_the_budget_ends_it_with_time_for_the_comparison_with_the_first(offered):
    offered.append(tuple(suggestion(f"s{number}", 700 - number) for number in range(20)))
    result, machine = await looked(by({"s0": 6, "s1": 4}), budget_s=30)
    assert result.ended == "budget"
    assert len(result.kept) == 2
    assert 2 < len(result.attempts) < 7
    assert result.seconds <= 30
    assert result.total.said.point == pytest.approx(2.5, rel=1e-3)
    names = [key(spec) for spec in machine.compared]
    assert ("HETERO:CPU_SIM,CPU", "s1") in zip(names[::2], names[1::2])


async def test_a_model_too_slow_for_the_budget_is_told_without_an_attempt(offered):
    offered.append((suggestion("one", 600_000),))
    slow = msgspec.structs.replace(PICTURE, main=msgspec.structs.replace(PICTURE.main, latency_ns=SECOND))
    result, machine = await looked(by({}, 1000.0), budget_s=60, split=found(picture=slow))
    assert (result.ended, result.attempts, machine.compared) == ("budget", (), [])
    # Eight quads of four turns of five inferences.
    assert result.pair_s == pytest.approx(176)


async def test_a_split_that_cannot_be_compiled_is_told_and_passed_over(offered):
    offered.append((suggestion("refused", 600), suggestion("good", 500)))
    result, _ = await looked(by({"good": 5}), prepare=lambda machine: machine.refused.add("refused"))
    refused, good = result.attempts
    assert (refused.said, refused.kept, str(refused.why)) == (None, False, "no")
    assert good.kept


async def test_the_death_of_the_engine_ends_it(offered):
    offered.append((suggestion("one", 600), suggestion("two", 500)))

    def dies(machine):
        machine.dies_at = 1

    result, _ = await looked(by({}), prepare=dies)
    assert result.ended == "failed"
    assert len(result.attempts) == 1
    assert not result.kept


async def test_what_might_be_better_is_tried_when_nothing_promises_a_gain(offered, monkeypatch):
    offered.append((suggestion("one", 500),))
    alone = suggestion("CPU alone", -100, "CPU", "alone")
    monkeypatch.setattr(improving, "explored", lambda *_: (suggestion("far", -900), alone))
    result, machine = await looked(by({"one": 5, "CPU": 6}))
    assert [str(entry.candidate.title) for entry in result.attempts] == ["one", "CPU alone"]
    assert [entry.kept for entry in result.attempts] == [True, False]
    # It was compared with the best one already: that is the distance to the device alone.
    assert str(result.alone.title) == "CPU alone"
    assert result.alone.said.point == pytest.approx(1.2, rel=1e-3)
    assert (result.alone.other_ns, result.alone.best_ns) == (pytest.approx(6 * MS, rel=1e-3), 5 * MS)
    assert len(machine.compared) == 4


async def test_what_takes_too_long_to_compile_is_not_tried(offered):
    huge = msgspec.structs.replace(suggestion("huge", 600), submodels=(3, 1_600))
    offered.append((huge, suggestion("good", 500)))
    result, _ = await looked(by({"good": 5}), budget_s=30)
    assert [str(entry.candidate.title) for entry in result.attempts] == ["good"]


async def test_who_cancels_has_what_was_told(offered):
    offered.append((suggestion("one", 600), suggestion("two", 500)))
    seen = []
    clock = ManualClock()
    async with bench() as made:
        await made.live()
        machine = Machine(made, clock, by({"one": 5}))
        answering = asyncio.create_task(machine.run())
        told = asyncio.Event()

        def tell(_doing, so_far):
            seen.append(so_far)
            if so_far.attempts:
                told.set()

        task = asyncio.create_task(improve(made.session, found(), budget_s=300, clock=clock, told=tell))
        await asyncio.wait_for(told.wait(), 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        answering.cancel()
    assert seen[-1].ended == "user"
    assert seen[-1].attempts[0].kept


async def test_only_a_measured_split_can_be_improved():
    async with bench() as made:
        with pytest.raises(ValueError, match="measured"):
            await improve(made.session, replace(found(), picture=None))


def pictured(placed, *times):
    split = msgspec.structs.replace(PICTURE.split, placed=placed)
    return msgspec.structs.replace(
        PICTURE, split=split, times=tuple(OperationTimes(device=device, ns=ns) for device, ns in times)
    )


def test_what_ran_elsewhere_before_is_remembered():
    first = pictured(("CPU_SIM", "CPU_SIM", "CPU"), ("CPU", (5, 5, 5)), ("", (1, -1, 9)))
    second = pictured(("CPU", "CPU_SIM", "CPU"), ("CPU", (5, 5, 5)), ("", (4, 2, 9)))
    third = pictured(("CPU", "CPU", "CPU"), ("CPU", (5, 5, 5)), ("", (4, 4, 4)))
    second = remembering(second, first)
    assert [(entry.device, entry.ns) for entry in second.times[2:]] == [("CPU_SIM", (1, -1, -1))]
    third = remembering(third, second)
    # What was measured alone stays what it is.
    assert [(entry.device, entry.ns) for entry in third.times[2:]] == [("CPU_SIM", (1, 2, -1))]


def test_devices_alone_and_other_weights_of_cuts_are_worth_a_look():
    support = (DeviceSupport(device="CPU"), DeviceSupport(device="CPU_SIM", missing=(3,)))
    side = PICTURE.alone[0]
    picture = msgspec.structs.replace(PICTURE, alone=(side, msgspec.structs.replace(side, device="CPU_SIM")), main=side)
    found = explored(TOPOLOGY, picture, support)
    # What lacks a type cannot run all of it.
    assert [entry.device for entry in found if entry.kind == "alone"] == ["CPU"]
    assert all(entry.saving_ns >= -0.25 * side.latency_ns for entry in found)
    slow = msgspec.structs.replace(side, latency_ns=2 * side.latency_ns)
    assert not [
        entry
        for entry in explored(TOPOLOGY, msgspec.structs.replace(picture, alone=(slow,)), support)
        if entry.kind == "alone"
    ]
