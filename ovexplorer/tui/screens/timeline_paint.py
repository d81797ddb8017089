"""Where the timeline looks: the piece of time, the lane and the request under the cursor, and what is kept of a run.

Knows no widgets. A frozen picture keeps the state it was taken from, so it can still be scrolled and zoomed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ovexplorer import units
from ovexplorer.analysis.request_advice import Advice, advice_on
from ovexplorer.analysis.requests import Request, RequestAnalysis, analyse_requests
from ovexplorer.session.state import RunState, Segment
from ovexplorer.tui.screens import timeline_view as view
from ovexplorer.tui.screens import timeline_words as words
from ovexplorer.tui.widgets.lane_paint import Lane, LanesView

STATISTICS_S = 10.0
FEW = 300
"""Requests in the statistics up to which they are made with every picture."""
MANY_EVERY_NS = 4_000_000_000
"""Engine time between two statistics of more requests."""


class Watch:
    """What is looked at, and what is known of it."""

    def __init__(self) -> None:
        self.zoom_ns: int | None = None
        """Length of the axis; None fits it to a usual request."""
        self.end_ns: int | None = None
        """Right end of the picture; None follows the run."""
        self.frozen: RunState | None = None
        """The state that is held."""
        self.frozen_at = ""
        self.lane = 0
        self.analysis = RequestAnalysis()
        self.advices: tuple[Advice, ...] = ()
        self.seen = view.Seen(view.Sight(0, 1))
        self._pinned: int | None = None
        self._segment: Segment | None = None
        self._placed: Mapping[int, int] = {}
        self._analysed_ns = 0
        self._cells = 1

    @property
    def segment(self) -> Segment | None:
        """The configuration that is shown; None without requests to show."""
        return self._segment

    def follow(self, state: RunState, cells: int) -> None:
        """Look at a state, or at the one that is held."""
        self._cells = cells
        shown = (self.frozen or state).measured
        segment = shown if shown is not None and any(entry.lane for entry in shown.spans) else None
        if segment is None or self._segment is None or segment.number != self._segment.number:
            self._begin_anew()
        self._segment = segment
        if segment is None:
            return
        self._analyse(segment)
        open_load = segment.spec.load != "closed"
        streams = segment.ready.streams if segment.ready else 0
        sight = self._sight(segment)
        self.seen = view.look(segment.spans, streams, sight, cells, open_load=open_load, before=self._placed)
        self._placed = self.seen.placed or self._placed
        if segment.failed is not None and len(self.seen.lanes) == 1:
            self.seen = replace(self.seen, lanes=(_failed_at_end(self.seen.lanes[0]),))
        self.lane = min(self.lane, max(0, len(self.seen.lanes) - 1))

    def _begin_anew(self) -> None:
        self.analysis, self.advices = RequestAnalysis(), ()
        self.end_ns, self._pinned, self._placed, self._analysed_ns = None, None, {}, 0

    def _analyse(self, segment: Segment) -> None:
        newest = view.newest_ns(segment.spans)
        since = newest - self._analysed_ns
        if since <= 0 or (self.analysis.counted > FEW and since < MANY_EVERY_NS):
            return
        self._analysed_ns = newest
        streams = segment.ready.streams if segment.ready else 0
        self.analysis = analyse_requests(view.newest_requests(segment.spans, STATISTICS_S), streams)
        self.advices = advice_on(self.analysis, segment.spec)

    def _sight(self, segment: Segment) -> view.Sight:
        end = self._now_ns(segment) if self.end_ns is None else self.end_ns
        return view.sight_until(end, self.span_ns, self._cells)

    def _now_ns(self, segment: Segment) -> int:
        """Where the picture ends while it follows."""
        newest, settled = view.newest_ns(segment.spans), view.settled_ns(segment.spans)
        # Of requests in flight nothing is told yet; a lane that was left alone must not hold the picture.
        return settled if newest - settled < max(self.span_ns // 2, 2 * self.analysis.stages.total.p95) else newest

    @property
    def span_ns(self) -> int:
        """Length of the axis."""
        if self.zoom_ns is not None:
            return self.zoom_ns
        return view.fit_ns(self.analysis.stages.total.p50, self._cells)

    # The cursor

    def chosen(self) -> Request | None:
        """The request under the cursor: the one stepped to, else the last whole one in sight on its lane."""
        requests = self.seen.requests
        if self._pinned is not None:
            return requests.get(self._pinned)
        sight = self.seen.sight
        here = [
            r
            for r in requests.values()
            if r.lane == self.lane and r.done_ns > sight.start_ns and r.begin_ns < sight.end_ns
        ]
        whole = [r for r in here if r.begin_ns >= sight.start_ns and r.done_ns <= sight.end_ns]
        return max(whole or here, key=lambda request: request.done_ns, default=None)

    def move_lane(self, by: int) -> None:
        """Another lane; the cursor stays at the same time."""
        lanes = len(self.seen.lanes)
        if not lanes:
            return
        before = self.chosen() if self._pinned is not None else None
        self.lane = min(lanes - 1, max(0, self.lane + by))
        if before is not None:
            near = [request for request in self.seen.requests.values() if request.lane == self.lane]
            found = min(near, key=lambda request: abs(request.done_ns - before.done_ns), default=before)
            self._pinned, self.lane = found.number, found.lane

    def step_request(self, by: int) -> None:
        """The request before or after on this lane; the picture stays with it."""
        if self._segment is None:
            return
        numbers = [
            (entry.first + at, entry.done_ns[at])
            for entry in self._segment.spans
            for at, lane in enumerate(entry.lane)
            if lane == self.lane
        ]
        now = self.chosen()
        if by < 0:
            found = next((n for n in reversed(numbers) if now is None or n[0] < now.number), None)
        else:
            found = next((n for n in numbers if now is not None and n[0] > now.number), None)
        if found is not None:
            self.go_to(found[0], self.lane, found[1])

    def go_to(self, number: int, lane: int, done_ns: int) -> None:
        """Put the cursor on a request, and bring it in sight."""
        self._pinned, self.lane = number, lane
        sight = self.seen.sight
        inside = sight.start_ns < done_ns <= sight.end_ns
        begin = self.seen.requests[number].begin_ns if number in self.seen.requests else done_ns
        self.end_ns = sight.end_ns if inside and begin >= sight.start_ns else done_ns + sight.span_ns // 4

    # The axis

    def scroll(self, direction: int) -> None:
        """A quarter of the picture back or forward; beyond the newest request it follows again."""
        if self._segment is None:
            return
        at = self.seen.sight.end_ns + direction * self.span_ns // 4
        self.end_ns = max(at, view.oldest_ns(self._segment.spans) + self.span_ns)
        if at >= self._now_ns(self._segment) - self.span_ns // self._cells:
            self.to_now()

    def to_now(self) -> None:
        """Follow the run again."""
        self.end_ns, self._pinned = None, None

    def to_start(self) -> None:
        """The oldest requests kept."""
        if self._segment is not None:
            self.end_ns = view.oldest_ns(self._segment.spans) + self.span_ns

    def zoom(self, direction: int) -> None:
        """Shorter with 1, longer with -1; what is under the cursor stays in sight."""
        request = self.chosen() if self._pinned is not None else None
        before = self.span_ns
        self.zoom_ns = view.zoomed(before, direction)
        if request is not None:
            self.end_ns = request.done_ns + self.zoom_ns // 4

    def freeze(self, state: RunState, at: str) -> None:
        """Hold the picture, or let it go."""
        self.frozen, self.frozen_at = (None, "") if self.frozen is not None else (state, at)

    # What is shown

    def lanes_view(self, *, cores: bool) -> LanesView:
        """For the widget."""
        segment, seen = self._segment, self.seen
        if segment is None:
            return LanesView()
        stages = self.analysis.stages
        unit, size = words.unit_of(stages.total.p50)
        medians = [words.figure(getattr(stages, name).p50, size) for name in (*words.STAGES, "total")]
        chosen = self.chosen()
        dues = None
        if segment.spec.load != "closed":
            dues = view.dues_in(segment.spans, seen.sight)
        return LanesView(
            seen.sight.start_ns,
            seen.sight.end_ns,
            seen.lanes,
            seen.streams,
            view.cores_of(segment.loads, seen.sight) if cores else (),
            dues,
            seen.dense,
            self.lane,
            chosen.number if chosen is not None else -1,
            (medians[0], medians[1], medians[2], medians[3], medians[4]),
            unit,
        )

    def tail(self, state: RunState, *, wide: bool) -> tuple[str, ...]:
        """How the picture relates to now, for its title."""
        drawn = f"1 in {self.seen.one_in:,} drawn" if self.seen.one_in > 1 else ""
        if self.frozen is not None:
            return (f"frozen {self.frozen_at}", drawn)
        if self.end_ns is not None and self._segment is not None:
            behind = max(0, self._now_ns(self._segment) - self.seen.sight.end_ns)
            return (f"{units.duration(behind)} behind · G now", drawn)
        word = state.status if state.status in ("live", "paused") else "ended"
        return (f"last {words.length(self.span_ns)}, {word}" if wide else word, drawn)


def _failed_at_end(lane: Lane) -> Lane:
    """With one lane it is known whose request failed: the one after its last."""
    return replace(lane, blocks=(*lane.blocks[:-1], *(replace(block, failed=True) for block in lane.blocks[-1:])))
