from __future__ import annotations

import pytest

from ovexplorer.options.apply import apply, default_spec
from ovexplorer.options.catalogue import by_id
from ovexplorer.schema.facts import DeviceFacts, PropertyFacts
from ovexplorer.schema.protocol import (
    DevicesDescribed,
    Failed,
    LoadMeasured,
    MemoryMeasured,
    PhaseFinished,
    PhaseStarted,
    WindowMeasured,
)
from ovexplorer.schema.recorded import Asked, Noted
from ovexplorer.schema.results import EffectiveProperty, Load, MemoryUse
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.store import Store
from ovexplorer.text import clean
from ovexplorer.tui.figures import RunFigures
from ovexplorer.tui.glyphs import UNICODE
from ovexplorer.tui.screens import live_options, live_views, live_words
from ovexplorer.tui.screens.live_charts import TimeView, axis_of
from ovexplorer.tui.screens.live_paint import shown_segments
from ovexplorer.tui.screens.live_series import LiveSeries
from tests.tui.conftest import DEVICES, HELLO, ready, window

S = 1_000_000_000
SPEC = default_spec(ModelSpec(path="demo:resnet50"))
F32 = apply(by_id("precision"), SPEC, "f32")


def asked(segment: int, spec=SPEC, title: str = "", at_ns: int = 2 * S, new_run: bool = False) -> Asked:
    return Asked(segment=segment, spec=spec, title=clean(title), at_ns=at_ns, new_run=new_run)


def slices(segment: int, first: int, count: int, latency_ns: int = 41_200_000, each: int = 24) -> list[WindowMeasured]:
    return [window(segment, n, latency_ns + n % 3 * 50_000, each) for n in range(first, first + count)]


def state_of(*events):
    store = Store()
    for event in (HELLO, DEVICES, *events):
        store.apply(event)
    return store.state


def two_segments(second_ns: int = 41_200_000):
    return (
        asked(1, new_run=True),
        ready(1),
        *slices(1, 0, 30, 57_000_000),
        asked(2, F32, "Precision auto→f32", at_ns=32 * S),
        PhaseStarted(phase="compile", segment=2, at_ns=32 * S),
        PhaseFinished(phase="compile", segment=2, at_ns=33 * S, duration_ns=S),
        ready(2, at_ns=33 * S),
        *slices(2, 31, 30, second_ns),
    )


class TestSeries:
    def test_sorts_windows_into_columns_and_leaves_gaps(self):
        series = LiveSeries()
        series.feed(state_of(asked(1, new_run=True), ready(1), *slices(1, 0, 3), *slices(1, 6, 1)))
        latency, rate = series.columns(2, 9, S)
        assert [column is not None for column in latency] == [False, True, True, True, False, False, False, True, False]
        assert latency[1].median == pytest.approx(41.2)
        assert rate[1].median == pytest.approx(24.0)

    def test_new_windows_change_only_their_columns(self):
        series = LiveSeries()
        events = [asked(1, new_run=True), ready(1), *slices(1, 0, 3)]
        series.feed(state_of(*events))
        before, _ = series.columns(2, 10, S)
        assert series.feed(state_of(*events, *slices(1, 3, 1))) is False
        after, _ = series.columns(2, 10, S)
        assert [a is b for a, b in zip(before, after)].count(False) == 1

    def test_a_new_zoom_gives_the_same_as_starting_with_it(self):
        state = state_of(*two_segments())
        one, other = LiveSeries(), LiveSeries()
        one.feed(state)
        one.columns(0, 10, S)
        other.feed(state)
        assert one.columns(0, 40, 3 * S) == other.columns(0, 40, 3 * S)

    def test_another_run_forgets_the_last(self):
        series = LiveSeries()
        first = [asked(1, new_run=True), ready(1), *slices(1, 0, 3)]
        series.feed(state_of(*first))
        assert series.feed(state_of(*first, asked(5, new_run=True), ready(5), *slices(5, 8, 1)))
        assert series.first_ns == 10 * S


