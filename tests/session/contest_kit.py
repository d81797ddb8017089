"""Turns and contestants for tests of comparisons."""

from __future__ import annotations

import msgspec

from ovexplorer.schema.contest import TurnMeasured
from ovexplorer.schema.results import Turn
from tests.session.session_kit import window

MS = 1_000_000


def turn(contest: int, segment: int, milliseconds: float = 10.0, start_ns: int = 0, count: int = 5) -> TurnMeasured:
    """A turn of inferences that all took so long."""
    made = window(segment, start_ns, (round(milliseconds * MS),) * count)
    return TurnMeasured(contest=contest, turn=Turn(window=msgspec.structs.replace(made, segment=segment), dropped=1))
