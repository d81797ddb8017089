"""Passes a state on to the widgets of the Live screen: what is drawn, how often, and under which titles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.widget import Widget

from ovexplorer import units
from ovexplorer.options.model import Option
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import Mark, RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui import state_view
from ovexplorer.tui.figures import RunFigures
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens import live_options, live_views, live_words
from ovexplorer.tui.screens.live_charts import TimeView, axis_of, chart_views
from ovexplorer.tui.screens.live_series import LiveSeries
from ovexplorer.tui.widgets.chart_math import Level, dots_per_cell
from ovexplorer.tui.widgets.cores import Cores
from ovexplorer.tui.widgets.now import Against, Now, Progress
from ovexplorer.tui.widgets.option_help import HelpView, OptionHelp
from ovexplorer.tui.widgets.option_list import OptionList
from ovexplorer.tui.widgets.spread import Spread
from ovexplorer.tui.widgets.startup import Startup
from ovexplorer.tui.widgets.time_chart import TimeChart

FIGURES_NS = 1_000_000_000
"""Figures are worked out and drawn once in this time: nobody reads digits that change faster."""

STEADY_CHARTS_NS = 1_000_000_000
"""The same for the charts of a steady run on a machine with few cores: the thing measured comes first."""

SLOW_NS = 2_000_000_000
"""The same for bars, histogram and cores."""

WIDE = 120
"""Columns from which panels are boxes with a subtitle."""


@dataclass(frozen=True)
class Panels:
    """The widgets of the screen."""

    options: OptionList
    help: OptionHelp
    now: Now
    latency: TimeChart
    throughput: TimeChart
    spread: Spread
    startup: Startup
    cores: Cores


class LivePainter:
    """Follows a run and paints it.

    Args:
        panels: Where to paint.
        figures: Of all segments of the run; shared with the other screens.
        glyphs: Signs to use.
        title: Gives a panel its title and subtitle.
    """

    def __init__(
        self, panels: Panels, figures: RunFigures, glyphs: Glyphs, title: Callable[[Widget, str, str], None]
    ) -> None:
        self.series = LiveSeries()
        self.figures = figures
        self.time = TimeView()
        self.wanted = ""
        """Filter of the options."""
        self.panel: live_options.PanelState | None = None
        """What the option rows were made from."""
        self._panels = panels
        self._glyphs = glyphs
        self._title = title
        self._titles: dict[Widget, tuple[str, str]] = {}
        self._rows_key: object = None
        self._slow_key: object = None
        self._figures_key: object = None
        self._charts_key: object = None
        self._now_key: object = None

    def forget_drawn(self) -> None:
        """Draw everything with the next state: the size changed."""
        self._rows_key = self._slow_key = self._figures_key = self._charts_key = None
        self._now_key = ()
        self._titles.clear()

    def follow(self, state: RunState) -> bool:
        """Take in what is new, drawn or not; True when the figures are new."""
        another = self.series.feed(state)
        segment = state.current
        fresh = len(segment.windows) if segment and len(segment.windows) < state_view.FIRST_WINDOWS else -1
        turns = len(state.contest.turns) // 16 if state.contest else -1
        counts = len(state.segments), len(state.marks), len(state.contests)
        key = (state.now_ns // FIGURES_NS, fresh, state.status, state.active, counts, turns)
        new = key != self._figures_key
        if new:
            self._figures_key = key
            self.figures.feed(state)
        if another:
            self.time.to_now()
            self._panels.latency.reset_scale()
            self._panels.throughput.reset_scale()
        return new

    def paint(self, state: RunState, asked: RunSpec, now_ns: int, width: int, *, sparing: bool) -> None:
        """Show a state that has segments.

        Args:
            state: What to show.
            asked: What toggles start from.
            now_ns: Engine clock now.
            width: Of the screen.
            sparing: Whether charts of a steady run are drawn once a second only.
        """
        shown, pending = shown_segments(state)
        wide = width >= WIDE
        if state.status == "working" or self._figures_key != self._now_key:
            self._now_key = self._figures_key
            self._paint_now(state, shown, pending, now_ns, wide=wide)
        steady = sparing and pending is None and shown is not None and len(shown.windows) >= state_view.FIRST_WINDOWS
        charts = (now_ns // STEADY_CHARTS_NS, shown and shown.number, len(state.marks), state.status, width)
        if not steady or charts != self._charts_key:
            self._charts_key = charts
            self._paint_charts(state, shown, pending, now_ns, wide=wide)
        slow = (now_ns // SLOW_NS, shown and shown.number, pending and pending.number, state.phase, width)
        if slow != self._slow_key:
            self._slow_key = slow
            self._paint_slow(state, shown, pending, wide=wide)
        self._paint_options(state, asked, wide=wide)

    def _paint_now(
        self, state: RunState, shown: Segment | None, pending: Segment | None, now_ns: int, *, wide: bool
    ) -> None:
        figures = self.figures.of(shown.number) if shown else None
        third: Against | Progress
        if pending is not None and state.status in ("working", "starting"):
            busy_ns = state_view.busy_since_ns(state)
            elapsed_s = max(0.0, (now_ns - busy_ns) / 1e9) if busy_ns is not None else 0.0
            third = live_views.progress(state, pending, elapsed_s, shown)
        elif shown is not None:
            third = live_views.against(shown, self.figures, self._glyphs)
        else:
            third = live_views.nothing_yet(state)
        stale = shown is not None and pending is not None
        self._panels.now.show(live_views.now_view(figures, third, stale=stale, wide=wide))
        self._name(self._panels.now, "Now" if wide else "", self._method(shown) if wide else "")

    def _method(self, shown: Segment | None) -> str:
        """How the delta was measured."""
        paired = self.figures.paired(shown.spec) if shown is not None else None
        if paired is None or paired.estimate.low is None:
            return "one after the other, 95 %"
        return f"paired: {paired.estimate.quads} quads A B B A, 99 %"

    def _paint_charts(
        self, state: RunState, shown: Segment | None, pending: Segment | None, now_ns: int, *, wide: bool
    ) -> None:
        latency, throughput = self._panels.latency, self._panels.throughput
        columns = latency.columns_shown
        if not columns:
            return
        per_cell = dots_per_cell(self._glyphs.chart)
        all_ns = self.all_ns(now_ns)
        stretch = self.time.stretch(now_ns, all_ns, columns, per_cell)
        baseline = self.figures.baseline
        level = None
        if baseline is not None:
            text = units.significant(baseline.figures.p50_ms)
            level = Level(baseline.figures.p50_ms, f"A {text}{self._glyphs.baseline}")
        legend = tuple(
            live_words.legend_entry(mark, state, self.figures, self._glyphs, wide=wide)
            # Each toggle is followed by turns: they would leave no room for what was toggled.
            for mark in [mark for mark in state.marks if mark.kind != "turns"][-3:]
        )
        axis = axis_of(stretch, now_ns, state.marks, live_words.mark_sign, legend, cells=latency.plot_cells)
        toggles = [mark for mark in state.marks if mark.kind == "toggle"]
        first, second = chart_views(
            self.series,
            stretch,
            axis,
            live_from_ns=toggles[-1].at_ns if toggles else 0,
            level=level,
            now_ns=now_ns,
            stale=shown is not None and pending is not None,
            empty="" if shown else "the first figure comes after compiling",
        )
        latency.show(first)
        if throughput.columns_shown == columns:
            throughput.show(second)
        self._title_charts(now_ns, all_ns, wide=wide)

    def all_ns(self, now_ns: int) -> int:
        """Time since counting began."""
        first = self.series.first_ns
        return max(0, now_ns - first) if first is not None else 0

    def _title_charts(self, now_ns: int, all_ns: int, *, wide: bool) -> None:
        span = self.time.title(now_ns, all_ns)
        peak = self._panels.latency.clipped_peak
        above = f" · peak {units.significant(peak)}" if peak else ""
        keys = "+ - zoom · h l scroll · [ ] marks" if wide else ""
        self._name(self._panels.latency, f"{'Latency' if wide else 'latency'} ms · {span}{above}", keys)
        self._name(self._panels.throughput, f"Throughput FPS · {span}" if wide else "throughput FPS", "")

    def _paint_slow(self, state: RunState, shown: Segment | None, pending: Segment | None, *, wide: bool) -> None:
        figures = self.figures.of(shown.number) if shown else None
        stale = shown is not None and pending is not None
        panels = self._panels
        panels.spread.show(live_views.spread_view(figures, panels.spread.bins, stale=stale))
        since = next((mark for mark in reversed(state.marks) if shown and mark.segment == shown.number), None)
        words = f"since mark {live_words.mark_sign(since, full=True)}" if since else "since the start"
        if stale:
            words = "until the change"
        self._name(panels.spread, f"{'Spread' if wide else 'spread'} ms · {words}", "nearest rank" if wide else "")
        segment = shown or pending or state.segments[-1]
        panels.startup.show(live_views.startup_view(state, segment, figures, self._glyphs))
        boxed = panels.cores.display
        cached = segment.ready.loaded_from_cache if segment.ready else None
        note = {True: "from the cache", False: "not from a cache", None: ""}[cached]
        self._name(panels.startup, "Start-up and memory" if boxed else "start-up · memory · cores", note)
        panels.cores.show(live_views.cores_view(state))
        allowed = state.environment
        note = f"{len(allowed.allowed_cpus)} of {allowed.logical_cpus} allowed" if allowed else ""
        self._name(panels.cores, "Cores", note)

    def _paint_options(self, state: RunState, asked: RunSpec, *, wide: bool) -> None:
        options = self._panels.options
        baseline = self.figures.baseline
        segment = state.segments[-1]
        # Frozen parts are compared by identity first, so this costs nothing while nothing happens.
        key = (asked, segment.number, segment.ready, segment.failed, state.active, state.devices, self.wanted, wide,
               baseline and baseline.segment)  # fmt: skip
        if key != self._rows_key:
            self._rows_key = key
            self.panel = live_options.panel_state(state, asked, baseline.spec if baseline else None)
            options.show(live_options.option_rows(self.panel, self._glyphs, headings=wide, wanted=self.wanted))
            self.paint_help(state)
        self.title_options(wide=wide)

    def title_options(self, *, wide: bool) -> None:
        """Counts, and which part of the list is seen."""
        options = self._panels.options
        count, differing = live_options.counts(options.rows, self._glyphs)
        title = f"Options · {count} set"
        if wide and differing:
            title += f" · {differing} differ"
        if self.wanted:
            title = f"Options · /{clean(self.wanted, 12)}"
        seen = options.shown_range
        self._name(options, title, f"{seen} · / find" if seen and wide else "/ find" if wide else "")

    def paint_help(self, state: RunState | None = None) -> None:
        """The help of the option under the cursor; with a state the mark that was stepped to, if any."""
        if state is not None and self.time.mark is not None:
            self._paint_mark(self.time.mark, state)
            return
        option = self.option_at_cursor()
        if option is None or self.panel is None:
            self._panels.help.show(HelpView())
            return
        self._panels.help.show(live_options.help_view(option, self.panel))
        self._name(self._panels.help, clean(option.title, 40), "o OpenVINO's page")

    def _paint_mark(self, mark: Mark, state: RunState) -> None:
        """What a mark was: asked for with [ and ]."""
        view = live_words.mark_view(mark, state, self.figures, self._glyphs)
        self._panels.help.show(view)
        self._name(self._panels.help, f"mark {live_words.mark_sign(mark, full=True)}", "")

    def option_at_cursor(self) -> Option | None:
        """The option under the cursor."""
        row = self._panels.options.current
        if row is None or not row.id or self.panel is None:
            return None
        return live_options.find_option(self.panel, row.id)

    def _name(self, panel: Widget, title: str, subtitle: str) -> None:
        # A title repaints the whole panel: only when it changed.
        if self._titles.get(panel) != (title, subtitle):
            self._titles[panel] = (title, subtitle)
            self._title(panel, title, subtitle)


def shown_segments(state: RunState) -> tuple[Segment | None, Segment | None]:
    """The segment whose figures are shown, and the one that is on its way, if any."""
    active = live_options.segment_of(state, state.active) or state.current
    if active is None or active.windows:
        return active, None
    measured = [s for s in state.segments if s.windows and not s.withdrawn and s.number < active.number]
    pending = active if active.failed is None and active.finished is None else None
    return (measured[-1] if measured else None), pending
