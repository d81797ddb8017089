"""A child process on pipes: what comes out of it, and ending it together with all it started."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

TAIL_BYTES = 64 * 1024
"""Kept of its standard error."""

_DRAIN_S = 1.0
"""After its end: for what is still in the pipes. A grandchild may hold them open for ever."""


class Child(asyncio.SubprocessProtocol):
    """One process in a group of its own; its standard error is drained from the first moment.

    Attributes:
        tail: The last bytes of standard error.
        over: Set when it is gone, its pipes are read and its directory is removed.
    """

    def __init__(self, directory: Path, on_output: Callable[[bytes], None], on_over: Callable[[], None]) -> None:
        self.tail = bytearray()
        self.over = asyncio.Event()
        self._directory = directory
        self._on_output = on_output
        self._on_over = on_over
        self._transport: asyncio.SubprocessTransport | None = None
        self._exited = asyncio.Event()
        self._open_outputs = {1, 2}
        self._outputs_closed = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._settling: asyncio.Task[None] | None = None
        self._finalizer: weakref.finalize[Any, Child] | None = None

    @staticmethod
    async def spawn(
        command: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        on_output: Callable[[bytes], None],
        on_over: Callable[[], None],
    ) -> Child:
        """Start a process in `directory`, which is removed with it.

        Raises:
            OSError: It cannot be started.
        """
        loop = asyncio.get_running_loop()
        transport, child = await loop.subprocess_exec(
            lambda: Child(directory, on_output, on_over),
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=directory,
            env=dict(environment),
            **_group_options(),
        )
        child.guard(transport)
        return child

    def guard(self, transport: asyncio.SubprocessTransport) -> None:
        """End it when this Python ends without having closed it."""
        if not self.over.is_set():
            self._finalizer = weakref.finalize(self, _end_without_loop, transport, transport.get_pid(), self._directory)

    # What the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The process runs."""
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """Bytes on standard output or standard error."""
        if fd == 1:
            self._on_output(data)
        else:
            self.tail += data
            del self.tail[:-TAIL_BYTES]

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol's signature
        """A pipe was closed at the other end."""
        self._open_outputs.discard(fd)
        if not self._open_outputs:
            self._outputs_closed.set()
        if fd == 1:
            self._settle()
        if fd == 0:
            self._writable.set()

    def process_exited(self) -> None:
        """It ended by itself or by us."""
        self._exited.set()
        self._settle()

    def pause_writing(self) -> None:
        """Its standard input is full."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Its standard input has room."""
        self._writable.set()

    # What the owner does

    @property
    def pid(self) -> int:
        """Process id, also after its end; 0 before it began."""
        return self._transport.get_pid() if self._transport is not None else 0

    @property
    def exit_code(self) -> int | None:
        """As subprocess has it, negative for a signal; None while it runs."""
        return self._transport.get_returncode() if self._transport is not None else None

    async def write(self, data: bytes) -> None:
        """Write to its standard input and wait while that is full; nothing happens once it is gone."""
        pipe = self._stdin()
        if pipe is None:
            return
        pipe.write(data)
        await self._writable.wait()

    def hold_output(self, held: bool) -> None:
        """Stop reading its standard output, or go on."""
        pipe = self._transport.get_pipe_transport(1) if self._transport is not None else None
        if isinstance(pipe, asyncio.ReadTransport) and not pipe.is_closing():
            (pipe.pause_reading if held else pipe.resume_reading)()

    def kill(self) -> None:
        """End it and its group at once."""
        if self._transport is not None and self._transport.get_returncode() is None:
            _kill_group(self._transport.get_pid())
            self._settle()

    async def close(self, patience_s: float = 0.75) -> None:
        """Ask it to end, then make it; returns when nothing is left."""
        try:
            if pipe := self._stdin():
                pipe.close()
            if not await _within(self._exited, patience_s):
                self._terminate()
            if not await _within(self._exited, patience_s):
                self.kill()
            self._settle()
            await self.over.wait()
        except asyncio.CancelledError:
            self._abandon()
            raise

    def _stdin(self) -> asyncio.WriteTransport | None:
        pipe = self._transport.get_pipe_transport(0) if self._transport is not None else None
        return pipe if isinstance(pipe, asyncio.WriteTransport) and not pipe.is_closing() else None

    def _terminate(self) -> None:
        if self._transport is not None and self._transport.get_returncode() is None:
            self._transport.terminate()

    def _settle(self) -> None:
        if self._settling is None:
            self._settling = asyncio.get_running_loop().create_task(self._see_it_out())

    async def _see_it_out(self) -> None:
        # Output ended but the process did not: without events it is of no use.
        if not await _within(self._exited, _DRAIN_S):
            self.kill()
            await _within(self._exited, _DRAIN_S)
        await _within(self._outputs_closed, _DRAIN_S)
        self._abandon()
        self.over.set()
        self._on_over()

    def _abandon(self) -> None:
        """End what is left without waiting."""
        if self._transport is not None:
            _kill_group(self._transport.get_pid())
            self._transport.close()
        shutil.rmtree(self._directory, ignore_errors=True)
        if self._finalizer is not None:
            self._finalizer.detach()


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except asyncio.TimeoutError:
        return False
    return True


def _group_options() -> dict[str, Any]:
    """A process group, not a session: nice values must keep acting between the engine and the screen."""
    if os.name != "posix":
        return {}
    if sys.version_info >= (3, 11):
        return {"process_group": 0}
    return {"preexec_fn": os.setpgrp}


def _kill_group(pid: int) -> None:
    """Kill a group by its leader; members may outlive the leader, so it is done even when that is gone."""
    try:
        if os.name == "posix":
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM)
    except OSError:
        return


def _end_without_loop(transport: asyncio.SubprocessTransport, pid: int, directory: Path) -> None:
    """The last resort, at exit or when the owner was lost together with its event loop."""
    if transport.get_returncode() is None:
        _kill_group(pid)
    shutil.rmtree(directory, ignore_errors=True)
