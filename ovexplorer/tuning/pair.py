"""One comparison from beginning to end: both compiled, drift measured, turns until it is decided, both let go.

Everything that happens is an event of the session, so screens, recordings and the headless commands see the same.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from ovexplorer.analysis import paired
from ovexplorer.schema.recorded import ContestKind, Metric, Stopped
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.session import Session
from ovexplorer.session.state import Contest, RunState, Segment

BUDGET_S = 20.0
"""Time for the turns of a comparison that the user asked for."""
CHECK_BUDGET_S = 6.0
"""The same for the check after a toggle."""
OVERRUN = 1.25
"""A budget may be overrun by so much to reach the next look: what is measured after the last one says nothing."""
PATIENCE = 3.0
"""What cannot come to an interval within so many times its budget is given up at once."""
_SHORTEST_S = 10.0
"""Nothing that can come to one within this is given up, however small the budget."""
_FIRST_IS_SLOWER = 4.0
"""A first inference may take so many times as long as those that follow."""


@dataclass(frozen=True)
class PairPlan:
    """What is compared, and for how long."""

    a: RunSpec
    b: RunSpec
    kind: ContestKind = "ab"
    metric: Metric | None = None
    """None takes what `metric_of` says."""
    budget_s: float = BUDGET_S
    """Time for the turns, from the first one on."""
    drift_against: RunSpec | None = None
    """Whose model and inputs make the reference of the drift; None leaves it out."""
    drift_s: float = 2.0
    """Time for the drift of each contestant, at most."""
    gate: Callable[[], Awaitable[None]] | None = None
    """Awaited before each quad, which lets a caller pause between two of them; None asks for many quads at once."""


def endless(spec: RunSpec) -> RunSpec:
    """A spec without an end of its own: how long turns take is decided by the comparison."""
    return msgspec.structs.replace(spec, duration_s=0.0, iterations=0, raw=False)


def metric_of(a: RunSpec, b: RunSpec) -> Metric:
    """What is worth comparing: the latency of single callers and of paced loads, the throughput of anything else.

    How much a paced load completes is up to the load: its throughput is the same on any device that keeps up.
    """
    paced = any(spec.load != "closed" or spec.max_rate_fps for spec in (a, b))
    return "latency" if paced or (a.api == "sync" and b.api == "sync") else "throughput"


async def run_pair(session: Session, plan: PairPlan) -> Contest | None:
    """Compare two configurations; the live run, when there is one, is held meanwhile.

    Cancelling it ends the comparison and lets the live run go on.

    Returns:
        The contest as it ended, also when it failed; None when the session ended or another run began.

    Raises:
        ReplayError: A recording is shown.
    """
    metric = plan.metric or metric_of(plan.a, plan.b)
    contests = session.contests
    before, number = contests.last, 0
    stopped: Stopped = "user"
    try:
        number = await contests.begin(plan.a, plan.b, kind=plan.kind, metric=metric, budget_s=plan.budget_s)
        stopped = await _measured(session, number, plan)
    finally:
        # Cancelled in the middle of the beginning, it has a number already.
        contest = contests.of(number or (contests.last if contests.last != before else 0))
        if contest is not None and contest.stopped is None:
            await contests.end(stopped)
    return contests.of(number)


async def _measured(session: Session, number: int, plan: PairPlan) -> Stopped:
    contest = await _until(session, number, lambda entry: entry.ready)
    if contest is None or not contest.ready:
        return "failed"
    if plan.drift_against is not None:
        await session.contests.measure_drift(contest, plan.drift_against, seconds=plan.drift_s)
        contest = await _until(session, number, lambda entry: entry.drift_a is not None and entry.drift_b is not None)
    while contest is not None and not _failed(contest) and contest.stopped is None:
        quads = len(contest.turns) // 4
        target = paired.next_look(quads)
        if target is None or _used_up(contest, plan.budget_s) or not _in_reach(contest, target, plan.budget_s):
            return "budget"
        if plan.gate is not None:
            await plan.gate()
        contest = await _more_turns(session, contest, 1 if plan.gate is not None else target - quads, plan.budget_s)
        if contest is not None and len(contest.turns) == 4 * target:
            verdict = decision(contest)
            if verdict is not None:
                return verdict
    return "failed"


async def _more_turns(session: Session, contest: Contest, quads: int, budget_s: float) -> Contest | None:
    """Run up to the next look; comes back earlier when the budget is used up."""
    order = _order(contest, quads)
    wanted = len(contest.turns) + len(order)
    await session.contests.run(contest.number, order, seconds=paired.TURN_S, fewest=paired.FEWEST_IN_TURN)

    return await _until(session, contest.number, lambda entry: len(entry.turns) >= wanted or _used_up(entry, budget_s))


def _used_up(contest: Contest, budget_s: float) -> bool:
    """Whether it is, between two quads because half a quad says nothing, or would be long before an interval."""
    count = len(contest.turns)
    whole = count > 0 and count % 4 == 0
    return (whole and spent_s(contest) >= OVERRUN * budget_s) or too_slow(contest, budget_s)


def _in_reach(contest: Contest, look: int, budget_s: float) -> bool:
    """Whether the next look comes within the budget, or a little after it, if quads go on taking as long."""
    quads = len(contest.turns) // 4
    if not quads or look == paired.FEWEST_QUADS:
        return True
    return spent_s(contest) * look / quads <= OVERRUN * budget_s


def too_slow(contest: Contest, budget_s: float) -> bool:
    """Whether the contestants are too slow to be compared in that time, or anything near it."""
    if len(contest.turns) >= 4 * paired.FEWEST_QUADS:
        return False
    least_s = 2 * paired.FEWEST_QUADS * (_least_turn_s(contest.a) + _least_turn_s(contest.b))
    return least_s > max(PATIENCE * budget_s, _SHORTEST_S)


def _least_turn_s(side: Segment) -> float:
    """The shortest that a turn of a contestant can be, by what is known of it: its turns, or its first inference."""
    if side.windows:
        return min(window.end_ns - window.start_ns for window in side.windows) * 1e-9
    rounds = paired.FEWEST_IN_TURN if side.ready is not None and side.ready.requests == 1 else 2
    return max(paired.TURN_S, rounds * (side.phase_ns("first_inference") or 0) * 1e-9 / _FIRST_IS_SLOWER)


def _order(contest: Contest, quads: int) -> tuple[int, ...]:
    a, b = contest.a.number, contest.b.number
    return (a, b, b, a) * quads


def differences_of(contest: Contest) -> tuple[float, ...]:
    """The differences of its quads; a throughput counts items, so a batch of four is four of them."""
    differences = paired.quad_differences(contest.turns, contest.a.number, contest.metric)
    if contest.metric == "throughput" and contest.a.ready is not None and contest.b.ready is not None:
        gain = math.log(max(1, contest.b.ready.batch) / max(1, contest.a.ready.batch))
        differences = tuple(difference + gain for difference in differences)
    return differences


def estimate_contest(contest: Contest) -> paired.PairEstimate:
    """What the turns say about B against A."""
    return paired.estimate(differences_of(contest))


def decision(contest: Contest) -> Stopped | None:
    """Whether the turns at a look settle it; None when they do not."""
    said = estimate_contest(contest)
    if said.verdict != "no_difference":
        return "decided"
    return "precise" if said.precise else None


def spent_s(contest: Contest) -> float:
    """Seconds that the turns took with what lies between them; a pause counts no more than the turn after it."""
    windows = [turn.window for turn in contest.turns]
    lengths = [window.end_ns - window.start_ns for window in windows]
    between = (
        min(max(0, after.start_ns - before.end_ns), length)
        for before, after, length in zip(windows, windows[1:], lengths[1:])
    )
    return (sum(lengths) + sum(between)) * 1e-9


def remaining_s(contest: Contest) -> float | None:
    """The longest it can still take; None before the first turn."""
    return max(0.0, contest.budget_s - spent_s(contest)) if contest.turns else None


def _failed(contest: Contest) -> bool:
    return contest.a.failed is not None or contest.b.failed is not None


async def _until(session: Session, number: int, done: Callable[[Contest], bool]) -> Contest | None:
    """Wait for a state of the contest, its failure or its end; None when it or the session is not there any more."""

    def over(state: RunState) -> bool:
        contest = next((entry for entry in state.contests if entry.number == number), None)
        return contest is None or contest.stopped is not None or _failed(contest) or done(contest)

    state = await session.until(over)
    if not over(state):
        return None  # The session has ended.
    return next((entry for entry in state.contests if entry.number == number), None)
