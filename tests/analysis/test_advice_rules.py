from __future__ import annotations

import msgspec
import pytest

from ovexplorer.analysis.advice.advise import RULES, advise, best_try
from ovexplorer.analysis.advice.model import Evidence, Finding, Measured, NotTold, Passed
from ovexplorer.analysis.advice.rules_layers import dominating_layer, gap_share, memory_bound, tiny_layers, unquantised
from ovexplorer.analysis.advice.rules_machine import first_inference, slow_bf16, threads, unstable
from ovexplorer.analysis.advice.rules_moves import precision_conversions, reorder_share, split_cost, with_property
from ovexplorer.analysis.advice.rules_requests import (
    batch_waits,
    dynamic_shapes,
    fewer_streams_than_cpus,
    hint_against_api,
    host_work,
    more_requests_than_streams,
    requests_wait,
)
from ovexplorer.analysis.layers import analyse
from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.analysis.stability import Reason, Verdict
from ovexplorer.analysis.summary import summarise
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.schema.results import EffectiveProperty, LayerProfile, LayerTime, Window
from ovexplorer.schema.spec import InputSpec, ModelSpec, RunSpec
from ovexplorer.text import RawName, clean

MS = 1_000_000
SPEC = RunSpec(model=ModelSpec(path="demo:mobilenet"), properties={"PERFORMANCE_HINT": "LATENCY"})
MACHINE = EnvironmentFacts(
    hostname=clean("edge"),
    cpu_model=clean("Xeon"),
    cpu_flags=("avx512f", "avx512_bf16"),
    logical_cpus=8,
    allowed_cpus=(0, 1, 2, 3),
    quota_cpus=0.0,
    memory_bytes=1,
    memory_limit_bytes=0,
    kernel=clean("Linux"),
    virtualisation=clean(""),
    governor=clean(""),
    openvino=clean("2026"),
    python=clean("3.11"),
)


def layer(key, kind, mean_ns, name="", **more):
    given = {
        "primitive": clean("brgconv"),
        "precision": "f32",
        "input_precisions": "f32",
        "output_precisions": "f32",
        "layouts": "acdb",
        "shapes": "[1,8,8,8]",
        "status": "executed",
        **more,
    }
    name = name or f"{kind.lower()}{key}"
    return LayerTime(
        key=key, order=key, name=clean(name), raw_name=RawName(name), type=clean(kind), mean_ns=mean_ns, **given
    )


def profile(*layers, latency_ns=10 * MS, **more):
    return analyse(
        LayerProfile(
            segment=1, iterations=100, warm_up_removed=True, streams=1, latency_ns=latency_ns, layers=layers, **more
        )
    )


def figures(latency_ns=10 * MS, host_ns=0):
    window = Window(
        segment=1,
        start_ns=0,
        end_ns=100 * latency_ns,
        count=100,
        sum_ns=100 * latency_ns,
        min_ns=latency_ns,
        max_ns=latency_ns,
        median_ns=latency_ns,
        histogram=histogram_of([latency_ns] * 100),
        host_ns=100 * host_ns,
    )
    return summarise((window,))


def told(key, value):
    return EffectiveProperty(device="CPU", property=key, requested=None, effective=clean(value), state="default")


def evidence(spec=SPEC, **more):
    return Evidence(spec=spec, figures=more.pop("figures", figures()), verdict=Verdict("valid"), **more)


BF16 = (told("INFERENCE_PRECISION_HINT", "bf16"),)
F32_SPEC = with_property(SPEC, "INFERENCE_PRECISION_HINT", "f32")


def measured(spec, point, half=0.01):
    return Measured(spec, PairEstimate(12, point, point - half, point + half))


def test_without_layers_rules_about_them_say_so_and_none_claims_anything():
    said = advise(evidence())
    assert {entry.code for entry in said.not_told} >= {"reorder_share", "gap_share", "tiny_layers", "unquantised"}
    assert len(said.findings) + len(said.passed) + len(said.not_told) == len(RULES)


