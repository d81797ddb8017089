import json

import msgspec
import pytest

from ovexplorer.analysis.align import align
from ovexplorer.analysis.layers import Gap, analyse
from ovexplorer.export.layers import gap_words, layers_document, overhead_words
from ovexplorer.export.layers_compare import compare_document
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.text import clean
from tests.cli.layers_kit import LAYERS, SPEC, layer, profile

PEAK = PeakFacts(
    gflops={"f32": 200.0, "bf16": 400.0},
    gbps=20.0,
    threads=2,
    cpu_model=clean("x"),
    openvino=clean("1"),
    measured_at="2026-01-01T00:00:00Z",
)


def document(made=None, **more):
    return json.loads(msgspec.json.encode(layers_document(analyse(made or profile()), SPEC, **more)))


def test_sums_and_shares_are_those_of_the_profile():
    made = document()
    assert made["schema"] == "ovexplorer.layers/1"
    assert (made["latency_us"], made["counted_us"], made["gap_us"], made["truncation_us"]) == (1000, 900, 100, 20)
    assert sum(row["mean_us"] for row in made["rows"]) == made["counted_us"]
    assert sum(group["us"] for group in made["by_block"]) == made["counted_us"]
    assert {group["name"]: group["count"] for group in made["by_block"]} == {"one": 2, "": 2}
    assert made["gap"]["truncation_can_explain_us"] + made["gap"]["rest_us"] == made["gap"]["us"] == 100
    assert made["by_primitive"][0]["text"].startswith("convolution")
    assert [entry["cause"] for entry in made["reorders"]] == ["model_input"]
    assert (made["overhead"], made["peak"], made["plain_latency_us"]) == (None, None, None)


def test_rows_carry_what_is_known_of_each_and_the_same_keys_everywhere():
    rows = {row["order"]: row for row in document(peak=PEAK)["rows"]}
    conv = rows[2]
    assert (conv["flop"], conv["bytes"], conv["error_us"]) == (50_000_000, 2_500_000, 2.0)
    assert (conv["gflops"], conv["gbps"]) == (pytest.approx(100.0), pytest.approx(5.0))
    assert conv["bound"] == "compute"
    assert conv["share_of_peak"] == pytest.approx(max(100 / 200, 5 / 20))
    assert conv["fused_from"] == ["conv", "relu"]
    assert (rows[1]["gflops"], rows[1]["flop"], rows[1]["bound"]) == (None, None, None)
    assert len({tuple(row) for row in rows.values()}) == 1
    assert (rows[-1]["status"], rows[-1]["fused_into"]) == ("fused", "conv")
    assert "\x1b" not in json.dumps([row["name"] for row in rows.values()], ensure_ascii=False)


def test_a_filter_chooses_rows_and_leaves_the_sums():
    made = document(accept=lambda row: row.layer.type == "Reorder")
    assert [row["type"] for row in made["rows"]] == ["Reorder"]
    assert made["counted_us"] == 900


@pytest.mark.parametrize(
    ("ns", "truncation_ns", "said"),
    [
        (100_000, 0, "gap 100 µs, 10.0 %: the call and what lies between layers"),
        (100_000, 30_000, "gap 100 µs, 10.0 %: whole microseconds can hide 30.0 µs"),
        (100_000, 300_000, "can hide all of it"),
        (-50_000, 30_000, "gap −50.0 µs, −5.0 %: layers sum to more than the latency"),
        (0, 30_000, "none"),
    ],
)
def test_the_gap_in_words(ns, truncation_ns, said):
    assert said in gap_words(Gap(ns, ns / 1e6, truncation_ns))


def test_overhead_is_told_where_it_was_measured():
    assert overhead_words(profile()) == ""
    made = profile(overhead=(0.012, 0.004, 0.021), plain_latency_ns=990_000)
    assert overhead_words(made) == "counting costs +1 % of the latency (+0.4 % … +2 %)"
    assert document(made)["overhead"] == {"point": 0.012, "low": 0.004, "high": 0.021, "confidence": 0.99}


def test_a_comparison_adds_up_on_both_sides():
    b = profile((*LAYERS[:2], layer(2, "conv", 800, origin=("conv", "relu")), layer(7, "new", 50)), 1200, segment=2)
    made = json.loads(msgspec.json.encode(compare_document(align(profile(), b), SPEC, None)))
    assert made["schema"] == "ovexplorer.layers_compare/1"
    assert sum(row["a_us"] for row in made["rows"]) == made["a"]["counted_us"] == 900
    assert sum(row["b_us"] for row in made["rows"]) == made["b"]["counted_us"] == 950
    assert made["delta"] == {"latency_us": 200, "counted_us": 50, "gap_us": 150}
    assert {entry["kind"]: entry["count"] for entry in made["by_kind"]} == {
        "slower": 1, "faster": 0, "appeared": 1, "vanished": 1, "same": 2,
    }  # fmt: skip
    assert sum(entry["delta_us"] for entry in made["by_kind"]) == pytest.approx(50)
    conv = next(row for row in made["rows"] if row["name"] == "conv")
    assert conv["operations"] == ["conv", "relu"]
    assert {"what": "layout", "from": "acdb", "to": "abcd"} in conv["changes"]
    assert (made["a"]["spec"]["device"], made["b"]["spec"]) == ("CPU", None)
