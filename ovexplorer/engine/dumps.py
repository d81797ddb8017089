"""The .dot files that HETERO writes into the working directory, gathered for the configuration they belong to.

OpenVINO gives no choice of directory and overwrites files of the same name, so they are moved away after each compile.
Bodies of If, Loop and TensorIterator get files of their own.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ovexplorer.schema.topology import DumpFile, DumpKind
from ovexplorer.text import clean

PREFIXES: Final = ("hetero_affinity_", "hetero_subgraphs_")
LARGEST_TEXT: Final = 6_000_000
"""Bytes of a dump that are sent along; of a larger one only its path is told."""
MOST_FILES: Final = 64
"""Files that are told for one configuration; 2,000 bodies would fill a message."""
_ALL_TEXT: Final = 8_000_000

_DIRECTORY: Final = "dumps"
_BODY = re.compile(r"_node_.*_subgraph_#\d+\.dot$", re.DOTALL)
_LATER_PASS = re.compile(r"_Model\d+\.dot$")


@dataclass(frozen=True)
class Dumps:
    """Files of one configuration."""

    paths: tuple[Path, ...] = ()
    note: str = ""
    """Why there are none; empty when there are."""

    def files(self) -> tuple[DumpFile, ...]:
        """What is told of them, the submodels first; texts as far as a message holds them."""
        found: list[DumpFile] = []
        left = _ALL_TEXT
        for path in sorted(self.paths, key=_rank)[:MOST_FILES]:
            try:
                size = path.stat().st_size
                text = path.read_text(encoding="utf-8", errors="replace") if size <= min(LARGEST_TEXT, left) else ""
            except OSError:
                continue
            left -= size if text else 0
            found.append(DumpFile(name=clean(path.name), kind=_kind(path), path=str(path), size_bytes=size, text=text))
        return tuple(found)


def clear() -> None:
    """Remove what an earlier compile left in the working directory."""
    with suppress(OSError):
        for path in _present():
            path.unlink(missing_ok=True)


def collect() -> Dumps:
    """Move what a compile wrote into a directory of its own."""
    try:
        found = list(_present())
        if not found:
            return Dumps(note="OpenVINO wrote no dump: its directory cannot be written, or the device does not split")
        parent = Path.cwd() / _DIRECTORY
        parent.mkdir(exist_ok=True)
        target = Path(tempfile.mkdtemp(dir=parent))
        return Dumps(tuple(path.replace(target / path.name) for path in found))
    except OSError as error:
        return Dumps(note=f"the dumps could not be kept: {clean(error.strerror or str(error), 120)}")


def discard(dumps: Dumps) -> None:
    """Remove the files of a configuration that is gone."""
    with suppress(OSError):
        for path in dumps.paths:
            path.unlink(missing_ok=True)
        for folder in {path.parent for path in dumps.paths}:
            folder.rmdir()


def _present() -> Iterable[Path]:
    return [path for path in Path.cwd().glob("hetero_*.dot") if path.name.startswith(PREFIXES)]


def _kind(path: Path) -> DumpKind:
    if _BODY.search(path.name):
        return "body"
    return "affinity" if path.name.startswith(PREFIXES[0]) else "submodels"


def _rank(path: Path) -> tuple[int, bool, str]:
    # When OpenVINO splits by itself there are dumps of later passes too, whose names change from run to run.
    return ("submodels", "affinity", "body").index(_kind(path)), bool(_LATER_PASS.search(path.name)), path.name
