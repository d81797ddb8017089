"""Predictions and joins against OpenVINO: its count, its dump, its counters and its export header."""

import random

import pytest

from ovexplorer.analysis.split.join import dump_ids, number_by_profile, same_groups, split_of_dump
from ovexplorer.analysis.split.picture import make_picture
from ovexplorer.analysis.split.predict import predict
from tests.analysis.split.real_kit import DEVICES, NETWORKS, network, new_core, split_by_openvino
from tests.analysis.split.topology_kit import devices_by_chance


@pytest.fixture(scope="module")
def core():
    return new_core()


def stretches(topology, seed):
    """A device for a stretch of operations, then another one; a state and its Assign stay together."""
    dice = random.Random(seed)
    now, placed = DEVICES[0], []
    for entry in topology.operations:
        now = dice.choice(DEVICES) if dice.random() < 0.15 else now
        placed.append(DEVICES[0] if entry.type in ("ReadValue", "Assign") else now)
    return tuple(placed)


def by_chance(topology, seed):
    placed = devices_by_chance(topology, seed, DEVICES)
    return tuple(
        DEVICES[0] if entry.type in ("ReadValue", "Assign") else device
        for entry, device in zip(topology.operations, placed)
    )


def devices_used(topology, placed):
    return len({placed[entry.key] for entry in topology.operations if entry.role == "operation"})


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("place", [by_chance, stretches])
def test_submodels_are_those_of_openvino(core, name, place, tmp_path, monkeypatch):
    model, topology = network(name)
    placed = next(found for seed in range(7, 99) if devices_used(topology, found := place(topology, seed)) > 1)
    truth = split_by_openvino(core, model, placed, tmp_path, monkeypatch)
    split = predict(topology, placed, DEVICES)
    ids, _ = dump_ids(topology, truth.dump)

    assert truth.dump.problems == ()
    assert len(split.submodels) == truth.submodels == len(truth.devices) > 1
    assert same_groups(split, ids)

    numbered = number_by_profile(split, topology, truth.profile)
    assert [submodel.index for submodel in numbered.submodels] == list(range(truth.submodels))
    assert tuple(submodel.device for submodel in numbered.submodels) == truth.devices
    assert {(cut.source, cut.target) for cut in numbered.cuts} == truth.links

    picture = make_picture(topology, split, truth.profile, (), truth.dump)
    assert picture.unjoined == ()
    assert all(submodel.dump_id >= 0 for submodel in picture.split.submodels if len(submodel.operations) > 1)
    attributed = sum(cut.reorder_ns for cut in picture.split.cuts) + picture.model_reorder_ns
    assert attributed == picture.main.reorder_ns
    assert sum(submodel.time_ns for submodel in picture.split.submodels) == picture.main.counted_ns


def test_a_dump_alone_tells_the_same_split(core, tmp_path, monkeypatch):
    model, topology = network("branchy")
    placed = by_chance(topology, 3)
    truth = split_by_openvino(core, model, placed, tmp_path, monkeypatch)
    predicted, read = predict(topology, placed, DEVICES), split_of_dump(topology, truth.dump, DEVICES)
    assert [submodel.operations for submodel in read.submodels] == [
        submodel.operations for submodel in predicted.submodels
    ]
    assert read.cuts == predicted.cuts
    assert len({submodel.dump_id for submodel in read.submodels}) == truth.submodels
