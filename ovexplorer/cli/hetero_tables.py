"""A split over devices as tables for reading: submodels in running order, cuts, where time goes, what could help."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.analysis.align import outstanding_reorders
from ovexplorer.analysis.split.losses import losses
from ovexplorer.analysis.split.model import CostPicture, Cut, RuleFinding, Side, Split, Submodel, Suggestion
from ovexplorer.analysis.split.words import counted
from ovexplorer.cli.console import Console
from ovexplorer.cli.layers_tables import WIDEST_NAME, reorders_table
from ovexplorer.cli.tables import Column, Table, pairs
from ovexplorer.export.hetero import throughput_document
from ovexplorer.schema.topology import Topology
from ovexplorer.text import clean
from ovexplorer.tuning.splits import BASELINE, MeasuredSplit
from ovexplorer.units import NOT_AVAILABLE, duration, ms_number, share, signed_percent, significant, size

MOST_ROWS = 30
"""Rows of a table, unless all are asked for."""

_BAR = 24
_MOST_CUTS = 20
_MOST_REORDERS = 12
_MOST_SUGGESTIONS = 8
_SIGNS = {"good": "✓", "warn": "!", "bad": "✗"}


def print_split(console: Console, found: MeasuredSplit, title: str, *, everything: bool = False) -> None:
    """Print all that is known about a split.

    Args:
        console: Where to.
        found: What was measured.
        title: What it is, for the first table.
        everything: Whether every row is listed.
    """
    picture, topology = found.picture, found.topology
    split = picture.split if picture is not None else found.predicted
    if topology is None or split is None:
        return
    most = 0 if everything else MOST_ROWS
    console.table(devices_table(found, title))
    latency_ns = picture.main.latency_ns if picture is not None else 0
    console.table(submodels_table(topology, split, latency_ns, most))
    if split.cuts:
        console.table(cuts_table(topology, split, latency_ns, 0 if everything else _MOST_CUTS))
    if picture is not None:
        console.table(sides_table(picture))
        console.table(pairs("", _said(found, picture)))
        _print_outstanding(console, found, everything=everything)
    if found.findings:
        console.table(findings_table(found.findings))
    if picture is not None:
        console.table(suggestions_table(found.suggestions, latency_ns, 0 if everything else _MOST_SUGGESTIONS))


def devices_table(found: MeasuredSplit, title: str) -> Table:
    """The devices in their order, and what each does not take."""
    topology = found.topology
    support = {entry.device: entry for entry in found.support}
    rows = []
    for device in found.devices:
        words = ["stand-in: the CPU plugin again"] if device in found.spec.stand_ins else []
        if lacks := found.spec.lacks.get(device):
            words.append(f"pretends to lack {clean(', '.join(lacks), 60)}")
        entry = support.get(device)
        if entry is not None and entry.failed:
            words.append(f"cannot be asked: {entry.failed}")
        elif entry is not None and topology is not None:
            count = sum(each.role == "operation" for each in topology.operations)
            missing = sum(topology.operations[key].role == "operation" for key in entry.missing)
            words.append(f"takes {count - missing:,} of {count:,} operations")
        rows.append((clean(device), clean("; ".join(words), 200)))
    return Table((Column("device"), Column("what it is")), tuple(rows), title)


def submodels_table(topology: Topology, split: Split, latency_ns: int = 0, most: int = 0) -> Table:
    """Submodels in running order; with times also when each begins, as one request runs them one after another.

    Args:
        topology: The model.
        split: Its submodels.
        latency_ns: Of one inference; 0 when it was not measured.
        most: Rows; 0 means all.
    """
    timed = latency_ns > 0
    columns = [Column("#", True), Column("device"), Column("ops", True), Column("first operation")]
    if timed:
        columns += [Column("ms", True), Column("share", True), Column("Reorders", True), Column("from ms", True)]
        columns.append(Column("when"))
    rows = []
    begin_ns = 0
    for entry in sorted(split.submodels, key=lambda entry: entry.index)[: most or None]:
        real = [key for key in entry.operations if topology.operations[key].role == "operation"]
        first = topology.operations[(real or entry.operations)[0]].name if entry.operations else ""
        cells = [str(entry.index), clean(entry.device), str(len(real)), first]
        if timed:
            cells += _when(entry, begin_ns, latency_ns)
            begin_ns += max(0, entry.time_ns)
        rows.append(tuple(cells))
    counts = {device: sum(entry.device == device for entry in split.submodels) for device in split.devices}
    shared = ", ".join(f"{count} on {clean(device)}" for device, count in counts.items() if count)
    head = f"{counted(len(split.submodels), 'submodel')}: {shared}" if split.submodels else "no submodels"
    left = len(split.submodels) - len(rows)
    return Table(tuple(columns), tuple(rows), f"{head}; {left:,} more, --all lists them" if left else head, True, 36)


def cuts_table(topology: Topology, split: Split, latency_ns: int = 0, most: int = 0) -> Table:
    """Cuts, the most expensive ones first."""
    timed = latency_ns > 0
    columns = [
        Column("cut"), Column("producer"), Column("consumer"), Column("devices"), Column("shape"), Column("type"),
        Column("size", True),
    ]  # fmt: skip
    columns += [Column("Reorders ms", True)] if timed else []
    ordered = sorted(split.cuts, key=lambda cut: (-cut.reorder_ns, -cut.size_bytes, cut.source, cut.target))
    rows = tuple(_cut_cells(topology, cut, timed=timed) for cut in ordered[: most or None])
    moved = size(split.cut_bytes) if split.cut_bytes else "dynamic size"
    head = f"{counted(len(split.cuts), 'cut')}, {moved} in one inference"
    spent_ns = sum(max(0, cut.reorder_ns) for cut in split.cuts)
    if timed:
        head += f", Reorders for them {duration(spent_ns)} ({share(spent_ns / latency_ns)})"
    left = len(split.cuts) - len(rows)
    return Table(
        tuple(columns), rows, f"{head}; {left:,} cheaper ones, --all lists them" if left else head, True, WIDEST_NAME
    )


def sides_table(picture: CostPicture) -> Table:
    """Where the time goes: of this split and of each device alone."""
    columns = (
        Column("where the time goes"), Column("latency ms", True), Column("compute", True), Column("Reorders", True),
        Column("host gap", True), Column("count", True), Column("of the latency", True),
    )  # fmt: skip
    return Table(columns, tuple(_side_cells(side) for side in (picture.main, *picture.alone)))


def findings_table(findings: Sequence[RuleFinding]) -> Table:
    """Rules of thumb, what needs a look first."""
    order = {"bad": 0, "warn": 1, "good": 2}
    rows = tuple(
        (_SIGNS[entry.state], clean(entry.text), clean(entry.fix))
        for entry in sorted(findings, key=lambda entry: order[entry.state])
    )
    return Table((Column(""), Column("rules of thumb"), Column("what to do")), rows)


def suggestions_table(suggestions: Sequence[Suggestion], latency_ns: int, most: int = 0) -> Table:
    """What could help, best first."""
    columns = (
        Column("", True), Column("suggestion"), Column("expect ms", True), Column("", True), Column("submodels", True),
        Column("cuts", True), Column("because"),
    )  # fmt: skip
    shown = suggestions[: most or None]
    rows = tuple(
        (
            str(number),
            entry.title,
            saving_number(entry.saving_ns),
            signed_percent(-entry.saving_ns / latency_ns) if latency_ns else "",
            f"{entry.submodels[0]} → {entry.submodels[1]}",
            f"{entry.cuts[0]} → {entry.cuts[1]}",
            entry.reason,
        )
        for number, entry in enumerate(shown, 1)
    )
    head = (
        "suggestions, from measured times; --improve tries them" if rows else "no suggestion: nothing promises a gain"
    )
    left = len(suggestions) - len(rows)
    return Table(columns, rows, f"{head}; {left} smaller ones not shown" if left else head, bool(rows))


def saving_number(saving_ns: float) -> str:
    """A saving as a change of the latency in milliseconds: `−0.39` is faster."""
    return f"{'−' if saving_ns > 0 else '+'}{significant(abs(saving_ns) / 1e6)}"


def throughput_words(found: MeasuredSplit) -> str:
    """What several requests make of a split; what they could make when there is only one."""
    said = throughput_document(found)
    if said is None:
        return "-api async -nireq 2 measures what several requests make of it: one submodel beside another"
    fps, alone = said["fps"], said["one_request_fps"]
    measured = f"{significant(fps)} FPS" if fps else NOT_AVAILABLE
    gain = f", {significant(said['overlap'])} times" if fps else ""
    return f"{said['requests']} requests {measured}, one request after another would be {significant(alone)} FPS{gain}"


def _said(found: MeasuredSplit, picture: CostPicture) -> list[tuple[str, str]]:
    said = []
    for side in picture.alone:
        lost = losses(picture, side)
        if lost is None:
            continue
        words = f"{duration(abs(lost.total_ns))} {'slower' if lost.total_ns >= 0 else 'faster'}"
        words += f" ({share(abs(lost.share))})" if lost.total_ns >= 0 else ""
        parts = (("Reorders", lost.reorder_ns), ("host copies", lost.host_ns), ("compute and fusion", lost.compute_ns))
        words += ": " + ", ".join(f"{name} {_signed(time_ns)}" for name, time_ns in parts)
        said.append((f"against {clean(lost.against)}", words))
    said += [(f"{clean(entry.device)} alone", f"not measured: {entry.why}") for entry in found.alone if entry.why]
    if picture.model_reorder_ns:
        count = counted(len(picture.model_reorders), "Reorder")
        said.append(("the model's own", f"{count}, {duration(picture.model_reorder_ns)}, needed without a cut too"))
    if picture.unjoined:
        names = ", ".join(picture.unjoined[:3])
        said.append(("not joined", f"{counted(len(picture.unjoined), 'layer')}: {clean(names, 120)}"))
    said.append(("requests", throughput_words(found)))
    said += [("note", clean(note)) for note in (*found.notes, *picture.notes)]
    if found.spec.stand_ins:
        names = ", ".join(clean(name) for name in found.spec.stand_ins)
        said.append(("stand-in", f"{names}: times show what cuts cost, not the speed of a second device"))
    return said


def _print_outstanding(console: Console, found: MeasuredSplit, *, everything: bool) -> None:
    alone = found.profile_of(BASELINE)
    if found.profile is None or alone is None:
        return
    outstanding = outstanding_reorders(found.profile, alone)
    if outstanding:
        most = len(outstanding) if everything else _MOST_REORDERS
        console.table(reorders_table(outstanding, most, "Reorders that CPU alone does not need"))
    else:
        console.table(pairs("", [("Reorders", "none that CPU alone does not need too")]))


def _when(entry: Submodel, begin_ns: int, latency_ns: int) -> list[str]:
    if entry.time_ns < 0:
        return [NOT_AVAILABLE, "", "", "", ""]
    start = min(_BAR - 1, _BAR * begin_ns // latency_ns)
    end = max(start + 1, min(_BAR, round(_BAR * (begin_ns + entry.time_ns) / latency_ns)))
    return [
        ms_number(entry.time_ns),
        share(entry.time_ns / latency_ns),
        ms_number(entry.reorder_ns) if entry.reorder_ns > 0 else "·",
        ms_number(begin_ns),
        "·" * start + "█" * (end - start),
    ]


def _cut_cells(topology: Topology, cut: Cut, *, timed: bool) -> tuple[str, ...]:
    names = [topology.operations[key].name for key in cut.consumers]
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    cells = [
        f"{cut.source}→{cut.target}",
        topology.operations[cut.producer].name,
        f"{names[0]}{more}" if names else "",
        f"{clean(cut.from_device)} → {clean(cut.to_device)}",
        clean(cut.shape, 60),
        clean(cut.element_type, 20),
        size(cut.size_bytes) if cut.size_bytes else NOT_AVAILABLE,
    ]
    if timed:
        cells.append(ms_number(cut.reorder_ns) if cut.reorder_ns >= 0 else NOT_AVAILABLE)
    return tuple(cells)


def _side_cells(side: Side) -> tuple[str, ...]:
    return (
        clean(side.title),
        ms_number(side.latency_ns),
        ms_number(side.compute_ns),
        ms_number(side.reorder_ns),
        ms_number(side.gap_ns),
        counted(side.reorder_count, "Reorder"),
        f"{share(side.reorder_ns / side.latency_ns)} Reorders" if side.latency_ns else NOT_AVAILABLE,
    )


def _signed(time_ns: int) -> str:
    return f"{'+' if time_ns > 0 else ''}{duration(time_ns)}"
