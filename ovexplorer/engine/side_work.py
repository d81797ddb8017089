"""Work beside the measurement, which waits meanwhile: drift, the search for where outputs diverge, saving a model."""

from __future__ import annotations

from functools import partial

from ovexplorer.engine import divergence, saving
from ovexplorer.engine.contestants import Contestants
from ovexplorer.engine.drift import DriftMeter
from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.reference import References
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.workshop import Workshop
from ovexplorer.schema.contest import FindDivergence, MeasureDrift
from ovexplorer.schema.protocol import SaveModel


class SideWork:
    """Handles the commands for it; nothing must be in flight. `running` is as in `Workshop.load_model`."""

    def __init__(self, workshop: Workshop, contestants: Contestants, reporter: Reporter, gate: Gate) -> None:
        self._workshop = workshop
        self._reporter = reporter
        self._gate = gate
        self._drift = DriftMeter(reporter, References(workshop.core, gate), contestants, gate)

    def measure_drift(self, command: MeasureDrift, running: str) -> None:
        """Answer with one DriftMeasured for each contestant."""
        self._drift.measure(command, partial(self._workshop.load_model, running=running))

    def find_divergence(self, command: FindDivergence, running: str) -> None:
        """Answer with one DivergenceFound."""
        load = partial(self._workshop.load_model, running=running)
        divergence.find(command, load, self._workshop, self._reporter, self._gate)

    def save(self, command: SaveModel, running: str) -> None:
        """Answer with ModelSaved or Failed."""
        self._reporter.segment = 0
        try:
            saving.save(command, partial(self._workshop.load_model, running=running), self._reporter)
        except EngineFailure as failure:
            self._reporter.failed(failure)
