"""A comparison of two configurations in turns: the document `ovexplorer.ab/1`, and the same in words.

`a` and `b` have the shape of `ovexplorer.run/1`; their figures come from the turns, without the time in which the
other one ran. speedup = time(A) / time(B), above 1 means that B is faster.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ovexplorer.analysis.paired import CONFIDENCE, FEWEST_QUADS, NEGLIGIBLE, PairEstimate
from ovexplorer.analysis.turns import side_summary, side_verdict
from ovexplorer.export.run import Document, Measured, builtins_of, run_document
from ovexplorer.schema.drift import Drift, OutputDrift
from ovexplorer.schema.facts import ModelFacts
from ovexplorer.schema.protocol import ConfigurationReady, ModelOpened
from ovexplorer.session.state import Contest, RunState, Segment
from ovexplorer.tuning.pair import estimate_contest, spent_s
from ovexplorer.units import NOT_AVAILABLE

SCHEMA = "ovexplorer.ab/1"

_ROOM = 1.2
"""How much longer than the last rate says a budget is proposed."""


def ab_document(state: RunState, contest: Contest, models: Mapping[int, ModelFacts] | None = None) -> Document:
    """The document of a comparison that is over.

    Args:
        state: Of the session it ran in.
        contest: The comparison.
        models: Facts of each contestant's model; without them both have the model of the state.
    """
    said = estimate_contest(contest)
    known = models or {}
    return {
        "schema": SCHEMA,
        "a": run_document(measured_side(state, contest.a, known)),
        "b": run_document(measured_side(state, contest.b, known)),
        "metric": contest.metric,
        "quads": said.quads,
        "seconds": spent_s(contest),
        "speedup": {"point": said.point, "low": said.low, "high": said.high, "confidence": CONFIDENCE},
        "verdict": said.verdict,
        "detectable_percent": None if said.detectable is None else said.detectable * 100,
        "negligible_percent": NEGLIGIBLE * 100,
        "reason": reason_without_interval(contest, said),
        "stopped": contest.stopped,
        "budget_s": contest.budget_s,
        "drift": {"a": _drift(contest.drift_a), "b": _drift(contest.drift_b)},
        "turns": _turns(contest),
    }


def models_of(events: Iterable[object]) -> dict[int, ModelFacts]:
    """The model of each configuration by its number: the last that was opened before the configuration was ready."""
    models: dict[int, ModelFacts] = {}
    opened: ModelFacts | None = None
    for event in events:
        if isinstance(event, ModelOpened):
            opened = event.facts
        elif isinstance(event, ConfigurationReady) and opened is not None:
            models[event.segment] = opened
    return models


def measured_side(state: RunState, segment: Segment, models: Mapping[int, ModelFacts]) -> Measured:
    """One contestant with the figures of its turns."""
    batch = segment.ready.batch if segment.ready else 1
    own = replace(state, model=models.get(segment.number, state.model))
    return Measured(own, segment, side_summary(segment.windows, batch), side_verdict(segment.windows, batch))


def sentence(contest: Contest) -> str:
    """The result in one line: `B is 38 % faster than A, 36.6 … 40.1 %, 99 % sure, 12 quads in turns`."""
    said = estimate_contest(contest)
    missing = reason_without_interval(contest, said)
    if missing or said.point is None or said.low is None or said.high is None:
        return missing
    sure = f"{CONFIDENCE:.0%}".replace("%", " %")
    end = f"{sure} sure, {said.quads} quads in turns"
    if said.verdict == "no_difference":
        return f"no difference above {_percent_up(said.detectable or 0.0)} % detectable, {end}"
    word = "faster" if said.verdict == "b_faster" else "slower"
    low, high = sorted((abs(said.low - 1), abs(said.high - 1)))
    return f"B is {_percent(abs(said.point - 1))} % {word} than A, {low * 100:.1f} … {high * 100:.1f} %, {end}"


def reason_without_interval(contest: Contest, said: PairEstimate) -> str:
    """Why nothing can be said, in words; empty when something can."""
    if said.low is not None:
        return ""
    spent = spent_s(contest)
    ran = f"{said.quads} quads of four turns" if said.quads != 1 else "1 quad of four turns"
    text = f"too few turns to tell: {ran} in {spent:.1f} s, an interval needs {FEWEST_QUADS}"
    if said.quads and contest.stopped == "budget":
        text += f"; --budget {math.ceil(spent / said.quads * FEWEST_QUADS * _ROOM)} gives them"
    return text


def drift_text(drift: Drift | None) -> str:
    """`3e-3`, `0`, `NaN x12`, or why there is none; of several outputs the worst."""
    if drift is None:
        return NOT_AVAILABLE
    if drift.state == "unavailable":
        return f"{NOT_AVAILABLE} {drift.why}"
    broken = sum(output.non_finite for output in drift.outputs)
    if broken:
        return f"NaN x{broken:,}"
    worst = worst_output(drift)
    if drift.state == "reference" or worst is None or not worst.relative_l2:
        return "0"
    figure, _, exponent = f"{worst.relative_l2:.0e}".partition("e")
    return f"{figure}e{int(exponent)}"


def top1_text(drift: Drift | None) -> str:
    """`same, 64 of 64` or `10 of 64 changed`; empty where no output looks like a classifier's."""
    rows = sum(output.top1_of for output in drift.outputs) if drift is not None else 0
    if drift is None or not rows:
        return ""
    changed = sum(output.top1_changed for output in drift.outputs)
    return f"{changed:,} of {rows:,} changed" if changed else f"same, {rows:,} of {rows:,}"


def worst_output(drift: Drift) -> OutputDrift | None:
    """The output that moved most: broken ones first, then by relative L2."""
    return max(drift.outputs, key=lambda output: (output.non_finite, output.relative_l2), default=None)


def _drift(drift: Drift | None) -> Document | None:
    document: Document | None = builtins_of(drift) if drift is not None else None
    return document


def _turns(contest: Contest) -> list[Document]:
    return [
        {
            "side": "a" if turn.window.segment == contest.a.number else "b",
            "start_ns": turn.window.start_ns,
            "end_ns": turn.window.end_ns,
            "iterations": turn.window.count,
            "median_ms": turn.window.median_ns / 1e6,
            "cpu_ms": turn.cpu_ns / 1e6,
            "dropped": turn.dropped,
        }
        for turn in contest.turns
    ]


def _percent(fraction: float) -> str:
    percent = fraction * 100
    return f"{percent:.0f}" if percent >= 9.95 else f"{percent:.1f}"


def _percent_up(fraction: float) -> str:
    """Rounded up, because nothing below it would have been seen."""
    return f"{math.ceil(fraction * 1000 - 1e-9) / 10:.1f}"
