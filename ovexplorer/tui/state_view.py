"""What the frame of every screen says about a state: badge, run line, cost of the UI. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ovexplorer import units
from ovexplorer.session.state import RunState
from ovexplorer.tui.glyphs import Glyphs

Piece: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Headline:
    """The figures that stand on row 2 of every screen."""

    segment: int = 0
    """The segment they belong to."""
    parts: tuple[tuple[Piece, ...], ...] = ()


def badge(state: RunState, since_event_s: float, glyphs: Glyphs) -> Piece:
    """The one word about what happens now.

    Args:
        state: The present state.
        since_event_s: Seconds since its last event, so that elapsed time goes on without events.
        glyphs: Signs to use.
    """
    if state.died is not None or state.status == "died":
        return f"{glyphs.bad} DIED", "bad*"
    busy = busy_since_ns(state)
    if busy is not None:
        return f"{glyphs.working} {max(0.0, (state.now_ns - busy) / 1e9 + since_event_s):.1f} s", "warn*"
    if state.status == "paused":
        return f"{glyphs.paused} PAUSED", "muted*"
    if "speed" in state.extra:
        return f"{glyphs.replay} {state.extra['speed']}", "live*"
    if state.status == "live":
        return f"{glyphs.live} LIVE", "live*"
    return f"{glyphs.idle} IDLE", "muted"


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


def is_fast(state: RunState, limit_ns: float) -> bool:
    """Whether the model measured now is faster than a limit."""
    segment = state.measured
    return segment is not None and segment.windows[-1].median_ns < limit_ns


def headline_parts(state: RunState, glyphs: Glyphs) -> tuple[tuple[Piece, ...], ...]:
    """p50, FPS and verdict of what was measured last."""
    segment = state.measured
    if segment is None:
        return ()
    window = segment.windows[-1]
    return ((("p50 ", "muted"), (units.ms_number(window.median_ns), "live*"), (" ms", "muted")),)
