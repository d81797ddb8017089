"""Graphs in OpenVINO's own XML: an execution graph as benchmark_app writes it, or the IR of a model.

Read by expat without a document type: entities, and what they could do, are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from ovexplorer.errors import InterruptedRunError, UsageError
from ovexplorer.graph.element_types import size_in_bytes
from ovexplorer.graph.model import Edge, Graph, Node, NodeRole
from ovexplorer.text import CleanText, RawName, clean

MOST_LAYERS: Final = 200_000
DEEPEST: Final = 256
"""Elements inside one another; bodies of If and Loop take five a level."""

_PIECE: Final = 1 << 20
_LOOKED_AT: Final = 6
_ROLES: Final[Mapping[str, NodeRole]] = {
    "Const": "constant",
    "Constant": "constant",
    "Parameter": "parameter",
    "Input": "parameter",
    "Result": "result",
    "Output": "result",
}
_TYPES: Final = {"FP32": "f32", "FP16": "f16", "FP64": "f64", "BF16": "bf16", "BOOL": "boolean"}
_SHOWN: Final = ("primitiveType", "originalLayersNames", "outputLayouts", "outputPrecisions", "runtimePrecision")


@dataclass
class _Port:
    number: int
    precision: str
    dimensions: list[str] = field(default_factory=list)

    @property
    def shape(self) -> str:
        return f"[{','.join('?' if size == '-1' else size for size in self.dimensions)}]"


@dataclass
class _Layer:
    number: str
    name: str
    kind: str
    data: dict[str, str] = field(default_factory=dict)
    inputs: list[_Port] = field(default_factory=list)
    outputs: list[_Port] = field(default_factory=list)


class _Reader:
    """Takes what expat finds; bodies of If and Loop lie deeper and are left out."""

    def __init__(self) -> None:
        self.layers: list[_Layer] = []
        self.edges: list[tuple[str, int, str, int]] = []
        self.name = ""
        self._path: list[str] = []
        self._layer: _Layer | None = None
        self._ports: list[_Port] | None = None
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._path.append(tag)
        if len(self._path) > _LOOKED_AT:
            if len(self._path) > DEEPEST:
                raise UsageError("the XML is nested too deeply", "OpenVINO writes none like it: this is not its own")
            return
        path = "/".join(self._path)
        if path == "net":
            self.name = attributes.get("name", "")
        elif path == "net/layers/layer":
            if len(self.layers) >= MOST_LAYERS:
                raise UsageError("the graph has too many layers", f"at most {MOST_LAYERS:,} can be shown")
            get = attributes.get
            self._layer = _Layer(get("id", ""), get("name", ""), get("type", ""))
            self.layers.append(self._layer)
        elif path == "net/layers/layer/data" and self._layer is not None:
            self._layer.data = dict(attributes)
        elif self._layer is not None and path in ("net/layers/layer/input", "net/layers/layer/output"):
            self._ports = self._layer.inputs if tag == "input" else self._layer.outputs
        elif tag == "port" and len(self._path) == 5 and self._ports is not None:
            self._ports.append(_Port(_number(attributes.get("id", "")), attributes.get("precision", "")))
        elif tag == "dim" and len(self._path) == 6 and self._ports:
            self._text = []
        elif path == "net/edges/edge":
            get = attributes.get
            self.edges.append(
                (get("from-layer", ""), _number(get("from-port", "")), get("to-layer", ""), _number(get("to-port", "")))
            )

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag == "dim" and self._text is not None and self._ports:
            self._ports[-1].dimensions.append("".join(self._text).strip()[:20])
            self._text = None
        self._path.pop()

    def text(self, piece: str) -> None:
        """Text between elements."""
        if self._text is not None:
            self._text.append(piece)


def read_exec_xml(text: str | bytes, title: str = "", *, cancel: Callable[[], bool] = lambda: False) -> Graph:
    """Read a graph.

    Args:
        text: The whole file.
        title: Name of the graph.
        cancel: Asked between pieces.

    Raises:
        UsageError: It is no XML, holds a document type, or is not OpenVINO's.
        InterruptedRunError: `cancel` said so.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.buffer_text = True
    try:
        for start in range(0, len(text), _PIECE):
            if cancel():
                raise InterruptedRunError("reading the XML was given up")
            parser.Parse(text[start : start + _PIECE], False)
        parser.Parse(text[:0], True)
    except expat.ExpatError as error:
        raise UsageError(f"the XML is damaged: {clean(str(error), 120)}", "write it again") from error
    if not reader.layers:
        raise UsageError("the XML holds no layers", "give an execution graph or the .xml of a model")
    return _graph(reader, title)


def _refuse(*_: object) -> None:
    raise UsageError("the XML declares a document type", "OpenVINO writes none: this file is not its own")


def _graph(reader: _Reader, title: str) -> Graph:
    place = {layer.number: key for key, layer in enumerate(reader.layers)}
    timed = any("execTimeMcs" in layer.data for layer in reader.layers)
    nodes = tuple(_node(key, layer, timed=timed) for key, layer in enumerate(reader.layers))
    edges: list[Edge] = []
    missing = 0
    for source, out_port, target, in_port in reader.edges:
        start, end = place.get(source), place.get(target)
        if start is None or end is None:
            missing += 1
            continue
        edges.append(_edge(start, end, reader.layers[start], reader.layers[end], (out_port, in_port)))
    problems = (
        (clean(f"{missing:,} edge{'s' * (missing != 1)} with layers that are not in the file"),) if missing else ()
    )
    name = title or reader.name
    return Graph("exec_xml" if timed else "model", clean(name, 120), nodes, tuple(edges), problems)


def _edge(start: int, end: int, source: _Layer, target: _Layer, ports: tuple[int, int]) -> Edge:
    out_at = next((at for at, port in enumerate(source.outputs) if port.number == ports[0]), 0)
    in_at = next((at for at, port in enumerate(target.inputs) if port.number == ports[1]), 0)
    port = source.outputs[out_at] if out_at < len(source.outputs) else None
    kind = _type(port.precision) if port is not None else ""
    shape = port.shape if port is not None else ""
    return Edge(
        source=start,
        target=end,
        source_port=out_at,
        target_port=in_at,
        shape=clean(shape, 80),
        precision=clean(kind, 20),
        size_bytes=size_in_bytes(kind, shape),
    )


def _node(key: int, layer: _Layer, *, timed: bool) -> Node:
    data = layer.data
    port = layer.outputs[0] if layer.outputs else None
    precision = data.get("runtimePrecision") or (_type(port.precision) if port is not None else "")
    time = data.get("execTimeMcs", "")
    ran = time.isascii() and time.isdecimal() and len(time) < 16
    details = [(clean(name), clean(data[name], 200)) for name in _SHOWN if data.get(name)]
    return Node(
        key=key,
        name=clean(layer.name, 200),
        raw_name=RawName(layer.name),
        id=RawName(f"{layer.number}: {layer.name}"),
        type=clean(layer.kind, 80),
        role=_ROLES.get(layer.kind, "operation"),
        shape=clean(port.shape, 80) if port is not None else CleanText(""),
        precision=clean(precision, 40),
        layout=clean(data.get("outputLayouts", "").partition(",")[0], 40),
        time_ns=int(time) * 1_000 if ran else -1,
        status=CleanText("not executed, or under 1 µs") if timed and not ran else CleanText(""),
        details=tuple(details),
    )


def _type(precision: str) -> str:
    return _TYPES.get(precision, precision.lower())


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
