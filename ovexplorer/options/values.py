"""One option's value as text: checked, spelled as the catalogue spells it, and turned into what a RunSpec keeps."""

from __future__ import annotations

import math

from ovexplorer.errors import UsageError
from ovexplorer.options.model import AUTO, Choice, Option


def removes(option: Option, value: str) -> bool:
    """Whether a value takes back what was asked."""
    # AUTO is a device, and a choice of some properties: only the lower-case word gives the decision back.
    return value in {option.nothing, "", "default"} or (value == AUTO and option.field != "device")


def stored(option: Option, value: str) -> str:
    """What a RunSpec keeps for a value.

    Raises:
        UsageError: The option cannot have it.
    """
    if option.kind in {"choice", "boolean"}:
        return _chosen(option, value)
    if option.kind == "integer":
        return _integer(option, value)
    if option.kind == "real":
        return _real(option, value)
    if "\0" in value or "\n" in value:
        raise UsageError(f"{option.title}: a value is one line of text", "remove the line break")
    return value


def shown(option: Option, kept: str) -> str:
    """The catalogue's spelling of what a RunSpec keeps or a device reads back; foreign values stay as they are."""
    choice = _match(option, kept)
    return choice.value if choice else kept


def _chosen(option: Option, value: str) -> str:
    choice = _match(option, value)
    if choice:
        return choice.stored
    if not option.choices:
        return value
    raise UsageError(
        f"{option.title}: {value!r} is not a choice", f"choose {', '.join(choice.value for choice in option.choices)}"
    )


def _match(option: Option, text: str) -> Choice | None:
    exact = (choice for choice in option.choices if text in {choice.value, choice.raw})
    lowered = text.lower()
    loose = (c for c in option.choices if lowered in {c.value.lower(), c.stored.lower(), *c.aliases})
    return next(exact, None) or next(loose, None)


def _integer(option: Option, value: str) -> str:
    try:
        number = int(value)
    except ValueError as error:
        raise UsageError(f"{option.title}: {value!r} is not a whole number", f"write {_example(option)}") from error
    if number < 1 and not option.id.isupper() and option.id != "auto_batch_timeout":
        raise UsageError(f"{option.title}: {value} is not above 0", f"write {_example(option)}")
    return str(number)


def _real(option: Option, value: str) -> str:
    try:
        number = float(value)
    except ValueError as error:
        raise UsageError(f"{option.title}: {value!r} is not a number", f"write {_example(option)}") from error
    if not math.isfinite(number):
        raise UsageError(f"{option.title}: {value!r} is not finite", f"write {_example(option)}")
    return f"{number:g}"


def _example(option: Option) -> str:
    number = next((choice.value for choice in option.choices if choice.value[:1].isdigit()), "1")
    return f"a number such as {number}, or {option.nothing}"
