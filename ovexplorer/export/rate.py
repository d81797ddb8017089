"""A search for the highest rate as the document `ovexplorer.rate/1`. Keys are public: added, never renamed."""

from __future__ import annotations

from typing import Any

from ovexplorer.export.run import builtins_of
from ovexplorer.session.state import RunState
from ovexplorer.tuning.rate_search import RateSearch, Trial

SCHEMA = "ovexplorer.rate/1"


def rate_document(search: RateSearch, state: RunState) -> dict[str, Any]:
    """The document of a search, also of one that was ended early."""
    plan = search.plan
    return {
        "schema": SCHEMA,
        "spec": builtins_of(plan.spec),
        "load": plan.load,
        "percentile": plan.percentile,
        "bound_ms": plan.bound_ms,
        "budget_s": plan.budget_s,
        "capacity_fps": search.capacity_fps,
        "passed_fps": search.passed_fps,
        "failed_fps": search.failed_fps,
        "stopped": search.stopped,
        "trials": [_trial(trial) for trial in search.trials],
        "openvino": str(state.openvino),
        "environment": builtins_of(state.environment) if state.environment else None,
    }


def _trial(trial: Trial) -> dict[str, Any]:
    return {
        "rate_fps": trial.rate_fps,
        "outcome": trial.outcome,
        "value_ms": trial.value_ns / 1e6,
        "p50_ms": trial.p50_ns / 1e6,
        "samples": trial.samples,
        "seconds": trial.seconds,
        "late_share": trial.late_share,
        "verdict": trial.verdict.verdict,
        "reasons": [reason.code for reason in trial.verdict.reasons],
    }
