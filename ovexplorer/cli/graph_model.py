"""The graph of a model, from an engine: its operations as HETERO would split them, or the layers of a run."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from ovexplorer.analysis.split.predict import predict
from ovexplorer.cli.console import Console
from ovexplorer.cli.interrupts import Interrupts
from ovexplorer.cli.layers import counted_layers
from ovexplorer.cli.line import CommandLine
from ovexplorer.cli.progress import progress_line
from ovexplorer.cli.request import request_of
from ovexplorer.cli.runner import died_error, failed_error, headless
from ovexplorer.errors import EngineError, InterruptedRunError
from ovexplorer.graph.from_model import graph_of_topology
from ovexplorer.graph.from_profile import graph_of_profile
from ovexplorer.graph.model import Graph
from ovexplorer.options.apply import headline
from ovexplorer.options.paths import anchored
from ovexplorer.schema.placement import devices_in_order, resolve
from ovexplorer.schema.spec import RunSpec
from ovexplorer.schema.splitting import TopologyDescribed
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Connect
from ovexplorer.session.state import RunState
from ovexplorer.text import clean


async def graph_of_model(
    line: CommandLine, stop: Interrupts, console: Console, connect: Connect = ProcessSource.start
) -> Graph:
    """Ask an engine for the graph of a model.

    Args:
        line: With `--runtime` the model is compiled and its layers are counted; otherwise it is only read.
        stop: Ends it early.
        console: For notices and progress.
        connect: Where events come from.

    Raises:
        OvexplorerError: The model cannot be read or measured, or the user stopped it.
    """
    request = request_of(line)
    spec = anchored(request.spec, Path.cwd())
    for notice in request.notices:
        console.notice(f"notice: {notice}")
    if "runtime" in line.switches:
        return await _runtime(spec, line, stop, console)
    described = await _described(spec, stop, console, connect)
    return _placed(described, spec)


async def _runtime(spec: RunSpec, line: CommandLine, stop: Interrupts, console: Console) -> Graph:
    seconds = spec.duration_s if "duration" in line.values else 0.0
    title = headline(spec)

    def watch(state: RunState) -> None:
        console.progress(progress_line(state, title))

    state = await counted_layers(msgspec.structs.replace(spec, duration_s=seconds), stop, watch)
    if state.profile is None:
        raise InterruptedRunError("interrupted before the layers were counted")
    graph = graph_of_profile(state.profile)
    return replace(graph, title=clean(title))


async def _described(spec: RunSpec, stop: Interrupts, console: Console, connect: Connect) -> TopologyDescribed:
    title = headline(spec)

    def watch(state: RunState) -> None:
        console.progress(progress_line(state, title) or f"{title}: reading the operations")

    def over(state: RunState) -> bool:
        return state.topology is not None or state.topology_failed is not None or state.status == "died"

    async with headless(connect, watch) as session:
        # OpenVINO's own splitter knows nothing of what a stand-in pretends.
        lacks = spec.lacks if spec.splitter == "ours" else {}
        await session.splits.describe_topology(spec.model, devices_in_order(spec.device), spec.stand_ins, lacks)
        answered = asyncio.create_task(session.until(over))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({answered, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (answered, stopping):
                task.cancel()
        with suppress(asyncio.CancelledError):
            await answered
        state = session.state
    if state.topology is not None:
        return state.topology
    if stop.asked:
        raise InterruptedRunError("interrupted before the operations were known")
    if state.died is not None:
        raise died_error(state.died)
    if state.topology_failed is not None:
        raise failed_error(state.topology_failed)
    raise EngineError("the operations could not be described", "try again with --debug")


def _placed(described: TopologyDescribed, spec: RunSpec) -> Graph:
    """The operations, in the submodels that HETERO would make of them where it is the device."""
    topology = described.topology
    devices = devices_in_order(spec.device)
    if not devices:
        return graph_of_topology(topology)
    placed = resolve(topology, devices, described.support, spec.affinities, spec.placements)
    split = predict(topology, placed, devices)
    return graph_of_topology(
        topology, placed, {key: entry.index for entry in split.submodels for key in entry.operations}
    )
