"""What another framework gives to be measured, and how files are refused that it must not open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.frameworks.inputs import Array, Port
from ovexplorer.schema.spec import DEMO_PREFIX

_PICKLED = frozenset({".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".bin"})
_SUFFIXES = {"onnxruntime": ".onnx", "pytorch": ".pt2"}


class FrameworkModel(Protocol):
    """A model that is loaded."""

    ports: tuple[Port, ...]
    """Its inputs, in order."""
    failures: tuple[type[Exception], ...]
    """What an inference may raise."""

    def bind(self, arrays: Sequence[Array]) -> Callable[[], object]:
        """What runs one inference on these inputs, as an application written for the framework would."""
        ...


def check_file(framework: str, path: str) -> Path:
    """The file, when it is there and of the framework's kind.

    Raises:
        EngineFailure: It is not; a pickled one is never opened.
    """
    suffix, file = _SUFFIXES[framework], Path(path)
    if path.startswith(DEMO_PREFIX):
        what = f"{framework} cannot run {path}: demo models are made in OpenVINO"
        raise EngineFailure("model_unreadable", what, f"give a {suffix} file")
    if file.suffix.lower() in _PICKLED:
        raise EngineFailure(
            "model_unreadable",
            f"{file.name} is a pickle: loading it would run whatever code is in it",
            "export the model instead: torch.export.save(torch.export.export(model, inputs), 'model.pt2')",
        )
    if file.suffix.lower() != suffix:
        what = f"{framework} measures {suffix} files, not {file.name}"
        raise EngineFailure("model_unreadable", what, f"export the model as {suffix}")
    if not file.is_file():
        raise EngineFailure("model_missing", f"there is no file {path}", "check the path")
    return file
