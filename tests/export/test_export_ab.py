import json
from dataclasses import replace

import msgspec
import pytest

from ovexplorer.export.ab import ab_document, drift_text, sentence, top1_text
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.drift import Drift, OutputDrift
from ovexplorer.schema.facts import ModelFacts
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.protocol import ConfigurationReady
from ovexplorer.schema.results import Turn, Window
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.state import Contest, RunState, Segment
from ovexplorer.text import clean

MS = 1_000_000
A, B = 3, 4


def turn(segment, start_ns, latency_ns, count=20):
    window = Window(
        segment=segment,
        start_ns=start_ns,
        end_ns=start_ns + latency_ns * count,
        count=count,
        sum_ns=latency_ns * count,
        min_ns=latency_ns,
        max_ns=latency_ns,
        median_ns=latency_ns,
        histogram=histogram_of([latency_ns] * count),
    )
    return Turn(window=window, cpu_ns=window.end_ns - start_ns, dropped=1)


def contest(a_ms=10.0, b_ms=5.0, quads=8, wobble=0.0, stopped="decided", metric="latency", batch=1, **changes):
    """Quads A B B A, each quad slower or faster as a whole, and B once more or less than A."""
    turns, now = [], 0
    for quad in range(quads):
        level = 1 + 0.01 * (quad % 3)
        for segment, ms in ((A, a_ms), (B, b_ms), (B, b_ms), (A, a_ms)):
            extra = 1 + (wobble * (-1) ** quad if segment == B else 0)
            made = turn(segment, now, round(ms * MS * level * extra))
            turns.append(made)
            now = made.window.end_ns + MS
    sides = {
        number: Segment(
            number=number,
            spec=default_spec(ModelSpec(path="demo:relu")),
            title="",
            ready=ConfigurationReady(
                segment=number,
                at_ns=0,
                effective=(),
                loaded_from_cache=None,
                kept=False,
                requests=1,
                streams=1,
                batch=batch,
                execution_devices=(),
            ),
            windows=tuple(entry.window for entry in turns if entry.window.segment == number),
        )
        for number in (A, B)
    }
    made = Contest(
        number=1,
        kind="ab",
        metric=metric,
        a=sides[A],
        b=sides[B],
        budget_s=20.0,
        started_ns=0,
        turns=tuple(turns),
        stopped=stopped,
    )
    return replace(made, **changes)


def output(l2=0.0, **changes):
    return OutputDrift(**{"name": "out", "max_abs": l2, "relative_l2": l2, "cosine": 1.0, "non_finite": 0, **changes})


def drift(*outputs, state="measured", **changes):
    return Drift(segment=B, state=state, inputs=64, outputs=outputs, **changes)


def test_the_document_has_the_keys_of_the_contract():
    document = ab_document(RunState(), contest(drift_b=drift(output(3e-3))))
    assert document["schema"] == "ovexplorer.ab/1"
    assert {document[side]["schema"] for side in "ab"} == {"ovexplorer.run/1"}
    assert (document["metric"], document["quads"], document["stopped"]) == ("latency", 8, "decided")
    assert document["verdict"] == "b_faster"
    speedup = document["speedup"]
    assert speedup["point"] == pytest.approx(2.0)
    assert speedup["low"] <= speedup["point"] <= speedup["high"]
    assert speedup["confidence"] == 0.99
    assert document["detectable_percent"] == pytest.approx(100)
    assert document["drift"]["a"] is None
    assert document["drift"]["b"]["outputs"][0]["relative_l2"] == 3e-3
    assert [entry["side"] for entry in document["turns"][:4]] == ["a", "b", "b", "a"]
    assert document["reason"] == ""
    json.dumps(document, allow_nan=False)


