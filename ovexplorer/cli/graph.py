"""`ovexplorer graph`: a graph from a file or a model as tables, or written in any format."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from ovexplorer.cli.console import Console
from ovexplorer.cli.graph_model import graph_of_model
from ovexplorer.cli.graph_outputs import Output, outputs_of, write_output
from ovexplorer.cli.graph_tables import (
    MOST_ROWS,
    lanes_table,
    nodes_table,
    outline_table,
    print_overview,
    print_submodels,
    summary_table,
)
from ovexplorer.cli.interrupts import Interrupts, interrupts
from ovexplorer.cli.line import CommandLine
from ovexplorer.errors import ExitCode, InterruptedRunError, UsageError
from ovexplorer.export.graph_json import graph_json
from ovexplorer.export.graph_render import PAINTERS, Painter, make
from ovexplorer.graph.find import Query, read_query
from ovexplorer.graph.model import Graph
from ovexplorer.graph.part import View, Wanted, part_of
from ovexplorer.text import clean
from ovexplorer.units import stopwatch

FILES = frozenset({".dot", ".gv", ".json", ".xml"})
"""Endings of files that hold a graph themselves: no engine is needed."""

_VIEWS = ("submodels", "lanes", "outline")
_NEEDS_A_MODEL = ("prop", "stand_in", "affinity", "affinity_file", "load_config", "duration", "iterations")
_QUERY_HINT = "such as 'relu type:Conv dev:CPU sub:4 >0.1ms' or '/conv_[0-9]+/'"
_MOST_PROBLEMS = 10
_MOST_NAMED = 12
_TICK_S = 0.2

_T = TypeVar("_T")


@dataclass(frozen=True)
class Asked:
    """What one command line asks for."""

    file: Path | None
    """A file that holds a graph; None asks an engine for the model's."""
    view: str
    """One of the views; empty for all that is known."""
    wanted: Wanted
    find: Query
    outputs: tuple[Output, ...]
    json: bool
    plain: bool
    painter: Painter
    most: int
    """Rows of a table; 0 means all."""

    @property
    def opens_tui(self) -> bool:
        """Whether nothing is asked for but to look at it; the screen searches and chooses by itself."""
        chosen = self.wanted.query.text or self.wanted.submodel is not None
        return not (self.outputs or self.json or self.plain or self.view or self.find.text or chosen)


def graph(line: CommandLine, console: Console) -> int:
    """Run the command.

    Raises:
        OvexplorerError: It cannot be done.
    """
    asked = asked_of(line)
    if console.interactive and asked.opens_tui and asked.file is not None:
        code = open_in_tui(asked.file)
        if code is not None:
            return code
    return asyncio.run(_graph(asked, line, console))


def open_in_tui(path: Path) -> int | None:
    """Open the Graph screen with a file.

    Returns:
        The exit code of the TUI; None where this terminal cannot show it, so that tables are printed.
    """
    from ovexplorer.cli.open import open_graph

    return open_graph(path.absolute())


def asked_of(line: CommandLine) -> Asked:
    """What is to be done.

    Raises:
        UsageError: A value cannot be used.
    """
    view = _choice(line, "view", _VIEWS)
    painter = _choice(line, "drawn_by", PAINTERS) or "auto"
    overview: View = "submodels" if view == "submodels" else "outline" if view == "outline" else "operations"
    wanted = Wanted(
        constants="constants" in line.switches,
        submodel=_whole(line, "submodel"),
        query=_query(line, "select"),
        hops=_whole(line, "hops", 1) or 0,
        view=overview,
    )
    if "hops" in line.values and "select" not in line.values:
        raise UsageError("--hops is for what --select finds", "add --select QUERY, or leave it out")
    json = "json" in line.switches
    return Asked(
        file=_file(line),
        view=view,
        wanted=wanted,
        find=_query(line, "find"),
        outputs=outputs_of(line, json=json),
        json=json,
        plain="plain" in line.switches,
        painter=next(name for name in PAINTERS if name == painter),
        most=_whole(line, "max", MOST_ROWS) or 0,
    )


def _file(line: CommandLine) -> Path | None:
    """The file when one that holds a graph is named."""
    named = [*line.words, *([line.values["model"]] if "model" in line.values else [])]
    if len(named) != 1 or not (Path(named[0]).suffix.lower() in FILES or _holds_dumps(Path(named[0]))):
        return None
    given = [name for name in _NEEDS_A_MODEL if name in line.values or name in line.lists]
    needs_model = "runtime" in line.switches or bool(given or line.options)
    if not needs_model:
        return Path(named[0])
    if Path(named[0]).suffix.lower() == ".xml":
        return None
    what = "--runtime" if "runtime" in line.switches else "options of a run"
    raise UsageError(f"{what} cannot be used with {clean(named[0], 200)}: no model is in it", "name the model")


def _holds_dumps(path: Path) -> bool:
    """Whether it is a folder with dumps in it; one with a SavedModel is a model."""
    from ovexplorer.session.graph_files import newest_graph

    try:
        return path.is_dir() and not (path / "saved_model.pb").exists() and newest_graph(path) is not None
    except OSError:
        # Whoever reads it as a model tells why.
        return False


