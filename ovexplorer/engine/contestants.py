"""Contestants of a comparison: compiled side by side, held, run in turns, never two at once.

A turn into which a command falls is thrown away and run again after the command, so that commands are answered at once
and no turn is cut short.
"""

from __future__ import annotations

import time
from collections import deque

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.run import Cancelled, LiveRun
from ovexplorer.engine.turns import take_turn
from ovexplorer.engine.workload import Workload
from ovexplorer.schema.contest import ContestantsReleased, RunTurns, TurnMeasured, TurnsFinished


class Contestants:
    """Holds contestants and runs the turns that were asked for, one a step."""

    def __init__(self, reporter: Reporter, gate: Gate) -> None:
        self._reporter = reporter
        self._gate = gate
        self._held: dict[int, LiveRun] = {}
        self._asked: RunTurns | None = None
        self._waiting: deque[int] = deque()
        self.current: LiveRun | None = None
        """Who is prepared or has its turn: a slow inference of it may be interrupted."""

    @property
    def holding(self) -> bool:
        """Whether there are any: the live run waits then."""
        return bool(self._held)

    @property
    def pending(self) -> bool:
        """Whether turns wait to be run."""
        return bool(self._waiting)

    def workload(self, segment: int) -> Workload | None:
        """Of a contestant that is held."""
        run = self._held.get(segment)
        return run.workload if run is not None else None

    def begin(self, run: LiveRun) -> None:
        """A contestant is about to make its first inference."""
        self.current = run

    def hold(self, run: LiveRun) -> None:
        """Keep a contestant that is compiled and warm."""
        self._held[run.segment] = run

    def ask(self, command: RunTurns) -> None:
        """Run these turns from the next step on; what was asked before is over.

        Raises:
            EngineFailure: A turn names a contestant that is not held.
        """
        self._abandon()
        unknown = [segment for segment in command.turns if segment not in self._held]
        if unknown or not command.turns:
            raise EngineFailure("compare_refused", "there is no such contestant", "start the comparison again")
        self._asked = command
        self._waiting.extend(command.turns)

    def step(self) -> None:
        """Run the next turn and tell it; nothing happens when a command fell into it.

        Raises:
            EngineFailure: Inference failed; what was left of the turns is given up.
        """
        asked = self._asked
        if asked is None:
            return
        run = self.current = self._held[self._waiting[0]]
        self._reporter.segment = run.segment
        try:
            work = run.workload
            turn = take_turn(work.loop, run.segment, asked, self._gate, flight=work.count, shape_index=work.shape_index)
        except RuntimeError as error:
            self._failed(run, error)
            return
        finally:
            self.current = None
        if turn is None:
            return
        run.slow = turn.window.max_ns > run.SLOW_NS
        self._waiting.popleft()
        self._reporter.send(TurnMeasured(contest=asked.contest, turn=turn))
        if not self._waiting:
            self._over(complete=True)

    def _failed(self, run: LiveRun, error: RuntimeError) -> None:
        problem = run.problem(error)
        if isinstance(problem, Cancelled):
            run.workload = Workload(run.workload.configuration, run.workload.spec)
            return
        self._abandon()
        raise problem from error

    def release(self, segments: tuple[int, ...] = ()) -> None:
        """Let some go, or all."""
        self._abandon()
        gone = tuple(segment for segment in self._held if not segments or segment in segments)
        for segment in gone:
            del self._held[segment]
        self._reporter.send(ContestantsReleased(segments=gone, at_ns=time.perf_counter_ns()))

    def drop(self) -> None:
        """Forget all of them, because another configuration was asked for."""
        self._abandon()
        self._held.clear()

    def _abandon(self) -> None:
        if self._asked is not None:
            self._over(complete=False)

    def _over(self, *, complete: bool) -> None:
        asked, self._asked = self._asked, None
        self._waiting.clear()
        if asked is not None:
            self._reporter.send(TurnsFinished(contest=asked.contest, complete=complete))
