"""What a split over devices costs, from nothing to the whole picture.

The model is described and each device asked what it takes; rules of thumb are checked before anything is compiled; then
the split is measured and its layers counted, the same model is counted on each device alone, and all is joined. What is
known is told after every step, so whoever cancels keeps it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from ovexplorer.analysis.split.picture import make_picture
from ovexplorer.analysis.split.predict import predict
from ovexplorer.analysis.split.rules import check
from ovexplorer.analysis.split.suggest import suggest
from ovexplorer.errors import OvexplorerError
from ovexplorer.schema.placement import devices_in_order, resolve
from ovexplorer.schema.protocol import Failed, Profile
from ovexplorer.schema.recorded import StoredEvent
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.spec import RunSpec
from ovexplorer.schema.topology import Topology
from ovexplorer.session.session import Session
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tuning.splits import (
    AloneRun,
    MeasuredSplit,
    alone_devices,
    alone_spec,
    dump_of,
    lacking,
    single,
)

SLOW_COMPILE_S = 3.0
"""Predicted compile time from which it is worth a warning."""

_BEFORE_NS = 0.2e9
"""Plain measuring before counting: it leaves the first inferences behind."""


@dataclass(frozen=True)
class SplitStep:
    """How far it is."""

    doing: str
    """In words: `counting the layers of CPU alone`."""
    number: int
    """From 1."""
    count: int
    so_far: MeasuredSplit


Told = Callable[[SplitStep], None]
Checked = Callable[[MeasuredSplit], None]


async def measure_split(
    session: Session,
    spec: RunSpec,
    *,
    told: Told = lambda _: None,
    checked: Checked = lambda _: None,
    counted: Profile | None = None,
    plain_s: float = 0.0,
) -> MeasuredSplit:
    """Measure a split and the devices alone, and join it all.

    Args:
        session: Its live run is replaced by the split.
        spec: With a device `HETERO:…`.
        told: Called at the beginning of each step.
        checked: Called before anything is compiled, with the rules that were checked and the prediction; may raise.
        counted: How long layers are counted.
        plain_s: How long the split runs without counters before that; 0 is a moment.

    Returns:
        What could be measured; `failed` says what ended it early.

    Raises:
        OvexplorerError: Affinities cannot be understood, or `checked` raised it.
    """
    return await _Measuring(session, spec, told, counted or Profile()).run(checked, plain_s)


class _Measuring:
    def __init__(self, session: Session, spec: RunSpec, told: Told, counted: Profile) -> None:
        self._session = session
        self._told = told
        self._counted = counted
        self._found = MeasuredSplit(spec, devices_in_order(spec.device))
        self._failures: list[Failed] = []
        self._number = 0

    async def run(self, checked: Checked, plain_s: float) -> MeasuredSplit:
        forget = self._session.listen(self._listen)
        try:
            if await self._describe():
                self._check()
                checked(self._found)
                if await self._run_split(plain_s):
                    await self._describe_split()
                    await self._count_alone()
                    self._join()
        finally:
            forget()
        return self._found

    def _listen(self, event: StoredEvent) -> None:
        if isinstance(event, Failed):
            self._failures.append(event)

    def _step(self, doing: str) -> None:
        self._number += 1
        # Topology, run, counting, the split, and one for each device alone.
        self._told(SplitStep(doing, self._number, 4 + len(alone_devices(self._found.devices)), self._found))

    def _keep(self, **more: object) -> None:
        self._found = replace(self._found, **more)  # type: ignore[arg-type]  # names of fields

    # Before compiling

    async def _describe(self) -> bool:
        spec, session = self._found.spec, self._session
        self._step("reading the operations and asking the devices")
        before = session.state
        devices = tuple(dict.fromkeys((*self._found.devices, *alone_devices(self._found.devices))))
        # OpenVINO's own splitter knows nothing of what a stand-in pretends.
        lacks = spec.lacks if spec.splitter == "ours" else {}
        await session.splits.describe_topology(spec.model, devices, spec.stand_ins, lacks)

        def over(state: RunState) -> bool:
            fresh = state.topology is not before.topology or state.topology_failed is not before.topology_failed
            return fresh or state.status == "died"

        state = await session.until(over)
        if state.topology is None or state.topology is before.topology:
            self._keep(failed=state.topology_failed)
            return False
        self._keep(topology=state.topology.topology, support=state.topology.support)
        return True

    def _check(self) -> None:
        found = self._found
        topology = _known(found.topology)
        placed = resolve(topology, found.devices, found.support, found.spec.affinities, found.spec.placements)
        predicted = predict(topology, placed, found.devices)
        findings = check(topology, placed, found.support, predicted)
        self._keep(placed=placed, predicted=predicted, findings=findings)

    # The split itself

    async def _run_split(self, plain_s: float) -> bool:
        session, spec = self._session, self._found.spec
        seconds = self._found.compile_s
        self._step("compiling the split" + (f", about {seconds:.0f} s" if seconds >= SLOW_COMPILE_S else ""))
        await session.start(msgspec.structs.replace(spec, duration_s=0.0, iterations=0, raw=False))

        def enough(state: RunState) -> bool:
            counted = state.measured is not None and _counted_ns(state.measured) >= max(_BEFORE_NS, plain_s * 1e9)
            return counted or _ended(state)

        state = await session.until(enough)
        current = state.current
        if state.measured is None or state.status == "died" or (current is not None and current.failed is not None):
            self._keep(failed=current.failed if current is not None else None)
            return False
        self._keep(run=state.measured)
        self._step("counting the layers of the split")
        profile, why = await self._profile(spec)
        self._keep(profile=profile, failed=why if profile is None else None)
        return profile is not None

    async def _describe_split(self) -> None:
        session, run = self._session, self._found.run
        segment = run.number if run is not None else 0
        self._step("collecting the dumps")
        before = session.state.splits
        at = len(self._failures)
        await session.splits.describe_split(segment)

        def over(state: RunState) -> bool:
            return state.splits != before or len(self._failures) > at or state.status == "died"

        state = await session.until(over)
        described = next((entry for entry in reversed(state.splits) if entry.segment == segment), None)
        if described is None:
            self._note("the split could not be described: submodels are predicted")
        elif described.note:
            self._note(described.note)
        self._keep(described=described)

    # Each device alone

    async def _count_alone(self) -> None:
        for device in alone_devices(self._found.devices):
            self._step(f"counting the layers of {device} alone")
            entry = await self._alone(device)
            self._keep(alone=(*self._found.alone, entry))

    async def _alone(self, device: str) -> AloneRun:
        topology = _known(self._found.topology)
        support = next((entry for entry in self._found.support if entry.device == device), None)
        why = lacking(topology, support) if support is not None else ""
        if why:
            return AloneRun(device, why=clean(why))
        if self._session.state.status == "died":
            return AloneRun(device, why=clean("the engine ended"))
        profile, failed = await self._profile(alone_spec(self._found.spec, device), other=True)
        if profile is not None:
            return AloneRun(device, profile)
        return AloneRun(device, why=clean(str(failed.what) if failed is not None else "the engine ended"))

    async def _profile(self, spec: RunSpec, *, other: bool = False) -> tuple[LayerProfile | None, Failed | None]:
        session, asked, at = self._session, self._counted, len(self._failures)
        if other or spec.api == "async":
            segment = await session.counts.other(single(spec), seconds=asked.seconds, iterations=asked.iterations)
        else:
            segment = session.state.active
            await session.profile(asked)

        def over(state: RunState) -> bool:
            return not state.profiling or state.status == "died" or len(self._failures) > at

        state = await session.until(over)
        profile = next((entry for entry in reversed(state.profiles) if entry.segment == segment), None)
        return profile, next(iter(self._failures[at:]), state.profile_failed)

    # All of it

    def _join(self) -> None:
        found = self._found
        if found.profile is None:
            return
        topology = _known(found.topology)
        dump = dump_of(found.dumps)
        if dump is None and found.described is not None and not found.described.note:
            self._note("there is no dump of the submodels: they are predicted")
        split = found.predicted or predict(topology, found.placed, found.devices)
        picture = make_picture(topology, split, found.profile, found.profiles_alone, dump)
        self._keep(picture=picture, suggestions=suggest(topology, picture, found.support))

    def _note(self, text: str) -> None:
        self._keep(notes=(*self._found.notes, clean(text)))


def _known(topology: Topology | None) -> Topology:
    if topology is None:
        raise OvexplorerError("the operations of the model are not known", "this is a defect")
    return topology


def _counted_ns(segment: Segment) -> int:
    return sum(window.end_ns - window.start_ns for window in segment.windows)


def _ended(state: RunState) -> bool:
    return state.status in ("finished", "died")
