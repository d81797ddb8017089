"""Affinities being edited: which operations of a model go to which device, frozen, with undo, and what comes of it.

Every edit gives another value. What is compiled in the end is `spec()`: one rule or placement an edit, no more than is
needed to differ from the rules and the order of devices. Nothing here knows of a screen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import msgspec

from ovexplorer.analysis.split.model import RuleFinding, Split
from ovexplorer.analysis.split.predict import predict
from ovexplorer.analysis.split.rules import check, compile_seconds
from ovexplorer.errors import UsageError
from ovexplorer.schema.placement import devices_in_order, matching, resolve
from ovexplorer.schema.spec import AffinityRule, RunSpec
from ovexplorer.schema.topology import DeviceSupport, Operation, Topology
from ovexplorer.text import RawName, clean

MOST_STEPS = 200
"""Edits that can be taken back."""


@dataclass(frozen=True)
class Prediction:
    """What a placement comes to, told without compiling it."""

    split: Split
    findings: tuple[RuleFinding, ...]
    """What each rule of thumb says."""
    compile_s: float
    """Seconds that compiling takes, roughly."""
    unplaced: tuple[int, ...]
    """Operations without a device: OpenVINO would refuse the model."""


def make_prediction(
    topology: Topology, placed: Sequence[str], devices: Sequence[str], support: Sequence[DeviceSupport]
) -> Prediction:
    """Predict submodels and cuts, and check the rules of thumb.

    Args:
        topology: The model.
        placed: Device of each operation by key; empty where none takes it.
        devices: In the order of preference.
        support: What each of them can run.
    """
    split = predict(topology, placed, devices)
    nowhere = [entry for entry in topology.operations if not placed[entry.key] and entry.role != "constant"]
    # A result without a device only follows its producer: that is the one to tell.
    unplaced = [entry.key for entry in nowhere if entry.role == "operation"] or [entry.key for entry in nowhere]
    return Prediction(
        split=split,
        findings=check(topology, placed, support, split),
        compile_s=compile_seconds(len(split.submodels)),
        unplaced=tuple(unplaced),
    )


@dataclass(frozen=True)
class Affinities:
    """Pending affinities of one model, beside those that run."""

    topology: Topology
    support: tuple[DeviceSupport, ...]
    """What each device can run."""
    running: RunSpec
    """What runs now."""
    present: RunSpec
    """With the edits."""
    past: tuple[RunSpec, ...] = ()
    """What undo goes back to, oldest first."""
    future: tuple[RunSpec, ...] = ()
    """What redo goes on to, the next one last."""

    # What is set

    def spec(self) -> RunSpec:
        """What is asked for with the edits."""
        return self.present

    @property
    def devices(self) -> tuple[str, ...]:
        """Devices that operations can go to, the preferred one first; none unless the model is split."""
        return devices_in_order(self.present.device)

    @cached_property
    def placed(self) -> tuple[str, ...]:
        """Device of each operation by key, with the edits."""
        return self._resolved(self.present)

    @cached_property
    def placed_now(self) -> tuple[str, ...]:
        """Device of each operation in what runs."""
        return self._resolved(self.running)

    @cached_property
    def moved(self) -> tuple[int, ...]:
        """Operations that run elsewhere with the edits; constants, inputs and outputs are left out: they follow."""
        return tuple(
            entry.key
            for entry in self.topology.operations
            if entry.role == "operation" and self.placed[entry.key] != self.placed_now[entry.key]
        )

    @property
    def count(self) -> int:
        """Operations that run elsewhere with the edits."""
        return len(self.moved)

    @property
    def changed(self) -> bool:
        """Whether anything differs from what runs, also a rule that moves nothing."""
        return self.present != self.running

    @cached_property
    def prediction(self) -> Prediction:
        """What the edits come to; computed once, on first use."""
        return make_prediction(self.topology, self.placed, self.devices, self.support)

    @cached_property
    def prediction_now(self) -> Prediction:
        """The same for what runs."""
        return make_prediction(self.topology, self.placed_now, devices_in_order(self.running.device), self.support)

    # Edits

    def assign(self, operations: Iterable[int | str], device: str) -> Affinities:
        """Send operations to a device, by placements; those that go there anyway lose theirs.

        Args:
            operations: Keys, or names as the model spells them. Constants follow their consumer and are passed over.
            device: One of `devices`.

        Raises:
            UsageError: The device is not in the list, or the model has no such operation.
        """
        self._must_have(device)
        names = {entry.raw_name for entry in self._entries(operations) if entry.role != "constant"}
        if not names:
            return self
        left = {name: where for name, where in self.present.placements.items() if name not in names}
        without = msgspec.structs.replace(self.present, placements=left)
        anyway = self._resolved(without)
        added = {
            str(entry.raw_name): device
            for entry in self.topology.operations
            if entry.raw_name in names and anyway[entry.key] != device
        }
        return self._become(msgspec.structs.replace(self.present, placements={**left, **added}))

    def assign_matching(self, pattern: str, device: str) -> Affinities:
        """Send all operations that a pattern names to a device, by a rule; it wins over the earlier ones.

        Raises:
            UsageError: The device is not in the list, or the pattern cannot be understood or names nothing.
        """
        self._must_have(device)
        if not matching(self.topology, pattern):
            raise UsageError(f"no operation matches {clean(pattern, 80)!r}", "look at the names in the list")
        rule = AffinityRule(pattern=pattern, device=device)
        kept = tuple(entry for entry in self.present.affinities if entry.pattern != pattern)
        return self._become(msgspec.structs.replace(self.present, affinities=(*kept, rule)))

    def clear(self, operations: Iterable[int | str] | None = None) -> Affinities:
        """Take placements away from operations; without operations all placements and rules go.

        Raises:
            UsageError: The model has no such operation.
        """
        if operations is None:
            return self._become(msgspec.structs.replace(self.present, affinities=(), placements={}))
        names = {entry.raw_name for entry in self._entries(operations)}
        left = {name: device for name, device in self.present.placements.items() if name not in names}
        return self._become(msgspec.structs.replace(self.present, placements=left))

    def take(self, spec: RunSpec) -> Affinities:
        """Take another spec of the same model as one edit: a suggestion, or what a form made."""
        return self._become(spec)

    def revert(self) -> Affinities:
        """Back to what runs, as one edit."""
        return self._become(self.running)

    def undo(self) -> Affinities:
        """Take back the last edit; the same value when there is none."""
        if not self.past:
            return self
        return replace(
            self, present=self.past[-1], past=self.past[:-1], future=(*self.future, self.present)[-MOST_STEPS:]
        )

    def redo(self) -> Affinities:
        """Make it again; the same value when there is none."""
        if not self.future:
            return self
        return replace(
            self, present=self.future[-1], past=(*self.past, self.present)[-MOST_STEPS:], future=self.future[:-1]
        )

    # What happened elsewhere

    def ran(self, running: RunSpec) -> Affinities:
        """Something else runs now; the edits stay as they are."""
        return replace(self, running=running)

    def described(self, topology: Topology, support: tuple[DeviceSupport, ...]) -> Affinities:
        """The devices were asked again."""
        return replace(self, topology=topology, support=support)

    # Inside

    def _resolved(self, spec: RunSpec) -> tuple[str, ...]:
        devices = devices_in_order(spec.device)
        if not devices:
            return (spec.device,) * len(self.topology.operations)
        return resolve(self.topology, devices, self.support, spec.affinities, spec.placements)

    def _become(self, spec: RunSpec) -> Affinities:
        if spec == self.present:
            return self
        return replace(self, present=spec, past=(*self.past, self.present)[-MOST_STEPS:], future=())

    def _must_have(self, device: str) -> None:
        if not self.devices:
            raise UsageError(
                f"{clean(self.present.device, 60)} does not split the model", "build a HETERO device first: d"
            )
        if device not in self.devices:
            raise UsageError(
                f"{clean(device, 60)} is not in {clean(self.present.device, 120)}", "add it in the device builder: d"
            )

    def _entries(self, operations: Iterable[int | str]) -> tuple[Operation, ...]:
        names = {entry.raw_name: entry for entry in self.topology.operations}
        found = []
        for wanted in operations:
            if isinstance(wanted, int):
                entry = self.topology.operations[wanted] if 0 <= wanted < len(self.topology.operations) else None
            else:
                entry = names.get(RawName(wanted))
            if entry is None:
                raise UsageError(f"the model has no operation {clean(str(wanted), 120)!r}", "take one of its list")
            found.append(entry)
        return tuple(found)
