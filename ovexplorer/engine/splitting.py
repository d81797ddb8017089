"""Answers what a model is made of, what each device takes of it, and how HETERO split a configuration."""

from __future__ import annotations

from collections.abc import Callable
from xml.parsers import expat

import msgspec

from ovexplorer.engine.configurations import Configuration
from ovexplorer.engine.failure import EngineFailure, from_openvino
from ovexplorer.engine.intake import prepare, unreported
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.workshop import Workshop
from ovexplorer.errors import ProtocolError
from ovexplorer.schema.splitting import DescribeSplit, DescribeTopology, SplitDescribed, TopologyDescribed
from ovexplorer.schema.topology import SubmodelLink

_NO_SPLIT = "this device does not split the model"


class Splitting:
    """Handles the commands for it; nothing must be in flight.

    Args:
        workshop: Models and devices.
        find: The configuration of a segment; None when it is not compiled any more.
        reporter: Where answers go.
    """

    def __init__(self, workshop: Workshop, find: Callable[[int], Configuration | None], reporter: Reporter) -> None:
        self._workshop = workshop
        self._find = find
        self._reporter = reporter

    def describe_topology(self, command: DescribeTopology, running: str) -> None:
        """Answer with TopologyDescribed or Failed."""
        self._reporter.segment = 0
        try:
            with self._reporter.phase("split"):
                self._tell_topology(command, running)
        except EngineFailure as failure:
            self._reporter.failed(failure)

    def _tell_topology(self, command: DescribeTopology, running: str) -> None:
        self._workshop.stand_ins.register(command.stand_ins)
        loaded = self._workshop.load_model(command.model, running=running, phases=unreported)
        prepared = prepare(loaded, command.model, unreported, allow_dynamic=True)
        affinities = self._workshop.configurations.affinities
        topology = affinities.describe(prepared)
        support = affinities.support(prepared, command.devices, command.lacks, command.stand_ins)
        told = TopologyDescribed(model=command.model, topology=topology, support=support, lacks=command.lacks)
        try:
            self._reporter.send(told)
        except ProtocolError as error:
            raise EngineFailure(
                "compile_failed",
                f"{topology.model} has {len(topology.operations):,} operations: too many to list",
                "it can still be run; --splitter openvino splits it without affinities",
            ) from error

    def describe_split(self, command: DescribeSplit, running: str) -> None:  # noqa: ARG002 - as all work beside a run
        """Answer with SplitDescribed or Failed."""
        self._reporter.segment = 0
        try:
            with self._reporter.phase("split"):
                self._tell_split(command)
        except EngineFailure as failure:
            self._reporter.failed(failure)

    def _tell_split(self, command: DescribeSplit) -> None:
        configuration = self._find(command.segment)
        if configuration is None:
            raise EngineFailure("compile_failed", "the configuration is not compiled any more", "run it again")
        count = _submodels(configuration)
        devices: tuple[str, ...] = ()
        links: tuple[SubmodelLink, ...] = ()
        notes = (configuration.note, _why_no_dumps(configuration)) if count else (_NO_SPLIT,)
        if command.check and count:
            devices, links = read_header(configuration)
        told = SplitDescribed(
            segment=command.segment,
            submodels=count,
            placed=dict(configuration.placed),
            dumps=configuration.dumps.files(),
            devices=devices,
            links=links,
            note="; ".join(filter(None, notes)),
        )
        try:
            self._reporter.send(told)
        except ProtocolError:
            # The files are there to be read by whoever asked.
            bare = tuple(msgspec.structs.replace(dump, text="") for dump in told.dumps)
            self._reporter.send(msgspec.structs.replace(told, dumps=bare))


def _why_no_dumps(configuration: Configuration) -> str:
    if configuration.loaded_from_cache and not configuration.dumps.paths:
        return "it came out of the model cache: nothing was split, so nothing was dumped"
    return configuration.dumps.note


def _submodels(configuration: Configuration) -> int:
    try:
        return int(configuration.compiled.get_property("HETERO_NUMBER_OF_SUBMODELS"))
    except (RuntimeError, TypeError, ValueError):
        return 0


def read_header(configuration: Configuration) -> tuple[tuple[str, ...], tuple[SubmodelLink, ...]]:
    """Device of each submodel and the tensors between them, from what OpenVINO exports first.

    The export holds all weights and cannot be stopped: it is for checking, not for every run.

    Raises:
        EngineFailure: A device cannot export.
    """
    try:
        exported = configuration.compiled.export_model()
    except RuntimeError as error:
        raise from_openvino("compile_failed", "the split cannot be exported", error, "") from error
    first = exported.readline()
    devices: list[str] = []
    links: list[SubmodelLink] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == "compiled_submodel":
            devices.append(attributes.get("device", ""))
        elif name == "record" and "out_submodel_idx" in attributes:
            links.append(
                SubmodelLink(
                    source=int(attributes["out_submodel_idx"]),
                    source_output=int(attributes["out_node_idx"]),
                    target=int(attributes["in_submodel_idx"]),
                    target_input=int(attributes["in_node_idx"]),
                )
            )

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    try:
        parser.Parse(first, True)
    except (expat.ExpatError, KeyError, ValueError) as error:
        raise EngineFailure("compile_failed", "the export header cannot be read", f"{error}") from error
    return tuple(devices), tuple(links)
