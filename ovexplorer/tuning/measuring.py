"""How one step of a ladder is measured: alone as the first bar, or in turns against it.

What runs in OpenVINO in one process is compared inside the session's engine; anything else in processes of its own,
while the live run waits. Files that steps need are written by the session's engine into its private directory and
vanish with it. The first bar alone is compared with itself for a moment, which gives it figures of the same kind.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePath

import msgspec

from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.errors import EngineError, OvexplorerError
from ovexplorer.schema.drift import Drift
from ovexplorer.schema.protocol import ConfigurationReady, EngineDied, Failed, ModelSaved
from ovexplorer.schema.recorded import Metric, StoredEvent
from ovexplorer.schema.results import Turn
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.session import Session
from ovexplorer.session.state import Contest
from ovexplorer.tuning.figures import estimate_steps
from ovexplorer.tuning.instances import A, B, Contender, Crew, StartEngine, counted_s, run_across, share_out
from ovexplorer.tuning.ladder_notes import note_of
from ovexplorer.tuning.ladder_plan import plain_model, with_path
from ovexplorer.tuning.pair import PairPlan, run_pair, spent_s
from ovexplorer.tuning.steps import Step

Gate = Callable[[], Awaitable[None]]

_GOES_ON = ("live", "working")
_DRIFT_S = 0.5
_DRIFT_SHARE = 1 / 16
"""Time for the drift of one contestant, at most, and as a share of the budget of a step."""


@dataclass(frozen=True)
class Outcome:
    """What measuring a step came to, or has come to so far."""

    own: tuple[Turn, ...]
    first: tuple[Turn, ...] = ()
    """Turns of the first bar beside them; empty when the step is the first bar."""
    against_first: PairEstimate | None = None
    batch: int = 1
    drift: Drift | None = None
    contest: int = 0
    note: str = ""
    spent_s: float = 0.0


Told = Callable[[Outcome], None]


def compared_metric(step: Step) -> Metric:
    """What decides: for the costs of an application the caller's time for one inference, work around it included."""
    return "throughput" if step.part == "slower" else step.metric


def is_paced(step: Step) -> bool:
    """Whether its inputs come by a clock."""
    return step.spec is not None and step.spec.load != "closed"


