import random
from itertools import product

import pytest

from ovexplorer.analysis.split.costs import NEVER_NS, Costs, CutCost, fit_cuts, make_costs
from ovexplorer.analysis.split.gains import follow
from ovexplorer.analysis.split.maxflow import SINK, SOURCE, Network
from ovexplorer.analysis.split.model import CostPicture, Cut, OperationTimes, Side
from ovexplorer.analysis.split.optimum import cheapest, placement_ns
from ovexplorer.analysis.split.predict import predict
from ovexplorer.schema.topology import DeviceSupport
from ovexplorer.text import clean
from tests.analysis.split.topology_kit import DEVICES, Net, chance, residual


def costs_by_chance(topology, seed, devices=DEVICES, cut_ns=40):
    dice = random.Random(seed)
    table = {
        device: [
            0
            if entry.role != "operation"
            else NEVER_NS
            if dice.random() < 0.1 and device != "A"
            else dice.randint(0, 99)
            for entry in topology.operations
        ]
        for device in devices
    }
    sizes = {(entry.key, 0): dice.randint(0, 200) for entry in topology.operations}
    unfused = [dice.choice((0, 0, 20)) for _ in topology.operations]
    # An input that several devices take costs nothing here: it follows its first consumer in the end.
    free = {(entry.key, 0): 0.0 for entry in topology.operations if entry.role == "parameter"}
    return Costs(
        devices=devices, operation_ns=table, cut=CutCost(cut_ns, 0.2, 0.0, free), unfused_ns=unfused, sizes=sizes
    )


def best_of_all(topology, costs):
    free = [entry.key for entry in topology.operations if entry.role in ("operation", "parameter")]
    best = None
    for choice in product(costs.devices, repeat=len(free)):
        placed = ["A"] * len(topology.operations)
        for key, device in zip(free, choice):
            placed[key] = device
        total = placement_ns(topology, costs, placed)
        best = total if best is None else min(best, total)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_two_devices_are_shared_out_as_well_as_can_be(seed):
    topology = chance(seed, count=8)
    costs = costs_by_chance(topology, seed)
    assert placement_ns(topology, costs, cheapest(topology, costs)) == best_of_all(topology, costs)


@pytest.mark.parametrize("seed", range(8))
def test_a_chain_is_shared_out_exactly(seed):
    net = Net()
    x = net.input("data")
    for index in range(9):
        x = net.add("Relu" if index % 2 else "Tanh", x)
    net.result(x)
    topology = net.topology()
    costs = costs_by_chance(topology, seed, cut_ns=10)
    placed = cheapest(topology, costs)
    assert placement_ns(topology, costs, placed) == best_of_all(topology, costs)
    assert not any(costs.operation_ns[placed[key]][key] == NEVER_NS for key in range(len(topology.operations)))


@pytest.mark.parametrize("seed", range(6))
def test_three_devices_are_no_worse_than_any_two_of_them(seed):
    topology = chance(seed, count=30)
    costs = costs_by_chance(topology, seed, ("A", "B", "C"), cut_ns=5)
    total = placement_ns(topology, costs, cheapest(topology, costs))
    one = placement_ns(topology, costs, ["A"] * len(topology.operations))
    assert total < one
    for pair in (("A", "B"), ("A", "C")):
        two = Costs(pair, costs.operation_ns, costs.cut, costs.unfused_ns, costs.sizes)
        assert total <= placement_ns(topology, two, cheapest(topology, two))


def test_states_and_computed_shapes_stay_together_whatever_it_costs():
    net = Net()
    data = net.input("data")
    state = net.add("ReadValue", net.constant(), variable=clean("v"))
    total = net.add("Add", state, data)
    kept = net.add("Assign", total, variable=clean("v"))
    shape = net.add("ShapeOf", data, types=("i64",))
    moved = net.add("Reshape", total, shape)
    net.result(moved)
    topology = net.topology()
    table = {"A": [0] * len(topology.operations), "B": [0] * len(topology.operations)}
    table["A"][state], table["B"][kept], table["A"][shape], table["B"][moved] = 500, 300, 100, 900
    costs = Costs(DEVICES, table, CutCost(0, 0, 0, {}), [0] * len(topology.operations), {})
    placed = cheapest(topology, costs)
    assert placed[state] == placed[kept] == "B"
    assert placed[shape] == placed[moved] == "A"


def test_larger_weights_of_cuts_give_fewer_of_them():
    topology = residual(6)
    costs = costs_by_chance(topology, 3, cut_ns=5)
    light, heavy = (predict(topology, cheapest(topology, costs, weight), DEVICES) for weight in (0.5, 20.0))
    assert len(heavy.cuts) < len(light.cuts)


