"""A better split, found by trying: what promises most is compiled and compared in turns with the best one so far.

A candidate is kept when the whole interval of the comparison lies beyond what is negligible, by the same rule as any
other comparison. After each one that is kept its layers are counted, so what is tried next follows from measured times
again. It ends when nothing promises a gain any more, or with the budget; the gain over the first split is measured in
turns too, never added up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ovexplorer.analysis.paired import FEWEST_IN_TURN, FEWEST_QUADS, NEGLIGIBLE, TURN_S
from ovexplorer.analysis.split.model import CostPicture, Suggestion
from ovexplorer.analysis.split.picture import make_picture
from ovexplorer.analysis.split.predict import predict
from ovexplorer.analysis.split.rules import compile_seconds
from ovexplorer.analysis.split.suggest import apply_suggestion, suggest
from ovexplorer.clock import Clock, SystemClock
from ovexplorer.schema.placement import devices_in_order, resolve
from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.session import Session
from ovexplorer.session.state import Contest
from ovexplorer.text import CleanText, clean
from ovexplorer.tuning.attempts import (
    Attempt,
    Candidate,
    Distance,
    Ended,
    Improved,
    attempt_of,
    distance_of,
    distance_to,
    median_ns,
)
from ovexplorer.tuning.exploring import FAR, explored, remembering
from ovexplorer.tuning.pair import PairPlan, endless, estimate_contest, run_pair
from ovexplorer.tuning.splits import BASELINE, MeasuredSplit, alone_spec, single

BUDGET_S = 60.0
"""Time for all of it."""
SHORTEST_S = 10.0
"""A smaller budget ends before anything could be decided."""

_PAIR_S = 10.0
"""Time for the turns of one comparison, at most; what is clear is decided long before."""
_PAIR_SHARE = 1 / 6
_ROOM = 1.1
"""What lies between turns."""
_DRIFT_S = 0.3
_COUNT_S, _COUNT_INFERENCES = 1.0, 100

Told = Callable[[str, Improved], None]
"""Gets what is done now, in words, and what is there so far."""


async def improve(
    session: Session,
    found: MeasuredSplit,
    *,
    budget_s: float = BUDGET_S,
    told: Told = lambda *_: None,
    clock: Clock | None = None,
    drift: bool = True,
) -> Improved:
    """Look for a better split than a measured one.

    Args:
        session: The one it was measured in.
        found: With a picture.
        budget_s: Time for everything, the last comparisons included.
        told: Called at the beginning of everything that takes time, and after it.
        clock: Measures the budget.
        drift: Whether the drift of each candidate is measured.
    """
    return await _Improving(session, found, budget_s, told, clock or SystemClock(), drift=drift).run()


@dataclass
class _Evidence:
    """What candidates are made from."""

    picture: CostPicture
    spec: RunSpec
    """What the picture is of."""
    gained_ns: int = 0
    """What was saved since the picture was made, when no new one could be."""


class _Improving:
    def __init__(
        self, session: Session, found: MeasuredSplit, budget_s: float, told: Told, clock: Clock, *, drift: bool
    ) -> None:
        if found.topology is None or found.picture is None:
            raise ValueError("only a measured split can be improved")
        self._session = session
        self._found = found
        self._topology = found.topology
        self._told = told
        self._clock = clock
        self._drift = drift
        self._budget_s = budget_s
        self._began_ns = clock.monotonic_ns()
        first = endless(found.spec)
        self._evidence = _Evidence(found.picture, first)
        self._so_far = Improved(first, first, found.placed)
        self._tried = {self._identity(first, found.placed)}
        self._longest_s = 0.0
        """The longest that an attempt took."""

    async def run(self) -> Improved:
        ended: Ended = "nothing_left"
        while True:
            candidates = self._candidates()
            if not candidates:
                break
            candidate = next(filter(self._in_time, candidates), None)
            if candidate is None:
                ended = "budget"
                break
            if not await self._try(candidate):
                ended = "failed"
                break
        if ended != "failed":
            await self._measure_distances()
        self._so_far = replace(self._so_far, ended=ended, seconds=self._spent_s(), pair_s=self._pair_s())
        return self._so_far

    # Time

    def _spent_s(self) -> float:
        return (self._clock.monotonic_ns() - self._began_ns) * 1e-9

    def _left_s(self) -> float:
        return self._budget_s - self._spent_s()

    def _pair_s(self) -> float:
        """Of one comparison: as long as its first look takes with what is the best now, or a little longer."""
        turn_s = max(TURN_S, FEWEST_IN_TURN * self._evidence.picture.main.latency_ns * 1e-9)
        return max(_ROOM * 4 * FEWEST_QUADS * turn_s, min(_PAIR_S, self._budget_s * _PAIR_SHARE))

    def _needs_s(self) -> float:
        """Of another attempt, and of the comparison with the first split, which the only step so far does not need."""
        return max(self._pair_s(), self._longest_s) + (self._pair_s() if self._so_far.kept else 0.0)

    # What to try

    def _candidates(self) -> list[Candidate]:
        """What is not tried yet, the most promising first: what promises a gain, and only then what might be one."""
        evidence, support = self._evidence, self._found.support
        latency_ns = evidence.picture.main.latency_ns - evidence.gained_ns
        promising = self._fresh(suggest(self._topology, evidence.picture, support), NEGLIGIBLE * latency_ns)
        return promising or self._fresh(explored(self._topology, evidence.picture, support), -FAR * latency_ns)

    def _fresh(self, suggestions: Sequence[Suggestion], least_ns: float) -> list[Candidate]:
        made = [self._candidate(suggestion) for suggestion in suggestions]
        return [
            candidate
            for candidate in sorted(made, key=lambda entry: -entry.saving_ns)
            if candidate.saving_ns > least_ns and self._identity(candidate.spec, candidate.placed) not in self._tried
        ]

    def _in_time(self, candidate: Candidate) -> bool:
        return compile_seconds(candidate.submodels) + self._needs_s() <= self._left_s()

    def _candidate(self, suggestion: Suggestion) -> Candidate:
        # Applied to the split that the picture is of, which is the best one unless that runs on a single device.
        spec = apply_suggestion(self._evidence.spec, self._topology, suggestion)
        devices = devices_in_order(spec.device)
        if devices:
            placed = resolve(self._topology, devices, self._found.support, spec.affinities, spec.placements)
        else:
            spec = alone_spec(self._found.spec, spec.device)
            placed = (spec.device,) * len(self._topology.operations)
        spec = endless(spec)
        saving_ns = suggestion.saving_ns - self._evidence.gained_ns
        return Candidate(suggestion.title, spec, saving_ns, placed, suggestion.submodels[1])

    @staticmethod
    def _identity(spec: RunSpec, placed: tuple[str, ...]) -> object:
        """What makes two candidates the same: all on one device is not the same as that device alone."""
        return spec.device, placed

    # Trying

    async def _try(self, candidate: Candidate) -> bool:
        """Compare a candidate with the best so far; False when the engine ended."""
        began_s = self._spent_s()
        self._tried.add(self._identity(candidate.spec, candidate.placed))
        number = len(self._so_far.attempts) + 1
        self._tell(f"trying {number}: {candidate.title}")
        contest = await self._compare(self._so_far.best, candidate.spec, drift=self._drift)
        attempt = attempt_of(number, candidate, contest)
        self._so_far = replace(self._so_far, attempts=(*self._so_far.attempts, attempt))
        if attempt.kept:
            self._so_far = replace(self._so_far, best=candidate.spec, placed=candidate.placed)
            if self._left_s() > self._needs_s():
                await self._look_again(attempt)
        self._longest_s = max(self._longest_s, self._spent_s() - began_s)
        self._tell("")
        return contest is not None and self._session.state.died is None

    async def _compare(self, a: RunSpec, b: RunSpec, *, drift: bool = False) -> Contest | None:
        plan = PairPlan(
            a=a,
            b=b,
            metric="latency" if a.api == b.api == "sync" else None,
            budget_s=self._pair_s(),
            drift_against=alone_spec(self._found.spec, BASELINE) if drift else None,
            drift_s=_DRIFT_S,
        )
        return await run_pair(self._session, plan)

    async def _look_again(self, attempt: Attempt) -> None:
        """Count the layers of the split that is the best now; without them the picture of the one before stands."""
        candidate = attempt.candidate
        devices = devices_in_order(candidate.spec.device)
        profile = None
        if devices:
            self._tell("counting the layers of the better split")
            profile = await self._profile(candidate.spec)
        if profile is None:
            self._evidence.gained_ns += max(0, attempt.saved_ns or 0)
            return
        split = predict(self._topology, candidate.placed, devices)
        picture = make_picture(self._topology, split, profile, self._found.profiles_alone)
        self._evidence = _Evidence(remembering(picture, self._evidence.picture), candidate.spec)

    async def _profile(self, spec: RunSpec) -> LayerProfile | None:
        session = self._session
        failures: list[Failed] = []
        forget = session.listen(lambda event: failures.append(event) if isinstance(event, Failed) else None)
        try:
            segment = await session.counts.other(single(spec), seconds=_COUNT_S, iterations=_COUNT_INFERENCES)
            state = await session.until(lambda now: not now.profiling or now.died is not None or bool(failures))
        finally:
            forget()
        return next((entry for entry in reversed(state.profiles) if entry.segment == segment), None)

    # What it came to

    async def _measure_distances(self) -> None:
        so_far = self._so_far
        if so_far.best == so_far.first:
            return
        kept = so_far.kept
        if len(kept) == 1 and kept[0].said is not None:
            # It was compared with the first one already.
            total = distance_of(kept[0])
        else:
            self._tell("comparing with the first split")
            total = await self._distance(clean("the first split"), so_far.first)
        self._so_far = replace(self._so_far, total=total)
        alone = min(self._found.profiles_alone, key=lambda entry: entry[1].latency_ns, default=None)
        if alone is not None and devices_in_order(so_far.best.device):
            self._so_far = replace(self._so_far, alone=await self._distance_to_device(alone[0]))

    async def _distance_to_device(self, device: str) -> Distance | None:
        attempts = self._so_far.attempts
        last_kept = max((entry.number for entry in attempts if entry.kept), default=0)
        tried = [entry for entry in attempts[last_kept:] if entry.candidate.spec.device == device and entry.said]
        if tried:
            # Not kept, so it was compared with what is the best now.
            return distance_to(tried[-1])
        if self._left_s() < self._pair_s():
            return None
        self._tell(f"comparing with {device} alone")
        return await self._distance(clean(f"{device} alone"), alone_spec(self._found.spec, device))

    async def _distance(self, title: CleanText, other: RunSpec) -> Distance | None:
        contest = await self._compare(endless(other), self._so_far.best)
        if contest is None or not contest.turns:
            return None
        return Distance(title, estimate_contest(contest), median_ns(contest.a), median_ns(contest.b))

    def _tell(self, doing: str) -> None:
        self._so_far = replace(self._so_far, seconds=self._spent_s())
        self._told(doing, self._so_far)
