"""A small graph as Mermaid, for READMEs and issues; large ones are refused, as renderers would refuse them."""

from __future__ import annotations

import re
from typing import Final

from ovexplorer.errors import UsageError
from ovexplorer.export.graph_looks import lines_of, looks_of
from ovexplorer.graph.model import Graph, Node

MOST_NODES: Final = 150
"""Nodes of a graph that is written; more is no picture any more."""

MOST_EDGES: Final = 500
MOST_CHARACTERS: Final = 50_000
"""Limits of Mermaid itself (`maxEdges`, `maxTextSize`); over them it shows an error instead of the graph."""

_UNSAFE: Final = re.compile(r"[^\w .,:/()\[\]+=*-]|_(?=_)")


def graph_mermaid(graph: Graph) -> str:
    """Write a graph.

    Raises:
        UsageError: It is too large.
    """
    if len(graph.nodes) > MOST_NODES or len(graph.edges) > MOST_EDGES:
        raise _too_large(f"{len(graph.nodes):,} nodes and {len(graph.edges):,} edges")
    looks = looks_of(graph)
    letters = {device: f"d{number}" for number, device in enumerate(looks)}
    lines = ["flowchart TD"]
    groups: dict[int, list[Node]] = {}
    for node in graph.nodes:
        groups.setdefault(node.submodel, []).append(node)
    framed = len(groups) < len(graph.nodes)
    for number, members in groups.items():
        inside = number >= 0 and framed
        if inside:
            lines.append(f'  subgraph s{number}["{escaped(f"#{number} {members[0].device}".strip())}"]')
        lines += (f"  {'  ' * inside}{_node(node)}:::{letters[str(node.device)]}" for node in members)
        if inside:
            lines.append("  end")
    lines += (f"  n{edge.source} --> n{edge.target}" for edge in graph.edges)
    lines += (
        f"  classDef {letters[device]} fill:{look.fill},stroke:{look.border},color:#1a1a1a"
        for device, look in looks.items()
    )
    text = "\n".join((*lines, ""))
    if len(text) > MOST_CHARACTERS:
        raise _too_large(f"{len(text):,} characters")
    return text


def escaped(text: str) -> str:
    """A text inside quotes of Mermaid: what could mean something becomes a number, as in `#35;`."""
    return _UNSAFE.sub(lambda found: f"#{ord(found.group())};", text)


def _node(node: Node) -> str:
    return f'n{node.key}["{"<br/>".join(escaped(line) for line in lines_of(node))}"]'


def _too_large(what: str) -> UsageError:
    return UsageError(
        f"Mermaid draws small graphs only, this one has {what}: at most {MOST_NODES:,} nodes, {MOST_EDGES:,} edges",
        "choose a part with --submodel N, --select QUERY or --view submodels, or write --svg or --html",
    )
