"""The flags about the model's inputs and files that are no options of the catalogue."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast, get_args

import msgspec

from ovexplorer.cli.line import CommandLine
from ovexplorer.errors import UsageError
from ovexplorer.options.entries.model import ELEMENT_TYPES
from ovexplorer.options.inputs import parse_named
from ovexplorer.schema.spec import Fill, InputSpec, ModelSpec
from ovexplorer.text import clean


def with_model_flags(line: CommandLine, model: ModelSpec) -> ModelSpec:
    """The model with files, fills, port types and extensions.

    Raises:
        UsageError: A value cannot be used.
    """
    if files := line.lists.get("files"):
        model = _with_files(model, files)
    if fill := line.values.get("fill"):
        model = _with_fill(model, fill)
    extensions = tuple(part.strip() for part in line.values.get("extensions", "").split(",") if part.strip())
    return msgspec.structs.replace(
        model,
        output_type=_element_type(line.values["output_type"], "-op") if "output_type" in line.values else "",
        port_types=_port_types(line.values.get("port_types", "")),
        extensions=extensions,
        compile_from_path="from_file" in line.switches,
    )


def _with_files(model: ModelSpec, groups: tuple[str, ...]) -> ModelSpec:
    """`name:file,file other:file` or `file,file`: a name holds for the files after it, as in benchmark_app."""
    named: dict[str, list[str]] = {}
    for group in groups:
        name = ""
        for part in group.split(","):
            head, colon, tail = part.partition(":")
            # A file that exists may have a colon in its name, and C:\file is no input on Windows.
            drive = os.name == "nt" and len(head) == 1
            maps = bool(colon) and not drive and not Path(part).exists()
            name, path = (head, tail) if maps else (name, part)
            if not path:
                raise UsageError(f"-i {clean(group, 80)!r} names no file", "write -i data.npy or -i input:data.npy")
            named.setdefault(name, []).append(path)
    for name, paths in named.items():
        model = _changed(model, name, fill="file", paths=tuple(paths))
    return model


def _with_fill(model: ModelSpec, text: str) -> ModelSpec:
    named = parse_named(text) if "[" in text else {"": (text,)}
    known = get_args(Fill)
    if named is None or any(len(parts) != 1 or parts[0] not in known or parts[0] == "file" for parts in named.values()):
        raise UsageError(
            f"--fill {clean(text, 80)!r} cannot be understood", "write normal, ids, ones, zeros or ids[zeros]"
        )
    for name, (fill,) in named.items():
        model = _changed(model, name, fill=cast("Fill", fill), paths=())
    return model


def _changed(model: ModelSpec, name: str, fill: Fill, paths: tuple[str, ...]) -> ModelSpec:
    entries = {entry.name: entry for entry in model.inputs}
    base = entries.get(name) or msgspec.structs.replace(entries.get("", InputSpec()), name=name)
    targets = {name: base} if name else {**entries, "": base}
    for target, entry in targets.items():
        entries[target] = msgspec.structs.replace(entry, fill=fill, paths=paths)
    return msgspec.structs.replace(model, inputs=tuple(entries[key] for key in sorted(entries)))


def _port_types(text: str) -> dict[str, str]:
    """`input:f16, output:f32`; a name may hold colons itself."""
    result = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, colon, kind = part.rpartition(":")
        if not colon or not name.strip():
            raise UsageError(f"-iop {clean(part, 80)!r} cannot be understood", "write -iop input:f16,output:f32")
        result[name.strip()] = _element_type(kind.strip(), "-iop")
    return result


def _element_type(text: str, flag: str) -> str:
    name = text.lower().replace("fp", "f")
    if name not in ELEMENT_TYPES:
        raise UsageError(f"{flag}: {clean(text, 40)!r} is not an element type", f"choose {', '.join(ELEMENT_TYPES)}")
    return name
