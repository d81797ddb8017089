import msgspec
import pytest

from ovexplorer.analysis.split.model import Cut, OperationTimes, Side
from ovexplorer.analysis.split.optimum import plan_improvements
from ovexplorer.analysis.split.picture import CostPicture
from ovexplorer.analysis.split.predict import predict
from ovexplorer.analysis.split.suggest import apply_suggestion, suggest
from ovexplorer.schema.placement import devices_in_order, resolve
from ovexplorer.schema.spec import AffinityRule, ModelSpec, RunSpec
from ovexplorer.schema.topology import DeviceSupport
from tests.analysis.split.topology_kit import DEVICES, Net, placed_where, residual

US = 1000
SUPPORT = (DeviceSupport(device="A"), DeviceSupport(device="B"))
SPEC = RunSpec(
    model=ModelSpec(path="x"),
    device="HETERO:A,B",
    affinities=(AffinityRule(pattern="type:Relu", device="B"),),
    properties={"PERFORMANCE_HINT": "LATENCY"},
    device_properties={"A": {"INFERENCE_NUM_THREADS": "1"}},
)


def side(title, device, latency_us, counted_us, reorder_us, count):
    return Side(
        title=title, device=device, latency_ns=latency_us * US, counted_ns=counted_us * US,
        reorder_ns=reorder_us * US, reorder_count=count,
    )  # fmt: skip


def measured(topology, placed, time_us, *, alone=("A",), reorder_us=20, gap_us=10):
    """A picture in which every cut costs the same and `time_us` gives an operation's time on a device."""
    split = predict(topology, placed, DEVICES)
    cuts = tuple(msgspec.structs.replace(cut, reorder_ns=reorder_us * US, reorders=(1,)) for cut in split.cuts)
    split = msgspec.structs.replace(split, cuts=cuts)

    def row(device):
        return tuple(
            round(time_us(entry, device or placed[entry.key]) * US) if entry.role == "operation" else -1
            for entry in topology.operations
        )

    times = (OperationTimes(device="", ns=row("")), *[OperationTimes(device=name, ns=row(name)) for name in alone])
    compute = sum(max(0, ns) for ns in times[0].ns) // US
    counted = compute + reorder_us * len(cuts)
    main = side("HETERO:A,B", "HETERO:A,B", counted + gap_us * len(cuts), counted, reorder_us * len(cuts), len(cuts))
    alones = []
    for entry in times[1:]:
        total = sum(max(0, ns) for ns in entry.ns) // US
        alones.append(side(f"{entry.device} alone", entry.device, total, total, 0, 0))
    return CostPicture(split=split, main=main, alone=tuple(alones), times=times)


def relus_away(blocks=3, **more):
    topology = residual(blocks)
    placed = placed_where(topology, lambda entry: "B" if entry.type == "Relu" else "A")
    return topology, measured(topology, placed, lambda entry, device: 100 if entry.type == "Convolution" else 5, **more)


def test_every_relu_forced_away_is_brought_back():
    topology, picture = relus_away()
    found = suggest(topology, picture, SUPPORT)
    kinds = [entry.kind for entry in found]
    assert kinds[0] in ("alone", "merge")
    merge = next(entry for entry in found if entry.kind == "merge")
    relus = {entry.key for entry in topology.operations if entry.type == "Relu"}
    assert set(merge.operations) == relus
    assert merge.device == "A"
    assert "6 islands of Relu on B into A" in merge.title
    before, cuts = picture.split, len(picture.split.cuts)
    assert merge.submodels == (len(before.submodels), 1)
    assert merge.cuts == (cuts, 0)
    assert dict(merge.parts) == {"reorders": cuts * 20 * US, "host gap": cuts * 10 * US, "compute": 0}
    assert merge.saving_ns == cuts * 30 * US
    assert found == tuple(sorted(found, key=lambda entry: -entry.saving_ns))


def test_running_everything_on_one_device_is_told_as_it_was_measured():
    topology, picture = relus_away()
    alone = next(entry for entry in suggest(topology, picture, SUPPORT) if entry.kind == "alone")
    assert alone.saving_ns == picture.main.latency_ns - picture.alone[0].latency_ns == sum(ns for _, ns in alone.parts)
    assert (alone.title, alone.device, alone.cuts[1], alone.submodels[1]) == ("run everything on A", "A", 0, 1)
    assert "measured" in alone.reason


def test_a_device_that_lacks_something_is_not_suggested_for_it():
    topology, picture = relus_away()
    relus = tuple(entry.key for entry in topology.operations if entry.type == "Relu")
    found = suggest(topology, picture, (DeviceSupport(device="A", missing=relus), DeviceSupport(device="B")))
    assert not any(entry.kind == "alone" for entry in found)
    for entry in found:
        assert not (entry.device == "A" and set(relus) & set(entry.operations))


