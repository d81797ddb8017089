"""File names of a spec, made independent of the current directory: the engine has one of its own."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ovexplorer.schema.spec import DEMO_PREFIX, RunSpec

_DIRECTORY_PROPERTIES = ("CACHE_DIR", "WEIGHTS_PATH", "CONFIG_FILE")


def anchored(spec: RunSpec, directory: Path) -> RunSpec:
    """The spec with every relative file name joined to a directory; demos and absolute names stay as they are."""

    def absolute(name: str) -> str:
        return str(directory / Path(name).expanduser()) if name else name

    model = spec.model
    return msgspec.structs.replace(
        spec,
        model=msgspec.structs.replace(
            model,
            path=model.path if model.path.startswith(DEMO_PREFIX) else absolute(model.path),
            inputs=tuple(
                msgspec.structs.replace(entry, paths=tuple(map(absolute, entry.paths))) for entry in model.inputs
            ),
            extensions=tuple(map(absolute, model.extensions)),
        ),
        properties={
            key: absolute(value) if key in _DIRECTORY_PROPERTIES else value for key, value in spec.properties.items()
        },
    )
