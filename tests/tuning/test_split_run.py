"""A split measured from nothing to the whole picture, on a fake engine that answers by itself."""

import asyncio

import msgspec
import pytest

from ovexplorer.analysis.split.model import RuleFinding
from ovexplorer.errors import UsageError
from ovexplorer.schema.counting import ProfileOther
from ovexplorer.schema.protocol import EngineDied, Failed, LayersMeasured, Profile, StartRun, WindowMeasured
from ovexplorer.schema.splitting import DescribeSplit, DescribeTopology, SplitDescribed, TopologyDescribed
from ovexplorer.schema.topology import DeviceSupport, DumpFile
from ovexplorer.text import clean
from ovexplorer.tuning import split_run
from ovexplorer.tuning.split_run import measure_split
from ovexplorer.tuning.splits import alone_spec, dump_of, lacking, single
from tests.session.contest_kit import bench
from tests.session.session_kit import ready, window
from tests.tuning.split_kit import CPU, DEVICES, PICTURE, PROFILE, SPEC, SPLIT, SUGGESTION, TOPOLOGY, empty

SIM = DeviceSupport(device="CPU_SIM", missing=(3,))
LONG = 300_000_000


class Machine:
    """Answers what `measure_split` asks; what a test takes out of `answers` it does not answer, but fails."""

    def __init__(self, made):
        self.made = made
        self.asked = []
        self.support = (SIM, DeviceSupport(device="CPU"))
        self.fails = set()
        """Kinds of commands that fail."""
        self.dies_at = None
        """Kind of command at which the engine ends."""
        self.note = ""

    async def run(self):
        answered = 0
        while True:
            while answered < len(self.made.engine.sent):
                command = self.made.engine.sent[answered]
                answered += 1
                self.asked.append(command)
                await self.answer(command)
            await asyncio.sleep(0)

    async def answer(self, command):
        emit = self.made.engine.emit
        segment = getattr(command, "segment", 0)
        if self.dies_at is type(command):
            await emit(EngineDied(exit_code=-11, while_doing="compile", expected=False))
        elif type(command) in self.fails:
            await emit(failure(segment, command))
        elif isinstance(command, DescribeTopology):
            await emit(TopologyDescribed(model=command.model, topology=TOPOLOGY, support=self.support))
        elif isinstance(command, StartRun):
            self.running = command.segment
            await emit(ready(command.segment))
            await emit(measured(command.segment))
        elif isinstance(command, Profile):
            await emit(LayersMeasured(profile=msgspec.structs.replace(PROFILE, segment=self.running)))
        elif isinstance(command, ProfileOther):
            await emit(LayersMeasured(profile=msgspec.structs.replace(CPU, segment=command.segment)))
        elif isinstance(command, DescribeSplit):
            await emit(SplitDescribed(segment=segment, submodels=3, note=self.note))

    def of(self, kind):
        return [command for command in self.asked if isinstance(command, kind)]


def measured(segment):
    return WindowMeasured(window=window(segment, latencies=(LONG,)))


def failure(segment, command):
    kind = "profile_failed" if isinstance(command, ProfileOther | Profile) else "compile_failed"
    asks = isinstance(command, DescribeTopology | DescribeSplit)
    phase = "split" if asks else "profile" if kind == "profile_failed" else "compile"
    return Failed(segment=segment, phase=phase, kind=kind, what=clean("no"), hint="", continues=0)


@pytest.fixture(autouse=True)
def judged(monkeypatch):
    """Rules, prediction, picture and suggestions have tests of their own."""
    finding = RuleFinding(code="constants", state="good", text=clean("fine"))
    monkeypatch.setattr(split_run, "check", lambda *_: (finding,))
    monkeypatch.setattr(split_run, "predict", lambda *_: SPLIT)
    monkeypatch.setattr(split_run, "make_picture", lambda *_: PICTURE)
    monkeypatch.setattr(split_run, "suggest", lambda *_: (SUGGESTION,))


