"""What in this machine or container can spoil figures: each finding with evidence, effect and what to do. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ovexplorer.analysis import doctor_beside, doctor_cpus
from ovexplorer.analysis.doctor_look import Finding, Level, Look
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.machine import MachineFacts
from ovexplorer.schema.results import EffectiveProperty
from ovexplorer.schema.spec import RunSpec

LEVELS: tuple[Level, ...] = ("bad", "look", "unknown", "good")
"""Worst first."""

RULES: tuple[Callable[[Look], Iterator[Finding]], ...] = (
    doctor_cpus.throttling,
    doctor_cpus.quota,
    doctor_beside.second_ovexplorer,
    doctor_beside.other_load,
    doctor_cpus.heat,
    doctor_beside.collisions,
    doctor_beside.steal,
    doctor_cpus.affinity,
    doctor_beside.precision,
    doctor_cpus.clock,
    doctor_beside.memory,
    doctor_beside.pressure,
    doctor_cpus.numa,
    doctor_cpus.kinds,
    doctor_cpus.hyper_threads,
    doctor_beside.guest,
    doctor_beside.instructions,
)
"""Each looks at one thing; in the order of how much it mostly matters."""


def findings(
    machine: MachineFacts,
    environment: EnvironmentFacts,
    spec: RunSpec | None = None,
    effective: tuple[EffectiveProperty, ...] = (),
) -> tuple[Finding, ...]:
    """All findings, the worst first.

    Args:
        machine: A look at the machine.
        environment: What else is known of it.
        spec: The configuration it is judged for; None for none in particular.
        effective: Its properties as they were read back; empty before it is compiled.
    """
    look = Look(machine, environment, spec, effective)
    found = [finding for rule in RULES for finding in rule(look)]
    return tuple(sorted(found, key=lambda finding: LEVELS.index(finding.level)))


def troubles(found: Iterable[Finding]) -> int:
    """How many of them are worth a look."""
    return sum(finding.level in ("bad", "look") for finding in found)
