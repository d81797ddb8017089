"""What the layers screen asks of the engine, and when: a profile, refreshes, the machine's roof, other runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.session import Session
from ovexplorer.session.state import RunState, Segment
from ovexplorer.tui.screens.layers_doctor import Alone
from ovexplorer.tui.screens.layers_live import profile_of
from ovexplorer.tui.state_view import is_steady

Do = Callable[[Awaitable[object]], None]


class Counting:
    """Asks once for each thing.

    Attributes:
        waiting_for: A configuration whose layers are being counted beside the run; None when there is none.
    """

    def __init__(self, session: Session, do: Do) -> None:
        self._session = session
        self._do = do
        self._asked_for: set[int] = set()
        self._asked_alone: set[int] = set()
        self._asked_peak = False
        self._begun = False
        self._watched = 0
        self._asking = False
        """Whether refreshes are being asked for: the state says so only once that is done."""
        self.waiting_for: RunSpec | None = None

    def was_asked(self, segment: int) -> bool:
        """Whether the layers of a configuration were asked for."""
        return segment in self._asked_for

    def follow(self, state: RunState, profile: LayerProfile | None) -> None:
        """Ask for what is missing: the profile first, then refreshes, then the roof once the run is steady."""
        segment = state.current
        if segment is None or self._session.is_replay or state.contest is not None:
            return
        if profile is None:
            ready = segment.ready is not None and segment.failed is None and segment.windows
            if ready and state.status in ("live", "paused") and segment.number not in self._asked_for:
                self.profile(segment)
            return
        if state.status != "live" or state.profiling:
            return
        if not self._asking and (not state.watching or self._watched not in (0, segment.number)):
            self._watched = segment.number
            self._asking = True
            self._do(self._watch_anew())
        if state.peak is None and not self._asked_peak and is_steady(state):
            self._asked_peak = True
            self._do(self._session.counts.peak())

    async def _watch_anew(self) -> None:
        """Ask for refreshes, also where the engine forgot that they were asked for: it does when a run starts again."""
        try:
            await self._session.counts.watch(False)
            await self._session.counts.watch(True)
        finally:
            self._asking = False

    def profile(self, segment: Segment) -> None:
        """Count the layers of the live run."""
        self._asked_for.add(segment.number)
        self._do(self._session.profile())

    def stop(self, state: RunState) -> None:
        """No more refreshes: nobody looks."""
        if state.watching:
            self._do(self._session.counts.watch(False))

    def other(self, spec: RunSpec, state: RunState) -> bool:
        """Count another configuration beside the run; False while something else is under way."""
        if self._session.is_replay or state.profiling or state.contest is not None:
            return False
        if state.status not in ("live", "paused"):
            return False
        self.waiting_for, self._begun = spec, False
        self._do(self._session.counts.other(spec))
        return True

    def arrived(self, state: RunState) -> LayerProfile | None:
        """The profile that was waited for, once; gives up when it failed."""
        if self.waiting_for is None:
            return None
        found = profile_of(state.profiles, self.waiting_for)
        # The command is on its way until the state says that something is being counted.
        self._begun = self._begun or state.profiling
        over = (self._begun and not state.profiling) or state.profile_failed is not None
        if found is not None or over:
            self.waiting_for = None
        return found

    def alone(self, state: RunState, *, ask: bool) -> Alone:
        """What the CPU alone needs, for a run that is split over devices.

        Args:
            state: As it is now.
            ask: Whether it is counted when it is not known yet, once a configuration.
        """
        segment = state.current
        spec = cpu_alone(segment.spec) if segment is not None else None
        if segment is None or spec is None:
            return Alone()
        found = profile_of(state.profiles, spec)
        if found is None and ask and segment.number not in self._asked_alone and self.other(spec, state):
            self._asked_alone.add(segment.number)
        return Alone(True, found, found is None and self.waiting_for == spec)


def cpu_alone(spec: RunSpec) -> RunSpec | None:
    """The same on the CPU alone; None for a run that is not split over devices."""
    if not spec.device.startswith("HETERO:"):
        return None
    return replace(spec, device="CPU", stand_ins=(), lacks={}, affinities=(), placements={}, device_properties={})
