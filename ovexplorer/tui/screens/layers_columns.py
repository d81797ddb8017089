"""Columns of the tables of the layers screen: layers, roll-ups, Reorders, differences. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ovexplorer import units
from ovexplorer.analysis.align import AlignedRow
from ovexplorer.analysis.layers import Group, LayerAnalysis, LayerRow
from ovexplorer.analysis.reorders import Reorder
from ovexplorer.schema.results import LayerTime
from ovexplorer.tui.screens.layers_fold import is_block
from ovexplorer.tui.widgets.table_model import Cell, Column, blank

_PRECISIONS = frozenset({"f64", "f32", "f16", "bf16", "i64", "i32", "i16", "i8", "u8", "i4", "u4", "nf4", "boolean"})


@dataclass(frozen=True)
class Differences:
    """By how much layers differ from what they are held against."""

    title: str
    """Heading of the column: `frozen`, `A`."""
    by_key: Mapping[int, int] = field(default_factory=dict)
    """Nanoseconds more than there."""
    sure: frozenset[int] = frozenset()
    """Keys whose difference is more than noise."""
    appeared: frozenset[int] = frozenset()
    """Keys of layers that were not there."""


@dataclass(frozen=True)
class LayerLook:
    """What changes how rows of layers look."""

    moved: frozenset[int] = frozenset()
    """Keys whose value moved with the last refresh: bold."""
    settled: Mapping[int, int] = field(default_factory=dict)
    """Value by key that rows are ordered by; the row's own where there is none."""
    differences: Differences | None = None


PLAIN = LayerLook()


def decimals_of(longest_ns: float) -> int:
    """Decimals of a column of milliseconds, so that its longest row has three digits and all line up."""
    return 2 if longest_ns >= 1e6 else 3 if longest_ns >= 1e5 else 4


def ms(ns: float, decimals: int) -> str:
    """Milliseconds."""
    return f"{ns / 1e6:,.{decimals}f}".replace("-", units.MINUS)


def signed_ms(ns: float, decimals: int) -> str:
    """Milliseconds more or less."""
    text = ms(abs(ns), decimals)
    if not text.strip("0."):
        return text
    return f"{'+' if ns > 0 else units.MINUS}{text}"


def short_primitive(primitive: str) -> str:
    """A primitive without underscores and without its precision, which has a column of its own."""
    parts = primitive.split("_")
    return " ".join(parts[:-1] if len(parts) > 1 and parts[-1] in _PRECISIONS else parts)


def layer_columns(analysis: LayerAnalysis, look: LayerLook = PLAIN) -> tuple[Column[LayerRow], ...]:
    """Columns of the table of layers; bars are measured by the longest layer."""
    longest = max((row.layer.mean_ns for row in analysis.rows), default=0) or 1
    decimals = decimals_of(longest)

    def time(row: LayerRow) -> Cell:
        if not _ran(row):
            return Cell(words_short(row.layer), "muted")
        return Cell(ms(row.layer.mean_ns, decimals), "bold" if row.layer.key in look.moved else "")

    def by_time(row: LayerRow) -> int:
        return look.settled.get(row.layer.key, row.layer.mean_ns)

    columns: tuple[Column[LayerRow], ...] = (
        Column("order", "#", 3, _order, sort=lambda row: _last(row.layer), right=True, drop=8, most=5),
        Column("name", "layer", 20, _named, sort=lambda row: row.layer.name.lower(), most=60),
        Column("type", "type", 11, lambda row: _soft(row, row.layer.type), sort=_by("type"), drop=7, most=16),
        Column("primitive", "primitive", 18, lambda row: _soft(row, short_primitive(row.layer.primitive)),
               sort=_by("primitive"), drop=1, most=28),
        Column("precision", "prec", 5, lambda row: _soft(row, row.layer.precision), sort=_by("precision"), drop=6),
        Column("gflops", "GFLOP/s", 7, _rate, sort=_flop_rate, right=True, descending=True, drop=2),
        Column("time", "ms", 7, time, sort=by_time, right=True, descending=True),
        Column("bar", "", 6, blank, drop=5, most=16, bar=lambda row: row.layer.mean_ns / longest),
        Column("share", "share", 7, _share, sort=by_time, right=True, descending=True),
        Column("cum", "cum", 5, _cumulative, sort=lambda row: row.cumulative or 2, right=True, drop=4),
    )  # fmt: skip
    known = any(row.layer.flop for row in analysis.rows)
    shown = tuple(column for column in columns if known or column.id != "gflops")
    if look.differences is None:
        return shown
    return (*shown[:-3], _difference_column(look.differences, decimals), *shown[-3:])


