from __future__ import annotations

import msgspec
import pytest

from ovexplorer.analysis.layers import analyse
from ovexplorer.analysis.reorders import explain_reorders, split_submodel
from ovexplorer.schema.results import LayerProfile, LayerTime
from ovexplorer.text import RawName, clean


def layer(key: int, name: str, kind: str, mean_us: int = 0, inputs: tuple[int, ...] = (), **more: str) -> LayerTime:
    status = more.pop("status", "executed")
    precision = more.pop("precision", "f32")
    return LayerTime(
        key=key,
        order=key,
        name=clean(name),
        raw_name=RawName(name),
        type=clean(kind),
        primitive=clean(more.pop("primitive", "jit")),
        precision=precision,
        input_precisions=more.pop("input_precisions", ""),
        output_precisions=more.pop("output", precision),
        layouts=more.pop("layouts", "abcd"),
        shapes="[1]",
        status=status,  # type: ignore[arg-type]
        mean_ns=mean_us * 1000,
        inputs=inputs,
    )


def profile(*layers: LayerTime, latency_us: int = 1_000) -> LayerProfile:
    return LayerProfile(
        segment=1, iterations=10, warm_up_removed=True, streams=1, latency_ns=latency_us * 1000, layers=layers
    )


NET = profile(
    layer(0, "image", "Input"),
    layer(1, "image_abcd_acdb_conv_1", "Reorder", 100, (0,), layouts="acdb"),
    layer(2, "conv_1", "Convolution", 500, (1,), layouts="acdb", output="bf16", precision="bf16"),
    layer(3, "relu", "Relu", 0, status="fused"),
    layer(4, "conv_1_bf16_f32_soft", "Reorder", 50, (2,), layouts="acdb"),
    layer(5, "soft", "Softmax", 150, (4,), layouts="acdb"),
    layer(6, "tiny", "Eltwise", 0, (5,), status="below_resolution", layouts="acdb"),
    layer(7, "tiny_acdb_abcd_out/sink", "Reorder", 100, (6,)),
    layer(8, "out/sink", "Output", 0, (7,)),
)


def test_shares_add_up_to_the_latency_with_the_gap() -> None:
    made = analyse(NET)
    assert made.counted_ns == 900_000
    assert made.gap_ns == 100_000
    assert sum(row.share for row in made.rows) == pytest.approx(0.9)
    assert (made.executed, made.fused) == (8, 1)
    assert made.reorder_ns == 250_000


def test_cumulative_shares_go_by_time() -> None:
    rows = {row.layer.key: row for row in analyse(NET).rows}
    assert rows[2].cumulative == pytest.approx(0.5)
    assert rows[5].cumulative == pytest.approx(0.65)
    assert rows[4].cumulative == pytest.approx(0.9)
    assert rows[3].cumulative == 0


def test_groups_are_sorted_by_time() -> None:
    made = analyse(NET)
    assert [(group.name, group.count, group.time_ns) for group in made.by_type[:2]] == [
        ("Convolution", 1, 500_000),
        ("Reorder", 3, 250_000),
    ]
    assert made.by_precision[0].name == "bf16"
    assert sum(group.time_ns for group in made.by_primitive) == made.counted_ns


def test_transitions_count_layers_and_the_time_of_pure_conversions() -> None:
    found = {(entry.before, entry.after): entry for entry in analyse(NET).transitions}
    assert found["bf16", "f32"].time_ns == 50_000
    assert (found["f32", "bf16"].count, found["f32", "bf16"].time_ns) == (1, 0)
    assert found["f32", "f32"].count == 4


