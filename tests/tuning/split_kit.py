"""A chain split over a stand-in and the CPU, with known figures, for the tests of `hetero`."""

from dataclasses import replace

from ovexplorer.analysis.split.model import CostPicture, Cut, RuleFinding, Side, Split, Submodel, Suggestion
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.spec import AffinityRule, ModelSpec, RunSpec
from ovexplorer.schema.topology import DeviceSupport, Operation, Topology
from ovexplorer.text import RawName, clean
from ovexplorer.tuning.splits import AloneRun, MeasuredSplit
from tests.cli.layers_kit import layer, profile

HOSTILE = 'relu"\x1b[2J\n[bold]'
DEVICES = ("CPU_SIM", "CPU")
SPEC = RunSpec(
    model=ModelSpec(path="demo:relu"),
    device="HETERO:CPU_SIM,CPU",
    stand_ins=("CPU_SIM",),
    lacks={"CPU_SIM": ("Relu",)},
    affinities=(AffinityRule(pattern="type:Convolution", device="CPU_SIM"),),
    properties={"PERFORMANCE_HINT": "LATENCY"},
)


def operation(key, name, kind, role="operation", inputs=(), size=800):
    return Operation(
        key=key,
        name=clean(name),
        raw_name=RawName(name),
        type=clean(kind),
        role=role,
        inputs=tuple((producer, 0) for producer in inputs),
        shapes=("[1,200]",),
        types=("f32",),
        sizes=(size,),
    )


TOPOLOGY = Topology(
    model=clean("chain"),
    operations=(
        operation(0, "data", "Parameter", "parameter"),
        operation(1, "weights", "Constant", "constant"),
        operation(2, "conv1", "Convolution", inputs=(0, 1)),
        operation(3, HOSTILE, "Relu", inputs=(2,)),
        operation(4, "conv2", "Convolution", inputs=(3, 1)),
        operation(5, "out", "Result", "result", inputs=(4,)),
    ),
)
PLACED = ("CPU_SIM", "CPU_SIM", "CPU_SIM", "CPU", "CPU_SIM", "CPU_SIM")

PROFILE = profile(
    (
        layer(0, "subgraph0: conv1", 400),
        layer(1, "subgraph0: conv1_acdb_abcd_Result_1", 100, "Reorder", (0,), layouts="abcd"),
        layer(2, f"subgraph1: {HOSTILE}", 200, "Eltwise", (1,)),
        layer(3, "subgraph2: Parameter_2_abcd_acdb_conv2", 50, "Reorder", (2,), layouts="acdb"),
        layer(4, "subgraph2: conv2", 450, inputs=(3,)),
    ),
    latency_us=1500,
)
CPU = profile((layer(0, "conv1", 400), layer(1, "conv2", 450, inputs=(0,))), latency_us=900, segment=2)


def cut(producer, consumer, source, target, reorder_us, layers):
    from_device = PLACED[producer]
    return Cut(
        producer=producer, port=0, consumers=(consumer,), source=source, target=target, from_device=from_device,
        to_device=PLACED[consumer], shape="[1,200]", element_type="f32", size_bytes=800,
        reorder_ns=reorder_us * 1000, reorders=layers,
    )  # fmt: skip


SPLIT = Split(
    devices=DEVICES,
    placed=PLACED,
    submodels=(
        Submodel(
            index=0, device="CPU_SIM", operations=(0, 2), time_ns=500_000, reorder_ns=100_000, reorders=(1,), dump_id=42
        ),
        Submodel(index=1, device="CPU", operations=(3,), time_ns=200_000, reorder_ns=0),
        Submodel(index=2, device="CPU_SIM", operations=(4, 5), time_ns=500_000, reorder_ns=50_000, reorders=(3,)),
    ),
    cuts=(cut(2, 3, 0, 1, 100, (1,)), cut(3, 4, 1, 2, 50, (3,))),
)
PICTURE = CostPicture(
    split=SPLIT,
    main=Side(
        title="HETERO:CPU_SIM,CPU",
        device="HETERO:CPU_SIM,CPU",
        latency_ns=1_500_000,
        counted_ns=1_200_000,
        reorder_ns=150_000,
        reorder_count=2,
    ),
    alone=(
        Side(
            title="CPU alone", device="CPU", latency_ns=900_000, counted_ns=850_000, reorder_ns=0, reorder_count=0
        ),
    ),
)  # fmt: skip
SUGGESTION = Suggestion(
    kind="move",
    title=clean("move relu from CPU to CPU_SIM"),
    operations=(3,),
    device="CPU_SIM",
    saving_ns=300_000,
    parts=(("reorders", 150_000), ("host gap", 150_000)),
    reason=clean("it stands alone between two submodels"),
    submodels=(3, 1),
    cuts=(2, 0),
)
FINDING = RuleFinding(
    code="small_islands",
    state="warn",
    text=clean("1 submodel holds a single operation"),
    operations=(3,),
    fix=clean("move it"),
)


def found(**more) -> MeasuredSplit:
    """A split that was measured."""
    made = MeasuredSplit(
        spec=SPEC,
        devices=DEVICES,
        topology=TOPOLOGY,
        support=(DeviceSupport(device="CPU_SIM", missing=(3,)), DeviceSupport(device="CPU")),
        placed=PLACED,
        findings=(FINDING,),
        predicted=SPLIT,
        profile=PROFILE,
        alone=(AloneRun("CPU", CPU), AloneRun("CPU_SIM", why=clean("it does not run Relu"))),
        picture=PICTURE,
        suggestions=(SUGGESTION,),
    )
    return replace(made, **more)


def empty() -> MeasuredSplit:
    """A split of which nothing is known yet."""
    return MeasuredSplit(spec=SPEC, devices=DEVICES)


def profile_of(**more) -> LayerProfile:
    return profile(**more)
