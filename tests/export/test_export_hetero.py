"""The document `ovexplorer.hetero/1`: its public keys, its sums, and what is null when it was not measured."""

import json
from dataclasses import replace

import msgspec
import pytest

from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.export.hetero import hetero_document, throughput_document
from ovexplorer.export.hetero_improve import improve_document
from ovexplorer.session.state import Segment
from ovexplorer.text import clean
from ovexplorer.tuning.attempts import Attempt, Candidate, Distance, Improved
from tests.session.session_kit import ready, window
from tests.tuning.split_kit import HOSTILE, PICTURE, PLACED, SPEC, TOPOLOGY, empty, found


def test_public_keys_are_there():
    document = hetero_document(found(), ["dumps/a.dot"])
    assert document["schema"] == "ovexplorer.hetero/1"
    assert document["submodels"][0].keys() >= {"index", "device", "operations", "us", "reorder_us"}
    assert document["cuts"][0].keys() >= {
        "producer", "consumer", "from_device", "to_device", "shape", "element_type", "bytes", "reorder_us"
    }  # fmt: skip
    assert document["baseline"].keys() >= {"device", "latency_us", "reorder_us", "reorder_share"}
    assert document["suggestions"][0].keys() >= {"action", "operations", "device", "expected_us", "reason"}
    assert document["dumps"] == ["dumps/a.dot"]
    assert json.loads(json.dumps(document)) == document


def test_figures_are_microseconds_of_one_inference():
    document = hetero_document(found())
    assert (document["latency_us"], document["counted_us"], document["gap_us"]) == (1500, 1200, 300)
    assert document["reorder_us"] == 150
    assert document["reorder_share"] == pytest.approx(0.1)
    assert document["baseline"]["device"] == "CPU"
    assert [entry["us"] for entry in document["submodels"]] == [500, 200, 500]
    assert [entry["reorder_us"] for entry in document["cuts"]] == [100, 50]
    assert document["cut_bytes"] == 1600


def test_what_is_lost_adds_up():
    lost = hetero_document(found())["lost"]
    assert lost["us"] == 600
    assert lost["reorder_us"] + lost["host_us"] + lost["compute_us"] == lost["us"]
    assert lost["share"] == pytest.approx(0.4)


def test_operations_have_the_names_of_the_model():
    document = hetero_document(found())
    assert document["submodels"][1]["operations"] == [HOSTILE]
    assert document["cuts"][1]["producer"] == HOSTILE
    assert document["cuts"][0]["consumers"] == [HOSTILE]


def test_devices_say_what_they_are():
    sim, cpu = hetero_document(found())["devices"]
    assert (sim["stand_in"], sim["lacks"], sim["not_supported"]) == (True, ["Relu"], [HOSTILE])
    assert (cpu["stand_in"], cpu["lacks"], cpu["not_supported"]) == (False, [], [])
    assert hetero_document(found())["left_out"] == [{"device": "CPU_SIM", "reason": "it does not run Relu"}]


def test_reorders_that_the_cpu_does_not_need_are_listed():
    outstanding = hetero_document(found())["outstanding_reorders"]
    assert sum(entry["us"] for entry in outstanding) == 150
    assert hetero_document(found(alone=()))["outstanding_reorders"] is None


def test_what_was_not_measured_is_null():
    document = hetero_document(found(picture=None, profile=None, suggestions=()), interrupted=True)
    assert document["interrupted"]
    assert not document["measured"]
    for key in ("latency_us", "counted_us", "gap_us", "reorder_us", "baseline", "lost", "throughput"):
        assert document[key] is None
    assert len(document["submodels"]) == 3


def test_nothing_is_known_is_a_document_too():
    document = hetero_document(empty())
    assert (document["submodels"], document["cuts"], document["rules"]) == ([], [], [])


def test_bytes_of_dynamic_shapes_are_null():
    cuts = tuple(msgspec.structs.replace(cut, size_bytes=0) for cut in PICTURE.split.cuts)
    split = msgspec.structs.replace(PICTURE.split, cuts=cuts)
    document = hetero_document(found(picture=msgspec.structs.replace(PICTURE, split=split)))
    assert document["cut_bytes"] is None
    assert [entry["bytes"] for entry in document["cuts"]] == [None, None]


def test_times_that_were_not_taken_are_null():
    bare = msgspec.structs.replace(PICTURE.split.submodels[1], time_ns=-1, reorder_ns=-1)
    split = msgspec.structs.replace(PICTURE.split, submodels=(bare,))
    document = hetero_document(found(picture=msgspec.structs.replace(PICTURE, split=split)))
    assert document["submodels"][0]["us"] is None
    assert document["submodels"][0]["reorder_us"] is None


def test_several_requests_are_set_against_one_after_another():
    assert throughput_document(found()) is None
    many = msgspec.structs.replace(ready(1), requests=4)
    run = Segment(1, SPEC, "", ready=many, windows=(window(1, latencies=(1_000_000,) * 10),))
    said = throughput_document(found(run=run))
    assert said["requests"] == 4
    assert said["fps"] == pytest.approx(1000)
    assert said["one_request_fps"] == pytest.approx(1 / 1.5e-3)
    assert said["overlap"] == pytest.approx(1.5)
    single = replace(run, ready=ready(1))
    assert throughput_document(found(run=single)) is None


def improved():
    candidate = Candidate(clean("move relu"), SPEC, 300_000, ("CPU_SIM",) * 6, 1)
    said = PairEstimate(8, 1.25, 1.2, 1.3)
    return Improved(
        SPEC,
        SPEC,
        PLACED,
        attempts=(
            Attempt(1, candidate, said, before_ns=1_500_000, kept=True),
            Attempt(2, candidate, None, why=clean("it cannot be compiled")),
        ),
        total=Distance(clean("the first split"), said, 1_500_000, 1_200_000),
        ended="nothing_left",
        seconds=12.0,
    )


def test_attempts_have_expected_and_measured():
    document = improve_document(TOPOLOGY, improved())
    kept, failed = document["attempts"]
    assert (kept["expected_us"], kept["measured_us"]) == (300, pytest.approx(300))
    assert kept["speedup"] == {"point": 1.25, "low": 1.2, "high": 1.3, "confidence": 0.99, "quads": 8}
    assert (failed["speedup"], failed["measured_us"], failed["reason"]) == (None, None, "it cannot be compiled")
    assert document["total"]["best_us"] == 1200
    assert document["against_alone"] is None
    assert document["affinities"][HOSTILE] == "CPU"
    assert document["reason"] == "nothing that is left promises a gain"
