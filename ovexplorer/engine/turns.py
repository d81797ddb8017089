"""One turn of a contestant, whatever runs it; knows no runtime.

A turn drops as many completions as are in flight, because the first ones after a switch are slower (1.3 % measured for
the very first), and then counts for a length of time and a number of inferences.
"""

from __future__ import annotations

import time
from typing import Protocol

from ovexplorer.engine.loops import Gate, Slice
from ovexplorer.engine.windows import nanoseconds, window_of
from ovexplorer.schema.contest import RunTurns
from ovexplorer.schema.results import Turn

_UNBOUNDED = 1 << 62


class TurnLoop(Protocol):
    """What a turn needs of a loop; see `loops.Loop`."""

    def run(self, until_s: float, gate: Gate, at_most: int) -> Slice:
        """Run until a time, the gate closes, or so many were started."""
        ...

    def drain(self) -> Slice:
        """Wait for what is in flight."""
        ...


def take_turn(
    loop: TurnLoop, segment: int, asked: RunTurns, gate: Gate, *, flight: int = 1, shape_index: int = 0
) -> Turn | None:
    """One turn of a contestant.

    Args:
        loop: Nothing of it must be in flight.
        segment: Carried by the window.
        asked: How long a turn is, and how many inferences count at least; twice as many as are in flight do anyway.
        gate: Closed when a command arrives.
        flight: How many are in flight at once.
        shape_index: Carried by the window.

    Returns:
        What was counted; None when a command fell into the turn.

    Raises:
        RuntimeError: OpenVINO's, when an inference fails or is cancelled; other runtimes raise their own.
    """
    dropped, start_s = _settle(loop, flight, gate)
    cpu_ns = time.process_time_ns()
    counted = Slice(start_s, start_s)
    until_s = start_s + asked.seconds
    least = max(asked.fewest, 2 * flight if flight > 1 else 0)
    while not gate.closed and (counted.end_s < until_s or len(counted.latencies_ms) < least):
        counted.join(loop.run(until_s, gate, _UNBOUNDED))
    cpu_ns = time.process_time_ns() - cpu_ns
    interrupted = gate.closed
    # These run with fewer and fewer beside them: they say nothing about the rate.
    loop.drain()
    window = None if interrupted else window_of(counted, segment, nanoseconds(start_s), shape_index)
    return Turn(window=window, cpu_ns=cpu_ns, dropped=dropped) if window is not None else None


def _settle(loop: TurnLoop, flight: int, gate: Gate) -> tuple[int, float]:
    """Run until as many inferences have completed as are in flight; returns how many, and when the last one did."""
    dropped, end_s = 0, time.perf_counter()
    while dropped < flight and not gate.closed:
        piece = loop.run(0.0, gate, _UNBOUNDED)
        dropped += len(piece.latencies_ms)
        end_s = piece.end_s
    return dropped, end_s
