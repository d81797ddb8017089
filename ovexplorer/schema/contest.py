"""Commands and events of comparisons: contestants are compiled side by side, run in turns, and let go.

They belong to the protocol and are part of its unions; see `protocol`.
"""

from __future__ import annotations

from ovexplorer.schema.drift import Divergence, Drift
from ovexplorer.schema.message import Command, Event
from ovexplorer.schema.results import Turn
from ovexplorer.schema.spec import RunSpec


class Prepare(Command, frozen=True, kw_only=True):
    """Compile and warm a contestant, and hold it. The live run is held from here until `Release`."""

    segment: int
    """Chosen by the sender from the same numbers as segments of the run; carried by all that follows."""
    spec: RunSpec


class RunTurns(Command, frozen=True, kw_only=True):
    """Let contestants run in turns, one after the other, never at once. Any command ends it early."""

    contest: int
    """Chosen by the sender; carried by what follows."""
    turns: tuple[int, ...]
    """Contestants by segment, in order."""
    seconds: float = 0.1
    """Least length of a turn."""
    fewest: int = 5
    """Least inferences counted in a turn; with several requests at least twice as many as are in flight."""


class MeasureDrift(Command, frozen=True, kw_only=True):
    """Compare outputs of contestants with a reference, on the same inputs, uncounted."""

    segments: tuple[int, ...]
    against: RunSpec
    """Whose model and inputs make the reference; it is compiled in f32 with the ACCURACY mode for it."""
    inputs: int = 64
    """Different inputs, at most."""
    seconds: float = 2.0
    """Time for each contestant and for the reference, at most; at least one input is tried."""


class FindDivergence(Command, frozen=True, kw_only=True):
    """Find the first operation of a contestant's model whose result moves away from the reference."""

    segment: int
    spec: RunSpec
    """Of the contestant, which need not be held any more."""
    against: RunSpec
    threshold: float = 1e-3
    """Relative L2 from which an operation counts as moved."""


class Release(Command, frozen=True, kw_only=True):
    """Let contestants go; when none is left the live run goes on."""

    segments: tuple[int, ...] = ()
    """Empty means all."""


class TurnMeasured(Event, frozen=True, kw_only=True):
    """A turn of a comparison is over."""

    contest: int
    turn: Turn


class TurnsFinished(Event, frozen=True, kw_only=True):
    """All turns that were asked for ran, or something else was asked for."""

    contest: int
    complete: bool


class DriftMeasured(Event, frozen=True, kw_only=True):
    """Answers MeasureDrift, once for each contestant."""

    drift: Drift


class DivergenceFound(Event, frozen=True, kw_only=True):
    """Answers FindDivergence."""

    divergence: Divergence


class ContestantsReleased(Event, frozen=True, kw_only=True):
    """Answers Release."""

    segments: tuple[int, ...]
    at_ns: int