async def measure(prepare=lambda machine: None, spec=SPEC, **more):
    async with bench() as made:
        machine = Machine(made)
        prepare(machine)
        task = asyncio.create_task(machine.run())
        try:
            return await asyncio.wait_for(measure_split(made.session, spec, **more), 20), machine
        finally:
            task.cancel()


async def test_all_is_measured_and_joined():
    steps = []
    found, _ = await measure(told=steps.append)
    assert (found.topology, found.picture, found.suggestions) == (TOPOLOGY, PICTURE, (SUGGESTION,))
    assert found.placed == ("CPU_SIM", "CPU_SIM", "CPU_SIM", "CPU", "CPU_SIM", "CPU_SIM")
    assert [entry.device for entry in found.alone] == ["CPU", "CPU_SIM"]
    assert found.failed is None
    assert found.described.submodels == 3
    assert [step.number for step in steps] == [1, 2, 3, 4, 5, 6]
    assert {step.count for step in steps} == {6}
    assert steps[-1].doing == "counting the layers of CPU_SIM alone"


async def test_devices_are_asked_with_stand_ins_and_what_they_lack():
    _, machine = await measure()
    (asked,) = machine.of(DescribeTopology)
    assert (asked.devices, asked.stand_ins, asked.lacks) == (DEVICES, SPEC.stand_ins, SPEC.lacks)


async def test_what_stand_ins_pretend_is_nothing_to_openvino_s_own_splitter():
    _, machine = await measure(spec=msgspec.structs.replace(SPEC, splitter="openvino", affinities=()))
    assert machine.of(DescribeTopology)[0].lacks == {}


async def test_the_cpu_is_the_baseline_also_outside_the_list():
    spec = msgspec.structs.replace(SPEC, device="HETERO:GPU,NPU", stand_ins=(), lacks={})
    found, machine = await measure(spec=spec)
    assert machine.of(DescribeTopology)[0].devices == ("GPU", "NPU", "CPU")
    assert [entry.device for entry in found.alone] == ["CPU", "GPU", "NPU"]


async def test_what_cannot_run_all_is_left_out_with_the_reason():
    found, machine = await measure()
    cpu, sim = found.alone
    assert cpu.profile is not None
    assert (sim.profile, str(sim.why)) == (None, "it does not run Relu")
    assert [command.spec.device for command in machine.of(ProfileOther)] == ["CPU"]


async def test_a_device_that_disappears_is_left_out_with_the_reason():
    found, _ = await measure(lambda machine: machine.fails.add(ProfileOther))
    assert [str(entry.why) for entry in found.alone] == ["no", "it does not run Relu"]
    assert found.picture is not None


async def test_nothing_is_compiled_before_it_was_checked():
    def refuse(found):
        assert found.predicted is SPLIT
        raise UsageError("not this", "another")

    async with bench() as made:
        machine = Machine(made)
        task = asyncio.create_task(machine.run())
        with pytest.raises(UsageError):
            await asyncio.wait_for(measure_split(made.session, SPEC, checked=refuse), 20)
        task.cancel()
    assert machine.of(StartRun) == []


@pytest.mark.parametrize("kind", [DescribeTopology, StartRun, Profile])
async def test_what_fails_is_told_with_what_was_known(kind):
    found, _ = await measure(lambda machine: machine.fails.add(kind))
    assert str(found.failed.what) == "no"
    assert found.picture is None
    assert (found.topology is None) == (kind is DescribeTopology)


@pytest.mark.parametrize("kind", [DescribeTopology, StartRun, Profile, DescribeSplit, ProfileOther])
async def test_the_death_of_the_engine_ends_it(kind):
    def dies(machine):
        machine.dies_at = kind

    found, _ = await measure(dies)
    assert (found.topology is None) == (kind is DescribeTopology)
    assert (found.picture is None) == (kind in (DescribeTopology, StartRun, Profile))


async def test_a_split_that_cannot_be_described_is_predicted():
    found, _ = await measure(lambda machine: machine.fails.add(DescribeSplit))
    assert found.described is None
    assert [str(note) for note in found.notes] == [
        "the split could not be described: submodels are predicted"
    ]  # fmt: skip
    assert found.picture is not None


