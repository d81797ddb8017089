"""What looking for a better split tried, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Literal

from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.schema.drift import Drift
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import Contest, Segment
from ovexplorer.text import CleanText, clean
from ovexplorer.tuning.pair import estimate_contest

Ended = Literal["nothing_left", "budget", "user", "failed"]
ENDED_WORDS: dict[Ended, str] = {
    "nothing_left": "nothing that is left promises a gain",
    "budget": "the time is used up",
    "user": "ended by the user",
    "failed": "the engine ended",
}

_NOTHING = CleanText("")


@dataclass(frozen=True)
class Candidate:
    """A split that could be better."""

    title: CleanText
    spec: RunSpec
    saving_ns: int
    """Expected, against the split whose picture it was made from."""
    placed: tuple[str, ...]
    """Device of each operation by key."""
    submodels: int
    """Predicted."""


@dataclass(frozen=True)
class Attempt:
    """One candidate that was tried."""

    number: int
    """From 1."""
    candidate: Candidate
    said: PairEstimate | None
    """Against the best before it; above 1 it is faster. None when it could not be compared."""
    before_ns: int = 0
    """Median latency of the best before it, in these turns."""
    drift: Drift | None = None
    """Of its outputs against the model in f32."""
    kept: bool = False
    why: CleanText = _NOTHING
    """Why it could not be compared."""

    @property
    def saved_ns(self) -> int | None:
        """Measured; positive is faster. None where nothing was measured."""
        if self.said is None or self.said.point is None:
            return None
        return round(self.before_ns * (1 - 1 / self.said.point))


@dataclass(frozen=True)
class Distance:
    """The best split against something else, in turns."""

    title: CleanText
    """`CPU alone`, `the first split`."""
    said: PairEstimate
    """Above 1 the best split is the faster one."""
    other_ns: int
    """Median latency of the other."""
    best_ns: int


@dataclass(frozen=True)
class Improved:
    """What trying came to, or has come to so far."""

    first: RunSpec
    best: RunSpec
    placed: tuple[str, ...]
    """Device of each operation in the best split."""
    attempts: tuple[Attempt, ...] = ()
    total: Distance | None = None
    """The best split against the first one; None when nothing was kept or there was no time."""
    alone: Distance | None = None
    """The best split against the best device alone."""
    ended: Ended = "user"
    seconds: float = 0.0
    pair_s: float = 0.0
    """Time that one comparison takes, at least."""

    @property
    def kept(self) -> tuple[Attempt, ...]:
        """What made it better."""
        return tuple(entry for entry in self.attempts if entry.kept)


def attempt_of(number: int, candidate: Candidate, contest: Contest | None) -> Attempt:
    """What a comparison of the best one with a candidate says."""
    if contest is None:
        return Attempt(number, candidate, None, why=clean("the engine ended"))
    failed = contest.b.failed or contest.a.failed
    said = estimate_contest(contest) if contest.turns else None
    if failed is not None or said is None or said.point is None:
        return Attempt(number, candidate, None, why=clean(str(failed.what) if failed else "no turn was measured"))
    return Attempt(
        number,
        candidate,
        said,
        before_ns=median_ns(contest.a),
        drift=contest.drift_b,
        kept=said.verdict == "b_faster",
    )


def distance_of(attempt: Attempt) -> Distance | None:
    """The distance to what was there before an attempt."""
    if attempt.said is None or attempt.saved_ns is None:
        return None
    return Distance(clean("the first split"), attempt.said, attempt.before_ns, attempt.before_ns - attempt.saved_ns)


def distance_to(attempt: Attempt) -> Distance | None:
    """The distance of what was there before an attempt to one device alone, which the attempt was about."""
    if attempt.said is None or attempt.saved_ns is None:
        return None
    title = clean(f"{attempt.candidate.spec.device} alone")
    return Distance(title, attempt.said.turned, attempt.before_ns - attempt.saved_ns, attempt.before_ns)


def median_ns(side: Segment) -> int:
    """Median over turns of their medians; 0 without a turn."""
    return round(median([window.median_ns for window in side.windows])) if side.windows else 0
