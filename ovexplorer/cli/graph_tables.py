"""A graph as tables for reading: what is in it, submodels, cuts and types; as lanes; as an outline; what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ovexplorer.analysis.split.words import counted
from ovexplorer.cli.console import Console
from ovexplorer.cli.layers_tables import WIDEST_NAME
from ovexplorer.cli.tables import Column, Table, pairs
from ovexplorer.export.graph_looks import submodel_of
from ovexplorer.graph.lanes import lane_rows
from ovexplorer.graph.model import Graph, Node
from ovexplorer.graph.outline import Branch, outline
from ovexplorer.graph.paths import running_order
from ovexplorer.graph.quotient import Link, quotient
from ovexplorer.text import clean
from ovexplorer.units import NOT_AVAILABLE, duration, ms_number, size

MOST_ROWS = 30
"""Rows of a table, unless more are asked for."""

_SOURCES = {
    "affinity": "a dump of affinities",
    "submodels": "a dump of submodels",
    "body": "a dump without devices",
    "graphviz": "a Graphviz file",
    "runtime": "layers of a run",
    "model": "operations of a model",
    "exec_xml": "an execution graph",
}


def print_overview(console: Console, graph: Graph, most: int, folded: int = 0) -> None:
    """Print what is in a graph, its submodels and cuts, and its types."""
    print_submodels(console, graph, most, folded)
    console.table(types_table(graph, most))


def print_submodels(console: Console, graph: Graph, most: int, folded: int = 0) -> None:
    """Print what is in a graph, its submodels and what goes between them.

    Args:
        console: Where to.
        graph: Without constants, unless they are wanted.
        most: Rows of a table; 0 means all.
        folded: Constants that are no nodes of it.
    """
    console.table(summary_table(graph, folded))
    whole = quotient(graph)
    if whole.parts:
        console.table(submodels_table(graph, most))
    if whole.links:
        console.table(cuts_table(graph, most))


def summary_table(graph: Graph, folded: int = 0) -> Table:
    """What is in a graph; `folded` constants are no nodes of it."""
    constants = sum(node.role == "constant" for node in graph.nodes)
    timed = [node.time_ns for node in graph.nodes if node.time_ns >= 0]
    parts = quotient(graph).parts
    devices = dict.fromkeys(str(node.device) for node in graph.nodes if node.device)
    among = f", {counted(constants, 'constant')} among them" if constants else ""
    among += f", without {counted(folded, 'constant')}: --constants shows them" if folded else ""
    rows = [
        ("from", _SOURCES[graph.kind]),
        ("nodes", f"{len(graph.nodes):,}{among}"),
        ("edges", f"{len(graph.edges):,}"),
        ("submodels", f"{len(parts):,}" if parts else "none"),
        ("devices", ", ".join(devices) or "none named"),
        ("time", f"{duration(sum(timed))} in {counted(len(timed), 'node')}" if timed else "none measured"),
    ]
    if graph.problems:
        rows.append(("problems", f"{len(graph.problems):,}, told on stderr"))
    return pairs(str(graph.title), rows)


def submodels_table(graph: Graph, most: int) -> Table:
    """Submodels with operations, time, and what comes in and goes out."""
    whole = quotient(graph)
    coming: list[list[Link]] = [[] for _ in whole.parts]
    going: list[list[Link]] = [[] for _ in whole.parts]
    for link in whole.links:
        going[link.source].append(link)
        coming[link.target].append(link)
    columns = (
        Column("#", True), Column("device"), Column("operations", True), Column("ms", True), Column("first operation"),
        Column("in", True), Column("out", True),
    )  # fmt: skip
    rows = [
        (
            str(part.number),
            str(part.device),
            f"{len(part.nodes):,}",
            _ms(part.time_ns),
            str(graph.nodes[part.nodes[0]].name),
            _carried(coming[at]),
            _carried(going[at]),
        )
        for at, part in enumerate(whole.parts)
    ]
    return _bounded(counted(len(rows), "submodel"), columns, rows, most)


def cuts_table(graph: Graph, most: int) -> Table:
    """Each tensor that goes from one submodel to another."""
    whole = quotient(graph)
    columns = (
        Column("from", True), Column("to", True), Column("producer"), Column("consumer"), Column("tensor"),
        Column("size", True),
    )  # fmt: skip
    rows = []
    for link in whole.links:
        ends = str(whole.parts[link.source].number), str(whole.parts[link.target].number)
        tensors: dict[tuple[int, int], list[int]] = {}
        for at in link.edges:
            tensors.setdefault((graph.edges[at].source, graph.edges[at].source_port), []).append(at)
        for (source, _), edges in tensors.items():
            edge = graph.edges[edges[0]]
            more = f" and {len(edges) - 1:,} more" if len(edges) > 1 else ""
            tensor = f"{edge.precision}{edge.shape}"
            consumer = f"{graph.nodes[edge.target].name}{more}"
            rows.append((*ends, str(graph.nodes[source].name), consumer, tensor, _bytes(edge.size_bytes)))
    total = sum(link.size_bytes for link in whole.links)
    title = counted(len(rows), "cut") + (f", {size(total)}" if total else "")
    return _bounded(title, columns, rows, most)


def types_table(graph: Graph, most: int) -> Table:
    """How many nodes of each type there are."""
    members: dict[str, list[Node]] = {}
    for node in graph.nodes:
        members.setdefault(str(node.type) or NOT_AVAILABLE, []).append(node)
    rows = []
    for name, nodes in members.items():
        timed = [node.time_ns for node in nodes if node.time_ns >= 0]
        rows.append((sum(timed) if timed else -1, len(nodes), name))
    rows.sort(key=lambda row: (-row[0], -row[1], row[2]))
    cells = [(name, f"{count:,}", _ms(time_ns)) for time_ns, count, name in rows]
    return _bounded(
        counted(len(rows), "type"), (Column("type"), Column("nodes", True), Column("ms", True)), cells, most
    )


def nodes_table(graph: Graph, keys: Sequence[int], title: str, most: int) -> Table:
    """Some nodes."""
    columns = (
        Column("name"), Column("type"), Column("device"), Column("submodel", True), Column("output"),
        Column("ms", True), Column("id"),
    )  # fmt: skip
    rows = []
    for key in keys:
        node = graph.nodes[key]
        output = f"{node.precision}{node.shape}"
        submodel = str(node.submodel) if node.submodel >= 0 else NOT_AVAILABLE
        rows.append(
            (str(node.name), str(node.type), str(node.device), submodel, output, _ms(node.time_ns), clean(node.id, 60))
        )
    return _bounded(title, columns, rows, most)


def lanes_table(graph: Graph, most: int) -> Table:
    """Every node in running order with the tensors under way beside it, as logs of version control draw branches."""
    order = running_order(graph)
    shown = order[: most or None]
    # Lanes of all rows: which tensors are under way depends on consumers further down.
    lanes = lane_rows(graph, order)
    columns = (Column("lanes"), Column("name"), Column("type"), Column("device"), Column("output"), Column("ms", True))
    rows = []
    for key, lane in zip(shown, lanes):
        node = graph.nodes[key]
        hidden = f" +{lane.hidden}" if lane.hidden else ""
        device = " ".join(part for part in (str(node.device), submodel_of(node)) if part)
        output = f"{node.precision}{node.shape}"
        rows.append((lane.text + hidden, str(node.name), str(node.type), device, output, _ms(node.time_ns)))
    title = counted(len(order), "node")
    return Table(columns, tuple(rows), _titled(title, len(rows), len(order)), most_width=WIDEST_NAME)


def outline_table(graph: Graph, most: int) -> Table:
    """The parts of names as a tree, with totals."""
    columns = (Column("part of the name"), Column("operations", True), Column("ms", True), Column("devices"))
    rows = [
        (
            f"{'  ' * (branch.depth - 1)}{branch.name}",
            f"{branch.count:,}",
            _ms(branch.time_ns if branch.timed else -1),
            ", ".join(f"{device} {count:,}" for device, count in branch.devices.items()),
        )
        for branch in _branches(outline(graph))
    ]
    title = counted(len(rows), "part") if rows else "names have no parts: there is nothing to outline"
    return _bounded(title, columns, rows, most)


def _branches(root: Branch) -> Iterator[Branch]:
    todo = [*reversed(list(root.branches.values()))]
    while todo:
        branch = todo.pop()
        yield branch
        todo += reversed(list(branch.branches.values()))


def _bounded(title: str, columns: tuple[Column, ...], rows: Sequence[tuple[str, ...]], most: int) -> Table:
    shown = tuple(rows[: most or None])
    return Table(columns, shown, _titled(title, len(shown), len(rows)), bool(shown), most_width=WIDEST_NAME)


def _titled(title: str, shown: int, count: int) -> str:
    return f"{title}; the first {shown:,}, --max 0 lists all" if shown < count else title


def _carried(links: Sequence[Link]) -> str:
    if not links:
        return NOT_AVAILABLE
    total = sum(link.size_bytes for link in links)
    tensors = counted(sum(link.tensors for link in links), "tensor")
    return f"{tensors}, {size(total)}" if total else tensors


def _ms(time_ns: int) -> str:
    return ms_number(time_ns) if time_ns >= 0 else NOT_AVAILABLE


def _bytes(count: int) -> str:
    return size(count) if count else NOT_AVAILABLE
