r"""Reads the .dot files that HETERO writes: affinity, submodels, and bodies of If and Loop.

They are not valid Graphviz: nothing is escaped, so a name may hold quotes, newlines, arrows or text that looks like a
device. A node ends where its attributes end and its label is read from the end, which OpenVINO wrote itself; the name
is what is left. Constants and parameters are drawn once a use (`CLONE_k`) and are one node again here; long edges are
cut into `SEND_k` and `RECV_k` and are joined again. Facts: openvino src/core/src/pass/visualize_tree.cpp and
src/plugins/hetero/src/graph_debug_dump.cpp, release 2026.4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from ovexplorer.errors import InterruptedRunError, UsageError
from ovexplorer.graph.dump_labels import Label, Tensor, read_label
from ovexplorer.graph.element_types import size_in_bytes
from ovexplorer.graph.model import Edge, Graph, GraphKind, Node, NodeRole
from ovexplorer.graph.paths import in_order, running_order
from ovexplorer.schema.base import Data
from ovexplorer.text import CleanText, RawName, clean

MOST_NODES: Final = 200_000
"""A dump with more is refused."""

MOST_PROBLEMS: Final = 100
"""Lines that could not be read and are told; the rest is counted."""

_HEAD = re.compile(r"\s*(?:strict\s+)?digraph\s*(?:\S+\s*)?\{", re.ASCII)
_FRAME = re.compile(r"[{}]|(?:strict\s+)?digraph(?:\s+\S+)?\s*\{?", re.ASCII)
_OPENING = re.compile(r"^    (\S+?) ?\[ ?(?:shape=|label=)", re.ASCII)
_LABEL = ' label="'
_BREAK = r"\n"
_ENDINGS = ('" ]', " style=filled]", " style=filled ]", '"]')
_EDGE = re.compile(r"^    (\S+) -> ([^\s\[;]+)(?: ?\[ ?(.*)\])?;?$", re.ASCII)
_PORTS = re.compile(r"(\d+) -> (\d+)")
_RELAY = re.compile(r"(SEND|RECV)_(\d+)", re.ASCII)
_LOOKED_AT = 65_536
_UNIQUE = re.compile(r"_\d+\\n[A-Za-z_]\w*::\w|\\nopset\d+::[A-Z]", re.ASCII)
_NODE = re.compile(r"^    (\S+) \[shape=.* label=\"", re.ASCII)
_FARTHEST = 64
_ASKED_EVERY = 4_096
_SHORT = 80
_OPERATION_SET = CleanText("operation set")
_ROLES: Final[dict[str, NodeRole]] = {"Constant": "constant", "Parameter": "parameter", "Result": "result"}


def looks_like_dump(text: str) -> bool:
    """Whether a text is one of OpenVINO's dumps, from its beginning."""
    # A unique name and a type with its operation set: other files may have `::` in their labels too.
    return _HEAD.match(text) is not None and _UNIQUE.search(text, 0, _LOOKED_AT) is not None


def read_dump(text: str, title: str = "", *, cancel: Callable[[], bool] = lambda: False) -> Graph:
    """Read a dump; what cannot be read is told in `problems` and left out.

    Args:
        text: The whole file.
        title: Name of the graph.
        cancel: Asked now and then.

    Returns:
        Nodes in running order. `Node.submodel` is the id that HETERO gave, not the number in profile names.

    Raises:
        UsageError: It has too many nodes.
        InterruptedRunError: `cancel` said so.
    """
    reading = _Reading()
    head = text.find("\n")
    if head > 0 and text[head - 1] == "\r":
        # Written on Windows, where line breaks in names are of this kind too.
        text = text.replace("\r\n", "\n")
    for count, (first, record) in enumerate(_records(text.split("\n"))):
        if not count % _ASKED_EVERY and cancel():
            raise InterruptedRunError("reading the dump was given up")
        reading.take(first, record)
    return reading.graph(clean(title))


