"""How stand-in devices are written: `CPU_SIM:no=Softmax,Add:threads=1`, and read back from a spec.

A stand-in is the CPU plugin registered again under another name. It may pretend to lack operation types, so that
something falls back, and be slowed down by fewer threads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ovexplorer.errors import UsageError
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import clean

THREADS = "INFERENCE_NUM_THREADS"
"""OpenVINO's key of the number of threads."""

_MOST_TYPES = 64
_MOST_THREADS = 1024
_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,31}")
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_HINT = "such as CPU_SIM, CPU_SIM:no=Softmax,Add or CPU_SIM:threads=1"


@dataclass(frozen=True)
class StandIn:
    """A stand-in device as it was written."""

    name: str
    """With CPU in it."""
    lacks: tuple[str, ...] = ()
    """Operation types that it pretends not to support."""
    threads: int = 0
    """0 leaves the number to the device."""
    written: str = ""
    """As it was written; another than `name` when that had no CPU in it or small letters."""


def parse_stand_in(text: str) -> StandIn:
    """Understand what was written.

    Raises:
        UsageError: It cannot be a stand-in.
    """
    written, *parts = (part.strip() for part in text.split(":"))
    name = written.upper()
    if name and "CPU" not in name:
        name = f"CPU_{name}"
    if not _NAME.fullmatch(name):
        why = "has a dot, which OpenVINO takes for a device number" if "." in name else "is no name"
        raise UsageError(f"stand-in {clean(written, 40)!r} {why}", _HINT)
    if name == "CPU":
        raise UsageError("a stand-in cannot be called CPU: that is the real one", _HINT)
    lacks: list[str] = []
    threads = 0
    for part in parts:
        key, _, value = part.partition("=")
        if key == "no" and value.strip():
            lacks += [_type_name(name, word.strip()) for word in value.split(",") if word.strip()]
        elif key == "threads" and value.isascii() and value.isdecimal() and 0 < int(value[:6]) <= _MOST_THREADS:
            threads = int(value)
        else:
            raise UsageError(f"stand-in {name}: {clean(part, 60)!r} cannot be understood", _HINT)
    if len(lacks) > _MOST_TYPES:
        raise UsageError(f"stand-in {name} lacks {len(lacks)} types", f"at most {_MOST_TYPES} can be named")
    return StandIn(name, tuple(dict.fromkeys(lacks)), threads, written)


def _type_name(name: str, word: str) -> str:
    if not _TYPE.fullmatch(word):
        raise UsageError(f"stand-in {name}: {clean(word, 40)!r} is no operation type", "write Softmax or Add")
    return word


def stand_in_texts(spec: RunSpec) -> list[str]:
    """The stand-ins of a spec as they are written; threads are told with the other properties of devices."""
    texts = []
    for name in spec.stand_ins:
        types = spec.lacks.get(name, ())
        texts.append(f"{name}:no={','.join(types)}" if types else name)
    return texts
