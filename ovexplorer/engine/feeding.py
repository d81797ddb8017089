"""The same inputs for models that take them differently: another batch, element type or order of dimensions.

One of several models draws the inputs, the one with the narrowest types: bytes can be given to a model that takes
real numbers, not the other way round. All others get what it drew, converted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ovexplorer.engine.deviation import Array, from_bf16
from ovexplorer.engine.fills import REAL_TYPES
from ovexplorer.engine.inputs import files_by_input, make_set, stored
from ovexplorer.engine.plan import InputPlan
from ovexplorer.engine.shapes import sizes_text
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.text import clean

_ALWAYS_THE_SAME = frozenset({"ones", "zeros", "positions"})


class MisfitError(Exception):
    """The inputs of one model mean nothing to another; the text says why."""


@dataclass(frozen=True)
class Feed:
    """What a model takes."""

    model: ModelSpec
    plans: tuple[InputPlan, ...]
    """One per input, in order."""
    seed: int = 0

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for feeds that draw the same."""
        return tuple((plan.raw_name, plan.element_type, plan.shapes, plan.filling, plan.paths) for plan in self.plans)

    def draw(self, most: int) -> Iterator[tuple[Array, ...]]:
        """Different sets of inputs, made when they are asked for, at most so many.

        Raises:
            EngineFailure: One cannot be made.
        """
        files = files_by_input(self.plans)
        for number in range(min(most, self._different(files))):
            yield make_set(self.plans, number, self.seed, files).arrays

    def _different(self, files: dict[int, list[Path]]) -> int:
        """How many sets there are before one comes again."""
        ways = [
            max(len(plan.shapes), -(-len(files[plan.index]) // max(1, plan.batch())))
            for plan in self.plans
            if plan.paths
        ]
        if len(ways) == len(self.plans) and ways:
            return max(ways)
        if all(plan.filling.kind in _ALWAYS_THE_SAME for plan in self.plans):
            return max((len(plan.shapes) for plan in self.plans), default=1)
        return 1 << 30

    def fit(self, arrays: Sequence[Array], source: Feed, number: int) -> tuple[Array, ...]:
        """What another model drew, as this one takes it.

        Args:
            arrays: One set that `source` drew.
            source: Who drew it.
            number: Of the set.

        Raises:
            MisfitError: It cannot be converted.
        """
        reordered = any(entry.tensor_layout for entry in (*self.model.inputs, *source.model.inputs))
        if self.key == source.key and not reordered:
            return tuple(arrays)
        if len(self.plans) != len(source.plans):
            raise MisfitError(f"one takes {len(source.plans)} inputs, the other {len(self.plans)}")
        turned = (self.model.preprocess == "graph") != (source.model.preprocess == "graph")
        if turned and any(entry.mean or entry.scale for entry in (*self.model.inputs, *source.model.inputs)):
            raise MisfitError("mean and scale in the graph give the same image another meaning")
        places = _places(source.plans, self.plans)
        return tuple(
            _converted(arrays[place], source.plans[place], plan, number, turned=turned or reordered)
            for place, plan in zip(places, self.plans)
        )


def narrowest(feeds: Sequence[Feed]) -> Feed:
    """Whose inputs all the others can take: the one with most whole-number inputs; the first of several."""
    return max(feeds, key=lambda feed: sum(plan.element_type not in REAL_TYPES for plan in feed.plans))


def _places(sources: Sequence[InputPlan], targets: Sequence[InputPlan]) -> list[int]:
    """Where the input of each target is among the sources: by name where all names agree, else by place."""
    names = [plan.raw_name for plan in sources]
    if len(set(names)) == len(names) and {plan.raw_name for plan in targets} == set(names):
        return [names.index(plan.raw_name) for plan in targets]
    return list(range(len(targets)))


def _converted(array: Array, source: InputPlan, target: InputPlan, number: int, *, turned: bool) -> Array:
    if target.element_type == source.element_type and target.shapes == source.shapes and not turned:
        return array
    packed = not array.size or array.ndim != len(source.shapes[0])
    if packed or not target.shapes:
        raise MisfitError(f"{target.name} takes {target.element_type}, which is not converted")
    if turned and source.layout != target.layout and sorted(source.layout) == sorted(target.layout):
        array = array.transpose([source.layout.index(letter) for letter in target.layout])
    array = _with_batch(array, target, number)
    if source.element_type != target.element_type:
        array = _with_type(array, source, target)
    return np.ascontiguousarray(array)


def _with_batch(array: Array, target: InputPlan, number: int) -> Array:
    wanted = target.shapes[number % len(target.shapes)]
    axis = max(0, target.layout.find("N"))
    rest = [size for place, size in enumerate(array.shape) if place != axis]
    if len(wanted) != array.ndim or rest != [size for place, size in enumerate(wanted) if place != axis]:
        what = f"{target.name} takes {sizes_text(wanted)}, the other {sizes_text(array.shape)}"
        raise MisfitError(what)
    if not wanted or wanted[axis] == array.shape[axis]:
        return array
    return np.asarray(array.take(np.arange(wanted[axis]) % array.shape[axis], axis))


def _with_type(array: Array, source: InputPlan, target: InputPlan) -> Array:
    kind = target.element_type
    if "string" in (kind, source.element_type):
        raise MisfitError(f"{target.name} takes {kind}, the other {source.element_type}")
    values = from_bf16(array) if source.element_type == "bf16" else array
    try:
        made = stored(values, kind)
    except KeyError as error:
        raise MisfitError(f"{clean(target.name, 60)} takes {kind}, which is not converted") from error
    if kind not in REAL_TYPES and not np.array_equal(made.astype(np.float64), values.astype(np.float64)):
        raise MisfitError(f"{source.element_type} values of {target.name} cannot be given as {kind}")
    return made