def test_reorders_cost_what_was_measured_and_no_more():
    layers = profile(
        layer(1, "Parameter", 0, status="optimized_out"),
        layer(2, "Reorder", 2 * MS, inputs=(1,)),
        layer(3, "Convolution", 7 * MS, inputs=(2,)),
    )
    found = reorder_share(evidence(layers=layers))
    assert isinstance(found, Finding)
    assert found.effect_ns == 2 * MS
    assert found.level == "bad"
    assert "20.0 %" in found.title


def test_a_model_without_reorders_passes():
    assert isinstance(reorder_share(evidence(layers=profile(layer(1, "Convolution", 9 * MS)))), Passed)


def test_conversions_between_precisions_are_added_up():
    layers = profile(
        layer(1, "Convolution", 5 * MS, output_precisions="f32"),
        layer(2, "Convert", MS, inputs=(1,), output_precisions="bf16"),
        layer(3, "Convolution", 3 * MS, inputs=(2,), output_precisions="bf16", precision="bf16"),
    )
    found = precision_conversions(evidence(layers=layers))
    assert isinstance(found, Finding)
    assert found.effect_ns == MS
    assert found.tries[0].spec == F32_SPEC


def test_bf16_is_a_question_until_it_was_measured():
    found = slow_bf16(evidence(effective=BF16))
    assert isinstance(found, Finding)
    assert found.effect_ns is None
    assert found.tries[0].expected_ns is None


def test_bf16_is_called_slower_only_with_a_comparison():
    found = slow_bf16(evidence(effective=BF16, measured=(measured(F32_SPEC, 1.25),)))
    assert isinstance(found, Finding)
    assert found.level == "bad"
    assert found.effect_ns == pytest.approx(2 * MS)
    assert found.tries[0].sure == "measured"


def test_a_question_that_was_answered_is_a_check_that_passed():
    said = advise(evidence(effective=BF16, measured=(measured(F32_SPEC, 0.8),)))
    assert "slow_bf16" in {entry.code for entry in said.passed}


def test_f32_asks_about_bf16_only_where_the_cpu_knows_it():
    f32 = (told("INFERENCE_PRECISION_HINT", "f32"),)
    assert isinstance(slow_bf16(evidence(effective=f32, environment=MACHINE)), Finding)
    without = msgspec.structs.replace(MACHINE, cpu_flags=("avx2",))
    assert isinstance(slow_bf16(evidence(effective=f32, environment=without)), Passed)


def test_unquantised_layers_of_a_quantised_model():
    layers = profile(layer(1, "Convolution", 3 * MS, precision="u8"), layer(2, "Convolution", 4 * MS))
    found = unquantised(evidence(layers=layers))
    assert isinstance(found, Finding)
    assert found.effect_ns == 4 * MS
    assert isinstance(unquantised(evidence(layers=profile(layer(1, "Convolution", MS)))), Passed)


def test_one_dominating_layer():
    layers = profile(layer(1, "Convolution", 6 * MS), *(layer(key, "Convolution", MS) for key in (2, 3, 4)))
    found = dominating_layer(evidence(layers=layers))
    assert isinstance(found, Finding)
    assert found.effect_ns == 6 * MS
    even = profile(*(layer(key, "Convolution", MS) for key in range(1, 10)))
    assert isinstance(dominating_layer(evidence(layers=even)), Passed)


def test_many_tiny_layers_with_their_gap():
    layers = profile(*(layer(key, "Eltwise", 5_000) for key in range(1, 101)), latency_ns=800_000)
    found = tiny_layers(evidence(layers=layers))
    assert isinstance(found, Finding)
    assert found.effect_ns == 800_000
    assert found.tries[0].spec.properties["INFERENCE_NUM_THREADS"] == "1"


