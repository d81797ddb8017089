from __future__ import annotations

import pytest

from ovexplorer.analysis.layer_filter import read_filter, words_of
from ovexplorer.schema.results import LayerStatus, LayerTime
from ovexplorer.text import RawName, clean


def layer(
    name: str,
    kind: str = "Convolution",
    ms: float = 1.0,
    status: LayerStatus = "executed",
    into: str = "",
    prec: str = "f32",
) -> LayerTime:
    return LayerTime(
        key=hash(name), order=0, name=clean(name), raw_name=RawName(name), type=clean(kind),
        primitive=clean("brgconv_avx512"), precision=prec, input_precisions="", output_precisions=prec,
        layouts="acdb", shapes="[1]", status=status, mean_ns=round(ms * 1e6), fused_into=clean(into),
    )  # fmt: skip


LAYERS = (
    layer("conv1", ms=2.0),
    layer("layer4.0.conv2", ms=1.0, prec="bf16"),
    layer("pool", "Pooling", 0.5),
    layer("relu", "Relu", 0, "fused", "conv1"),
    layer("const", "Constant", 0, "optimized_out"),
    layer("Conv[/x] y[NCHW]", ms=0.1),
)
TOTAL = 3.6


def names(text: str) -> list[str]:
    wanted = read_filter(text)
    return [entry.name for entry in LAYERS if wanted.accepts(entry, entry.mean_ns / 1e6 / TOTAL)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["conv1", "layer4.0.conv2", "pool", "Conv[/x] y[NCHW]"]),
        ("CONV1", ["conv1"]),
        ("conv layer4", ["layer4.0.conv2"]),
        ("type:pool", ["pool"]),
        ("type:", ["conv1", "layer4.0.conv2", "pool", "Conv[/x] y[NCHW]"]),
        ("!type:conv", ["pool"]),
        ("prec:bf16", ["layer4.0.conv2"]),
        ("!f32", ["layer4.0.conv2"]),
        ("prim:brgconv name:pool", ["pool"]),
        (">50%", ["conv1"]),
        ("<14%", ["pool", "Conv[/x] y[NCHW]"]),
        (">0.9", ["conv1", "layer4.0.conv2"]),
        (">0.9ms !>1.5ms", ["layer4.0.conv2"]),
        (">", ["conv1", "layer4.0.conv2", "pool", "Conv[/x] y[NCHW]"]),
        ("/^conv\\d/", ["conv1"]),
        ("/^conv\\d", ["conv1"]),
        ("!/conv/", []),
        ("/layer\\d.*conv2/ >10%", ["layer4.0.conv2"]),
        ("[NCHW]", ["Conv[/x] y[NCHW]"]),
        ("fused", ["relu"]),
        ("optimised", ["const"]),
        ("executed", ["conv1", "layer4.0.conv2", "pool", "Conv[/x] y[NCHW]"]),
    ],
)
def test_what_is_typed_finds(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_a_pattern_that_is_not_finished_says_so_and_filters_nothing() -> None:
    read = read_filter("/conv(/ pool")
    assert "not a regular expression" in read.problem
    assert names("/conv(/ pool") == ["pool"]


@pytest.mark.parametrize(
    "text", ["!", "/", "//", "!!", "!/", ":", "type:type:", "<>%", ">.", "\x1b[2J", "a" * 10_000, "/" * 500]
)
def test_nothing_that_can_be_typed_breaks_it(text: str) -> None:
    names(text)


def test_the_status_is_told_in_words() -> None:
    assert words_of(LAYERS[3]) == "fused into conv1"
    assert words_of(LAYERS[4]) == "optimised out"
