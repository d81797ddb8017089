"""What the timeline shows of a run: which requests are in sight, on which streams, and the statistics beside them.

Pure, and bounded: whatever the rate of the model, a look at it builds at most `MOST_BLOCKS` blocks and analyses at
most `MOST_ANALYSED` requests.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from ovexplorer.analysis.requests import LATE_NS, Request, RequestAnalysis, analyse_requests
from ovexplorer.schema.results import Load
from ovexplorer.schema.spans import Spans
from ovexplorer.tui.widgets.lane_paint import Block, Core, Lane

MOST_BLOCKS = 1_500
"""Requests drawn one by one; above it, and above two in a cell, lanes show densities."""
MOST_ANALYSED = 2_000
PER_CELL = 2
LEAD = 64
"""Requests before those in sight that are looked at too, to know which stream was free."""
DISORDER = 64
"""Requests by which the order of their beginnings may differ from that of their ends."""

ZOOMS_NS = tuple(ms * 1_000_000 for ms in (10, 20, 30, 60, 100, 200, 300, 600, 1_000, 2_000, 3_000, 6_000,
                                           10_000, 20_000, 30_000, 60_000))  # fmt: skip
"""Lengths of the time axis."""
FIT = 36
"""Cells that a usual request fills with the default zoom."""


@dataclass(frozen=True)
class Sight:
    """The piece of time that is shown."""

    start_ns: int
    end_ns: int

    @property
    def span_ns(self) -> int:
        """Its length."""
        return self.end_ns - self.start_ns


@dataclass(frozen=True)
class Seen:
    """What lies in a piece of time."""

    sight: Sight
    lanes: tuple[Lane, ...] = ()
    streams: tuple[tuple[Block, ...], ...] = ()
    requests: Mapping[int, Request] = field(default_factory=dict)
    """By number; those in sight and a few before them. Empty when dense."""
    placed: Mapping[int, int] = field(default_factory=dict)
    """Number to stream, as drawn."""
    dense: bool = False
    one_in: int = 1
    """Of how many requests one is drawn."""


def newest_ns(spans: Sequence[Spans]) -> int:
    """When the last request was done; 0 without any."""
    return max((max(entry.done_ns, default=0) for entry in spans[-2:]), default=0)


def settled_ns(spans: Sequence[Spans]) -> int:
    """Until when all lanes are told: a request is told when it is done, so the newest moments lack those in flight."""
    last: dict[int, int] = {}
    for entry in spans[-2:]:
        for lane, done in zip(entry.lane[-LEAD:], entry.done_ns[-LEAD:]):
            last[lane] = max(done, last.get(lane, 0))
    return min(last.values(), default=0)


def oldest_ns(spans: Sequence[Spans]) -> int:
    """When the first one kept began; 0 without any."""
    return min((entry.begin_ns[0] for entry in spans[:1] if entry.begin_ns), default=0)


def fit_ns(usual_ns: float, cells: int) -> int:
    """The zoom at which a usual request is best seen."""
    wanted = max(1.0, usual_ns) * cells / FIT
    return min(ZOOMS_NS, key=lambda zoom: max(zoom / wanted, wanted / zoom))


def zoomed(span_ns: int, direction: int) -> int:
    """The next zoom: 1 shortens the axis."""
    nearest = min(range(len(ZOOMS_NS)), key=lambda at: abs(ZOOMS_NS[at] - span_ns))
    return ZOOMS_NS[min(len(ZOOMS_NS) - 1, max(0, nearest - direction))]


def sight_until(end_ns: int, span_ns: int, cells: int) -> Sight:
    """A piece of time that ends with the cell of a moment, so that the picture moves by whole columns."""
    cell = max(1, span_ns // max(1, cells))
    end = -(-end_ns // cell) * cell
    return Sight(end - span_ns, end)


def newest_requests(spans: Sequence[Spans], seconds: float, most: int = MOST_ANALYSED) -> tuple[Spans, ...]:
    """The last seconds, at most so many requests; entries are cut where they are too long."""
    return _between(spans, newest_ns(spans) - round(seconds * 1e9), 1 << 62, most, lead=0)


def _between(spans: Sequence[Spans], start_ns: int, end_ns: int, most: int, lead: int) -> tuple[Spans, ...]:
    """Requests that touch a piece of time, and a few before it; the newest of them where they are too many."""
    taken: list[Spans] = []
    left, extra = most, lead
    for entry in reversed(spans):
        stop = _until(entry, end_ns)
        if not stop:
            continue
        first = min(stop, bisect_left(entry.done_ns, start_ns))
        kept = max(0, first - extra)
        extra -= first - kept
        kept = max(kept, stop - left)
        if kept < stop:
            taken.append(_cut(entry, kept, stop))
        left -= stop - kept
        if kept > 0 or left <= 0:
            break
    return tuple(reversed(taken))


def _until(entry: Spans, end_ns: int) -> int:
    """Index after the last request that began until a moment; beginnings are in order but for those in flight."""
    stop = min(len(entry.begin_ns), bisect_right(entry.begin_ns, end_ns) + DISORDER)
    while stop and entry.begin_ns[stop - 1] > end_ns:
        stop -= 1
    return stop


def _cut(entry: Spans, first: int, stop: int) -> Spans:
    if not first and stop == len(entry.lane):
        return entry
    return msgspec.structs.replace(
        entry,
        first=entry.first + first,
        lane=entry.lane[first:stop],
        due_ns=entry.due_ns[first:stop],
        begin_ns=entry.begin_ns[first:stop],
        start_ns=entry.start_ns[first:stop],
        end_ns=entry.end_ns[first:stop],
        done_ns=entry.done_ns[first:stop],
    )


def is_late(request: Request) -> bool:
    """Whether it was begun later than it was due by more than anybody would overlook."""
    return request.begin_ns - request.due_ns > max(LATE_NS, request.infer // 10)


def look(
    spans: Sequence[Spans],
    streams: int,
    sight: Sight,
    cells: int,
    *,
    open_load: bool = False,
    before: Mapping[int, int] | None = None,
) -> Seen:
    """What is in sight.

    Args:
        spans: Of one segment, oldest first.
        streams: As in ConfigurationReady.
        sight: What is shown.
        cells: Its width.
        open_load: Whether requests can be late.
        before: Streams of requests as they were drawn last, so that rows do not swap.
    """
    inside = _between(spans, sight.start_ns, sight.end_ns, 1 << 62, lead=0)
    count = sum(len(entry.lane) for entry in inside)
    lanes = 1 + max((max(entry.lane) for entry in inside), default=-1)
    if count > min(MOST_BLOCKS, PER_CELL * cells * lanes):
        return _densities(inside, count, lanes, sight, cells)
    analysis = analyse_requests(_between(spans, sight.start_ns, sight.end_ns, MOST_ANALYSED, lead=LEAD), streams)
    names = _names(analysis, before or {})
    placed = {request.number: names[request.stream] for request in analysis.requests}
    by_lane: dict[int, list[Block]] = {}
    by_stream: list[list[Block]] = [[] for _ in range(analysis.streams if streams else 0)]
    for request in analysis.requests:
        if request.done_ns < sight.start_ns or request.begin_ns > sight.end_ns:
            continue
        block = _block(request, placed[request.number], late=open_load and is_late(request))
        by_lane.setdefault(request.lane, []).append(block)
        if streams:
            by_stream[block.stream].append(block)
    dropped = sum(entry.dropped for entry in inside)
    return Seen(
        sight,
        tuple(_lane(number, by_lane.get(number, []), sight) for number in range(analysis.lanes)),
        tuple(tuple(blocks) for blocks in by_stream),
        {request.number: request for request in analysis.requests},
        placed,
        one_in=max(1, round((count + dropped) / count)) if count else 1,
    )


def _block(request: Request, stream: int, *, late: bool) -> Block:
    edges = (request.begin_ns, request.start_ns, request.infer_ns, request.end_ns, request.done_ns)
    return Block(request.number, request.lane, edges, stream, late)


def _lane(number: int, blocks: Sequence[Block], sight: Sight) -> Lane:
    busy = sum(min(block.edges[4], sight.end_ns) - max(block.edges[0], sight.start_ns) for block in blocks)
    slowest = max((block.edges[4] - block.edges[0] for block in blocks), default=0)
    return Lane(number, tuple(blocks), busy / max(1, sight.span_ns), slowest)


def _names(analysis: RequestAnalysis, before: Mapping[int, int]) -> dict[int, int]:
    """Derived streams have no names of their own: take those under which most of their requests were drawn."""
    votes = Counter(
        (request.stream, before[request.number]) for request in analysis.requests if request.number in before
    )
    names: dict[int, int] = {}
    free = set(range(analysis.streams))
    for (stream, name), _ in votes.most_common():
        if stream not in names and name in free:
            names[stream] = name
            free.remove(name)
    for stream in range(analysis.streams):
        if stream not in names:
            names[stream] = min(free)
            free.remove(names[stream])
    return names


def _densities(inside: Sequence[Spans], count: int, lanes: int, sight: Sight, cells: int) -> Seen:
    """One in so many requests of each lane, as moments at which they ended."""
    wanted = min(MOST_BLOCKS, PER_CELL * cells * lanes)
    step = 1
    while count > wanted * step:
        step *= 2
    seen = [0] * lanes
    blocks: list[list[Block]] = [[] for _ in range(lanes)]
    drawn = 0
    for entry in inside:
        for offset, lane in enumerate(entry.lane):
            seen[lane] += 1
            if seen[lane] % step:
                continue
            done = entry.done_ns[offset]
            edges = (entry.begin_ns[offset], entry.start_ns[offset], entry.start_ns[offset], entry.end_ns[offset], done)
            blocks[lane].append(Block(entry.first + offset, lane, edges))
            drawn += 1
    dropped = sum(entry.dropped for entry in inside)
    return Seen(
        sight,
        tuple(
            Lane(lane, tuple(found), float(len(found)), max((b.edges[4] - b.edges[0] for b in found), default=0))
            for lane, found in enumerate(blocks)
        ),
        dense=True,
        one_in=max(1, round((count + dropped) / max(1, drawn))),
    )


def dues_in(spans: Sequence[Spans], sight: Sight) -> tuple[tuple[int, bool], ...]:
    """Intended starts in sight, and whether the request began late; also of those that began after it."""
    found: list[tuple[int, bool]] = []
    for entry in reversed(spans):
        first = max(0, bisect_left(entry.due_ns, sight.start_ns) - DISORDER)
        stop = bisect_right(entry.due_ns, sight.end_ns) + DISORDER
        rows = zip(
            entry.due_ns[first:stop], entry.begin_ns[first:stop], entry.start_ns[first:stop], entry.end_ns[first:stop]
        )
        for due, begin, start, end in rows:
            if sight.start_ns <= due <= sight.end_ns:
                found.append((due, begin - due > max(LATE_NS, (end - start) // 10)))
        if len(found) > MOST_BLOCKS:
            break
    return tuple(found)


def cores_of(loads: Sequence[Load], sight: Sight) -> tuple[Core, ...]:
    """Load of each CPU in the seconds that are in sight."""
    near = [load for load in loads if sight.start_ns <= load.at_ns <= sight.end_ns + 1_000_000_000] or list(loads[-1:])
    numbers = [number for number, _ in near[-1].cores] if near else []
    return tuple(
        Core(number, tuple((load.at_ns, dict(load.cores).get(number, 0.0)) for load in near)) for number in numbers
    )
