"""Runs all rules over the evidence and puts what they find in order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from ovexplorer.analysis.advice.model import LEVELS, Evidence, Finding, NotTold, Passed, Rule, Try
from ovexplorer.analysis.advice.rules_layers import LAYER_RULES
from ovexplorer.analysis.advice.rules_machine import MACHINE_RULES
from ovexplorer.analysis.advice.rules_moves import MOVE_RULES
from ovexplorer.analysis.advice.rules_requests import REQUEST_RULES
from ovexplorer.schema.spec import RunSpec

RULES: tuple[Rule, ...] = (*MOVE_RULES, *LAYER_RULES, *MACHINE_RULES, *REQUEST_RULES)
"""Every rule, one idea each."""


@dataclass(frozen=True)
class Advice:
    """What all rules say."""

    findings: tuple[Finding, ...] = ()
    """The largest effect first; those without one by their level."""
    passed: tuple[Passed, ...] = ()
    not_told: tuple[NotTold, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """The try that promises most."""

    finding: Finding
    chosen: Try


def advise(evidence: Evidence, rules: Sequence[Rule] = RULES) -> Advice:
    """What is found, what is fine, and what cannot be told."""
    outcomes = [_with_measured(rule(evidence), evidence) for rule in rules]
    findings = [entry for entry in outcomes if isinstance(entry, Finding)]
    return Advice(
        tuple(sorted(findings, key=_rank)),
        tuple(entry for entry in outcomes if isinstance(entry, Passed)),
        tuple(entry for entry in outcomes if isinstance(entry, NotTold)),
    )


def best_try(advice: Advice, tried: Collection[RunSpec] = ()) -> Proposal | None:
    """The try that promises most of those that serve the same goal and were not tried yet; None when none is left."""
    open_tries = [
        Proposal(finding, entry)
        for finding in advice.findings
        for entry in finding.tries
        if entry.own_goal and not entry.failed and entry.spec not in tried
    ]
    return max(open_tries, key=_promise, default=None)


def _promise(proposal: Proposal) -> tuple[bool, float]:
    expected = proposal.chosen.expected_ns
    return expected is not None, expected or 0.0


def _rank(finding: Finding) -> tuple[bool, float, int]:
    # Costs that are known come first, then what may matter without a figure.
    level = LEVELS.index(finding.level)
    return finding.effect_ns is None, -(finding.effect_ns or 0.0), level


def _with_measured(outcome: Finding | Passed | NotTold, evidence: Evidence) -> Finding | Passed | NotTold:
    """Put what was measured in place of what was expected; a question that is answered is a check that passed."""
    if not isinstance(outcome, Finding):
        return outcome
    tries = tuple(_known(entry, evidence) for entry in outcome.tries)
    if tries and outcome.settled and all(entry.failed for entry in tries):
        return Passed(outcome.code, outcome.settled)
    return replace(outcome, tries=tuple(sorted(tries, key=_try_rank)))


def _try_rank(entry: Try) -> tuple[bool, bool, float]:
    return entry.failed, entry.expected_ns is None, -(entry.expected_ns or 0.0)


def _known(entry: Try, evidence: Evidence) -> Try:
    measured = evidence.against(entry.spec)
    if measured is None or measured.estimate.point is None or measured.estimate.low is None:
        return entry
    saved = evidence.latency_ns * (1 - 1 / measured.estimate.point)
    return replace(entry, expected_ns=saved, sure="measured", because="measured in turns", failed=not measured.faster)
