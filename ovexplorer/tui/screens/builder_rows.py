"""Rows and columns of the device builder: what a device and a property look like in its two lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ovexplorer.options.model import Option
from ovexplorer.schema.facts import DeviceFacts
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens import builder_form as form
from ovexplorer.tui.screens.builder_stand_ins import words_of
from ovexplorer.tui.widgets.table_model import Cell, Column, Pinned

ADD: Final = "+"
"""Key of the row that adds a stand-in."""

SIZE: Final = "batch size"
WAIT: Final = "wait ms"
CHIPS: Final = 6
"""Device colours there are."""


@dataclass(frozen=True)
class Chip:
    """How a device is told from the others."""

    letter: str
    colour: int
    """Of the six device colours, from 1."""


@dataclass(frozen=True)
class DeviceRow:
    """One row of the list of devices."""

    name: str
    """OpenVINO's, or ADD."""
    order: str
    """Place in the order; a dot when it is not used, a plus for the row that adds."""
    chip: str
    """Letter of the device; blank when it is not used."""
    colour: int
    what: str
    state: str
    """On the right: `63 of 63 ops`, `stand-in`, `not usable`."""
    role: str


@dataclass(frozen=True)
class PropertyRow:
    """One row of the list of properties."""

    key: str
    title: str
    value: str
    mark: str
    """The sign of what was set here; blank for the rest."""
    help: str
    hint: str
    """What can be typed."""
    option: Option | None = None
    """None for size and timeout of BATCH."""


DEVICE_COLUMNS: Final[tuple[Column[DeviceRow], ...]] = (
    Column("order", "#", 1, lambda row: Cell(row.order, "live" if row.order.isdigit() else "muted")),
    Column("chip", "", 1, lambda row: Cell(row.chip, f"chip-{row.colour}" if row.chip.strip() else "")),
    Column("name", "name", 7, lambda row: Cell("" if row.name == ADD else clean(row.name, 64), row.role), most=9),
    Column("what", "what it is", 18, lambda row: Cell(row.what, row.role or "muted"), most=90, prose=True),
    Column("state", "", 12, lambda row: Cell(row.state, row.role or "muted"), right=True, drop=1),
)

STAND_IN_NOTE: Final = tuple(
    Pinned({}, Cell(text, "muted"))
    for text in (
        "A stand-in shows what cuts cost on a machine with one device.",
        "Its own speed means nothing: it shares the cores of the CPU.",
    )
)
"""Under the devices, where there is room."""

PROPERTY_COLUMNS: Final[tuple[Column[PropertyRow], ...]] = (
    Column("title", "option", 13, lambda row: Cell(row.title), most=20),
    Column("value", "value", 9, lambda row: Cell(row.value, "bold" if row.mark else "muted"), most=14),
    Column("mark", "", 1, lambda row: Cell(row.mark, "live")),
    Column("help", "what it does", 24, lambda row: Cell(row.help, "muted"), most=90, drop=1, prose=True),
)


def letters_of(names: tuple[str, ...]) -> dict[str, str]:
    """A letter for each device: its first; on a clash the next free one of its name, then a digit."""
    taken: dict[str, str] = {}
    for name in names:
        # A stand-in called CPU_SIM is told from CPU by what follows the underscore.
        head, _, tail = name.partition("_")
        candidates = [*(tail or head), *head, *"123456789"]
        free = (letter.upper() for letter in candidates if letter.isascii() and letter.isalnum())
        taken[name] = next((letter for letter in free if letter not in taken.values()), "?")
    return taken


def chips_of(present: form.BuilderForm) -> dict[str, Chip]:
    """Letter and colour of every device there is."""
    names = tuple(dict.fromkeys([device.name for device in present.devices] + list(present.stand_ins)))
    letters = letters_of(tuple(sorted(names, key=lambda name: name in present.stand_ins)))
    # Devices in use first, in their order: a graph of the run colours them the same way.
    ordered = dict.fromkeys((*(name for name in present.used if name in names), *names))
    return {name: Chip(letters.get(name, "?"), 1 + place % CHIPS) for place, name in enumerate(ordered)}


def device_rows(
    present: form.BuilderForm, glyphs: Glyphs, supports: Mapping[str, str] | None = None
) -> tuple[DeviceRow, ...]:
    """Devices in use in their order, then the others, then the row that adds a stand-in.

    Args:
        present: The form.
        glyphs: Signs of the terminal.
        supports: What devices can run of the model, in words; those that were not asked are left out.
    """
    chips = chips_of(present)
    ordered = [*present.used, *(name for name in chips if name not in present.used)]
    rows = []
    for name in ordered:
        facts = present.facts(name)
        used = name in present.used
        broken = facts is not None and facts.state == "unusable" and name not in present.stand_ins
        rows.append(
            DeviceRow(
                name=name,
                order=str(1 + present.used.index(name)) if used else glyphs.dot,
                chip=chips.get(name, Chip("?", 1)).letter if used else " ",
                colour=chips.get(name, Chip("?", 1)).colour,
                what=_what(present, name, facts, glyphs),
                state=(supports or {}).get(name) or _state(present, name, facts),
                role="line" if broken else "" if used else "muted",
            )
        )
    rows.append(DeviceRow(ADD, ADD, " ", 1, "add a stand-in", "", "muted"))
    return tuple(rows)


def _what(present: form.BuilderForm, name: str, facts: DeviceFacts | None, glyphs: Glyphs) -> str:
    if name in present.stand_ins:
        return words_of(present, name) if facts else f"{glyphs.working} being looked at"
    if facts is None:
        return f"{glyphs.working} not described yet"
    return facts.reason if facts.state == "unusable" and facts.reason else facts.full_name


def _state(present: form.BuilderForm, name: str, facts: DeviceFacts | None) -> str:
    if name in present.stand_ins:
        return "stand-in"
    if facts is not None and facts.state == "unusable":
        return "not usable"
    return "preferred" if len(present.used) > 1 and present.used[0] == name else ""


def property_rows(present: form.BuilderForm, name: str) -> tuple[PropertyRow, ...]:
    """Size and timeout of BATCH, then all properties of a device."""
    rows: list[PropertyRow] = []
    if present.kind == "BATCH":
        size, wait = present.batch_size, present.timeout_ms
        rows.append(
            PropertyRow(SIZE, "Batch size", str(size or "auto"), "●" if size else "",
                        "requests joined into one inference", "a number; 0 lets the device choose")
        )  # fmt: skip
        rows.append(
            PropertyRow(WAIT, "Wait ms", str(wait or "auto"), "●" if wait else "",
                        "time to wait for a full batch", "milliseconds; 0 leaves OpenVINO's own")
        )  # fmt: skip
    for option in form.options_on(present, name):
        values = " ".join(choice.value for choice in option.choices)
        rows.append(
            PropertyRow(
                key=option.id,
                title=clean(option.title, 48),
                value=clean(form.value_of(present, name, option), 48),
                mark="●" if form.is_set(present, name, option) else "",
                help=clean(option.choices[0].help if option.id == option.property and option.choices else option.help),
                hint=values if option.kind in ("choice", "boolean") else option.kind,
                option=option,
            )
        )
    return tuple(rows)
