"""Operations behind a line of the device builder: where each runs, which devices support it, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from ovexplorer.analysis.split.model import RuleFinding
from ovexplorer.text import clean
from ovexplorer.tui.actions import bindings_of
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens.builder_findings import sign_of
from ovexplorer.tui.screens.builder_outlook import Outlook
from ovexplorer.tui.widgets.form import words
from ovexplorer.tui.widgets.lines import Line, Lines, wrap
from ovexplorer.tui.widgets.table import Table
from ovexplorer.tui.widgets.table_model import Cell, Column

_WIDTH: Final = 72
"""Cells of a line of text."""


@dataclass(frozen=True)
class OperationRow:
    """One operation."""

    key: int
    name: str
    type: str
    device: str
    supported: str


OPERATION_COLUMNS: Final[tuple[Column[OperationRow], ...]] = (
    Column("name", "operation", 20, lambda row: Cell(row.name), most=48),
    Column("type", "type", 14, lambda row: Cell(row.type, "muted"), most=22),
    Column("device", "runs on", 9, lambda row: Cell(row.device, "" if row.device else "bad"), most=14),
    Column("supported", "supported by", 18, lambda row: Cell(row.supported, "muted"), most=30, prose=True),
)


def operation_rows(outlook: Outlook, keys: Iterable[int]) -> tuple[OperationRow, ...]:
    """Rows of some operations: which devices of the list support each, and which one runs it."""
    question, prediction = outlook.question, outlook.prediction
    missing = [
        (entry.device, None if entry.failed else frozenset(entry.missing))
        for entry in question.support
        if entry.device in question.devices
    ]
    rows = []
    for key in keys:
        entry = outlook.operations[key]
        able = [device for device, lacks in missing if lacks is not None and key not in lacks]
        rows.append(
            OperationRow(
                key,
                clean(entry.name, 200),
                clean(entry.type, 80),
                prediction.split.placed[key] if prediction is not None else "",
                ", ".join(able) or "none of them",
            )
        )
    return tuple(rows)


def finding_lines(finding: RuleFinding, glyphs: Glyphs, width: int = _WIDTH) -> tuple[Line, ...]:
    """What a rule of thumb says, and the fix."""
    said = wrap(str(finding.text), width - 2)
    lines: list[Line] = [((f" {sign_of(finding, glyphs)} ", finding.state), (said[0] if said else "", "text*"))]
    lines += [words(f"   {line}") for line in said[1:]]
    if finding.fix:
        fix = wrap(f"fix: {finding.fix}", width - 2)
        lines += [words(f"   {line}", "text") for line in fix]
    return tuple(lines)


class OperationsScreen(ModalScreen[None], inherit_bindings=False):
    """A list of operations with a few lines over it; esc or enter closes."""

    CSS_PATH = "builder_operations.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of(("app.back",))

    def __init__(self, glyphs: Glyphs, title: str, lines: tuple[Line, ...], rows: tuple[OperationRow, ...]) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._title = title
        self._lines = lines
        self._rows = rows

    def compose(self) -> ComposeResult:
        """One box."""
        with Vertical(id="operations"):
            yield Lines(id="operations-text")
            table: Table[OperationRow] = Table(OPERATION_COLUMNS, lambda row: row.key, id="operations-list")
            yield table

    def on_mount(self) -> None:
        """The box is as high as it needs to be."""
        self.set_class(self._glyphs.ascii, "-ascii")
        box, text = self.query_one("#operations"), self.query_one("#operations-text", Lines)
        count = f"{len(self._rows):,} operation{'' if len(self._rows) == 1 else 's'}"
        box.border_title = Content(self._glyphs.show(f"{self._title} · {count}"))
        box.border_subtitle = Content(self._glyphs.show("esc closes"))
        text.styles.height = len(self._lines)
        text.show(self._lines)
        table = self.query_one("#operations-list", Table)
        table.set_rows(self._rows)
        table.display = bool(self._rows)
        box.styles.height = 2 + len(self._lines) + (1 + len(self._rows) if self._rows else 0)
        if self._rows:
            table.focus()

    def on_table_activated(self) -> None:
        """Enter closes too."""
        self.dismiss(None)

    def action_app_back(self) -> None:
        """Close it."""
        self.dismiss(None)
