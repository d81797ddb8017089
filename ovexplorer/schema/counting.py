"""Commands and events about layers beyond a single profile: live counters, another configuration's, the machine's roof.

They belong to the protocol and are part of its unions; see `protocol`.
"""

from __future__ import annotations

from ovexplorer.schema.message import Command, Event
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.schema.spec import RunSpec


class WatchLayers(Command, frozen=True, kw_only=True):
    """Hold the profiled compile of the live run and tell its layers again and again, or stop that.

    The live run goes on in between: it is never counted with counters on. `LayersMeasured` with `live` follows.
    """

    enabled: bool
    every_s: float = 1.0
    """Seconds between two of them, at least."""
    share: float = 0.25
    """Part of the time that is spent on counting, at most."""


class ProfileOther(Command, frozen=True, kw_only=True):
    """Profile a configuration that is not the live one, which is held meanwhile."""

    segment: int
    """Chosen by the sender as for Prepare; carried by the profile."""
    spec: RunSpec
    seconds: float = 2.0
    iterations: int = 200


class MeasurePeak(Command, frozen=True, kw_only=True):
    """Measure what the machine reaches at most, or take it from the cache."""

    again: bool = False
    """Whether a cached figure is measured anew."""


class PeakMeasured(Event, frozen=True, kw_only=True):
    """Answers MeasurePeak."""

    peak: PeakFacts
