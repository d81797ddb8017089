"""What is typed to search a graph; blanks mean and.

`conv`, `/regex/`, `type:Conv`, `dev:CPU`, `sub:4`, `prec:f32`, `>0.1ms`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ovexplorer.graph.model import Graph, Node
from ovexplorer.text import clean

LONGEST = 500
"""Characters of a query that are looked at."""

Test = Callable[[Node], bool]

_TIME = re.compile(r"([<>])(\d{1,12}(?:\.\d{1,6})?)(ns|us|µs|ms|s)?")
_UNITS = {"ns": 1.0, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9}
_WORDS = re.compile(r"/(?:[^/\\]|\\.)+/|\S+")


@dataclass(frozen=True)
class Query:
    """A query that was understood, as far as it could be."""

    text: str = ""
    tests: tuple[Test, ...] = ()
    problem: str = ""
    """What could not be understood; empty when all was."""

    def accepts(self, node: Node) -> bool:
        """Whether a node is one of those searched for; an empty query finds none."""
        return bool(self.tests) and all(test(node) for test in self.tests)

    def hits(self, graph: Graph) -> tuple[int, ...]:
        """Keys of the nodes that are found, in order."""
        if not self.tests:
            return ()
        return tuple(node.key for node in graph.nodes if self.accepts(node))


def read_query(text: str) -> Query:
    """Understand what was typed."""
    tests: list[Test] = []
    problem = ""
    for word in _WORDS.findall(text[:LONGEST]):
        try:
            tests.append(_test(word))
        except ValueError as error:
            problem = problem or str(error)
    return Query(text, tuple(tests), problem)


def next_hit(hits: Sequence[int], present: int | None, by: int) -> int | None:
    """The hit after (or before) a node, round the end; None without hits."""
    if not hits:
        return None
    if present is None:
        return hits[0] if by > 0 else hits[-1]
    if by > 0:
        return next((key for key in hits if key > present), hits[0])
    return next((key for key in reversed(hits) if key < present), hits[-1])


def _test(word: str) -> Test:
    if len(word) > 2 and word[0] == word[-1] == "/":
        return _regex(word[1:-1])
    time = _TIME.fullmatch(word)
    if time is not None:
        bound = float(time[2]) * _UNITS[time[3] or "ms"]
        if time[1] == ">":
            return lambda node: node.time_ns > bound
        return lambda node: 0 <= node.time_ns < bound
    kind, colon, value = word.partition(":")
    wanted = value.lower()
    if colon and wanted:
        if kind == "type":
            return lambda node: node.type.lower().startswith(wanted)
        if kind == "dev":
            return lambda node: node.device.lower() == wanted
        if kind == "prec":
            return lambda node: node.precision.lower() == wanted
        if kind == "sub" and wanted.isdecimal():
            number = int(wanted)
            return lambda node: node.submodel == number
        if kind == "sub":
            raise ValueError(f"{clean(value, 40)} is not the number of a submodel")
    plain = word.lower()
    return lambda node: plain in node.name.lower()


def _regex(text: str) -> Test:
    try:
        compiled = re.compile(text, re.IGNORECASE)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"/{clean(text, 60)}/ is no regular expression: {error}") from error
    return lambda node: compiled.search(node.name) is not None