async def test_what_openvino_does_not_tell_is_a_note():
    def noted(machine):
        machine.note = "nothing was written"

    found, _ = await measure(noted)
    assert "nothing was written" in [str(note) for note in found.notes]


async def test_several_requests_are_measured_but_one_is_counted():
    spec = msgspec.structs.replace(SPEC, api="async", requests=4)
    found, machine = await measure(spec=spec)
    assert machine.of(StartRun)[0].spec.requests == 4
    assert [(command.spec.api, command.spec.requests) for command in machine.of(ProfileOther)] == [("sync", 0)] * 2
    assert machine.of(Profile) == []
    assert found.run is not None


async def test_cancelling_leaves_what_was_told():
    seen = []

    async with bench() as made:
        machine = Machine(made)
        task = asyncio.create_task(machine.run())
        told = asyncio.Event()

        def tell(step):
            seen.append(step)
            if step.number == 3:
                told.set()

        work = asyncio.create_task(measure_split(made.session, SPEC, told=tell))
        await asyncio.wait_for(told.wait(), 20)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        task.cancel()
    assert seen[-1].so_far.topology is TOPOLOGY


# Configurations and words


def test_a_device_alone_has_what_was_asked_of_it():
    spec = msgspec.structs.replace(
        SPEC,
        properties={"PERFORMANCE_HINT": "LATENCY", "MODEL_DISTRIBUTION_POLICY": "PIPELINE_PARALLEL"},
        device_properties={"CPU": {"INFERENCE_NUM_THREADS": "1"}},
        placements={"conv1": "CPU"},
        duration_s=5.0,
    )
    cpu = alone_spec(spec, "CPU")
    assert cpu.properties == {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": "1"}
    assert (cpu.device, cpu.stand_ins, cpu.lacks, cpu.affinities, cpu.placements) == ("CPU", (), {}, (), {})
    assert (cpu.device_properties, cpu.duration_s) == ({}, 0.0)
    assert alone_spec(spec, "CPU_SIM").stand_ins == ("CPU_SIM",)


def test_one_request_and_no_end():
    made = single(msgspec.structs.replace(SPEC, api="async", requests=4, iterations=7, load="poisson"))
    assert (made.api, made.requests, made.iterations, made.load) == ("sync", 0, 0, "closed")


def test_what_a_device_lacks_in_words():
    assert lacking(TOPOLOGY, SIM) == "it does not run Relu"
    assert lacking(TOPOLOGY, DeviceSupport(device="CPU")) == ""
    # A parameter or constant that it does not name is no reason.
    assert lacking(TOPOLOGY, DeviceSupport(device="CPU", missing=(0, 1))) == ""
    assert "gone" in lacking(TOPOLOGY, DeviceSupport(device="GPU", failed=clean("gone")))


def test_a_dump_is_read_from_the_message_or_its_file(tmp_path):
    text = (
        "digraph \n{\n"
        '    Relu_1 [shape=box color=black label="relu\\nRelu_1\\nopset1::Relu\\nsubgraph=4\\ndevice=CPU" '
        "fillcolor=brown style=filled]\n}\n"
    )
    path = tmp_path / "hetero_subgraphs_m.dot"
    path.write_text(text)
    entry = DumpFile(name=clean(path.name), kind="submodels", path=str(path), size_bytes=len(text))
    affinity = msgspec.structs.replace(entry, kind="affinity", text="digraph {}")
    for made in (entry, msgspec.structs.replace(entry, text=text)):
        graph = dump_of([affinity, made])
        assert [str(node.device) for node in graph.nodes] == ["CPU"]
    assert dump_of([affinity]) is None
    assert dump_of([msgspec.structs.replace(entry, path=str(tmp_path / "gone"))]) is None
    assert dump_of([msgspec.structs.replace(entry, size_bytes=10**9)]) is None
    assert empty().dumps == ()
