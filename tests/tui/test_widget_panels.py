from __future__ import annotations

import pytest
from textual.app import App

from ovexplorer.tui.glyphs import ASCII, UNICODE
from ovexplorer.tui.themes import role_defaults
from ovexplorer.tui.widgets.canvas import Canvas
from ovexplorer.tui.widgets.cells import Line
from ovexplorer.tui.widgets.cores import Cores, CoresView
from ovexplorer.tui.widgets.now import Against, Figure, Now, NowView, Progress
from ovexplorer.tui.widgets.option_help import HelpView, OptionHelp
from ovexplorer.tui.widgets.option_list import OptionList, OptionRow
from ovexplorer.tui.widgets.spread import Percentile, Spread, SpreadView
from ovexplorer.tui.widgets.startup import Amount, Startup, StartupView, core_row

FIGURES = (Figure("p50 ms", "41.2", "±0.1"), Figure("FPS", "24.2", "±0.1"), Figure("p95 ms", "42.4"))
FASTER = Against("against A · bf16", "+38", "±6", "▲", "faster", "g", "57.0 → 41.2")


def texts(widget: Canvas, width: int, height: int) -> list[str]:
    rows = [row.text for row in widget.build(width, height)]
    assert {len(text) for text in rows} <= {width}
    return [text.rstrip() for text in rows]


def now(third: Against | Progress = FASTER, glyphs=UNICODE, **more) -> Now:
    widget = Now(glyphs)
    widget.show(NowView(*FIGURES, third, **{"valid": True, **more}))
    return widget


class TestNow:
    def test_is_drawn_as_designed(self):
        assert texts(now(), 49, 4) == [
            " p50 ms ±0.1     FPS ±0.1       against A · bf16",
            " ╷ ╷╶╮  ╶─╮      ╶─╮╷ ╷ ╶─╮     ▲ +38 % ±6",
            " ╰─┤ │  ┌─┘      ┌─┘╰─┤ ┌─┘     faster · seq",
            "   ╵╶┴╴•╰─╴      ╰─╴  ╵•╰─╴     57.0 → 41.2",
        ]

    def test_what_is_old_says_so(self):
        third = Progress("compiling", "0.3 of ~0.4 s", 0.75, "esc back to bf16")
        rows = texts(now(third, stale=True), 49, 4)
        assert rows[0] == " was: p50 ms     was: FPS       compiling"
        assert rows[1].endswith("0.3 of ~0.4 s")
        assert rows[2].endswith("━━━━━━━━━━━━")
        assert now(third, stale=True).build(49, 4)[1].roles[1] == "s"

    def test_without_an_estimate_there_is_no_bar(self):
        assert "━" not in "".join(texts(now(Progress("compiling", "0.3 s")), 49, 4))

    def test_before_the_first_window(self):
        widget = Now(UNICODE)
        widget.show(NowView(Figure("p50 ms"), Figure("FPS"), Figure("p95 ms"), FASTER))
        assert texts(widget, 49, 4)[2].startswith(" ╶─╴╶─╴ ╶─╴")

    def test_ascii_has_one_figure_instead_of_shapes(self):
        rows = texts(now(glyphs=ASCII), 49, 4)
        assert rows[2].startswith(" 41.2            24.2")

    def test_wide_has_the_tail_and_a_large_delta(self):
        rows = texts(now(), 112, 4)
        assert "p95 ms" in rows[0]
        assert "% ±6" in rows[1]
        assert "▲ faster" in rows[2]

    def test_zoomed_digits_are_twice_as_large(self):
        rows = texts(now(), 78, 21)
        assert any("╻   ╻" in text for text in rows)
        assert any("▲ +38 % ±6 seq" in text for text in rows)

    @pytest.mark.parametrize("value", ["123,456", "0.00412", "12,345.6"])
    def test_long_figures_stay_in_their_field(self, value):
        widget = Now(UNICODE)
        widget.show(NowView(Figure("p50 ms", value), Figure("FPS", value), Figure("p95 ms"), FASTER))
        assert texts(widget, 49, 4)[1].endswith("▲ +38 % ±6")


class TestSpread:
    VIEW = SpreadView(
        percentiles=(
            Percentile("p50", "41.2", "±0.1"),
            Percentile("p90", "41.9"),
            Percentile("p95", "42.4"),
            Percentile("p99", "in 28 s", known=False),
            Percentile("p99.9", "in 7 min", known=False),
        ),
        extremes=(("min", "40.6"), ("mean", "41.3"), ("max", "50.1")),
        counts=tuple(float(n) for n in range(34)),
        low="40.6",
        high="50.1",
    )

    def test_two_rows_hold_percentiles_and_a_histogram(self):
        widget = Spread(UNICODE)
        widget.show(self.VIEW)
        first, second = texts(widget, 49, 2)
        assert first == " p50 41.2 ±0.1  p90 41.9  p95 42.4  p99 in 28 s"
        assert second.startswith(" 40.6 ")
        assert second.endswith("███   50.1")

    def test_more_rows_hold_more(self):
        widget = Spread(UNICODE)
        widget.show(self.VIEW)
        rows = texts(widget, 42, 11)
        assert rows[0].split() == ["min", "40.6", "mean", "41.3", "max", "50.1"]
        assert "p99.9 in 7 min" in rows[2]
        assert rows[-1].split() == ["40.6", "ms", "50.1"]

    def test_empty_says_so(self):
        widget = Spread(UNICODE)
        widget.show(SpreadView(empty="no samples yet"))
        assert texts(widget, 40, 3) == [" no samples yet"]