def test_gap_beyond_rounding_is_told():
    found = gap_share(evidence(layers=profile(layer(1, "Convolution", 8 * MS), truncation_ns=100_000)))
    assert isinstance(found, Finding)
    assert found.effect_ns == 2 * MS - 100_000
    assert isinstance(gap_share(evidence(layers=profile(layer(1, "Convolution", 9_900_000)))), Passed)


def test_memory_bound_needs_the_roof():
    heavy = layer(1, "FullyConnected", 9 * MS, flop=1_000_000, read_bytes=80_000_000, written_bytes=1_000)
    layers = profile(heavy)
    assert isinstance(memory_bound(evidence(layers=layers)), NotTold)
    peak = PeakFacts(
        gflops={"f32": 200.0},
        gbps=10.0,
        threads=2,
        cpu_model=clean("x"),
        openvino=clean("y"),
        measured_at="2026-01-01T00:00:00Z",
    )
    found = memory_bound(evidence(layers=layers, peak=peak))
    assert isinstance(found, Finding)
    assert found.effect_ns == 9 * MS


def test_split_is_judged_by_the_comparison_when_there_is_one():
    spec = msgspec.structs.replace(SPEC, device="HETERO:SIM,CPU", stand_ins=("SIM",))
    layers = profile(
        layer(1, "Reorder", MS, name="subgraph1: Parameter_3_abcd_acdb_conv", inputs=()),
        layer(2, "Convolution", 8 * MS, name="subgraph1: conv", inputs=(1,)),
    )
    found = split_cost(evidence(spec, layers=layers))
    assert isinstance(found, Finding)
    assert [entry.title for entry in found.tries] == ["run on CPU alone"]
    assert found.effect_ns == 2 * MS
    alone = found.tries[0].spec
    sure = split_cost(evidence(spec, layers=layers, measured=(measured(alone, 2.0),)))
    assert isinstance(sure, Finding)
    assert sure.effect_ns == pytest.approx(5 * MS)


def test_more_requests_than_streams_wait():
    spec = msgspec.structs.replace(SPEC, api="async", requests=4)
    found = more_requests_than_streams(evidence(spec, requests=4, streams=2))
    assert isinstance(found, Finding)
    assert found.effect_ns == pytest.approx(5 * MS)
    assert found.tries[0].spec.requests == 2
    assert isinstance(more_requests_than_streams(evidence(spec, requests=2, streams=2)), Passed)


def test_one_caller_on_many_streams():
    spec = with_property(SPEC, "PERFORMANCE_HINT", "THROUGHPUT")
    found = hint_against_api(evidence(spec, requests=1, streams=4))
    assert isinstance(found, Finding)
    assert found.tries[0].spec.properties["PERFORMANCE_HINT"] == "LATENCY"


def test_many_requests_on_one_stream():
    spec = msgspec.structs.replace(SPEC, api="async", requests=4)
    found = hint_against_api(evidence(spec, requests=4, streams=1, environment=MACHINE))
    assert isinstance(found, Finding)
    assert found.tries[0].spec.properties["PERFORMANCE_HINT"] == "THROUGHPUT"


def test_fewer_streams_than_cpus():
    spec = with_property(msgspec.structs.replace(SPEC, api="async"), "PERFORMANCE_HINT", "THROUGHPUT")
    found = fewer_streams_than_cpus(evidence(spec, requests=2, streams=2, environment=MACHINE))
    assert isinstance(found, Finding)
    assert found.tries[0].spec.properties["NUM_STREAMS"] == "4"


def test_one_request_on_a_batching_device():
    found = batch_waits(evidence(msgspec.structs.replace(SPEC, device="BATCH:CPU(4)"), requests=1))
    assert isinstance(found, Finding)
    assert found.tries[0].spec.device == "CPU"


def test_requests_need_a_trace():
    assert isinstance(requests_wait(evidence()), NotTold)


