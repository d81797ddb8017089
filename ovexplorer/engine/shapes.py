"""Shapes and layouts of inputs: read from text, written as text, guessed, proposed, applied to a model."""

from __future__ import annotations

import re
from collections.abc import Mapping

import openvino as ov

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.formats import OPENVINO_ERRORS, refused
from ovexplorer.text import clean

_DIMENSION = re.compile(r"\?|-1|\d+|\d*\.\.\d*")
_INVENTED = re.compile(r"Result_\d+")
"""What OpenVINO calls the tensor of an output without a name; the number changes from process to process."""
_MOST = 2**31 - 1
"""Largest size of a dimension that is accepted; a larger one is a typing error."""
_SMALL_CHANNELS = 4
"""benchmark_app's limit for a dimension taken for colour channels."""
_IMAGE_SIDE = 224
_SEQUENCE = 128
_SEQUENCE_WORDS = ("ids", "mask", "token", "seq", "text", "pos")


def parse_shape(text: str) -> ov.PartialShape:
    """Read `[1,3,224,224]`, `1,3,?,?`, `[1..8,128]`, `[-1,128]`.

    Raises:
        ValueError: It is not a shape; says which part is wrong.
    """
    inner = text.strip()
    if inner.startswith("[") and inner.endswith("]"):
        inner = inner[1:-1]
    if not inner.strip():
        return ov.PartialShape([])
    if inner.strip() == "...":
        return ov.PartialShape.dynamic()
    return ov.PartialShape([_dimension(part.strip()) for part in inner.split(",")])


def _dimension(part: str) -> ov.Dimension:
    if not _DIMENSION.fullmatch(part):
        raise ValueError(f"{clean(part, 40)!r} is not a size; write 224, 1..8 or ?")
    if part in ("?", "-1"):
        return ov.Dimension()
    low, dots, high = part.partition("..")
    least = int(low or 0)
    most = int(high) if high else (_MOST if dots else least)
    if max(least, most) > _MOST or least > most:
        raise ValueError(f"{clean(part, 40)!r} is not a range of sizes")
    if not dots:
        return ov.Dimension(least)
    return ov.Dimension(least, most) if high else ov.Dimension(least, -1)


def shape_text(shape: ov.PartialShape) -> str:
    """Write a shape as `[?,1..512]`; `[...]` for any rank."""
    if shape.rank.is_dynamic:
        return "[...]"
    return f"[{','.join(_dimension_text(dimension) for dimension in shape)}]"


def _dimension_text(dimension: ov.Dimension) -> str:
    if dimension.is_static:
        return str(dimension.get_length())
    least, most = dimension.min_length, dimension.max_length
    if most < 0 or most >= _MOST:
        return "?" if least == 0 else f"{least}.."
    return f"{least}..{most}"


def sizes_text(sizes: tuple[int, ...]) -> str:
    """Write a static shape."""
    return f"[{','.join(map(str, sizes))}]"


def sizes_of(shape: ov.PartialShape) -> tuple[int, ...]:
    """A static shape as numbers."""
    return tuple(int(dimension.get_length()) for dimension in shape)


def parse_layout(text: str) -> ov.Layout:
    """Read `NCHW`, `N,C,H,W`, `[N,C,H,W]` or `N...`.

    Raises:
        ValueError: It is not a layout.
    """
    bare = text.strip().removeprefix("[").removesuffix("]").replace(" ", "")
    try:
        return ov.Layout(bare if "..." in bare and "," not in bare else f"[{bare}]" if "," in bare else bare)
    except OPENVINO_ERRORS as error:
        raise ValueError(f"{clean(text, 40)!r} is not a layout; write NCHW or N,C,H,W") from error


def layout_text(layout: ov.Layout) -> str:
    """Write a layout as `NCHW`; empty when it says nothing."""
    inner = str(layout.to_string()).strip("[]")
    return "" if inner.replace(".", "") == "" else inner.replace(",", "")


def guess_layout(shape: ov.PartialShape) -> str:
    """Guess as benchmark_app does: images by where the few channels stand; two dimensions are batch and features."""
    if shape.rank.is_dynamic:
        return ""
    sizes = [dimension.get_length() if dimension.is_static else 0 for dimension in shape]
    if len(sizes) in (3, 4):
        first, last = sizes[-3], sizes[-1]
        batch = "N" if len(sizes) == 4 else ""
        # A side that is dynamic counts as a large one: exported detectors leave height and width open.
        if 0 < first <= _SMALL_CHANNELS and (last > _SMALL_CHANNELS or last == 0):
            return batch + "CHW"
        if 0 < last <= _SMALL_CHANNELS and (first > _SMALL_CHANNELS or first == 0):
            return batch + "HWC"
    return "NC" if len(sizes) == 2 else ""


