"""The one module of the command line that writes: data to stdout, narration to stderr.

Everything that reaches a terminal was cleaned before, or is cleaned here. A closed pipe ends the output quietly.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import msgspec

from ovexplorer.cli.tables import Table, plain
from ovexplorer.errors import UsageError
from ovexplorer.schema.codec import encode_hook
from ovexplorer.text import clean, cut_middle

if TYPE_CHECKING:
    from rich.table import Table as RichTable

_PLAIN_SIGNS = str.maketrans(
    {"·": "-", "→": ">", "—": "-", "−": "-", "…": "~", "µ": "u", "±": "~", "✓": "+", "≠": "!", "≤": "<", "×": "x"}
)


_UNSAFE = re.compile(r"[^\n\x20-\x7e]+")
"""Where characters other than printable ASCII stand in a JSON document."""


class Console:
    """Writes for one command.

    Args:
        out: Where data goes.
        err: Where narration goes.
        color: Whether colours and bold may be used on a terminal.
        ascii_only: Whether signs outside ASCII are replaced in what is for reading; JSON and CSV are not touched.
    """

    def __init__(
        self,
        out: TextIO | None = None,
        err: TextIO | None = None,
        *,
        color: bool = True,
        ascii_only: bool = False,
    ) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._color = color and "NO_COLOR" not in os.environ
        self._ascii = ascii_only
        self._progress_shown = False

    @property
    def interactive(self) -> bool:
        """Whether stdout is a terminal."""
        return _is_terminal(self._out)

    @property
    def narrates(self) -> bool:
        """Whether stderr is a terminal, so that a progress line can come and go."""
        return _is_terminal(self._err) and os.environ.get("TERM", "") != "dumb"

    # stdout

    def data(self, text: str) -> None:
        """Write lines of data."""
        self.clear_progress()
        self._write(self._out, text if text.endswith("\n") else text + "\n")

    def json(self, document: object) -> None:
        """Write a document as JSON, indented for a terminal and for files alike; it may come to a terminal yet."""
        text = msgspec.json.format(msgspec.json.encode(document, enc_hook=encode_hook), indent=2).decode()
        self.data(_UNSAFE.sub(_escaped, text))

    def table(self, table: Table) -> None:
        """Write a table: with rules and bold headings on a terminal, as aligned text otherwise."""
        if not self.interactive:
            self.data(self._signs("\n".join(plain(table))))
            return
        from rich.console import Console as RichConsole

        self.clear_progress()
        rich = RichConsole(
            file=self._out, no_color=not self._color, highlight=False, markup=False, emoji=False, safe_box=True
        )
        try:
            rich.print(self._rich(table))
        except BrokenPipeError:
            raise
        except OSError as error:
            raise _no_room(error) from error
        except UnicodeEncodeError:
            self.data("\n".join(plain(table)).encode("ascii", "replace").decode())

    # stderr

    def notice(self, text: str) -> None:
        """Say something on the side."""
        self.clear_progress()
        self._write(self._err, self._signs(clean(text, 2000)) + "\n")

    def error(self, what: str, hint: str, detail: tuple[str, ...] = ()) -> None:
        """Say what went wrong and what to do."""
        self.clear_progress()
        lines = [f"error: {clean(what, 2000)}"]
        if hint:
            lines.append(f"hint: {clean(hint, 2000)}")
        lines += [f"  {clean(line, 2000)}" for line in detail]
        self._write(self._err, self._signs("\n".join(lines)) + "\n")

    def traceback(self, text: str) -> None:
        """Show where a defect is; only with --debug."""
        self.clear_progress()
        self._write(self._err, text)

    def progress(self, text: str) -> None:
        """Replace the progress line; nothing when stderr is no terminal."""
        if not self.narrates:
            return
        width = _width(self._err)
        shown = cut_middle(self._signs(clean(text)), max(10, width - 1))
        self._write(self._err, f"\r{shown}\x1b[K")
        self._progress_shown = True

    def clear_progress(self) -> None:
        """Take the progress line away."""
        if self._progress_shown:
            self._progress_shown = False
            self._write(self._err, "\r\x1b[K")

    # Inside

    def _signs(self, text: str) -> str:
        if self._ascii:
            return text.translate(_PLAIN_SIGNS).encode("ascii", "replace").decode()
        return text

    def _rich(self, table: Table) -> RichTable:
        from rich import box
        from rich.table import Table as RichTable
        from rich.text import Text

        shown = RichTable(
            title=Text(self._signs(table.title)) if table.title else None,
            title_justify="left",
            box=box.ASCII2 if self._ascii else box.SIMPLE_HEAD,
            show_header=table.headings,
            title_style="bold",
            pad_edge=False,
            show_edge=False,
        )
        for column in table.columns:
            shown.add_column(
                Text(self._signs(column.title)),
                justify="right" if column.number else "left",
                no_wrap=column.number or bool(table.most_width),
                overflow="ellipsis" if table.most_width else "fold",
            )
        for row in table.rows:
            cells = [cut_middle(cell, table.most_width) if table.most_width else cell for cell in row]
            shown.add_row(*(Text(self._signs(cell)) for cell in cells))
        return shown

    def _write(self, stream: TextIO, text: str) -> None:
        try:
            try:
                stream.write(text)
            except UnicodeEncodeError:
                stream.write(text.encode("ascii", "replace").decode())
            stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            # Narration that finds no room is no reason to lose the data.
            if stream is self._out:
                raise _no_room(error) from error


def _escaped(found: re.Match[str]) -> str:
    """Characters that a terminal could obey, as JSON's own escapes: the text they stand for is the same."""
    return "".join(character if character.isprintable() else json.dumps(character)[1:-1] for character in found.group())


def _no_room(error: OSError) -> UsageError:
    return UsageError(f"stdout cannot be written: {error.strerror or error}", "send it where there is room")


def quiet_streams() -> None:
    """After a closed pipe: point the streams nowhere, so that the interpreter's last flush is silent."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        for stream in (sys.stdout, sys.stderr):
            try:
                os.dup2(nowhere.fileno(), stream.fileno())
            except (OSError, ValueError, AttributeError):
                continue


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:
        return False


def _width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        return 80
