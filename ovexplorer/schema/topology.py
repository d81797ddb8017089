"""The operations of a model and how they hang together, as the device is given them; and how HETERO split them."""

from __future__ import annotations

from typing import Literal

from ovexplorer.schema.base import Data
from ovexplorer.text import CleanText, RawName

OperationRole = Literal["operation", "constant", "parameter", "result"]
DumpKind = Literal["affinity", "submodels", "body"]


class Operation(Data, frozen=True, kw_only=True, gc=False):
    """One operation of the model; tens of thousands of them live at once."""

    key: int
    """Its position in the topology, which is a topological order: producers come first."""
    name: CleanText
    """Friendly name, for showing."""
    raw_name: RawName
    """Friendly name, for joins and affinities; unique in the model."""
    type: CleanText
    """Convolution, Relu, Constant …"""
    role: OperationRole = "operation"
    """`constant` for a Constant and for all that is computed from constants alone."""
    inputs: tuple[tuple[int, int], ...] = ()
    """Key of the producer and its output port, for each input port."""
    shapes: tuple[str, ...] = ()
    """Of the outputs: `[1,64,112,112]`, `[?,64]`."""
    types: tuple[str, ...] = ()
    """Element types of the outputs: f32, i64."""
    sizes: tuple[int, ...] = ()
    """Bytes of the outputs; 0 where the shape is dynamic."""
    variable: CleanText = CleanText("")
    """Of a ReadValue or Assign: which state they share; empty for all others."""
    block: CleanText = CleanText("")
    """Part of the model it belongs to, from its name: `layer1.0`; empty when none can be told."""
    bodies: int = 0
    """Hidden models inside an If, Loop or TensorIterator."""


class Topology(Data, frozen=True, kw_only=True):
    """All operations of a model."""

    model: CleanText
    """Its name."""
    operations: tuple[Operation, ...]
    """In topological order; `operations[key].key == key`."""
    dynamic: bool = False
    """Whether any shape is."""


class DeviceSupport(Data, frozen=True, kw_only=True):
    """What a device says it can run of a model."""

    device: str
    missing: tuple[int, ...] = ()
    """Keys of the operations that it does not take, or pretends not to."""
    failed: CleanText = CleanText("")
    """Why it could not be asked; then `missing` says nothing. Empty when it answered."""


class DumpFile(Data, frozen=True, kw_only=True):
    """A .dot file that HETERO wrote while it compiled."""

    name: CleanText
    """File name without directory."""
    kind: DumpKind
    path: str
    """Where it lies as long as the engine lives."""
    size_bytes: int
    text: str = ""
    """What is in it, untrusted; empty when it is over the limit of a message."""


class SubmodelLink(Data, frozen=True, kw_only=True):
    """A tensor that goes from one submodel to another, as OpenVINO's export header tells."""

    source: int
    source_output: int
    target: int
    target_input: int
