import csv
import io
from dataclasses import replace

import pytest

from ovexplorer.analysis.intervals import Interval
from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.export.ladder import best_of, ladder_csv, ladder_document
from ovexplorer.schema.drift import Drift, OutputDrift
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import clean
from ovexplorer.tuning.steps import LadderState, Startup, Step, StepResult

SPEC = RunSpec(model=ModelSpec(path="demo:relu"))
DRIFT = Drift(
    segment=2,
    state="measured",
    inputs=4,
    outputs=(OutputDrift(name=clean("y"), max_abs=0.1, relative_l2=0.003, cosine=1.0, non_finite=0),),
)


def step(name, part="latency", **more):
    return Step(id=name, title=f"title of {name}", part=part, metric="latency", spec=SPEC, **more)


STATE = LadderState(
    "ladder",
    (
        StepResult(step("gone", skipped="not here"), status="skipped", reason="not here"),
        StepResult(step("first"), status="done", latency_ms=10.0, fps=100.0, latency_interval_ms=Interval(9.0, 11.0)),
        StepResult(
            step("fast"),
            status="done",
            latency_ms=5.0,
            fps=200.0,
            against_first=PairEstimate(8, 2.0, 1.9, 2.1),
            against_previous=PairEstimate(8, 2.0, 1.9, 2.1),
            drift=DRIFT,
            quads=8,
            note="half the time",
        ),
        StepResult(step("broken"), status="failed", reason="too large"),
    ),
    status="done",
)


def test_the_document_has_the_promised_keys_and_every_step():
    document = ladder_document(STATE, SPEC)
    assert document["schema"] == "ovexplorer.ladder/1"
    assert document["spec"]["model"]["path"] == "demo:relu"
    gone, first, fast, broken = document["steps"]
    promised = {
        *("id", "title", "latency_ms", "fps", "speedup", "speedup_low", "speedup_high", "speedup_previous"),
        *("drift", "note"),
    }
    assert all(promised <= set(entry) for entry in document["steps"])
    assert (gone["status"], gone["reason"], gone["speedup"]) == ("skipped", "not here", None)
    assert (first["speedup"], first["speedup_low"], first["intervals"]["latency_ms"]) == (1.0, None, [9.0, 11.0])
    assert (fast["speedup"], fast["speedup_low"], fast["speedup_high"], fast["speedup_previous"]) == (2, 1.9, 2.1, 2)
    assert (fast["drift"], fast["verdict"]) == (0.003, "b_faster")
    assert (broken["status"], broken["reason"]) == ("failed", "too large")


def test_start_up_has_phases_and_the_ratio_of_medians():
    start = Startup(1_000_000, 2_000_000, 3_000_000, None, 500_000.0, True, 42)
    results = (
        StepResult(step("cache_off", "startup"), status="done", latency_ms=20.0),
        StepResult(step("cache_warm", "startup"), status="done", latency_ms=10.0, startups=(start,)),
    )
    _, warm = ladder_document(LadderState("startup", results), SPEC)["steps"]
    assert (warm["speedup"], warm["speedup_low"]) == (2.0, None)
    assert warm["startups"] == [
        {
            "import_ms": 1.0,
            "read_ms": 2.0,
            "compile_ms": 3.0,
            "first_inference_ms": None,
            "steady_ms": 0.5,
            "loaded_from_cache": True,
            "cache_bytes": 42,
        }
    ]


def test_the_best_step_needs_another_beside_it():
    assert best_of(STATE.results, "latency").step.id == "fast"
    assert best_of(STATE.results[:2], "latency") is None
    assert best_of(STATE.results, "throughput") is None


@pytest.mark.parametrize(
    ("low", "high", "equals", "best"),
    [
        (1.02, 1.04, "", "fast"),
        # Nothing is best by a few quads, or by a difference that was not shown.
        (None, None, "", None),
        (0.7, 1.5, "", None),
        (0.9, 0.98, "", "first"),
        (0.98, 1.03, "first", None),
    ],
)
def test_the_best_step_is_shown_by_the_comparison(low, high, equals, best):
    point = 0.95 if best == "first" else 1.03
    said = PairEstimate(8 if low else 4, point, low, high)
    fast = replace(STATE.results[2], against_first=said, equals=equals)
    found = best_of((STATE.results[1], fast), "latency")
    assert (found.step.id if found else None) == best


def test_csv_has_one_row_for_each_step():
    rows = list(csv.DictReader(io.StringIO(ladder_csv(STATE))))
    assert [row["id"] for row in rows] == ["gone", "first", "fast", "broken"]
    assert (rows[2]["speedup"], rows[2]["drift"], rows[0]["latency_ms"]) == ("2.0", "0.003", "")
