"""The demo models by name, kept in the user's cache directory after their first use.

The directory of a model appears under its name only when it is complete (written beside it, then renamed), so two
engines may make the same one at the same time. A cache that cannot be written or read costs time and nothing else.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import openvino as ov
import platformdirs

from ovexplorer.engine.demo.classifiers import build_mobilenet, build_resnet50
from ovexplorer.engine.demo.detector import build_yolov5n
from ovexplorer.engine.demo.encoder import build_bert
from ovexplorer.engine.demo.small import build_branchy, build_relu
from ovexplorer.schema.demos import Demo, find_demo

CACHE_VARIABLE = "OVEXPLORER_CACHE_DIR"
"""Names another directory for the cache."""

BUILDERS: dict[str, Callable[[], ov.Model]] = {
    "resnet50": build_resnet50,
    "mobilenet": build_mobilenet,
    "yolov5n": build_yolov5n,
    "bert": build_bert,
    "branchy": build_branchy,
    "relu": build_relu,
}

_WORTH_KEEPING = 1_000_000
"""Parameters from which reading is faster than building."""
_BYTES_A_PARAMETER = 4
_MODEL_FILE = "model.xml"


def cache_directory() -> Path:
    """Where demo models are kept."""
    asked = os.environ.get(CACHE_VARIABLE)
    return Path(asked) if asked else platformdirs.user_cache_path("ovexplorer")


def demo_identity(name: str) -> str:
    """What changes when the demo changes.

    Raises:
        KeyError: There is no such demo.
    """
    demo = find_demo(name)
    return f"demo:{demo.name}:{demo.version}"


def open_demo(core: ov.Core, name: str) -> ov.Model:
    """Read a demo model from the cache, or build it and keep it there.

    Raises:
        KeyError: There is no such demo.
    """
    demo = find_demo(name)
    if demo.parameters < _WORTH_KEEPING:
        return BUILDERS[demo.name]()
    kept = cache_directory() / f"demo-{demo.name}-{demo.version}"
    model = _read(core, kept)
    if model is not None:
        return model
    built = BUILDERS[demo.name]()
    # Reading back what was kept gives every use the same memory: weights mapped from the file.
    return (_read(core, kept) if _keep(built, demo, kept) else None) or built


def _read(core: ov.Core, kept: Path) -> ov.Model | None:
    if not (kept / _MODEL_FILE).is_file():
        return None
    try:
        return core.read_model(kept / _MODEL_FILE)
    except RuntimeError:
        # Damaged: make way for a new one.
        shutil.rmtree(kept, ignore_errors=True)
        return None


def _keep(model: ov.Model, demo: Demo, kept: Path) -> bool:
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        # A full disk is left alone rather than filled to its last byte.
        if shutil.disk_usage(kept.parent).free < 2 * demo.parameters * _BYTES_A_PARAMETER:
            return False
        with tempfile.TemporaryDirectory(prefix=f".{kept.name}-", dir=kept.parent, ignore_cleanup_errors=True) as made:
            ready = Path(made) / "ready"
            ready.mkdir()
            ov.save_model(model, ready / _MODEL_FILE, compress_to_fp16=False)
            ready.rename(kept)
    except (OSError, RuntimeError):
        # Not writable, or another engine was faster; the second case is a success.
        return (kept / _MODEL_FILE).is_file()
    return True
