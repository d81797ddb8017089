"""A small model split over two devices, as events: conv and relu in two blocks, every relu on the CPU."""

from __future__ import annotations

from ovexplorer.schema.counting import ProfileOther
from ovexplorer.schema.protocol import ConfigurationReady, LayersMeasured, Profile
from ovexplorer.schema.results import LayerProfile, LayerTime
from ovexplorer.schema.spec import AffinityRule, ModelSpec, RunSpec
from ovexplorer.schema.splitting import SplitDescribed, TopologyDescribed
from ovexplorer.schema.topology import DeviceSupport, Operation, Topology
from ovexplorer.text import RawName, clean

MODEL = ModelSpec(path="demo:branchy")
SPLIT = RunSpec(
    model=MODEL,
    device="HETERO:CPU_SIM,CPU",
    stand_ins=("CPU_SIM",),
    affinities=(AffinityRule(pattern="type:Relu", device="CPU"),),
)
NAMES = (
    ("image", "Parameter", ()),
    ("stem.weights", "Constant", ()),
    ("stem.conv", "Convolution", (0, 1)),
    ("block0.relu", "Relu", (2,)),
    ("block0.conv", "Convolution", (3, 1)),
    ("block0.sum", "Add", (4, 2)),
    ("block1.relu", "Relu", (5,)),
    ("block1.sum", "Add", (6, 5)),
    ("out", "Result", (7,)),
)
ROLES = {"Parameter": "parameter", "Constant": "constant", "Result": "result"}


def operation(key, name, kind, inputs):
    return Operation(
        key=key,
        name=clean(name),
        raw_name=RawName(name),
        type=clean(kind),
        role=ROLES.get(kind, "operation"),
        inputs=tuple((producer, 0) for producer in inputs),
        shapes=("[1,16,32,32]",) if kind != "Result" else (),
        types=("f32",) if kind != "Result" else (),
        sizes=(65_536,) if kind != "Result" else (),
        block=clean(name.partition(".")[0] if "." in name else ""),
    )


TOPOLOGY = Topology(model=clean("branchy"), operations=tuple(operation(key, *entry) for key, entry in enumerate(NAMES)))
DESCRIBED = TopologyDescribed(
    model=MODEL, topology=TOPOLOGY, support=(DeviceSupport(device="CPU_SIM"), DeviceSupport(device="CPU"))
)
PLACED = {name: "CPU" if kind == "Relu" else "CPU_SIM" for name, kind, _ in NAMES}
SUBMODEL_OF = {"stem.conv": 0, "block0.relu": 1, "block0.conv": 2, "block0.sum": 2, "block1.relu": 3, "block1.sum": 4}


def split_of(segment=1):
    return SplitDescribed(segment=segment, submodels=5, placed=PLACED, note="no dump in this test")


def layer(key, name, kind, mean_ns, *, inputs=(), fused=()):
    return LayerTime(
        key=key,
        order=key,
        name=clean(name),
        raw_name=RawName(name),
        type=clean(kind),
        primitive=clean("jit_avx512"),
        precision="f32",
        input_precisions="f32",
        output_precisions="f32",
        layouts="abcd",
        shapes="[1,16,32,32]",
        status="executed",
        mean_ns=mean_ns,
        fused_from=tuple(map(clean, fused)),
        inputs=inputs,
    )


def profile_of(segment=1, spec=SPLIT):
    layers = [
        layer(0, "subgraph0: stem.conv", "Convolution", 900_000, fused=("stem.conv",)),
        layer(1, "subgraph0: stem.conv_acdb_abcd_Result_9", "Reorder", 100_000, inputs=(0,)),
        layer(2, "subgraph1: block0.relu", "Eltwise", 80_000, fused=("block0.relu",)),
        layer(3, "subgraph2: Parameter_10_abcd_acdb_block0.conv", "Reorder", 120_000),
        layer(4, "subgraph2: block0.conv", "Convolution", 700_000, inputs=(3,), fused=("block0.conv",)),
        layer(5, "subgraph2: block0.sum", "Eltwise", 60_000, inputs=(4,), fused=("block0.sum",)),
        layer(6, "subgraph3: block1.relu", "Eltwise", 70_000, fused=("block1.relu",)),
        layer(7, "subgraph4: block1.sum", "Eltwise", 50_000, fused=("block1.sum",)),
    ]
    return LayerProfile(
        segment=segment,
        iterations=100,
        warm_up_removed=True,
        streams=1,
        latency_ns=2_300_000,
        layers=tuple(layers),
        spec=spec,
    )


def alone_of(segment, spec):
    layers = [
        layer(0, "stem.conv", "Convolution", 800_000, fused=("stem.conv", "block0.relu")),
        layer(
            1, "block0.conv", "Convolution", 600_000, inputs=(0,), fused=("block0.conv", "block0.sum", "block1.relu")
        ),
        layer(2, "block1.sum", "Eltwise", 50_000, inputs=(1,), fused=("block1.sum",)),
    ]
    return LayerProfile(
        segment=segment,
        iterations=100,
        warm_up_removed=True,
        streams=1,
        latency_ns=1_500_000,
        layers=tuple(layers),
        spec=spec,
    )


def ready(segment=1):
    return ConfigurationReady(
        segment=segment,
        at_ns=2_000_000_000,
        effective=(),
        loaded_from_cache=None,
        kept=False,
        requests=1,
        streams=1,
        batch=1,
        execution_devices=(clean("CPU_SIM"), clean("CPU")),
    )


async def answer(stage, windows):
    """Everything that the Graph screen asks for, one after another as an engine would."""
    await stage.emit(ready(), *windows)
    await stage.press("4")
    await stage.emit(DESCRIBED, split_of())
    await stage.emit(LayersMeasured(profile=profile_of()))
    await joined(stage)
    for _ in range(2):
        asked = [command for command in stage.sent if isinstance(command, ProfileOther)]
        if asked:
            await stage.emit(LayersMeasured(profile=alone_of(asked[-1].segment, asked[-1].spec)))
        await joined(stage)


async def joined(stage):
    """What is joined in a thread is shown."""
    await stage.app.graphing.settled()
    await stage.settle()


def profiles_asked(stage):
    return [command for command in stage.sent if isinstance(command, Profile)]
