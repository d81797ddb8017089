from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from session_kit import SPEC, hello

from ovexplorer.errors import UsageError
from ovexplorer.history.recording import Recorder, read_recording
from ovexplorer.schema.protocol import AnyCommand, EngineDied, Failed, PhaseStarted
from ovexplorer.schema.spec import AffinityRule, ModelSpec, RunSpec
from ovexplorer.schema.splitting import DescribeSplit, DescribeTopology, SplitDescribed, TopologyDescribed
from ovexplorer.schema.topology import Operation, Topology
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.replay import state_of
from ovexplorer.session.session import Session
from ovexplorer.session.split_drafts import MOST_SPLITS
from ovexplorer.session.splits import Splits
from ovexplorer.session.state import RunState
from ovexplorer.session.store import Store
from ovexplorer.text import RawName, clean

BRANCHY = RunSpec(
    model=ModelSpec(path="demo:branchy"),
    device="HETERO:CPU_SIM,CPU",
    stand_ins=("CPU_SIM",),
    affinities=(AffinityRule(pattern="block:block4", device="CPU"),),
)


def topology(name: str = "net") -> TopologyDescribed:
    operation = Operation(key=0, name=clean("x"), raw_name=RawName("x"), type=clean("Parameter"), role="parameter")
    return TopologyDescribed(model=ModelSpec(path=name), topology=Topology(model=clean(name), operations=(operation,)))


def failed(segment: int = 0) -> Failed:
    return Failed(
        segment=segment, kind="compile_failed", phase="split", what=clean("no"), hint=clean(""), detail=(), continues=0
    )


def store() -> Store:
    made = Store()
    made.apply(hello())
    made.asked(1, SPEC, "", 0, new_run=True)
    return made


def test_operations_are_kept_until_others_are_told() -> None:
    made = store()
    made.apply(topology("a"))
    made.apply(topology("b"))
    made.asked(2, SPEC, "", 0, new_run=True)
    described = made.state.topology
    assert described is not None
    assert described.model.path == "b"


def test_why_they_cannot_be_told_is_kept_until_they_can() -> None:
    made = store()
    before = made.state.segments
    made.apply(PhaseStarted(phase="split", segment=0, at_ns=1))
    assert made.state.phase is not None
    made.apply(failed())
    state = made.state
    assert (state.topology_failed, state.phase) == (failed(), None)
    # A question says nothing about the run or about opening a model.
    assert (state.segments, state.opening_failed) == (before, None)
    made.apply(topology())
    assert made.state.topology_failed is None


def test_splits_are_kept_by_segment_the_newest_last() -> None:
    made = store()
    for segment in (1, 2, 1):
        made.apply(SplitDescribed(segment=segment, submodels=segment))
    assert [split.segment for split in made.state.splits] == [2, 1]
    for segment in range(10, 30):
        made.apply(SplitDescribed(segment=segment, submodels=1))
    assert len(made.state.splits) == MOST_SPLITS
    assert made.state.splits[-1].segment == 29


def test_another_run_has_other_splits() -> None:
    made = store()
    made.apply(SplitDescribed(segment=1, submodels=3))
    made.asked(2, SPEC, "", 0)
    assert len(made.state.splits) == 1
    made.asked(3, SPEC, "", 0, new_run=True)
    assert not made.state.splits


class Asking:
    """A session that only takes commands."""

    def __init__(self, *, is_replay: bool = False) -> None:
        self.is_replay = is_replay
        self.sent: list[AnyCommand] = []

    async def send(self, command: AnyCommand) -> None:
        self.sent.append(command)


async def test_questions() -> None:
    asking = Asking()
    splits = Splits(asking)
    lacks = {"CPU_SIM": ("Add",)}
    await splits.describe_topology(BRANCHY.model, ("CPU_SIM", "CPU"), ("CPU_SIM",), lacks)
    await splits.describe_split(4, check=True)
    assert asking.sent == [
        DescribeTopology(
            model=BRANCHY.model, devices=("CPU_SIM", "CPU"), stand_ins=("CPU_SIM",), lacks={"CPU_SIM": ("Add",)}
        ),
        DescribeSplit(segment=4, check=True),
    ]


async def test_a_recording_is_asked_nothing() -> None:
    asking = Asking(is_replay=True)
    await Splits(asking).describe_topology(BRANCHY.model)
    await Splits(asking).describe_split(1)
    assert asking.sent == []


async def test_a_file_name_that_no_message_can_hold_is_refused() -> None:
    with pytest.raises(UsageError):
        await Splits(Asking()).describe_topology(ModelSpec(path="a\udcff.xml"))


@pytest.mark.usefixtures("private_temp")
async def test_a_recording_holds_what_a_real_engine_told(tmp_path: Path) -> None:
    path = tmp_path / "run.ovx"
    with Recorder(path, "test") as recorder:
        session = Session(ProcessSource.start, recorder=recorder)
        life = asyncio.create_task(session.run())
        try:
            await session.start(BRANCHY)
            await until(session, lambda state: any(segment.count for segment in state.segments))
            await session.splits.describe_topology(BRANCHY.model, ("CPU_SIM", "CPU"), ("CPU_SIM",))
            await session.splits.describe_split(1)
            live = await until(session, lambda state: bool(state.splits) and state.topology is not None)
            # The run was only held for it.
            count = live.segments[0].count
            await until(session, lambda state: state.segments[0].count > count)
        finally:
            await session.close()
            await asyncio.wait_for(life, 30)
    again = state_of(read_recording(path))
    assert again.topology == live.topology
    assert again.splits == live.splits
    assert again.splits[0].submodels == 3
    assert again.splits[0].dumps[0].text


async def test_a_model_that_is_not_there_is_told() -> None:
    session = Session(ProcessSource.start)
    life = asyncio.create_task(session.run())
    try:
        await session.splits.describe_topology(ModelSpec(path="/no/such/model.xml"))
        state = await until(session, lambda state: state.topology_failed is not None)
        assert state.topology_failed is not None
        assert state.topology_failed.kind == "model_missing"
        assert state.status == "idle"
    finally:
        await session.close()
        await asyncio.wait_for(life, 30)


async def until(session: Session, done: object) -> RunState:
    assert callable(done)
    state = await asyncio.wait_for(session.until(done), 30)
    assert done(state), state
    return state


def test_a_dead_engine_leaves_what_was_told() -> None:
    made = store()
    made.apply(topology())
    made.apply(SplitDescribed(segment=1, submodels=3))
    made.apply(EngineDied(exit_code=-9, while_doing="run", expected=False, stderr=()))
    assert made.state.topology is not None
    assert len(made.state.splits) == 1
    assert msgspec.to_builtins(made.state.splits[0].placed) == {}
