"""Ladder, Why slower and Start-up: which trick is worth it, bar by bar, by itself or with one key a step."""

from __future__ import annotations

from typing import ClassVar, Final, Protocol, cast

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal

from ovexplorer.options.apply import headline
from ovexplorer.options.command import same_as
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tui.footers import Hint
from ovexplorer.tui.screens import ladder_panels, ladder_rows, ladder_words
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.compare_view import ViewContainer, ViewName
from ovexplorer.tui.screens.ladder_export import LadderExport
from ovexplorer.tui.screens.ladder_hints import hints_of
from ovexplorer.tui.screens.prompt import PromptScreen
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tui.widgets.frame import Piece, RunRow
from ovexplorer.tui.widgets.ladder_list import LadderList, LadderRow
from ovexplorer.tui.widgets.lines import Line, Lines
from ovexplorer.tuning.pair import BUDGET_S, PairPlan
from ovexplorer.tuning.steps import LadderKind, LadderState, StepResult

AB_BUDGET_S: Final = 2 * BUDGET_S
"""Time for a step as an A/B: more turns than in the ladder."""

BOXED: Final = 120
BESIDE: Final = 120
"""Columns from which what was learned stands beside the step."""

_FEWEST_BELOW: Final = {"short": 3, "std": 4, "tall": 12}
"""Rows of the panel of the step with its border, at least."""


class _Compare(Protocol):
    def show_view(self, name: ViewName) -> None:
        """Show another view."""