class TestStartup:
    VIEW = StartupView(
        phases=(
            Amount("read", "read", "84", 0.3),
            Amount("compile", "compile", "312", 1.0),
            Amount("first", "first", "71"),
        ),
        memory=(Amount("read", "read", "68 MB", 0.2), Amount("peak", "peak", "412 MB", 1.0)),
        rss="306 MB",
        cores=((0, 0.98), (1, 0.97)),
    )

    def test_two_rows_hold_phases_and_cores(self):
        widget = Startup(UNICODE)
        widget.show(self.VIEW)
        first, second = texts(widget, 49, 2)
        assert first == " read 84  compile 312  first 71 ms  RSS 306 MB"
        assert second.startswith(" cpu0 ━━━━━━━━━━")
        assert second.endswith("97 %")

    def test_more_rows_have_bars(self):
        widget = Startup(UNICODE)
        widget.show(self.VIEW)
        rows = texts(widget, 36, 12)
        assert rows[1].startswith(" compile     ━━━━━━")
        assert rows[1].endswith("312 ms")
        assert " memory, RSS after each phase" in rows

    def test_many_cores_are_counted(self):
        row = core_row(tuple((n, 0.5) for n in range(64)), 49, UNICODE)
        assert row.text.startswith(" 64 cores")
        assert "50 %" in row.text


class TestCores:
    def test_few_have_bars_and_many_a_sign_each(self):
        widget = Cores(UNICODE)
        widget.show(CoresView(((0, 1.0), (7, 0.5)), (("steal", "0.1 %"),)))
        rows = texts(widget, 32, 6)
        assert rows[1].startswith(" cpu7")
        assert rows[-1].split() == ["steal", "0.1", "%"]
        widget.show(CoresView(tuple((n, n / 64) for n in range(64))))
        assert texts(widget, 32, 6)[0].startswith(" ▁▁▁▁▁▁▁▁▂")


class TestOptionHelp:
    VIEW = HelpView(
        text="Number format of the maths inside the model.",
        helps="where the CPU has AMX",
        hurts="where it has not",
        asked="asked f32 · got f32",
    )

    def test_asked_and_got_stay_when_there_is_little_room(self):
        widget = OptionHelp(UNICODE)
        widget.show(self.VIEW)
        rows = texts(widget, 29, 5)
        assert rows[-2:] == [" asked f32 · got f32", " enter choices  o docs"]
        assert len(rows) == 5

    def test_help_and_harm_are_told_where_there_is_room(self):
        widget = OptionHelp(UNICODE)
        widget.show(self.VIEW)
        rows = texts(widget, 44, 12)
        assert " Helps: where the CPU has AMX" in rows
        assert " Hurts: where it has not" in rows


ROWS = (
    OptionRow("", "DEVICE"),
    OptionRow("device", "Device", "CPU", mark="●", mark_role="l"),
    OptionRow("precision", "Precision", "bf16 → f32", "w", "◐"),
    OptionRow("threads", "Threads", "64 → 2", "w", "≠", reason="only 2 CPUs here", edit="digits"),
    OptionRow("", "MODEL"),
    OptionRow("layout", "Layout", "auto", edit="text"),
)


class ListApp(App[None]):
    def __init__(self, glyphs=UNICODE) -> None:
        super().__init__()
        self.list = OptionList(glyphs, id="options")
        self.told: list[object] = []

    def get_theme_variable_defaults(self):
        return role_defaults(dark=True)

    def compose(self):
        yield self.list

    def on_mount(self):
        self.list.show(ROWS)
        self.list.focus()

    def on_option_list_moved(self, event):
        self.told.append(("moved", event.option_id))

    def on_option_list_stepped(self, event):
        self.told.append(("stepped", event.option_id, event.direction))

    def on_option_list_opened(self, event):
        self.told.append(("opened", event.option_id))

    def on_option_list_edited(self, event):
        self.told.append(("edited", event.option_id, event.value))


def line(widget: Canvas, y: int) -> str:
    return widget.render_line(y).text.rstrip()


