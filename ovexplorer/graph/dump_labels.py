r"""The label of one node of a dump, read from its end, because only what OpenVINO wrote itself can be relied on.

`name\nID\nopset1::Type[\ninK: {type}[shape]: producer: outP …][\noutK: {type}[shape] …][\nsubgraph=N][\ndevice=D]`,
where `\n` is a backslash and an n; the name is left out when it equals the ID, and it may hold anything, also `\n`. A
constant or parameter has real newlines after its type: `{type}[shape]` and the value.
"""

from __future__ import annotations

import re

from ovexplorer.schema.base import Data

_DEVICE = re.compile(r"\\ndevice=([^\"\\]*)$")
_SUBMODEL = re.compile(r"\\nsubgraph=(\d{1,9})$", re.ASCII)
_PORT = re.compile(r"\\n(in|out)(\d{1,6}): \{([\w?]*)\}(\[[^\]\\]*\]|\.\.\.|\?)(?:: (\S+): out(\d{1,6}))?", re.ASCII)
_TYPE = re.compile(r"(?:^|\\n)([A-Za-z_]\w*(?:::\w+)+|[A-Z]\w*)(\{[\w?]*\}(?:\[[^\]\\]*\]|[^\s\\]{0,300}))?$", re.ASCII)
_TENSOR = re.compile(r"\{([\w?]*)\}(\[[^\][]*\])", re.ASCII)
_BREAK = r"\n"


# Tens of thousands live at once, none in a cycle: the collector passes them by.


class Tensor(Data, frozen=True, gc=False):
    """One input or output as the label tells it."""

    type: str
    shape: str
    source: str = ""
    """Unique id of the producer; of an input."""
    port: int = 0
    """Output port of the producer; of an input."""


class Label(Data, frozen=True, gc=False):
    """What a label says."""

    id: str
    """Unique id: `Relu_24348`."""
    name: str
    """Friendly name; the id where the label has none."""
    type: str
    """`opset1::Relu`; empty when it could not be told."""
    device: str = ""
    submodel: int = -1
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()


def read_label(raw: str, node_id: str) -> Label:
    """Read a label.

    Args:
        raw: Between the quotes.
        node_id: What the node is called in the file; `CLONE_k` for a use of a constant or parameter.
    """
    own, newline, value = _own_part(raw, node_id)
    rest, device = _cut(own, _DEVICE)
    rest, submodel = _cut(rest, _SUBMODEL)
    if newline:
        # A use of a parameter that has a device tells it behind its shape.
        value, device = _cut(value, _DEVICE)
        value, submodel = _cut(value, _SUBMODEL)
    rest, inputs, outputs = _ports(rest)
    type_ = ""
    match = _TYPE.search(rest)
    if match is not None:
        type_, rest = match[1], rest[: match.start()]
        if match[2] and not outputs:
            outputs = _tensors(match[2])
    if newline and not outputs:
        outputs = _tensors(value.partition("\n")[0])
    name, id_ = _names(rest, node_id)
    return Label(id_, name, type_, device, int(submodel) if submodel else -1, inputs, outputs)


def _own_part(raw: str, node_id: str) -> tuple[str, str, str]:
    """The part before the real newlines that a use of a constant has after its type."""
    if not node_id.startswith("CLONE_"):
        return raw, "", ""
    for match in re.finditer(r"\n\{", raw):
        # The line before, not all of the label up to here.
        if _TYPE.search(raw, raw.rfind("\n", 0, match.start()) + 1, match.start()):
            return raw[: match.start()], "\n", raw[match.start() + 1 :]
    return raw, "", ""


def _cut(text: str, pattern: re.Pattern[str]) -> tuple[str, str]:
    match = pattern.search(text)
    return (text[: match.start()], match[1]) if match is not None else (text, "")


def _ports(text: str) -> tuple[str, tuple[Tensor, ...], tuple[Tensor, ...]]:
    """What is left of the label, inputs and outputs; they follow one another up to the end."""
    inputs: list[Tensor] = []
    outputs: list[Tensor] = []
    start = end = len(text)
    found = list(_PORT.finditer(text))
    for match in reversed(found):
        if match.end() != end:
            break
        start = end = match.start()
        tensor = Tensor(match[3], match[4], match[5] or "", int(match[6] or 0))
        (inputs if match[1] == "in" else outputs).append(tensor)
    return text[:start], tuple(reversed(inputs)), tuple(reversed(outputs))


def _tensors(text: str) -> tuple[Tensor, ...]:
    return tuple(Tensor(match[1], match[2]) for match in _TENSOR.finditer(text))


def _names(text: str, node_id: str) -> tuple[str, str]:
    """Friendly name and unique id from what stands before the type."""
    if not node_id.startswith("CLONE_"):
        if text == node_id:
            return node_id, node_id
        return (text.removesuffix(f"{_BREAK}{node_id}"), node_id) if text else (node_id, node_id)
    name, found, id_ = text.rpartition(_BREAK)
    return (name, id_) if found else (text, text)
