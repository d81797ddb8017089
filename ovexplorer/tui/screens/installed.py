"""The screens that have a tab, made when they are first shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from textual.screen import Screen


def _open_screen() -> Screen[Any]:
    from ovexplorer.tui.screens.open import OpenScreen

    return OpenScreen()


def _live_screen() -> Screen[Any]:
    from ovexplorer.tui.screens.live import LiveScreen

    return LiveScreen()


def _layers_screen() -> Screen[Any]:
    from ovexplorer.tui.screens.layers import LayersScreen

    return LayersScreen()


def _graph_screen() -> Screen[Any]:
    from ovexplorer.tui.screens.graph import GraphScreen

    return GraphScreen()


def _compare_screen() -> Screen[Any]:
    from ovexplorer.tui.screens.compare import CompareScreen

    return CompareScreen()


def _advice_screen() -> Screen[Any]:
    from ovexplorer.tui.screens.advice import AdviceScreen

    return AdviceScreen()


def _timeline_screen() -> Screen[Any]:
    from ovexplorer.tui.screens.timeline import TimelineScreen

    return TimelineScreen()


INSTALLED: Final[Mapping[str, Callable[[], Screen[Any]]]] = {
    "open": _open_screen,
    "live": _live_screen,
    "layers": _layers_screen,
    "graph": _graph_screen,
    "compare": _compare_screen,
    "advice": _advice_screen,
    "timeline": _timeline_screen,
}
