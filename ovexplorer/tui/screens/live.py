"""Live: how fast is it now, and did the last toggle help?"""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.geometry import Size
from textual.widget import Widget
from textual.widgets import Input, Static

from ovexplorer.errors import UsageError
from ovexplorer.options.apply import apply, describe_change, step
from ovexplorer.options.command import same_as
from ovexplorer.options.model import Option
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState
from ovexplorer.tui.actions import bindings_for
from ovexplorer.tui.footers import FOOTERS, LIVE_COMPILING, Hint
from ovexplorer.tui.screens import doctor_rows, live_words
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.choices import ChoicesScreen
from ovexplorer.tui.screens.live_paint import WIDE, LivePainter, Panels, shown_segments
from ovexplorer.tui.state_view import SPARING_HZ
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tui.widgets.cores import Cores
from ovexplorer.tui.widgets.doctor_strip import DoctorStrip
from ovexplorer.tui.widgets.frame import RunRow
from ovexplorer.tui.widgets.now import Now
from ovexplorer.tui.widgets.option_help import OptionHelp
from ovexplorer.tui.widgets.option_list import OptionList
from ovexplorer.tui.widgets.spread import Spread
from ovexplorer.tui.widgets.startup import Startup
from ovexplorer.tui.widgets.time_chart import TimeChart

_VIEWS = ("", "latency", "throughput", "spread", "startup", "cores")
"""Panels that `v` lets fill the body, one after another."""


