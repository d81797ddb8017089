from __future__ import annotations

import pytest

from ovexplorer.analysis.layout_words import layout_words
from ovexplorer.analysis.reorders import explain_reorders, is_move, is_reorder, layout_changes, why_words
from ovexplorer.schema.results import LayerTime
from ovexplorer.text import RawName, clean


def layer(key: int, name: str, kind: str, mean_us: int = 0, inputs: tuple[int, ...] = (), **more: object) -> LayerTime:
    fields: dict[str, object] = {
        "order": key,
        "primitive": clean("jit"),
        "precision": "f32",
        "input_precisions": "",
        "output_precisions": "f32",
        "layouts": "abcd",
        "shapes": "[1,3,8,8]",
        "status": "executed",
        "mean_ns": mean_us * 1000,
        **more,
    }
    return LayerTime(
        key=key,
        name=clean(name),
        raw_name=RawName(name),
        type=clean(kind),
        inputs=inputs,
        **fields,  # type: ignore[arg-type]
    )


def only(*layers: LayerTime):
    (found,) = explain_reorders(layers, 1_000_000)
    return found


def test_a_convert_of_the_model_is_told_from_one_the_plugin_put_in() -> None:
    ids = layer(0, "ids", "Input", output_precisions="i64", layouts="ab")
    after = layer(2, "rows", "Gather", 5, (1,))
    put_in = only(ids, layer(1, "Convert_7", "Convert", 3, (0,), output_precisions="i32", layouts="ab"), after)
    assert (put_in.kind, put_in.cause, put_in.changes) == ("convert", "model_input", "i64 → i32")
    assert (put_in.producer, put_in.consumer, put_in.asked_for) == ("ids", "rows", False)
    own = only(
        layer(0, "sum", "Add", 3),
        layer(1, "half", "Convert", 3, (0,), output_precisions="f16", fused_from=(clean("half"),)),
        layer(2, "next", "Add", 3, (1,)),
    )
    assert (own.kind, own.cause, own.asked_for) == ("convert", "precision", True)
    assert "The model itself asks for it" in why_words(own)[-1]


def test_a_transpose_shows_its_shapes() -> None:
    found = only(
        layer(0, "key", "MatMul", 3, shapes="[1,12,128,64]"),
        layer(1, "key.turned", "Transpose", 3, (0,), input_shapes="[1,12,128,64]", shapes="[1,12,64,128]"),
        layer(2, "scores", "MatMul", 3, (1,)),
    )
    assert (found.kind, found.cause) == ("transpose", "layout")
    assert found.changes == "[1,12,128,64] → [1,12,64,128]"
    assert "key gives as [1,12,128,64]" in why_words(found)[0]


def test_bytes_and_rate_of_a_move() -> None:
    found = only(layer(1, "a_abcd_acdb_b", "Reorder", 100, read_bytes=600_000, written_bytes=300_000))
    assert found.moved_bytes == 900_000
    assert found.gbps == pytest.approx(9.0)
    unknown = only(layer(1, "a_abcd_acdb_b", "Reorder", 100, read_bytes=600_000))
    assert (unknown.moved_bytes, unknown.gbps) == (0, None)
    timeless = only(layer(1, "a_abcd_acdb_b", "Reorder", 0, read_bytes=6, written_bytes=6, status="below_resolution"))
    assert timeless.gbps is None


def test_only_what_moves_and_ran_is_told() -> None:
    layers = [
        layer(1, "a_abcd_acdb_b", "Reorder", 2, status="executed"),
        layer(2, "turned", "Transpose", 0, status="optimized_out"),
        layer(3, "image_abcd_acdb_fake", "Reorder", 0, status="below_resolution"),
        layer(4, "conv", "Convolution", 50),
    ]
    assert [entry.layer.key for entry in explain_reorders(layers, 1_000)] == [1]
    assert [is_move(entry) for entry in layers] == [True, True, True, False]
    assert [is_reorder(entry) for entry in layers] == [True, False, True, False]


def test_layers_that_compute_and_change_the_layout_are_found() -> None:
    layers = [
        layer(0, "image", "Input", layouts="acdb"),
        layer(1, "conv", "Convolution", 50, (0,), layouts="aBcd16b"),
        layer(2, "pool", "Pooling", 5, (1,), layouts="aBcd16b"),
        layer(3, "flat", "Reshape", 5, (2,), layouts="ab"),
        layer(4, "flat_a_b", "Reorder", 5, (3,), layouts="ab"),
    ]
    (found,) = layout_changes(layers, 100_000)
    assert (found.layer.key, found.kind, found.layouts) == (1, "layout", ("acdb", "aBcd16b"))
    assert found.share == pytest.approx(0.5)
    assert why_words(found) == (
        "conv takes its data channels last (acdb) and gives it blocks of 16 channels (aBcd16b).",
        "It computes as well; what the change costs cannot be told apart.",
    )


def test_why_says_what_comes_what_is_wanted_and_who_asks() -> None:
    found = only(
        layer(0, "image", "Input"),
        layer(1, "image_abcd_acdb_conv1", "Reorder", 3, (0,), layouts="acdb"),
        layer(2, "conv1", "Convolution", 9, (1,), layouts="acdb"),
    )
    assert why_words(found) == (
        "image is given channels first (abcd).",
        "conv1 wants it channels last (acdb).",
        "The way the input is fed makes it necessary, once in every inference.",
    )


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("subgraph4: Parameter_9_abcd_acdb_conv", "Submodel 4 takes over here"),
        ("subgraph4: conv_acdb_abcd_Result_9", "Submodel 4 ends here"),
        ("a_f32_bf16_b", "b has no kernel for the precision"),
        ("a_abcd_acdb_b", "b computes with a kernel made for another order"),
        ("nothing known", "what it changes cannot be told"),
    ],
)
def test_every_cause_has_words(name: str, part: str) -> None:
    words = why_words(only(layer(1, name, "Reorder", 3)))
    assert part in " ".join(words)
    assert 2 <= len(words) <= 3


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ("abcd", "channels first"),
        ("abcde", "channels first"),
        ("acdb", "channels last"),
        ("acdeb", "channels last"),
        ("aBcd16b", "blocks of 16 channels"),
        ("ABcd16b16a", "blocks of 16 channels by 16 batch"),
        ("ab", "plain order"),
        ("ba", "turned order"),
        ("acbd", "turned order"),
        ("acdb,abcd", "channels last"),
        ("", ""),
        ("any", ""),
        ("aab", ""),
        ("Abc\x1b", ""),
    ],
)
def test_layouts_have_words(layout: str, words: str) -> None:
    assert layout_words(layout) == words
