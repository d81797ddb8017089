"""How long a comparison may take, as the command line says it."""

from __future__ import annotations

from ovexplorer.cli.line import CommandLine
from ovexplorer.errors import UsageError
from ovexplorer.text import clean

_LONGEST_S = 86_400.0


def budget_of(line: CommandLine, default: float) -> float:
    """Seconds of `--budget`.

    Raises:
        UsageError: It is not a number of seconds above 0.
    """
    text = line.values.get("budget")
    if text is None:
        return default
    try:
        seconds = float(text)
    except ValueError as error:
        raise UsageError(f"--budget: {clean(text, 60)!r} is not a number", f"write seconds, as {default:g}") from error
    if not 0 < seconds <= _LONGEST_S:
        raise UsageError(f"--budget: {seconds:g} is out of range", f"write seconds above 0, as {default:g}")
    return seconds
