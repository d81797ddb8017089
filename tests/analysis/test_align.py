from __future__ import annotations

import msgspec
import pytest

from ovexplorer.analysis.align import Alignment, align, outstanding_reorders
from ovexplorer.schema.results import LayerProfile, LayerTime
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import RawName, clean


def layer(
    key: int,
    name: str,
    us: float = 0,
    kind: str = "Convolution",
    origin: str = "",
    inputs: tuple[int, ...] = (),
    **more,
) -> LayerTime:
    return LayerTime(
        key=key,
        order=key,
        name=clean(name),
        raw_name=RawName(name),
        type=clean(kind),
        primitive=clean(more.pop("primitive", "jit")),
        precision=more.get("precision", "f32"),
        input_precisions="",
        output_precisions=more.pop("precision", "f32"),
        layouts=more.pop("layouts", "abcd"),
        shapes=more.pop("shapes", "[1]"),
        status=more.pop("status", "executed"),
        mean_ns=round(us * 1000),
        fused_from=tuple(clean(part) for part in origin.split(",") if part),
        inputs=inputs,
        **more,
    )


def profile(*layers: LayerTime, latency_us: int = 1_000, path: str = "m.xml") -> LayerProfile:
    return LayerProfile(
        segment=1,
        iterations=10,
        warm_up_removed=True,
        streams=1,
        latency_ns=latency_us * 1000,
        layers=layers,
        spec=RunSpec(model=ModelSpec(path=path)) if path else None,
    )


def kinds(made: Alignment) -> dict[str, str]:
    return {str(row.name): row.kind for row in made.rows}


def adds_up(made: Alignment) -> bool:
    a, b = sum(row.a_ns for row in made.rows), sum(row.b_ns for row in made.rows)
    return (
        (a, b)
        == (
            made.a_counted_ns,
            made.b_counted_ns,
        )
        == tuple(sum(layer.mean_ns for layer in side.layers) for side in (made.a, made.b))
    )


def test_layers_of_the_same_operations_are_one_row_with_what_changed():
    a = profile(layer(0, "conv", 500, origin="conv,relu", primitive="brgconv_avx512_bf16", precision="bf16"))
    b = profile(layer(0, "conv", 800, origin="conv,relu", primitive="brgconv_avx512", layouts="acdb"), latency_us=1_300)
    made = align(a, b)
    (row,) = made.rows
    assert (row.kind, row.delta_ns, row.names) == ("slower", 300_000, ("conv", "relu"))
    assert [(change.what, change.before, change.after) for change in row.changes] == [
        ("primitive", "brgconv_avx512_bf16", "brgconv_avx512"),
        ("precision", "bf16", "f32"),
        ("layout", "abcd", "acdb"),
    ]
    assert (made.a_gap_ns, made.b_gap_ns, made.note) == (500_000, 500_000, "")
    assert adds_up(made)


def test_where_fusion_differs_groups_are_compared_as_groups():
    a = profile(layer(0, "conv", 500, origin="conv,relu,add"), layer(1, "relu", status="fused"), layer(2, "pool", 100))
    b = profile(layer(0, "conv", 400, origin="conv"), layer(1, "addrelu", 300, "Eltwise", origin="relu,add"))
    made = align(a, b)
    assert kinds(made) == {"conv": "slower", "pool": "vanished"}
    row = next(row for row in made.rows if row.name == "conv")
    assert (row.a_ns, row.b_ns) == (500_000, 700_000)
    assert ("fusion", "1 layer", "2 layers") in [(change.what, change.before, change.after) for change in row.changes]
    assert adds_up(made)


def test_chains_of_overlapping_groups_end_up_in_one():
    a = profile(layer(0, "x", 10, origin="1,2"), layer(1, "y", 20, origin="3,4"), layer(2, "z", 30, origin="5,6"))
    b = profile(layer(0, "u", 5, origin="2,3"), layer(1, "v", 6, origin="4,5"))
    (row,) = align(a, b).rows
    assert (row.a_ns, row.b_ns, set(row.names)) == (60_000, 11_000, {"1", "2", "3", "4", "5", "6"})


@pytest.mark.parametrize(
    ("a_us", "b_us", "error_us", "kind"),
    [
        (1000, 1049, 0, "same"),
        (1000, 1060, 0, "slower"),
        (1000, 940, 0, "faster"),
        (10, 12, 0, "same"),
        (10, 13, 0, "slower"),
        (10, 13, 2, "same"),
        (10, 15, 2, "slower"),
    ],
)
def test_a_difference_counts_beyond_both_errors_and_the_threshold(a_us, b_us, error_us, kind):
    a, b = (profile(layer(0, "conv", us, error_ns=error_us * 1000)) for us in (a_us, b_us))
    assert align(a, b).rows[0].kind == kind


def test_what_ran_on_one_side_only_appeared_or_vanished():
    a = profile(layer(0, "convert", 5, "Convert"), layer(1, "gone", status="optimized_out"))
    b = profile(
        layer(0, "convert", status="optimized_out"), layer(1, "gone", 7), layer(2, "small", status="below_resolution")
    )
    made = align(a, b)
    assert kinds(made) == {"convert": "vanished", "gone": "appeared", "small": "appeared"}
    assert adds_up(made)


def test_reorders_are_matched_by_their_neighbours_even_when_these_are_fused_differently():
    a = profile(
        layer(0, "conv", 100, origin="conv,relu"),
        layer(1, "conv_abcd_acdb_next", 50, "Reorder", inputs=(0,)),
        layer(2, "next", 10, inputs=(1,)),
    )
    b = profile(
        layer(0, "conv", 60, origin="conv"),
        layer(1, "relu", 40, origin="relu", inputs=(0,)),
        layer(2, "relu_abcd_aBcd16b_next", 90, "Reorder", inputs=(1,)),
        layer(3, "next", 10, inputs=(2,)),
        layer(4, "next_f32_bf16_out", 20, "Reorder", inputs=(3,)),
    )
    made = align(a, b)
    assert kinds(made) == {
        "conv": "same",
        "next": "same",
        "relu_abcd_aBcd16b_next": "slower",
        "next_f32_bf16_out": "appeared",
    }
    assert adds_up(made)


