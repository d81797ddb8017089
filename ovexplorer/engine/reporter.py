"""Tells what the engine does: phases, memory, failures, notices."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from ovexplorer.engine import memory
from ovexplorer.engine.channel import EventWriter
from ovexplorer.engine.failure import EngineFailure
from ovexplorer.schema.protocol import AnyEvent, Failed, MemoryMeasured, Noticed, PhaseFinished, PhaseStarted
from ovexplorer.schema.results import Phase
from ovexplorer.text import clean


class Reporter:
    """Sends events that belong to a segment."""

    def __init__(self, writer: EventWriter) -> None:
        self._writer = writer
        self.segment = 0
        """The segment that is worked on; 0 for none."""
        self._phase: Phase | None = None

    def send(self, event: AnyEvent) -> None:
        """Send any event."""
        self._writer.send(event)

    @contextmanager
    def phase(self, phase: Phase) -> Iterator[None]:
        """Tell the start and, when it succeeds, the end of a phase."""
        begin = time.perf_counter_ns()
        self._phase = phase
        self.send(PhaseStarted(phase=phase, segment=self.segment, at_ns=begin))
        yield
        end = time.perf_counter_ns()
        self._phase = None
        self.send(PhaseFinished(phase=phase, segment=self.segment, at_ns=end, duration_ns=end - begin))

    def memory(self, after: Literal["start", "read", "compile", "first_inference", "run"], *, fresh: bool) -> None:
        """Tell the memory of this process; 1 to 2 ms, so only between phases."""
        self.send(MemoryMeasured(segment=self.segment, memory=memory.measure(after), fresh=fresh))

    def notice(self, code: str, text: str) -> None:
        """Tell something worth knowing."""
        self.send(Noticed(code=code, text=clean(text)))

    def failed(self, failure: EngineFailure, *, continues: int = 0) -> None:
        """Tell that something asked for could not be done.

        Args:
            failure: What and why.
            continues: Segment that goes on being measured instead; 0 for none.
        """
        self.send(
            Failed(
                segment=self.segment,
                kind=failure.kind,
                phase=self._phase,
                what=clean(failure.what),
                hint=clean(failure.hint),
                detail=tuple(clean(line) for line in failure.detail),
                continues=continues,
            )
        )
        self._phase = None
