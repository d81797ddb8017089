"""Failures inside the engine: what the `Failed` event is made from."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias

from ovexplorer.schema.results import FailureKind, Phase
from ovexplorer.text import clean, clean_lines

PhaseReporter: TypeAlias = Callable[[Phase], AbstractContextManager[None]]
"""Wraps a piece of work so that its start, end and duration are told."""


class EngineFailure(Exception):
    """Something asked for could not be done; the engine goes on.

    Attributes:
        kind: Which of the documented failures.
        what: One line.
        hint: One line that says what to do.
        detail: OpenVINO's own lines.
    """

    def __init__(self, kind: FailureKind, what: str, hint: str, detail: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.kind = kind
        self.what = what
        self.hint = hint
        self.detail = detail


def from_openvino(kind: FailureKind, doing: str, error: BaseException, hint: str) -> EngineFailure:
    """Turn OpenVINO's exception into a failure that leads with its most telling line.

    OpenVINO raises RuntimeError with C++ text of several lines ("Exception from src/..."); the last line that is not
    a location says most.
    """
    lines = clean_lines(str(error), most=40)
    telling = [line for line in lines if not line.startswith(("Exception from ", "Check '", "While validating"))]
    last = (telling or list(lines) or [clean(type(error).__name__)])[-1]
    return EngineFailure(kind, f"{doing}: {last}", hint, tuple(lines))
