"""What keys do to a replay: slower, faster, pause."""

from __future__ import annotations

from typing import Final

from ovexplorer.session.session import Session

AT_ONCE: Final = 0.0
SPEEDS: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 125.0, 250.0, 500.0, 1000.0, AT_ONCE)
"""Slowest first; the last one waits for nothing."""

ENDED: Final = "the recording has ended; q quits"


def stepped(speed: float, by: int) -> float:
    """The next speed of the ladder, faster for 1, slower for -1; the ends stay."""
    if speed == AT_ONCE:
        return AT_ONCE if by > 0 else SPEEDS[-2]
    ladder = SPEEDS[:-1]
    if by > 0:
        return next((step for step in ladder if step > speed), AT_ONCE)
    return next((step for step in reversed(ladder) if step < speed), ladder[0])


def change_speed(session: Session, by: int) -> str:
    """Go on faster for 1, slower for -1; a text when it cannot be."""
    from ovexplorer.session.replay import ReplaySource

    source = session.source
    if not isinstance(source, ReplaySource):
        return ""
    if source.ended:
        return ENDED
    source.set_speed(stepped(source.speed, by))
    return ""


def toggle_pause(session: Session) -> str:
    """Stand still, or go on; a text when it cannot be."""
    from ovexplorer.session.replay import ReplaySource

    source = session.source
    if not isinstance(source, ReplaySource):
        return ""
    if source.ended:
        return ENDED
    source.toggle_pause()
    return ""
