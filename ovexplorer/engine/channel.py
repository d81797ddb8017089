"""The two ends of the engine: events out, commands in.

Events leave on a private copy of file descriptor 1; descriptor 1 itself then points at stderr, because plugins and
oneDNN print from native code. Commands are read by a thread that also watches for signals and for the end of standard
input, so that the process ends at once even while the main thread compiles.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

from ovexplorer.engine.loops import Gate
from ovexplorer.errors import ProtocolError
from ovexplorer.schema.codec import command_reader, encode_frame
from ovexplorer.schema.protocol import (
    AnyCommand,
    AnyEvent,
    ChangeSpec,
    Shutdown,
    StartRun,
)

PRIVATE_DIRECTORY_VARIABLE: Final = "OVEXPLORER_ENGINE_DIRECTORY"
"""Set by whoever spawned the engine to the temporary directory that is the engine's to remove at its end."""

_PIPE_BYTES = 1 << 20
"""A front end that stalls for seconds must not stop the measurement: 10 windows a second are about 20 kB."""
_READ_BYTES = 1 << 16


def widen(descriptor: int) -> None:
    """Give the event pipe more room where the system lets us."""
    try:
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    except (ImportError, AttributeError, OSError):
        return  # Not Linux, not a pipe, or above the user's limit: the default size does.


class EventWriter:
    """Writes events; used by the main thread only."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, event: AnyEvent) -> None:
        """Send one event whole. Ends the process when nobody reads any more."""
        data = memoryview(encode_frame(event))
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except BrokenPipeError:
            leave(0)


class Inbox:
    """Commands that wait, and the gate that ends a slice when one arrives."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._commands: deque[AnyCommand] = deque()
        self._arrived = threading.Condition()
        self.on_arrival: Callable[[AnyCommand], None] | None = None
        """Called in the reader's thread after a command arrived; cancels a slow inference."""

    def put(self, command: AnyCommand) -> None:
        """Add a command; from the reader's thread."""
        with self._arrived:
            self._commands.append(command)
            self._gate.closed = True
            self._arrived.notify()
        interrupt = self.on_arrival
        if interrupt is not None:
            interrupt(command)

    def take(self, *, wait: bool) -> AnyCommand | None:
        """The next command; None when there is none and `wait` is false. A newer configuration replaces an older."""
        with self._arrived:
            while wait and not self._commands:
                self._arrived.wait()
            if not self._commands:
                self._gate.closed = False
                return None
            command = self._commands.popleft()
            if isinstance(command, (StartRun, ChangeSpec)):
                while self._commands and isinstance(self._commands[0], (StartRun, ChangeSpec)):
                    command = self._commands.popleft()
            self._gate.closed = bool(self._commands)
            return command


_leaving = threading.Lock()
"""Held for ever by the thread that ends the process: another one would end it before the directory is gone."""


def leave(code: int) -> None:
    """End the process at once, from any thread, and remove its private directory."""
    _leaving.acquire()
    directory = os.environ.get(PRIVATE_DIRECTORY_VARIABLE, "")
    if directory and Path(directory).resolve() == Path.cwd().resolve():
        os.chdir(os.sep)
        shutil.rmtree(directory, ignore_errors=True)
    # Not sys.exit: native threads may be inside a compile that cannot be stopped.
    os._exit(code)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Python-level handler: the work is done by the byte that the C handler writes."""


def watch_commands(inbox: Inbox) -> None:
    """Start the thread that reads commands, and end the process when standard input or a signal says so."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _ignore)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_wait_for_signal, args=(wake_read,), name="signals", daemon=True).start()
    threading.Thread(target=_read_commands, args=(inbox,), name="commands", daemon=True).start()


def _wait_for_signal(descriptor: int) -> None:
    # Blocks in read: it costs nothing while nothing happens, and sees the signal while the main thread compiles.
    os.read(descriptor, 1)
    leave(0)


def _read_commands(inbox: Inbox) -> None:
    reader = command_reader()
    while True:
        try:
            data = os.read(0, _READ_BYTES)
        except OSError:
            data = b""
        if not data:
            leave(0)
        try:
            for command in reader.feed(data):
                if isinstance(command, Shutdown):
                    leave(0)
                inbox.put(command)
        except ProtocolError as error:
            os.write(2, f"engine: {error.what}\n".encode("utf-8", "replace"))
            leave(4)


def die_with_parent() -> None:
    """Ask Linux for SIGTERM when the parent's spawning thread ends; elsewhere the end of stdin does it."""
    try:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        set_parent_death_signal = 1
        libc.prctl(set_parent_death_signal, int(signal.SIGTERM), 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return
