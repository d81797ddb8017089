"""Timeline: what does a request wait for?

Single requests are told only while this screen is open, and the run notices it.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from ovexplorer import units
from ovexplorer.errors import UsageError
from ovexplorer.options.apply import describe_change, headline
from ovexplorer.schema.spec import DEMO_PREFIX
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui.actions import bindings_for
from ovexplorer.tui.screens import timeline_words as words
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.timeline_paint import Watch
from ovexplorer.tui.state_view import precision_of
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tui.widgets.lane_paint import LanesView, plot_cells
from ovexplorer.tui.widgets.lanes import Lanes
from ovexplorer.tui.widgets.lines import Line, Lines, wrap

REDRAW_NS = 500_000_000
"""Time between two pictures that nobody asked for, at least; more where the budget of the screen says so."""

FINDS = ">200ms, #4217 or late"


class TimelineScreen(OvxScreen[None]):
    """Turns keys into moves of a `Watch`, and shows what it sees."""

    NAME = "timeline"
    CSS_PATH = "timeline.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("timeline")
    AUTO_FOCUS = "#lanes"

    def __init__(self) -> None:
        super().__init__()
        self._watch = Watch()
        self._wanted: tuple[str, float] | None = None
        self._drawn_ns: int | None = None
        self._asked_to = False

    def body(self) -> ComposeResult:
        """The picture; under it the request, the stages and what they say."""
        yield Lanes(self.glyphs, id="lanes", classes="panel")
        yield Ask(id="timeline-ask")
        with Container(id="timeline-below"):
            yield Lines(id="timeline-request", classes="panel")
            yield Lines(id="timeline-stages", classes="panel")
            yield Lines(id="timeline-says", classes="panel")

    # Tracing

    def on_screen_resume(self) -> None:
        """Have single requests told."""
        super().on_screen_resume()
        self._trace(self.state)

    def on_screen_suspend(self) -> None:
        """No more."""
        super().on_screen_suspend()
        if not self.ovx.replay:
            self.ovx.do(self.session.trace(False))

    def _trace(self, state: RunState) -> None:
        if self._hidden or self.ovx.replay or state.tracing or state.status not in ("live", "paused", "working"):
            return
        self.ovx.do(self.session.trace(True))

    # What is shown

    def on_tick(self, state: RunState) -> None:
        """Draw at most twice a second, and at once what a key changed."""
        self._trace(state)
        now = self.ovx.clock.monotonic_ns()
        least = max(REDRAW_NS, round(self._period * 0.9e9))
        if not self._asked_to and self._drawn_ns is not None and now - self._drawn_ns < least:
            # Whatever comes last is drawn by a later tick.
            self._seen_revision = -1
            return
        self._drawn_ns, self._asked_to = now, False
        if self._watch.frozen is not None and self._watch.segment is not None:
            state = self._watch.frozen
        self._paint(state)

    def redraw(self) -> None:
        """Show the present state now."""
        self._asked_to = True
        super().redraw()

    @property
    def _lanes(self) -> Lanes:
        return self.query_one(Lanes)

    def _paint(self, state: RunState) -> None:
        watch, lanes = self._watch, self._lanes
        watch.follow(state, plot_cells(max(20, lanes.content_size.width)))
        segment = watch.segment
        if self.has_class("-empty") != (segment is None):
            self.set_class(segment is None, "-empty")
            # What was hidden has no size yet.
            self.call_after_refresh(self.redraw)
        if segment is None:
            self.title_panel(lanes, "Requests")
            empty = words.empty_lines(state, replay=self.ovx.replay, glyphs=self.glyphs)
            lanes.show(LanesView(empty=empty))
            return
        boxed = self.size.width >= 120
        in_flight = segment.ready.requests if segment.ready else len(watch.seen.lanes)
        failed = (f"{self.glyphs.bad} failed",) if segment.failed else ()
        tail = (*watch.tail(state, wide=boxed), *failed)
        self.title_panel(lanes, words.title(segment, in_flight, tail), "h l scroll · + - zoom · [ ] request · F freeze")
        lanes.show(watch.lanes_view(cores=self.size.width >= 160))
        self._show_request(segment)
        self._show_stages(segment)
        self._show_says(segment)

    def _show_request(self, segment: Segment) -> None:
        panel, watch = self.query_one("#timeline-request", Lines), self._watch
        request = watch.chosen()
        lines: tuple[Line, ...] = ()
        if segment.failed is not None:
            text = f"{self.glyphs.bad} {segment.failed.what}. {' '.join(segment.failed.detail[:1])}"
            lines = tuple(((f" {part}", "bad"),) for part in wrap(text, max(20, panel.size.width - 2))[:3])
        if request is None:
            self.title_panel(panel, "No request")
            why = "too many to tell one by one; + shows less time" if watch.seen.dense else "none of this lane in sight"
            panel.show((*lines, ((f" {why}", "muted"),)))
            return
        stream = watch.seen.placed.get(request.number, request.stream)
        self.title_panel(panel, f"Request {request.number:,} on lane {request.lane}", "y copies as JSON")
        width, height = panel.size
        found = words.details(request, stream, watch.seen.requests, segment.spec, width, max(3, height - len(lines)))
        panel.show((*lines, *found))

    def _show_stages(self, segment: Segment) -> None:
        panel = self.query_one("#timeline-stages", Lines)
        if self.size.width < 160:
            return
        unit, _ = words.unit_of(self._watch.analysis.stages.total.p50)
        self.title_panel(panel, f"Stages of the last {self._watch.analysis.counted:,} requests, {unit}")
        panel.show(words.stage_lines(self._watch.analysis, segment.spec, panel.size.width, self.glyphs))

    def _show_says(self, segment: Segment) -> None:
        panel, advices = self.query_one("#timeline-says", Lines), self._watch.advices
        self.title_panel(panel, "What it says", "t tries · u takes it back" if self._trial() else "")
        why = f"{self._watch.analysis.counted} requests; a few more are needed"
        lines = words.says(advices, segment.spec, panel.size.width, panel.size.height, why)
        overlap = words.overlap_words(self._watch.analysis, segment.spec)
        if overlap and not any(advice.code == "sync_overlap" for advice in advices):
            lines = (*lines, ((f" {overlap}", "muted"),))
        panel.show(lines)

    def _trial(self) -> bool:
        return any(advice.change for advice in self._watch.advices[:1])

    # Keys of the picture

    @on(Lanes.Moved)
    def _lane_moved(self, event: Lanes.Moved) -> None:
        self._watch.move_lane(event.by)
        self.redraw()

    @on(Lanes.Scrolled)
    def _scrolled(self, event: Lanes.Scrolled) -> None:
        if event.to == "now":
            self._watch.to_now()
        elif event.to == "start":
            self._watch.to_start()
        else:
            self._watch.scroll(-1 if event.to == "back" else 1)
        self.redraw()

    def action_view_more(self) -> None:
        """A shorter time axis."""
        self._watch.zoom(1)
        self.redraw()

    def action_view_less(self) -> None:
        """A longer time axis."""
        self._watch.zoom(-1)
        self.redraw()

    def action_view_fit(self) -> None:
        """The usual time axis."""
        self._watch.zoom_ns = None
        self.redraw()

    def action_view_previous_landmark(self) -> None:
        """The request before on this lane."""
        self._watch.step_request(-1)
        self.redraw()

    def action_view_next_landmark(self) -> None:
        """The request after it."""
        self._watch.step_request(1)
        self.redraw()

    def action_view_freeze(self) -> None:
        """Hold the picture while the run goes on, or let it go."""
        if self._watch.segment is not None:
            self._watch.freeze(self.state, units.stopwatch(self.ovx.uptime_s()))
            self.redraw()

    def action_view_zoom_panel(self) -> None:
        """The picture fills the body; again: back."""
        self.toggle_class("-zoomed")
        self.call_after_refresh(self.redraw)

    def action_view_next(self) -> None:
        """The picture alone, or all panels."""
        self.action_view_zoom_panel()

    def action_view_previous(self) -> None:
        """The same: there are two views."""
        self.action_view_zoom_panel()

    # Finding

    def action_list_find(self) -> None:
        """Ask what to look for."""
        if self._watch.segment is not None:
            ask = self.query_one(Ask)
            ask.open("find", "Find request")
            ask.say(FINDS)

    def action_list_next_hit(self) -> None:
        """The next request that is looked for; after the last one the first."""
        self._step_hit(1)

    def action_list_previous_hit(self) -> None:
        """The one before."""
        self._step_hit(-1)

    def _step_hit(self, by: int) -> None:
        segment = self._watch.segment
        if segment is None or self._wanted is None:
            return
        found = words.hits(segment.spans, self._wanted)
        if not found:
            self.tell("no request kept matches", bad=True)
            return
        now = self._watch.chosen()
        at = (now.done_ns, now.number) if now is not None else (self._watch.seen.sight.end_ns, 0)
        places = [(end, number) for number, _, end in found]
        if by > 0:
            place = next((n for n, hit in enumerate(places) if hit > at), 0)
        else:
            place = next((n for n in reversed(range(len(places))) if places[n] < at), len(places) - 1)
        self._watch.go_to(*found[place])
        self.tell(f"{place + 1:,} of {len(found):,} found")
        self.redraw()

    # Asking

    @on(Ask.Changed)
    def _typed(self, event: Ask.Changed) -> None:
        if event.ask.purpose == "find":
            known = not event.text or words.read_find(event.text) is not None
            event.ask.say(FINDS, "muted" if known else "warn")

    @on(Ask.Submitted)
    def _entered(self, event: Ask.Submitted) -> None:
        if event.purpose == "export":
            self.ovx.do(self._export(event.ask, event.text))
            return
        self._wanted = words.read_find(event.text)
        if self._wanted is None:
            event.ask.say(f"say {FINDS}", "warn")
            return
        event.ask.close()
        self._step_hit(-1)

    def action_app_back(self) -> None:
        """Close exactly one thing: the field, the frozen picture, the zoom; then what is under way."""
        ask = self.query_one(Ask)
        if ask.is_open:
            ask.close()
        elif self._watch.frozen is not None:
            self.action_view_freeze()
        elif self.has_class("-zoomed"):
            self.action_view_zoom_panel()
        else:
            super().action_app_back()

    # Using it

    def action_advice_try(self) -> None:
        """Go on with the configuration that the text proposes."""
        segment = self._watch.segment
        advice = next((entry for entry in self._watch.advices[:1] if entry.change), None)
        if segment is None or advice is None:
            self.tell("there is nothing to try here")
        elif self.ovx.replay:
            self.tell("a recording is shown: nothing can be tried")
        else:
            asked = self.session.asked or segment.spec
            spec = advice.applied(asked)
            self.ovx.change_run(spec, describe_change(asked, spec))
            self.tell(f"trying {words.trying(advice, asked)}; u takes it back")

    def action_item_copy(self) -> None:
        """Copy the request under the cursor as JSON."""
        request = self._watch.chosen()
        if request is not None:
            stream = self._watch.seen.placed.get(request.number, request.stream)
            self.app.copy_to_clipboard(words.as_json(request, stream))
            self.tell(f"copied request {request.number:,}")

    def action_item_export(self) -> None:
        """Ask for the name of the trace."""
        segment = self._watch.segment
        if segment is None:
            self.tell("there is no request to export yet")
            return
        model = Path(segment.spec.model.path.removeprefix(DEMO_PREFIX)).stem
        when = self.ovx.clock.now().astimezone().strftime("%Y%m%d-%H%M%S")
        ask = self.query_one(Ask)
        ask.open("export", "Trace to", f"ovexplorer-{model}-{when}.trace.json")
        ask.say("enter writes a new file")

    async def _export(self, ask: Ask, text: str) -> None:
        segment = self._watch.segment
        if segment is None or not text.strip():
            ask.close()
            return
        ask.say(f"{self.glyphs.working} writing")
        try:
            # A minute of a fast model is a second of work.
            path, count = await asyncio.to_thread(_write_trace, text.strip(), segment)
        except UsageError as error:
            ask.say("not written", "warn")
            self.tell(f"{error.what}. {error.hint}", bad=True)
            return
        ask.close()
        self.tell(f"written: {clean(str(path))}, {count:,} requests")


def _write_trace(name: str, segment: Segment) -> tuple[Path, int]:
    """Write the requests that are kept of a configuration; gives the file and how many they are."""
    # Late: only an export needs it.
    from ovexplorer.export.trace import trace_json

    streams = segment.ready.streams if segment.ready else 0
    title = clean(headline(segment.spec, precision=precision_of(segment)))
    trace = trace_json(segment.spans, streams, title)
    path = Path(name).expanduser()
    _write_new(path, trace.text)
    return path, trace.requests


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet.

    Raises:
        UsageError: It is there, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(text + "\n")
    except FileExistsError as error:
        raise UsageError("that file exists", "choose another name") from error
    except OSError as error:
        raise UsageError(f"cannot write: {error.strerror or error}", "choose another name") from error
