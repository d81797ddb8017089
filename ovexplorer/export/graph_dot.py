r"""A graph as Graphviz: valid whatever names hold, and shaped so that `dot` comes to an end with it.

OpenVINO's own dumps are neither: nothing in them is escaped, and one input that thousands of operations take keeps
`dot` busy for minutes. Here edges over many ranks are cut into two stubs that name the far end, and large graphs ask
for fewer rounds and straight edges. Measured with a dump of 10,000 nodes: 45 s as it is, 1.3 to 2.8 s like this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from ovexplorer.export.graph_looks import Look, edge_words, lines_of, looks_of, told_of
from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.graph.paths import running_order
from ovexplorer.text import cut_middle

Clusters = Literal["submodels", "devices", "none"]

LONGEST: Final = 20
"""Ranks that an edge may span before it is cut into two stubs."""

LARGE: Final = 1_000
"""Nodes from which speed comes before beauty."""

_FIRST_LINE: Final = "// written by ovexplorer graph"
"""Tells our files from OpenVINO's dumps, which are read with other rules."""

_QUICK: Final = ("nslimit=0.1", "mclimit=0.1", "splines=line")


def graph_dot(graph: Graph, *, clusters: Clusters = "submodels", longest: int | None = LONGEST) -> str:
    """Write a graph.

    Args:
        graph: All of it is written; nodes are called `n0`, `n1` … by their positions.
        clusters: What is drawn in a frame of its own.
        longest: Ranks that an edge may span; None cuts none.
    """
    looks = looks_of(graph)
    cut = _cut_edges(graph, longest)
    lines = [_FIRST_LINE, f"digraph {quoted(str(graph.title))} {{", *_settings(graph)]
    lines += _clustered(graph, looks, clusters)
    # What every edge carries would double the size of a large picture.
    told = len(graph.nodes) <= LARGE
    lines += (_edge(edge, told=told) for at, edge in enumerate(graph.edges) if at not in cut.edges)
    lines += _stubs(graph, cut)
    return "\n".join((*lines, "}", ""))


def quoted(text: str) -> str:
    r"""A text as a quoted string: quotes and backslashes escaped, line breaks as `\n`, no HTML entities made of it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
    return '"' + escaped.replace("\r", "").replace("\n", "\\n").replace("\0", "\u2400") + '"'


def _settings(graph: Graph) -> list[str]:
    quick = "".join(f" {setting}" for setting in _QUICK) if len(graph.nodes) > LARGE else ""
    return [
        f'  graph [charset="UTF-8" rankdir=TB{quick} fontname="Helvetica"];',
        '  node [shape=box style="filled,rounded" fontname="Helvetica" fontsize=10 margin="0.1,0.05"];',
        '  edge [color="#6b6b6b" fontname="Helvetica" fontsize=8 arrowsize=0.6];',
    ]


# Nodes


def _clustered(graph: Graph, looks: Mapping[str, Look], clusters: Clusters) -> Iterator[str]:
    groups: dict[str, list[Node]] = {}
    for node in graph.nodes:
        groups.setdefault(_group(node, clusters), []).append(node)
    for number, (name, members) in enumerate(groups.items()):
        if not name:
            yield from (_node(node, looks) for node in members)
            continue
        border = looks[str(members[0].device)].border
        yield f"  subgraph cluster_{number} {{ label={quoted(name)} color={quoted(border)} style=rounded"
        yield "    labeljust=l fontsize=9;"
        yield from (f"  {_node(node, looks)}" for node in members)
        yield "  }"


def _group(node: Node, clusters: Clusters) -> str:
    if clusters == "submodels" and node.submodel >= 0:
        return f"#{node.submodel} {node.device}".strip()
    return str(node.device) if clusters == "devices" else ""


def _node(node: Node, looks: Mapping[str, Look]) -> str:
    look = looks[str(node.device)]
    tooltip = "\n".join((str(node.name), *(f"{name}: {value}" for name, value in told_of(node))))
    facts = {"label": "\n".join(lines_of(node)), "tooltip": tooltip, "fillcolor": look.fill, "color": look.border}
    # Not drawn, but kept for whoever reads the file again.
    facts["friendly_name"] = str(node.name)
    facts |= {name: value for name, value in (("type", str(node.type)), ("device", str(node.device))) if value}
    if node.submodel >= 0:
        facts["submodel"] = str(node.submodel)
    return f"  n{node.key} [{' '.join(f'{name}={quoted(value)}' for name, value in facts.items())}];"


# Edges


def _edge(edge: Edge, *, told: bool) -> str:
    words = edge_words(edge) if told else ""
    return f"  n{edge.source} -> n{edge.target}{f' [tooltip={quoted(words)}]' if words else ''};"


@dataclass
class _Cut:
    edges: set[int] = field(default_factory=set)
    """Positions of the edges that are cut."""
    leaving: dict[int, dict[int, None]] = field(default_factory=dict)
    """Far ends by the node that an edge leaves."""
    arriving: dict[int, dict[int, None]] = field(default_factory=dict)
    """Far ends by the node where it arrives."""


def _cut_edges(graph: Graph, longest: int | None) -> _Cut:
    cut = _Cut()
    if longest is None:
        return cut
    rank = _ranks(graph)
    for at, edge in enumerate(graph.edges):
        if abs(rank[edge.target] - rank[edge.source]) > longest:
            cut.edges.add(at)
            cut.leaving.setdefault(edge.source, {})[edge.target] = None
            cut.arriving.setdefault(edge.target, {})[edge.source] = None
    return cut


def _ranks(graph: Graph) -> Sequence[int]:
    """The longest way to each node from where ways begin; edges that close a circle do not count.

    A node that nothing leads to ranks right above its first consumer, where `dot` will put it too.
    """
    rank = [0] * len(graph.nodes)
    place = {key: at for at, key in enumerate(running_order(graph))}
    for key, turn in place.items():
        for at in graph.incoming[key]:
            source = graph.edges[at].source
            if place[source] < turn:
                rank[key] = max(rank[key], rank[source] + 1)
    for key in place:
        if not graph.incoming[key] and graph.outgoing[key]:
            rank[key] = max(0, min(rank[graph.edges[at].target] for at in graph.outgoing[key]) - 1)
    return rank


def _stubs(graph: Graph, cut: _Cut) -> Iterator[str]:
    """What a cut edge is at its two ends: a small text that names the other one."""
    for word, ends in (("to", cut.leaving), ("from", cut.arriving)):
        for key, far in ends.items():
            first = str(graph.nodes[next(iter(far))].name)
            more = f" and {len(far) - 1:,} more" if len(far) > 1 else ""
            label = quoted(f"{word} {cut_middle(first, 30)}{more}")
            stub = f"{word}{key}"
            yield f'  {stub} [label={label} shape=plaintext style="" fontsize=8 fontcolor="#555555"];'
            ends_at = f"n{key} -> {stub}" if word == "to" else f"{stub} -> n{key}"
            yield f"  {ends_at} [style=dashed];"