def is_image(layout: str, rank: int) -> bool:
    """Whether a layout is that of an image."""
    return len(layout) == rank and {"C", "H", "W"} <= set(layout)


def propose(name: str, shape: ov.PartialShape, layout: str) -> str:
    """A static shape for a dynamic one: 1 for the batch, 224 for sides of an image, the bound or 128 for the rest."""
    if shape.rank.is_dynamic:
        return sizes_text((1, 3, _IMAGE_SIDE, _IMAGE_SIDE))
    looks_sequential = any(word in name.lower() for word in _SEQUENCE_WORDS)
    sizes = []
    for position, dimension in enumerate(shape):
        letter = layout[position] if position < len(layout) and len(layout) == len(shape) else ""
        if dimension.is_static:
            sizes.append(int(dimension.get_length()))
        else:
            sizes.append(_proposed_size(dimension, position, letter, len(shape), looks_sequential))
    return sizes_text(tuple(sizes))


def _proposed_size(dimension: ov.Dimension, position: int, letter: str, rank: int, sequential: bool) -> int:
    least, most = int(dimension.min_length), int(dimension.max_length)
    bounded = 0 < most < _MOST
    if letter == "N" or (position == 0 and letter in ("", "N")):
        wish = 1
    elif letter in ("H", "W") or (rank == 4 and position >= 2 and not sequential):
        wish = _IMAGE_SIDE
    elif letter == "C" and rank == 4:
        wish = 3
    else:
        # The bound of a sequence may be a context of 100,000 tokens; 128 of them is what a question takes.
        wish = min(most, _SEQUENCE) if bounded else _SEQUENCE
    return max(wish if not bounded else min(wish, most), least, 1)


def reshape(model: ov.Model, wanted: Mapping[int, ov.PartialShape]) -> None:
    """Give inputs other shapes, by index.

    Raises:
        EngineFailure: The model refuses them.
    """
    if not wanted:
        return
    names = {index: clean(port_name(model.inputs[index])) for index in wanted}
    told = ", ".join(f"{names[index]} {shape_text(shape)}" for index, shape in wanted.items())
    for index, shape in wanted.items():
        old = model.inputs[index].partial_shape
        if old.rank.is_static and shape.rank.is_static and len(old) != len(shape):
            raise EngineFailure(
                "shape_refused",
                f"{names[index]} takes {len(old)} dimensions {shape_text(old)}, not {shape_text(shape)}",
                f'name each input: -shape "{names[index]}{shape_text(old)}"',
            )
    try:
        model.reshape({model.inputs[index]: shape for index, shape in wanted.items()})
    except OPENVINO_ERRORS as error:
        hint = "choose sizes that the operations of the model accept; `i` shows what each input allows"
        raise refused("shape_refused", f"the model does not fit {told}", error, hint) from error


def set_batch(model: ov.Model, batch: int, layouts: list[str]) -> None:
    """Set the size of N in every input whose layout has one.

    Raises:
        EngineFailure: No layout has an N, or the model refuses the size.
    """
    for port, layout in zip(model.inputs, layouts):
        if layout:
            port.node.set_layout(parse_layout(layout))
    if not any("N" in layout for layout in layouts):
        names = ", ".join(clean(port_name(port)) for port in model.inputs)
        raise EngineFailure(
            "shape_refused",
            f"the batch cannot be set: no layout says which dimension of {names} it is",
            "give the layout, such as -layout NCHW, or set the shape itself with -shape",
        )
    try:
        ov.set_batch(model, batch)
    except OPENVINO_ERRORS as error:
        hint = "the model has its batch built in; export it with a dynamic batch, or keep its own"
        raise refused("shape_refused", f"the model does not accept batch {batch}", error, hint) from error


def port_name(port: ov.Output) -> str:
    """The shortest tensor name, else the name of the operation: of the producer for an output."""
    names = [name for name in port.get_names() if not _INVENTED.fullmatch(name)]
    if names:
        return str(min(names, key=lambda name: (len(name), name)))
    node = port.get_node()
    if node.get_type_name() == "Result":
        node = node.input_value(0).get_node()
    return str(node.get_friendly_name())
