"""Small files of the operating system. The places are parameters, so that made-up machines can be looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_MOST_IN_LIST = 4096
"""CPUs that one list may name; Linux itself knows 8192 at most."""


@dataclass(frozen=True)
class Roots:
    """Where the system shows itself."""

    proc: str = "/proc"
    sys: str = "/sys"


HERE = Roots()
"""This machine."""


def read_text(path: str, limit: int = 1 << 20) -> str:
    """A small file of the system, empty when it cannot be read."""
    try:
        with Path(path).open("rb") as file:
            return file.read(limit).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


def whole(text: str, absent: int = -1) -> int:
    """A whole number that is not negative, or what stands for an absent one."""
    text = text.strip()
    # No counter of a system has more than 20 digits; longer ones are damage.
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else absent


def read_whole(path: str, absent: int = -1) -> int:
    """A file that holds one number."""
    return whole(read_text(path, 64), absent)


def read_fields(path: str) -> dict[str, int]:
    """Lines of a name and a number, as in cpu.stat and /proc/meminfo."""
    fields: dict[str, int] = {}
    for line in read_text(path, 1 << 16).splitlines():
        words = line.replace(":", " ").split()
        if len(words) >= 2 and (value := whole(words[1])) >= 0:
            fields[words[0]] = value
    return fields


def cpu_list(text: str) -> tuple[int, ...]:
    """The CPUs of `0-3,8`; empty for anything else."""
    found: set[int] = set()
    for part in text.strip().split(","):
        first, dash, last = part.partition("-")
        low, high = whole(first), whole(last if dash else first)
        if not 0 <= low <= high < _MOST_IN_LIST:
            return ()
        found.update(range(low, high + 1))
    return tuple(sorted(found))


def spread_evenly(cpus: Iterable[int], most: int) -> tuple[int, ...]:
    """At most so many of the CPUs, over all of the machine."""
    ordered = sorted(cpus)
    if len(ordered) <= most:
        return tuple(ordered)
    return tuple(ordered[place * len(ordered) // most] for place in range(most))