def test_duplicate_names_are_compared_together():
    a = profile(layer(0, "conv", 10), layer(1, "conv", 20))
    b = profile(layer(0, "conv", 100))
    (row,) = align(a, b).rows
    assert (row.a_ns, row.b_ns, len(row.a)) == (30_000, 100_000, 2)


def test_another_model_is_aligned_by_names_then_by_type_and_shape_in_order():
    a = profile(layer(0, "conv1", 10, shapes="[8]"), layer(1, "conv2", 20, shapes="[8]"), layer(2, "same", 5))
    b = profile(
        layer(0, "q1", 4, shapes="[8]"), layer(1, "q2", 9, shapes="[8]"), layer(2, "same", 5), layer(3, "q3", 1, "X"),
        path="int8.xml",
    )  # fmt: skip
    made = align(a, b)
    found = {(row.a[0].name if row.a else "", row.b[0].name if row.b else ""): row for row in made.rows}
    assert set(found) == {("conv1", "q1"), ("conv2", "q2"), ("same", "same"), ("", "q3")}
    assert [found["conv1", "q1"].by_shape, found["same", "same"].by_shape] == [True, False]
    assert made.by_shape == 2
    assert "two models" in made.note
    assert "2 more by type and shape" in made.note
    assert adds_up(made)


def test_the_same_model_is_never_aligned_by_shape():
    a = profile(layer(0, "conv1", 10), layer(1, "x", 5))
    b = profile(layer(0, "conv2", 10), layer(1, "x", 5))
    assert kinds(align(a, b)) == {"conv1": "vanished", "conv2": "appeared", "x": "same"}


def test_reorders_follow_layers_that_were_matched_by_shape():
    a = profile(
        layer(0, "in", 1, "Input", shapes="[3]"), layer(1, "in_abcd_acdb_conv1", 5, "Reorder", inputs=(0,)),
        layer(2, "conv1", 10, shapes="[8]", inputs=(1,)),
    )  # fmt: skip
    b = profile(
        layer(0, "image", 1, "Input", shapes="[3]"), layer(1, "image_abcd_acdb_q1", 5, "Reorder", inputs=(0,)),
        layer(2, "q1", 4, shapes="[8]", inputs=(1,)), path="int8.xml",
    )  # fmt: skip
    assert kinds(align(a, b)) == {"image": "same", "image_abcd_acdb_q1": "same", "q1": "faster"}


def test_empty_profiles_align_to_nothing():
    made = align(profile(), profile())
    assert (made.rows, made.a_counted_ns, made.b_gap_ns) == ((), 0, 1_000_000)


CPU = profile(
    layer(0, "image", kind="Input"),
    layer(1, "image_abcd_acdb_conv", 4, "Reorder", inputs=(0,)),
    layer(2, "conv", 100, inputs=(1,)),
    layer(3, "add", 100, "Eltwise", inputs=(2,)),
    layer(4, "add_acdb_abcd_mul", 6, "Reorder", inputs=(3,)),
    layer(5, "mul", 100, "Eltwise", inputs=(4,)),
)
HETERO = profile(
    layer(0, "subgraph0: image", kind="Input"),
    layer(1, "subgraph0: image_abcd_acdb_conv", 4, "Reorder", inputs=(0,)),
    layer(2, "subgraph0: conv", 110, inputs=(1,)),
    layer(3, "subgraph0: conv_acdb_abcd_Result_7", 30, "Reorder", inputs=(2,)),
    layer(4, "subgraph1: Parameter_9_abcd_acdb_add", 40, "Reorder"),
    layer(5, "subgraph1: add", 120, "Eltwise", inputs=(4,)),
    layer(6, "subgraph2: Parameter_11_acdb_abcd_mul", 7, "Reorder"),
    layer(7, "subgraph2: mul", 120, "Eltwise", inputs=(6,)),
)


def test_reorders_that_the_cpu_alone_does_not_need():
    found = outstanding_reorders(HETERO, CPU)
    # The last one converts for `mul` what the CPU alone converts for it too.
    assert [(entry.layer.key, entry.cause) for entry in found] == [(4, "submodel_entry"), (3, "submodel_exit")]
    assert outstanding_reorders(CPU, CPU) == ()
    assert adds_up(align(CPU, HETERO))


def test_of_several_between_the_same_two_the_cheapest_are_too_many():
    twice = msgspec.structs.replace(
        CPU, layers=(*CPU.layers, layer(9, "image_abcd_acdb_conv", 9, "Reorder", inputs=(0,)))
    )
    assert [entry.layer.key for entry in outstanding_reorders(twice, CPU)] == [1]


def test_ten_thousand_rows_add_up_and_find_what_differs():
    def many(extra_us: int) -> LayerProfile:
        made = []
        for key in range(0, 10_000, 2):
            made.append(layer(key, f"op{key}", 20 + extra_us * (key % 100 == 0), origin=f"op{key},act{key}"))
            name = f"op{key}_abcd_acdb_op{key + 2}"
            made.append(layer(key + 1, name, 3, "Reorder", inputs=(key,)))
        return profile(*made, latency_us=200_000)

    made = align(many(0), many(30))
    assert len(made.rows) == 10_000
    assert len(made.of_kind("slower")) == 100
    assert len(made.of_kind("same")) == 9_900
    assert adds_up(made)
