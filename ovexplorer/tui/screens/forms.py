"""Opens the device builder and the shape editor over any screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from textual.app import App

from ovexplorer.schema.facts import ModelFacts
from ovexplorer.schema.spec import ModelSpec, RunSpec

Use = Callable[[RunSpec], None]


def open_builder(app: App[Any], spec: RunSpec, use: Use) -> None:
    """Device builder; what it makes is given to `use`."""
    from ovexplorer.tui.screens.builder import BuilderScreen

    def built(made: RunSpec | None) -> None:
        if made is not None:
            use(made)

    app.push_screen(BuilderScreen(spec), built)


def open_shapes(app: App[Any], spec: RunSpec, facts: ModelFacts, use: Use) -> None:
    """Shape and input editor; what it makes is given to `use`."""
    from ovexplorer.tui.screens.shapes import ShapesScreen

    def shaped(model: ModelSpec | None) -> None:
        if model is not None:
            use(msgspec.structs.replace(spec, model=model))

    app.push_screen(ShapesScreen(facts, spec), shaped)