def test_figures_of_a_side_leave_out_the_turns_of_the_other():
    document = ab_document(RunState(), contest(batch=4))
    a, b = document["a"]["result"], document["b"]["result"]
    assert a["iterations"] == b["iterations"] == 320
    assert a["fps"] == pytest.approx(400, rel=0.02)
    assert b["fps"] == pytest.approx(800, rel=0.02)
    assert a["duration_s"] == pytest.approx(3.2, rel=0.02)
    assert b["latency_ms"]["p50"] == pytest.approx(5.05, rel=0.01)
    # Both together and a millisecond between two turns.
    assert document["seconds"] == pytest.approx(a["duration_s"] + b["duration_s"] + 0.031, rel=1e-3)


def test_each_side_has_its_own_model():
    facts = {number: model(f"model{number}") for number in (A, B)}
    document = ab_document(RunState(model=facts[B]), contest(), facts)
    assert (document["a"]["model"]["name"], document["b"]["model"]["name"]) == ("model3", "model4")
    assert document["a"]["environment"]["model_sha256"] == "sha of model3"
    assert ab_document(RunState(model=facts[B]), contest())["a"]["model"]["name"] == "model4"


def model(name):
    return ModelFacts(
        path=name,
        name=clean(name),
        format="OpenVINO IR",
        size_bytes=1,
        sha256=f"sha of {name}",
        identity=name,
        inputs=(),
        outputs=(),
        operations={},
        parameters=1,
        weight_bytes=4,
        flop=0,
    )


def test_too_few_quads_say_so_and_claim_nothing():
    few = contest(quads=3, stopped="budget")
    document = ab_document(RunState(), few)
    assert document["verdict"] == "no_difference"
    assert document["detectable_percent"] is None
    assert (document["speedup"]["low"], document["speedup"]["high"]) == (None, None)
    assert document["speedup"]["point"] == pytest.approx(2.0)
    assert document["reason"] == sentence(few)
    assert sentence(few).startswith("too few turns to tell: 3 quads of four turns in 1.8 s, an interval needs 8")
    # 1.8 s gave 3 quads, so 8 take 4.9 s; with room for a slower moment.
    assert sentence(few).endswith("--budget 6 gives them")
    assert "--budget" not in sentence(contest(quads=3, stopped="user"))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (contest(10, 5), "B is 100 % faster than A, 100.0 … 100.0 %, 99 % sure, 8 quads in turns"),
        (contest(10, 12.5), "B is 20 % slower than A, 20.0 … 20.0 %, 99 % sure, 8 quads in turns"),
        (contest(10, 9.5, wobble=0.002), "B is 5.3 % faster than A, 5.1 … 5.5 %, 99 % sure, 8 quads in turns"),
        (
            contest(10, 10, wobble=0.004, stopped="precise"),
            "no difference above 0.5 % detectable, 99 % sure, 8 quads in turns",
        ),
        (contest(10, 10, quads=12, wobble=0.03), "no difference above 3.1 % detectable, 99 % sure, 12 quads in turns"),
    ],
)
def test_the_sentence(found, words):
    assert sentence(found) == words


def test_a_throughput_counts_items():
    found = contest(10, 10, metric="throughput")
    found = replace(found, b=replace(found.b, ready=msgspec.structs.replace(found.b.ready, batch=4)))
    assert sentence(found).startswith("B is 300 % faster")


@pytest.mark.parametrize(
    ("found", "words", "classes"),
    [
        (None, "—", ""),
        (drift(output(0.0031)), "3e-3", ""),
        (drift(output(0.00996), output(0.2, top1_of=64)), "2e-1", "same, 64 of 64"),
        (drift(output(0.0)), "0", ""),
        (drift(output(1e-7), state="reference"), "0", ""),
        (drift(output(0.5, non_finite=12, top1_of=64, top1_changed=3)), "NaN x12", "3 of 64 changed"),
        (drift(state="unavailable", why=clean("it takes [1,2]")), "— it takes [1,2]", ""),
        (drift(output(1e-12)), "1e-12", ""),
        (drift(output(12.0)), "1e1", ""),
    ],
)
def test_drift_in_words(found, words, classes):
    assert (drift_text(found), top1_text(found)) == (words, classes)
