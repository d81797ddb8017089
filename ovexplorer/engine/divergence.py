"""The first operation of a model whose result moves away from the reference.

Results inside a model are seen by adding outputs to it, which can keep the device from fusing the operations around
them: what is found is true for the model with those outputs. So that few are added at a time, the search goes in
rounds: sixteen operations spread over the topological order, then sixteen between the last that was near and the
first that was not. It finds the first one when what has moved stays moved, as rounding does.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec
import openvino as ov

from ovexplorer.engine.deviation import Array, Deviation
from ovexplorer.engine.drift import INTERRUPTED, Load
from ovexplorer.engine.failure import EngineFailure, from_openvino
from ovexplorer.engine.feeding import Feed, MisfitError, narrowest
from ovexplorer.engine.intake import LoadedModel, PreparedModel, prepare, unreported
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.reference import DEVICE, PROPERTIES, HaltedError, Trial
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.workshop import Workshop
from ovexplorer.schema.contest import DivergenceFound, FindDivergence
from ovexplorer.schema.drift import Divergence, LayerDrift
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import clean

_PROBES = 16
_MOST_S = 20.0
"""For all rounds; a round that has begun is finished."""
_MOST_ELEMENTS = 30_000_000
"""Of all results of a round; fewer operations are looked at when theirs are larger."""
_NO_RESULTS = frozenset({"Parameter", "Constant", "Result", "Assign"})

Compile = Callable[[ov.Model], ov.CompiledModel]


def find(command: FindDivergence, load: Load, workshop: Workshop, reporter: Reporter, gate: Gate) -> None:
    """Search, and tell what was found or why nothing was."""
    reporter.segment = command.segment
    try:
        workshop.stand_ins.register(command.spec.stand_ins)
        reference, plain = _prepared(load(command.against.model), command.against)
        other, own = _prepared(load(command.spec.model), command.spec)
    except EngineFailure as failure:
        reporter.send(DivergenceFound(divergence=_Search(command, gate).told(failure.what)))
        return
    # A cache would be filled with models that nobody runs again.
    properties = {key: value for key, value in command.spec.properties.items() if key != "CACHE_DIR"}
    spec = msgspec.structs.replace(command.spec, properties=properties)
    with reporter.phase("drift"):
        search = _Search(command, gate)
        search.run(
            _Side(
                plain,
                Feed(command.against.model, reference.inputs, command.against.seed),
                lambda model: workshop.core.compile_model(model, DEVICE, PROPERTIES),
            ),
            _Side(
                own,
                Feed(spec.model, other.inputs, spec.seed),
                lambda model: workshop.configurations.compile_apart(replace(other, model=model), spec),
            ),
        )
    reporter.send(DivergenceFound(divergence=search.told(search.why)))


def _prepared(loaded: LoadedModel, spec: RunSpec) -> tuple[PreparedModel, ov.Model]:
    prepared = prepare(loaded, spec.model, unreported)
    if prepared.model is None:
        what = "a model that is compiled already, or from its path, shows nothing of its inside"
        raise EngineFailure("compare_refused", what, "give the model it was made from")
    return prepared, prepared.model


class _Side:
    """One of the two models: compiled anew with each set of added outputs."""

    def __init__(self, model: ov.Model, feed: Feed, compile_model: Compile) -> None:
        self.model = model
        self.feed = feed
        self._compile = compile_model

    def results(self, names: list[str], drawn: tuple[Array, ...], drawer: Feed, gate: Gate) -> dict[str, Array | None]:
        """What the named operations give.

        Raises:
            EngineFailure: It cannot be compiled.
            RuntimeError: OpenVINO's.
            MisfitError: It cannot take what was drawn.
            HaltedError: A command arrived.
        """
        model = self.model.clone()
        nodes = {node.get_friendly_name(): node for node in model.get_ops()}
        model.add_outputs([nodes[name].output(0) for name in names])
        sources = [port.get_node().input_value(0) for port in model.outputs]
        trial = Trial(self._compile(model), gate)
        results = trial.run(self.feed.fit(drawn, drawer, 0))
        return {
            source.get_node().get_friendly_name(): result
            for source, result in zip(sources, results)
            if source.get_index() == 0
        }


@dataclass(frozen=True)
class _Candidate:
    name: str
    type: str
    elements: int


class _Search:
    """Rounds of probes between a place that is near the reference and one that is not."""

    def __init__(self, command: FindDivergence, gate: Gate) -> None:
        self._command = command
        self._gate = gate
        self._candidates: list[_Candidate] = []
        self._looked: dict[int, LayerDrift] = {}
        self._moved: int | None = None
        self.why = ""
        """Why it came to no end; empty otherwise."""

    def run(self, reference: _Side, other: _Side) -> None:
        """Search until it is found, the time is up or a command arrives."""
        try:
            self._candidates = _candidates(other.model, reference.model)
            self.why = self._rounds(reference, other)
        except EngineFailure as failure:
            self.why = failure.what
        except MisfitError as error:
            self.why = str(error)
        except HaltedError:
            self.why = INTERRUPTED
        except RuntimeError as error:
            self.why = from_openvino("inference_failed", "it cannot be searched", error, "").what

    def told(self, why: str) -> Divergence:
        """What is known now."""
        return Divergence(
            segment=self._command.segment,
            threshold=self._command.threshold,
            first=self._looked[self._moved] if self._moved is not None and not why else None,
            path=tuple(self._looked[place] for place in sorted(self._looked)),
            why=clean(why),
        )

    def _rounds(self, reference: _Side, other: _Side) -> str:
        if not self._candidates:
            return "the two models share no operation whose result could be compared"
        drawer = narrowest([reference.feed, other.feed])
        drawn = next(drawer.draw(1))
        until = time.perf_counter() + _MOST_S
        low, high = -1, len(self._candidates)
        while high - low > 1:
            if time.perf_counter() > until:
                return self._between(low, high)
            places = self._affordable(low, high)
            names = [self._candidates[place].name for place in places]
            expected = reference.results(names, drawn, drawer, self._gate)
            got = other.results(names, drawn, drawer, self._gate)
            low, high = self._judge(low, places, expected, got, high)
        self._moved = high if high < len(self._candidates) else None
        return ""

    def _judge(
        self, low: int, places: list[int], expected: dict[str, Array | None], got: dict[str, Array | None], high: int
    ) -> tuple[int, int]:
        """Where the search goes on: the last place that is near, and the first that is not."""
        for place in places:
            if self._has_moved(place, expected, got):
                high = min(high, place)
            elif place < high:
                low = place
        return low, high

    def _has_moved(self, place: int, expected: dict[str, Array | None], got: dict[str, Array | None]) -> bool:
        candidate = self._candidates[place]
        left, right = expected.get(candidate.name), got.get(candidate.name)
        if left is None or right is None or left.shape != right.shape:
            raise MisfitError(f"the results of {clean(candidate.name, 60)} cannot be compared")
        deviation = Deviation(candidate.name)
        deviation.add(left, right)
        drift = deviation.result()
        self._looked[place] = LayerDrift(
            name=clean(candidate.name),
            type=clean(candidate.type, 80),
            relative_l2=drift.relative_l2,
            max_abs=drift.max_abs,
        )
        return drift.relative_l2 > self._command.threshold or drift.non_finite > 0

    def _affordable(self, low: int, high: int) -> list[int]:
        """Places spread between two, as many as are looked at in one round."""
        for probes in range(min(_PROBES, high - low - 1), 1, -1):
            places = _spread(low, high, probes)
            if sum(self._candidates[place].elements for place in places) <= _MOST_ELEMENTS:
                return places
        return _spread(low, high, 1)

    def _between(self, low: int, high: int) -> str:
        first = self._candidates[low].name if low >= 0 else "the inputs"
        last = self._candidates[high].name if high < len(self._candidates) else "the outputs"
        return f"the time was up: it lies between {clean(first, 60)} and {clean(last, 60)}"


def _spread(low: int, high: int, probes: int) -> list[int]:
    return sorted({low + (high - low) * (number + 1) // (probes + 1) for number in range(probes)})


def _candidates(model: ov.Model, reference: ov.Model) -> list[_Candidate]:
    """Operations of real results that depend on the inputs and are in both models, in topological order."""
    there: dict[str, ov.Node] = {}
    for node in reference.get_ordered_ops():
        there.setdefault(node.get_friendly_name(), node)
    varying: set[str] = set()
    found: dict[str, _Candidate] = {}
    for node in model.get_ordered_ops():
        kind, name = node.get_type_name(), node.get_friendly_name()
        sources = [port.get_source_output().get_node().get_friendly_name() for port in node.inputs()]
        if kind not in ("Parameter", "ReadValue") and not varying.intersection(sources):
            continue
        varying.add(name)
        twin = there.get(name)
        if kind in _NO_RESULTS or name in found or twin is None or twin.get_type_name() in _NO_RESULTS:
            continue
        port = node.output(0)
        shape = port.get_partial_shape()
        if port.get_element_type().is_real() and shape.same_scheme(twin.output(0).get_partial_shape()):
            elements = math.prod(port.get_shape()) if shape.is_static else 0
            found[name] = _Candidate(name, kind, elements)
    return list(found.values())
