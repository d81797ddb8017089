"""What is known and asked about each input, gathered in one place before arrays are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import openvino as ov

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.fills import Filling, choose_filling
from ovexplorer.engine.shapes import (
    guess_layout,
    is_image,
    layout_text,
    parse_layout,
    parse_shape,
    port_name,
    propose,
    shape_text,
    sizes_of,
)
from ovexplorer.schema.spec import InputSpec, ModelSpec
from ovexplorer.text import CleanText, RawName, clean

_HOST_TYPES = (ov.Type.f32, ov.Type.f16, ov.Type.f64)
"""What Python can write; numpy has no bf16."""


@dataclass(frozen=True)
class HostImage:
    """An input made from a u8 image in Python before each inference."""

    height: int
    """Of the source image, in pixels."""
    width: int
    mean: tuple[float, ...]
    scale: tuple[float, ...]


@dataclass(frozen=True)
class InputPlan:
    """One input of a prepared model."""

    index: int
    name: CleanText
    raw_name: RawName
    element_type: str
    layout: str
    """Of the tensor that is fed; empty when unknown."""
    guessed_layout: bool
    shapes: tuple[tuple[int, ...], ...]
    """Static shapes that are fed in turn; empty when the shape is dynamic and none was given."""
    filling: Filling
    paths: tuple[str, ...] = ()
    ids_below: int = 0
    host: HostImage | None = None

    def batch(self, shape_index: int = 0) -> int:
        """Size of N, 1 when the layout has none."""
        at = self.layout.find("N")
        if at < 0 or not self.shapes:
            return 1
        shape = self.shapes[shape_index % len(self.shapes)]
        return shape[at] if at < len(shape) else 1


def match_entries(spec: ModelSpec, ports: Sequence[ov.Output]) -> list[InputSpec]:
    """The entry of each input, the nameless one for those that have none of their own.

    Raises:
        EngineFailure: An entry names an input that is not there.
    """
    general = next((entry for entry in spec.inputs if not entry.name), InputSpec())
    entries = [general] * len(ports)
    for entry in spec.inputs:
        if entry.name:
            entries[_index_of(entry.name, ports)] = entry
    return entries


def _index_of(name: str, ports: Sequence[ov.Output]) -> int:
    for index, port in enumerate(ports):
        if name in port.get_names() or name == port.get_node().get_friendly_name():
            return index
    if name.isdecimal() and int(name) < len(ports):
        return int(name)
    known = ", ".join(clean(port_name(port), 60) for port in ports[:8])
    raise EngineFailure("input_refused", f"the model has no input {clean(name, 60)}", f"its inputs are {known}")


def asked_shape(entry: InputSpec, name: str) -> ov.PartialShape | None:
    """The shape that is asked for, None when none is.

    Raises:
        EngineFailure: It is not a shape.
    """
    return _parsed(entry.shape, name) if entry.shape else None


def _parsed(text: str, name: str) -> ov.PartialShape:
    try:
        return parse_shape(text)
    except ValueError as error:
        hint = 'write -shape "[1,3,224,224]", with ? or 1..8 for a dynamic size'
        raise EngineFailure("shape_refused", f"shape of {clean(name, 60)}: {error}", hint) from error


def layout_of(port: ov.Output, entry: InputSpec) -> tuple[str, bool]:
    """The layout of an input and whether it is a guess: asked, else the model's own, else guessed.

    Raises:
        EngineFailure: The asked one is not a layout.
    """
    if entry.layout:
        try:
            return layout_text(parse_layout(entry.layout)), False
        except ValueError as error:
            what = f"layout of {clean(port_name(port), 60)}: {error}"
            raise EngineFailure("shape_refused", what, "write -layout NCHW, or -layout input[N,C,H,W]") from error
    node = port.get_node()
    own = layout_text(node.get_layout()) if node.get_type_name() == "Parameter" else ""
    return (own, False) if own else (guess_layout(port.partial_shape), True)


def data_shapes(entry: InputSpec, port: ov.Output, name: str) -> tuple[tuple[int, ...], ...]:
    """The static shapes fed to an input, in turn; empty when it is dynamic and none was given.

    Raises:
        EngineFailure: One of them is not static or the model does not allow it.
    """
    shape = port.partial_shape
    if not entry.data_shapes:
        return (sizes_of(shape),) if shape.is_static else ()
    found = []
    for text in entry.data_shapes:
        wanted = _parsed(text, name)
        if wanted.is_dynamic:
            what = f"data shape {shape_text(wanted)} of {clean(name, 60)} is not static"
            raise EngineFailure("shape_refused", what, 'write -data_shape "[1,128][1,32]"')
        if not shape.compatible(wanted):
            what = f"{clean(name, 60)} allows {shape_text(shape)}, not {shape_text(wanted)}"
            hint = 'make it dynamic for several shapes in turn, such as -shape "[?,1..512]"'
            raise EngineFailure("shape_refused", what, hint)
        found.append(sizes_of(wanted))
    return tuple(found)


def plan_input(
    index: int,
    port: ov.Output,
    entry: InputSpec,
    *,
    layout: tuple[str, bool],
    ids_below: int = 0,
    host: HostImage | None = None,
) -> InputPlan:
    """Gather what is known about one input."""
    name = port_name(port)
    kind = str(port.get_element_type().get_type_name())
    asked = "file" if entry.paths and entry.fill == "auto" else entry.fill
    if asked == "file" and not entry.paths:
        what = f"{clean(name, 60)} is to be filled from a file and none is named"
        raise EngineFailure("input_refused", what, "name it with -i, such as -i input:data.npy")
    filling = choose_filling(name, kind, asked, ids_below)
    if filling.kind == "normal" and kind == "u8" and entry.fill == "auto":
        filling = Filling("bytes")
    return InputPlan(
        index=index,
        name=clean(name),
        raw_name=RawName(name),
        element_type=kind,
        layout=layout[0],
        guessed_layout=layout[1] and bool(layout[0]),
        shapes=data_shapes(entry, port, name),
        filling=filling,
        paths=entry.paths if filling.kind == "file" else (),
        ids_below=ids_below,
        host=host,
    )


def require_shapes(plans: Sequence[InputPlan], ports: Sequence[ov.Output]) -> None:
    """Refuse inputs that are dynamic without a shape to feed.

    Raises:
        EngineFailure: Of kind `shape_needed`; names the inputs, what they allow and the flag.
    """
    open_ones = [(plan, ports[plan.index].partial_shape) for plan in plans if not plan.shapes]
    if not open_ones:
        return
    told = ", ".join(f"{plan.name} {shape_text(shape)}" for plan, shape in open_ones[:8])
    proposed = [propose(plan.name, shape, plan.layout) for plan, shape in open_ones]
    alike = len(set(proposed)) == 1 and len(open_ones) == len(plans)
    value = proposed[0] if alike else ",".join(f"{plan.name}{size}" for (plan, _), size in zip(open_ones, proposed))
    what = f"a shape is needed: {told} {'is' if len(open_ones) == 1 else 'are'} dynamic"
    raise EngineFailure("shape_needed", what, f'give -shape "{value}"')


def host_image(port: ov.Output, entry: InputSpec, layout: str, size: tuple[int, int]) -> HostImage | None:
    """How the source image of an input is, None when the input is no image of static size.

    Raises:
        EngineFailure: Mean or scale has not one value, nor one a channel.
    """
    shape = port.partial_shape
    if shape.is_dynamic or not is_image(layout, len(shape)) or port.get_element_type() not in _HOST_TYPES:
        return None
    sizes = sizes_of(shape)
    channels = sizes[layout.index("C")]
    for word, values in (("mean", entry.mean), ("scale", entry.scale)):
        if len(values) not in (0, 1, channels):
            what = f"{len(values)} {word} values for {channels} channels of {clean(port_name(port), 60)}"
            raise EngineFailure("input_refused", what, f"give one value, or {channels}")
    height, width = size if all(size) else (sizes[layout.index("H")], sizes[layout.index("W")])
    return HostImage(height, width, entry.mean, entry.scale)
