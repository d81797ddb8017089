"""Which dimensions of a model's inputs are one and the same size, as far as can be told from outside.

The first dimension of every input is a batch, unless the layout says otherwise; the second of a text-like input is a
sequence. Dimensions with one name follow each other when one is changed. It is a guess, so it can be taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer.schema.facts import PortFacts
from ovexplorer.tui.screens.shapes_dims import Dim, Shape

_LETTERS = {"N": "batch", "C": "channels", "H": "height", "W": "width", "D": "depth", "T": "time", "S": "sequence"}

Place = tuple[int, int]
"""Input by position, dimension by position."""


@dataclass(frozen=True)
class Named:
    """A size with a name, and every dimension that has it."""

    name: str
    places: tuple[Place, ...]
    allowed: Dim
    """What all of them allow."""

    def where(self, inputs: int) -> str:
        """The dimensions in words: `dim 0 of all three`."""
        dims = sorted({dim for _, dim in self.places})
        text = f"dim {dims[0]}" if len(dims) == 1 else "dims " + ", ".join(map(str, dims))
        members = len({port for port, _ in self.places})
        if inputs == 1:
            return text
        if members < inputs:
            return f"{text} of {members} of {inputs} inputs"
        return f"{text} of {'both' if inputs == 2 else f'all {inputs}'} inputs"


def letters_of(layout: str) -> str:
    """The letters of a layout: `NCHW` of `N,C,H,W`; empty when it has words or an ellipsis."""
    letters = layout.replace(",", "").replace("[", "").replace("]", "").strip().upper()
    return letters if letters.replace("?", "").isalpha() or not letters else ""


def name_of_dim(port: PortFacts, shape: Shape, position: int) -> str:
    """A guess what a dimension is; empty when there is none."""
    letters = letters_of(port.layout)
    if len(letters) == len(shape) and letters[position] in _LETTERS:
        image = "H" in letters or "W" in letters
        name = _LETTERS[letters[position]]
        return "sequence" if name == "channels" and not image and len(shape) <= 3 else name
    if position == 0 and len(shape) > 1:
        return "batch"
    if position == 1 and len(shape) in (2, 3):
        return "sequence"
    return ""


def named_dims(ports: Sequence[PortFacts], models: Sequence[Shape | None]) -> tuple[Named, ...]:
    """Group the dynamic dimensions of all inputs by name; batch and sequence even where they are static.

    Args:
        ports: Inputs in order.
        models: Their shapes as the model has them; None where the rank is open.
    """
    groups: dict[str, list[tuple[Place, Dim]]] = {}
    for port_index, (port, shape) in enumerate(zip(ports, models)):
        for dim_index, dim in enumerate(shape or ()):
            name = name_of_dim(port, shape or (), dim_index)
            if dim.static and not _reshapes_together(name, port):
                continue
            name = name or f"dim {dim_index} of {port.name}"
            groups.setdefault(name, []).append(((port_index, dim_index), dim))
    return tuple(named for name, members in groups.items() for named in _agreeing(name, members))


def _reshapes_together(name: str, port: PortFacts) -> bool:
    """Whether a static dimension is likely to be changed, and then in all inputs at once."""
    return name == "sequence" or (name == "batch" and "N" in letters_of(port.layout))


def _agreeing(name: str, members: list[tuple[Place, Dim]]) -> list[Named]:
    """One group; members whose bounds leave no common size, or that are fixed, stand apart under the same name."""
    found: list[Named] = []
    for place, dim in members:
        for index, group in enumerate(found):
            common = _common(group.allowed, dim)
            if common is not None:
                found[index] = Named(name, (*group.places, place), common)
                break
        else:
            found.append(Named(name, (place,), dim))
    if len(found) > 1:
        return [Named(f"{name} {number}", group.places, group.allowed) for number, group in enumerate(found, 1)]
    return found


def _common(one: Dim, other: Dim) -> Dim | None:
    if one.static or other.static:
        return one if one == other else None
    low = max(one.low, other.low)
    high = other.high if one.high is None else one.high if other.high is None else min(one.high, other.high)
    return Dim(low, high) if high is None or low < high else None
