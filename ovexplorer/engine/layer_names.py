"""What names of operations tell: which of them a runtime layer stands for, and which block of the model it is in.

Pure functions. Names are foreign text: they hold commas, colons and anything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_MOST_PIECES = 64
"""Commas looked for in one name."""
_PARTS = re.compile(r"([./])")
_RENAMED = re.compile(r"_\d+$")


class KnownNames:
    """Names of the operations of a model, for taking apart OpenVINO's lists of them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._commas = any("," in name for name in self._names)

    def split(self, joined: str) -> tuple[str, ...]:
        """Names from a list joined with commas, although names may hold commas themselves.

        The longest name that is known wins. OpenVINO makes equal names different by a number at the end, so a name
        without such a number counts as known too. What is not known is taken to hold no comma.
        """
        pieces = joined.split(",")
        if len(pieces) == 1 or not self._commas:
            return tuple(piece for piece in pieces if piece)
        found: list[str] = []
        start = 0
        while start < len(pieces):
            end = self._end_of(pieces, start)
            found.append(",".join(pieces[start:end]))
            start = end
        return tuple(name for name in found if name)

    def _end_of(self, pieces: Sequence[str], start: int) -> int:
        for end in range(min(len(pieces), start + _MOST_PIECES), start + 1, -1):
            name = ",".join(pieces[start:end])
            if name in self._names or _RENAMED.sub("", name) in self._names:
                return end
        return start + 1


@dataclass(frozen=True)
class RowName:
    """The name of a row, as HETERO writes it."""

    subgraph: int
    """Which part of the model; 0 where there is only one."""
    name: str
    """In that part."""


def row_names(names: Sequence[str]) -> tuple[RowName, ...]:
    """Take `subgraph1: ` off, which HETERO puts before every row; names that begin so by themselves stay whole."""
    parts = [name.partition(": ") for name in names]
    split = bool(parts) and all(
        separator and head.startswith("subgraph") and head[8:].isascii() and head[8:].isdigit()
        for head, separator, _ in parts
    )
    if not split:
        return tuple(RowName(0, name) for name in names)
    return tuple(RowName(int(head[8:17]), rest) for head, _, rest in parts)


def blocks_of(layers: Sequence[Sequence[str]]) -> list[str]:
    """The block of the model that each layer belongs to.

    A block is the beginning of a name up to its first numbered part (`layer1.0.conv1` is in `layer1.0`,
    `/model.2/cv1/Conv` in `model.2`, `encoder.layer.3.output` in `encoder.layer.3`); without one it is the first part
    (`stem.conv` is in `stem`). A first part that all names share (`__module`, the model's name) is left out.

    Args:
        layers: For each layer the names of the operations it stands for, its own first.

    Returns:
        One block a layer, empty where names tell nothing.
    """
    paths = [[_path(name) for name in names] for names in layers]
    inner = [path for group in paths for path in group if len(path) > 1]
    roots = {path[0][1] for path in inner}
    skip = 1 if len(roots) == 1 and len(inner) > 1 and len({path[1][1] for path in inner}) > 1 else 0
    return [next((block for path in group if (block := _block(path[skip:]))), "") for group in paths]


def _path(name: str) -> list[tuple[str, str]]:
    """The parts before the last one, each with the separator before it; repeated ones once (`layer1/layer1.0`)."""
    pieces = _PARTS.split(name)
    parts: list[tuple[str, str]] = []
    for separator, part in zip(["", *pieces[1::2]], pieces[::2]):
        if part and not (parts and parts[-1][1] == part and not part.isdigit()):
            parts.append((separator, part))
    return parts[:-1]


def _block(path: Sequence[tuple[str, str]]) -> str:
    if not path:
        return ""
    end = next((index + 1 for index, (_, part) in enumerate(path) if _numbered(part)), 1)
    while end < len(path) and path[end][1].isdigit() and not path[end - 1][1].isdigit():
        end += 1
    return path[0][1] + "".join(separator + part for separator, part in path[1:end])


def _numbered(part: str) -> bool:
    return part[-1].isdigit()
