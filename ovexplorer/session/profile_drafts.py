"""Profiles of a run: the last of each configuration, what is under way, and what failed."""

from __future__ import annotations

from ovexplorer.schema.peak import PeakFacts
from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.results import LayerProfile

MOST_PROFILES = 16


class ProfileDrafts:
    """What the store knows of layers.

    Attributes:
        last: The last profile of a configuration of the run.
        failed: Why the last one could not be taken; None after one that could.
        running: Whether one is under way.
        watching: Whether layers are told again and again.
        peak: What the machine reaches at most.
    """

    def __init__(self) -> None:
        self.last: LayerProfile | None = None
        self.failed: Failed | None = None
        self.running = False
        self.watching = False
        self.peak: PeakFacts | None = None
        self._all: dict[int, LayerProfile] = {}

    def clear(self) -> None:
        """Another run; what the machine reaches stays."""
        self.last = self.failed = None
        self.running = self.watching = False
        self._all.clear()

    def freeze(self) -> tuple[LayerProfile, ...]:
        """The last profile of each configuration, the newest last."""
        return tuple(self._all.values())

    def expect(self) -> None:
        """A profile was asked for."""
        self.running = True
        self.failed = None

    def take(self, profile: LayerProfile, *, of_run: bool) -> None:
        """A profile is there.

        Args:
            profile: What was measured.
            of_run: Whether its segment belongs to the run, so that screens show it.
        """
        self._all.pop(profile.segment, None)
        self._all[profile.segment] = profile
        while len(self._all) > MOST_PROFILES:
            del self._all[next(iter(self._all))]
        if of_run:
            self.last = profile
        self.failed = None
        if not profile.live:
            self.running = False

    def fail(self, failed: Failed | None) -> None:
        """It could not be taken, or was cancelled (None)."""
        self.running = False
        self.failed = failed

    def engine_died(self) -> None:
        """Nobody counts any more."""
        self.running = self.watching = False
