"""Advice as the document `ovexplorer.advice/1`."""

from __future__ import annotations

from ovexplorer.analysis.advice.advise import Advice
from ovexplorer.analysis.advice.model import Finding, Try
from ovexplorer.export.run import Document, builtins_of
from ovexplorer.schema.spec import RunSpec

SCHEMA = "ovexplorer.advice/1"


def advice_document(advice: Advice, spec: RunSpec) -> Document:
    """The document of all findings; effects are upper bounds and overlap, so they do not add up.

    Args:
        advice: What all rules say.
        spec: What it is about.
    """
    return {
        "schema": SCHEMA,
        "spec": builtins_of(spec),
        "findings": [_finding(entry) for entry in advice.findings],
        "passed": [{"code": entry.code, "title": entry.title} for entry in advice.passed],
        "not_told": [{"code": entry.code, "reason": entry.reason} for entry in advice.not_told],
    }


def _finding(finding: Finding) -> Document:
    return {
        "code": finding.code,
        "level": finding.level,
        "title": finding.title,
        "detail": finding.detail,
        "effect_us_at_most": None if finding.effect_ns is None else finding.effect_ns / 1e3,
        "evidence": [{"name": fact.name, "figure": fact.figure, "text": fact.text} for fact in finding.evidence],
        "why": finding.why,
        "tries": [_try(entry) for entry in finding.tries],
        "link": finding.link,
    }


def _try(entry: Try) -> Document:
    return {
        "title": entry.title,
        "expected_us": None if entry.expected_ns is None else entry.expected_ns / 1e3,
        "sure": entry.sure,
        "because": entry.because,
        "not_faster": entry.failed,
        "spec": builtins_of(entry.spec),
    }
