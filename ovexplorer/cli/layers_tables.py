"""A profile as tables for reading: rows with their sum and the gap, roll-ups, Reorders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ovexplorer.analysis.efficiency import Efficiency, efficiency
from ovexplorer.analysis.layer_filter import LayerFilter
from ovexplorer.analysis.layers import Group, GroupField, LayerAnalysis, LayerRow, analyse, group_layers
from ovexplorer.analysis.primitives import explain_primitive
from ovexplorer.analysis.reorders import Reorder, layout_changes
from ovexplorer.cli.console import Console
from ovexplorer.cli.tables import Column, Table, pairs
from ovexplorer.export.layers import gap_words, overhead_words
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.schema.results import LayerProfile
from ovexplorer.text import clean
from ovexplorer.units import NOT_AVAILABLE, duration, share, significant, size

WIDEST_NAME = 44
_MOST_REORDERS = 20

_STATUS = {"executed": "", "fused": "fused", "optimized_out": "optimized out", "below_resolution": "below 1 µs"}
_RAN = ("executed", "below_resolution")


@dataclass(frozen=True)
class View:
    """Which rows are listed, and how."""

    sort: str = "time"
    """A key of `_KEYS`, or `executed`: only what was timed, in order."""
    group: GroupField | None = None
    """Roll rows up by this instead of listing them."""
    wanted: LayerFilter = field(default_factory=LayerFilter)
    everything: bool = False
    """Whether also what did not run is listed."""
    reorders: bool = False
    """Whether every Reorder is listed, however cheap."""

    def accepts(self, row: LayerRow) -> bool:
        """Whether a row is listed; a word of its status brings one in that did not run."""
        layer = row.layer
        if self.everything or layer.status in _RAN:
            if self.sort == "executed" and layer.status != "executed":
                return False
            return all(test(layer, row.share) for test in self.wanted.tests)
        return bool(self.wanted.text) and self.wanted.accepts(layer, row.share)


@dataclass(frozen=True)
class _Judged:
    """A row with its rates."""

    row: LayerRow
    rates: Efficiency | None

    @property
    def moved(self) -> int:
        return self.row.layer.read_bytes + self.row.layer.written_bytes


_Key = Callable[[_Judged], tuple[object, ...]]


def _most(figure: Callable[[_Judged], float | None]) -> _Key:
    """The largest first, what is unknown last."""

    def key(judged: _Judged) -> tuple[object, ...]:
        value = figure(judged)
        return value is None, -(value or 0), -judged.row.layer.mean_ns

    return key


def _text(attribute: str) -> _Key:
    return lambda judged: (str(getattr(judged.row.layer, attribute)), -judged.row.layer.mean_ns)


def _order(judged: _Judged) -> tuple[object, ...]:
    return judged.row.layer.order < 0, judged.row.layer.order


_KEYS: dict[str, _Key] = {
    "time": lambda judged: (-judged.row.layer.mean_ns, *_order(judged)),
    "order": _order,
    "executed": _order,
    "name": _text("name"),
    "type": _text("type"),
    "primitive": _text("primitive"),
    "precision": _text("precision"),
    "layout": _text("layouts"),
    "shape": _text("shapes"),
    "block": _text("block"),
    "status": _text("status"),
    "error": _most(lambda judged: judged.row.layer.error_ns),
    "flop": _most(lambda judged: judged.row.layer.flop or None),
    "bytes": _most(lambda judged: judged.moved or None),
    "gflops": _most(lambda judged: judged.rates.gflops if judged.rates else None),
    "gbps": _most(lambda judged: judged.rates.gbps if judged.rates else None),
    "peak": _most(lambda judged: judged.rates.share if judged.rates else None),
}


def print_profile(
    console: Console, profile: LayerProfile, title: str, view: View, peak: PeakFacts | None = None
) -> None:
    """Print rows or a roll-up of them, what they add up to, and the Reorders."""
    analysis = analyse(profile)
    if view.group is not None:
        console.table(_group_rows(analysis, title, view, view.group))
    else:
        console.table(layers_table(analysis, title, view, peak))
        console.table(groups_table("by type", analysis.by_type))
        console.table(primitives_table(analysis.by_primitive))
        for heading, groups in (("by precision", analysis.by_precision), ("by block", analysis.by_block)):
            if len(groups) > 1:
                console.table(groups_table(heading, groups))
    if analysis.reorders or view.reorders:
        most = len(analysis.reorders) if view.reorders else _MOST_REORDERS
        console.table(reorders_table(analysis.reorders, most))
    changes = layout_changes(profile.layers, profile.latency_ns) if view.reorders else ()
    if changes:
        console.table(reorders_table(changes, len(changes), "layers that also change the layout, in all"))
    said = [("gap", gap_words(analysis.gap).removeprefix("gap ")), ("overhead", overhead_words(profile))]
    said.append(("peak", _peak_words(peak)))
    console.table(pairs("", [(name, text) for name, text in said if text]))
    if profile.note:
        console.notice(f"notice: {profile.note}")


def layers_table(analysis: LayerAnalysis, title: str, view: View, peak: PeakFacts | None = None) -> Table:
    """The rows with their sum, the gap and the latency below."""
    profile = analysis.profile
    rows = [_Judged(row, efficiency(row.layer, peak)) for row in analysis.rows if view.accepts(row)]
    rows.sort(key=_KEYS[view.sort])
    rates = any(judged.rates is not None for judged in rows)
    columns = [
        Column("#", True), Column("layer"), Column("type"), Column("primitive"), Column("prec."),
        Column("mean µs", True), Column("share", True),
    ]  # fmt: skip
    if rates:
        columns += [Column("GFLOP/s", True), Column("GB/s", True)]
    if rates and peak is not None:
        columns.append(Column("of peak", True))
    columns.append(Column("note"))
    cells = [_cells(judged, rates=rates, roof=peak is not None) for judged in rows]
    blank = ("",) * (len(columns) - 7)
    for label, time_ns in _sums(analysis, rows, view):
        fraction = share(time_ns / profile.latency_ns) if profile.latency_ns else NOT_AVAILABLE
        cells.append(("", label, "", "", "", significant(time_ns / 1e3), fraction, *blank))
    head = f"{title} · {profile.iterations:,} inferences counted · {analysis.executed} ran, {analysis.fused} fused"
    if view.wanted.text:
        head += f" · {len(rows):,} match {clean(view.wanted.text, 40)}"
    return Table(tuple(columns), tuple(cells), head, most_width=WIDEST_NAME)


def _sums(analysis: LayerAnalysis, rows: Sequence[_Judged], view: View) -> list[tuple[str, int]]:
    sums = [
        ("counted", analysis.counted_ns), ("gap", analysis.gap_ns), ("latency", analysis.profile.latency_ns)
    ]  # fmt: skip
    if view.wanted.text:
        sums.insert(0, ("listed", sum(judged.row.layer.mean_ns for judged in rows)))
    return sums


def _cells(judged: _Judged, *, rates: bool, roof: bool) -> tuple[str, ...]:
    layer, found = judged.row.layer, judged.rates
    ran = layer.status == "executed"
    note = f"into {layer.fused_into}" if layer.fused_into else _STATUS[layer.status]
    cells = [
        str(layer.order) if layer.order >= 0 else "",
        layer.name,
        layer.type,
        layer.primitive,
        clean(layer.precision),
        significant(layer.mean_ns / 1e3) if ran else NOT_AVAILABLE,
        share(judged.row.share) if ran else "",
    ]
    if rates:
        cells += [_figure(found.gflops if found else None), _figure(found.gbps if found else None)]
        cells += [found.words if found else ""] if roof else []
    return (*cells, note)


def _figure(value: float | None) -> str:
    return "" if value is None else significant(value)


def _peak_words(peak: PeakFacts | None) -> str:
    if peak is None:
        return ""
    rates = [f"{clean(name, 20)} {significant(value)} GFLOP/s" for name, value in sorted(peak.gflops.items())]
    words = f"{', '.join(rates)}, copy {significant(peak.gbps)} GB/s, {peak.threads} threads"
    return f"{words}; {peak.note}" if peak.note else words


def _group_rows(analysis: LayerAnalysis, title: str, view: View, by: GroupField) -> Table:
    ran = (row.layer for row in analysis.rows if row.layer.status in _RAN and view.accepts(row))
    groups = group_layers(ran, by, analysis.profile.latency_ns)
    table = primitives_table(groups, title) if by == "primitive" else groups_table(f"by {by}", groups, title)
    blank = ("",) * (len(table.columns) - 4)
    latency_ns = analysis.profile.latency_ns
    shares = [share(ns / latency_ns) if latency_ns else NOT_AVAILABLE for ns in (analysis.counted_ns, analysis.gap_ns)]
    sums = (
        ("counted", str(analysis.executed), significant(analysis.counted_ns / 1e3), shares[0], *blank),
        ("gap", "", significant(analysis.gap_ns / 1e3), shares[1], *blank),
    )
    return Table(table.columns, (*table.rows, *sums), table.title, most_width=table.most_width)


def groups_table(heading: str, groups: Iterable[Group], title: str = "") -> Table:
    """A roll-up."""
    columns = (Column(heading), Column("layers", True), Column("µs", True), Column("share", True))
    rows = tuple(
        (clean(group.name) or NOT_AVAILABLE, str(group.count), significant(group.time_ns / 1e3), share(group.share))
        for group in groups
    )
    return Table(columns, rows, title, most_width=WIDEST_NAME)


def primitives_table(groups: Sequence[Group], title: str = "") -> Table:
    """The roll-up by primitive, with what each name means."""
    table = groups_table("by primitive", groups, title)
    rows = tuple((*row, explain_primitive(group.name)) for row, group in zip(table.rows, groups))
    # Words are folded, not cut: the end of a sentence matters.
    return Table((*table.columns, Column("which is")), rows, table.title)


def reorders_table(reorders: Sequence[Reorder], most: int, title: str = "Reorders") -> Table:
    """Reorders with their causes, the most expensive ones."""
    columns = (
        Column("Reorder between"), Column("and"), Column("converts"), Column("because of"), Column("bytes", True),
        Column("µs", True), Column("share", True),
    )  # fmt: skip
    rows = tuple(
        (
            entry.producer or NOT_AVAILABLE,
            entry.consumer or NOT_AVAILABLE,
            clean(entry.changes),
            entry.cause.replace("_", " "),
            size(moved) if (moved := entry.layer.read_bytes + entry.layer.written_bytes) else "",
            significant(entry.layer.mean_ns / 1e3),
            share(entry.share),
        )
        for entry in reorders[:most]
    )
    left = len(reorders) - len(rows)
    head = f"{len(reorders)} {title}, {duration(sum(entry.layer.mean_ns for entry in reorders))}"
    return Table(columns, rows, f"{head}; {left} cheaper ones not shown" if left else head, most_width=WIDEST_NAME)
