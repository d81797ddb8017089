from graphlib import TopologicalSorter

import pytest

from ovexplorer.analysis.split.predict import predict
from ovexplorer.analysis.split.rings import in_rings
from ovexplorer.analysis.split.wiring import join
from tests.analysis.split.topology_kit import DEVICES, Net, chance, devices_by_chance, placed_where, residual


def names(topology, submodel):
    return [topology.operations[key].name for key in submodel.operations]


def test_one_device_is_one_submodel_without_cuts():
    topology = residual(3)
    split = predict(topology, ["A"] * len(topology.operations), DEVICES)
    (only,) = split.submodels
    assert (only.index, only.device, split.cuts, split.cut_bytes) == (0, "A", (), 0)
    assert [entry.key for entry in topology.operations if entry.role != "constant"] == list(only.operations)


def test_a_chain_is_cut_once_a_border_and_runs_in_order():
    net = Net()
    x = net.input("data")
    first = net.conv(x, "first")
    middle = net.add("Relu", first, name="middle", size=128)
    last = net.conv(middle, "last")
    net.result(last)
    topology = net.topology()
    split = predict(topology, placed_where(topology, lambda entry: "B" if entry.name == "middle" else "A"), DEVICES)
    assert [submodel.device for submodel in split.submodels] == ["A", "B", "A"]
    assert [(cut.producer, cut.consumers, cut.source, cut.target, cut.size_bytes) for cut in split.cuts] == [
        (first, (middle,), 0, 1, 4096),
        (middle, (last,), 1, 2, 128),
    ]
    assert split.cut_bytes == 4224
    assert (split.cuts[0].from_device, split.cuts[0].to_device) == ("A", "B")
    assert (split.cuts[0].shape, split.cuts[0].element_type) == ("[1,16,8,8]", "f32")


def test_data_that_leaves_a_part_and_comes_back_splits_it():
    topology = residual(1)
    split = predict(topology, placed_where(topology, lambda entry: "B" if entry.type == "Relu" else "A"), DEVICES)
    # The input comes from its first consumer's device, so the skip connection enters the last submodel from there.
    assert [(submodel.device, names(topology, submodel)) for submodel in split.submodels] == [
        ("B", ["data", "b0.relu1"]),
        ("A", ["b0.conv1"]),
        ("B", ["b0.relu2"]),
        ("A", ["b0.conv2", "b0.sum", "result_8"]),
    ]
    # Parameters and Results are in it, and compute nothing.
    assert [submodel.count for submodel in split.submodels] == [1, 1, 1, 2]


def test_an_output_is_cut_once_for_each_submodel_that_takes_it():
    net = Net()
    x = net.add("Relu", net.input("data"), name="x")
    here = [net.add("Relu", x, name=f"here{index}") for index in range(2)]
    joined = net.add("Add", *here, name="joined")
    away = net.add("Relu", x, name="away")
    for key in (joined, away):
        net.result(key)
    topology = net.topology()
    where = {"here0": "B", "here1": "B", "joined": "B", "away": "C"}
    split = predict(topology, placed_where(topology, lambda entry: where.get(entry.name)), ("A", "B", "C"))
    assert [(cut.producer, cut.consumers, cut.to_device) for cut in split.cuts] == [
        (x, (here[0], here[1]), "B"),
        (x, (away,), "C"),
    ]


def test_constants_are_copied_but_what_is_computed_from_them_is_cut():
    net = Net()
    shared = net.constant("shared")
    halved = net.add("Convert", shared, role="constant", name="halved")
    x = net.input("data")
    one = net.add("Add", x, shared, name="one")
    other = net.add("Add", one, shared, name="other")
    last = net.add("Add", other, halved, name="last")
    net.result(last)
    topology = net.topology()
    placed = ["A"] * len(topology.operations)
    placed[other] = placed[last] = "B"
    split = predict(topology, placed, DEVICES)
    assert [(cut.producer, cut.consumers) for cut in split.cuts] == [(halved, (last,)), (one, (other,))]
    assert not any(shared in submodel.operations for submodel in split.submodels)


def test_only_what_is_computed_from_constants_makes_a_submodel_of_its_own():
    net = Net()
    computed = net.add("Convert", net.constant("c"), role="constant", name="computed")
    last = net.add("Add", net.input("data"), computed, name="last")
    net.result(last)
    topology = net.topology()
    placed = ["A" if entry.name in ("c", "computed") else "B" for entry in topology.operations]
    split = predict(topology, placed, DEVICES)
    assert [(submodel.device, names(topology, submodel)[0]) for submodel in split.submodels] == [
        ("A", "computed"),
        ("B", "data"),
    ]


def test_a_result_runs_with_its_producer_and_a_parameter_may_stand_alone():
    net = Net()
    x = net.input("data")
    net.result(net.add("Relu", x))
    split = predict(net.topology(), ("A", "B", "C"), DEVICES)
    assert [submodel.operations for submodel in split.submodels] == [(0,), (1, 2)]
    assert split.placed == ("A", "B", "B")


def test_an_operation_without_a_device_is_a_submodel_of_its_own():
    net = Net()
    x = net.input("data")
    net.result(net.add("Relu", net.add("Odd", x)))
    split = predict(net.topology(), ("A", "", "A", "A"), DEVICES)
    assert [submodel.device for submodel in split.submodels] == ["A", "", "A"]


@pytest.mark.parametrize("seed", range(120))
def test_properties_of_any_split(seed):
    topology = chance(seed, count=10 + seed % 50)
    devices = ("A", "B", "C")[: 2 + seed % 2]
    placed = devices_by_chance(topology, seed, devices, apart=seed % 3 == 0)
    split = predict(topology, placed, devices)
    part_of = {key: submodel.index for submodel in split.submodels for key in submodel.operations}
    assert len(part_of) == sum(len(submodel.operations) for submodel in split.submodels)
    real = {entry.key for entry in topology.operations if entry.role not in ("constant", "parameter")}
    assert real <= part_of.keys()
    for submodel in split.submodels:
        assert {split.placed[key] for key in submodel.operations} == {submodel.device}
        assert list(submodel.operations) == sorted(submodel.operations)
    assert [submodel.index for submodel in split.submodels] == list(range(len(split.submodels)))
    # Every border is a cut, and every submodel comes after those it takes data from.
    crossing = {
        (output, part_of[output[0]], part_of[entry.key])
        for entry in topology.operations
        for output in entry.inputs
        if output[0] in part_of and entry.key in part_of and part_of[output[0]] != part_of[entry.key]
    }
    told = {((cut.producer, cut.port), cut.source, cut.target) for cut in split.cuts}
    assert crossing <= told
    assert all(cut.source < cut.target for cut in split.cuts)
    followers = {submodel.index: set() for submodel in split.submodels}
    for cut in split.cuts:
        followers[cut.target].add(cut.source)
    assert len(list(TopologicalSorter(followers).static_order())) == len(split.submodels)


def test_rings_are_found_and_what_hangs_between_them_is_not():
    followers = {1: {2}, 2: {1, 3}, 3: {4}, 4: {5}, 5: {4, 6}, 6: set()}
    assert in_rings(followers) == {1, 2, 4, 5}
    assert in_rings({1: {2, 3}, 2: {3}, 3: {4}}) == set()


def test_parts_are_known_by_their_first_member():
    assert join(6, [(4, 5), (5, 1), (0, 2)]) == [0, 1, 0, 3, 1, 1]
