"""Rows and columns of the shape editor: inputs, dimensions with one name, shapes in turn, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ovexplorer import units
from ovexplorer.schema.facts import ModelFacts
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens import shapes_fills, shapes_form
from ovexplorer.tui.screens.shapes_dims import elements, is_static, spaced, warning_of
from ovexplorer.tui.screens.shapes_form import InputForm, ShapesForm
from ovexplorer.tui.screens.shapes_names import Named
from ovexplorer.tui.widgets.form import label
from ovexplorer.tui.widgets.lines import Line
from ovexplorer.tui.widgets.table_model import Cell, Column, fit

_BITS: Final = {"boolean": 8, "string": 0, "f16": 16, "bf16": 16, "f32": 32, "f64": 64, "i4": 4, "u4": 4}
_DIGITS: Final = "0123456789"


@dataclass(frozen=True)
class InputRow:
    """One input."""

    index: int
    entry: InputForm
    problem: str
    sign: str
    """Fits, or does not."""


@dataclass(frozen=True)
class NameRow:
    """One size with a name."""

    group: Named
    size: str
    where: str


@dataclass(frozen=True)
class SetRow:
    """One of the shapes taken in turn."""

    number: int
    """0 is the shape above; others count from 1."""
    shapes: str
    why: str


INPUT_COLUMNS: Final[tuple[Column[InputRow], ...]] = (
    Column("name", "input", 14, lambda row: row.entry.port.name, most=40),
    Column("type", "type", 4, lambda row: Cell(clean(row.entry.port.element_type, 12), "muted"), drop=5),
    Column("allows", "model allows", 14, lambda row: Cell(clean(row.entry.port.shape, 64), "muted"), drop=6, most=20),
    Column("set", "you set", 16, lambda row: _set(row), most=20),  # noqa: PLW0108 - defined below
    Column("sign", "", 1, lambda row: Cell(row.sign, "bad" if row.problem else "good")),
    Column("becomes", "becomes", 16, lambda row: Cell(_becomes(row.entry), "muted"), drop=1),
    Column("layout", "layout", 6, lambda row: Cell(*_layout(row.entry)), drop=3),
    Column("fill", "filled with", 14, lambda row: Cell(_fill(row.entry)), drop=4, most=36),
    Column("bytes", "bytes", 8, lambda row: Cell(_bytes(row.entry), "muted"), right=True, drop=2),
)

NAME_COLUMNS: Final[tuple[Column[NameRow], ...]] = (
    Column("name", "name", 10, lambda row: clean(row.group.name, 40), most=16),
    Column("size", "size", 10, lambda row: Cell(row.size, "bold"), most=12),
    Column("where", "where", 20, lambda row: Cell(row.where, "muted"), most=90),
)

SET_COLUMNS: Final[tuple[Column[SetRow], ...]] = (
    Column("number", "set", 3, lambda row: Cell(str(row.number + 1), "muted")),
    Column("shapes", "shapes", 24, lambda row: row.shapes, most=70),
    Column("why", "why", 14, lambda row: Cell(row.why, "muted"), most=40, drop=1),
)


def _set(row: InputRow) -> Cell:
    if row.problem:
        return Cell(spaced(row.entry.shape), "bad")
    return Cell(spaced(row.entry.shape), "warn" if row.entry.proposed else "bold")


def _becomes(entry: InputForm) -> str:
    if entry.proposed:
        return "proposed"
    return "static" if is_static(entry.shape) else "stays dynamic"


def _layout(entry: InputForm) -> tuple[str, str]:
    if entry.layout:
        return clean(entry.layout, 24), "bold"
    return clean(entry.port.layout, 24) or "—", "muted"


def _fill(entry: InputForm) -> str:
    return clean(shapes_fills.words_of(entry.fill, entry.port, entry.paths), 64)


def byte_count(entry: InputForm) -> int | None:
    """Bytes of an input; None while its size is open or its type has none."""
    if not is_static(entry.shape):
        return None
    kind = entry.port.element_type
    bits = _BITS.get(kind)
    if bits is None:
        digits = kind.lstrip("iuf")
        bits = int(digits) if digits and all(digit in _DIGITS for digit in digits) else 0
    return elements(entry.shape) * bits // 8 if bits else None


def _bytes(entry: InputForm) -> str:
    count = byte_count(entry)
    return "—" if count is None else units.size(count)


def input_rows(form: ShapesForm, glyphs: Glyphs) -> tuple[InputRow, ...]:
    """Rows of the inputs."""
    return tuple(
        InputRow(index, entry, problem, glyphs.bad if problem else glyphs.good)
        for index, (entry, problem) in enumerate(zip(form.inputs, form.problems))
    )


def name_rows(form: ShapesForm) -> tuple[NameRow, ...]:
    """Rows of the dimensions with one name."""
    rows = []
    for group in form.names:
        size = shapes_form.size_of(form, group)
        apart = ", apart" if group.name in form.apart else ""
        allowed = "any" if group.allowed.high is None and group.allowed.low <= 1 else str(group.allowed)
        verb = "has" if group.allowed.static else "allows"
        where = f"{group.where(len(form.inputs))}{apart}, model {verb} {allowed}"
        rows.append(NameRow(group, "differs" if size is None else str(size), where))
    return tuple(rows)


def set_rows(form: ShapesForm) -> tuple[SetRow, ...]:
    """Rows of the shapes in turn; none when there is one shape only."""
    if not form.sets:
        return ()
    leading = shapes_form.leading_input(form)
    first = SetRow(0, spaced(form.inputs[leading].shape), "the shape above")
    return (first, *(SetRow(number, spaced(turn[leading]), "") for number, turn in enumerate(form.sets, 1)))


def output_lines(facts: ModelFacts) -> tuple[Line, ...]:
    """The model's outputs."""
    lines: list[Line] = [
        (
            (f" {fit(port.name, 30)} ", "text"),
            (f"{fit(clean(port.element_type, 12), 5)} ", "muted"),
            (clean(port.shape, 80), "text"),
        )
        for port in facts.outputs
    ]
    return tuple(lines)


