"""What a split costs, in lines: where the time goes, one submodel, one cut, what could be tried. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer import units
from ovexplorer.analysis.split.model import CostPicture, Side, Split, Submodel, Suggestion
from ovexplorer.tui.affinities import Affinities
from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.screens import graph_words as says
from ovexplorer.tui.widgets.frame import Piece
from ovexplorer.tui.widgets.lines import Line, wrap

_LEFT = 32
_NAMES = 8


def where_lines(picture: CostPicture, width: int, most: int, stand_ins: Sequence[str]) -> tuple[Line, ...]:
    """Bars of compute, Reorders and host gap: of the split and of each device alone, and what the split loses."""
    sides = (picture.main, *picture.alone)
    longest = max((side.latency_ns for side in sides), default=1) or 1
    left = _LEFT if width >= 120 else 24
    room = max(10, min(60, width - left - 48))
    lines = [_bar(side, longest, room, left, stand_ins) for side in sides[: max(1, most - 1)]]
    lost = lost_line(picture)
    if lost and len(lines) < most:
        lines.append(((f" {lost}", "text"),))
    if len(lines) < most:
        lines.append(((" One request runs its submodels one after another; several requests overlap them.", "muted"),))
    return tuple(lines)


def _bar(side: Side, longest: int, room: int, left: int, stand_ins: Sequence[str]) -> Line:
    cells = [round(room * max(0, part) / longest) for part in (side.compute_ns, side.reorder_ns, side.gap_ns)]
    name = side.title if not side.title.startswith("HETERO") else "this split"
    mark = ", a stand-in" if side.device in stand_ins else ""
    bars: tuple[Piece, ...] = (
        ("█" * cells[0], "muted"),
        ("▒" * cells[1], "warn"),
        ("░" * cells[2], "line"),
        (" " * max(0, room - sum(cells)), "text"),
    )
    share = f"{units.share(side.reorder_ns / side.latency_ns)}" if side.latency_ns else ""
    words = f"  {says.ms(side.compute_ns)} compute  ▒ {says.ms(side.reorder_ns)} {share}  gap {_signed(side.gap_ns)}"
    return (
        (f" {says.short(name + mark, left - 9):<{left - 9}}{says.ms(side.latency_ns):>7} ", "text"),
        *bars,
        (words, "muted"),
    )


def _signed(ns: int) -> str:
    return f"−{says.ms(-ns)}" if ns < 0 else says.ms(ns)


def lost_line(picture: CostPicture) -> str:
    """What the split loses against the baseline, and of what it is made."""
    base = picture.baseline
    if base is None:
        return ""
    lost = picture.main.latency_ns - base.latency_ns
    if lost <= 0:
        return f"{says.ms(-lost)} ms faster than {base.title}"
    reorders = picture.main.reorder_ns - base.reorder_ns
    gap = picture.main.gap_ns - base.gap_ns
    rest = lost - reorders - gap
    return (
        f"lost to the split {says.ms(lost)} ms, {units.share(lost / picture.main.latency_ns)}: "
        f"Reorders {_signed(reorders)}, host copies {_signed(gap)}, lost fusion and smaller kernels {_signed(rest)}"
    )


def _labelled(name: str, text: str, role: str = "text") -> Line:
    return ((f" {name:<10} ", "muted"), (text, role))


def submodel_lines(content: GraphContent, index: int | None, width: int) -> tuple[Line, ...]:
    """What is known of a submodel."""
    split = content.split
    entry = next((entry for entry in split.submodels if entry.index == index), None) if split is not None else None
    if split is None or entry is None:
        return ()
    lines = [_labelled("device", f"{entry.device}, {entry.count:,} operations")]
    if entry.time_ns >= 0:
        share = content.picture.main.latency_ns if content.picture is not None else 0
        part = f", {units.share(entry.time_ns / share)}" if share else ""
        lines.append(_labelled("time", f"{says.ms(entry.time_ns)} ms{part}"))
        lines.append(_labelled("Reorders", f"{says.ms(entry.reorder_ns)} ms in {len(entry.reorders)} rows", "warn"))
    names = ", ".join(str(content.graph.nodes[key].name) for key in entry.operations[:_NAMES])
    more = f" and {len(entry.operations) - _NAMES:,} more" if len(entry.operations) > _NAMES else ""
    for at, line in enumerate(wrap(names + more, max(20, width - 12))[:3]):
        lines.append(_labelled("holds" if not at else "", line))
    lines += _links(split, entry)
    return tuple(lines)


def _links(split: Split, entry: Submodel) -> list[Line]:
    lines: list[Line] = []
    for label, cuts in (
        ("in", [cut for cut in split.cuts if cut.target == entry.index]),
        ("out", [cut for cut in split.cuts if cut.source == entry.index]),
    ):
        for at, cut in enumerate(cuts[:4]):
            other = cut.source if label == "in" else cut.target
            reorder = f"  ▒ {says.ms(cut.reorder_ns)}" if cut.reorder_ns > 0 else ""
            lines.append(_labelled(label if not at else "", f"{other:>4}  {says.megabytes(cut.size_bytes)}{reorder}"))
        if len(cuts) > 4:
            lines.append(_labelled("", f"and {len(cuts) - 4:,} more", "muted"))
    return lines


def try_lines(
    suggestion: Suggestion | None, place: int, count: int, affinities: Affinities | None, width: int
) -> tuple[Line, ...]:
    """What `t` does: pending edits first, else the suggestion."""
    if affinities is not None and affinities.changed:
        return _edit_lines(affinities, width)
    if suggestion is None:
        return ((" nothing better was found", "muted"),), ((" a assigns by hand", "muted"),)
    lines: list[Line] = [((f" {suggestion.title}", "text*"),)]
    parts = ", ".join(f"{name} {_signed(ns)}" for name, ns in suggestion.parts)
    lines.append(((f" expect −{says.ms(suggestion.saving_ns)} ms: {parts}", "good"),))
    if any(suggestion.submodels) or any(suggestion.cuts):
        before, after = suggestion.submodels, suggestion.cuts
        lines.append(((f" submodels {before[0]} → {before[1]}, cuts {after[0]} → {after[1]}", "text"),))
    lines += [((f" {line}", "muted"),) for line in wrap(str(suggestion.reason), max(20, width - 2))[:4]]
    lines.append(((f" {place + 1} of {count} · t measures it, then keep or revert", "muted"),))
    return tuple(lines)


def _edit_lines(affinities: Affinities, width: int) -> tuple[Line, ...]:
    now, then = affinities.prediction_now.split, affinities.prediction.split
    lines: list[Line] = [
        ((f" {affinities.count:,} operations go elsewhere, not compiled yet", "warn"),),
        ((f" submodels {len(now.submodels):,} → {len(then.submodels):,}", "text"),),
        (
            (f" cuts {len(now.cuts):,} → {len(then.cuts):,}, ", "text"),
            (f"{now.cut_bytes / 1e6:.1f} → {then.cut_bytes / 1e6:.1f} MB", "text"),
        ),
        ((f" compile about {affinities.prediction.compile_s:.1f} s", "text"),),
    ]
    for finding in affinities.prediction.findings:
        sign, role = {"good": ("✓", "good"), "warn": ("!", "warn"), "bad": ("✗", "bad")}[finding.state]
        lines.append(((f" {sign} ", role), (wrap(str(finding.text), max(20, width - 4))[0], "text")))
    lines.append(((" t measures it · u undoes", "muted"),))
    return tuple(lines)
