"""Reads `ovexplorer.graph/1`, the JSON that `ovexplorer graph --json` writes; what is wrong in it is told."""

from __future__ import annotations

import json
from typing import Annotated, Final, Literal, get_args

import msgspec

from ovexplorer.errors import UsageError
from ovexplorer.graph.model import Edge, Graph, GraphKind, Node, NodeRole
from ovexplorer.text import CleanText, RawName, clean

SCHEMA: Final = "ovexplorer.graph/1"

MOST_PROBLEMS: Final = 100
"""Problems that are told."""

_KINDS: Final[tuple[GraphKind, ...]] = get_args(GraphKind)
_ROLES: Final[tuple[NodeRole, ...]] = get_args(NodeRole)
_LOOKED_AT = 4_096

_Small = Annotated[int, msgspec.Meta(ge=-1, le=2**53)]


class _Node(msgspec.Struct, gc=False):
    id: str
    name: str = ""
    type: str = ""
    role: str = "operation"
    device: str = ""
    submodel: _Small | None = None
    shape: str = ""
    precision: str = ""
    layout: str = ""
    time_us: Annotated[float, msgspec.Meta(ge=0, le=1e15)] | None = None
    status: str = ""
    block: str = ""
    details: tuple[tuple[str, str], ...] = ()


class _Edge(msgspec.Struct, gc=False):
    from_port: _Small = 0
    to_port: _Small = 0
    shape: str = ""
    precision: str = ""
    bytes: _Small | None = None


class _Document(msgspec.Struct):
    schema: Literal["ovexplorer.graph/1"]
    nodes: list[_Node]
    edges: list[tuple[str, str]]
    kind: str = "graphviz"
    title: str = ""
    edge_details: list[_Edge] = []
    problems: list[str] = []


def looks_like_own_json(text: str) -> bool:
    """Whether a text is such a document, from its beginning."""
    start = text[:_LOOKED_AT].lstrip("\ufeff \t\r\n")
    return start.startswith("{") and f'"{SCHEMA}"' in start


def read_own_json(text: str, title: str = "") -> Graph:
    """Read a graph.

    Args:
        text: The whole document.
        title: Name of the graph where the document has none.

    Raises:
        UsageError: It is no such document.
    """
    try:
        # Not msgspec's own decoder, which refuses half of a surrogate pair in a name.
        found = msgspec.convert(json.loads(text), _Document, strict=True)
    except (ValueError, RecursionError) as error:
        # msgspec's errors are ValueErrors too.
        what = "it is nested too deeply" if isinstance(error, RecursionError) else clean(str(error), 200)
        raise UsageError(f"no {SCHEMA} can be read: {what}", "write it again with ovexplorer graph --json") from error
    problems = [clean(problem, 240) for problem in found.problems[:MOST_PROBLEMS]]
    nodes = _nodes(found, problems)
    edges = _edges(found, {node.id: node.key for node in nodes}, problems)
    kind: GraphKind = next((name for name in _KINDS if name == found.kind), "graphviz")
    return Graph(kind, clean(found.title or title), nodes, edges, tuple(problems))


def _nodes(found: _Document, problems: list[CleanText]) -> tuple[Node, ...]:
    nodes: list[Node] = []
    seen: set[str] = set()
    for entry in found.nodes:
        if entry.id in seen:
            _tell(problems, f"a second node with the id {entry.id[:80]}: left out")
            continue
        seen.add(entry.id)
        nodes.append(_node(len(nodes), entry))
    return tuple(nodes)


def _tell(problems: list[CleanText], text: str) -> None:
    if len(problems) < MOST_PROBLEMS:
        problems.append(clean(text, 240))


def _node(key: int, entry: _Node) -> Node:
    return Node(
        key=key,
        name=clean(entry.name or entry.id),
        raw_name=RawName(entry.name or entry.id),
        id=RawName(entry.id),
        type=clean(entry.type, 80),
        role=next((role for role in _ROLES if role == entry.role), "operation"),
        device=clean(entry.device, 80),
        submodel=-1 if entry.submodel is None else entry.submodel,
        shape=clean(entry.shape, 80),
        precision=clean(entry.precision, 40),
        layout=clean(entry.layout, 40),
        time_ns=-1 if entry.time_us is None else round(entry.time_us * 1e3),
        status=clean(entry.status, 200),
        block=clean(entry.block, 120),
        details=tuple((clean(name), clean(value)) for name, value in entry.details),
    )


def _edges(found: _Document, key_of: dict[RawName, int], problems: list[CleanText]) -> tuple[Edge, ...]:
    edges: list[Edge] = []
    nothing = _Edge()
    for at, (start, end) in enumerate(found.edges):
        source, target = key_of.get(RawName(start)), key_of.get(RawName(end))
        if source is None or target is None:
            missing = start if source is None else end
            _tell(problems, f"an edge with {missing[:80]}, which is no node: left out")
            continue
        more = found.edge_details[at] if at < len(found.edge_details) else nothing
        edges.append(
            Edge(
                source=source,
                target=target,
                source_port=max(0, more.from_port),
                target_port=max(0, more.to_port),
                shape=clean(more.shape, 80),
                precision=clean(more.precision, 20),
                size_bytes=max(0, more.bytes or 0),
            )
        )
    return tuple(edges)