def notes(form: ShapesForm, glyphs: Glyphs) -> tuple[Line, ...]:
    """What is wrong, what may be refused, what fits."""
    lines: list[Line] = []
    for index, (entry, problem) in enumerate(zip(form.inputs, form.problems)):
        if problem:
            lines.append(((f" {glyphs.bad} {clean(entry.port.name, 40)}: {problem}", "bad"),))
        elif entry.fill == "file" and shapes_fills.file_problem(entry.paths):
            why = clean(shapes_fills.file_problem(entry.paths), 160)
            lines.append(((f" {glyphs.bad} {clean(entry.port.name, 40)}: {why}", "bad"),))
        elif warning := _warning(form, index):
            lines.append(((f" {glyphs.look} {clean(entry.port.name, 40)}: {warning}", "warn"),))
    if not lines:
        lines.append(((f" {glyphs.good} every input has a size the model allows", "good"),))
    return tuple(lines)


def _warning(form: ShapesForm, index: int) -> str:
    """What OpenVINO may refuse of an input: its shape, or one of those taken in turn."""
    entry = form.inputs[index]
    shapes = (entry.shape, *(turn[index] for turn in form.sets))
    return next((warning for shape in shapes if (warning := warning_of(shape, entry.allowed))), "")


def outcome(form: ShapesForm, facts: ModelFacts, command: str) -> tuple[Line, ...]:
    """What the shapes come to: bytes, rank, state, and the command that does the same."""
    counts = [byte_count(entry) for entry in form.inputs]
    known = [count for count in counts if count is not None]
    volume = units.size(sum(known)) if len(known) == len(counts) and counts else "open while a size is open"
    if form.sets:
        rank = f"{len(form.sets) + 1} shapes in turn, figures for each; the model stays dynamic"
    elif all(is_static(entry.shape) for entry in form.inputs):
        rank = "static: compiles once, runs on any device"
    else:
        rank = "dynamic: each new size costs a first time"
    lines = [
        label("same as", (command, "text")),
        label("inputs", (volume, "text"), ("   shapes ", "muted"), (rank, "text")),
    ]
    if facts.stateful:
        lines.append(label("state", ("kept between inferences, reset before each measured one", "text")))
    return tuple(lines)