def _difference_column(differences: Differences, decimals: int) -> Column[LayerRow]:
    def text(row: LayerRow) -> Cell:
        key = row.layer.key
        if key in differences.appeared:
            return Cell("new", "warn")
        change = differences.by_key.get(key)
        if change is None or not _ran(row):
            return Cell("·", "muted")
        role = "muted" if key not in differences.sure else "bad" if change > 0 else "good"
        return Cell(signed_ms(change, decimals), role)

    def order(row: LayerRow) -> float:
        return abs(differences.by_key.get(row.layer.key, 0))

    return Column("difference", f"vs {differences.title}", 9, text, sort=order, right=True, descending=True)


def _by(name: str) -> Callable[[LayerRow], object]:
    return lambda row: (str(getattr(row.layer, name)).lower(), -row.layer.mean_ns)


def _last(layer: LayerTime) -> int:
    return layer.order if layer.order >= 0 else 1 << 40


def _ran(row: LayerRow) -> bool:
    return row.layer.status == "executed"


def _order(row: LayerRow) -> Cell:
    sign = "+" if is_block(row) else str(row.layer.order) if row.layer.order >= 0 else "·"
    return Cell(sign, "muted")


def shown_name(layer: LayerTime) -> str:
    """The name with the submodel in front as a number: `0: conv1` for `subgraph0: conv1`."""
    return short_name(layer.name)


def short_name(name: str) -> str:
    """The same of a name alone."""
    return name.removeprefix("subgraph") if name.startswith("subgraph") and ": " in name else name


def _named(row: LayerRow) -> Cell:
    return Cell(shown_name(row.layer), "" if _ran(row) else "muted")


def _soft(row: LayerRow, text: str) -> Cell:
    reorder = _ran(row) and row.layer.type == "Reorder" and text == row.layer.type
    return Cell(text, "warn" if reorder else "muted")


def _flop_rate(row: LayerRow) -> float:
    return row.layer.flop / row.layer.mean_ns if row.layer.mean_ns else 0.0


def _rate(row: LayerRow) -> Cell:
    rate = _flop_rate(row)
    return Cell(units.significant(rate) if rate else "·", "muted")


def _share(row: LayerRow) -> Cell:
    return Cell(units.share(row.share)) if _ran(row) else Cell("—", "muted")


def _cumulative(row: LayerRow) -> Cell:
    return Cell(f"{row.cumulative * 100:.0f} %", "muted") if _ran(row) else Cell("", "muted")


def words_short(layer: LayerTime) -> str:
    """The status in at most seven cells."""
    return {"executed": "ran", "fused": "fused", "optimized_out": "out", "below_resolution": "< 1 µs"}[layer.status]


def group_columns(groups: tuple[Group, ...], title: str) -> tuple[Column[Group], ...]:
    """Columns of a roll-up."""
    longest = max((group.time_ns for group in groups), default=0) or 1
    decimals = decimals_of(longest)
    return (
        Column("name", title, 20, lambda row: Cell(row.name or "not told"), sort=lambda row: row.name.lower(), most=70),
        Column("count", "layers", 7, lambda row: Cell(f"{row.count:,}", "muted"), sort=lambda row: row.count,
               right=True, descending=True, drop=2),
        Column("time", "ms", 8, lambda row: Cell(ms(row.time_ns, decimals)), sort=lambda row: row.time_ns, right=True,
               descending=True),
        Column("bar", "", 8, blank, drop=1, most=40, bar=lambda row: row.time_ns / longest),
        Column("share", "share", 7, lambda row: Cell(units.share(row.share)), sort=lambda row: row.share, right=True,
               descending=True),
    )  # fmt: skip