class LadderView(ViewContainer):
    """One of the three ladders.

    Args:
        kind: Which.
    """

    DEFAULT_CSS = """
    LadderView { layout: vertical; }
    LadderView #ladder-list { height: 1fr; }
    LadderView #ladder-bottom { height: 1fr; layout: horizontal; }
    LadderView #ladder-taught { display: none; width: 66; }
    LadderView.-beside #ladder-taught { display: block; }
    LadderView.-beside.-less #ladder-taught { width: 50%; }
    LadderView.-zoom-list #ladder-bottom { display: none; }
    LadderView.-zoom-words #ladder-list { display: none; }
    """

    _ZOOMS: ClassVar[tuple[str, ...]] = ("", "-zoom-list", "-zoom-words")

    def __init__(self, kind: LadderKind) -> None:
        super().__init__()
        self.kind = kind
        self._shown: object = None
        self._ladder: LadderState | None = None
        self._current = -1
        self._firsts: dict[str, int] = {}
        self._zoom = ""
        self._waking = False

    @property
    def title(self) -> str:
        """See CompareView."""
        return ladder_words.TITLES[self.kind]

    def compose(self) -> ComposeResult:
        """The steps over the one under the cursor, and beside it what was learned."""
        yield LadderList(self.frame.glyphs, id="ladder-list", classes="panel")
        yield LadderExport(self.kind)
        with Horizontal(id="ladder-bottom"):
            yield Lines(id="ladder-step", classes="panel")
            yield Lines(id="ladder-taught", classes="panel right-panel")

    def on_mount(self) -> None:
        """Show the first state once the panels have their sizes; nothing else may happen for long."""
        self.call_after_refresh(self._enter)

    def _enter(self) -> None:
        if self.display:
            self._list.focus()
            self._redraw()

    @property
    def _list(self) -> LadderList:
        return self.query_one(LadderList)

    @property
    def _at_cursor(self) -> StepResult | None:
        results = self._ladder.results if self._ladder is not None else ()
        return results[self._list.index] if self._list.index < len(results) else None

    # What is shown.

    def show(self, state: RunState) -> None:
        """See CompareView."""
        ladders = self.frame.ovx.ladders
        ladders.changed = self._wake
        ladder = ladders.state(self.kind)
        startup_key = state.current.handovers if self.kind == "startup" and state.current is not None else ()
        key = (ladder, self._list.index, self.size, self._zoom, tuple(self._firsts.items()), startup_key)
        if ladder is self._ladder and key == self._shown:
            return
        self._shown = key
        self._follow(ladder)
        self._ladder = ladder
        rows = self._rows(ladder)
        self._arrange(len(rows), guided=ladder is not None and ladder.guided)
        self._list.show(rows)
        self._title(ladder)
        self._show_words(state)

    def _rows(self, ladder: LadderState | None) -> tuple[LadderRow, ...]:
        if ladder is None:
            return (LadderRow("note", text="No run yet. 1 picks a model; then enter starts here."),)
        width = self._list.content_size.width or self.size.width
        return ladder_rows.ladder_rows(ladder, self.frame.glyphs, width, self._firsts)

    def _follow(self, ladder: LadderState | None) -> None:
        """Keep the cursor on the step under way, unless the user looks at another one."""
        if ladder is None or ladder.current < 0 or ladder.current == self._current:
            return
        if self._current < 0 or self._list.index == self._current:
            self._list.show(self._rows(ladder))
            self._list.move_to(ladder.current)
        self._current = ladder.current

    def _arrange(self, rows: int, *, guided: bool) -> None:
        """Share out the height: the list takes what it needs, the step what is left, but some rows at least."""
        width, height = self.size
        if not height:
            return
        boxed = width >= BOXED
        size = "short" if height < 20 else "tall" if height >= 36 else "std"
        below = _FEWEST_BELOW[size] + (1 if guided or boxed else 0)
        self.set_class(width >= BESIDE and size != "short", "-beside")
        self.set_class(width < 150, "-less")
        wanted = min(rows + (2 if boxed else 1), max(4, height - below))
        self._list.styles.height = "1fr" if self._zoom == "-zoom-list" else wanted

    def _title(self, ladder: LadderState | None) -> None:
        heading = f" · {ladder_rows.first_heading(ladder)}" if ladder is not None and ladder.results else ""
        keys = "v next view · ┤ ends the 95 % interval" if self.kind != "startup" else "v next view"
        self.frame.title_panel(self._list, f"{self.title}{heading}", keys)

    def _show_words(self, state: RunState) -> None:
        ladder, step, taught = self._ladder, self.query_one("#ladder-step", Lines), self.query_one("#ladder-taught")
        if ladder is None or self._at_cursor is None:
            self.frame.title_panel(step, self.title)
            step.show(())
            return
        glyphs, index = self.frame.glyphs, self._list.index
        room = (step.size.width or self.size.width, step.size.height or 3)
        lines: tuple[Line, ...]
        if ladder.status == "idle":
            lines = (*self._how_to_start(ladder), *ladder_panels.step_lines(ladder, index, glyphs, *room))
        elif self.kind == "startup":
            table = ladder_panels.startup_lines(ladder, state, glyphs, room[0])
            lines = (*table, (), *ladder_panels.step_lines(ladder, index, glyphs, room[0], room[1] - len(table) - 1))
        else:
            lines = ladder_panels.step_lines(ladder, index, glyphs, *room)
        subtitle = "enter next step" if ladder.status == "waiting" else "y copies the command"
        self.frame.title_panel(step, ladder_panels.step_title(ladder, index), subtitle)
        step.show(lines[: room[1]])
        if self.has_class("-beside"):
            self.frame.title_panel(taught, f"what {self._subject()} taught so far", "e exports table, CSV, JSON")
            width = taught.size.width or 60
            cast("Lines", taught).show(ladder_panels.taught_lines(ladder, glyphs, width)[: taught.size.height or 10])

    def _subject(self) -> str:
        return "the ladder" if self.kind == "ladder" else "this"

    def _how_to_start(self, ladder: LadderState) -> tuple[Line, ...]:
        seconds = self.frame.ovx.ladders.estimate_s(ladder)
        takes = f", about {ladder_words.coarse(seconds)}" if seconds else ""
        if self.kind == "startup":
            return (((" enter", "live*"), (f" starts{takes}: every start-up in a process of its own", "text")),)
        by_key = (" enter", "live*"), (" goes step by step, ", "text")
        return ((*by_key, ("r", "live*"), (f" runs through{takes}", "text")),)

    def _wake(self) -> None:
        if not self._waking and self.is_attached:
            self._waking = True
            self.call_later(self._redraw)

    def _redraw(self) -> None:
        self._waking = False
        if self.is_attached and self.display:
            self.frame.redraw()

    @on(LadderList.Moved)
    def _moved(self) -> None:
        self._redraw()

    def on_resize(self, event: events.Resize) -> None:  # noqa: ARG002  # Textual's own
        """Draw for the new size, once the panels have theirs."""
        self.call_after_refresh(self._redraw)

    def hints(self, state: RunState) -> tuple[Hint, ...]:  # noqa: ARG002  # the ladder's state decides
        """See CompareView."""
        return hints_of(self.frame.ovx.ladders.state(self.kind))

    def run_row(self, state: RunState) -> RunRow | None:  # noqa: ARG002  # the ladder's state decides
        """See CompareView."""
        ladders = self.frame.ovx.ladders
        ladder, base = ladders.state(self.kind), ladders.base
        said = ladder_words.run_words(ladder) if ladder is not None else None
        if said is None or base is None:
            return None
        return RunRow(((clean(headline(base)), "text"),), ((said,),))

    def badge(self, state: RunState) -> Piece | None:  # noqa: ARG002  # the ladder's state decides
        """See HasBadge."""
        ladder = self.frame.ovx.ladders.state(self.kind)
        return ladder_words.badge(ladder, self.frame.glyphs) if ladder is not None else None

    # Actions of the registry.

    @on(LadderList.Activated)
    def _entered(self) -> None:
        self.action_list_activate()

    def action_list_activate(self) -> None:
        """Begin step by step; go on with the next step; after the end ask whether to begin anew."""
        ladders = self.frame.ovx.ladders
        ladder = ladders.state(self.kind)
        if ladder is None:
            self.frame.tell("pick a model first: 1")
        elif ladder.status == "waiting":
            ladders.advance()
        elif ladder.status == "idle":
            self._begin(guided=self.kind != "startup")
        elif ladder.status == "stopped" and ladders.go_on(self.kind):
            self.frame.redraw()
        elif ladder.status in ("running", "paused"):
            self.frame.tell("space goes on" if ladder.status == "paused" else "a step is being measured")
        else:
            guided = self.kind != "startup"
            how = ", step by step" if guided else ""
            prompt = PromptScreen(self.title, f"All is measured again{how}. What is shown is replaced.", yes="begin")
            self.app.push_screen(prompt, lambda yes: self._begin(guided=guided) if yes else None)

    def _begin(self, *, guided: bool) -> None:
        frame = self.frame
        if frame.ovx.replay:
            frame.tell("a recording is shown; nothing can be measured")
            return
        other = frame.ovx.ladders.running
        if other is not None and other != self.kind:
            frame.tell(f"{ladder_words.TITLES[other]} is stopped for it; its results stay")
        self._firsts.clear()
        self._current = -1
        frame.ovx.ladders.start(self.kind, guided=guided)
        frame.redraw()

    def action_run_again(self) -> None:
        """Run through without stopping; afterwards measure the step under the cursor again."""
        ladders = self.frame.ovx.ladders
        ladder, result = ladders.state(self.kind), self._at_cursor
        if ladder is None or result is None:
            self.frame.tell("pick a model first: 1")
        elif ladder.status == "idle":
            self._begin(guided=False)
        elif ladders.running is not None:
            self.frame.tell("a ladder is under way; esc stops it")
        elif result.status == "skipped":
            self.frame.tell(f"left out: {result.reason}")
        else:
            ladders.again(self.kind, self._list.index)
            self.frame.redraw()

    def action_run_pause(self) -> None:
        """Pause between turns, or go on; with no ladder under way the run."""
        ladders = self.frame.ovx.ladders
        if ladders.running is None:
            OvxScreen.action_run_pause(self.frame)
        elif ladders.running == self.kind and self._ladder is not None and self._ladder.status == "waiting":
            self.frame.tell("it waits already; enter goes on")
        else:
            ladders.toggle_pause()
            self.frame.redraw()

    def action_app_back(self) -> None:
        """Leave the field or the zoom, or stop the ladder and keep its results."""
        ladders = self.frame.ovx.ladders
        ask = self.query_one(LadderExport)
        if ask.is_open:
            ask.close()
        elif self._zoom:
            self._set_zoom("")
        elif ladders.running is not None:
            ladders.stop()
            self.frame.redraw()
        else:
            OvxScreen.action_app_back(self.frame)

    def action_compare_start(self) -> None:
        """The step under the cursor against the first bar of its part, with more turns."""
        frame, result, ladder = self.frame, self._at_cursor, self._ladder
        if frame.ovx.ladders.running is not None:
            frame.tell("a ladder is under way; esc stops it")
            return
        if ladder is None or result is None or result.step.how != "engine" or result.status == "skipped":
            frame.tell("only a step that runs in this engine can be an A/B")
            return
        index = self._list.index
        first = ladder_words.first_of_part(ladder, index, self._firsts)
        a = frame.ovx.ladders.spec(self.kind, first if first is not None else index)
        b = frame.ovx.ladders.spec(self.kind, index)
        if a is None or b is None or first is None or first == index or ladder.results[first].step.how != "engine":
            frame.tell("there is no other bar in this part to compare it with")
            return
        if a == b:
            frame.tell("it differs from the first bar only by the file that is written for it")
            return
        plan = PairPlan(a=a, b=b, metric=result.step.metric, budget_s=AB_BUDGET_S, drift_against=a)
        frame.ovx.pairing.start(plan)
        cast("_Compare", frame).show_view("ab")

    def action_run_set_baseline(self) -> None:
        """Make the step under the cursor the bar that the others of its part are compared with."""
        ladder, result = self._ladder, self._at_cursor
        if ladder is None or result is None or ladder_words.value_of(result) is None or result.status == "running":
            self.frame.tell("only a measured step can be the first bar")
        elif self.kind == "slower":
            self.frame.tell("each step here is told against the one before it")
        else:
            self._firsts[result.step.part] = self._list.index
            self.frame.redraw()

    def action_item_copy(self) -> None:
        """Copy the command that measures the step under the cursor by itself."""
        result = self._at_cursor
        command = result.command if result is not None else ""
        if result is not None and not command and result.step.spec is not None and result.step.how == "engine":
            command = same_as(result.step.spec)
        if command:
            self.app.copy_to_clipboard(command)
            self.frame.tell(f"copied: {command}")
        else:
            self.frame.tell("no command measures this step by itself")

    def action_item_export(self) -> None:
        """Ask where to write the ladder."""
        if self._ladder is None or not any(ladder_words.value_of(result) for result in self._ladder.results):
            self.frame.tell("nothing is measured yet")
        else:
            self.query_one(LadderExport).begin()

    @on(Ask.Submitted)
    def _path_entered(self, event: Ask.Submitted) -> None:
        base = self.frame.ovx.ladders.base
        if self._ladder is not None and base is not None:
            said = self.query_one(LadderExport).write(self._ladder, self.frame.state, base, event.text)
            if said:
                self.frame.tell(said)

    def action_view_zoom_panel(self) -> None:
        """The list fills the body; then the step with its sentence; then both again."""
        self._set_zoom(self._ZOOMS[(self._ZOOMS.index(self._zoom) + 1) % len(self._ZOOMS)])

    def _set_zoom(self, zoom: str) -> None:
        for name in self._ZOOMS[1:]:
            self.set_class(name == zoom, name)
        self._zoom = zoom
        if zoom != "-zoom-words":
            self._list.focus()
        self.call_after_refresh(self._redraw)
