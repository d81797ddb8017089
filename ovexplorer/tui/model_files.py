"""Which files of a folder are models, which only look like one, and why. Looks at names, sizes and first bytes only."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, Literal

from ovexplorer.text import CleanText, clean

FORMATS: Final = {
    ".xml": "OpenVINO IR",
    ".onnx": "ONNX",
    ".pb": "TensorFlow",
    ".tflite": "TensorFlow Lite",
    ".pdmodel": "Paddle",
    ".blob": "compiled blob",
}
"""What is read, by ending."""

FOREIGN: Final = {
    ".pt": "PyTorch: export to ONNX first",
    ".pth": "PyTorch: export to ONNX first",
    ".pt2": "PyTorch export: convert to IR first",
    ".h5": "Keras: save as SavedModel first",
    ".keras": "Keras: save as SavedModel first",
    ".safetensors": "weights only: export to IR first",
    ".gguf": "llama.cpp: convert to IR first",
}
"""What people try, and what to do instead."""

READ_WORDS: Final = "no model here; .xml .onnx .pb .tflite .pdmodel .blob are read"
MOST_ENTRIES: Final = 2000
"""Larger folders are cut off."""

MOST_COUNTED: Final = 200
"""Entries looked at to count the models of a sub-folder."""


@dataclass(frozen=True)
class FileEntry:
    """One line of the list of files."""

    path: Path
    kind: Literal["parent", "folder", "model", "not_model"]
    name: CleanText
    """For showing; folders end in a slash."""
    what: str
    """Format, number of models, or the reason why it is none."""
    size: int = 0
    """Bytes; for IR without the weights file."""
    modified: float = 0.0
    """Seconds since the epoch; 0 when unknown."""


def list_folder(folder: Path, *, hidden: bool = False) -> tuple[FileEntry, ...]:
    """Folders first, then models, then what looks like one; by name.

    Raises:
        OSError: The folder cannot be read.
    """
    with os.scandir(folder) as found:
        entries = [_entry(item) for item in islice(found, MOST_ENTRIES) if hidden or not item.name.startswith(".")]
    order = {"folder": 0, "model": 1, "not_model": 2}
    kept = sorted((entry for entry in entries if entry), key=lambda entry: (order[entry.kind], entry.name.lower()))
    parent = FileEntry(folder.parent, "parent", CleanText("../"), "")
    return (parent, *kept) if folder.parent != folder else tuple(kept)


def _entry(item: os.DirEntry[str]) -> FileEntry | None:
    path = Path(item.path)
    try:
        status = item.stat()
        if item.is_dir():
            return _folder(path, item.name, status.st_mtime)
        if not item.is_file():
            return None
        return describe_file(path, status.st_size, status.st_mtime)
    except OSError:
        # A dangling link or a file that went away between listing and looking.
        return None


def describe_file(path: Path, size: int, modified: float) -> FileEntry | None:
    """One file; None when it has nothing to do with models."""
    ending, name = path.suffix.lower(), clean(path.name)
    if ending in FOREIGN:
        return FileEntry(path, "not_model", name, FOREIGN[ending], size, modified)
    if ending not in FORMATS:
        return None
    if size == 0:
        return FileEntry(path, "not_model", name, "empty file", size, modified)
    if ending == ".xml" and not _is_ir(path):
        return FileEntry(path, "not_model", name, "XML, but no OpenVINO IR", size, modified)
    return FileEntry(path, "model", name, FORMATS[ending], size, modified)


def _folder(path: Path, name: str, modified: float) -> FileEntry:
    try:
        with os.scandir(path) as found:
            names = [item.name for item in islice(found, MOST_COUNTED)]
    except OSError:
        return FileEntry(path, "folder", clean(f"{name}/"), "cannot be opened", 0, modified)
    if "saved_model.pb" in names:
        return FileEntry(path, "model", clean(f"{name}/"), "TensorFlow SavedModel", 0, modified)
    models = sum(1 for inside in names if Path(inside).suffix.lower() in FORMATS)
    words = f"{models} model{'s' if models != 1 else ''}" if models else ""
    return FileEntry(path, "folder", clean(f"{name}/"), words, 0, modified)


def _is_ir(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"<net" in file.read(4096)
    except OSError:
        return False


def day(modified: float) -> str:
    """`20 Nov`, in local time; empty when unknown."""
    return datetime.fromtimestamp(modified).astimezone().strftime("%d %b") if modified else ""


def complete_path(typed: str, folder: Path) -> str | None:
    """The typed path completed as far as its candidates agree; None when nothing can be added."""
    head, _, tail = typed.rpartition("/")
    base = Path(f"{head}/").expanduser() if "/" in typed else folder
    base = base if base.is_absolute() else folder / base
    try:
        with os.scandir(base) as found:
            names = [
                item.name + ("/" if item.is_dir() else "")
                for item in islice(found, MOST_ENTRIES)
                if item.name.startswith(tail) and (tail.startswith(".") or not item.name.startswith("."))
            ]
    except OSError:
        return None
    common = _common_start(names)
    if len(common) <= len(tail):
        return None
    return f"{head}/{common}" if "/" in typed else common


def _common_start(names: list[str]) -> str:
    low, high = min(names, default=""), max(names, default="")
    return low[: next((at for at, pair in enumerate(zip(low, high)) if pair[0] != pair[1]), min(len(low), len(high)))]


def short_folder(folder: Path) -> str:
    """A folder with the home directory as `~`."""
    try:
        return clean(f"~/{folder.relative_to(Path.home())}") if folder != Path.home() else CleanText("~")
    except (ValueError, RuntimeError):
        return clean(str(folder))
