"""What the frame of every screen says about a state: badge, run line, cost of the UI. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from ovexplorer import units
from ovexplorer.options.apply import headline
from ovexplorer.session.state import Contest, RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs

if TYPE_CHECKING:
    from ovexplorer.analysis.stability import Verdict

Piece: TypeAlias = tuple[str, str]


FIRST_WINDOWS = 20
"""Windows of a configuration that are shown as they come, two seconds of them; then the rate may fall."""

TURNS_IN_QUAD = 4

MOST_QUADS = 50
"""A comparison never takes more; see `analysis.paired`, which is not needed before the first one."""

SPARING_HZ = 2.0
"""At this rate or below a steady run is painted once a second."""

MICROSECONDS_BELOW_NS = 100_000
"""Shorter latencies are told in microseconds."""

HEADLINE_EVERY_NS = 1_000_000_000
"""Engine time between two headlines."""


def badge(state: RunState, since_event_s: float, glyphs: Glyphs) -> Piece:
    """The one word about what happens now.

    Args:
        state: The present state.
        since_event_s: Seconds since its last event, so that elapsed time goes on without events.
        glyphs: Signs to use.
    """
    if state.extra:
        return replay_badge(state.extra, glyphs)
    if state.died is not None or state.status == "died":
        return f"{glyphs.bad} DIED", "bad*"
    if state.contest is not None:
        return contest_badge(state.contest, glyphs)
    busy = busy_since_ns(state)
    if busy is not None:
        return f"{glyphs.working} {max(0.0, (state.now_ns - busy) / 1e9 + since_event_s):.1f} s", "warn*"
    if state.status == "paused":
        return f"{glyphs.paused} PAUSED", "muted*"
    if state.status == "live":
        return f"{glyphs.live} LIVE", "live*"
    return f"{glyphs.idle} IDLE", "muted"


def contest_badge(contest: Contest, glyphs: Glyphs) -> Piece:
    """How far a comparison is: what is compiled, then quads: `● A/B 5/50`."""
    if not contest.ready:
        return f"{glyphs.working} {'B' if contest.a.ready is not None else 'A'} compiling", "warn*"
    if not contest.turns:
        return f"{glyphs.working} A/B warming up", "warn*"
    name = contest.kind if contest.kind in ("ladder", "try") else "A/B"
    return f"{glyphs.live} {name} {len(contest.turns) // TURNS_IN_QUAD}/{MOST_QUADS}", "live*"


def contest_parts(contest: Contest) -> tuple[tuple[Piece, ...], ...]:
    """The same for row 2, with the time that is left at most."""
    if not contest.turns:
        return ((("A and B in turns, nothing else runs", "muted"),),)
    # Late: nothing is compared before the first paint.
    from ovexplorer.tuning.pair import remaining_s

    left = remaining_s(contest)
    quads = f"{len(contest.turns) // TURNS_IN_QUAD} of {MOST_QUADS} quads"
    return (((f"{quads}, at most {left:.0f} s left" if left is not None else quads, "muted"),),)


def replay_badge(extra: Mapping[str, str], glyphs: Glyphs) -> Piece:
    """Speed, position and length of a replay: `► 4x 0:12/1:24`."""
    speed, at, length = (extra.get(key, "") for key in ("speed", "at", "length"))
    if speed == "ended":
        return f"{glyphs.replay} ended {length}", "muted*"
    if speed == "paused":
        return f"{glyphs.paused} PAUSED {at}/{length}", "muted*"
    return f"{glyphs.replay} {speed} {at}/{length}", "live*"


def busy_since_ns(state: RunState) -> int | None:
    """Engine clock at which the work under way began; None when nothing is under way."""
    current = state.current
    if current is None or state.status not in ("working", "starting") or not current.phases:
        return state.now_ns if state.status == "working" else None
    # One toggle is one wait for the user, whatever phases it is made of.
    first = next((p for p in current.phases if p.phase not in ("import", "devices")), current.phases[0])
    return first.started_ns


def clock_tail(seconds: float, host: str, cost: str) -> str:
    """Right end of row 1 from 120 columns on."""
    return " · ".join(part for part in (units.stopwatch(seconds), host, cost) if part)


def is_steady(state: RunState) -> bool:
    """Whether a run is live and past its first two seconds, when every new figure is worth a repaint."""
    segment = state.current
    return state.status == "live" and segment is not None and len(segment.windows) >= FIRST_WINDOWS


def is_fast(state: RunState, limit_ns: float) -> bool:
    """Whether the model measured now is faster than a limit."""
    segment = state.measured
    return segment is not None and segment.windows[-1].median_ns < limit_ns


class HeadlineBoard:
    """The figures on row 2 of every screen, computed at most once a second and when another segment is measured."""

    def __init__(self) -> None:
        self._segment = 0
        self._windows = 0
        self._at_ns = 0
        self._parts: tuple[tuple[Piece, ...], ...] = ()

    def parts(self, state: RunState, glyphs: Glyphs) -> tuple[tuple[Piece, ...], ...]:
        """p50, FPS and verdict of what was measured last; empty before the first window."""
        segment = state.measured
        if segment is None:
            self._segment = 0
            return ()
        fresh = segment.number == self._segment and segment.windows[-1].end_ns - self._at_ns < HEADLINE_EVERY_NS
        if not fresh or len(segment.windows) < self._windows:
            self._segment, self._windows = segment.number, len(segment.windows)
            self._at_ns = segment.windows[-1].end_ns
            self._parts = headline_parts(segment, glyphs)
        return self._parts


def headline_parts(segment: Segment, glyphs: Glyphs) -> tuple[tuple[Piece, ...], ...]:
    """p50 with its interval, FPS, verdict; muted unless valid."""
    # Late: nothing is measured before the first paint.
    from ovexplorer.analysis.causes import verdict_with_causes
    from ovexplorer.analysis.stability import judge
    from ovexplorer.analysis.summary import summarise

    batch = segment.ready.batch if segment.ready else 1
    summary = summarise(segment.windows, batch)
    verdict = verdict_with_causes(judge(segment.windows, batch), segment.loads)
    if summary.p50_ns is None:
        return ()
    role = "text*" if verdict.valid else "muted"
    size, unit = (1e3, "µs") if summary.p50_ns < MICROSECONDS_BELOW_NS else (1e6, "ms")
    interval = verdict.p50_interval_ns
    spread = f" {glyphs.plus_minus}{units.significant(interval.half_width / size, 2)}" if interval else ""
    p50 = (("p50 ", "muted"), (units.significant(summary.p50_ns / size), role), (f"{spread} {unit}", "muted"))
    fps = ((units.significant(summary.fps), role), (" FPS", "muted")) if summary.fps else ()
    parts: tuple[tuple[Piece, ...], ...] = (p50, *((fps,) if fps else ()), (verdict_piece(verdict, glyphs),))
    return parts


def verdict_piece(verdict: Verdict, glyphs: Glyphs) -> Piece:
    """`valid`, or the first reason in a word, or the time left."""
    if verdict.valid:
        return f"{glyphs.good} valid", "good"
    if verdict.verdict == "too_short":
        if verdict.seconds_needed is None:
            return f"{glyphs.working} too short", "warn"
        return f"{glyphs.working} verdict in {max(1, round(verdict.seconds_needed))} s", "warn"
    words = {"trend": "trend", "level_shift": "level shift", "wide_interval": "wide", "throttled": "throttled"}
    code = verdict.reasons[0].code if verdict.reasons else ""
    return f"~ {words.get(code, 'unstable')}", "warn"


def last_words(state: RunState) -> str:
    """What was measured, in one line for the shell; empty when nothing was."""
    segment = state.measured
    if segment is None:
        return ""
    # Late: nothing is measured before the first paint.
    from ovexplorer.analysis.summary import summarise

    summary = summarise(segment.windows, segment.ready.batch if segment.ready else 1)
    if summary.p50_ns is None:
        return ""
    fps = f", {units.significant(summary.fps)} FPS" if summary.fps else ""
    precision = precision_of(segment)
    what = clean(headline(segment.spec, precision=precision))
    return f"{what}: p50 {units.duration(summary.p50_ns)}{fps} over {summary.iterations:,} inferences"


def precision_of(segment: Segment) -> str:
    """Precision that the device reads back; empty when it does not tell."""
    effective = segment.ready.effective if segment.ready else ()
    found = (entry.effective for entry in effective if entry.property == "INFERENCE_PRECISION_HINT" and entry.effective)
    return next(found, "") or ""
