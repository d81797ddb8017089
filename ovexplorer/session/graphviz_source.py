"""Makes the text of a Graphviz file harmless before a program reads it: one graph, and no names of other files in it.

`SERVER_NAME` keeps Graphviz from opening images and shapes already; that does not cover fonts, which some builds of it
open by path. So attributes that name files lose their names here, and pictures in HTML labels are taken out. Only as
much of the language is understood as that needs: comments, strings, HTML and braces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

LEFT_OUT: Final = frozenset(
    {"image", "imagepath", "shapefile", "fontpath", "fontname", "stylesheet", "_background", "lib", "layout"}
)
"""Attributes with which a graph names files, makes Graphviz open one, or asks for a layout where none is wanted."""

_INSTEAD: Final = "ovexplorer_left_out"

_NEXT = re.compile(rf'//|/\*|^#|["<{{}}]|\b(?:{"|".join(sorted(LEFT_OUT))})\b', re.MULTILINE)
_BLANK = re.compile(r"\s*")
_STRING_END = re.compile(r'(?:[^"\\]|\\.)*"', re.DOTALL)
_ANGLE = re.compile(r"[<>]")
_PICTURE = re.compile(r"</?img\b[^>]*>?", re.IGNORECASE)
_ALONE = re.compile(r"\s*[^\s+/#]")
_CONTINUED = re.compile(r"\\\r?\n")


@dataclass(frozen=True)
class Harmless:
    """What may be given to Graphviz."""

    text: str
    more: bool
    """Whether more graphs follow the first one, which are left out."""


def harmless(text: str) -> Harmless:
    """Leave out what names other files, and all graphs but the first.

    What is no valid Graphviz comes out as it is from there on: Graphviz says what is wrong with it.
    """
    kept: list[str] = []
    at = begin = depth = 0
    while (found := _NEXT.search(text, at)) is not None:
        start, sign = found.span()[0], found.group()
        if sign in ("//", "/*", "#"):
            at = _after_blanks(text, start)
        elif sign == "{":
            depth, at = depth + 1, found.end()
        elif sign == "}":
            depth, at = depth - 1, found.end()
            if depth <= 0:
                more = _after_blanks(text, at) < len(text)
                return Harmless("".join((*kept, text[begin:at])) + "\n", more)
        elif sign == "<":
            at = _after_html(text, start)
            kept += (text[begin:start], _PICTURE.sub(" ", text[start:at]))
            begin = at
        else:
            name, at = _string(text, start) if sign == '"' else (sign, found.end())
            if name in LEFT_OUT and text.startswith("=", _after_blanks(text, at)):
                kept += (text[begin:start], _INSTEAD)
                begin = at
    return Harmless("".join((*kept, text[begin:])), more=False)


def _after_blanks(text: str, at: int) -> int:
    """The place after blanks and comments."""
    while True:
        blank = _BLANK.match(text, at)
        at = blank.end() if blank is not None else at
        if text.startswith("/*", at):
            end = text.find("*/", at + 2)
            at = end + 2 if end >= 0 else len(text)
        elif text.startswith("//", at) or (text.startswith("#", at) and (not at or text[at - 1] == "\n")):
            end = text.find("\n", at)
            at = end + 1 if end >= 0 else len(text)
        else:
            return at


def _after_html(text: str, at: int) -> int:
    """The place after an HTML string; quotes mean nothing in it to Graphviz."""
    depth = 0
    for angle in _ANGLE.finditer(text, at):
        depth += 1 if angle.group() == "<" else -1
        if not depth:
            return angle.end()
    return len(text)


def _string(text: str, at: int) -> tuple[str, int]:
    """A string, which `+` may put together from several, and the place after it."""
    parts: list[str] = []
    while True:
        end = _STRING_END.match(text, at + 1)
        if end is None:
            return "", len(text)
        piece = text[at + 1 : end.end() - 1]
        parts.append(_CONTINUED.sub("", piece) if "\\" in piece else piece)
        if _ALONE.match(text, end.end()) is not None:
            return "".join(parts), end.end()
        plus = _after_blanks(text, end.end())
        at = _after_blanks(text, plus + 1) if text.startswith("+", plus) else -1
        if at < 0 or not text.startswith('"', at):
            return "".join(parts), end.end()
