"""Waits for the app to have done all it can do, however busy the machine is.

Textual's own wait looks at processor time: a process that gets none on a busy machine looks idle to it.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from textual.app import App, ScreenStackError
from textual.css.stylesheet import Stylesheet

_THREADS_S: Final = 5.0
"""Longest wait for work in threads: a test may hold one on purpose."""

_parsed: dict[tuple[object, ...], list[Any]] = {}


async def quiet(app: App[Any]) -> None:
    """Return when every task waits, all is laid out and painted, and what waited for that has run."""
    loop: Any = asyncio.get_running_loop()
    give_up = loop.time() + _THREADS_S
    while True:
        await asyncio.sleep(0)
        if loop._ready or _drawn_now(app):
            continue
        if not _threads_work(loop) or loop.time() > give_up:
            return
        await asyncio.sleep(0.001)


def _drawn_now(app: Any) -> bool:
    """Do at once what timers of a frame or less would do; whether there was something."""
    if app._resize_timer is not None:
        app._check_resize()
        return True
    try:
        screen = app.screen
    except ScreenStackError:
        return False
    waits = screen._layout_required or screen._scroll_required or screen._repaint_required
    waits = waits or screen._recompose_required or screen._dirty_widgets or screen._callbacks
    if not waits or not screen.is_current or app._batch_count:
        return False
    screen._on_timer_update()
    return True


def _threads_work(loop: Any) -> bool:
    """Whether `asyncio.to_thread` has something under way."""
    pool = loop._default_executor
    return pool is not None and len(pool._threads) > pool._idle_semaphore._value


def parse_once(self: Any, css: str, read_from: Any, *rest: Any, **more: Any) -> Any:
    """Instead of `Stylesheet._parse_rules`: equal text is parsed once for all apps of a test run."""
    key = (css, read_from, rest, *more.items(), *sorted(self._variables.items()))
    if key not in _parsed:
        _parsed[key] = _parse_rules(self, css, read_from, *rest, **more)
    return _parsed[key]


_parse_rules: Final = Stylesheet._parse_rules
