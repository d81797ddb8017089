"""The filter of the layers table: what was typed becomes one test of a row.

Words stand for themselves and must all be found, in names also those of the operations that a layer took in;
`/regex/` searches name, type and primitive; `type:Conv`, `prim:brgconv`, `prec:f32`, `name:conv1`, `layout:acdb`,
`block:layer1` look in one column; `>1%`, `<0.1%` compare the share, `>0.5` the time in ms; `!` in front turns any of
them round. Layers that did not run are found only by a word of their status, such as `fused`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ovexplorer.schema.results import LayerStatus, LayerTime

LONGEST = 200
"""Longest filter that is read, in characters."""

LEAST_STATUS = 3
"""Letters of a status word that bring hidden layers in; fewer are found in every second name."""

STATUS_WORDS: dict[LayerStatus, str] = {
    "executed": "executed",
    "fused": "fused",
    "optimized_out": "optimised out",
    "below_resolution": "below 1 µs",
}

_TERM = re.compile(r"(!?)(/(?:\\.|[^/\\])+(?:/(?=\s|$)|$)|\S+)")
_LIMIT = re.compile(r"([<>])([0-9]{0,6}\.?[0-9]{0,6})(%|ms)?")
_FIELDS = {
    "type": "type",
    "prim": "primitive",
    "primitive": "primitive",
    "prec": "precision",
    "precision": "precision",
    "name": "name",
    "layout": "layouts",
    "shape": "shapes",
    "block": "block",
}

Test = Callable[[LayerTime, float], bool]


@dataclass(frozen=True)
class LayerFilter:
    """A filter that was read."""

    text: str = ""
    """As typed."""
    tests: tuple[Test, ...] = ()
    """All must hold for a layer and its share of the latency."""
    status_words: tuple[str, ...] = ()
    """Plain words, lower case, that may bring a hidden layer in."""
    problem: str = ""
    """Why a part was left out; empty when all of it was read."""

    def accepts(self, layer: LayerTime, share: float) -> bool:
        """Whether a layer is shown."""
        if layer.status != "executed":
            words = STATUS_WORDS[layer.status]
            if not any(word in words for word in self.status_words):
                return False
        return all(test(layer, share) for test in self.tests)


def words_of(layer: LayerTime) -> str:
    """What became of a layer, in words."""
    if layer.status == "fused" and layer.fused_into:
        return f"fused into {layer.fused_into}"
    return STATUS_WORDS[layer.status]


def read_filter(text: str) -> LayerFilter:
    """Read what was typed; what cannot be understood is left out and named."""
    tests: list[Test] = []
    words: list[str] = []
    problem = ""
    for match in _TERM.finditer(text[:LONGEST]):
        negated, term = bool(match[1]), match[2]
        try:
            test = _test(term)
        except re.error as error:
            problem = f"{term}: not a regular expression ({error.msg})"
            continue
        if test is None:
            continue
        tests.append(_not(test) if negated else test)
        if not negated and _is_word(term) and len(term) >= LEAST_STATUS:
            words.append(term.lower())
    return LayerFilter(text, tuple(tests), tuple(words), problem)


def _is_word(term: str) -> bool:
    return not term.startswith("/") and not _LIMIT.fullmatch(term) and _field_of(term)[0] == ""


def _field_of(term: str) -> tuple[str, str]:
    prefix, colon, rest = term.partition(":")
    field = _FIELDS.get(prefix.lower(), "") if colon else ""
    return (field, rest) if field else ("", term)


def _test(term: str) -> Test | None:
    """One term as a test; None when nothing has been typed behind its sign yet."""
    if term.startswith("/") and len(term) > 1:
        pattern = term[1:-1] if len(term) > 2 and term.endswith("/") else term[1:]
        return _matches(re.compile(pattern, re.IGNORECASE))
    limit = _LIMIT.fullmatch(term)
    if limit is not None:
        return _compares(limit[1], limit[2], limit[3] or "ms")
    field, rest = _field_of(term)
    if field:
        return _holds(field, rest.lower()) if rest else None
    return _says(term.lower()) if term not in ("/", "!") else None


def _not(test: Test) -> Test:
    return lambda layer, share: not test(layer, share)


def _matches(pattern: re.Pattern[str]) -> Test:
    return lambda layer, _: any(map(pattern.search, (layer.name, layer.type, layer.primitive)))


def _compares(sign: str, number: str, unit: str) -> Test | None:
    if number in ("", "."):
        return None
    limit = float(number)
    if unit == "%":
        return (lambda _, share: share * 100 > limit) if sign == ">" else (lambda _, share: share * 100 < limit)
    ns = limit * 1e6
    return (lambda layer, _: layer.mean_ns > ns) if sign == ">" else (lambda layer, _: layer.mean_ns < ns)


def _holds(field: str, wanted: str) -> Test:
    return lambda layer, _: wanted in str(getattr(layer, field)).lower()


def _says(word: str) -> Test:
    def found(layer: LayerTime, _: float) -> bool:
        return (
            word in layer.name.lower()
            or word in layer.type.lower()
            or word in layer.primitive.lower()
            or word == layer.precision.lower()
            or any(word in name.lower() for name in layer.fused_from)
            or (len(word) >= LEAST_STATUS and word in STATUS_WORDS[layer.status])
        )

    return found
