"""What a session itself adds to the stream of events, so that a recording shows the same marks as the live screen."""

from __future__ import annotations

from typing import Literal, TypeAlias

from ovexplorer.schema.base import Data
from ovexplorer.schema.protocol import AnyCommand, AnyEvent
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import CleanText

ContestKind = Literal["check", "ab", "ladder", "try"]
"""The check after a toggle, a comparison the user asked for, a step of a ladder, a remedy that is tried."""

Metric = Literal["latency", "throughput"]

Stopped = Literal["decided", "precise", "budget", "user", "failed"]
"""A difference was shown; none of a size that matters is left; the time was up; the user; it could not be run."""


class Asked(Data, tag=True, frozen=True, kw_only=True):
    """A configuration was asked for: a segment begins."""

    segment: int
    """Number of the new segment."""
    spec: RunSpec
    title: CleanText
    """What changed against the segment before; empty for the first."""
    at_ns: int
    """Engine clock at the key press."""
    new_run: bool = False
    """Whether the segments before are forgotten."""
    kind: Literal["toggle", "restart"] = "toggle"
    """Which mark it leaves on the time axis."""


class Withdrew(Data, tag=True, frozen=True, kw_only=True):
    """A configuration was cancelled before it was measured."""

    segment: int


class Noted(Data, tag=True, frozen=True, kw_only=True):
    """The user left a note on the time axis."""

    text: CleanText
    at_ns: int
    """Engine clock."""


class Contested(Data, tag=True, frozen=True, kw_only=True):
    """Two configurations are to be compared in turns."""

    contest: int
    """Number of the contest."""
    kind: ContestKind
    metric: Metric
    a_segment: int
    a: RunSpec
    b_segment: int
    b: RunSpec
    budget_s: float
    """Time for the turns."""
    at_ns: int
    """Engine clock."""


class Settled(Data, tag=True, frozen=True, kw_only=True):
    """A contest is over."""

    contest: int
    stopped: Stopped
    at_ns: int
    """Engine clock."""


SessionFact: TypeAlias = Asked | Withdrew | Noted | Contested | Settled
StoredEvent: TypeAlias = AnyEvent | SessionFact
"""All that changes a RunState."""


class Recorded(Data, frozen=True, kw_only=True):
    """One entry of a recording."""

    at_ns: int
    """Monotonic clock of the recording process on arrival; differences only."""
    message: AnyEvent | AnyCommand | SessionFact
