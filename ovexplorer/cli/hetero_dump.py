"""A dump as the argument of `hetero`: its submodels and cuts, without a device, a model or OpenVINO."""

from __future__ import annotations

from pathlib import Path

from ovexplorer.analysis.split.from_dump import devices_of_graph, placed_of_graph, topology_of_graph
from ovexplorer.analysis.split.join import split_of_dump
from ovexplorer.analysis.split.model import Split
from ovexplorer.analysis.split.predict import predict
from ovexplorer.cli.console import Console
from ovexplorer.cli.hetero_tables import cuts_table, submodels_table
from ovexplorer.cli.line import CommandLine
from ovexplorer.cli.tables import pairs
from ovexplorer.errors import ExitCode, UsageError
from ovexplorer.export.hetero import SCHEMA, split_document
from ovexplorer.graph.dump_reader import looks_like_dump, read_dump
from ovexplorer.graph.model import Graph
from ovexplorer.schema.topology import Topology
from ovexplorer.text import clean
from ovexplorer.tuning.splits import LARGEST_DUMP

_SUFFIX = ".dot"
_NEEDS_A_RUN = ("improve", "dump_dir", "write_affinity", "record", "budget")
_MOST_PROBLEMS = 5
_MOST_ROWS = 40


def is_dump(line: CommandLine) -> Path | None:
    """The file when a dump is named instead of a model.

    Raises:
        UsageError: Something is asked for that needs a run.
    """
    named = [*line.words, *([line.values["model"]] if "model" in line.values else [])]
    if len(named) != 1 or not named[0].lower().endswith(_SUFFIX):
        return None
    wanted = next((name for name in _NEEDS_A_RUN if name in line.values or name in line.switches), None)
    if wanted is not None:
        raise UsageError(f"--{wanted.replace('_', '-')} needs a run: a dump has no model in it", "name the model")
    return Path(named[0])


def report_dump(line: CommandLine, path: Path, console: Console) -> int:
    """Print what a dump tells.

    Raises:
        UsageError: It cannot be read, or is no dump of HETERO.
    """
    graph = _read(path)
    topology = topology_of_graph(graph)
    split = _split(graph, topology)
    for problem in graph.problems[:_MOST_PROBLEMS]:
        console.notice(f"notice: {problem}")
    if len(graph.problems) > _MOST_PROBLEMS:
        console.notice(f"notice: {len(graph.problems) - _MOST_PROBLEMS:,} more could not be read")
    if "json" in line.switches:
        console.json(
            {
                "schema": SCHEMA,
                "model": str(topology.model),
                "operations": len(topology.operations),
                **split_document(topology, split),
                "measured": False,
                "dumps": [str(path)],
                "notes": [str(problem) for problem in graph.problems],
            }
        )
        return ExitCode.DONE
    most = 0 if "all" in line.switches else _MOST_ROWS
    console.table(submodels_table(topology, split, most=most))
    if split.cuts:
        console.table(cuts_table(topology, split, most=most))
    console.table(pairs("", [("times", "none: a dump holds no measurement")]))
    return ExitCode.DONE


def _read(path: Path) -> Graph:
    try:
        if path.stat().st_size > LARGEST_DUMP:
            raise UsageError(f"{clean(str(path), 200)} is too large to read", f"at most {LARGEST_DUMP // 10**6} MB")
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(
            f"{clean(str(path), 200)} cannot be read: {error.strerror or error}", "name a .dot file or a model"
        ) from error
    if not looks_like_dump(text):
        raise UsageError(
            f"{clean(str(path), 200)} is no dump of HETERO",
            "OpenVINO writes hetero_subgraphs_*.dot; `ovexplorer graph` shows other graphs",
        )
    return read_dump(text, path.stem)


def _split(graph: Graph, topology: Topology) -> Split:
    devices = devices_of_graph(graph)
    if not devices:
        raise UsageError(f"{graph.title} names no device: no submodel can be told", "name hetero_subgraphs_*.dot")
    if any(node.submodel >= 0 for node in graph.nodes):
        return split_of_dump(topology, graph, devices)
    # The dump of affinities has devices only: what HETERO makes of them is known.
    return predict(topology, placed_of_graph(graph, topology), devices)
