"""The two sides of a comparison, from `--a` and `--b`: each is the command line with a few options replaced."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace

from ovexplorer.cli.line import CommandLine
from ovexplorer.cli.request import Request, request_of
from ovexplorer.errors import UsageError
from ovexplorer.options.catalogue import CATALOGUE
from ovexplorer.options.model import Option
from ovexplorer.text import clean

_NEXT_KEY = re.compile(r",(?=\s*[A-Za-z_][\w.:]*\s*=)")
"""A comma that begins another key; any other one belongs to a value."""
_PROPERTY = re.compile(r"(?:[\w.]+:)?[A-Z][A-Z0-9_]*")
_MODEL = "model"
_REPEATED = ("stand_in", "affinity")
"""Flags that a side adds to those of both; of affinities later ones win."""
_SINGLE = ("affinity_file", "splitter")
_BY_ID = {option.id: option for option in CATALOGUE}


def side_of(line: CommandLine, flag: str, default_model: str = "") -> Request:
    """What one side asks for.

    Args:
        line: The whole command line, which holds for both sides.
        flag: `a` or `b`.
        default_model: As in `request_of`.

    Raises:
        UsageError: A key or a value cannot be used.
    """
    try:
        return request_of(_own_line(line, line.lists.get(flag, ())), default_model)
    except UsageError as error:
        raise UsageError(f"--{flag}: {error.what}" if flag in line.lists else error.what, error.hint) from error


def _own_line(line: CommandLine, texts: Sequence[str]) -> CommandLine:
    options: dict[str, tuple[Option, str]] = {option.id: (option, value) for option, value in line.options}
    lists = {name: list(line.lists.get(name, ())) for name in ("prop", *_REPEATED)}
    words, values = line.words, dict(line.values)
    for key, value in _entries(texts):
        if key == _MODEL:
            words = (value,)
            values.pop(_MODEL, None)
        elif key in _BY_ID:
            options[key] = (_BY_ID[key], value)
        elif _PROPERTY.fullmatch(key):
            lists["prop"].append(f"{key}={value}")
        elif key in _REPEATED:
            lists[key].append(value)
        elif key in _SINGLE:
            values[key] = value
        else:
            raise _unknown(key)
    return replace(
        line,
        words=words,
        values=values,
        options=tuple(options.values()),
        lists={**line.lists, **{name: tuple(texts) for name, texts in lists.items() if texts}},
    )


def _entries(texts: Sequence[str]) -> list[tuple[str, str]]:
    found = []
    for text in texts:
        for part in _NEXT_KEY.split(text):
            key, equals, value = part.partition("=")
            if not equals or not key.strip() or not value.strip():
                what = f"{clean(part, 80)!r} is not KEY=VALUE"
                raise UsageError(what, 'write it as "hint=latency,precision=f32", or model=FILE')
            found.append((key.strip(), value.strip()))
    return found


def _unknown(key: str) -> UsageError:
    keys = (_MODEL, *_REPEATED, *_SINGLE, *_BY_ID)
    near = difflib.get_close_matches(key.replace("-", "_"), keys, 1, 0.6)
    hint = f"did you mean {near[0]}?" if near else f"keys are {', '.join(keys)} and any OpenVINO PROPERTY"
    return UsageError(f"there is no option {clean(key, 60)}", hint)