def test_one_glue_operation_is_moved_to_its_neighbours():
    net = Net()
    x = net.conv(net.input("data"), "first")
    glue = net.add("Tanh", x, name="glue")
    net.result(net.conv(net.conv(glue, "next"), "last"))
    topology = net.topology()
    placed = placed_where(topology, lambda entry: "B" if entry.type == "Tanh" else "A")
    picture = measured(topology, placed, lambda entry, device: 50, alone=())
    best = suggest(topology, picture, SUPPORT)[0]
    assert (best.kind, best.operations, best.device, best.cuts) == ("move", (glue,), "A", (2, 0))
    assert best.title == "move glue from B to A"
    assert "2 cuts fewer" in best.reason


def test_a_conversion_is_made_where_fewer_bytes_pass():
    net = Net()
    x = net.conv(net.input("data"), "conv")
    narrow = net.add("Convert", x, name="narrow", size=1024, types=("f16",))
    last = net.conv(narrow, "last")
    net.result(last)
    topology = net.topology()
    placed = placed_where(topology, lambda entry: "B" if entry.name in ("narrow", "last") else "A")
    base = measured(topology, placed, lambda entry, device: 100 if device == "A" else 50, alone=("A", "B"))
    # The last convolution is much better off on B, so the border has to stay.
    times = tuple(
        msgspec.structs.replace(
            entry, ns=tuple(900 * US if key == last and entry.device == "A" else ns for key, ns in enumerate(entry.ns))
        )
        for entry in base.times
    )
    picture = msgspec.structs.replace(base, times=times, alone=())
    # A cut of a quarter of the bytes costs a quarter.
    found = suggest(topology, msgspec.structs.replace(picture, split=_reorders_by_size(picture.split)), SUPPORT)
    moved = next(entry for entry in found if entry.operations == (narrow,))
    assert (moved.kind, moved.device) == ("convert_there", "A")
    assert moved.title == "convert in narrow on A"
    assert "1,024 bytes pass the border then instead of 4,096" in moved.reason
    assert dict(moved.parts)["reorders"] == (4096 - 1024) * 50


def _reorders_by_size(split):
    def priced(cut: Cut) -> Cut:
        return msgspec.structs.replace(cut, reorder_ns=cut.size_bytes * 50)

    return msgspec.structs.replace(split, cuts=tuple(priced(cut) for cut in split.cuts))


def test_nothing_is_suggested_where_nothing_can_be_gained():
    topology = residual(2)
    picture = measured(topology, ["A"] * len(topology.operations), lambda entry, device: 10)
    assert suggest(topology, picture, SUPPORT) == ()
    assert plan_improvements(topology, picture, SUPPORT[:1]) == ()


def lopsided():
    """Convolutions are fast on A and Tanh on B, in stretches that single moves cannot reach across."""
    net = Net()
    x = net.input("data")
    for stretch in range(4):
        for index in range(5):
            x = net.add("Tanh", x) if stretch % 2 else net.conv(x, f"s{stretch}.{index}")
    net.result(x)
    topology = net.topology()

    def time_us(entry, device):
        return 10 if (entry.type == "Convolution") == (device == "A") else 60

    return topology, time_us


def test_a_plan_finds_what_single_moves_cannot_reach():
    topology, time_us = lopsided()
    placed = placed_where(topology, lambda entry: "B" if entry.type == "Convolution" else "A")
    picture = measured(topology, placed, time_us, alone=("A", "B"))
    plan = plan_improvements(topology, picture, SUPPORT)[0]
    after = dict(plan.placements)
    assert all(
        after[entry.key] == ("A" if entry.type == "Convolution" else "B")
        for entry in topology.operations
        if entry.role == "operation"
    )
    assert plan.saving_ns == pytest.approx(20 * 50 * US, abs=100)
    assert suggest(topology, picture, SUPPORT)[0].operations == plan.operations


def test_a_suggestion_becomes_placements_that_give_the_predicted_split():
    topology, picture = relus_away()
    placed = resolve(topology, devices_in_order(SPEC.device), SUPPORT, SPEC.affinities, SPEC.placements)
    assert placed == picture.split.placed
    for suggestion in suggest(topology, picture, SUPPORT):
        spec = apply_suggestion(SPEC, topology, suggestion)
        if suggestion.kind == "alone":
            assert (spec.device, spec.affinities, spec.placements) == ("A", (), {})
            assert spec.properties == {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": "1"}
            continue
        assert spec.affinities == SPEC.affinities
        after = resolve(topology, devices_in_order(spec.device), SUPPORT, spec.affinities, spec.placements)
        split = predict(topology, after, DEVICES)
        assert (len(split.submodels), len(split.cuts)) == (suggestion.submodels[1], suggestion.cuts[1])


def test_a_plan_for_two_directions_is_applied_whole():
    topology, time_us = lopsided()
    placed = placed_where(topology, lambda entry: "B" if entry.type == "Convolution" else "A")
    plan = plan_improvements(topology, measured(topology, placed, time_us, alone=("A", "B")), SUPPORT)[0]
    spec = apply_suggestion(SPEC, topology, plan)
    after = resolve(topology, DEVICES, SUPPORT, (), spec.placements)
    assert len(predict(topology, after, DEVICES).submodels) == plan.submodels[1] == 4
