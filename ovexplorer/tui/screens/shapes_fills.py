"""How an input can be filled, in words, and whether a file that was named can be used."""

from __future__ import annotations

from pathlib import Path

from ovexplorer.schema.facts import PortFacts
from ovexplorer.schema.spec import Fill
from ovexplorer.units import size

MOST_BYTES = 1_000_000_000
"""Largest input file; the engine reads it into memory."""

ENDINGS = (".npy", ".bin", ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm")
"""Kinds of file the engine reads."""

_REAL = ("f16", "f32", "f64", "bf16")


def choices_of(port: PortFacts) -> tuple[Fill, ...]:
    """The ways to fill an input, the automatic one first."""
    if port.element_type in _REAL:
        return ("auto", "ones", "zeros", "file") if port.fill.startswith("normal") else (
            "auto", "normal", "ones", "zeros", "file",
        )  # fmt: skip
    if port.fill.startswith("ids"):
        return ("auto", "ones", "zeros", "file")
    return ("auto", "ids", "ones", "zeros", "file") if port.element_type != "string" else ("auto", "file")


def words_of(fill: Fill, port: PortFacts, paths: tuple[str, ...] = ()) -> str:
    """A way to fill an input, in words."""
    if fill == "auto":
        return port.fill or "by its type"
    if fill == "ids":
        return f"ids 0…{port.ids_below - 1}" if port.ids_below else "ids"
    if fill == "normal":
        return "normal numbers"
    if fill == "file":
        return ", ".join(Path(path).name for path in paths) or "a file"
    return fill


def paths_of(text: str) -> tuple[str, ...]:
    """The files that were typed: one path, or several with commas between them."""
    text = text.strip()
    if not text:
        return ()
    if _exists(text):
        return (text,)
    return tuple(part.strip() for part in text.split(",") if part.strip())


def file_problem(paths: tuple[str, ...]) -> str:
    """Why files cannot be used, in words; empty when they can as far as can be seen from outside."""
    if not paths:
        return "type a path: .npy, .bin or an image"
    for path in paths:
        problem = _problem(path)
        if problem:
            return problem
    return ""


def _problem(path: str) -> str:
    name = Path(path).name or path
    try:
        found = Path(path).expanduser()
        if not found.exists():
            return f"{name}: no such file"
        if not found.is_file():
            return f"{name}: not a file"
        count = found.stat().st_size
    except (OSError, ValueError) as error:
        return f"{name}: {error.strerror if isinstance(error, OSError) and error.strerror else 'not a path'}"
    if found.suffix.lower() not in ENDINGS:
        return f"{name}: needs .npy, .bin or an image"
    if not count:
        return f"{name}: the file is empty"
    if count > MOST_BYTES:
        return f"{name}: {size(count)} is over the limit of {size(MOST_BYTES)}"
    return ""


def _exists(path: str) -> bool:
    try:
        return Path(path).expanduser().exists()
    except (OSError, ValueError):
        return False