def test_host_work_is_compared_by_its_rate():
    spec = msgspec.structs.replace(SPEC, inputs="copy")
    found = host_work(evidence(spec, figures=figures(host_ns=2 * MS)))
    assert isinstance(found, Finding)
    assert found.effect_ns == 2 * MS
    assert found.tries[0].metric == "throughput"
    assert isinstance(host_work(evidence(spec)), Passed)


def test_shapes_that_take_turns():
    model = ModelSpec(path="m.xml", inputs=(InputSpec(shape="[?,8]", data_shapes=("[1,8]", "[4,8]")),))
    found = dynamic_shapes(evidence(msgspec.structs.replace(SPEC, model=model), by_shape={0: 1.0 * MS, 1: 3.0 * MS}))
    assert isinstance(found, Finding)
    assert [fact.figure for fact in found.evidence] == ["1.00 ms", "3.00 ms"]
    assert not found.tries


def test_one_data_shape_can_be_fixed():
    model = ModelSpec(path="m.xml", inputs=(InputSpec(shape="[?,8]", data_shapes=("[4,8]",)),))
    found = dynamic_shapes(evidence(msgspec.structs.replace(SPEC, model=model)))
    assert isinstance(found, Finding)
    assert found.tries[0].spec.model.inputs == (InputSpec(shape="[4,8]"),)


def test_threads_against_the_cpus_allowed():
    found = threads(evidence(environment=MACHINE, effective=(told("INFERENCE_NUM_THREADS", "8"),)))
    assert isinstance(found, Finding)
    assert found.tries[0].spec.properties["INFERENCE_NUM_THREADS"] == "4"
    fits = threads(evidence(environment=MACHINE, effective=(told("INFERENCE_NUM_THREADS", "4"),)))
    assert isinstance(fits, Passed)


def test_start_without_a_cache():
    found = first_inference(evidence(compile_ns=900 * MS, first_inference_ns=60 * MS))
    assert isinstance(found, Finding)
    assert found.title == "First inference 6x slower, no cache"
    cached = with_property(SPEC, "CACHE_DIR", "cache")
    assert isinstance(first_inference(evidence(cached, compile_ns=900 * MS)), Passed)


def test_an_unsteady_run_names_its_causes():
    unsteady = Verdict("unstable", (Reason("level_shift", "moved between levels"),))
    found = unstable(Evidence(spec=SPEC, figures=figures(), verdict=unsteady, causes=("steal 12 %",)))
    assert isinstance(found, Finding)
    assert [fact.text for fact in found.evidence] == ["moved between levels", "steal 12 %"]


def test_findings_are_sorted_by_what_they_cost():
    layers = profile(layer(1, "Reorder", MS), layer(2, "Convolution", 4 * MS), layer(3, "Convolution", MS))
    said = advise(evidence(layers=layers, effective=BF16))
    costs = [finding.effect_ns for finding in said.findings if finding.effect_ns is not None]
    assert costs == sorted(costs, reverse=True)
    assert said.findings[-1].effect_ns is None


def test_best_try_leaves_out_what_was_tried_and_other_goals():
    said = advise(evidence(effective=BF16))
    first = best_try(said)
    assert first is not None
    assert first.chosen.spec == F32_SPEC
    assert best_try(said, [F32_SPEC]) is None


@pytest.mark.parametrize("rule", RULES)
def test_effects_never_exceed_what_was_measured(rule):
    layers = profile(
        layer(1, "Reorder", 3 * MS, name="a_f32_bf16_b"),
        layer(2, "Convolution", 5 * MS, precision="u8"),
        layer(3, "Convolution", MS),
    )
    spec = msgspec.structs.replace(SPEC, device="HETERO:SIM,CPU", api="async", requests=8)
    found = rule(evidence(spec, layers=layers, requests=8, streams=2, environment=MACHINE, effective=BF16))
    if isinstance(found, Finding) and found.effect_ns is not None:
        assert 0 < found.effect_ns <= 10 * MS
    assert found.code
