"""The doctor's findings as the document `ovexplorer.doctor/1`, and as lines to copy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from ovexplorer.analysis.doctor import troubles
from ovexplorer.analysis.doctor_look import Finding
from ovexplorer.export.run import Document, builtins_of
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.machine import MachineFacts

SCHEMA = "ovexplorer.doctor/1"

SIGNS = {"bad": "✗", "look": "!", "unknown": "?", "good": "✓"}
"""What stands before a finding of each level."""


def doctor_document(found: Sequence[Finding], machine: MachineFacts, environment: EnvironmentFacts) -> Document:
    """The document: findings worst first, and the facts they stand on."""
    return {
        "schema": SCHEMA,
        "findings": [asdict(finding) for finding in found],
        "troubles": troubles(found),
        "machine": builtins_of(machine),
        "environment": builtins_of(environment),
    }


def doctor_text(found: Sequence[Finding]) -> str:
    """The findings as plain text."""
    lines: list[str] = []
    for finding in found:
        lines.append(f"{SIGNS[finding.level]} {finding.title}")
        lines += [f"  {words}" for words in (finding.evidence, finding.effect, finding.what_to_do) if words]
    return "\n".join(lines)
