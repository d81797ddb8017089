"""Rows and columns of the lane list: one row an operation, one for what is cut between two of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ovexplorer.analysis.split.model import Cut
from ovexplorer.graph.lanes import lane_rows
from ovexplorer.graph.model import Graph, Node
from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.screens import graph_words as says
from ovexplorer.tui.widgets.table_model import Cell, Column, blank


@dataclass(frozen=True)
class OperationRow:
    """One operation, or a folded block of them."""

    key: int
    """In the graph that is shown."""
    whole: int
    """In the whole graph: what is selected."""
    node: Node
    lanes: str
    hidden: int
    """Tensors without a lane."""
    fused: bool
    count: int = 1
    """Operations it stands for."""


@dataclass(frozen=True)
class CutRow:
    """What goes from one submodel to the next below this point."""

    cut: int
    """Position in `split.cuts`."""
    words: str
    lanes: str
    after: int
    """Key of the row above it."""


Row = OperationRow | CutRow


def row_key(row: Row) -> tuple[str, int]:
    """Tells rows apart."""
    return ("cut", row.cut) if isinstance(row, CutRow) else ("node", row.key)


@dataclass(frozen=True)
class RowLook:
    """What decides how rows look."""

    letters: dict[str, str]
    chips: dict[str, str]
    longest_ns: int
    marked: frozenset[int]
    """Whole keys."""
    hits: frozenset[int]
    """Shown keys."""
    pending: dict[int, str]
    """Device that an operation is to go to, by whole key."""
    ordered: bool
    """Whether rows stand in running order: lanes and cuts mean something only then."""


def rows_of(content: GraphContent, graph: Graph, whole: Sequence[int]) -> tuple[Row, ...]:
    """All rows in running order.

    Args:
        content: For the cuts.
        graph: What is shown: folded or not.
        whole: Key in the whole graph by key in `graph`.
    """
    lanes = content.lanes if graph is content.folded else lane_rows(graph, range(len(graph.nodes)))
    cuts = _cuts_after(content)
    found: list[Row] = []
    for node, lane in zip(graph.nodes, lanes):
        key = whole[node.key]
        found.append(OperationRow(node.key, key, node, lane.text, lane.hidden, node.status.startswith("fused")))
        first = min((whole[graph.edges[at].target] for at in graph.outgoing[node.key]), default=-1)
        for at, cut in cuts.get(key, ()):
            across = lane.between if first in cut.consumers else lane.beyond
            found.append(CutRow(at, says.cut_words(cut), across, node.key))
    return tuple(found)


def _cuts_after(content: GraphContent) -> dict[int, list[tuple[int, Cut]]]:
    """Cuts and their positions by the key of their producer."""
    found: dict[int, list[tuple[int, Cut]]] = {}
    if content.split is not None:
        for at, cut in enumerate(content.split.cuts):
            found.setdefault(cut.producer, []).append((at, cut))
    return found


def columns_of(look: RowLook, *, devices: bool, submodels: bool, lanes: int) -> tuple[Column[Row], ...]:
    """Columns, narrow screens drop shape, layout, primitive, precision, bar and type in this order."""
    columns: list[Column[Row]] = []
    if look.ordered and lanes:
        columns.append(Column("lane", "lane", max(4, lanes), _lane))
    columns.append(Column("order", "#", 5, _number, sort=_order, right=True))
    columns.append(Column("name", "operation", 16, lambda row: _name(row, look), sort=_sort_name, most=48))
    columns.append(Column("type", "type", 11, _type, sort=lambda row: _text(row, "type"), drop=8, most=16))
    if devices:
        chip = 5 if look.pending else 1
        columns.append(Column("device", "d", chip, lambda row: _device(row, look), lambda row: _text(row, "device")))
        columns.append(Column("device_name", "device", 8, lambda row: Cell(_text(row, "device"), "muted"), drop=3))
    if submodels:
        columns.append(Column("submodel", "sub", 4, _submodel, sort=_sort_submodel, right=True, drop=9))
    columns += [
        Column(
            "precision", "prec", 5, lambda row: _text(row, "precision"), lambda row: _text(row, "precision"), drop=4
        ),
        Column("layout", "layout", 7, lambda row: _text(row, "layout"), lambda row: _text(row, "layout"), drop=2),
        Column("shape", "shape", 16, _shape, drop=1),
        Column("ms", "ms", 7, _ms, sort=_time, right=True, descending=True),
        Column("bar", "", 10, blank, bar=lambda row: _share(row, look), drop=6, most=20),
    ]
    return tuple(columns)


def _lane(row: Row) -> Cell:
    return Cell(row.lanes, "line" if isinstance(row, CutRow) else "")


def _number(row: Row) -> Cell:
    return Cell("" if isinstance(row, CutRow) else str(row.key), "muted")


def _name(row: Row, look: RowLook) -> Cell:
    if isinstance(row, CutRow):
        return Cell(f"╌╌╌ {row.words} {'╌' * 40}", "warn", span=True)
    mark = "● " if row.whole in look.marked else ""
    count = f" ({row.count:,})" if row.count > 1 else ""
    role = "live" if row.key in look.hits or mark else "muted" if row.fused else ""
    return Cell(f"{mark}{row.node.name}{count}", role)


def _type(row: Row) -> Cell:
    return Cell("" if isinstance(row, CutRow) else str(row.node.type), "muted")


def _text(row: Row, name: str) -> str:
    return "" if isinstance(row, CutRow) else str(getattr(row.node, name))


def _device(row: Row, look: RowLook) -> Cell:
    if isinstance(row, CutRow) or not row.node.device:
        return Cell("")
    device = str(row.node.device)
    wanted = look.pending.get(row.whole)
    if wanted is not None and wanted != device:
        return Cell(f"{look.letters.get(device, '?')} → {look.letters.get(wanted, '?')}", "warn")
    return Cell(f"{look.letters.get(device, '?')}", look.chips.get(device, ""))


def _submodel(row: Row) -> Cell:
    known = not isinstance(row, CutRow) and row.node.submodel >= 0
    return Cell(str(row.node.submodel) if known and isinstance(row, OperationRow) else "", "muted")


def _shape(row: Row) -> Cell:
    return Cell("" if isinstance(row, CutRow) else says.shape_words(str(row.node.shape)), "muted")


def _ms(row: Row) -> Cell:
    if isinstance(row, CutRow):
        return Cell("")
    if row.node.time_ns < 0:
        return Cell(str(row.node.status), "muted", span=bool(row.node.status))
    if row.node.time_ns == 0 and row.node.status:
        return Cell("<0.001", "muted")
    return Cell(says.ms(row.node.time_ns))


def _share(row: Row, look: RowLook) -> float:
    if isinstance(row, CutRow) or row.node.time_ns <= 0 or not look.longest_ns:
        return 0.0
    return row.node.time_ns / look.longest_ns


def _order(row: Row) -> tuple[int, int]:
    return (row.after, 1 + row.cut) if isinstance(row, CutRow) else (row.key, 0)


def _sort_name(row: Row) -> str:
    return "" if isinstance(row, CutRow) else str(row.node.name).lower()


def _sort_submodel(row: Row) -> int:
    return -1 if isinstance(row, CutRow) else row.node.submodel


def _time(row: Row) -> int:
    return -1 if isinstance(row, CutRow) else row.node.time_ns


def operations_only(rows: Iterable[Row]) -> list[OperationRow]:
    """Without cuts."""
    return [row for row in rows if isinstance(row, OperationRow)]
