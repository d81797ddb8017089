"""Affinity files of the builder: read and checked before they are used, written with the program that applies them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ovexplorer.errors import UsageError
from ovexplorer.export.affinity import (
    LARGEST_FILE,
    affinity_json,
    affinity_notices,
    affinity_python,
    python_name,
    read_affinity,
)
from ovexplorer.schema.spec import DEMO_PREFIX, RunSpec
from ovexplorer.schema.topology import Topology
from ovexplorer.text import clean

MOST_NAMES = 1000


@dataclass(frozen=True)
class Placed:
    """What an affinity file says."""

    placements: dict[str, str]
    notices: tuple[str, ...] = ()
    """What is to be known about it: names that are not there, operations that it leaves out."""
    problem: str = ""
    """Why it cannot be used; empty when it can."""


def read_file(text: str, topology: Topology | None, devices: Sequence[str]) -> Placed:
    """Read an affinity file and check it against the model and the devices.

    Args:
        text: The path as typed.
        topology: The model; None leaves names unchecked.
        devices: Devices that can be named.
    """
    path = Path(text.strip()).expanduser()
    name = clean(path.name, 60)
    try:
        if path.stat().st_size > LARGEST_FILE:
            return Placed({}, problem=f"{name} is too large for an affinity file")
        placements = read_affinity(path.read_text(encoding="utf-8", errors="surrogateescape"), name)
        if topology is not None:
            return Placed(placements, affinity_notices(topology, devices, placements))
    except UsageError as error:
        return Placed({}, problem=f"{error.what}: {error.hint}")
    except (OSError, ValueError) as error:
        return Placed({}, problem=str(getattr(error, "strerror", None) or "the file cannot be read"))
    strange = next((device for device in placements.values() if device not in devices), None)
    if strange is not None:
        return Placed({}, problem=f"it names {clean(strange, 40)}, which is none of {', '.join(devices)}")
    return Placed(placements)


def path_problem(text: str) -> str:
    """Why a path cannot be that of an affinity file, told while it is typed; empty when it may be one."""
    if not text.strip():
        return 'a JSON file: {"operation name": "DEVICE"}'
    try:
        path = Path(text.strip()).expanduser()
        if path.is_dir():
            return "a folder: go on typing"
        return "" if path.exists() else "no such file yet"
    except (OSError, RuntimeError, ValueError):
        return "not a path"


def proposed_name(spec: RunSpec) -> str:
    """What an affinity file of a model is called."""
    return f"{clean(Path(spec.model.path.removeprefix(DEMO_PREFIX)).stem, 60)}.affinity.json"


def proposed_path(spec: RunSpec) -> str:
    """A name in the current folder that nothing has yet, neither the file nor the program beside it."""
    name = proposed_name(spec)
    stem = name.removesuffix(".affinity.json")
    names = (name, *(f"{stem}-{number}.affinity.json" for number in range(2, MOST_NAMES)))
    return next((name for name in names if not any(path.exists() for path in files_at(name))), names[0])


def files_at(text: str) -> tuple[Path, Path]:
    """The affinity file and the Python program beside it."""
    path = Path(text.strip()).expanduser()
    return path, Path(python_name(path))


def taken(text: str) -> tuple[str, bool]:
    """What is in the way of writing there.

    Returns:
        In words, empty when nothing is; and whether writing is possible all the same.
    """
    try:
        if not text.strip() or Path(text.strip()).expanduser().is_dir():
            return "a file name is needed", False
        there = [clean(path.name, 40) for path in files_at(text) if path.exists()]
    except (OSError, RuntimeError, ValueError):
        return "not a path", False
    return f"enter again replaces {' and '.join(there)}" if there else "", True


def write_files(text: str, spec: RunSpec, topology: Topology, placed: Sequence[str], *, replace: bool) -> str:
    """Write the affinity file and the Python program that applies it.

    Args:
        text: Path of the affinity file.
        spec: What the program compiles.
        topology: The model.
        placed: Device of each operation by key.
        replace: Whether files that are there may be replaced.

    Returns:
        Why it could not be done; empty when it was.
    """
    data, program = files_at(text)
    try:
        for path, content in ((data, affinity_json(topology, placed)), (program, affinity_python(spec, data.name))):
            # `x`: a file that came to be since the name was looked at is not replaced either.
            with path.open("w" if replace else "x", encoding="utf-8") as file:
                file.write(content)
    except (OSError, ValueError) as error:
        return str(getattr(error, "strerror", None) or "it cannot be written")
    return ""
