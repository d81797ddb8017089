"""The figures of each segment of a run, worked out only when there is something new, and the baseline. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ovexplorer.analysis.causes import verdict_with_causes
from ovexplorer.analysis.compare import Delta, compare_latency
from ovexplorer.analysis.digest import digest_of
from ovexplorer.analysis.paired import PairEstimate, estimate_turns
from ovexplorer.analysis.stability import Verdict, verdict_of
from ovexplorer.analysis.summary import RunSummary, summary_of
from ovexplorer.schema.drift import Drift
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import Contest, RunState, Segment

JUDGE_EVERY_NS = 1_000_000_000
"""Counted time between two verdicts, at least: nobody reads faster, and a verdict costs more than all else together."""

JUDGE_SHARE = 10
"""A verdict is made anew when the run is longer by one part in so many: it moves slower and slower."""

JUDGE_LATEST_NS = 5_000_000_000
"""Counted time after which it is made anew in any case."""


@dataclass(frozen=True)
class Figures:
    """What a segment came to so far."""

    segment: int
    windows: int
    """How many windows they are made from."""
    summary: RunSummary
    verdict: Verdict
    histogram: Mapping[int, int]
    """Samples by bucket."""

    @property
    def p50_ms(self) -> float:
        """The median in milliseconds."""
        return (self.summary.p50_ns or 0.0) / 1e6

    @property
    def p50_half_ms(self) -> float | None:
        """Half of its interval; None while the run is too short."""
        interval = self.verdict.p50_interval_ns
        return interval.half_width / 1e6 if interval else None

    @property
    def fps_half(self) -> float | None:
        """Half of the interval of the throughput; None while the run is too short."""
        interval = self.verdict.fps_interval
        return interval.half_width if interval else None


@dataclass(frozen=True)
class Baseline:
    """The configuration that others are compared with."""

    segment: int
    spec: RunSpec
    figures: Figures


@dataclass(frozen=True)
class Paired:
    """What turns with the baseline say about a segment."""

    estimate: PairEstimate
    """Of the segment against the baseline."""
    drift: Drift | None
    """Of the segment; None before it is measured."""
    baseline_drift: Drift | None
    running: bool
    """Whether the turns go on."""
    failed: bool = False
    """Whether one side could not be run."""


class RunFigures:
    """Follows all segments of the present run."""

    def __init__(self) -> None:
        self._run = 0
        self._segments: dict[int, Figures] = {}
        self._judged_ns: dict[int, int] = {}
        self._baseline: tuple[int, RunSpec] | None = None
        self._contests: tuple[Contest, ...] = ()
        self._estimates: dict[int, tuple[int, PairEstimate]] = {}

    def feed(self, state: RunState) -> None:
        """Take in what is new; another run forgets the last one."""
        run = state.segments[0].number if state.segments else 0
        if run != self._run:
            self._run = run
            self._segments.clear()
            self._judged_ns.clear()
            self._estimates.clear()
            self._baseline = None
        self._contests = state.contests
        for segment in state.segments:
            known = self._segments.get(segment.number)
            if segment.windows and (known is None or known.windows != len(segment.windows)):
                self._segments[segment.number] = self._figures(segment, known)
        if self._baseline is None:
            self._first_valid(state)

    def of(self, number: int) -> Figures | None:
        """Figures of a segment; None before its first window."""
        return self._segments.get(number)

    @property
    def baseline(self) -> Baseline | None:
        """A, with its figures as they are by now; None until a configuration is valid or one is named."""
        if self._baseline is None:
            return None
        number, spec = self._baseline
        return Baseline(number, spec, self._segments[number])

    def set_baseline(self, segment: Segment) -> bool:
        """Name a segment baseline A; False when it has no figures."""
        if segment.number not in self._segments:
            return False
        self._baseline = (segment.number, segment.spec)
        return True

    def against_baseline(self, number: int) -> Delta | None:
        """The sequential speed-up of a segment; None while one of the two is too short."""
        baseline, figures = self.baseline, self.of(number)
        if baseline is None or figures is None:
            return None
        return compare_latency(baseline.figures.verdict, figures.verdict)

    def paired(self, spec: RunSpec) -> Paired | None:
        """The newest comparison of a configuration with the baseline in turns; None without one.

        A comparison that has an interval goes before a newer one that was ended too early to have one.
        """
        if self._baseline is None or spec == self._baseline[1]:
            return None
        found: Paired | None = None
        for contest in reversed(self._contests):
            entry = self._paired_in(contest, spec)
            if entry is not None and (entry.estimate.low is not None or entry.running):
                return entry
            found = found or entry
        return found

    def _paired_in(self, contest: Contest, spec: RunSpec) -> Paired | None:
        base = self._baseline[1] if self._baseline else None
        straight = (contest.a.spec, contest.b.spec) == (base, spec)
        if not straight and (contest.b.spec, contest.a.spec) != (base, spec):
            return None
        drifts = (contest.drift_b, contest.drift_a) if straight else (contest.drift_a, contest.drift_b)
        known = self._estimates.get(contest.number)
        if known is None or known[0] != len(contest.turns):
            said = estimate_turns(contest.turns, contest.a.number, contest.metric)
            known = self._estimates[contest.number] = len(contest.turns), said
        said = known[1] if straight else known[1].turned
        failed = contest.a.failed is not None or contest.b.failed is not None
        return Paired(said, drifts[0], drifts[1], contest.stopped is None, failed)

    def _figures(self, segment: Segment, known: Figures | None) -> Figures:
        batch = segment.ready.batch if segment.ready else 1
        digest = digest_of(segment.windows)
        active_ns = digest.total.active_ns
        judged_ns = self._judged_ns.get(segment.number, 0)
        pause_ns = min(max(JUDGE_EVERY_NS, judged_ns // JUDGE_SHARE), JUDGE_LATEST_NS)
        if known is None or active_ns - judged_ns >= pause_ns:
            self._judged_ns[segment.number] = active_ns
            verdict = verdict_with_causes(verdict_of(digest, batch), segment.loads)
        else:
            verdict = known.verdict
        summary = summary_of(digest, batch)
        return Figures(segment.number, len(segment.windows), summary, verdict, digest.total.histogram)

    def _first_valid(self, state: RunState) -> None:
        for segment in state.segments:
            figures = self.of(segment.number)
            if figures is not None and figures.verdict.valid:
                self.set_baseline(segment)
                return
