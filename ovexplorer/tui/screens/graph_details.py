"""What panels of the Graph screen say about an operation, a cut, and the whole. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ovexplorer.graph.find import read_query
from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.screens import graph_words as says
from ovexplorer.tui.screens.graph_rows import CutRow
from ovexplorer.tui.screens.graph_view import Selection
from ovexplorer.tui.widgets.form import words
from ovexplorer.tui.widgets.lines import Line

LIST_KEYS: Final = "v view · c colour · [ ] next device change · / find"

_MOST_EDGES = 6
_MOST_DETAILS = 8
_LABEL = 11


def list_title(content: GraphContent, graph: Graph, selection: Selection) -> str:
    """Title of the lane list."""
    shown = sum(node.role != "constant" for node in graph.nodes)
    fused = sum(node.status.startswith("fused") for node in graph.nodes)
    parts = [f"{'Layers' if content.source == 'runtime' else 'Operations'} {shown:,}"]
    if fused:
        parts.append(f"{fused:,} fused")
    if content.source == "file":
        parts.append("from a file, no times")
    if not selection.constants and len(content.folded.nodes) != len(content.graph.nodes):
        parts.append("constants folded")
    if content.graph.problems:
        parts.append(f"{len(content.graph.problems):,} lines not understood")
    if selection.marked:
        parts.append(f"{len(selection.marked):,} marked")
    if selection.query:
        query = read_query(selection.query)
        parts.append(query.problem or f"{len(query.hits(graph)):,} found")
    return " · ".join(parts)


def _labelled(name: str, text: str, role: str = "text") -> Line:
    return ((f" {name:<{_LABEL}} ", "muted"), (text, role))


def operation_lines(content: GraphContent, key: int | None) -> tuple[Line, ...]:
    """What is known of an operation; empty without one."""
    graph = content.graph
    if key is None or not 0 <= key < len(graph.nodes):
        return ()
    node = graph.nodes[key]
    lines: list[Line] = [_labelled(str(node.type) or "node", _what(node))]
    lines += _edges(content, "from", (graph.edges[at] for at in graph.incoming[key]), incoming=True)
    lines += _edges(content, "to", (graph.edges[at] for at in graph.outgoing[key]), incoming=False)
    if node.device or node.submodel >= 0:
        where = f"{node.submodel} on {node.device}" if node.submodel >= 0 else str(node.device)
        lines.append(_labelled("submodel", where))
    support = _support(content, key)
    if support:
        lines.append(_labelled("could be", support))
    if node.block:
        lines.append(_labelled("block", str(node.block)))
    lines += [_labelled(str(name)[:_LABEL], str(value)) for name, value in node.details[:_MOST_DETAILS]]
    return tuple(lines)


def _what(node: Node) -> str:
    parts = [says.shape_words(str(node.shape)), str(node.precision), str(node.layout)]
    if node.time_ns > 0:
        parts.append(f"{says.ms(node.time_ns)} ms")
    if node.status:
        parts.append(str(node.status))
    return "  ".join(part for part in parts if part)


def _edges(content: GraphContent, label: str, edges: Iterable[Edge], *, incoming: bool) -> list[Line]:
    graph = content.graph
    lines: list[Line] = []
    rest = 0
    for edge in edges:
        other = graph.nodes[edge.source if incoming else edge.target]
        own = graph.nodes[edge.target if incoming else edge.source]
        if len(lines) >= _MOST_EDGES:
            rest += 1
            continue
        crosses = other.submodel >= 0 and own.submodel >= 0 and other.submodel != own.submodel
        tail = f"  cut, #{other.submodel} on {other.device}" if crosses else ""
        size = says.megabytes(edge.size_bytes) or f"{says.shape_words(str(edge.shape))} {edge.precision}"
        text = f"{says.short(str(other.name), 24)}  {size}".rstrip()
        lines.append(((f" {label if not lines else '':<{_LABEL}} ", "muted"), (text, "text"), (tail, "warn")))
    if rest:
        lines.append(_labelled("", f"and {rest:,} more", "muted"))
    return lines


def _support(content: GraphContent, key: int) -> str:
    """Other devices that could run it, as they said themselves."""
    return ", ".join(content.could_run(key))


def cut_lines(content: GraphContent, row: object) -> tuple[Line, ...]:
    """What is known of a cut; empty for anything else."""
    split = content.split
    if split is None or not isinstance(row, CutRow):
        return ()
    cut = split.cuts[row.cut]
    names = ", ".join(str(content.graph.nodes[key].name) for key in cut.consumers[:_MOST_EDGES])
    reorders = f"{says.ms(cut.reorder_ns)} ms in {len(cut.reorders)} rows" if cut.reorder_ns >= 0 else "not measured"
    return (
        _labelled("cut", f"{says.cut_ends(cut)}  {cut.from_device} → {cut.to_device}"),
        _labelled("producer", str(content.graph.nodes[cut.producer].name)),
        _labelled("consumers", names),
        _labelled("tensor", f"{says.shape_words(cut.shape)} {cut.element_type}  {says.megabytes(cut.size_bytes)}"),
        _labelled("Reorders", reorders, "warn"),
    )


def total_lines(content: GraphContent, graph: Graph, width: int) -> tuple[Line, ...]:
    """Operations and time by device and by type."""
    lines: list[Line] = []
    letters = says.letters_of(content.devices)
    chips = says.chips_of(content.devices)
    for device in content.devices:
        own = [node for node in graph.nodes if node.device == device and node.role != "constant"]
        time = sum(max(node.time_ns, 0) for node in own)
        lines.append(
            (
                (" ", "text"),
                (letters[device], chips[device]),
                (f" {device:<10}", "text"),
                (_sum(len(own), time), "text"),
            )
        )
    if lines:
        lines.append(words(""))
    for name, (count, time) in list(says.totals(graph.nodes).items())[:24]:
        lines.append(((f" {says.short(name, width - 26):<{max(8, width - 26)}}", "text"), (_sum(count, time), "muted")))
    return tuple(lines)


def _sum(count: int, time_ns: int) -> str:
    return f"{count:>6,}  {says.ms(time_ns) + ' ms' if time_ns else '':>12}"
