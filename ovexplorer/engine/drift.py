"""Drift: how far the outputs of contestants move from the f32 reference on the very same inputs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ovexplorer.engine.configurations import configuration_key
from ovexplorer.engine.contestants import Contestants
from ovexplorer.engine.deviation import Array, Deviation
from ovexplorer.engine.failure import EngineFailure, from_openvino
from ovexplorer.engine.feeding import Feed, MisfitError, narrowest
from ovexplorer.engine.inputs import plans_of
from ovexplorer.engine.intake import LoadedModel
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.reference import DEVICE, IN_WORDS, PROPERTIES, HaltedError, Reference, References, Trial
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.workload import Workload
from ovexplorer.schema.contest import DriftMeasured, MeasureDrift
from ovexplorer.schema.drift import Drift
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import clean

INTERRUPTED = "interrupted: something else was asked for"

Load = Callable[[ModelSpec], LoadedModel]
"""Reads a model, or takes the one that was read."""


class DriftMeter:
    """Answers MeasureDrift.

    Args:
        reporter: Told the phase and the results.
        references: Kept from one command to the next.
        contestants: Who is compared; nothing of them must be in flight.
        gate: Closed when a command arrives, which ends the work early.
    """

    def __init__(self, reporter: Reporter, references: References, contestants: Contestants, gate: Gate) -> None:
        self._reporter = reporter
        self._references = references
        self._contestants = contestants
        self._gate = gate

    def measure(self, command: MeasureDrift, load: Load) -> None:
        """Tell the drift of each contestant; what cannot be had is told with the reason."""
        self._reporter.segment = command.segments[0] if command.segments else 0
        try:
            loaded = load(command.against.model)
        except EngineFailure as failure:
            drifts = [_unavailable(segment, failure.what) for segment in command.segments]
        else:
            with self._reporter.phase("drift"):
                drifts = self._all(command, loaded)
        for drift in drifts:
            self._reporter.send(DriftMeasured(drift=drift))

    def _all(self, command: MeasureDrift, loaded: LoadedModel) -> list[Drift]:
        workloads = {segment: self._contestants.workload(segment) for segment in command.segments}
        held = {segment: workload for segment, workload in workloads.items() if workload is not None}
        if not held:
            return [_unavailable(segment, "it is not held any more") for segment in command.segments]
        try:
            feeds = {segment: feed_of(workload) for segment, workload in held.items()}
            own = self._references.feed(loaded, command.against)
            drawer = _drawer(own, list(feeds.values()))
            most = max(1, command.inputs)
            reference = self._references.of(loaded, command.against, drawer, most, command.seconds)
        except EngineFailure as failure:
            return [_unavailable(segment, failure.what) for segment in command.segments]
        except MisfitError as error:
            return [_unavailable(segment, str(error)) for segment in command.segments]
        except HaltedError:
            return [_unavailable(segment, INTERRUPTED) for segment in command.segments]
        drifts = []
        for segment, workload in workloads.items():
            if workload is None:
                drifts.append(_unavailable(segment, "it is not held any more"))
                continue
            same = _is_reference(workload, command.against, loaded)
            drifts.append(self._one(segment, workload, feeds[segment], reference, command.seconds, same=same))
        return drifts

    def _one(
        self, segment: int, workload: Workload, feed: Feed, reference: Reference, seconds: float, *, same: bool
    ) -> Drift:
        try:
            return self._compared(segment, workload, feed, reference, seconds, same=same)
        except MisfitError as error:
            return _unavailable(segment, str(error))
        except HaltedError:
            return _unavailable(segment, INTERRUPTED)
        except RuntimeError as error:
            return _unavailable(segment, from_openvino("inference_failed", "inference failed", error, "").what)

    def _compared(
        self, segment: int, workload: Workload, feed: Feed, reference: Reference, seconds: float, *, same: bool
    ) -> Drift:
        trial = Trial(workload.configuration.compiled, self._gate)
        places = output_places(reference.names, trial.names)
        deviations = [Deviation(name) for name in reference.names]
        until = time.perf_counter() + seconds
        tried = 0
        for number, drawn in enumerate(reference.inputs):
            try:
                results = trial.run(feed.fit(drawn, reference.feed, number))
            except HaltedError:
                if not tried:
                    raise
                break
            for place, expected, deviation in zip(places, reference.outputs[number], deviations):
                add_result(deviation, expected, results[place])
            tried += 1
            if time.perf_counter() >= until:
                break
        numbers = [deviation for deviation in deviations if deviation.compared]
        if not numbers:
            raise MisfitError("no output holds numbers")
        equal = all(deviation.equal for deviation in numbers)
        return Drift(
            segment=segment,
            state="reference" if same or equal else "measured",
            inputs=tried,
            outputs=tuple(deviation.result() for deviation in numbers),
            reference=clean(IN_WORDS),
        )


def feed_of(workload: Workload) -> Feed:
    """What a contestant takes.

    Raises:
        EngineFailure: What is asked for an input does not fit it.
    """
    prepared = workload.configuration.prepared
    return Feed(prepared.spec, plans_of(prepared, workload.configuration.compiled.inputs), workload.spec.seed)


def _drawer(own: Feed, feeds: Sequence[Feed]) -> Feed:
    """The reference itself, unless a contestant has narrower inputs that it can be given too."""
    return narrowest([own, *feeds])


def output_places(expected: Sequence[str], names: Sequence[str]) -> list[int]:
    """Where each output of the reference is among those of another model: by name where all agree, else by place.

    Raises:
        MisfitError: It has fewer or more.
    """
    if len(expected) != len(names):
        raise MisfitError(f"it has {len(names)} outputs, the reference {len(expected)}")
    if len(set(names)) == len(names) and set(names) == set(expected):
        return [names.index(name) for name in expected]
    return list(range(len(names)))


def add_result(deviation: Deviation, expected: Array | None, got: Array | None) -> None:
    """Take one output; of different batches the items that both have.

    Raises:
        MisfitError: The shapes differ in more than the batch.
    """
    if expected is None or got is None:
        return
    if expected.shape != got.shape:
        if expected.ndim != got.ndim or not expected.ndim or expected.shape[1:] != got.shape[1:]:
            raise MisfitError(f"an output has the shape {list(got.shape)}, of the reference {list(expected.shape)}")
        items = min(expected.shape[0], got.shape[0])
        expected, got = expected[:items], got[:items]
    deviation.add(expected, got)


def _is_reference(workload: Workload, against: RunSpec, loaded: LoadedModel) -> bool:
    """Whether a contestant is compiled as the reference is; its sums may still be added in another order."""
    configuration = workload.configuration
    if workload.spec.model != against.model or configuration_key(loaded.identity, workload.spec) != configuration.key:
        return False
    if set(configuration.execution_devices) != {DEVICE}:
        return False
    got = {row.property: row.effective for row in configuration.effective}
    return all(got.get(name) == PROPERTIES[name] for name in ("INFERENCE_PRECISION_HINT", "EXECUTION_MODE_HINT"))


def _unavailable(segment: int, why: str) -> Drift:
    return Drift(segment=segment, state="unavailable", inputs=0, reference=clean(IN_WORDS), why=clean(why))
