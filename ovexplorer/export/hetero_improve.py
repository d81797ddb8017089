"""What looking for a better split came to: the part `improve` of the document `ovexplorer.hetero/1`."""

from __future__ import annotations

from ovexplorer.analysis.paired import CONFIDENCE, PairEstimate
from ovexplorer.export.ab import drift_text
from ovexplorer.export.run import Document, builtins_of
from ovexplorer.schema.topology import Topology
from ovexplorer.tuning.attempts import ENDED_WORDS, Attempt, Distance, Improved


def improve_document(topology: Topology | None, improved: Improved) -> Document:
    """Every attempt with what was expected and measured, and what it all came to."""
    names = [str(entry.raw_name) for entry in topology.operations] if topology is not None else []
    return {
        "attempts": [_attempt(entry) for entry in improved.attempts],
        "kept": len(improved.kept),
        "total": _distance(improved.total),
        "against_alone": _distance(improved.alone),
        "ended": improved.ended,
        "reason": ENDED_WORDS[improved.ended],
        "seconds": improved.seconds,
        "device": improved.best.device,
        "spec": builtins_of(improved.best),
        "affinities": {name: device for name, device in zip(names, improved.placed) if device},
    }


def _attempt(entry: Attempt) -> Document:
    candidate = entry.candidate
    return {
        "number": entry.number,
        "action": str(candidate.title),
        "device": candidate.spec.device,
        "submodels": candidate.submodels,
        "expected_us": candidate.saving_ns / 1e3,
        "measured_us": None if entry.saved_ns is None else entry.saved_ns / 1e3,
        "before_us": entry.before_ns / 1e3 if entry.before_ns else None,
        "speedup": _speedup(entry.said),
        "drift": drift_text(entry.drift),
        "kept": entry.kept,
        "reason": str(entry.why),
    }


def _distance(entry: Distance | None) -> Document | None:
    if entry is None:
        return None
    return {
        "against": str(entry.title),
        "other_us": entry.other_ns / 1e3,
        "best_us": entry.best_ns / 1e3,
        "speedup": _speedup(entry.said),
    }


def _speedup(said: PairEstimate | None) -> Document | None:
    """time(A) / time(B), A is what was there before."""
    if said is None:
        return None
    return {"point": said.point, "low": said.low, "high": said.high, "confidence": CONFIDENCE, "quads": said.quads}
