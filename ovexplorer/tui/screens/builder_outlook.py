"""What the affinities of the builder come to, told before anything is compiled. Pure, and slow for large models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ovexplorer.errors import UsageError
from ovexplorer.schema.placement import matching, resolve
from ovexplorer.schema.spec import AffinityRule
from ovexplorer.schema.topology import DeviceSupport, Operation, Topology
from ovexplorer.tui.affinities import Prediction, make_prediction

LONG_COMPILE_S: Final = 2.5
"""From here on it is said that compiling takes long."""

VERY_LONG_COMPILE_S: Final = 10.0
"""From here on it is asked first."""


@dataclass(frozen=True)
class Question:
    """All that the outlook depends on."""

    topology: Topology
    devices: tuple[str, ...]
    support: tuple[DeviceSupport, ...]
    rules: tuple[AffinityRule, ...] = ()
    placements: Mapping[str, str] = field(default_factory=dict)

    def same(self, other: Question | None) -> bool:
        """Whether the answer would be the same; the model is told by identity, since it may be large."""
        if other is None or self.topology is not other.topology:
            return False
        return (self.devices, self.support, self.rules) == (other.devices, other.support, other.rules) and (
            self.placements is other.placements or self.placements == other.placements
        )


@dataclass(frozen=True)
class Share:
    """Operations that a rule names, or that none does."""

    keys: tuple[int, ...]
    """Without parameters, results and constants."""
    supported: tuple[tuple[str, int], ...]
    """How many of them each device can run, in order of preference."""
    devices: tuple[tuple[str, int], ...]
    """How many of them run where in the end, in order of preference; an empty name where none takes them."""


@dataclass(frozen=True)
class Outlook:
    """The answer."""

    question: Question
    rules: tuple[Share, ...] = ()
    """Of each rule."""
    named: Share | None = None
    """Of single placements; None when there are none."""
    rest: Share | None = None
    """Everything that neither names; None with a problem."""
    prediction: Prediction | None = None
    """None with a problem."""
    problem: str = ""
    """Why there is no prediction: a rule that cannot be understood."""

    @property
    def operations(self) -> tuple[Operation, ...]:
        """Of the model."""
        return self.question.topology.operations


def look(question: Question) -> Outlook:
    """Work it out."""
    topology = question.topology
    named_by: list[tuple[int, ...]] = []
    for number, rule in enumerate(question.rules, 1):
        try:
            named_by.append(matching(topology, rule.pattern))
        except UsageError as error:
            return Outlook(question, problem=f"rule {number}: {error.what}")
    placed = resolve(topology, question.devices, question.support, question.rules, question.placements)
    singles = {entry.key for entry in topology.operations if entry.raw_name in question.placements}
    taken = singles.union(*named_by)
    share = _Sharer(question, placed)
    return Outlook(
        question,
        rules=tuple(share.of(keys) for keys in named_by),
        named=share.of(sorted(singles)) if question.placements else None,
        rest=share.of(entry.key for entry in topology.operations if entry.key not in taken),
        prediction=make_prediction(topology, placed, question.devices, question.support),
    )


def supported_count(topology: Topology, support: DeviceSupport) -> tuple[int, int]:
    """Operations that a device can run, and how many there are."""
    missing = frozenset(support.missing)
    keys = [entry.key for entry in topology.operations if entry.role == "operation"]
    return sum(key not in missing for key in keys), len(keys)


class _Sharer:
    """Counts operations by the devices that can run them and that do."""

    def __init__(self, question: Question, placed: Sequence[str]) -> None:
        self._operations = question.topology.operations
        self._devices = question.devices
        self._placed = placed
        self._missing = {entry.device: frozenset(entry.missing) for entry in question.support if not entry.failed}
        self._failed = {entry.device for entry in question.support if entry.failed}

    def of(self, keys: Iterable[int]) -> Share:
        found = tuple(key for key in keys if self._operations[key].role == "operation")
        return Share(
            keys=found,
            supported=tuple((device, self._able(device, found)) for device in self._devices),
            devices=tuple(
                (device, count)
                for device in (*self._devices, "")
                if (count := sum(self._placed[key] == device for key in found))
            ),
        )

    def _able(self, device: str, keys: tuple[int, ...]) -> int:
        missing = self._missing.get(device, frozenset())
        return 0 if device in self._failed else sum(key not in missing for key in keys)
