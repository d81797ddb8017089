"""What the store knows of the operations of a model and of how it was split."""

from __future__ import annotations

from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.splitting import SplitDescribed, TopologyDescribed

MOST_SPLITS = 8
"""Splits kept; each may hold megabytes of dumps."""


class SplitDrafts:
    """Takes what the engine tells.

    Attributes:
        topology: The last one described; None before.
        failed: Why the last one that was asked for could not be told; None after one that could.
    """

    def __init__(self) -> None:
        self.topology: TopologyDescribed | None = None
        self.failed: Failed | None = None
        self._splits: dict[int, SplitDescribed] = {}

    def freeze(self) -> tuple[SplitDescribed, ...]:
        """The newest last."""
        return tuple(self._splits.values())

    def begin_run(self) -> None:
        """Another run has other splits; the operations of a model stay what they are."""
        self._splits.clear()
        self.failed = None

    def take(self, event: object) -> None:
        """Take an event of this kind; others change nothing."""
        if isinstance(event, TopologyDescribed):
            self.topology, self.failed = event, None
        elif isinstance(event, SplitDescribed):
            self._splits.pop(event.segment, None)
            self._splits[event.segment] = event
            self.failed = None
            while len(self._splits) > MOST_SPLITS:
                del self._splits[next(iter(self._splits))]

    def fails(self, event: Failed) -> bool:
        """Whether a failure is about this; then it is kept."""
        if event.phase != "split":
            return False
        self.failed = event
        return True
