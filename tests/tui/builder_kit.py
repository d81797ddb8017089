"""A small model and devices that said what they can run of it, for tests of affinities and of the device builder."""

from __future__ import annotations

from ovexplorer.schema.facts import DeviceFacts, DeviceState, PropertyFacts
from ovexplorer.schema.protocol import DevicesDescribed
from ovexplorer.schema.spec import AffinityRule, ModelSpec, RunSpec
from ovexplorer.schema.splitting import TopologyDescribed
from ovexplorer.schema.topology import DeviceSupport, Operation, OperationRole, Topology
from ovexplorer.text import RawName, clean

MODEL = ModelSpec(path="demo:branchy")
PROPERTIES = (
    PropertyFacts(name="PERFORMANCE_HINT", access="RW", kind="choice", value=clean("LATENCY")),
    PropertyFacts(name="INFERENCE_PRECISION_HINT", access="RW", kind="text", value=clean("bf16")),
)


def device(name: str, state: DeviceState = "usable", reason: str = "", full: str = "") -> DeviceFacts:
    return DeviceFacts(
        name=name, full_name=clean(full or f"{name} here"), state=state, reason=clean(reason), properties=PROPERTIES
    )


DEVICES = DevicesDescribed(
    devices=(
        device("CPU", full="Intel(R) Xeon(R)"),
        device("GPU", "unusable", "no libOpenCL.so.1"),
        device("AUTO", "virtual"),
        device("CPU_SIM", "stand_in"),
    )
)


def operation(key: int, name: str, kind: str, *inputs: int, role: OperationRole = "operation") -> Operation:
    return Operation(
        key=key,
        name=clean(name),
        raw_name=RawName(name),
        type=clean(kind),
        role=role,
        inputs=tuple((producer, 0) for producer in inputs),
        shapes=("[1,16]",),
        types=("f32",),
        sizes=(1_000_000,),
        block=clean(name.partition("/")[0]) if "/" in name else clean(""),
    )


def chain(pairs: int = 3, names: tuple[str, str] = ("a/conv_{}", "a/relu_{}")) -> Topology:
    """Parameter, then Convolution with a Constant and Relu, so many times, then Result."""
    operations = [operation(0, "input", "Parameter", role="parameter")]
    for number in range(1, pairs + 1):
        before, at = operations[-1].key, len(operations)
        operations += [
            operation(at, f"weights_{number}", "Constant", role="constant"),
            operation(at + 1, names[0].format(number), "Convolution", before, at),
            operation(at + 2, names[1].format(number), "Relu", at + 1),
        ]
    operations.append(operation(len(operations), "output", "Result", len(operations) - 1, role="result"))
    return Topology(model=clean("small"), operations=tuple(operations))


SMALL = chain()
RELUS = tuple(entry.key for entry in SMALL.operations if entry.type == "Relu")
BOTH = (DeviceSupport(device="CPU_SIM"), DeviceSupport(device="CPU"))
LACKING = (DeviceSupport(device="CPU_SIM", missing=RELUS), DeviceSupport(device="CPU"))


def hetero(*rules: str, lacks: tuple[str, ...] = (), placements: dict[str, str] | None = None) -> RunSpec:
    """HETERO:CPU_SIM,CPU with rules written as `PATTERN=DEVICE`."""
    parted = [rule.rpartition("=") for rule in rules]
    return RunSpec(
        model=MODEL,
        device="HETERO:CPU_SIM,CPU",
        stand_ins=("CPU_SIM",),
        lacks={"CPU_SIM": lacks} if lacks else {},
        affinities=tuple(AffinityRule(pattern=pattern, device=device) for pattern, _, device in parted),
        placements=placements or {},
    )


def described(
    topology: Topology = SMALL, support: tuple[DeviceSupport, ...] = BOTH, lacks: tuple[str, ...] = ()
) -> TopologyDescribed:
    return TopologyDescribed(model=MODEL, topology=topology, support=support, lacks={"CPU_SIM": lacks} if lacks else {})
