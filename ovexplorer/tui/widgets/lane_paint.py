"""The picture of the timeline: lanes of requests, streams, cores and a time axis, painted from a prepared view.

The view holds what is in sight and nothing else, so that painting costs cells, not requests. Stages are patterns and
a request carries its number, so the picture needs no colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.cells import Line, Row
from ovexplorer.tui.widgets.lane_plan import Plan, plan_rows

WIDE = 110
"""Cells of the picture from which labels are whole words and lanes may be two rows high."""

_STAGE_ROLES = "mnmm"
_MS = 1e6
_STEPS = (1, 2, 3, 5, 6)
_LANE_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Block:
    """One request, in engine nanoseconds."""

    number: int
    lane: int
    edges: tuple[int, int, int, int, int]
    """Begin of capture, queue, inference and post, and the end."""
    stream: int = -1
    """Which stream ran it; -1 where nobody knows."""
    late: bool = False
    """Whether it began later than it was due."""
    failed: bool = False


@dataclass(frozen=True)
class Lane:
    """The requests of one request object, oldest first."""

    number: int
    blocks: tuple[Block, ...]
    busy: float = 0.0
    """Share 0..1 of the time in sight in which it had something to do."""
    slowest_ns: int = 0


@dataclass(frozen=True)
class Core:
    """Load of one CPU."""

    number: int
    loads: tuple[tuple[int, float], ...]
    """End of each second and the load 0..1 in it, oldest first."""


@dataclass(frozen=True)
class LanesView:
    """What the widget shows."""

    start_ns: int = 0
    end_ns: int = 1
    lanes: tuple[Lane, ...] = ()
    streams: tuple[tuple[Block, ...], ...] = ()
    cores: tuple[Core, ...] = ()
    dues: tuple[tuple[int, bool], ...] | None = None
    """Intended starts and whether the request was late; None in a closed loop."""
    dense: bool = False
    """Whether requests follow too fast for blocks: lanes show how many ended in each cell."""
    cursor: int = 0
    """Number of the lane under the cursor."""
    chosen: int = -1
    """Number of the request under the cursor."""
    legend: tuple[str, str, str, str, str] = ("", "", "", "", "")
    """Medians of the four stages and of the whole."""
    unit: str = "ms"
    """Of the medians."""
    empty: tuple[tuple[str, str], ...] = ()
    """Lines and their roles, said instead of the picture."""


@dataclass(frozen=True)
class Scale:
    """Time to cells."""

    start_ns: int
    end_ns: int
    left: int
    """Where the plot begins."""
    cells: int
    """Cells of the plot."""

    def cell(self, ns: int) -> int:
        """Cell of the plot in which a moment lies; may be outside."""
        return (ns - self.start_ns) * self.cells // max(1, self.end_ns - self.start_ns)


def scale_of(view: LanesView, width: int) -> Scale:
    """Where the plot is in a picture of a width."""
    left, right = (11, 2) if width >= WIDE else (10, 1)
    return Scale(view.start_ns, view.end_ns, left, max(1, width - left - right))


def plot_cells(width: int) -> int:
    """Cells of time in a picture of a width."""
    return scale_of(LanesView(), width).cells


def paint(view: LanesView, width: int, height: int, glyphs: Glyphs) -> list[Row]:
    """The whole picture; as many rows as have room."""
    scale = scale_of(view, width)
    wide = width >= WIDE
    plan = plan_rows(
        height,
        lanes=len(view.lanes),
        streams=len(view.streams),
        cores=len(view.cores),
        due=view.dues is not None,
        wide=wide,
    )
    rows: list[Row] = [blank_row(width)] * plan.air
    if view.dues is not None:
        rows.append(due_row(view.dues, scale, width, glyphs))
    rows += _lane_rows(view, scale, plan, width, glyphs)
    if plan.streams:
        rows += [stream_row(n, blocks, view, scale, width) for n, blocks in enumerate(view.streams)]
    if plan.cores and view.cores:
        rows += [blank_row(width)] * plan.air + [core_row(core, scale, width, glyphs) for core in view.cores]
    rows += [blank_row(width)] * plan.air
    rows += axis_rows(scale, width, glyphs)
    rows += [blank_row(width)] * plan.air
    rows.append(legend_row(view.legend, view.unit, scale.left if wide else 1, width, glyphs))
    return rows[:height]


def blank_row(width: int) -> Row:
    """A row with nothing."""
    return Line(width).row()


def shown_lanes(lanes: Sequence[Lane], most: int, cursor: int) -> tuple[Lane, ...]:
    """The lanes that have room: all in order, or the busiest and slowest, always with the one under the cursor."""
    if len(lanes) <= most:
        return tuple(lanes)
    ranked = sorted(lanes, key=lambda lane: (-round(lane.busy, 2), -lane.slowest_ns, lane.number))
    chosen = ranked[: max(1, most)]
    if cursor not in {lane.number for lane in chosen}:
        chosen[-1:] = [lane for lane in lanes if lane.number == cursor] or chosen[-1:]
    return tuple(chosen)


def _lane_rows(view: LanesView, scale: Scale, plan: Plan, width: int, glyphs: Glyphs) -> list[Row]:
    rows: list[Row] = []
    shown = shown_lanes(view.lanes, plan.lanes, view.cursor)
    name = "request" if width >= WIDE else "req"
    for lane in shown:
        for part in range(plan.height):
            line = Line(width)
            here = lane.number == view.cursor
            if here:
                line.put(0, glyphs.cursor, "l")
            if part == 0:
                line.put(1, f"{name} {lane.number}", "B" if here else "m", scale.left - 2)
            if view.dense:
                _paint_density(line, lane, scale, glyphs)
            else:
                for block in lane.blocks:
                    role = "l" if block.number == view.chosen else " " if here else "m"
                    paint_block(line, block, scale, glyphs, role, named=part == 0)
            rows.append(line.row())
        rows += [blank_row(width)] * plan.gap
    hidden = len(view.lanes) - len(shown)
    if hidden:
        line = Line(width)
        line.put(1, f"{hidden:,} more", "m")
        rows.append(line.row())
    return rows


def stage_cells(edges: tuple[int, int, int, int, int], scale: Scale) -> list[tuple[int, int, int]]:
    """Where each stage of a request lies, as (stage, first cell, cell after it).

    A stage shorter than a cell still gets one, taken from the longest; a request with fewer cells than stages shows
    its longest ones.
    """
    cells = [scale.cell(edge) for edge in edges]
    total = max(1, cells[4] - cells[0])
    stages = [stage for stage in range(4) if edges[stage + 1] > edges[stage]] or [2]
    if total < len(stages):
        longest = sorted(stages, key=lambda stage: edges[stage] - edges[stage + 1])
        stages = sorted(longest[:total])
    widths = {stage: max(1, cells[stage + 1] - cells[stage]) for stage in stages}
    while (over := sum(widths.values()) - total) != 0:
        widest = max(widths, key=lambda stage: widths[stage])
        widths[widest] -= min(over, widths[widest] - 1) if over > 0 else over
    found, at = [], cells[0]
    for stage in stages:
        found.append((stage, at, at + widths[stage]))
        at += widths[stage]
    return found


def paint_block(line: Line, block: Block, scale: Scale, glyphs: Glyphs, role: str, *, named: bool) -> None:
    """Paint one request into its lane; the role is that of its inference, and of all stages for the chosen one."""
    for stage, begin, after in stage_cells(block.edges, scale):
        first, stop = max(0, begin), min(scale.cells, after)
        if stop <= first:
            continue
        late = block.late and stage == 1
        own = role if role == "l" or stage == 2 else "w" if late else _STAGE_ROLES[stage]
        line.put(scale.left + first, glyphs.stages[stage] * (stop - first), own)
        number = str(block.number)
        if named and stage == 2 and stop - first >= len(number) + 2:
            at = scale.left + first + (stop - first - len(number)) // 2
            line.put(at, number, "L" if role == "l" else "B")
    if block.failed:
        at = min(scale.cell(block.edges[4]), scale.cells - 1)
        if at >= 0:
            line.put(scale.left + at, glyphs.bad, "D")


def _paint_density(line: Line, lane: Lane, scale: Scale, glyphs: Glyphs) -> None:
    counts = [0] * scale.cells
    for block in lane.blocks:
        cell = scale.cell(block.edges[4])
        if 0 <= cell < scale.cells:
            counts[cell] += 1
    most = max(counts) or 1
    for cell, count in enumerate(counts):
        if count:
            line.put(scale.left + cell, glyphs.levels[min(7, count * 8 // most)], " ")


def stream_row(number: int, blocks: Sequence[Block], view: LanesView, scale: Scale, width: int) -> Row:
    """Which request object a stream works for, a sign a cell; blank while it has nothing to do."""
    line = Line(width)
    line.put(1, f"stream {number}", "m", scale.left - 2)
    for block in blocks:
        first, after = scale.cell(block.edges[2]), scale.cell(block.edges[3])
        first, stop = max(0, first), min(scale.cells, max(after, first + 1))
        if stop > first:
            sign = _LANE_SIGNS[block.lane] if block.lane < len(_LANE_SIGNS) else "+"
            role = "l" if block.number == view.chosen else " " if block.lane == view.cursor else "m"
            line.put(scale.left + first, sign * (stop - first), role)
    return line.row()


def core_row(core: Core, scale: Scale, width: int, glyphs: Glyphs) -> Row:
    """Load of a CPU over time: a heavy line while it is busy, a thin one in between; the last figure in its label."""
    line = Line(width)
    figure = f"{core.loads[-1][1] * 100:.0f}%" if core.loads else glyphs.missing
    line.put(1, f"cpu{core.number}", "m")
    line.put_right(scale.left - 1, figure, "m")
    at = 0
    for cell in range(scale.cells):
        ns = scale.start_ns + (scale.end_ns - scale.start_ns) * cell // scale.cells
        while at < len(core.loads) - 1 and core.loads[at][0] < ns:
            at += 1
        load = core.loads[at][1] if core.loads else 0.0
        sign = glyphs.heavy_rule if load >= 0.66 else glyphs.rule if load >= 0.2 else " "
        line.put(scale.left + cell, sign, "n" if load < 0.66 else "m")
    return line.row()


def due_row(dues: Sequence[tuple[int, bool]], scale: Scale, width: int, glyphs: Glyphs) -> Row:
    """A sign for each intended start; those that were late warn, also over others in the same cell."""
    line = Line(width)
    line.put(1, "due", "m")
    for late in (False, True):
        for ns, was_late in dues:
            cell = scale.cell(ns)
            if was_late == late and 0 <= cell < scale.cells:
                line.put(scale.left + cell, glyphs.due, "W" if late else "m")
    return line.row()


def tick_ns(span_ns: int, cells: int, least: int = 9) -> int:
    """Time between two ticks that are at least so many cells apart: a round figure."""
    size = 1_000
    while True:
        for step in _STEPS:
            if step * size * cells >= span_ns * least:
                return step * size
        size *= 10


def axis_rows(scale: Scale, width: int, glyphs: Glyphs) -> list[Row]:
    """The axis and its labels; time counts from the left edge."""
    span = scale.end_ns - scale.start_ns
    step = tick_ns(span, scale.cells)
    seconds = span >= 2_000_000_000
    axis, labels = Line(width), Line(width)
    axis.put(scale.left, glyphs.rule * scale.cells, "n")
    for number in range(span // step + 1):
        cell = number * step * scale.cells // max(1, span)
        if cell >= scale.cells:
            break
        axis.put(scale.left + cell, glyphs.axis[1], "n")
        text = f"{number * step / (1e9 if seconds else _MS):g}"
        text = f"{text} {'s' if seconds else 'ms'}" if number == 0 else text
        if scale.left + cell + len(text) <= width:
            labels.put(scale.left + cell, text, "m")
    return [axis.row(), labels.row()]


def legend_row(legend: Sequence[str], unit: str, left: int, width: int, glyphs: Glyphs) -> Row:
    """What the patterns mean, with the median of each stage."""
    line = Line(width)
    names = ("capture", "queue", "infer", "post")
    after = f" {unit}" if width >= WIDE else ""
    gap = max(1, min(6, (width - left - 62) // 5))
    x = left
    for stage, name in enumerate(names):
        x = line.put(x, glyphs.stages[stage], _STAGE_ROLES[stage])
        x = line.put(x, f" {name} ", "m")
        x = line.put(x, f"{legend[stage]}{after}" if legend[stage] else glyphs.missing) + gap
    if legend[4]:
        whole = f"= {legend[4]} {unit}"
        longer = f"{whole} from due to done, p50"
        line.put(x, longer if x + len(longer) < width else whole, "m")
    return line.row()