class TestOptionList:
    async def test_draws_label_value_mark_and_reason(self):
        app = ListApp()
        async with app.run_test(size=(44, 8)) as pilot:
            await pilot.pause()
            assert line(app.list, 0) == " DEVICE"
            assert line(app.list, 1) == "▌Device      CPU         ●"
            assert line(app.list, 2) == " Precision   bf16 → f32  ◐"
            assert line(app.list, 3) == " Threads     64 → 2      ≠ only 2 CPUs here"

    async def test_the_cursor_skips_headings_and_survives_new_rows(self):
        app = ListApp()
        async with app.run_test(size=(44, 8)) as pilot:
            await pilot.press("G")
            assert app.list.current.id == "layout"
            await pilot.press("k")
            assert app.list.current.id == "threads"
            app.list.show((OptionRow("new", "New"), *ROWS))
            assert app.list.current.id == "threads"
            await pilot.press("g")
            assert app.list.current.id == "new"

    async def test_says_what_is_asked(self):
        app = ListApp()
        async with app.run_test(size=(44, 8)) as pilot:
            await pilot.press("j", "l", "left", "enter")
            await pilot.pause()
            assert app.told[-3:] == [("stepped", "precision", 1), ("stepped", "precision", -1), ("opened", "precision")]

    async def test_a_field_takes_digits_and_letters_keep_their_meaning_outside(self):
        app = ListApp()
        async with app.run_test(size=(44, 8)) as pilot:
            app.list.move_to("threads")
            app.list.open_field("")
            await pilot.press("1", "6", "x", "backspace", "2")
            assert "12▏" in line(app.list, 3)
            await pilot.press("enter")
            await pilot.pause()
            assert ("edited", "threads", "12") in app.told
            app.list.open_field("4")
            assert app.list.cancel_edit()
            assert not app.list.cancel_edit()
            await pilot.press("j")
            await pilot.press("k", "l")
            await pilot.pause()
            assert app.told[-1] == ("stepped", "threads", 1)

    async def test_scrolls_with_the_cursor(self):
        app = ListApp()
        async with app.run_test(size=(44, 3)) as pilot:
            assert app.list.shown_range == "1–2 of 4"
            await pilot.press("G")
            assert app.list.shown_range == "3–4 of 4"
            assert "Layout" in line(app.list, 2)

    async def test_the_mouse_works(self):
        app = ListApp()
        async with app.run_test(size=(44, 8)) as pilot:
            await pilot.click("#options", offset=(3, 3))
            assert app.list.current.id == "threads"
            await pilot.click("#options", offset=(3, 3))
            await pilot.pause()
            assert app.told[-1] == ("opened", "threads")

    async def test_ascii_draws_nothing_else(self):
        app = ListApp(ASCII)
        async with app.run_test(size=(44, 8)) as pilot:
            await pilot.pause()
            assert all(line(app.list, y).isascii() for y in range(6))

    async def test_hostile_text_is_literal_and_stays_in_its_column(self):
        app = ListApp()
        rows = (OptionRow("x", "[red]日本語日本語[/]", "[b]x" * 9, mark="≠", reason="[/nope] ]] \\[x] 日本" * 9),)
        async with app.run_test(size=(44, 3)) as pilot:
            app.list.show(rows)
            await pilot.pause()
            strip = app.list.render_line(0)
            assert strip.cell_length == 44
            assert "[/nope] ]]" in strip.text
            assert strip.text.replace("\0", "").startswith("▌[r")


class Counting(Canvas):
    """Repaints are counted."""

    def __init__(self) -> None:
        super().__init__(UNICODE)
        self.words = "first"
        self.repainted: list[object] = []

    def build(self, width, height):
        line = Line(width)
        line.put(0, self.words)
        return [line.row()]

    def refresh(self, *regions, **more):
        self.repainted += regions
        return super().refresh(*regions, **more)


class CanvasApp(App[None]):
    def get_theme_variable_defaults(self):
        return role_defaults(dark=True)

    def compose(self):
        yield Counting()


async def test_a_canvas_repaints_only_what_changed():
    app = CanvasApp()
    async with app.run_test(size=(30, 3)) as pilot:
        await pilot.pause()
        canvas = app.query_one(Counting)
        canvas.repainted.clear()
        canvas.redraw()
        assert canvas.repainted == []
        canvas.words = "fifst"
        canvas.redraw()
        assert [(r.x, r.y, r.width, r.height) for r in canvas.repainted] == [(2, 0, 1, 1)]
        assert canvas.render_line(0).text.startswith("fifst")


async def test_a_canvas_paints_its_background():
    app = CanvasApp()
    async with app.run_test(size=(30, 3)) as pilot:
        await pilot.pause()
        canvas = app.query_one(Counting)
        wanted = canvas.rich_style.bgcolor
        for y in range(3):
            assert {segment.style.bgcolor for segment in canvas.render_line(y)} == {wanted}
