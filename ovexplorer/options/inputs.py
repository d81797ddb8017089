"""The `name[value],other[value]` syntax of shapes, layouts, types, means and scales, and where it lives in a model.

`[value]` without a name stands for every input. An input with an entry of its own takes nothing from the entry for
all, so values are copied both ways here: the order in which options are set never matters.
"""

from __future__ import annotations

import math
import re
from typing import Literal, TypeAlias

import msgspec

from ovexplorer.errors import UsageError
from ovexplorer.options.entries.model import ELEMENT_TYPES
from ovexplorer.schema.spec import InputSpec, ModelSpec

InputField: TypeAlias = Literal["shape", "data_shapes", "layout", "tensor_layout", "element_type", "mean", "scale"]
_Value: TypeAlias = "str | tuple[str, ...] | tuple[float, ...]"

_NAMED = re.compile(r"([^\[\]]*?)((?:\[[^\[\]]*\]\s*)+)(,|$)\s*")
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_DIMENSION = re.compile(r"\?|\d+|\d*\.\.\d*")
_LAYOUT = re.compile(r"[A-Za-z?.,*]+")

_EXAMPLES: dict[InputField, str] = {
    "shape": "[1,3,224,224] or data[1,3,?,?],ids[1,1..128]",
    "data_shapes": "[1,128][1,384] or ids[1,128][1,384],mask[1,128][1,384]",
    "layout": "[NCHW] or data[NHWC],info[NC]",
    "tensor_layout": "[NHWC] or data[NHWC]",
    "element_type": f"one of {' '.join(ELEMENT_TYPES)}, or data[u8]",
    "mean": "[123.7,116.3,103.5] or data[127.5,127.5,127.5]",
    "scale": "[58.4,57.1,57.4] or data[127.5,127.5,127.5]",
}


def parse_named(text: str) -> dict[str, tuple[str, ...]] | None:
    """Split `a[1,2][3,4],b[5]` into `{"a": ("1,2", "3,4"), "b": ("5",)}`; None when it is not of that form."""
    found: dict[str, tuple[str, ...]] = {}
    position = 0
    text = text.strip()
    while position < len(text):
        match = _NAMED.match(text, position)
        if match is None or match.end() == position:
            return None
        name = match[1].strip()
        if name in found:
            return None
        found[name] = tuple(part.strip() for part in _BRACKET.findall(match[2]))
        position = match.end()
    return found or None


def set_field(model: ModelSpec, field: InputField, text: str) -> ModelSpec:
    """Set one field of the inputs from text; empty text removes it everywhere.

    Raises:
        UsageError: The text cannot be understood.
    """
    entries = {entry.name: msgspec.structs.replace(entry, **{field: _EMPTY[field]}) for entry in model.inputs}
    named = _named_values(field, text) if text else {}
    if "" in named:
        entries.setdefault("", InputSpec())
        entries = {name: msgspec.structs.replace(entry, **{field: named[""]}) for name, entry in entries.items()}
    for name in sorted(set(named) - {""}):
        base = entries.get(name) or msgspec.structs.replace(entries.get("", InputSpec()), name=name)
        entries[name] = msgspec.structs.replace(base, **{field: named[name]})
    common = entries.get("", InputSpec())
    kept = tuple(
        entry
        for name, entry in sorted(entries.items())
        if entry != (msgspec.structs.replace(common, name=name) if name else InputSpec())
    )
    return msgspec.structs.replace(model, inputs=kept)


def text_of(model: ModelSpec, field: InputField) -> str:
    """The field of all inputs in the syntax that `set_field` reads; empty when nothing is set."""
    values: dict[str, _Value] = {entry.name: getattr(entry, field) for entry in model.inputs}
    common = values.pop("", _EMPTY[field])
    parts = [_written(field, "", common)] if common else []
    parts += [_written(field, name, value) for name, value in sorted(values.items()) if value and value != common]
    if len(parts) == 1 and field == "element_type" and common:
        return str(common)
    return ",".join(parts)


_EMPTY: dict[InputField, _Value] = {
    "shape": "",
    "data_shapes": (),
    "layout": "",
    "tensor_layout": "",
    "element_type": "",
    "mean": (),
    "scale": (),
}


def shape_text(text: str) -> str:
    """One shape in our spelling: `[1,3,?,1..8]`.

    Raises:
        UsageError: It is no shape.
    """
    inner = text.strip().removeprefix("[").removesuffix("]")
    dimensions = [part.replace(" ", "") for part in inner.split(",")] if inner.strip() else []
    dimensions = ["?" if part in {"-1", ".."} else part for part in dimensions]
    for part in dimensions:
        if not _DIMENSION.fullmatch(part):
            raise _refusal("shape", text)
        low, dots, high = part.partition("..")
        if dots and low and high and int(low) > int(high):
            raise UsageError(f"shape {text}: the range {part} ends before it begins", "write the smaller size first")
    return f"[{','.join(dimensions)}]"


def _named_values(field: InputField, text: str) -> dict[str, _Value]:
    if field == "element_type" and "[" not in text:
        return {"": _parsed(field, (text,), text)}
    named = parse_named(text)
    if named is None:
        raise _refusal(field, text)
    return {name: _parsed(field, parts, text) for name, parts in named.items()}


def _parsed(field: InputField, parts: tuple[str, ...], text: str) -> _Value:
    if field == "data_shapes":
        shapes = tuple(shape_text(part) for part in parts)
        if any(set(shape) & set("?.") for shape in shapes):
            raise UsageError(f"data shape {text!r} is not static", "every dimension of a data shape is a number")
        return shapes
    if len(parts) != 1:
        raise _refusal(field, text)
    part = parts[0]
    if field == "shape":
        return shape_text(part)
    if field in {"mean", "scale"}:
        return _numbers(field, part, text)
    if field in {"layout", "tensor_layout"}:
        if not _LAYOUT.fullmatch(part):
            raise _refusal(field, text)
        return part
    name = part.lower().replace("fp", "f")
    if name not in ELEMENT_TYPES:
        raise _refusal(field, text)
    return name


def _numbers(field: InputField, part: str, text: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(number) for number in part.split(","))
    except ValueError as error:
        raise _refusal(field, text) from error
    if not all(map(math.isfinite, numbers)) or (field == "scale" and 0 in numbers):
        raise _refusal(field, text)
    return numbers


def _written(field: InputField, name: str, value: _Value) -> str:
    if field == "data_shapes":
        return name + "".join(map(str, value))
    if field == "shape":
        return f"{name}{value}"
    if isinstance(value, tuple):
        return f"{name}[{','.join(f'{number:g}' if isinstance(number, float) else number for number in value)}]"
    return f"{name}[{value}]"


def _refusal(field: InputField, text: str) -> UsageError:
    return UsageError(f"{field.replace('_', ' ')} {text!r} cannot be understood", f"write {_EXAMPLES[field]}")