class Measurer:
    """Measures steps one after the other.

    Args:
        session: Whose engine measures what runs in OpenVINO in one process.
        start: Starts other engines.
        gate: Awaited between quads.
        drift: Whether the drift against the original model in f32 is measured.
    """

    def __init__(self, session: Session, start: StartEngine, gate: Gate, *, drift: bool) -> None:
        self._session = session
        self._start = start
        self._gate = gate
        self._drift = drift
        self._first: tuple[Step, Crew] | None = None
        """A first bar that is held in processes of its own."""
        self._files: dict[tuple[int, str], ModelSaved] = {}
        """Written files, by the engine that owns them and what they hold."""

    async def alone(self, step: Step, budget_s: float, told: Told) -> Outcome:
        """The first bar of a part.

        Raises:
            OvexplorerError: It cannot be measured.
        """
        if step.how == "engine":
            spec = await self._resolved(step)
            return await self._in_engine(step, step, (spec, spec), budget_s, told)
        async with self.live_run_held():
            crew = await self._first_crew(step)
            try:
                return await self._across(step, (step, step), (crew, crew), budget_s, told)
            finally:
                await self._close_broken()

    async def against(self, first: Step, step: Step, budget_s: float, told: Told) -> Outcome:
        """A step in turns with the first bar of its part.

        Raises:
            OvexplorerError: It cannot be measured.
        """
        if first.how == step.how == "engine":
            specs = (await self._resolved(first), await self._resolved(step))
            return await self._in_engine(first, step, specs, budget_s, told)
        async with self.live_run_held():
            first_crew = await self._first_crew(first)
            crew = self._crew(step)
            try:
                await crew.prepare(await self._resolved(step))
                return await self._across(step, (first, step), (first_crew, crew), budget_s, told)
            finally:
                await crew.close()
                await self._close_broken()

    async def close(self) -> None:
        """End the processes that are held."""
        held, self._first = self._first, None
        if held is not None:
            await held[1].close()

    async def _close_broken(self) -> None:
        """A first bar that failed beside one step is started anew for the next."""
        if self._first is not None and self._first[1].broken:
            await self.close()

    # Inside the session's engine

    async def _in_engine(
        self, first: Step, step: Step, specs: tuple[RunSpec, RunSpec], budget_s: float, told: Told
    ) -> Outcome:
        async def gate() -> None:
            contest = self._session.contests.active
            if contest is not None and contest.turns:
                told(self._of_contest(first, step, contest))
            await self._gate()

        contest = await run_pair(
            self._session,
            PairPlan(
                a=specs[0],
                b=specs[1],
                kind="ladder",
                metric=compared_metric(step),
                budget_s=budget_s,
                drift_against=self._reference(first, step),
                drift_s=_drift_s(budget_s),
                gate=gate,
            ),
        )
        failed = (contest.a.failed or contest.b.failed) if contest is not None else None
        if contest is None or failed or not contest.turns:
            raise self._why(contest, failed)
        return self._of_contest(first, step, contest)

    def _of_contest(self, first: Step, step: Step, contest: Contest) -> Outcome:
        a, b = contest.a, contest.b
        alone = first is step
        batch = b.ready.batch if b.ready is not None else 1
        return Outcome(
            own=contest.turns if alone else tuple(t for t in contest.turns if t.window.segment == b.number),
            first=() if alone else tuple(t for t in contest.turns if t.window.segment == a.number),
            against_first=None if alone else self._judge(step, contest.turns, a.number, (a.ready, b.ready)),
            batch=batch,
            drift=contest.drift_b,
            contest=contest.number,
            note=self._note(step, b.ready),
            spent_s=spent_s(contest),
        )

    def _why(self, contest: Contest | None, failed: Failed | None) -> EngineError:
        if failed is not None:
            return EngineError(failed.what, failed.hint, tuple(failed.detail))
        if self._session.state.died is not None or contest is None:
            return EngineError("the engine ended", "the next step starts another one")
        return EngineError("no turn was measured", "measure it again")

    # In processes of their own

    async def _across(
        self, step: Step, steps: tuple[Step, Step], crews: tuple[Crew, Crew], budget_s: float, told: Told
    ) -> Outcome:
        first, crew = crews
        alone = steps[0] is steps[1]
        drift = None
        reference = self._reference(*steps)
        if reference is not None and not step.framework:
            drift = await crew.drift(reference, _drift_s(budget_s))

        def outcome(turns: tuple[Turn, ...]) -> Outcome:
            return Outcome(
                own=turns if alone else tuple(t for t in turns if t.window.segment == B),
                first=() if alone else tuple(t for t in turns if t.window.segment == A),
                against_first=None if alone else self._judge(step, turns, A, (first.ready, crew.ready)),
                batch=crew.ready.batch if crew.ready is not None else 1,
                drift=drift,
                note=self._note(step, crew.ready),
                spent_s=counted_s(turns),
            )

        turns = await run_across(
            first,
            crew,
            budget_s=budget_s,
            judge=lambda so_far: self._judge(step, so_far, A, (first.ready, crew.ready)),
            gate=self._gate,
            told=lambda so_far: told(outcome(so_far)),
        )
        return outcome(turns)

    def _crew(self, step: Step) -> Crew:
        if step.how != "processes":
            return Crew([Contender(self._start, framework=step.framework)])
        environment = self._session.state.environment
        shares = share_out(environment.allowed_cpus if environment is not None else (0,), step.processes)
        return Crew([Contender(self._start, cpus=cpus) for cpus in shares])

    async def _first_crew(self, step: Step) -> Crew:
        """The first bar, held from one step to the next."""
        if self._first is not None and self._first[0] == step:
            return self._first[1]
        await self.close()
        crew = self._crew(step)
        # Known from here on, so that a ladder that is stopped while it compiles ends its processes too.
        self._first = (step, crew)
        try:
            await crew.prepare(await self._resolved(step))
        except OvexplorerError:
            await self.close()
            raise
        return crew

    @asynccontextmanager
    async def live_run_held(self) -> AsyncIterator[None]:
        """Other processes never run beside the live run; one that the user paused stays paused."""
        # What is being compiled would go live beside them.
        live = self._session.state.status in _GOES_ON
        if live:
            await self._session.pause()
            await self._session.until(lambda state: state.status not in _GOES_ON)
        try:
            yield
        finally:
            if live and self._session.state.status == "paused":
                await self._session.resume()

    # Files, notes, judgement

    async def _resolved(self, step: Step) -> RunSpec:
        """What is measured, with the written file in place of the original one."""
        if step.spec is None:
            raise EngineError(step.skipped or "the step does not apply here")
        return with_path(step.spec, (await self._saved(step)).path) if step.save else step.spec

    async def _saved(self, step: Step) -> ModelSaved:
        known = self._files.get((self._session.state.engine_pid, step.save))
        if known is not None or step.spec is None:
            return known or ModelSaved(name="", path="", size_bytes=0)
        # A new name each time: a file that is mapped by a kept configuration must not be written again.
        name = f"ladder-{step.save}-{self._session.engine_now():x}.xml"
        found: list[StoredEvent] = []
        forget = self._session.listen(lambda event: found.append(event) if _answers(event, name) else None)
        try:
            model = plain_model(step.spec.model)
            await self._session.save_model(model, name, compress_to_f16=step.save == "f16")
            await self._session.until(lambda _: bool(found))
        finally:
            forget()
        match found[0] if found else None:
            case ModelSaved() as saved:
                self._files[self._session.state.engine_pid, step.save] = saved
                return saved
            case Failed() as failed:
                raise EngineError(failed.what, failed.hint, tuple(failed.detail))
            case _:
                raise EngineError("the engine ended while the model was written", "the next step starts another one")

    def _reference(self, first: Step, step: Step) -> RunSpec | None:
        """The original model with the inputs of the step."""
        if not self._drift or step.spec is None or PurePath(step.spec.model.path).suffix == ".blob":
            return None
        device = first.spec.device if first.spec is not None else step.spec.device
        return msgspec.structs.replace(step.spec, device=device, properties={}, api="sync", requests=0)

    def _note(self, step: Step, ready: ConfigurationReady | None) -> str:
        return note_of(step, ready, self._files.get((self._session.state.engine_pid, step.save)))

    @staticmethod
    def _judge(
        step: Step,
        turns: tuple[Turn, ...],
        a_segment: int,
        ready: tuple[ConfigurationReady | None, ConfigurationReady | None],
    ) -> PairEstimate:
        batches = (ready[0].batch if ready[0] is not None else 1, ready[1].batch if ready[1] is not None else 1)
        return estimate_steps(turns, a_segment, compared_metric(step), batches=batches, arrivals=is_paced(step))


def _drift_s(budget_s: float) -> float:
    return min(_DRIFT_S, budget_s * _DRIFT_SHARE)


def _answers(event: StoredEvent, name: str) -> bool:
    saved = isinstance(event, ModelSaved) and event.name == name
    return saved or isinstance(event, EngineDied) or (isinstance(event, Failed) and event.segment == 0)
