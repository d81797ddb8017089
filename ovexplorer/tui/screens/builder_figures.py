"""Lines of the device builder about what comes of it before it is compiled: figures, picture, command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ovexplorer.analysis.split.model import Split
from ovexplorer.options.command import arguments, quoted
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import clean
from ovexplorer.tui.screens.builder_outlook import LONG_COMPILE_S, Outlook
from ovexplorer.tui.screens.builder_rows import Chip
from ovexplorer.tui.widgets.form import label
from ovexplorer.tui.widgets.frame import Piece
from ovexplorer.tui.widgets.lines import Line
from ovexplorer.units import significant

_UNMEANT: Final = ("-hint", "-api")
"""Flags that every command line has and that say nothing of devices."""


def compile_words(seconds: float) -> str:
    """`about 0.5 s`."""
    return f"about {significant(max(seconds, 0.05), 1 if seconds < 10 else 2)} s"


def bytes_words(split: Split) -> str:
    """Bytes that cross cuts in one inference; those of dynamic shapes cannot be told."""
    known = f"{significant(split.cut_bytes / 1e6)} MB"
    return f"{known} and dynamic ones" if any(not cut.size_bytes for cut in split.cuts) else known


def narrow_figures(outlook: Outlook, *, old: bool) -> Line:
    """One line: submodels, cuts, bytes, compile time."""
    if outlook.prediction is None:
        return label("predicted", (outlook.problem, "bad"))
    split, seconds = outlook.prediction.split, outlook.prediction.compile_s
    role = "line" if old else "text"
    counts = f"{_count(len(split.submodels), 'submodel')}, {_count(len(split.cuts), 'cut')}"
    moved = f", {bytes_words(split)} per inference" if split.cuts else ""
    return label(
        "predicted",
        (counts, "line" if old else "text*"),
        (f"{moved}, compile ", role),
        (compile_words(seconds), "line" if old else "warn*" if seconds >= LONG_COMPILE_S else "text"),
    )


def wide_figures(outlook: Outlook, *, old: bool) -> tuple[Line, ...]:
    """A line each."""
    if outlook.prediction is None:
        return (label("predicted", (outlook.problem, "bad")),)
    split, seconds = outlook.prediction.split, outlook.prediction.compile_s
    bold, role = ("line", "line") if old else ("text*", "text")
    on = ", ".join(
        f"{sum(part.device == device for part in split.submodels):,} on {clean(device, 24)}"
        for device in split.devices
        if any(part.device == device for part in split.submodels)
    )
    each = f", {1000 * seconds / len(split.submodels):.0f} ms a submodel" if split.submodels else ""
    moved = f"{bytes_words(split)} per inference" if split.cuts else ""
    slow = "warn*" if seconds >= LONG_COMPILE_S and not old else role
    return (
        label("submodels", (f"{len(split.submodels):<5,}", bold), (on, role)),
        label("cuts", (f"{len(split.cuts):<5,}", bold), (moved, role)),
        label("compile", (compile_words(seconds), slow), (each, "line" if old else "muted")),
    )


def picture(split: Split, chips: Mapping[str, Chip], width: int, *, between: str, old: bool) -> tuple[Piece, ...]:
    """Letters of the devices in running order, as many as fit.

    Args:
        split: The prediction.
        chips: Letters and colours of devices.
        width: Cells.
        between: What stands between two letters.
        old: Dimmed.
    """
    submodels = split.submodels
    step = 1 + len(between)
    more = f" {len(submodels):,} in all"
    fits = 1 + (width - 1) // step >= len(submodels)
    count = len(submodels) if fits else max(1, 1 + (width - len(more) - 3) // step)
    pieces: list[Piece] = []
    for part in submodels[:count]:
        chip = chips.get(part.device, Chip("?", 1))
        if pieces:
            pieces.append((between, "line"))
        pieces.append((chip.letter, "line" if old else f"chip-{chip.colour}"))
    if not fits:
        pieces.append((f" …{more}", "muted"))
    return tuple(pieces)


def ticks(split: Split, width: int, step: int) -> str:
    """Numbers under every fourth letter of a picture."""
    line = ""
    for place in range(0, len(split.submodels), 4):
        at = place * step
        if at < len(line) or at + len(str(place)) > width:
            break
        line = f"{line:<{at}}{place}"
    return line


def device_words(spec: RunSpec) -> str:
    """The flags of the command line that are about devices and affinities."""
    words = arguments(spec)
    words = words[2:] if words[0] == "-m" else words[1:]
    kept = [
        word for at, word in enumerate(words) if word not in _UNMEANT and (at == 0 or words[at - 1] not in _UNMEANT)
    ]
    return clean(" ".join(map(quoted, kept)), 4000)


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
