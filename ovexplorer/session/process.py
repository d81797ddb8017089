"""The engine as a process of its own: spawned, listened to, and never left behind.

Whatever the engine does, such as crash, write garbage, flood its standard error or never end, the events end with
exactly one `EngineDied`, and afterwards neither the process, its group nor its directory exist.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence

from ovexplorer.errors import EngineDiedError, ProtocolError
from ovexplorer.schema.codec import encode_frame, event_reader
from ovexplorer.schema.protocol import (
    PROTOCOL_VERSION,
    AnyCommand,
    AnyEvent,
    ConfigurationReady,
    EngineDied,
    Failed,
    Hello,
    Noticed,
    PhaseFinished,
    PhaseStarted,
    RunFinished,
)
from ovexplorer.schema.results import Phase
from ovexplorer.session.child import Child
from ovexplorer.session.workspace import (
    DIRECTORY_VARIABLE,
    engine_environment,
    make_directory,
    remove_stale_directories,
)
from ovexplorer.text import clean_lines

_MOST_WAITING = 4_000
"""Events not yet taken by the front end; beyond this the engine is made to wait."""


class ProcessSource:
    """Events of a spawned engine. Make one with `start`."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._reader = event_reader()
        self._waiting: deque[AnyEvent] = deque()
        self._held = False
        self._wake = asyncio.Event()
        self._over = False
        self._expected = False
        self._trouble = ""
        self._hello: Hello | None = None
        self._hello_ns = 0
        self._phases: list[Phase] = ["import"]
        self._running = False

    @staticmethod
    async def start(
        *,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str] | None = None,
        cpus: tuple[int, ...] = (),
        framework: str = "",
    ) -> ProcessSource:
        """Spawn an engine; call it from the main thread, because the engine ends with the thread that made it.

        Args:
            environment: Variables added to the cleaned environment.
            command: Program to start instead of the engine of this Python; the rest then does not count.
            cpus: The affinity mask it sets before it imports anything; empty leaves it as it is.
            framework: `onnxruntime` or `pytorch` for an engine that measures with that and not with OpenVINO.

        Raises:
            EngineDiedError: The process cannot be started.
        """
        remove_stale_directories()
        source = ProcessSource()
        directory = make_directory()
        try:
            source._child = await Child.spawn(
                command or engine_command(cpus, framework),
                directory=directory,
                environment=engine_environment({**(environment or {}), DIRECTORY_VARIABLE: str(directory)}),
                on_output=source._received,
                on_over=source._ended,
            )
        except OSError as error:
            raise EngineDiedError(
                f"the engine cannot be started: {error.strerror or error}",
                "check the Python environment, memory and process limits of this machine",
            ) from error
        finally:
            if source._child is None:
                shutil.rmtree(directory, ignore_errors=True)
        if source._trouble:
            # It wrote before the spawning call came back.
            source._child.kill()
        return source

    async def events(self) -> AsyncIterator[AnyEvent]:
        """See Source; always ends with EngineDied."""
        while True:
            while self._waiting:
                event = self._waiting.popleft()
                self._follow(event)
                yield event
                if self._held and len(self._waiting) < _MOST_WAITING // 2:
                    self._hold(False)
            if self._over:
                break
            self._wake.clear()
            await self._wake.wait()
        yield self._death()

    async def send(self, command: AnyCommand) -> None:
        """See Source."""
        if self._child is not None:
            await self._child.write(encode_frame(command))

    async def kill(self) -> None:
        """See Source; returns when the process is gone."""
        self._expected = True
        if self._child is not None:
            self._child.kill()
            self._hold(False)
            await self._child.over.wait()

    async def close(self) -> None:
        """See Source."""
        self._expected = True
        if self._child is not None and not self._over:
            self._hold(False)
            await self._child.close()

    def facts(self) -> dict[str, str]:
        """See Source."""
        return {}

    @property
    def pid(self) -> int:
        """Process id as the engine itself tells it; 0 before Hello."""
        return self._hello.pid if self._hello is not None else 0

    # Called by the child

    def _received(self, data: bytes) -> None:
        if self._trouble:
            return
        try:
            for event in self._reader.feed(data):
                self._admit(event)
        except ProtocolError as error:
            # Nothing after it can be read, and a process that sends it cannot be trusted to go on measuring.
            self._trouble = f"ovexplorer ended it: {error.what}"
            if self._child is not None:
                self._child.kill()
        self._wake.set()
        if len(self._waiting) > _MOST_WAITING and not self._expected:
            self._hold(True)

    def _admit(self, event: AnyEvent) -> None:
        if self._hello is None:
            if not isinstance(event, Hello) or event.protocol != PROTOCOL_VERSION:
                raise ProtocolError("its first message is not the greeting of this version", "reinstall ovexplorer")
            self._hello, self._hello_ns = event, time.monotonic_ns()
        elif isinstance(event, EngineDied | Hello):
            raise ProtocolError(f"it sent {type(event).__name__} in the middle", "reinstall ovexplorer")
        self._waiting.append(event)

    def _ended(self) -> None:
        self._over = True
        self._wake.set()

    def _hold(self, held: bool) -> None:
        if self._child is not None and held != self._held:
            self._held = held
            self._child.hold_output(held)

    # What it was doing

    def _follow(self, event: AnyEvent) -> None:
        match event:
            case Hello():
                self._phases.clear()
            case PhaseStarted():
                self._phases.append(event.phase)
            case PhaseFinished() if event.phase in self._phases:
                self._phases.remove(event.phase)
            case ConfigurationReady():
                self._running = True
            case Failed():
                self._phases.clear()
                self._running = bool(event.continues)
            case Noticed() if event.code == "profile_cancelled":
                self._phases.clear()
            case RunFinished():
                self._running = False
            case _:
                pass

    def _death(self) -> EngineDied:
        child = self._child
        code = child.exit_code if child is not None else None
        lines = clean_lines(child.tail.decode("utf-8", "replace")) if child is not None else ()
        if not self._trouble and self._reader.pending and not self._expected:
            self._trouble = f"its last message was cut off after {self._reader.pending:,} bytes"
        at_ns = self._hello.clock_ns + time.monotonic_ns() - self._hello_ns if self._hello is not None else 0
        return EngineDied(
            exit_code=code if code is not None else -9,
            while_doing=self._phases[-1] if self._phases else ("run" if self._running else "idle"),
            expected=self._expected,
            stderr=lines + clean_lines(self._trouble),
            at_ns=at_ns,
            pid=self.pid or (child.pid if child is not None else 0),
        )


def engine_command(cpus: tuple[int, ...] = (), framework: str = "") -> list[str]:
    """The engine of this Python; never taken from the current directory."""
    safe_path = ["-P"] if sys.version_info >= (3, 11) else []
    pinned = ["--cpus", ",".join(str(cpu) for cpu in cpus)] if cpus else []
    other = ["--framework", framework] if framework else []
    return [sys.executable, *safe_path, "-m", "ovexplorer.engine", *pinned, *other]