CAUSES = {
    "layout": "layout",
    "precision": "precision",
    "both": "both",
    "submodel_entry": "entry",
    "submodel_exit": "exit",
    "model_input": "model input",
    "model_output": "model output",
}
"""Causes of Reorders in a word or two."""


def cause_words(entry: Reorder) -> str:
    """The cause, with the number of the submodel where it has one."""
    words = CAUSES[entry.cause]
    if entry.cause in ("submodel_entry", "submodel_exit") and entry.submodel >= 0:
        return f"{words:<5} #{entry.submodel}"
    return words


def reorder_columns(reorders: tuple[Reorder, ...], look: LayerLook = PLAIN) -> tuple[Column[Reorder], ...]:
    """Columns of the Reorder doctor."""
    longest = max((entry.layer.mean_ns for entry in reorders), default=0) or 1
    decimals = decimals_of(longest)

    def between(entry: Reorder) -> str:
        return f"{entry.producer or '—'} → {entry.consumer or '—'}"

    def by_time(entry: Reorder) -> int:
        return look.settled.get(entry.layer.key, entry.layer.mean_ns)

    def time(entry: Reorder) -> Cell:
        return Cell(ms(entry.layer.mean_ns, decimals), "bold" if entry.layer.key in look.moved else "")

    def moves(entry: Reorder) -> Cell:
        count = entry.moved_bytes
        return Cell(units.size(count) if count else "—", "muted")

    return (
        Column("cause", "cause", 12, lambda row: Cell(cause_words(row), "warn"), sort=cause_words, drop=3),
        Column("name", "producer → consumer", 24, between, sort=between, most=70),
        Column("changes", "what changes", 23, lambda row: Cell(row.changes or "—"), sort=lambda row: row.changes,
               drop=2, most=30),
        Column("moves", "moves", 7, moves, sort=lambda row: row.moved_bytes, right=True, descending=True, drop=1,
               most=9),
        Column("time", "ms", 7, time, sort=by_time, right=True, descending=True),
        Column("bar", "", 6, blank, drop=1, most=16, bar=lambda row: row.layer.mean_ns / longest),
        Column("share", "share", 7, lambda row: Cell(units.share(row.share)), sort=by_time, right=True,
               descending=True, drop=1),
    )  # fmt: skip


KIND_WORDS = {"same": "same", "faster": "faster", "slower": "slower", "appeared": "appeared", "vanished": "gone"}
_KIND_ROLES = {"same": "muted", "faster": "good", "slower": "bad", "appeared": "warn", "vanished": "warn"}


def difference_columns(rows: tuple[AlignedRow, ...], before: str) -> tuple[Column[AlignedRow], ...]:
    """Columns of the difference to a reference."""
    decimals = decimals_of(max((max(row.a_ns, row.b_ns) for row in rows), default=0))

    def side(layers: tuple[LayerTime, ...], ns: int) -> Cell:
        return Cell(ms(ns, decimals)) if layers else Cell("—", "muted")

    def change(row: AlignedRow) -> Cell:
        return Cell(signed_ms(row.delta_ns, decimals), _KIND_ROLES[row.kind])

    def what(row: AlignedRow) -> Cell:
        return Cell(", ".join(f"{entry.before} → {entry.after}" for entry in row.changes), "muted")

    return (
        Column("name", "layer", 20, lambda row: Cell(short_name(row.name)), sort=lambda row: row.name.lower(),
               most=50),
        Column("type", "type", 11, lambda row: Cell(row.type, "muted"), sort=lambda row: row.type.lower(), drop=2,
               most=16),
        Column("kind", "what", 8, lambda row: Cell(KIND_WORDS[row.kind], _KIND_ROLES[row.kind]),
               sort=lambda row: row.kind),
        Column("before", before, 11, lambda row: side(row.a, row.a_ns), sort=lambda row: row.a_ns, right=True,
               descending=True),
        Column("time", "ms", 8, lambda row: side(row.b, row.b_ns), sort=lambda row: row.b_ns, right=True,
               descending=True),
        Column("change", "change", 9, change, sort=lambda row: abs(row.delta_ns), right=True, descending=True),
        Column("changes", "differs in", 20, what, drop=1, most=60, prose=True),
    )  # fmt: skip
