"""Ctrl-C, SIGTERM and SIGHUP as one request to stop; a second one ends everything at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


class Interrupts:
    """Whether the user asked to stop."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._main: asyncio.Task[object] | None = asyncio.current_task()

    @property
    def asked(self) -> bool:
        """Whether a signal has come."""
        return self._asked.is_set()

    async def wait(self) -> None:
        """Until a signal comes."""
        await self._asked.wait()

    def ask(self) -> None:
        """What a signal does: ask to stop, or the second time cancel the work."""
        if self._asked.is_set() and self._main is not None:
            self._main.cancel()
        self._asked.set()


@contextmanager
def interrupts() -> Iterator[Interrupts]:
    """Catch the signals while the work runs; to be used inside the main task."""
    caught = Interrupts()
    loop = asyncio.get_running_loop()
    undo: list[Callable[[], object]] = []
    for name in _NAMES:
        number = getattr(signal, name, None)
        # nohup leaves SIGHUP ignored: it stays so.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            restore = _catch(loop, number, caught.ask)
            if restore is not None:
                undo.append(restore)
    try:
        yield caught
    finally:
        for restore in undo:
            restore()


def _catch(
    loop: asyncio.AbstractEventLoop, number: signal.Signals, ask: Callable[[], None]
) -> Callable[[], object] | None:
    """Catch one signal; what comes back undoes it, None when it cannot be caught here."""
    try:
        loop.add_signal_handler(number, ask)
    except NotImplementedError:
        # Windows: the loop has no signals, the interpreter has.
        before = signal.signal(number, lambda *_: loop.call_soon_threadsafe(ask))
        return lambda: signal.signal(number, before)
    except (RuntimeError, ValueError):
        # Not the main thread: signals do not come here.
        return None
    return lambda: loop.remove_signal_handler(number)
