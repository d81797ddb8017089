"""Which cut makes which Reorder necessary: every one is laid to cuts, or to the model's own structure.

HETERO hands each tensor on as a host tensor in plain layout, so a cut may cost a Reorder where it leaves a submodel and
one where it enters the next. Those stand right at the border, and the run-time graph links them across it. A Reorder
further inside counts as a cut's when the same model on one device has none between the same operations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ovexplorer.analysis.reorders import Reorder, explain_reorders
from ovexplorer.analysis.split.model import Cut, Split
from ovexplorer.analysis.split.names import Names, submodels_of
from ovexplorer.schema.results import LayerProfile, LayerTime


def moves(profile: LayerProfile) -> tuple[Reorder, ...]:
    """Everything the plugin put in to move or convert data; what the model asks for itself is left out."""
    return tuple(
        [
            entry
            for entry in explain_reorders(profile.layers, profile.latency_ns)
            if entry.kind == "reorder" or (entry.kind == "convert" and not entry.asked_for)
        ]
    )


class Blame:
    """Finds the cuts behind each Reorder of one profile."""

    def __init__(self, names: Names, split: Split, profile: LayerProfile, baseline: LayerProfile | None) -> None:
        """Look at a profile whose N are the indices of the split.

        Args:
            names: Of the model.
            split: As numbered by the profile.
            profile: Of the split.
            baseline: Of the same model on one device; None when there is none.
        """
        self._names = names
        self._profile = profile
        self._layers = {layer.key: layer for layer in profile.layers}
        self._part = {layer.key: number for layer, number in zip(profile.layers, submodels_of(profile.layers))}
        self._takers: dict[int, list[int]] = {}
        for layer in profile.layers:
            for key in layer.inputs:
                self._takers.setdefault(key, []).append(layer.key)
        self._out: dict[int, list[Cut]] = {}
        self._in: dict[int, list[Cut]] = {}
        for cut in split.cuts:
            self._out.setdefault(cut.source, []).append(cut)
            self._in.setdefault(cut.target, []).append(cut)
        self._usual = _places(names, baseline) if baseline is not None else None

    def cuts_of(self, move: Reorder) -> tuple[Cut, ...]:
        """The cuts that make it necessary; none when the model itself does."""
        layer = move.layer
        if move.cause in ("model_input", "model_output"):
            return ()
        part = self._part[layer.key]
        if move.cause == "submodel_entry" or self._all_elsewhere(layer.inputs, part):
            return tuple(self._entering(layer, part))
        takers = self._takers.get(layer.key, ())
        if move.cause == "submodel_exit" or self._all_elsewhere(takers, part):
            return tuple(self._leaving(layer, part))
        if self._usual is None or self._is_usual(layer):
            return ()
        return tuple(self._nearest(layer, part))

    def around(self, layer: LayerTime) -> tuple[set[int], set[int]]:
        """Operations whose result it takes, and those that take its own."""
        before = self._operations(layer.inputs, self._before)
        return before, self._operations(self._takers.get(layer.key, ()), self._after)

    def _all_elsewhere(self, keys: Sequence[int], part: int) -> bool:
        known = [key for key in keys if key in self._part]
        return bool(known) and all(self._part[key] != part for key in known)

    def _leaving(self, layer: LayerTime, part: int) -> list[Cut]:
        """Cuts of what it takes; of one submodel's cuts only those of its operations."""
        producers = self._operations(layer.inputs, self._before)
        return [cut for cut in self._out.get(part, ()) if cut.producer in producers]

    def _entering(self, layer: LayerTime, part: int) -> list[Cut]:
        cuts = self._in.get(part, [])
        producers = self._operations(layer.inputs, self._before)
        found = [cut for cut in cuts if cut.producer in producers] if producers else cuts
        consumers = self._operations(self._takers.get(layer.key, ()), self._after)
        meant = [cut for cut in found if consumers.intersection(cut.consumers)]
        return meant or (found if producers else [])

    def _nearest(self, layer: LayerTime, part: int) -> list[Cut]:
        """Where its data came into the submodel, or else where it leaves."""
        before = self._inside(layer.key, part, self._before)
        inner = {key for at in before for key in self._names.of_layer(self._layers[at])}
        inner |= self._operations(self._takers.get(layer.key, ()), self._after) if len(before) == 1 else set()
        found = [cut for cut in self._in.get(part, ()) if inner.intersection(cut.consumers)]
        if found:
            return found
        after = self._inside(layer.key, part, self._after)
        inner = {key for at in after for key in self._names.of_layer(self._layers[at])}
        return [cut for cut in self._out.get(part, ()) if cut.producer in inner]

    def _inside(self, start: int, part: int, step: Callable[[int], Iterable[int]]) -> set[int]:
        found, todo = {start}, [start]
        while todo:
            for key in step(todo.pop()):
                if key not in found and self._part.get(key) == part:
                    found.add(key)
                    todo.append(key)
        return found

    def _operations(self, keys: Iterable[int], step: Callable[[int], Iterable[int]]) -> set[int]:
        """Operations of these layers; of those that only move data, what comes before or after them."""
        found: set[int] = set()
        todo, seen = list(keys), set(keys)
        while todo:
            key = todo.pop()
            own = self._names.of_layer(self._layers[key]) if key in self._layers else ()
            found.update(own)
            if not own:
                more = [other for other in step(key) if other not in seen]
                seen.update(more)
                todo += more
        return found

    def _before(self, key: int) -> Iterable[int]:
        return self._layers[key].inputs if key in self._layers else ()

    def _after(self, key: int) -> Iterable[int]:
        return self._takers.get(key, ())

    def _is_usual(self, layer: LayerTime) -> bool:
        before, after = self.around(layer)
        return any(before & usual and after & others for usual, others in self._usual or ())


def _places(names: Names, profile: LayerProfile) -> list[tuple[set[int], set[int]]]:
    """Operations before and after each Reorder of a profile."""
    looker = Blame(names, Split(devices=(), placed=(), submodels=(), cuts=()), profile, None)
    return [looker.around(move.layer) for move in moves(profile)]
