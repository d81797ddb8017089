"""The lower half of the device builder for HETERO: who runs what, and what it comes to before anything is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical

from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens.builder_affinity import MODES
from ovexplorer.tui.screens.builder_figures import narrow_figures, picture, ticks, wide_figures
from ovexplorer.tui.screens.builder_findings import Findings
from ovexplorer.tui.screens.builder_form import BuilderForm
from ovexplorer.tui.screens.builder_outlook import Outlook
from ovexplorer.tui.screens.builder_rows import Chip
from ovexplorer.tui.screens.builder_split_rows import RULE_COLUMNS, RuleRow, rule_rows
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tui.widgets.form import label, words
from ovexplorer.tui.widgets.lines import Line, Lines, wrap
from ovexplorer.tui.widgets.table import Table
from ovexplorer.tui.widgets.title_radio import TitleRadio

if TYPE_CHECKING:
    from ovexplorer.tui.screens.base import OvxScreen

_HELP: Final = {
    "order": ("the first device that takes an operation runs it; enter lists; a adds a rule",),
    "rules": (
        "a adds a rule: a name, a regex, type:Relu, block:layer3, a range, a subtree",
        (
            "A rule is a name, /regex/, type:Relu, block:layer3, range:conv_3..sum_25 or under:sum_15"
            " (everything before it), then =DEVICE. Later rules win; constants follow their consumer."
        ),
    ),
    "file": (
        'a reads a file: {"operation name": "DEVICE"}; e writes one with the Python code',
        (
            'A file is JSON: {"operation name": "DEVICE"}. a reads one, e writes what is set now, with the Python code'
            " that applies it. Operations that it does not name go by the order of devices."
        ),
    ),
}
"""In one line; in more where there is room."""


@dataclass(frozen=True)
class SplitView:
    """All that is shown."""

    form: BuilderForm
    outlook: Outlook | None = None
    old: bool = False
    """Whether the outlook is that of an older form, for longer than one would not notice."""
    waiting: str = ""
    """Why there is no outlook yet, in words."""
    failed: bool = False
    """Whether there will be none."""
    command: str = ""
    """Flags that say the same."""
    export: str = ""
    """Where `e` would write."""
    chips: Mapping[str, Chip] = field(default_factory=dict)


class SplitPanels(Container):
    """Two panels: below each other on narrow screens, beside each other on wide ones."""

    def compose(self) -> ComposeResult:
        """The rules; the outlook."""
        with Vertical(id="builder-who", classes="panel"):
            yield TitleRadio("Who runs what", id="builder-mode")
            rules: Table[RuleRow] = Table(RULE_COLUMNS, lambda row: row.key, id="builder-rules")
            yield rules
            yield Ask(id="builder-rule-ask")
            yield Lines(id="builder-who-notes")
        with Vertical(id="builder-before", classes="panel"):
            yield Lines(id="builder-figures")
            yield Findings(id="builder-findings")
            yield Lines(id="builder-picture")

    @property
    def rules(self) -> Table[RuleRow]:
        """The list of rules."""
        return self.query_one("#builder-rules", Table)

    @property
    def place(self) -> int | None:
        """Place of the rule under the cursor; None when it is on no rule."""
        row = self.rules.current
        return row.key if row is not None and row.key >= 0 else None

    @property
    def ask(self) -> Ask:
        """The field for rules and paths."""
        return self.query_one("#builder-rule-ask", Ask)

    def show(self, view: SplitView, *, boxed: bool) -> None:
        """Show it; boxed where panels are boxes."""
        screen = cast("OvxScreen[object]", self.screen)
        who, before = self.query_one("#builder-who"), self.query_one("#builder-before")
        who.set_class(self.ask.is_open, "-asking")
        if boxed:
            keys = "enter device · a add · delete · J K order · u undo · later rules win"
            screen.title_panel(who, "Who runs what", keys)
        sign = f"{screen.glyphs.working} " if view.old else ""
        screen.title_panel(before, f"{sign}Before you compile", "enter on a rule of thumb: operations and fix")
        mode = self.query_one(TitleRadio)
        mode.show(MODES, view.form.who)
        self.frame_titles(boxed=boxed)
        self.rules.set_rows(rule_rows(view.form, view.outlook, view.chips, screen.glyphs))
        self._show_outlook(view, screen.glyphs, boxed=boxed)

    def frame_titles(self, *, boxed: bool) -> None:
        """Draw the title of the first panel as its focus wants it."""
        # None is there any more while the screen is being left.
        for radio in self.query(TitleRadio):
            panel = radio.parent
            radio.frame(ruled=not boxed, active=panel is not None and panel.has_pseudo_class("focus-within"))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:  # noqa: ARG002 - where it went is asked
        """The title is heavy while the focus is in its panel."""
        self.frame_titles(boxed=self.screen.has_class("-wide") or self.screen.has_class("-huge"))

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:  # noqa: ARG002 - where it went is asked
        """It is no longer."""
        self.call_after_refresh(
            self.frame_titles, boxed=self.screen.has_class("-wide") or self.screen.has_class("-huge")
        )

    def _show_outlook(self, view: SplitView, glyphs: Glyphs, *, boxed: bool) -> None:
        outlook = view.outlook
        findings = self.query_one(Findings)
        prediction = outlook.prediction if outlook is not None else None
        findings.show(prediction.findings if prediction is not None else (), old=view.old)
        figures: tuple[Line, ...]
        if outlook is None:
            sign = (glyphs.bad, "bad") if view.failed else (glyphs.working, "warn")
            figures = (label("predicted", sign, (f" {view.waiting}", "text")),)
        elif boxed:
            heading = (words(" rules of thumb", "muted"),) if prediction is not None else ()
            figures = (*wide_figures(outlook, old=view.old), words(""), *heading)
        else:
            figures = (narrow_figures(outlook, old=view.old),)
        self.query_one("#builder-figures", Lines).show(figures)
        width = max(10, self.query_one("#builder-before").size.width - 13)
        self.query_one("#builder-picture", Lines).show(
            () if boxed else (_row_of_letters(view, width), label("same as", (view.command, "text")))
        )
        self.query_one("#builder-who-notes", Lines).show(self._notes(view, boxed=boxed))

    def _notes(self, view: SplitView, *, boxed: bool) -> tuple[Line, ...]:
        short, *long = _HELP[view.form.who]
        if not boxed:
            return (words(f" {short}", "muted"),)
        width = max(20, self.query_one("#builder-who").size.width - 4)
        lines = [words(f" {line}", "muted") for line in wrap(long[0] if long else short, width)][:2]
        lines += [words("")] * (3 - len(lines))
        lines += _wide_picture(view, width - 20)
        file = clean(view.form.file, 120) if view.form.file and view.form.who == "file" else "none"
        lines.append(words(""))
        lines.append(
            label("file", (f"{file}. ", "text"), (f"e writes {view.export} and the Python code", "muted"), width=20)
        )
        lines.append(label("same as", (view.command, "text"), width=20))
        return tuple(lines)


def _row_of_letters(view: SplitView, width: int) -> Line:
    prediction = view.outlook.prediction if view.outlook is not None else None
    if prediction is None:
        return label("picture", ("", "text"))
    split = prediction.split
    pieces = picture(split, view.chips, width, between=" ", old=view.old)
    used = sum(len(text) for text, _ in pieces)
    tail = "  in running order" if used + 18 <= width else ""
    return label("picture", *pieces, (tail, "muted"))


def _wide_picture(view: SplitView, width: int) -> list[Line]:
    prediction = view.outlook.prediction if view.outlook is not None else None
    if prediction is None:
        return [words(""), words("")]
    split = prediction.split
    step = 3 if 3 * len(split.submodels) <= width else 2
    between = "──" if step == 3 else " "
    return [
        label("in running order", *picture(split, view.chips, width, between=between, old=view.old), width=20),
        label("", (ticks(split, width, step), "muted"), width=20),
    ]
