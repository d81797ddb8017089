"""The private directory and the environment that an engine process gets."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

_NAME = re.compile(r"ovexplorer-engine-(?P<space>\d+)-(?P<owner>\d+)-\w+")

_DEBUG_PREFIXES = ("OPENVINO_", "OV_", "ONEDNN_VERBOSE", "DNNL_VERBOSE")
"""They print to the event channel's neighbour, dump files or change results; ONEDNN_VERBOSE makes inference fail on
several real models."""

_KEPT = frozenset({"OPENVINO_LIB_PATHS"})
"""Where OpenVINO's libraries are; it prints nothing."""

DIRECTORY_VARIABLE = "OVEXPLORER_ENGINE_DIRECTORY"
"""Tells an engine which directory is its own, so that it can remove it when its owner is gone."""


def make_directory() -> Path:
    """A new directory that only this user can enter, named after the process that owns it."""
    return Path(tempfile.mkdtemp(prefix=f"ovexplorer-engine-{_process_space()}-{os.getpid()}-"))


def remove_stale_directories() -> None:
    """Remove what owners left behind that are gone, such as after a power cut or SIGKILL of both processes."""
    for path in _stale_directories():
        shutil.rmtree(path, ignore_errors=True)


def _stale_directories() -> Iterator[Path]:
    space = _process_space()
    try:
        entries = list(os.scandir(tempfile.gettempdir()))
    except OSError:
        return
    for entry in entries:
        match = _NAME.fullmatch(entry.name)
        # In another container the same number is another process: only names of this one are judged.
        if match is None or int(match["space"]) != space or not _is_ours(entry):
            continue
        if not _is_alive(int(match["owner"])):
            yield Path(entry.path)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    try:
        if not entry.is_dir(follow_symlinks=False):
            return False
        return not hasattr(os, "getuid") or entry.stat(follow_symlinks=False).st_uid == os.getuid()
    except OSError:
        return False


def _is_alive(pid: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _process_space() -> int:
    """Number of the namespace that process ids belong to; 0 where there is only one."""
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return 0


_DUMPS = {
    # Read once a process, before the first compile. With shapes, types and ports the bytes of every cut are known;
    # dumping adds nothing that could be measured to the time of a compile, and only HETERO does it.
    "OPENVINO_HETERO_VISUALIZE": "1",
    "OV_VISUALIZE_TREE_OUTPUT_SHAPES": "1",
    "OV_VISUALIZE_TREE_OUTPUT_TYPES": "1",
    "OV_VISUALIZE_TREE_IO": "1",
    "OV_VISUALIZE_TREE_CONST_MAX_ELEMENTS": "0",
}


def engine_environment(asked: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of an engine: this one without what changes measurements unseen.

    Args:
        asked: Variables to set whatever is removed otherwise, such as OPENVINO_HETERO_VISUALIZE.
    """
    scrubbed = {
        name: value for name, value in os.environ.items() if name in _KEPT or not name.startswith(_DEBUG_PREFIXES)
    }
    # CI keeps OpenVINO's telemetry from starting a thread and makes its import 0.1 s faster.
    scrubbed["CI"] = "true"
    scrubbed["PYTHONPATH"] = os.pathsep.join(filter(None, (_import_root(), scrubbed.get("PYTHONPATH", ""))))
    if not scrubbed["PYTHONPATH"]:
        del scrubbed["PYTHONPATH"]
    scrubbed.update(_DUMPS)
    scrubbed.update(asked or {})
    return scrubbed


def _import_root() -> str:
    """The folder that holds this package when it is not an installed one: the engine's directory is elsewhere."""
    root = Path(__file__).resolve().parents[2]
    return "" if root.name in ("site-packages", "dist-packages") else str(root)