def test_ties_leave_constants_and_results_with_their_neighbours():
    topology = residual(2)
    costs = costs_by_chance(topology, 1)
    placed = cheapest(topology, costs)
    assert placed == follow(topology, placed)


def test_maximum_flow_of_a_known_network():
    network = Network()
    a, b, c, d = (network.add_node() for _ in range(4))
    for one, other, most in (
        (SOURCE, a, 16), (SOURCE, c, 13), (c, a, 4), (a, b, 12), (b, c, 9), (c, d, 14), (d, b, 7), (b, SINK, 20),
        (d, SINK, 4),
    ):  # fmt: skip
        network.link(one, other, most)
    assert network.source_side() == {SOURCE, a, c, d}


def side(title, latency, counted, reorders):
    return Side(title=title, device=title, latency_ns=latency, counted_ns=counted, reorder_ns=reorders, reorder_count=1)


def picture(topology, placed, *, reorder_ns=lambda size: 0, times=(), gap=0):
    split = predict(topology, placed, DEVICES)
    cuts = tuple(
        Cut(
            **{field: getattr(cut, field) for field in cut.__struct_fields__}
            | {"reorder_ns": reorder_ns(cut.size_bytes)}
        )
        for cut in split.cuts
    )
    timed = type(split)(devices=split.devices, placed=split.placed, submodels=split.submodels, cuts=cuts)
    main = side("HETERO:A,B", 1000 + gap, 1000, sum(cut.reorder_ns for cut in cuts))
    return CostPicture(split=timed, main=main, alone=(side("A", 500, 500, 0),), times=times)


def test_cuts_cost_a_fixed_time_and_one_for_each_byte():
    net = Net()
    x = net.input("data")
    for index in range(6):
        x = net.add("Relu", x, size=1000 * (index + 1))
    net.result(x)
    topology = net.topology()
    placed = ["AB"[entry.key % 2] for entry in topology.operations]
    cost = fit_cuts(picture(topology, placed, reorder_ns=lambda size: 50 + size // 4, gap=600))
    assert (round(cost.fixed_ns - cost.gap_ns), round(cost.ns_a_byte, 2)) == (50, 0.25)
    assert cost.gap_ns == pytest.approx(100)
    # What was measured at an output counts before what others of its size cost.
    assert cost.reorders_ns((1, 0), 1000) == 300
    assert cost.reorders_ns((99, 0), 8000) == pytest.approx(2050)
    assert cost.total_ns((99, 0), 8000) == pytest.approx(2150)


@pytest.mark.parametrize("reorder_ns", [lambda size: 100_000 - size, lambda size: size - 900])
def test_neither_part_of_a_cut_s_cost_is_negative(reorder_ns):
    net = Net()
    x = net.input("data")
    for index in range(4):
        x = net.add("Relu", x, size=1000 * (index + 1))
    net.result(x)
    topology = net.topology()
    cost = fit_cuts(picture(topology, ["AB"[entry.key % 2] for entry in topology.operations], reorder_ns=reorder_ns))
    assert cost.fixed_ns >= 0
    assert cost.ns_a_byte >= 0


def test_without_cuts_some_cost_is_assumed():
    topology = residual(1)
    cost = fit_cuts(picture(topology, ["A"] * len(topology.operations)))
    assert cost.total_ns((1, 0), 10_000) > cost.total_ns((1, 0), 0) > 0


def test_times_on_a_device_come_from_there_or_are_scaled():
    net = Net()
    x = net.input("data")
    for kind in ("Relu", "Tanh", "Exp", "Odd"):
        x = net.add(kind, x)
    net.result(x)
    topology = net.topology()
    placed = ("A", "A", "B", "A", "A", "A")
    times = (
        OperationTimes(device="", ns=(-1, 100, 400, 300, 500, -1)),
        OperationTimes(device="A", ns=(-1, 100, 200, 0, 500, -1)),
    )
    support = (DeviceSupport(device="A"), DeviceSupport(device="B", missing=(4,)))
    costs = make_costs(topology, picture(topology, placed, times=times), support)
    assert list(costs.operation_ns["A"]) == [0, 100, 200, 0, 500, 0]
    # B ran one operation, twice as slowly as A: so it is taken to run all others.
    assert list(costs.operation_ns["B"]) == [0, 200, 400, 0, NEVER_NS, 0]
    # What is fused on A alone took 300 by itself.
    assert list(costs.unfused_ns) == [0, 0, 0, 300, 0, 0]