class TestTimeView:
    def test_moves_by_whole_cells_and_rarely(self):
        view = TimeView()
        firsts = {view.stretch(100 * S + n * S // 10, 50 * S, 212, 2).first for n in range(10)}
        assert len(firsts) <= 2
        stretch = view.stretch(100 * S, 50 * S, 212, 2)
        assert stretch.first % 2 == 0
        assert 0 <= stretch.end_ns - 100 * S < 3 * S

    def test_zooms_between_fifteen_seconds_and_all(self):
        view = TimeView()
        lengths = [view.seconds(5000 * S)]
        while view.zoom(-1):
            lengths.append(view.seconds(5000 * S))
        assert lengths == [60, 300, 900, 7680]
        view.fit()
        assert view.zoom(1)
        assert not view.zoom(1)
        assert view.seconds(0) == 15

    def test_scrolls_back_and_returns(self):
        view = TimeView()
        view.scroll(-1, 100 * S, 10 * S, 90 * S)
        assert view.behind
        assert view.title(100 * S, 90 * S) == "6.00 s behind · G now"
        view.scroll(1, 100 * S, 10 * S, 90 * S)
        assert not view.behind

    def test_steps_through_marks(self):
        marks = state_of(*two_segments(), asked(3, SPEC, "back", 70 * S)).marks
        view = TimeView()
        assert view.step_mark(marks, -1, 200 * S, 190 * S).number == 2
        assert view.step_mark(marks, -1, 200 * S, 190 * S).number == 1
        stretch = view.stretch(200 * S, 190 * S, 100, 2)
        assert stretch.cell_of(marks[0].at_ns) == pytest.approx(25, abs=2)
        assert view.step_mark(marks, 1, 200 * S, 190 * S).number == 2
        assert view.step_mark(marks, 1, 200 * S, 190 * S) is None
        assert not view.behind

    def test_marks_stand_where_the_key_was_pressed(self):
        state = state_of(*two_segments())
        view = TimeView()
        stretch = view.stretch(62 * S, 60 * S, 88, 2)
        axis = axis_of(stretch, 62 * S, state.marks, live_words.mark_sign, (), cells=44)
        cell, sign = axis.marks[0]
        assert sign == "1"
        assert cell * stretch.cell_ns + stretch.first * stretch.column_ns == pytest.approx(32 * S, abs=stretch.cell_ns)

    def test_says_which_mark_has_scrolled_out(self):
        state = state_of(*two_segments())
        stretch = TimeView().stretch(300 * S, 290 * S, 88, 2)
        assert axis_of(stretch, 300 * S, state.marks, live_words.mark_sign, (), cells=44).hidden == "1"


class TestFigures:
    def test_the_first_valid_configuration_is_the_baseline(self):
        live = RunFigures()
        live.feed(state_of(asked(1, new_run=True), ready(1), *slices(1, 0, 2)))
        assert live.baseline is None
        live.feed(state_of(*two_segments()))
        assert live.baseline.segment == 1
        assert live.baseline.figures.p50_ms == pytest.approx(57.05, rel=0.01)

    def test_a_delta_is_a_speed_up_and_says_that_it_is_sequential(self):
        state = state_of(*two_segments())
        live = RunFigures()
        live.feed(state)
        delta = live_views.against(state.segments[1], live, UNICODE)
        assert (delta.sign, delta.percent, delta.word, delta.role) == ("▲", "+38", "faster", "g")
        assert delta.how == "seq"
        assert delta.title == "against A · auto"

    def test_slower_is_negative(self):
        state = state_of(*two_segments(78_300_000))
        live = RunFigures()
        live.feed(state)
        delta = live_views.against(state.segments[1], live, UNICODE)
        assert (delta.sign, delta.percent, delta.role) == ("▼", "−27", "b")

    def test_without_enough_data_there_is_no_number_but_the_time_left(self):
        state = state_of(*two_segments()[:-28])
        live = RunFigures()
        live.feed(state)
        delta = live_views.against(state.segments[1], live, UNICODE)
        assert delta.sign == delta.percent == ""
        assert delta.word.startswith("in ")

    def test_any_configuration_with_figures_can_be_named(self):
        state = state_of(*two_segments(), asked(3, SPEC, "x", 90 * S))
        live = RunFigures()
        live.feed(state)
        assert live.set_baseline(state.segments[1])
        assert live.baseline.segment == 2
        assert not live.set_baseline(state.segments[2])


class TestViews:
    @pytest.mark.parametrize(
        ("value", "half", "text"),
        [("41.2", 0.04, "±0.1"), ("5.27", 0.0001, "±0.01"), ("188", 0.2, "±1"), ("1", None, "")],
    )
    def test_uncertainty_is_rounded_up(self, value, half, text):
        assert live_views.half_text(value, half) == text

    @pytest.mark.parametrize(("seconds", "text"), [(0.2, "1 s"), (28, "30 s"), (600, "10 min"), (9000, "2 h")])
    def test_waits_are_coarse(self, seconds, text):
        assert live_views.coarse(seconds) == text

    def test_percentiles_wait_for_their_samples(self):
        state = state_of(asked(1, new_run=True), ready(1), *slices(1, 0, 10))
        live = RunFigures()
        live.feed(state)
        spread = live_views.spread_view(live.of(1), 34, stale=False)
        known = {entry.name: entry.known for entry in spread.percentiles}
        assert known == {"p50": True, "p90": True, "p95": True, "p99": False, "p99.9": False}
        assert sum(spread.counts) == pytest.approx(240)

    def test_a_short_run_is_spread_over_all_it_holds(self):
        far_apart = [window(1, n, (40 + 10 * (n % 4)) * 1_000_000, 3) for n in range(8)]
        live = RunFigures()
        live.feed(state_of(asked(1, new_run=True), ready(1), *far_apart))
        spread = live_views.spread_view(live.of(1), 34, stale=False)
        assert not spread.percentiles[2].known
        assert spread.high == "70.0"
        assert spread.counts[-1] < 8

    def test_progress_takes_its_estimate_from_the_last_compile(self):
        events = [
            *two_segments(),
            asked(3, SPEC, "back", 70 * S),
            PhaseStarted(phase="compile", segment=3, at_ns=70 * S),
        ]
        state = state_of(*events)
        shown, pending = shown_segments(state)
        progress = live_views.progress(state, pending, 0.4, shown)
        assert (progress.title, progress.elapsed, progress.share) == ("compiling", "0.4 of ~1.0 s", 0.4)
        assert progress.hint == "esc back to f32"
        assert live_views.progress(state, pending, 99.0, shown).share < 1

    def test_without_an_earlier_compile_there_is_no_estimate(self):
        state = state_of(asked(1, new_run=True), PhaseStarted(phase="compile", segment=1, at_ns=3 * S))
        shown, pending = shown_segments(state)
        assert shown is None
        assert live_views.progress(state, pending, 0.4, shown).share is None

    def test_startup_and_memory(self):
        use = MemoryUse(after="compile", rss_bytes=306_000_000, pss_bytes=0, peak_rss_bytes=412_000_000)
        load = Load(
            at_ns=3 * S, cores=((0, 0.98),), engine_cores=1.0, other_cores=0.0, steal=0.0, involuntary_switches=0,
            frequency_mhz=2800.0,
        )  # fmt: skip
        state = state_of(*two_segments(), MemoryMeasured(segment=2, memory=use, fresh=False), LoadMeasured(load=load))
        view = live_views.startup_view(state, state.segments[1], None, UNICODE)
        assert [(amount.short, amount.value) for amount in view.phases] == [("compile", "1,000")]
        assert view.rss == "306 MB"
        assert [amount.name for amount in view.memory] == ["compile", "peak"]
        assert "shared" in view.memory_note
        assert ("clock", "2.80 GHz") in live_views.cores_view(state).facts

    def test_legends_tell_the_outcome(self):
        state = state_of(*two_segments(), Noted(text=clean("[b]door opened"), at_ns=64 * S))
        live = RunFigures()
        live.feed(state)
        narrow = live_words.legend_entry(state.marks[0], state, live, UNICODE, wide=False)
        assert "".join(text for text, _ in narrow) == "1 auto→f32 ▲"
        wide = "".join(text for text, _ in live_words.legend_entry(state.marks[0], state, live, UNICODE, wide=True))
        assert wide.startswith("1 Precision auto→f32 ▲ +38 %")
        note = live_words.legend_entry(state.marks[1], state, live, UNICODE, wide=True)
        assert "".join(text for text, _ in note) == "* [b]door opened"

    def test_choices_show_what_was_measured(self):
        state = state_of(*two_segments())
        live = RunFigures()
        live.feed(state)
        rows = {row.value: row for row in live_words.choice_rows(by_id("precision"), F32, state, live)}
        assert rows["f32"].measured.startswith("41.")
        assert rows["auto"].measured.startswith("57")
        assert rows["bf16"].measured == ""
        numbers = live_words.choice_rows(by_id("threads"), F32, state, live)
        assert numbers[-1].value == live_words.TYPE_IT


def effective(key: str, requested: str | None, got: str, state: str, why: str = "") -> EffectiveProperty:
    return EffectiveProperty(
        device="CPU",
        property=key,
        requested=clean(requested) if requested else None,
        effective=clean(got),
        state=state,
        why=clean(why),
    )


class TestOptionRows:
    def panel(self, *told: EffectiveProperty, spec=SPEC, **more) -> live_options.PanelState:
        return live_options.PanelState(asked=spec, device=None, effective=told, **more)

    def row(self, panel: live_options.PanelState, option: str):
        return next(row for row in live_options.option_rows(panel, UNICODE, headings=False) if row.id == option)

    def test_what_the_device_decided(self):
        row = self.row(self.panel(effective("NUM_STREAMS", None, "1", "default", "from the hint")), "streams")
        assert (row.value, row.mark, row.role, row.reason) == ("auto → 1", "", "m", "from the hint")
        row = self.row(self.panel(effective("INFERENCE_NUM_THREADS", None, "2", "default")), "threads")
        assert (row.value, row.reason) == ("auto → 2", "the device's default")

    def test_what_was_changed_carries_the_reason(self):
        spec = apply(by_id("threads"), SPEC, "64")
        told = effective("INFERENCE_NUM_THREADS", "64", "2", "changed", "only 2 CPUs here")
        row = self.row(self.panel(told, spec=spec), "threads")
        assert (row.value, row.mark, row.reason) == ("64 → 2", "≠", "only 2 CPUs here")

    def test_what_was_ignored(self):
        spec = apply(by_id("auto_batch"), SPEC, "yes")
        row = self.row(
            self.panel(effective("ALLOW_AUTO_BATCHING", "YES", "NO", "ignored", "GPU only"), spec=spec), "auto_batch"
        )
        assert (row.value, row.mark, row.reason) == ("yes", "∅", "GPU only")

    def test_what_was_set_and_what_the_baseline_had(self):
        row = self.row(self.panel(spec=F32, baseline=SPEC), "precision")
        assert (row.value, row.mark, row.reason) == ("f32", "●", "was auto (A)")

    def test_what_compiles(self):
        row = self.row(self.panel(spec=F32, before=SPEC), "precision")
        assert (row.value, row.mark) == ("auto → f32", "◐")

    def test_what_was_refused_keeps_the_sentence(self):
        refused = apply(by_id("precision"), SPEC, "f16")
        row = self.row(self.panel(refused=refused, refused_why="not supported"), "precision")
        assert (row.value, row.mark, row.reason) == ("f16 → auto", "✗", "not supported")

    def test_filter_by_words_and_by_difference(self):
        spec = apply(by_id("threads"), SPEC, "64")
        panel = self.panel(effective("INFERENCE_NUM_THREADS", "64", "2", "changed"), spec=spec)
        found = live_options.option_rows(panel, UNICODE, headings=True, wanted="num_threads")
        assert [row.id for row in found if row.id] == ["threads"]
        differing = live_options.option_rows(panel, UNICODE, headings=True, wanted="differs")
        assert [row.id for row in differing if row.id] == ["threads"]
        assert live_options.counts(differing, UNICODE) == (1, 1)

    def test_every_other_property_of_the_device_is_there(self):
        hostile = PropertyFacts(name="A_[/b]_KNOB", access="RW", kind="integer", value=clean("\x1b[31m5"))
        device = DeviceFacts(name="CPU", full_name=clean("CPU"), state="usable", properties=(hostile,))
        state = state_of(DevicesDescribed(devices=(device,)), asked(1, new_run=True), ready(1), *slices(1, 0, 1))
        panel = live_options.panel_state(state, SPEC, None)
        rows = live_options.option_rows(panel, UNICODE, headings=False)
        assert rows[-1].id == "A_[/b]_KNOB"
        assert any(row.label == "EVERY OTHER PROPERTY OF CPU" for row in rows)
        option = live_options.find_option(panel, "A_[/b]_KNOB")
        assert "\x1b" not in live_options.help_view(option, panel).text

    def test_a_failed_toggle_is_told_and_the_old_value_runs_on(self):
        failed = Failed(
            segment=3,
            kind="compile_failed",
            phase="compile",
            what=clean("f16 is not supported"),
            hint=clean("take f32"),
            continues=2,
        )
        f16 = apply(by_id("precision"), SPEC, "f16")
        state = state_of(*two_segments(), asked(3, f16, "Precision f32→f16", 70 * S), failed)
        assert shown_segments(state)[0].number == 2
        panel = live_options.panel_state(state, F32, None)
        row = self.row(panel, "precision")
        assert (row.mark, row.reason) == ("✗", "f16 is not supported")