def test_reorders_have_producer_consumer_and_cause() -> None:
    made = {entry.layer.key: entry for entry in analyse(NET).reorders}
    first, second, last = made[1], made[4], made[7]
    assert (first.cause, first.producer, first.consumer, first.changes) == (
        "model_input",
        "image",
        "conv_1",
        "abcd → acdb",
    )
    assert (second.cause, second.producer, second.consumer, second.changes) == (
        "precision",
        "conv_1",
        "soft",
        "bf16 → f32",
    )
    assert (last.cause, last.consumer) == ("model_output", "out/sink")
    assert first.share == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("name", "cause", "changes"),
    [
        ("a_x_f32_abcd_bf16_aBcd16b_b", "both", "f32 → bf16, abcd → aBcd16b"),
        ("a_x_abcd_ABcd16b16a_b", "layout", "abcd → ABcd16b16a"),
        ("a_x_u8_f32_b", "precision", "u8 → f32"),
        ("something else", "layout", ""),
    ],
)
def test_a_reorder_is_read_from_its_name_alone(name: str, cause: str, changes: str) -> None:
    (found,) = explain_reorders([layer(1, name, "Reorder", 5)], 1_000_000)
    assert (found.cause, found.changes) == (cause, changes)
    if changes:
        assert (found.producer, found.consumer) == ("a_x", "b")


def test_names_that_look_like_conversions_do_not_mislead() -> None:
    layers = [
        layer(0, "block_f32_bf16_1", "Add", 1, layouts="abcd"),
        layer(1, "block_f32_bf16_1_abcd_acdb_next_u8_i8_x", "Reorder", 1, (0,), layouts="acdb"),
        layer(2, "next_u8_i8_x", "Add", 1, (1,), layouts="acdb"),
    ]
    (found,) = explain_reorders(layers, 1_000)
    assert (found.cause, found.producer, found.consumer) == ("layout", "block_f32_bf16_1", "next_u8_i8_x")


def test_borders_of_submodels_are_named() -> None:
    layers = [
        layer(0, "subgraph0: image", "Input"),
        layer(1, "subgraph0: image_abcd_acdb_conv", "Reorder", 3, (0,), layouts="acdb"),
        layer(2, "subgraph2: Parameter_6167_abcd_acdb_Add_5993", "Reorder", 5),
        layer(3, "subgraph2: Add_5993_acdb_abcd_Result_6169", "Reorder", 4),
        layer(4, "subgraph3: soft_acdb_abcd_Result_1", "Reorder", 2),
        layer(5, "subgraph3: Result_1", "Output", 0, (4,)),
    ]
    found = {entry.layer.key: (entry.cause, entry.submodel) for entry in explain_reorders(layers, 1_000_000)}
    assert found == {
        1: ("model_input", 0),
        2: ("submodel_entry", 2),
        3: ("submodel_exit", 2),
        4: ("model_output", 3),
    }
    assert [entry.layer.key for entry in explain_reorders(layers, 1)] == [2, 3, 1, 4]


def test_submodels_of_names() -> None:
    assert split_submodel("subgraph12: a: b") == (12, "a: b")
    assert split_submodel("subgraphX: a") == (-1, "subgraphX: a")


def test_an_empty_profile_is_all_gap() -> None:
    made = analyse(profile())
    assert (made.gap_ns, made.rows, made.by_type) == (1_000_000, (), ())


def test_blocks_are_rolled_up_with_what_belongs_to_none():
    rows = [
        msgspec.structs.replace(entry, block=clean(block)) for entry, block in zip(NET.layers, ("", "", "one", "one"))
    ]
    made = analyse(msgspec.structs.replace(NET, layers=tuple(rows)))
    assert [(group.name, group.count, group.time_ns) for group in made.by_block] == [
        ("one", 1, 500_000),
        ("", 2, 100_000),
    ]


@pytest.mark.parametrize(
    ("latency_us", "truncation_us", "hidden_us", "rest_us"),
    [(1_000, 30, 30, 70), (1_000, 300, 100, 0), (1_000, 0, 0, 100), (850, 30, 0, -50)],
)
def test_the_gap_is_explained_as_far_as_counters_truncate(latency_us, truncation_us, hidden_us, rest_us):
    made = msgspec.structs.replace(NET, latency_ns=latency_us * 1000, truncation_ns=truncation_us * 1000)
    gap = analyse(made).gap
    assert (gap.hidden_ns, gap.rest_ns) == (hidden_us * 1000, rest_us * 1000)
    assert gap.ns == gap.hidden_ns + gap.rest_ns
    assert gap.share == pytest.approx(gap.ns / made.latency_ns)
