"""What the Reorder doctor says of one move of data: why it is there, what helps, and what all of them cost. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer import units
from ovexplorer.analysis.layers import LayerAnalysis
from ovexplorer.analysis.remedies import Remedy
from ovexplorer.analysis.reorders import Reorder, explain_reorders, why_words
from ovexplorer.schema.results import LayerProfile
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens.layers_columns import CAUSES, cause_words
from ovexplorer.tui.widgets.form import label
from ovexplorer.tui.widgets.lines import Line, wrap
from ovexplorer.tui.widgets.table_model import fit

NO_REMEDY = "none that can be asked for"


@dataclass(frozen=True)
class Alone:
    """What the CPU alone needs, for a run that is split over devices."""

    split: bool = False
    """Whether the run is split."""
    profile: LayerProfile | None = None
    counting: bool = False


def reorder_words(analysis: LayerAnalysis) -> str:
    """`26 reorders, 2.96 ms, 26 % of the latency`."""
    moves, latency_ns = analysis.reorders, analysis.profile.latency_ns
    if not moves:
        return "no Reorder ran"
    time_ns = sum(entry.layer.mean_ns for entry in moves)
    share = units.share(time_ns / latency_ns) if latency_ns else units.NOT_AVAILABLE
    return f"{_count(moves)}, {units.duration(time_ns)}, {share} of the latency"


def _count(moves: Sequence[Reorder]) -> str:
    kinds = {entry.kind for entry in moves}
    word = "reorder" if kinds == {"reorder"} else "move of data"
    if len(moves) == 1:
        return f"1 {word}"
    return f"{len(moves):,} {'reorders' if word == 'reorder' else 'moves of data'}"


def why_lines(entry: Reorder, width: int, rows: int) -> tuple[Line, ...]:
    """Why one is there."""
    parts = wrap(" ".join(why_words(entry)), max(20, width - 3))
    return tuple([((f" {part}", "text"),) for part in parts[: max(1, rows)]])


def remedy_lines(
    analysis: LayerAnalysis, found: Sequence[Remedy], alone: Alone, size: tuple[int, int], glyphs: Glyphs
) -> tuple[Line, ...]:
    """What to try, what it should bring, and what the moves of each cause cost."""
    width, rows = size
    tail: list[Line] = [*cause_lines(analysis, width)[:1], *alone_lines(alone, glyphs)]
    lines: list[Line] = []
    for number, remedy in enumerate(found):
        sign = " t  " if not number else "    "
        expected = expected_words(remedy, analysis.profile.latency_ns)
        room = max(20, width - len(expected) - 7)
        lines.append(((sign, "live*"), (fit(remedy.title, room, prose=True), "text*"), (f"  {expected}", "good")))
        lines += [
            ((f"    {part}", "muted"),) for part in wrap(f"{remedy.why} Sure: {remedy.sure}.", max(20, width - 6))
        ]
    if not found:
        lines.append(((f" {NO_REMEDY} takes this one away", "muted"),))
    return tuple([*lines[: max(1, rows - len(tail))], *tail][: max(1, rows)])


def expected_words(remedy: Remedy, latency_ns: int) -> str:
    """`expected −0.39 ms (3.4 %)`."""
    if remedy.expected_ns is None:
        return "t tells what it brings"
    saved = units.duration(remedy.expected_ns)
    share = f" ({units.share(remedy.expected_ns / latency_ns)})" if latency_ns else ""
    return f"expected {units.MINUS}{saved}{share}"


def short_remedy(found: Sequence[Remedy], latency_ns: int) -> tuple[str, ...]:
    """The first remedy in two lines."""
    if not found:
        return (NO_REMEDY,)
    return (found[0].title, expected_words(found[0], latency_ns))


def cause_lines(analysis: LayerAnalysis, width: int) -> tuple[Line, ...]:
    """Number and time of the moves of each cause, the most expensive first."""
    sums: dict[str, tuple[int, int]] = {}
    for entry in analysis.reorders:
        count, time_ns = sums.get(entry.cause, (0, 0))
        sums[entry.cause] = (count + 1, time_ns + entry.layer.mean_ns)
    parts = [
        f"{CAUSES[cause]} {count} · {units.duration(time_ns)}"
        for cause, (count, time_ns) in sorted(sums.items(), key=lambda item: -item[1][1])
    ]
    return (label("by cause", (fit("   ".join(parts), max(10, width - 13), prose=True), "text")),) if parts else ()


def alone_lines(alone: Alone, glyphs: Glyphs) -> tuple[Line, ...]:
    """What the CPU alone would need."""
    if not alone.split:
        return ()
    if alone.profile is None:
        words = f"{glyphs.working} counting" if alone.counting else "not counted"
        return (label("CPU alone", (words, "warn" if alone.counting else "muted")),)
    moves = explain_reorders(alone.profile.layers, alone.profile.latency_ns)
    time = units.duration(sum(entry.layer.mean_ns for entry in moves))
    latency = units.duration(alone.profile.latency_ns)
    words = f"has {_count(moves)}, {time} of its {latency}" if moves else f"has no reorder in its {latency}"
    return (label("CPU alone", (words, "text")),)


def beside_lines(entry: Reorder, remedy: Sequence[str], width: int, rows: int) -> tuple[Line, ...]:
    """One Reorder beside the table: what, why, how much, remedy."""
    cost = units.duration(entry.layer.mean_ns)
    between = fit(f"{entry.producer or '—'} → {entry.consumer or '—'}", max(10, width - len(cost) - 4))
    lines: list[Line] = [
        ((f" {between}  ", "text"), (cost, "text*")),
        label("changes", (entry.changes or "nothing that is told", "text"), width=10),
        *_labelled("cause", " ".join(why_words(entry)[-1:]) or cause_words(entry), width),
    ]
    if entry.moved_bytes:
        rate = f" at {units.significant(entry.gbps)} GB/s" if entry.gbps else ""
        lines.append(label("moves", (f"{units.size(entry.moved_bytes)}{rate}", "text"), width=10))
    for number, text in enumerate(remedy):
        words = fit(text.removeprefix("expected "), max(10, width - 11), prose=True).rstrip()
        lines.append(label("expect" if number else "remedy", (words, "text"), width=10))
    return tuple(lines[: max(1, rows)])


def _labelled(name: str, text: str, width: int) -> list[Line]:
    parts = wrap(text, max(20, width - 12))[:2]
    return [label("" if number else name, (part, "text"), width=10) for number, part in enumerate(parts)]
