"""Words, letters and numbers that the views of the Graph screen share. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ovexplorer import units
from ovexplorer.analysis.split.model import Cut
from ovexplorer.graph.model import Node
from ovexplorer.text import cut_middle

REORDER: Final = "▒"
"""Stands before milliseconds of Reorders."""

MOST_DEVICES: Final = 6
"""Devices with a colour of their own."""


def letters_of(devices: Sequence[str]) -> dict[str, str]:
    """One letter for each device: its first letter, on a clash the next free one, then a digit."""
    found: dict[str, str] = {}
    for device in devices:
        # `CPU_SIM` beside `CPU` is S: what tells a stand-in from the device comes after the common part.
        own = device.removeprefix("CPU_") if device.startswith("CPU_") and len(device) > 4 else device
        choices = [*(sign for sign in own.upper() if sign.isalnum()), *"0123456789"]
        found[device] = next((sign for sign in choices if sign not in found.values()), "?")
    return found


def chips_of(devices: Sequence[str]) -> dict[str, str]:
    """The role of each device's chip."""
    return {device: f"chip-{1 + place % MOST_DEVICES}" for place, device in enumerate(devices)}


def ms(ns: int) -> str:
    """Milliseconds with three digits; a dash where nothing was measured."""
    if ns < 0:
        return "—"
    return f"{ns / 1e6:.2f}" if ns >= 1_000_000 else f"{ns / 1e6:.3f}"


def megabytes(size: int) -> str:
    """Bytes of a tensor: `0.8 MB`, `12 kB`; empty when nothing is known."""
    return units.size(size) if size else ""


def cut_ends(cut: Cut) -> str:
    """Submodels of a cut: `4→5`."""
    return f"{cut.source}→{cut.target}"


def cut_words(cut: Cut) -> str:
    """A cut in the lane list: `cut 0→1  0.8 MB  ▒ 0.11 ms`."""
    parts = [f"cut {cut_ends(cut)}", megabytes(cut.size_bytes)]
    if cut.reorder_ns > 0:
        parts.append(f"{REORDER} {ms(cut.reorder_ns)} ms")
    return "  ".join(part for part in parts if part)


def shape_words(shape: str) -> str:
    """A shape as screens write it: `1x64x112x112`."""
    inner = shape.strip("[]")
    return inner.replace(",", "x") if inner else ("scalar" if shape == "[]" else "")


def device_words(device: str, stand_ins: Sequence[str]) -> str:
    """A device with what it is."""
    return f"{device} (stand-in)" if device in stand_ins else device


def short(name: str, width: int) -> str:
    """A name that fits."""
    return cut_middle(name, width)


def time_or_status(node: Node) -> str:
    """What a row says at its end: the time, or what became of the operation."""
    if node.status:
        return str(node.status)
    return ms(node.time_ns) if node.time_ns >= 0 else ""


def totals(nodes: Sequence[Node]) -> Mapping[str, tuple[int, int]]:
    """Operations and time by type, the most time first."""
    found: dict[str, tuple[int, int]] = {}
    for node in nodes:
        if node.role != "constant":
            count, time = found.get(str(node.type), (0, 0))
            found[str(node.type)] = (count + 1, time + max(node.time_ns, 0))
    return dict(sorted(found.items(), key=lambda entry: (-entry[1][1], -entry[1][0])))
