"""The files that `graph` writes: checked before anything is drawn, replaced only when that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ovexplorer.cli import files
from ovexplorer.cli.console import Console
from ovexplorer.cli.line import CommandLine
from ovexplorer.errors import UsageError
from ovexplorer.export.graph_render import BINARY, FORMS, Form, Made
from ovexplorer.text import clean
from ovexplorer.units import size

_STDOUT = "-"


@dataclass(frozen=True)
class Output:
    """One file that is asked for."""

    form: Form
    path: Path | None
    """None is stdout."""


def outputs_of(line: CommandLine, *, json: bool) -> tuple[Output, ...]:
    """The files that a command line asks for.

    Args:
        line: With `--svg OUT` and the like.
        json: Whether stdout is taken by `--json`.

    Raises:
        UsageError: One cannot be written, is there already, or two go to the same place.
    """
    outputs = [
        Output(form, None if line.values[form] == _STDOUT else Path(line.values[form]))
        for form in FORMS
        if form in line.values
    ]
    if json + sum(output.path is None for output in outputs) > 1:
        raise UsageError("only one document can go to stdout", "name a file for the others")
    named = [output.path.absolute() for output in outputs if output.path is not None]
    twice = next((path for path in named if named.count(path) > 1), None)
    if twice is not None:
        raise UsageError(f"{clean(str(twice), 200)} is named twice", "name a file for each format")
    for output in outputs:
        if output.path is None and output.form in BINARY:
            raise UsageError(f"{output.form.upper()} is no text: it is not written to stdout", "name a file")
        if output.path is not None:
            if not output.path.name:
                raise UsageError(f"--{output.form} needs the name of a file", f"write --{output.form} FILE")
            files.refuse_taken(output.path, replaces="force" in line.switches)
    return tuple(outputs)


def write_output(console: Console, output: Output, made: Made) -> None:
    """Write what was made, and say so on stderr.

    Raises:
        UsageError: It cannot be written.
    """
    if made.notice:
        console.notice(f"notice: {made.notice}")
    if output.path is None:
        console.data(made.data.decode("utf-8"))
        return
    files.write_whole(output.path, made.data)
    by = f", drawn by {made.by}" if made.by else ""
    console.notice(f"written: {output.path} ({size(len(made.data))}{by})")
