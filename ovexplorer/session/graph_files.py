"""Brings a graph from a file: a dump of HETERO, any Graphviz file, OpenVINO's XML, or our own JSON.

Files are read in pieces up to a limit, and only regular ones: a pipe or a device would never end. What a file is, its
content says; its name is only asked where the content does not tell.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from ovexplorer.errors import InterruptedRunError, UsageError
from ovexplorer.graph.dump_reader import looks_like_dump, read_dump
from ovexplorer.graph.exec_xml import read_exec_xml
from ovexplorer.graph.graphviz_json import read_json
from ovexplorer.graph.model import Graph
from ovexplorer.graph.own_json import read_own_json
from ovexplorer.session.graphviz import run_dot
from ovexplorer.session.graphviz_source import harmless
from ovexplorer.text import clean

LARGEST: Final = 200_000_000
"""Bytes of a file that is read."""
_PIECE: Final = 1 << 20
_HINT: Final = "give a .dot dump, a Graphviz file, an execution graph (.xml), or what ovexplorer graph --json wrote"


def load_graph(
    path: Path, *, cancel: Callable[[], bool] = lambda: False, progress: Callable[[int], None] | None = None
) -> Graph:
    """Read a graph, whatever it is kept in.

    Args:
        path: A file; a link to one is followed.
        cancel: Asked between pieces.
        progress: Gets the bytes read so far.

    Raises:
        UsageError: It is not there, no regular file, too large, or holds no graph.
        InterruptedRunError: `cancel` said so.
    """
    raw = _read(path, cancel, progress)
    name = clean(path.name, 120)
    if not raw.strip():
        raise UsageError(f"{name} is empty", _HINT)
    if b"\0" in raw[:_PIECE]:
        raise UsageError(f"{name} is no text", _HINT)
    text = raw.decode("utf-8-sig", errors="replace")
    start = text.lstrip()[:4_096]
    if start.startswith("<"):
        return read_exec_xml(raw, str(name), cancel=cancel)
    if start.startswith("{"):
        return read_own_json(text, str(name))
    if looks_like_dump(text):
        return read_dump(text, str(name), cancel=cancel)
    if not _looks_like_dot(start):
        raise UsageError(f"{name} holds no graph", _HINT)
    return _read_graphviz(text, str(name), cancel)


def _read_graphviz(text: str, name: str, cancel: Callable[[], bool]) -> Graph:
    source = harmless(text)
    graph = read_json(run_dot(source.text, "json0", engine="patchwork", cancel=cancel), name)
    return replace(graph, problems=(clean("more graphs follow the first one: not shown"),)) if source.more else graph


def newest_graph(folder: Path) -> Path | None:
    """The dump of a folder that was written last, one of submodels before one of affinities; None without any."""
    found: list[tuple[bool, int, str]] = []
    try:
        for entry in os.scandir(folder):
            if entry.name.endswith((".dot", ".gv")) and entry.is_file():
                submodels = entry.name.startswith("hetero_subgraphs_")
                found.append((submodels, entry.stat().st_mtime_ns, entry.path))
    except OSError:
        return None
    return Path(max(found)[2]) if found else None


def _read(path: Path, cancel: Callable[[], bool], progress: Callable[[int], None] | None) -> bytes:
    name = clean(str(path), 200)
    try:
        # Without waiting: opening a pipe that nobody writes to would never come back.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror or 'cannot be opened'}", "check the path") from error
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise UsageError(f"{name} is {_kind(before.st_mode)}, not a file", _HINT)
        if before.st_size > LARGEST:
            size = before.st_size / 1e6
            raise UsageError(f"{name} has {size:,.0f} MB", f"at most {LARGEST / 1e6:,.0f} MB are read")
        pieces = _pieces(descriptor, name, before.st_size, cancel, progress)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if after.st_size != before.st_size or after.st_mtime_ns != before.st_mtime_ns:
        raise UsageError(f"{name} was written to while it was read", "open it again once it is complete")
    return pieces


def _pieces(
    descriptor: int, name: str, size: int, cancel: Callable[[], bool], progress: Callable[[int], None] | None
) -> bytes:
    found = bytearray()
    while piece := os.read(descriptor, _PIECE):
        found += piece
        if cancel():
            raise InterruptedRunError(f"reading {name} was given up")
        if len(found) > size:
            raise UsageError(f"{name} was written to while it was read", "open it again once it is complete")
        if progress is not None:
            progress(len(found))
    return bytes(found)


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    if stat.S_ISFIFO(mode):
        return "a pipe"
    return "a device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "something else"


def _looks_like_dot(start: str) -> bool:
    """Whether a text begins as a graph in the DOT language does, after comments."""
    rest = start
    while True:
        rest = rest.lstrip()
        if rest.startswith(("//", "#")):
            rest = rest.partition("\n")[2]
        elif rest.startswith("/*"):
            rest = rest.partition("*/")[2]
        else:
            break
    words = rest[:64].lower().split()
    return bool(words) and (words[0] in ("graph", "digraph", "strict") or words[0].startswith(("graph{", "digraph{")))