def _records(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Pieces of the file with the number of their first line; a node whose label holds newlines is one piece."""
    at = 0
    while at < len(lines):
        line = lines[at]
        opening = _OPENING.match(line)
        end = at + 1 if opening is None else _end_of_node(lines, at, opening[1])
        if end > at + 1:
            yield at + 1, "\n".join(lines[at:end])
        elif line.strip():
            yield at + 1, line
        at = end


def _end_of_node(lines: Sequence[str], first: int, id_: str) -> int:
    """The line after a node.

    The last line of its label tells its own id before the type, which a line that a name imitates does not. A node that
    was torn off never tells it: then it ends where another one begins.
    """
    clone = id_.startswith("CLONE_")
    mark = "::" if clone else f"{id_}{_BREAK}"
    told = False
    likely = 0
    for at in range(first, len(lines)):
        line = lines[at]
        told = (told and clone) or mark in line or _RELAY.fullmatch(id_) is not None
        if line.endswith(_ENDINGS):
            if told:
                return at + 1
            likely = likely or at + 1
        elif at > first and not likely and _starts_another(line):
            return at
        if likely and at - likely >= _FARTHEST:
            break
    if not likely:
        return len(lines)
    # It ends where it seemed to, or was torn off before another node that is whole.
    other = _NODE.match(lines[likely - 1])
    whole = other is not None and other[1] != id_ and f"{other[1]}{_BREAK}" in lines[likely - 1]
    return likely - 1 if whole and likely - 1 > first else likely


def _starts_another(line: str) -> bool:
    """Whether a line inside a label can only be the beginning of another node; names may imitate one."""
    return _OPENING.match(line) is not None and _LABEL in line


class _Found(Data, frozen=True, gc=False):
    """One node as it was read; `key` is its place."""

    key: int
    label: Label
    id: str


@dataclass
class _Reading:
    """What was read so far."""

    nodes: dict[str, _Found] = field(default_factory=dict)
    """By unique id."""
    clones: dict[str, str] = field(default_factory=dict)
    """Unique id by the id of a use."""
    sends: dict[str, str] = field(default_factory=dict)
    """What is sent, by number; filled from edges."""
    received: list[tuple[str, str, str]] = field(default_factory=list)
    """Number, target and ports of what comes out of a relay."""
    relayed: dict[str, str] = field(default_factory=dict)
    """Producer by number, from the label of a RECV."""
    edges: list[tuple[int, str, str, str]] = field(default_factory=list)
    """Line, source, target, ports."""
    problems: list[CleanText] = field(default_factory=list)
    unread: int = 0

    def take(self, line: int, record: str) -> None:
        """Take in one piece of the file."""
        edge = _EDGE.match(record)
        if edge is not None:
            ports = edge[3] or ""
            self.edges.append((line, edge[1], edge[2], ports))
            return
        opening = _OPENING.match(record)
        if opening is None:
            if not _FRAME.fullmatch(record.strip()):
                self._problem(line, record)
            return
        self._node(line, opening[1], record)

    def _node(self, line: int, id_: str, record: str) -> None:
        start = record.find(_LABEL)
        if start < 0:
            self._problem(line, record)
            return
        raw = record[start + len(_LABEL) : _end_of_label(record)]
        relay = _RELAY.fullmatch(id_)
        if relay is not None:
            if relay[1] == "RECV":
                self.relayed[relay[2]] = raw.removeprefix("Receive[").removesuffix("]")
            return
        label = read_label(raw, id_)
        if id_.startswith("CLONE_"):
            self.clones[id_] = label.id
            id_ = label.id
            if id_ in self.nodes:
                return
        if id_ in self.nodes:
            self._problem(line, record)
            return
        if len(self.nodes) >= MOST_NODES:
            raise UsageError(f"the dump has more than {MOST_NODES:,} nodes", "dump a part of the model")
        self.nodes[id_] = _Found(len(self.nodes), label, id_)

    def _problem(self, line: int, record: str) -> None:
        self.unread += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(clean(f"line {line:,}: not understood: {record.strip()[:160]}", 240))

    # The graph

    def graph(self, title: CleanText) -> Graph:
        """Everything that was read."""
        edges = self._all_edges()
        nodes = tuple(_node_of(found) for found in self.nodes.values())
        problems = list(self.problems)
        if self.unread > len(problems):
            problems.append(clean(f"{self.unread - len(problems):,} more lines were not understood"))
        read = Graph(self._kind(), title, nodes, edges, tuple(problems))
        return in_order(read, running_order(read, last_first=True))

    def _kind(self) -> GraphKind:
        if any(found.label.submodel >= 0 for found in self.nodes.values()):
            return "submodels"
        return "affinity" if any(found.label.device for found in self.nodes.values()) else "body"

    def _all_edges(self) -> tuple[Edge, ...]:
        for _, source, target, _ in self.edges:
            relay = _RELAY.fullmatch(target)
            if relay is not None and relay[1] == "SEND":
                self.sends[relay[2]] = source
        found: list[Edge] = []
        used: dict[tuple[int, int], int] = {}
        for line, source, target, ports in self.edges:
            if _RELAY.fullmatch(target) is not None and target.startswith("SEND"):
                continue
            edge = self._edge(line, source, target, ports, used)
            if edge is not None:
                found.append(edge)
        return tuple(found)

    def _edge(self, line: int, source: str, target: str, ports: str, used: dict[tuple[int, int], int]) -> Edge | None:
        relay = _RELAY.fullmatch(source)
        if relay is not None:
            source = self.sends.get(relay[2]) or self.relayed.get(relay[2], source)
        start = self.nodes.get(self.clones.get(source, source))
        end = self.nodes.get(self.clones.get(target, target))
        if start is None or end is None:
            missing = source if start is None else target
            self._problem(line, f"an edge with {missing}, which is not in the file")
            return None
        # The n-th edge between two nodes is the n-th input that comes from there.
        count = used[start.key, end.key] = used.get((start.key, end.key), -1) + 1
        taken = [(port, value) for port, value in enumerate(end.label.inputs) if value.source == start.label.id]
        told = _PORTS.search(ports)
        if told is not None:
            out_port, in_port = int(told[1]), int(told[2])
            value = end.label.inputs[in_port] if in_port < len(end.label.inputs) else None
        elif count < len(taken):
            in_port, value = taken[count]
            out_port = value.port
        else:
            out_port, in_port, value = 0, 0, None
        tensor = value or (start.label.outputs[out_port] if out_port < len(start.label.outputs) else None)
        return Edge(
            source=start.key,
            target=end.key,
            source_port=out_port,
            target_port=in_port,
            shape=_short(tensor.shape) if tensor is not None else CleanText(""),
            precision=_short(tensor.type) if tensor is not None else CleanText(""),
            size_bytes=_size_of(tensor) if tensor is not None else 0,
        )


def _end_of_label(record: str) -> int:
    """Where the label ends: at the last quote that only OpenVINO's own attributes follow."""
    end = max(record.rfind('" fillcolor='), record.rfind('"  fillcolor='))
    return end if end >= 0 and record.endswith(("style=filled]", "style=filled ]")) else record.rfind('"')


def _short(text: str) -> CleanText:
    """A type, shape or device: a few texts that come again and again."""
    return _remembered(text) if len(text) <= _SHORT else clean(text, _SHORT)


@lru_cache(maxsize=1_024)
def _remembered(text: str) -> CleanText:
    return clean(text, _SHORT)


def _size_of(tensor: Tensor) -> int:
    short = len(tensor.shape) <= _SHORT
    return _size(tensor.type, tensor.shape) if short else size_in_bytes(tensor.type, tensor.shape)


_size = lru_cache(maxsize=1_024)(size_in_bytes)


def _node_of(found: _Found) -> Node:
    label = found.label
    kind = label.type.rpartition("::")[2]
    output = label.outputs[0] if label.outputs else None
    return Node(
        key=found.key,
        name=clean(label.name),
        raw_name=RawName(label.name),
        id=RawName(found.id),
        type=_short(kind),
        role=_ROLES.get(kind, "operation"),
        device=_short(label.device),
        submodel=label.submodel,
        shape=_short(output.shape) if output is not None else CleanText(""),
        precision=_short(output.type) if output is not None else CleanText(""),
        details=((_OPERATION_SET, _short(label.type)),) if label.type != kind else (),
    )
