"""A chain A, B, A with a skip connection, whose Reorders and times are known."""

import msgspec
import pytest

from ovexplorer.analysis.split.join import dump_ids, number_by_profile, split_of_dump
from ovexplorer.analysis.split.picture import make_picture
from ovexplorer.analysis.split.predict import predict
from ovexplorer.graph.model import Graph, Node
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import RawName, clean
from tests.analysis.split.topology_kit import DEVICES, Net, placed_where
from tests.cli.layers_kit import layer, profile

HOSTILE = 'relu"\nsubgraph=99\x1b[2J'


def net():
    made = Net()
    data = made.input("data")
    stem = made.conv(data, "stem")
    relu = made.add("Relu", stem, name=HOSTILE)
    last = made.add("Add", made.conv(relu, "conv"), stem, name="sum")
    made.result(last)
    return made.topology()


TOPOLOGY = net()
PLACED = placed_where(TOPOLOGY, lambda entry: "B" if entry.type == "Relu" else "A")
SPLIT = predict(TOPOLOGY, PLACED, DEVICES)
KEY = {entry.raw_name: entry.key for entry in TOPOLOGY.operations}

# Numbered by OpenVINO in another order than predicted: only names can tell.
LAYERS = (
    layer(0, "subgraph0: data", kind="Parameter", status="below_resolution"),
    layer(1, "subgraph0: data_abcd_acdb_stem", 10, "Reorder", (0,)),
    layer(2, "subgraph0: stem", 100, inputs=(1,), origin=("stem",), layouts="acdb"),
    layer(3, "subgraph0: stem_acdb_abcd_Result_1", 30, "Reorder", (2,)),
    layer(4, f"subgraph2: {HOSTILE}", 50, "Eltwise", (3,), origin=(HOSTILE,)),
    layer(5, "subgraph1: Parameter_3_abcd_acdb_conv", 20, "Reorder", (4,), layouts="acdb"),
    layer(6, "subgraph1: Parameter_2_abcd_acdb_conv", 21, "Reorder", (3,), layouts="acdb"),
    layer(7, "subgraph1: conv", 200, inputs=(5, 6), origin=("conv", "sum"), layouts="acdb"),
    layer(8, "subgraph1: conv_acdb_abcd_out", 11, "Reorder", (7,)),
    layer(9, "subgraph1: out", kind="Result", status="below_resolution", inputs=(8,)),
)
ALONE = profile(
    (
        layer(0, "stem", 90, origin=("stem", HOSTILE)),
        layer(1, "conv", 180, inputs=(0,), origin=("conv", "sum")),
    ),
    latency_us=300,
)


def picture(layers=LAYERS, alone=(("B", ALONE), ("CPU", ALONE)), dump=None, **more):
    return make_picture(TOPOLOGY, SPLIT, profile(layers, latency_us=500, **more), alone, dump)


def cut_of(made, producer, consumer):
    wanted = (KEY[producer], KEY[consumer])
    return next(cut for cut in made.split.cuts if (cut.producer, cut.consumers[0]) == wanted)


def test_submodels_are_numbered_by_names_and_timed():
    made = picture()
    told = [(entry.index, entry.device, entry.time_ns, entry.reorder_ns) for entry in made.split.submodels]
    assert told == [(0, "A", 140_000, 40_000), (1, "A", 252_000, 52_000), (2, "B", 50_000, 0)]
    assert made.unjoined == ()
    assert {(cut.source, cut.target) for cut in made.split.cuts} == {(0, 2), (2, 1), (0, 1)}


def test_each_reorder_is_laid_to_the_cuts_behind_it_or_to_the_model():
    made = picture()
    # What leaves the stem goes two ways: both cuts pay half.
    assert cut_of(made, "stem", HOSTILE).reorders == (3,)
    assert cut_of(made, "stem", HOSTILE).reorder_ns == 15_000
    assert set(cut_of(made, "stem", "sum").reorders) == {3, 6}
    assert cut_of(made, "stem", "sum").reorder_ns == 15_000 + 21_000
    assert cut_of(made, HOSTILE, "conv").reorders == (5,)
    assert cut_of(made, HOSTILE, "conv").reorder_ns == 20_000
    assert set(made.model_reorders) == {1, 8}
    assert made.model_reorder_ns == 21_000
    assert sum(cut.reorder_ns for cut in made.split.cuts) + made.model_reorder_ns == made.main.reorder_ns == 92_000


def test_sides_are_told_with_the_cpu_first():
    made = picture()
    assert [side.title for side in made.alone] == ["CPU alone", "B alone"]
    assert made.baseline is made.alone[0]
    main = made.main
    assert (main.title, main.latency_ns, main.counted_ns, main.gap_ns) == ("HETERO:A,B", 500_000, 442_000, 58_000)
    assert (main.reorder_count, main.compute_ns, made.alone[0].compute_ns) == (5, 350_000, 270_000)
    spec = RunSpec(model=ModelSpec(path="x"), device="HETERO:A,B,C")
    assert picture(spec=spec).main.device == "HETERO:A,B,C"


def test_operations_have_times_in_the_split_and_alone():
    split, cpu, other = picture().times
    assert (split.device, cpu.device, other.device) == ("", "CPU", "B")
    assert split.ns[KEY[HOSTILE]] == 50_000
    assert (split.ns[KEY["conv"]], split.ns[KEY["sum"]]) == (200_000, 0)
    assert (cpu.ns[KEY["stem"]], cpu.ns[KEY[HOSTILE]]) == (90_000, 0)
    assert cpu.ns[KEY["stem.weight"]] == -1


