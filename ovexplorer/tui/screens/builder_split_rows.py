"""Rows of the list of the device builder that says who runs what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens.builder_form import BuilderForm
from ovexplorer.tui.screens.builder_outlook import Outlook, Share
from ovexplorer.tui.screens.builder_rows import Chip
from ovexplorer.tui.widgets.table_model import Cell, Column

REST: Final = -1
"""Key of the row of everything that no rule names; rules have their place as key."""
NAMED: Final = -2
"""Key of the row of single placements."""


@dataclass(frozen=True)
class RuleRow:
    """One row of the list of rules."""

    key: int
    number: str
    title: str
    matches: str
    chip: str
    colour: int
    device: str
    supported: str
    note: str
    role: str = ""
    """`bad` where nothing matches, `warn` where a device does not support all of it."""


RULE_COLUMNS: Final[tuple[Column[RuleRow], ...]] = (
    Column("number", "#", 2, lambda row: Cell(row.number, "muted"), right=True, drop=3),
    Column("title", "rule", 20, lambda row: Cell(row.title), most=44),
    Column("matches", "matches", 9, lambda row: Cell(row.matches, row.role or "text")),
    Column("chip", "", 1, lambda row: Cell(row.chip, f"chip-{row.colour}" if row.chip.strip() else "")),
    Column("device", "device", 9, lambda row: Cell(row.device), most=14),
    Column("supported", "supported by", 24, lambda row: Cell(row.supported, "muted"), most=34, prose=True, drop=2),
    Column("note", "note", 12, lambda row: Cell(row.note, "muted"), most=24, drop=1, prose=True),
)


def operations_words(count: int) -> str:
    """`10 ops`."""
    return f"{count:,} op{'' if count == 1 else 's'}"


def rule_rows(
    form: BuilderForm, outlook: Outlook | None, chips: Mapping[str, Chip], glyphs: Glyphs
) -> tuple[RuleRow, ...]:
    """Everything that no rule names, then the rules in order, then single placements.

    Args:
        form: The rules.
        outlook: What they come to; None while it is not known.
        chips: Letters and colours of devices.
        glyphs: Signs of the terminal.
    """
    paint = _Painter(chips, glyphs)
    # An outlook of a form with other rules says nothing of these; of the same ones it may be of another device list.
    told = outlook if outlook is not None and len(outlook.rules) == len(form.rules_used) else None
    alone = not form.rules_used and not form.placements_used
    rows = [paint.rest(told.rest if told else None, form, alone=alone)]
    for place, rule in enumerate(form.rules_used):
        rows.append(paint.rule(place, clean(rule.pattern, 200), rule.device, told.rules[place] if told else None))
    if form.placements_used:
        title = clean(form.file, 200) if form.who == "file" else "single operations"
        share = told.named if told else None
        rows.append(paint.named(title, share, len(form.placements_used), form.who == "file"))
    return tuple(rows)


class _Painter:
    def __init__(self, chips: Mapping[str, Chip], glyphs: Glyphs) -> None:
        self._chips = chips
        self._glyphs = glyphs

    def rest(self, share: Share | None, form: BuilderForm, *, alone: bool) -> RuleRow:
        where = share.devices if share is not None else ()
        fallen = sum(count for device, count in where if device != form.used[0]) if form.used else 0
        note = f"{fallen:,} fall back" if fallen and len(form.used) > 1 else "by order"
        return self._row(REST, "", "everything" if alone else "everything else", share, where, note)

    def rule(self, place: int, title: str, device: str, share: Share | None) -> RuleRow:
        able = dict(share.supported).get(device) if share is not None else None
        row = self._row(place, str(place + 1), title, share, ((device, 1),), "your rule")
        role, note = "", row.note
        if share is not None and not share.keys:
            role, note = "bad", "matches nothing"
        elif share is not None and able is not None and able < len(share.keys):
            role, note = "warn", f"{len(share.keys) - able:,} not supported"
        return replace(row, role=role, note=note)

    def named(self, title: str, share: Share | None, count: int, file: bool) -> RuleRow:
        where = share.devices if share is not None else ()
        return self._row(
            NAMED, "", title, share, where, "from a file" if file else "placed by name", f"{count:,} names"
        )

    def _row(
        self,
        key: int,
        number: str,
        title: str,
        share: Share | None,
        where: Sequence[tuple[str, int]],
        note: str,
        unknown: str = "",
    ) -> RuleRow:
        chip, device = Chip(" ", 1), ""
        if len(where) == 1 and where[0][0]:
            chip = self._chips.get(where[0][0], Chip("?", 1))
            device = clean(where[0][0], 40)
        elif where:
            device = " ".join(f"{count:,}{self._letter(name)}" for name, count in where)
        matches = operations_words(len(share.keys)) if share is not None else unknown or self._glyphs.missing
        return RuleRow(key, number, title, matches, chip.letter, chip.colour, device, self._supported(share), note)

    def _letter(self, name: str) -> str:
        return self._chips.get(name, Chip("?", 1)).letter if name else self._glyphs.bad

    def _supported(self, share: Share | None) -> str:
        if share is None or not share.keys:
            return ""
        total = len(share.keys)
        return ", ".join(
            f"{clean(device, 24)} {'yes' if able == total else 'no' if not able else f'{able:,} of {total:,}'}"
            for device, able in share.supported
        )
