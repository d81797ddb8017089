"""Any Graphviz file, from what `dot -Kpatchwork -Tjson0` makes of it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ovexplorer.errors import UsageError
from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.text import RawName, clean

MOST_NODES = 200_000
"""A graph with more is refused."""

_TAG = re.compile(r"<[^>]*>")
_HTML = re.compile(r"</?(?:b|i|u|o|s|sub|sup|font|table|tr|td|br|hr|vr|img)\b[^>]*>", re.IGNORECASE)
_RECORD = re.compile(r"<[^>]*>|[{}|]")
_BREAK = re.compile(r"\\[nlr]|\n")
_NOT_TOLD = frozenset(
    {
        *("_gvid", "name", "label", "pos", "height", "width", "bb", "lp", "rects", "nodes", "edges", "subgraphs"),
        *("friendly_name", "type", "device", "submodel", "subgraph", "ovexplorer_left_out"),
    }
)
"""What Graphviz adds, what is told elsewhere, and what was taken out before it was read."""

_LOOK = frozenset(
    {"shape", "style", "color", "fillcolor", "fontcolor", "fontsize", "margin", "penwidth", "fixedsize", "labelloc"}
)
"""Told last: how a node looks says least of what it is."""

_MOST_DETAILS = 12


def read_json(text: str | bytes, title: str = "") -> Graph:
    """Read a graph.

    Raises:
        UsageError: It is not what Graphviz writes, or too large.
    """
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"what Graphviz wrote cannot be read: {clean(str(error), 120)}", "try another file") from error
    if not isinstance(document, dict):
        raise UsageError("what Graphviz wrote is no graph", "try another file")
    objects = [entry for entry in _list(document, "objects") if isinstance(entry, dict)]
    if len(objects) > MOST_NODES:
        raise UsageError(f"the graph has {len(objects):,} nodes", f"at most {MOST_NODES:,} can be shown")
    clusters = {number: entry for entry in objects if "nodes" in entry or "subgraphs" in entry
                for number in _numbers(entry, "nodes")}  # fmt: skip
    plain = [entry for entry in objects if not ("nodes" in entry or "subgraphs" in entry) or _is_node(entry)]
    place: dict[int, int] = {}
    nodes: list[Node] = []
    for entry in plain:
        number = entry.get("_gvid")
        if not isinstance(number, int) or number in place:
            continue
        place[number] = len(nodes)
        nodes.append(_node(len(nodes), entry, clusters.get(number)))
    edges = [
        Edge(source=place[edge["tail"]], target=place[edge["head"]], shape=clean(_label(edge, ""), 80))
        for edge in _list(document, "edges")
        if isinstance(edge, dict) and edge.get("tail") in place and edge.get("head") in place
    ]
    name = title or str(document.get("name", ""))
    return Graph("graphviz", clean(name, 120), tuple(nodes), tuple(edges))


def _is_node(entry: Mapping[str, Any]) -> bool:
    """A node may have an attribute called `nodes`; a cluster's is a list of numbers."""
    return not isinstance(entry.get("nodes"), list) and not isinstance(entry.get("subgraphs"), list)


def _list(document: Mapping[str, Any], key: str) -> Sequence[Any]:
    found = document.get(key, [])
    return found if isinstance(found, list) else []


def _numbers(entry: Mapping[str, Any], key: str) -> list[int]:
    return [number for number in _list(entry, key) if isinstance(number, int)]


def _node(key: int, entry: Mapping[str, Any], cluster: Mapping[str, Any] | None) -> Node:
    raw = str(entry.get("name", key))
    # Files that we wrote keep the name apart from all that the label says.
    label = str(entry.get("friendly_name") or "") or _label(entry, raw)
    submodel = str(entry.get("submodel", entry.get("subgraph", "")))
    details = [
        (clean(str(name), 40), clean(str(value), 200))
        for name, value in entry.items()
        if name not in _NOT_TOLD and not isinstance(value, list | dict)
    ]
    details.sort(key=lambda detail: detail[0] in _LOOK)
    block = _label(cluster, str(cluster.get("name", ""))) if cluster is not None else ""
    return Node(
        key=key,
        name=clean(label or raw, 200),
        raw_name=RawName(label or raw),
        id=RawName(raw),
        type=clean(str(entry.get("type", "")), 80),
        device=clean(str(entry.get("device", "")), 80),
        submodel=int(submodel) if submodel.isascii() and submodel.isdecimal() and len(submodel) < 10 else -1,
        block=clean(block, 120),
        details=tuple(details[:_MOST_DETAILS]),
    )


def _label(entry: Mapping[str, Any], name: str) -> str:
    r"""The words of a label: `\N` is the node's name, HTML and records lose their marks."""
    label = entry.get("label")
    if not isinstance(label, str) or not label:
        return name
    text = label.replace("\\N", name)
    if _HTML.search(text):
        text = html.unescape(_TAG.sub(" ", text))
    elif text.startswith("{") and text.endswith("}") and "|" in text:
        # The shape is not told any more: every node of this layout is a box.
        text = _RECORD.sub(" ", text)
    return " ".join(_BREAK.sub(" ", text).split())
