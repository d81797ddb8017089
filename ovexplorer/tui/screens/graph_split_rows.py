"""Rows and columns of the submodels view: submodels with their lanes, and cuts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovexplorer.analysis.split.model import Cut, Split, Submodel
from ovexplorer.graph.lanes import lane_rows
from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.schema.topology import Topology
from ovexplorer.text import RawName, clean
from ovexplorer.tui.screens import graph_words as says
from ovexplorer.tui.widgets.table_model import Cell, Column, blank


@dataclass(frozen=True)
class SubmodelRow:
    """One submodel."""

    submodel: Submodel
    lanes: str
    partner: bool
    """Whether the cut under the cursor begins or ends here."""
    wanted: str
    """Device that its operations are to go to; empty when nothing is pending, `…` when only some go."""


@dataclass(frozen=True)
class CutEntry:
    """One cut."""

    at: int
    """Position in `split.cuts`."""
    cut: Cut
    name: str
    """Of the producer."""
    partner: bool
    """Whether the submodel under the cursor is one of its ends."""


def submodel_rows(
    split: Split, *, selected: int | None, cut: int | None, pending: Mapping[int, str]
) -> tuple[SubmodelRow, ...]:
    """All submodels in running order.

    Args:
        split: What is shown.
        selected: Nothing is marked for it; it is the cursor row itself.
        cut: Position of the cut under the cursor.
        pending: Device that operations are to go to, by key.
    """
    order = sorted(split.submodels, key=lambda entry: entry.index)
    lanes = lane_rows(_quotient(order, split.cuts), range(len(order)))
    ends = {split.cuts[cut].source, split.cuts[cut].target} if cut is not None and cut < len(split.cuts) else set()
    return tuple(
        SubmodelRow(entry, lane.text, entry.index in ends and entry.index != selected, _wanted(entry, pending))
        for entry, lane in zip(order, lanes)
    )


def _wanted(entry: Submodel, pending: Mapping[int, str]) -> str:
    devices = {pending.get(key, entry.device) for key in entry.operations}
    if devices == {entry.device}:
        return ""
    return devices.pop() if len(devices) == 1 else "…"


def _quotient(order: Sequence[Submodel], cuts: Sequence[Cut]) -> Graph:
    """Submodels as nodes, for the lanes."""
    place = {entry.index: at for at, entry in enumerate(order)}
    nodes = tuple(
        Node(key=at, name=clean(str(entry.index)), raw_name=RawName(str(entry.index)), id=RawName(str(entry.index)))
        for at, entry in enumerate(order)
    )
    edges = tuple(
        Edge(source=place[cut.source], target=place[cut.target])
        for cut in cuts
        if cut.source in place and cut.target in place
    )
    return Graph("submodels", clean("submodels"), nodes, edges)


def cut_rows(split: Split, topology: Topology | None, submodel: int | None) -> tuple[CutEntry, ...]:
    """All cuts, the most expensive first, or the largest where nothing was measured."""
    found = [
        CutEntry(
            at,
            cut,
            str(topology.operations[cut.producer].name) if topology is not None else str(cut.producer),
            submodel is not None and submodel in (cut.source, cut.target),
        )
        for at, cut in enumerate(split.cuts)
    ]
    return tuple(sorted(found, key=lambda entry: (-entry.cut.reorder_ns, -entry.cut.size_bytes, entry.at)))


def submodel_columns(
    split: Split, letters: Mapping[str, str], chips: Mapping[str, str]
) -> tuple[Column[SubmodelRow], ...]:
    """Columns; bars go first on a narrow screen."""
    timed = any(entry.time_ns >= 0 for entry in split.submodels)
    longest = max((entry.time_ns for entry in split.submodels), default=0)
    columns: list[Column[SubmodelRow]] = [
        Column("lane", "lane", 5, lambda row: row.lanes),
        Column("index", "#", 4, _index, sort=lambda row: row.submodel.index, right=True),
        Column("chip", "d", 1, lambda row: _chip(row, letters, chips)),
        Column("device", "device", 7, _device, sort=lambda row: row.submodel.device, most=14),
        Column(
            "count", "ops", 5, lambda row: f"{row.submodel.count:,}",
            sort=lambda row: row.submodel.count, right=True, descending=True,
        ),
    ]  # fmt: skip
    if timed:
        columns += [
            Column("bar", "time ms", 8, blank, bar=lambda row: row.submodel.time_ns / longest if longest else 0.0,
                   drop=2, most=24),
            Column("time", "ms", 6, lambda row: says.ms(row.submodel.time_ns), sort=lambda row: row.submodel.time_ns,
                   right=True, descending=True),
            Column("reorder", "reorder", 7, _reorder, sort=lambda row: row.submodel.reorder_ns, right=True,
                   descending=True),
        ]  # fmt: skip
    return tuple(columns)


def cut_columns(split: Split) -> tuple[Column[CutEntry], ...]:
    """Columns of the cut list."""
    timed = any(cut.reorder_ns >= 0 for cut in split.cuts)
    columns: list[Column[CutEntry]] = [
        Column("cut", "cut", 7, _ends, sort=lambda row: (row.cut.source, row.cut.target)),
        Column("name", "from", 8, lambda row: row.name, sort=lambda row: row.name, most=40),
        Column("size", "size", 7, lambda row: Cell(says.megabytes(row.cut.size_bytes), "muted"),
               sort=lambda row: row.cut.size_bytes, right=True, descending=True),
    ]  # fmt: skip
    if timed:
        columns.append(
            Column("reorder", "reorder", 7, _cut_reorder, sort=lambda row: row.cut.reorder_ns, right=True,
                   descending=True)
        )  # fmt: skip
    return tuple(columns)


def _chip(row: SubmodelRow, letters: Mapping[str, str], chips: Mapping[str, str]) -> Cell:
    return Cell(letters.get(row.submodel.device, "?"), chips.get(row.submodel.device, ""))


def _index(row: SubmodelRow) -> Cell:
    return Cell(f"{'▸' if row.partner else ''}{row.submodel.index}", "live" if row.partner else "")


def _device(row: SubmodelRow) -> Cell:
    if row.wanted:
        return Cell(f"{row.submodel.device}→{row.wanted}", "warn")
    return Cell(row.submodel.device)


def _reorder(row: SubmodelRow) -> Cell:
    ns = row.submodel.reorder_ns
    return Cell(says.ms(ns), "warn") if ns > 0 else Cell("·", "muted")


def _ends(row: CutEntry) -> Cell:
    return Cell(f"{'▸' if row.partner else ' '}{says.cut_ends(row.cut)}", "live" if row.partner else "")


def _cut_reorder(row: CutEntry) -> Cell:
    return Cell(says.ms(row.cut.reorder_ns), "warn") if row.cut.reorder_ns > 0 else Cell("·", "muted")