def test_a_conversion_of_precision_at_a_border_counts_as_its_cut_s():
    convert = layer(5, "subgraph1: entering", 20, "Convert", (4,), output="bf16")
    made = picture((*LAYERS[:5], convert, *LAYERS[6:]))
    assert cut_of(made, HOSTILE, "conv").reorders == (5,)


def test_a_reorder_further_inside_is_a_cut_s_unless_the_device_alone_has_it_too():
    inner = (
        layer(5, "subgraph1: conv", 200, inputs=(4,), origin=("conv",)),
        layer(6, "subgraph1: conv_abcd_acdb_sum", 20, "Reorder", (5,), layouts="acdb"),
        layer(7, "subgraph1: sum", 9, "Eltwise", (6, 3), origin=("sum",), layouts="acdb"),
    )
    layers = (*LAYERS[:5], *inner, *LAYERS[8:])
    assert cut_of(picture(layers), HOSTILE, "conv").reorders == (6,)
    usual = (
        layer(0, "conv", 200, origin=("conv",)),
        layer(1, "conv_abcd_acdb_sum", 20, "Reorder", (0,), layouts="acdb"),
        layer(2, "sum", 9, "Eltwise", (1,), origin=("sum",)),
    )
    made = picture(layers, (("CPU", profile(usual)),))
    assert 6 in made.model_reorders
    assert cut_of(made, HOSTILE, "conv").reorders == ()
    # Without anything to compare with it is taken for the model's own.
    assert 6 in picture(layers, ()).model_reorders


def test_rows_that_no_name_joins_are_told_and_their_submodels_have_no_times():
    strange = tuple(
        layer(entry.key, f"subgraph{number}: odd{entry.key}", 5, origin=("odd",))
        for number, entry in zip((3, 4), LAYERS[4:6])
    )
    made = picture((*LAYERS[:4], *strange))
    assert made.unjoined == ("subgraph3: odd4", "subgraph4: odd5")
    timed = {entry.index: entry.time_ns for entry in made.split.submodels}
    assert timed == {0: 140_000, 5: -1, 6: -1}
    assert any("2 submodels could be joined to no row" in note for note in made.notes)


def test_the_last_number_is_that_of_the_last_submodel():
    unnamed = layer(4, "subgraph2: something else", 50, "Eltwise", (3,))
    numbered = number_by_profile(SPLIT, TOPOLOGY, profile((*LAYERS[:4], unnamed, *LAYERS[5:])))
    assert {entry.index: entry.device for entry in numbered.submodels} == {0: "A", 1: "A", 2: "B"}


def test_names_that_become_equal_when_cleaned_join_nothing():
    made = Net()
    x = made.add("Relu", made.input("data"), name="a\n")
    made.result(made.add("Relu", x, name="a␊"))
    topology = made.topology()
    split = predict(topology, ("A", "A", "B", "B"), DEVICES)
    found = make_picture(topology, split, profile((layer(0, "subgraph0: a\n", 1), layer(1, "subgraph1: a␊", 1))))
    assert len(found.unjoined) == 2


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"streams": 2}, "means over 2 streams"),
        ({"note": clean("bodies are one row")}, "bodies are one row"),
    ],
)
def test_what_limits_the_figures_is_noted(more, words):
    counted = msgspec.structs.replace(profile(LAYERS, latency_us=500), **more)
    assert any(words in note for note in make_picture(TOPOLOGY, SPLIT, counted).notes)


def test_reorders_below_the_counters_resolution_are_noted():
    short = layer(3, "subgraph0: stem_acdb_abcd_Result_1", 0, "Reorder", (2,), status="below_resolution")
    made = picture((*LAYERS[:3], short, *LAYERS[4:]))
    assert any("1 Reorder took less" in note for note in made.notes)
    assert cut_of(made, "stem", HOSTILE).reorders == (3,)


def dump(parts, odd=()):
    nodes = [
        Node(
            key=at, name=clean(name), raw_name=RawName(name), id=RawName(f"n{at}"), device=clean(device), submodel=part
        )
        for at, (name, device, part) in enumerate([*parts, *odd])
    ]
    return Graph("submodels", clean("dump"), tuple(nodes), ())


DUMP = (("stem", "A", 48), (HOSTILE, "B", 42), ("conv", "A", 45), ("sum", "A", 45))


def test_a_dump_gives_its_ids_to_the_submodels():
    made = picture(dump=dump(DUMP, [("unknown", "A", 1)]))
    assert {entry.index: entry.dump_id for entry in made.split.submodels} == {0: 48, 1: 45, 2: 42}
    assert not any("predicted" in note for note in made.notes)


def test_a_dump_that_says_otherwise_wins_and_that_is_noted():
    apart = (*DUMP[:3], ("sum", "A", 46))
    made = picture(dump=dump(apart))
    assert len(made.split.submodels) == 4
    assert any("4 submodels where 3 were predicted" in note for note in made.notes)


def test_a_dump_of_another_model_changes_nothing():
    made = picture(dump=dump([("elsewhere", "A", 3)]))
    assert len(made.split.submodels) == 3
    assert any("no operation of this model" in note for note in made.notes)


def test_a_dump_alone_is_a_split_in_which_parameters_join_their_first_consumer():
    split = split_of_dump(TOPOLOGY, dump(DUMP), DEVICES)
    assert [(entry.device, entry.dump_id) for entry in split.submodels] == [("A", 48), ("B", 42), ("A", 45)]
    assert KEY["data"] in split.submodels[0].operations
    assert dump_ids(TOPOLOGY, dump(DUMP))[0][KEY["data"]] == -1


def test_a_dump_that_goes_round_in_circles_loses_nothing():
    split = split_of_dump(TOPOLOGY, dump([("stem", "A", 1), (HOSTILE, "B", 2), ("conv", "A", 1)]), DEVICES)
    assert {entry.dump_id for entry in split.submodels} == {1, 2}
