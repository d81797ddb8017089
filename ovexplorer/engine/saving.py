"""Saving a model as OpenVINO IR beside the engine: a private directory that goes when the engine ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import openvino as ov

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.formats import BLOB, OPENVINO_ERRORS, refused
from ovexplorer.engine.intake import LoadedModel, prepare, unreported
from ovexplorer.engine.reporter import Reporter
from ovexplorer.schema.protocol import ModelSaved, SaveModel
from ovexplorer.schema.spec import ModelSpec

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\.xml")


def save(command: SaveModel, load: Callable[[ModelSpec], LoadedModel], reporter: Reporter) -> None:
    """Write the model in the shapes asked for, and tell where it is.

    Raises:
        EngineFailure: It cannot be read, or cannot be written.
    """
    if not _NAME.fullmatch(command.name):
        raise EngineFailure(
            "save_failed",
            "the model can only be saved under a plain name",
            "letters, digits, . - and _, ending in .xml",
        )
    # As compiling from the path would leave nothing to write.
    spec = msgspec.structs.replace(command.model, compile_from_path=False)
    loaded = load(spec)
    if loaded.format == BLOB:
        what = f"{loaded.base.name} is compiled already: there is no graph to save"
        raise EngineFailure("save_failed", what, "give the model it was made from")
    with reporter.phase("save"):
        prepared = prepare(loaded, spec, unreported, allow_dynamic=True)
        path = Path.cwd() / command.name
        try:
            ov.save_model(prepared.model, path, compress_to_fp16=command.compress_to_f16)
            size = sum(part.stat().st_size for part in (path, path.with_suffix(".bin")) if part.is_file())
        except (*OPENVINO_ERRORS, OSError) as error:
            raise refused("save_failed", f"{command.name} cannot be written", error, "make room on the disk") from error
    reporter.send(ModelSaved(name=command.name, path=str(path), size_bytes=size))