def _choice(line: CommandLine, name: str, choices: tuple[str, ...]) -> str:
    value = line.values.get(name, "")
    if value and value not in choices:
        flag = f"--{name.replace('_', '-')}"
        raise UsageError(f"{flag}: {clean(value, 60)!r} is not a choice", f"choose {', '.join(choices)}")
    return value


def _whole(line: CommandLine, name: str, default: int | None = None) -> int | None:
    text = line.values.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise UsageError(f"--{name} {clean(text, 40)} is no whole number from 0 on", f"write --{name} 3")
    return int(text)


def _query(line: CommandLine, name: str) -> Query:
    query = read_query(line.values.get(name, ""))
    if query.problem:
        raise UsageError(f"--{name}: {clean(query.problem, 200)}", _QUERY_HINT)
    if name in line.values and not query.tests:
        raise UsageError(f"--{name} needs something to look for", _QUERY_HINT)
    return query


# The work


async def _graph(asked: Asked, line: CommandLine, console: Console) -> int:
    with interrupts() as stop:
        whole = await _load(asked, line, stop, console)
        for problem in whole.problems[:_MOST_PROBLEMS]:
            console.notice(f"notice: {problem}")
        if len(whole.problems) > _MOST_PROBLEMS:
            console.notice(f"notice: {len(whole.problems) - _MOST_PROBLEMS:,} more problems")
        part = wanted_part(whole, asked.wanted)
        for output in asked.outputs:
            work = partial(make, part, output.form, painter=asked.painter, cancel=lambda: stop.asked)
            made = await _aside(work, f"drawing {output.form}, {len(part.nodes):,} nodes", console)
            if stop.asked:
                raise InterruptedRunError("interrupted before it was written")
            write_output(console, output, made)
    if asked.json:
        console.data(graph_json(part, _found_document(asked, part)))
    elif not asked.outputs:
        report(asked, whole, part, console)
    return ExitCode.DONE


async def _load(asked: Asked, line: CommandLine, stop: Interrupts, console: Console) -> Graph:
    path = asked.file
    if path is None:
        return await graph_of_model(line, stop, console)
    from ovexplorer.session.graph_files import load_graph, newest_graph

    path = (newest_graph(path) or path) if path.is_dir() else path
    return await _aside(lambda: load_graph(path, cancel=lambda: stop.asked), f"reading {clean(path.name, 60)}", console)


async def _aside(work: Callable[[], _T], words: str, console: Console) -> _T:
    """Do something slow while the time it takes is shown."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    task = asyncio.create_task(asyncio.to_thread(work))
    while not task.done():
        await asyncio.wait([task], timeout=_TICK_S)
        if not task.done():
            console.progress(f"{words}: {stopwatch(loop.time() - began)}, Ctrl-C gives up")
    console.clear_progress()
    return task.result()


def wanted_part(whole: Graph, wanted: Wanted) -> Graph:
    """The part of a graph that is wanted.

    Raises:
        UsageError: Nothing is in it.
    """
    part = part_of(whole, wanted)
    if part.nodes or not whole.nodes:
        return part
    numbers = [str(number) for number in dict.fromkeys(node.submodel for node in whole.nodes) if number >= 0]
    if not numbers and (wanted.submodel is not None or wanted.view == "submodels"):
        raise UsageError(
            f"{whole.title} names no submodels", "name hetero_subgraphs_*.dot, or a model with -d HETERO:…"
        )
    if wanted.submodel is not None and str(wanted.submodel) not in numbers:
        named = ", ".join(numbers[:_MOST_NAMED]) + ("…" if len(numbers) > _MOST_NAMED else "")
        raise UsageError(f"there is no submodel {wanted.submodel}", f"choose of {named}")
    raise UsageError(f"nothing is found by {clean(wanted.query.text, 100)!r}", _QUERY_HINT)


# What is printed


def report(asked: Asked, whole: Graph, part: Graph, console: Console) -> None:
    """Print what was asked for; tables count in operations, also where a file would hold an overview."""
    shown = part if asked.wanted.view == "operations" else part_of(whole, _operations(asked.wanted))
    folded = 0 if asked.wanted.constants else sum(node.role == "constant" for node in whole.nodes)
    if asked.find.tests:
        hits = asked.find.hits(shown)
        title = f"{len(hits):,} of {len(shown.nodes):,} nodes found by {asked.find.text}"
        console.table(nodes_table(shown, hits, clean(title, 200), asked.most))
    elif asked.view == "lanes":
        console.table(lanes_table(shown, asked.most))
    elif asked.view == "outline":
        console.table(summary_table(shown, folded))
        console.table(outline_table(shown, asked.most))
    elif asked.view == "submodels":
        print_submodels(console, shown, asked.most, folded)
    else:
        print_overview(console, shown, asked.most, folded)


def _operations(wanted: Wanted) -> Wanted:
    return Wanted(wanted.constants, wanted.submodel, wanted.query, wanted.hops)


def _found_document(asked: Asked, part: Graph) -> dict[str, object]:
    if not asked.find.tests:
        return {}
    return {"find": asked.find.text, "hits": [part.nodes[key].id for key in asked.find.hits(part)]}
