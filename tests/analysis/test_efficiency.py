from __future__ import annotations

import msgspec
import pytest

from ovexplorer.analysis.efficiency import efficiency, model_efficiency, peak_for
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.schema.results import LayerProfile, LayerTime
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import RawName, clean

PEAK = PeakFacts(
    gflops={"f32": 100.0, "bf16": 400.0},
    gbps=20.0,
    threads=2,
    cpu_model=clean("cpu"),
    openvino=clean("1"),
    measured_at="2026-01-01T00:00:00+00:00",
)


def work(
    flop: int, read: int, written: int, mean_ns: int = 1_000_000, precision: str = "f32", **more: int
) -> LayerTime:
    return LayerTime(
        key=more.get("key", 0),
        order=0,
        name=clean("layer"),
        raw_name=RawName("layer"),
        type=clean("Convolution"),
        primitive=clean("jit"),
        precision=precision,
        input_precisions=precision,
        output_precisions=precision,
        layouts="abcd",
        shapes="[1]",
        status="executed",
        mean_ns=mean_ns,
        error_ns=more.get("error_ns", 0),
        flop=flop,
        read_bytes=read,
        written_bytes=written,
    )


def test_rates_and_shares_follow_from_the_definitions() -> None:
    # 60 MFLOP and 2 MB in 1 ms.
    made = efficiency(work(60_000_000, 1_500_000, 500_000), PEAK)
    assert made is not None
    assert made.gflops == pytest.approx(60.0)
    assert made.gbps == pytest.approx(2.0)
    assert made.intensity == pytest.approx(30.0)
    assert made.peak_share == pytest.approx(0.6)
    assert made.memory_share == pytest.approx(0.1)
    assert (made.bound, made.words) == ("compute", "60 % compute")


def test_the_share_is_that_of_the_roofline() -> None:
    for flop, moved in ((1_000_000, 10_000_000), (60_000_000, 2_000_000), (5_000_000, 1_000_000)):
        made = efficiency(work(flop, moved // 2, moved // 2), PEAK)
        assert made is not None
        attainable = min(100.0, 20.0 * flop / moved)
        assert made.share == pytest.approx(flop / 1_000_000 / attainable)


@pytest.mark.parametrize(
    ("layer", "bound"),
    [
        (work(1_000_000, 8_000_000, 8_000_000), "memory"),
        (work(0, 8_000_000, 8_000_000), "memory"),
        (work(80_000_000, 1_000, 1_000), "compute"),
        (work(1_000_000, 100_000, 100_000), "overhead"),
    ],
)
def test_what_limits_a_layer_is_the_nearer_roof(layer: LayerTime, bound: str) -> None:
    made = efficiency(layer, PEAK)
    assert made is not None
    assert made.bound == bound


def test_a_layer_that_only_moves_has_no_rate_of_arithmetic() -> None:
    made = efficiency(work(0, 8_000_000, 8_000_000), PEAK)
    assert made is not None
    assert (made.gflops, made.intensity, made.peak_share) == (None, None, None)
    assert made.words == "80 % memory"


def test_each_precision_has_its_own_roof_and_f32_stands_in_with_a_word() -> None:
    short = efficiency(work(60_000_000, 1_000, 1_000, precision="bf16"), PEAK)
    whole = efficiency(work(60_000_000, 1_000, 1_000, precision="u8"), PEAK)
    assert short is not None
    assert whole is not None
    assert (short.peak_gflops, short.sure) == (400.0, "")
    assert whole.peak_gflops == 100.0
    assert "none was measured for i8" in whole.sure


def test_an_int8_layer_is_judged_by_what_it_multiplies() -> None:
    peak = msgspec.structs.replace(PEAK, gflops={"f32": 100.0, "i8": 800.0})
    layer = msgspec.structs.replace(work(60_000_000, 1_000, 1_000), input_precisions="u8", precision="f32")
    made = efficiency(layer, peak)
    assert made is not None
    assert made.peak_gflops == 800.0


def test_what_cannot_be_known_is_not_judged() -> None:
    assert efficiency(work(10, 10, 10, mean_ns=0), PEAK) is None
    assert efficiency(work(0, 0, 0), PEAK) is None
    without = efficiency(work(60_000_000, 1_000, 1_000), None)
    assert without is not None
    assert (without.bound, without.words) == ("unknown", "")
    assert without.gflops == pytest.approx(60.0)
    assert "not measured" in without.sure
    partly = efficiency(work(60_000_000, 0, 1_000), PEAK)
    assert partly is not None
    assert (partly.gbps, partly.intensity) == (None, None)
    assert "bytes are unknown" in partly.sure


def test_cached_data_and_coarse_counters_are_said() -> None:
    fast = efficiency(work(0, 20_000_000, 20_000_000), PEAK)
    assert fast is not None
    assert "stayed in a cache" in fast.sure
    short = efficiency(work(1_000, 10, 10, mean_ns=2_000, error_ns=500), PEAK)
    assert short is not None
    assert short.error == pytest.approx(0.25)
    assert "25 %" in short.sure


def test_the_model_is_rated_over_its_latency() -> None:
    layers = (
        work(60_000_000, 1_000, 1_000, key=0),
        work(0, 8_000_000, 8_000_000, key=1),
        work(0, 0, 0, key=2),
    )
    profile = LayerProfile(
        segment=1, iterations=1, warm_up_removed=True, streams=1, latency_ns=4_000_000, layers=layers
    )
    made = model_efficiency(profile, PEAK)
    assert made.gflops == pytest.approx(15.0)
    assert (made.compute_ns, made.memory_ns, made.unknown_ns) == (1_000_000, 1_000_000, 1_000_000)
    assert made.share == pytest.approx(0.15)
    assert model_efficiency(profile, None).share is None
    empty = model_efficiency(msgspec.structs.replace(profile, layers=()), PEAK)
    assert (empty.gflops, empty.share, empty.flop) == (None, None, 0)


@pytest.mark.parametrize(
    ("device", "holds"),
    [
        ("CPU", True),
        ("HETERO:CPU_SIM,CPU", True),
        ("AUTO", True),
        ("GPU", False),
        ("GPU.1", False),
        ("AUTO:GPU,CPU", False),
        ("BATCH:NPU(4)", False),
    ],
)
def test_the_roof_is_that_of_the_cpu(device: str, holds: bool) -> None:
    spec = RunSpec(model=ModelSpec(path="net.xml"), device=device)
    profile = LayerProfile(segment=1, iterations=1, warm_up_removed=True, streams=1, latency_ns=1, layers=(), spec=spec)
    assert (peak_for(profile, PEAK) is PEAK) == holds
    assert peak_for(msgspec.structs.replace(profile, spec=None), PEAK) is PEAK
