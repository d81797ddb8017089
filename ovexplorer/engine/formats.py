"""Which format a path holds, told from its name; what cannot be read is refused with a reason before OpenVINO sees it.

Formats are told by suffix because OpenVINO does so too; a wrong suffix ends in a clear failure of its reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ovexplorer.engine.failure import EngineFailure, from_openvino
from ovexplorer.schema.results import FailureKind
from ovexplorer.schema.spec import DEMO_PREFIX
from ovexplorer.text import CleanText, clean

OPENVINO_ERRORS = (RuntimeError, ValueError, TypeError, IndexError, MemoryError, OverflowError)
"""What OpenVINO's bindings raise; text that is not UTF-8 arrives as UnicodeDecodeError, a ValueError."""

IR = "OpenVINO IR"
TENSORFLOW = "TensorFlow"
BLOB = "compiled blob"
DEMO = "demo"

_BY_SUFFIX = {
    ".xml": IR,
    ".onnx": "ONNX",
    ".pb": TENSORFLOW,
    ".pbtxt": TENSORFLOW,
    ".meta": TENSORFLOW,
    ".tflite": "TensorFlow Lite",
    ".pdmodel": "Paddle",
    ".blob": BLOB,
}
_WEIGHTS = {".xml": ".bin", ".pdmodel": ".pdiparams"}
_SAVED_MODEL = "saved_model.pb"

_READABLE = "models are read from .xml .onnx .pb .tflite .pdmodel .blob, a SavedModel folder or demo:NAME"
_TORCH = "export it first: torch.onnx.export(model, inputs, 'model.onnx'), or ov.convert_model and ov.save_model"
_ELSEWHERE = {
    ".pt": ("PyTorch", _TORCH),
    ".pt2": ("PyTorch", _TORCH),
    ".pth": ("PyTorch", _TORCH),
    ".jit": ("PyTorch", _TORCH),
    ".ckpt": ("a checkpoint", _TORCH),
    ".safetensors": ("weights without a graph", "export the whole model: optimum-cli export openvino --model … DIR"),
    ".gguf": ("GGUF", "convert the original model: optimum-cli export openvino --model … DIR"),
    ".h5": ("Keras", "save it as a SavedModel folder: model.export('DIR')"),
    ".keras": ("Keras", "save it as a SavedModel folder: model.export('DIR')"),
    ".bin": ("the weights of a model", "give the .xml file beside it"),
    ".pdiparams": ("the weights of a model", "give the .pdmodel file beside it"),
    ".zip": ("an archive", "unpack it and give the model inside"),
    ".gz": ("an archive", "unpack it and give the model inside"),
}


@dataclass(frozen=True)
class ModelFile:
    """A model on disk that may be tried."""

    path: Path
    """What OpenVINO is given: a file, or the folder of a SavedModel."""
    format: str
    """As ModelFacts.format says it."""
    parts: tuple[Path, ...]
    """The files it is made of, the model itself first."""

    @property
    def name(self) -> CleanText:
        """Short name for showing."""
        return clean(self.path.name)


def find_model(asked: str) -> ModelFile:
    """Look at what a path holds.

    Raises:
        EngineFailure: Nothing is there, it is empty, or it is of a kind that cannot be read.
    """
    if "\0" in asked or not asked:
        raise EngineFailure("model_missing", f"no file can be named {clean(asked)!r}", _READABLE)
    path = Path(asked).expanduser()
    try:
        if path.is_dir():
            return _saved_model(path)
        size = path.stat().st_size
    except OSError as error:
        reason = "there is no file" if isinstance(error, FileNotFoundError) else clean(error.strerror or str(error))
        raise EngineFailure("model_missing", f"{clean(asked)}: {reason}", "check the path; " + _READABLE) from error
    if path.name == _SAVED_MODEL:
        return _saved_model(path.parent)
    suffix = path.suffix.lower()
    kind = _BY_SUFFIX.get(suffix)
    if kind is None:
        raise _unreadable(path, suffix)
    if size == 0:
        raise EngineFailure("model_unreadable", f"{clean(path.name)} is empty", "copy or export it again")
    weights = path.with_suffix(_WEIGHTS[suffix]) if suffix in _WEIGHTS else path
    return ModelFile(path, kind, (path, weights) if weights != path and weights.is_file() else (path,))


def is_demo(asked: str) -> bool:
    """Whether a demo model is asked for."""
    return asked.startswith(DEMO_PREFIX)


def refused(kind: FailureKind, doing: str, error: BaseException, hint: str) -> EngineFailure:
    """A failure from what OpenVINO raised, also when its text was not UTF-8."""
    if isinstance(error, UnicodeDecodeError):
        error = RuntimeError(bytes(error.object).decode("utf-8", errors="replace"))
    return from_openvino(kind, doing, error, hint)


def _saved_model(folder: Path) -> ModelFile:
    if not (folder / _SAVED_MODEL).is_file():
        raise EngineFailure("model_unreadable", f"{clean(folder.name)} is a folder without a {_SAVED_MODEL}", _READABLE)
    if (folder / _SAVED_MODEL).stat().st_size == 0:
        raise EngineFailure(
            "model_unreadable", f"{clean(folder.name)}/{_SAVED_MODEL} is empty", "copy or export it again"
        )
    variables = sorted(entry for entry in (folder / "variables").glob("*") if entry.is_file())
    return ModelFile(folder, TENSORFLOW, (folder / _SAVED_MODEL, *variables))


def _unreadable(path: Path, suffix: str) -> EngineFailure:
    if suffix in _ELSEWHERE:
        kind, hint = _ELSEWHERE[suffix]
        return EngineFailure(
            "model_unreadable", f"{clean(path.name)} is {kind}, which OpenVINO does not read here", hint
        )
    what = f"{clean(path.name)} is not a kind of file that holds a model"
    return EngineFailure("model_unreadable", what, _READABLE)
