"""The one thing a front end drives: it sends commands, keeps the state, and outlives its engine.

A command given while no engine is there waits for the next one, so no caller has to wait. Cancelling a compile means
ending the engine and starting another; the last good configuration comes back by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeAlias, TypeGuard

from ovexplorer.clock import Clock, SystemClock
from ovexplorer.errors import EngineError, ReplayError
from ovexplorer.schema.codec import spec_key
from ovexplorer.schema.protocol import (
    AnyCommand,
    ChangeSpec,
    DescribeDevices,
    EngineDied,
    Examine,
    Failed,
    Hello,
    Noticed,
    OpenModel,
    Pause,
    Profile,
    Resume,
    SaveModel,
    SetLimits,
    StartRun,
    StopRun,
    Trace,
)
from ovexplorer.schema.recorded import Asked, StoredEvent, Withdrew
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.session.asked import AskedSpecs
from ovexplorer.session.contests import Contests
from ovexplorer.session.counts import Counts
from ovexplorer.session.keeper import Keeper
from ovexplorer.session.source import Source
from ovexplorer.session.splits import Splits
from ovexplorer.session.state import RunState
from ovexplorer.session.tape import Recorder
from ovexplorer.text import clean, clean_lines

Connect: TypeAlias = Callable[[], Awaitable[Source]]
Describe: TypeAlias = Callable[[RunSpec, RunSpec], str]


class Session(Keeper):
    """Drives one engine after another and keeps what they told.

    Args:
        connect: Starts an engine (or a replay).
        clock: Times of arrival and of key presses.
        recorder: Gets every event and command.
        describe: Names the difference between two specs for marks: `Precision bf16→f32`.
    """

    def __init__(
        self,
        connect: Connect,
        *,
        clock: Clock | None = None,
        recorder: Recorder | None = None,
        describe: Describe | None = None,
    ) -> None:
        super().__init__(clock or SystemClock(), recorder)
        self._connect = connect
        self._describe: Describe = describe or (lambda _old, _new: "changed")
        self._source: Source | None = None
        self._serving: Source | None = None
        self._outbox: list[AnyCommand] = []
        self._again = asyncio.Event()
        self._closing = False
        self._last_segment = 0
        self._newest = 0
        """The segment asked for last."""
        self._asked = AskedSpecs()
        self._limits: SetLimits | None = None
        self.contests = Contests(self)
        """Comparisons in turns."""
        self.counts = Counts(self)
        """Layers beyond the profile of the live run."""
        self.splits = Splits(self)
        """Operations of a model and how it is split."""

    # What it knows

    @property
    def state(self) -> RunState:
        """Everything known now."""
        state = self._store.state
        facts = self._serving.facts() if self._serving is not None else {}
        return replace(state, extra=facts) if facts else state

    @property
    def source(self) -> Source | None:
        """The source being listened to; a front end that made a replay finds its speed here."""
        return self._serving

    @property
    def is_replay(self) -> bool:
        """Whether a recording is shown: nothing can be started or changed then."""
        return self._serving is not None and bool(self._serving.facts())

    @property
    def asked(self) -> RunSpec | None:
        """The spec that toggles start from: the newest one asked for that was not refused."""
        return self._asked.now

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return self._asked.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again."""
        return self._asked.can_redo

    # Its life

    async def run(self) -> None:
        """Listen to one engine after another until `close`; cancelling it ends the engine too."""
        try:
            while not self._closing:
                self._again.clear()
                await self._serve()
                if not self._closing:
                    await self._again.wait()
        finally:
            self._ended = True
            self._wake()

    async def _serve(self) -> None:
        try:
            source = await self._connect()
        except (EngineError, OSError) as error:
            self._outbox.clear()
            self._again.clear()
            self._arrived(EngineDied(exit_code=0, while_doing="idle", expected=False, stderr=clean_lines(str(error))))
            return
        self._serving = source
        try:
            if self._limits is not None:
                await source.send(self._limits)
            while self._outbox:
                await source.send(self._outbox.pop(0))
            if not self._closing:
                # What asked for this engine has been sent: only something new asks for another.
                self._again.clear()
                self._source = source
                async for event in source.events():
                    if self._asks_for_another(event):
                        await self._replace_engine(event)
                    else:
                        self._arrived(event)
        finally:
            self._source = None
            await source.close()

    async def close(self) -> None:
        """End the engine and `run`; may be called twice."""
        self._closing = True
        self._again.set()
        source, self._source = self._source, None
        if source is not None:
            await source.close()
        self._wake()

    # What it is told

    async def describe_devices(
        self, stand_ins: tuple[str, ...] = (), lacks: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        """Ask which devices can be used; see DescribeDevices."""
        await self.send(DescribeDevices(stand_ins=stand_ins, lacks=dict(lacks or {})))

    async def limit(self, kept_configurations: int, kept_bytes: int = 0) -> None:
        """Bound what engines keep for going back quickly; see SetLimits. Holds for engines started later too."""
        self._limits = SetLimits(kept_configurations=kept_configurations, kept_bytes=kept_bytes)
        if self._source is not None:
            await self._source.send(self._limits)

    async def open_model(self, model: ModelSpec) -> None:
        """Ask for the facts of a model."""
        await self.send(OpenModel(model=model))

    async def start(self, spec: RunSpec) -> None:
        """Begin a new run; what was measured before is forgotten.

        Raises:
            ReplayError: A recording is shown, as with all that would start or change something.
            UsageError: The spec holds a file name that cannot be sent.
        """
        self.refuse_in_replay()
        spec_key(spec)  # Refuses what no message can hold, before anything is changed for it.
        self._asked.begin(spec)
        await self._ask(spec, "", new_run=True)

    async def change(self, spec: RunSpec, title: str = "") -> None:
        """Go on with another configuration; one that still compiles is withdrawn for it."""
        self.refuse_in_replay()
        if self._asked.now is None:
            await self.start(spec)
        elif spec != self._asked.now:
            self._asked.change(spec)
            await self._toggle(spec, title)

    async def undo(self) -> bool:
        """Take the last change back; False when there is none."""
        self.refuse_in_replay()
        if not self._asked.can_undo:
            return False
        await self._toggle(self._asked.undo(), "")
        return True

    async def redo(self) -> bool:
        """Make the change again that was taken back; False when there is none."""
        self.refuse_in_replay()
        if not self._asked.can_redo:
            return False
        await self._toggle(self._asked.redo(), "")
        return True

    async def cancel(self) -> bool:
        """End whatever takes time now; False when nothing does.

        A compile cannot be stopped, so the engine is ended and another one started. When a configuration had been
        measured before, it is asked for again.
        """
        source = self._source
        state = self._store.state
        if source is None or state.status != "working" or self.is_replay:
            return False
        self._source = None
        self._outbox.clear()
        pending = next((entry for entry in state.segments if entry.number == state.active and not entry.ready), None)
        if pending is not None:
            self.keep(Withdrew(segment=pending.number))
        good = self._spec_of(self._store.last_good())
        lost = "configurations kept for going back are lost" if good else "nothing was measured yet"
        self.keep(Noticed(code="cancelled", text=clean(f"cancelled by ending the engine: {lost}")))
        if good is None:
            self._asked.now = None
        else:
            self._asked.refused(instead=good)
            await self._ask(good, "engine restarted", kind="restart")
        self._again.set()
        await source.kill()
        return True

    async def restart(self) -> None:
        """Start another engine with the same spec, after one died or to lose all it keeps."""
        self.refuse_in_replay()
        source, self._source = self._source, None
        self._outbox.clear()
        if self._asked.now is not None:
            await self._ask(self._asked.now, "engine restarted", kind="restart")
        self._again.set()
        if source is not None:
            await source.kill()

    async def pause(self) -> None:
        """Stop inferring until `resume`."""
        await self.send(Pause())

    async def resume(self) -> None:
        """Go on."""
        await self.send(Resume())

    async def profile(self, command: Profile | None = None) -> None:
        """Count the time of each layer in a compile of its own, for a short while unless the command says more."""
        self.refuse_in_replay()
        self._store.expect_profile()
        await self.send(command or Profile())
        self._wake()

    async def stop(self) -> None:
        """End the run; the engine stays."""
        # It lets contestants go without a word.
        self.contests.settle("user")
        await self.send(StopRun())

    async def trace(self, wanted: bool) -> None:
        """Have single requests told, or no more."""
        if self.is_replay or self._store.state.tracing == wanted:
            return
        self._store.expect_spans(wanted)
        await self.send(Trace(enabled=wanted))

    async def examine(self, seconds: float = 0.5) -> None:
        """Look at the machine for a moment."""
        await self.send(Examine(seconds=seconds))

    async def save_model(self, model: ModelSpec, name: str, *, compress_to_f16: bool) -> None:
        """Write a model as IR into the engine's directory; `ModelSaved` or `Failed` answers."""
        self.refuse_in_replay()
        await self.send(SaveModel(model=model, name=name, compress_to_f16=compress_to_f16))

    def next_segment(self) -> int:
        """A number for a segment or a contestant."""
        self._last_segment += 1
        return self._last_segment

    # Inside

    def _asks_for_another(self, event: StoredEvent) -> TypeGuard[Failed]:
        """Whether the newest configuration cannot be compiled in this engine, but can in a new one."""
        if not isinstance(event, Failed) or self.is_replay:
            return False
        return event.kind == "restart_needed" and event.segment == self._newest

    async def _replace_engine(self, failed: Failed) -> None:
        self.keep(Withdrew(segment=failed.segment))
        self.keep(Noticed(code="engine_replaced", text=clean(f"{failed.what}: another engine was started")))
        await self.restart()

    async def _toggle(self, spec: RunSpec, title: str) -> None:
        base = self._spec_of(self._store.last_good())
        words = title or (self._describe(base, spec) if base is not None else "")
        await self._ask(spec, words or ("back" if base is not None else ""))

    async def _ask(self, spec: RunSpec, title: str, *, new_run: bool = False, kind: str = "toggle") -> None:
        status = self._store.state.status
        self.contests.settle("user")
        number = self._newest = self.next_segment()
        self.keep(
            Asked(
                segment=number,
                spec=spec,
                title=clean(title),
                at_ns=self.engine_now(),
                new_run=new_run,
                kind="restart" if kind == "restart" else "toggle",
            )
        )
        # ChangeSpec is for a run under way; an engine without one takes StartRun only.
        changes = kind == "toggle" and not new_run and status in ("working", "live", "paused")
        await self.send(ChangeSpec(segment=number, spec=spec) if changes else StartRun(segment=number, spec=spec))

    async def send(self, command: AnyCommand) -> None:
        """Give the engine a command, the next engine when there is none now."""
        if self.is_replay and self._source is None:
            return
        if not isinstance(command, StartRun | ChangeSpec):
            self._say_trouble(self._tape.take_command(command))
        if self._source is not None:
            await self._source.send(command)
            return
        self._outbox.append(command)
        # Without a running engine the command itself asks for one.
        self._again.set()

    def _spec_of(self, number: int) -> RunSpec | None:
        return next((entry.spec for entry in self._store.state.segments if entry.number == number), None)

    def _arrived(self, event: StoredEvent) -> None:
        if isinstance(event, Hello):
            self._clock_offset_ns = event.clock_ns - self._clock.monotonic_ns()
        elif isinstance(event, Failed) and event.segment == self._newest != event.continues:
            spec = self._spec_of(event.continues)
            if spec is not None:
                self._asked.refused(instead=spec)
        elif isinstance(event, EngineDied) and not self.is_replay:
            # From here on commands wait for the next engine.
            self._source = None
        elif isinstance(event, Asked):
            # Of a replay: what comes later continues from there.
            self._asked.now = event.spec
            self._last_segment = max(self._last_segment, event.segment)
        self.keep(event)

    def refuse_in_replay(self) -> None:
        """Raise while a recording is shown.

        Raises:
            ReplayError: Nothing can be started or changed.
        """
        if self.is_replay:
            raise ReplayError("a recording is shown: nothing can be started or changed", "q quits it")
