from __future__ import annotations

import json

from ovexplorer.analysis.advice.advise import Advice
from ovexplorer.analysis.advice.model import Fact, Finding, NotTold, Passed, Try
from ovexplorer.export.advice import advice_document
from ovexplorer.schema.spec import ModelSpec, RunSpec

SPEC = RunSpec(model=ModelSpec(path="demo:mobilenet"))


def test_findings_carry_their_evidence_and_specs_to_try():
    found = Finding(
        "reorder_share",
        "bad",
        "2 reorders take 20 %",
        effect_ns=2_000_000,
        evidence=(Fact("at a model input", "2.00 ms", "2"),),
        tries=(Try("feed NHWC", SPEC, 1_500_000), Try("a question", SPEC)),
    )
    document = advice_document(Advice((found,), (Passed("threads", "fit"),), (NotTold("gap_share", "not yet"),)), SPEC)
    told = json.loads(json.dumps(document))
    assert told["schema"] == "ovexplorer.advice/1"
    assert told["findings"][0]["effect_us_at_most"] == 2000.0
    assert [entry["expected_us"] for entry in told["findings"][0]["tries"]] == [1500.0, None]
    assert told["findings"][0]["tries"][0]["spec"]["model"]["path"] == "demo:mobilenet"
    assert told["passed"] == [{"code": "threads", "title": "fit"}]
    assert told["not_told"] == [{"code": "gap_share", "reason": "not yet"}]