class LiveScreen(OvxScreen[None]):
    """Turns keys into changes of the session; `LivePainter` draws what comes of them."""

    NAME = "live"
    CSS_PATH = "live.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("live")

    _painter: LivePainter
    _options: OptionList
    _run_row: tuple[Size, RunRow] | None = None

    def body(self) -> ComposeResult:
        """Options on the left, what was measured on the right."""
        glyphs = self.glyphs
        panels = Panels(
            OptionList(glyphs, id="options"),
            OptionHelp(glyphs, id="option-help"),
            Now(glyphs, id="now"),
            TimeChart(glyphs, legend=True, id="latency"),
            TimeChart(glyphs, legend=False, id="throughput"),
            Spread(glyphs, id="spread"),
            Startup(glyphs, id="startup"),
            Cores(glyphs, id="cores"),
        )
        self._options = panels.options
        self._painter = LivePainter(panels, self.ovx.figures, glyphs, self.title_panel)
        yield Static("No run yet. 1 picks a model.", id="live-empty", markup=False)
        with Container(id="live-left", classes="zoomable"):
            yield _panel(panels.options)
            yield Input(id="live-find", placeholder="words, or: differs", classes="zoomable")
            yield _panel(panels.help)
            yield _panel(DoctorStrip(glyphs, id="doctor-strip"))
        with Container(id="live-right", classes="zoomable"):
            yield _panel(panels.now)
            yield Ask(id="live-note")
            yield _panel(panels.latency)
            yield _panel(panels.throughput)
            with Container(id="live-bottom", classes="zoomable"):
                yield _panel(panels.spread)
                yield _panel(panels.startup)
                yield _panel(panels.cores)

    def on_mount(self) -> None:
        """The options hold the question of this screen."""
        super().on_mount()
        self._options.focus()

    def on_resize(self, event: events.Resize) -> None:
        """Everything is drawn again at its new size."""
        self._painter.forget_drawn()
        super().on_resize(event)

    def hints(self, state: RunState) -> tuple[Hint, ...]:
        """While something compiles, esc comes first."""
        return LIVE_COMPILING if state.status == "working" else FOOTERS["live"]

    def run_row(self, state: RunState) -> RunRow:
        """What runs, and how much was measured."""
        if not self._painter.follow(state) and self._run_row is not None and self._run_row[0] == self.size:
            return self._run_row[1]
        row = live_words.run_row(state, *shown_segments(state), self._painter.figures, self.glyphs, self.size.width)
        self._run_row = (self.size, row)
        return row

    def on_tick(self, state: RunState) -> None:
        """Draw what is new."""
        self.query_one("#body").set_class(not state.segments, "-empty")
        if state.segments and self.focused is None:
            # A panel cannot keep the focus while nothing but the empty state is shown.
            self.call_after_refresh(self._options.focus)
        self._paint_doctor(state)
        asked = self._asked(state)
        if asked is not None:
            sparing = self.ovx.refresh_hz(fast_model=False) <= SPARING_HZ
            self._painter.paint(state, asked, self._now_ns(state), self.size.width, sparing=sparing)

    def _paint_doctor(self, state: RunState) -> None:
        strip = self.query_one(DoctorStrip)
        segment = state.current
        key = (state.machine, segment and segment.number, segment and segment.ready, self.size)
        if key != strip.key:
            strip.key = key
            view = doctor_rows.strip_view(doctor_rows.found_in(state), self.glyphs, replay=self.ovx.replay)
            strip.show(view)
            self.title_panel(strip, *doctor_rows.strip_titles(view, self.glyphs))

    def _asked(self, state: RunState) -> RunSpec | None:
        """What toggles start from."""
        return self.session.asked or (state.current.spec if state.current else None)

    def _now_ns(self, state: RunState) -> int:
        """The engine's clock now: it goes on without events while something is under way."""
        stands = state.extra.get("speed") in ("paused", "ended")
        if stands or state.status not in ("working", "starting"):
            return state.now_ns
        return state.now_ns + max(0, self.ovx.clock.monotonic_ns() - self._seen_at_ns)

    # Options.

    @on(OptionList.Moved)
    def _option_moved(self) -> None:
        self._painter.paint_help()
        self._painter.title_options(wide=self.size.width >= WIDE)

    @on(OptionList.Stepped)
    def _option_stepped(self, event: OptionList.Stepped) -> None:
        option, asked = self._painter.option_at_cursor(), self._asked(self.state)
        if option is not None and asked is not None:
            self._set(option, step(option, asked, event.direction))

    @on(OptionList.Edited)
    def _option_edited(self, event: OptionList.Edited) -> None:
        option = self._painter.option_at_cursor()
        if option is not None:
            self._set(option, event.value)

    @on(OptionList.Opened)
    def _option_opened(self) -> None:
        option, asked = self._painter.option_at_cursor(), self._asked(self.state)
        if option is None or asked is None:
            return
        rows = live_words.choice_rows(option, asked, self.state, self._painter.figures)
        if len(rows) < 2:
            self._type(option, asked)
            return

        def chosen(value: str | None) -> None:
            if value == live_words.TYPE_IT:
                self._type(option, asked)
            elif value is not None:
                self._set(option, value)

        present = live_words.present_choice(option, asked)
        numeric = option.kind in ("integer", "real")
        self.app.push_screen(ChoicesScreen(self.glyphs, option.title, rows, present, numeric=numeric), chosen)

    def _type(self, option: Option, asked: RunSpec) -> None:
        present = live_words.present_choice(option, asked)
        self._options.open_field("" if present == option.nothing else present)

    def _set(self, option: Option, value: str) -> None:
        """Apply a value at once; what cannot be is said and changes nothing."""
        state = self.state
        asked = self._asked(state)
        if asked is None:
            return
        try:
            spec = apply(option, asked, value)
        except UsageError as error:
            self.tell(f"{error.what}. {error.hint}", bad=True)
            return
        self._change(spec)

    def _change(self, spec: RunSpec) -> None:
        shown, _ = shown_segments(self.state)
        asked = self._asked(self.state)
        base = shown.spec if shown else asked
        if spec != asked:
            self.ovx.change_run(spec, describe_change(base, spec) if base else "")

    def action_list_find(self) -> None:
        """Filter the options."""
        field = self.query_one("#live-find", Input)
        field.add_class("-open")
        field.focus()

    @on(Input.Changed, "#live-find")
    def _find_changed(self, event: Input.Changed) -> None:
        self._painter.wanted = event.value.strip()
        self.redraw()

    @on(Input.Submitted, "#live-find")
    def _find_submitted(self) -> None:
        field = self.query_one("#live-find", Input)
        field.set_class(bool(field.value.strip()), "-open")
        self._options.focus()

    def action_item_follow(self) -> None:
        """Show and copy the address of OpenVINO's page."""
        option = self._painter.option_at_cursor()
        if option is not None:
            self.app.copy_to_clipboard(option.link)
            self.tell(f"{option.link} (copied)")

    def action_item_copy(self) -> None:
        """Copy the command line that measures the same."""
        asked = self._asked(self.state)
        if asked is not None:
            self.app.copy_to_clipboard(same_as(asked))
            self.tell(f"copied: {same_as(asked)}")

    # The run.

    def action_app_back(self) -> None:
        """Close exactly one thing: a field, the filter, a zoomed panel, then cancel what is under way."""
        field = self.query_one("#live-find", Input)
        if self._options.cancel_edit():
            return
        if self.query_one(Ask).is_open:
            self.query_one(Ask).close()
        elif field.has_class("-open"):
            field.value = ""
            field.remove_class("-open")
            self._options.focus()
        elif self.state.status != "working" and self._zoomed():
            self._zoom(None)
        else:
            super().action_app_back()

    def action_run_set_baseline(self) -> None:
        """The configuration shown becomes A."""
        shown, pending = shown_segments(self.state)
        if shown is None or pending is not None or not self._painter.figures.set_baseline(shown):
            self.tell("nothing is measured yet that could be the baseline", bad=True)
            return
        self._painter.forget_drawn()
        self.redraw()

    def action_list_mark(self) -> None:
        """Ask for words that stand on the time axis from now on."""
        if self.ovx.replay or not self.state.segments:
            self.tell("a note needs a run")
            return
        ask = self.query_one(Ask)
        ask.open("note", "Note")
        ask.say("enter keeps it, esc drops it")

    @on(Ask.Submitted)
    def _noted(self, event: Ask.Submitted) -> None:
        event.stop()
        event.ask.close()
        self.session.note(event.text.strip() or "note")
        self.redraw()

    def action_run_to_baseline(self) -> None:
        """Run A again."""
        baseline = self._painter.figures.baseline
        if baseline is None:
            self.tell("there is no baseline yet; b sets it", bad=True)
        else:
            self._change(baseline.spec)

    # Panels.

    def action_view_zoom_panel(self) -> None:
        """The focused panel fills the body; again: back."""
        focused = self.focused
        self._zoom(None if self._zoomed() else focused if focused and focused.has_class("panel") else self._options)

    def action_view_next(self) -> None:
        """The next panel of the right side fills the body."""
        self._step_view(1)

    def action_view_previous(self) -> None:
        """The panel before."""
        self._step_view(-1)

    def _step_view(self, direction: int) -> None:
        zoomed = self._zoomed()
        now = zoomed.id if zoomed and zoomed.id in _VIEWS else ""
        name = _VIEWS[(_VIEWS.index(now) + direction) % len(_VIEWS)]
        panel = self.query_one(f"#{name}") if name else None
        self._zoom(panel)
        (panel or self._options).focus()

    def _zoomed(self) -> Widget | None:
        return next(iter(self.query(".panel.-zoom")), None)

    def _zoom(self, panel: Widget | None) -> None:
        for widget in self.query(".zoomable.-zoom"):
            widget.remove_class("-zoom")
        body = self.query_one("#body")
        body.set_class(panel is not None, "-zoomed")
        for node in panel.ancestors_with_self if panel else ():
            if node is body:
                break
            node.add_class("-zoom")
        self._painter.forget_drawn()
        self.call_after_refresh(self.redraw)

    # The time axis.

    @on(TimeChart.Scrolled)
    def _chart_scrolled(self, event: TimeChart.Scrolled) -> None:
        first = self._painter.series.first_ns
        if first is None:
            return
        now_ns, time = self._now_ns(self.state), self._painter.time
        all_ns = self._painter.all_ns(now_ns)
        if event.to == "now":
            time.to_now()
        elif event.to == "start":
            time.to_start(first, now_ns, all_ns)
        else:
            time.scroll(-1 if event.to == "back" else 1, now_ns, first, all_ns)
        self._redraw_charts()

    @on(TimeChart.Activated)
    def _mark_activated(self) -> None:
        """Return to the configuration of the mark that was stepped to."""
        mark = self._painter.time.mark
        segment = next((s for s in self.state.segments if mark and s.number == mark.segment), None)
        if segment is not None:
            self._change(segment.spec)

    def action_view_more(self) -> None:
        """A shorter time axis."""
        self._painter.time.zoom(1)
        self._redraw_charts()

    def action_view_less(self) -> None:
        """A longer time axis."""
        self._painter.time.zoom(-1)
        self._redraw_charts()

    def action_view_fit(self) -> None:
        """The usual time axis."""
        self._painter.time.fit()
        self._redraw_charts()

    def action_view_previous_landmark(self) -> None:
        """The mark before."""
        self._step_mark(-1)

    def action_view_next_landmark(self) -> None:
        """The mark after; after the last one back to now."""
        self._step_mark(1)

    def _step_mark(self, direction: int) -> None:
        state = self.state
        now_ns = self._now_ns(state)
        # Turns follow each toggle and change nothing: nobody looks for them.
        marks = [mark for mark in state.marks if mark.kind != "turns"]
        self._painter.time.step_mark(marks, direction, now_ns, self._painter.all_ns(now_ns))
        self._redraw_charts()

    def _redraw_charts(self) -> None:
        self.query_one("#latency", TimeChart).reset_scale()
        self.query_one("#throughput", TimeChart).reset_scale()
        self._painter.forget_drawn()
        self.redraw()


def _panel(widget: Widget) -> Widget:
    """A titled panel that can fill the body."""
    widget.add_class("panel", "zoomable")
    return widget
