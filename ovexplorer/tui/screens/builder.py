"""Device builder: kind, devices in order, properties of each, and the device they make.

The screen returns the RunSpec to use, or None when everything is to stay as it was.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from ovexplorer.options.apply import model_name
from ovexplorer.options.command import same_as
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tui.actions import bindings_for
from ovexplorer.tui.footers import Hint, hint
from ovexplorer.tui.screens import builder_form
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.builder_rows import (
    ADD,
    DEVICE_COLUMNS,
    PROPERTY_COLUMNS,
    SIZE,
    WAIT,
    DeviceRow,
    PropertyRow,
    device_rows,
    property_rows,
)
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tui.widgets.form import Press, Radio, words
from ovexplorer.tui.widgets.frame import RunRow
from ovexplorer.tui.widgets.lines import Line, Lines
from ovexplorer.tui.widgets.table import Table

FOOTER = (
    hint("builder.move_down", "order", "J K"),
    hint("list.activate", "in, out"),
    hint("focus.next", "next part"),
    hint("graph.assign", "stand-in"),
    hint("form.apply"),
    hint("app.back", "cancel"),
    hint("list.left", "value", "h l", wide=True),
    hint("list.delete", wide=True),
    hint("run.undo", wide=True),
)


class BuilderScreen(OvxScreen[RunSpec | None]):
    """Builds a device and its properties."""

    NAME = "builder"
    CSS_PATH = "builder.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("builder")
    AUTO_FOCUS = "#builder-devices"

    def __init__(self, spec: RunSpec) -> None:
        super().__init__()
        self._spec = spec
        self._form = builder_form.form_of(spec, ())
        self._undo: list[builder_form.BuilderForm] = []
        self._redo: list[builder_form.BuilderForm] = []
        self._said = ""

    @property
    def present(self) -> builder_form.BuilderForm:
        """What is set now."""
        return self._form

    def body(self) -> ComposeResult:
        """Kind, devices beside properties, the button."""
        with Vertical(id="builder"):
            yield Radio(id="builder-kind", classes="panel")
            with Horizontal(id="builder-middle"):
                devices: Table[DeviceRow] = Table(
                    DEVICE_COLUMNS, lambda row: row.name, headings=False, id="builder-devices", classes="panel"
                )
                yield devices
                properties: Table[PropertyRow] = Table(
                    PROPERTY_COLUMNS,
                    lambda row: row.key,
                    headings=False,
                    id="builder-properties",
                    classes="panel right-panel",
                )
                yield properties
            yield Ask(id="builder-ask")
            with Vertical(id="builder-use", classes="panel"):
                yield Lines(id="builder-same")
                yield Press(id="builder-button")
                yield Lines(id="builder-notes")

    def on_mount(self) -> None:
        """Show the devices known so far; stand-ins of the spec are looked at first."""
        super().on_mount()
        known = {device.name for device in self.state.devices}
        if not self.state.devices_known or not known.issuperset(self._spec.stand_ins):
            self.ovx.do(self.session.describe_devices(self._spec.stand_ins))

    def on_tick(self, state: RunState) -> None:
        """Take devices that became known and show everything."""
        fresh = builder_form.with_devices(self._form, state.devices)
        if fresh != self._form:
            self._form = fresh
        self._show()

    def run_row(self, state: RunState) -> RunRow:  # noqa: ARG002 - the form knows
        """The model, and the device that is being built."""
        name = clean(model_name(self._spec.model))
        return RunRow(((f"{name} · build a device", "text"),), (((clean(self._form.device, 60) or "—", "live*"),),))

    def hints(self, state: RunState) -> tuple[Hint, ...]:  # noqa: ARG002 - the same in every state
        """What works here."""
        return FOOTER

    # What is shown

    @property
    def _devices(self) -> Table[DeviceRow]:
        return self.query_one("#builder-devices", Table)

    @property
    def _properties(self) -> Table[PropertyRow]:
        return self.query_one("#builder-properties", Table)

    def _show(self) -> None:
        present = self._form
        self.query_one("#builder-kind", Radio).show(builder_form.KINDS, present.kind)
        self._devices.set_rows(device_rows(present, self.glyphs))
        name = self._device_at_cursor()
        rows = property_rows(present, name)
        self._properties.set_rows(rows)
        self._show_titles(name, rows)
        self._show_use()

    def _show_titles(self, name: str, rows: tuple[PropertyRow, ...]) -> None:
        single = self._form.kind in builder_form.SINGLE
        self.title_panel(self.query_one("#builder-kind", Radio), "Kind", "← → chooses")
        order = "Device" if single else "Devices, the preferred first"
        self.title_panel(self._devices, order, "J K move · enter in, out · a adds a stand-in")
        count = sum(row.mark != "" for row in rows)
        title = f"Properties of {clean(name, 24)} · {count} set" if name else "Properties"
        self.title_panel(self._properties, title, "h l value · enter types one")
        self.title_panel(self.query_one("#builder-use", Vertical), "Use it", "ctrl+g from anywhere in this form")

    def _show_use(self) -> None:
        present = self._form
        problem = present.problem
        spec = builder_form.run_spec(present, self._spec)
        same: Line = (("same as  ", "muted"), (_short_command(spec), "text")) if not problem else ()
        self.query_one("#builder-same", Lines).show(((((" ", "text"), *same)),))
        title = f"Use {clean(present.device, 60)}"
        hint_text = "ctrl+g · esc leaves all as it was"
        self.query_one("#builder-button", Press).show(title, hint_text, not problem)
        notes: list[Line] = []
        if self._said:
            notes.append(words(f" {self.glyphs.bad} {self._said}", "bad"))
        if problem:
            notes.append(words(f" {self.glyphs.bad} {problem}", "bad"))
        notes += [words(f" {self.glyphs.look} {text}", "warn") for text in present.warnings]
        self.query_one("#builder-notes", Lines).show(tuple(notes))

    def _device_at_cursor(self) -> str:
        row = self._devices.current
        return row.name if row is not None and row.name != ADD else ""

    # What is done

    def _become(self, new: builder_form.BuilderForm, said: str = "") -> None:
        self._said = said
        if new != self._form:
            self._undo.append(self._form)
            self._redo.clear()
            self._form = new
        self.redraw()

    @on(Radio.Chosen)
    def _kind_chosen(self, event: Radio.Chosen) -> None:
        kind = next(kind for kind, _, _ in builder_form.KINDS if kind == event.value)
        self._become(builder_form.with_kind(self._form, kind))

    @on(Table.CursorMoved)
    def _cursor_moved(self, event: Table.CursorMoved) -> None:
        if event.table is self._devices:
            self._said = ""
            self._show()

    @on(Table.Activated)
    def _row_activated(self, event: Table.Activated) -> None:
        if event.table is self._properties:
            self._ask_value()
        elif event.key == ADD:
            self.action_graph_assign()
        else:
            self._become(*builder_form.toggled(self._form, str(event.key)))

    @on(Table.Stepped)
    def _value_stepped(self, event: Table.Stepped) -> None:
        name, row = self._device_at_cursor(), self._properties.current
        if event.table is not self._properties or row is None:
            return
        if row.option is not None:
            self._become(builder_form.stepped(self._form, name, row.option, event.by))
        elif row.key == SIZE:
            self._become(builder_form.with_batch(self._form, self._form.batch_size + event.by, self._form.timeout_ms))
        elif row.key == WAIT:
            self._become(
                builder_form.with_batch(self._form, self._form.batch_size, self._form.timeout_ms + 10 * event.by)
            )

    @on(Press.Pressed)
    def _pressed(self) -> None:
        self.action_form_apply()

    def _ask_value(self) -> None:
        row = self._properties.current
        if row is not None:
            ask = self.query_one(Ask)
            ask.open("value", row.title, row.value)
            ask.say(row.hint)

    @on(Ask.Changed)
    def _typed(self, event: Ask.Changed) -> None:
        if event.purpose == "stand-in":
            problem = builder_form.stand_in_problem(self._form, event.text.strip())
            event.ask.say(problem or f"{self.glyphs.good} enter adds it", "bad" if problem else "good")
        else:
            problem = self._with_text(event.text)[1]
            event.ask.say(problem or f"{self.glyphs.good} enter sets it", "bad" if problem else "good")

    @on(Ask.Submitted)
    def _entered(self, event: Ask.Submitted) -> None:
        if event.purpose == "stand-in":
            name = event.text.strip()
            if builder_form.stand_in_problem(self._form, name):
                return
            event.ask.close()
            self._become(builder_form.with_stand_in(self._form, name))
            self.ovx.do(self.session.describe_devices(self._form.stand_ins))
            self._devices.move_to_key(name)
            return
        new, problem = self._with_text(event.text)
        if not problem:
            event.ask.close()
            self._become(new)

    def _with_text(self, text: str) -> tuple[builder_form.BuilderForm, str]:
        row = self._properties.current
        if row is None:
            return self._form, "no property here"
        if row.option is not None:
            return builder_form.with_value(self._form, self._device_at_cursor(), row.option, text.strip() or "auto")
        number = text.strip() or "0"
        if not number.isascii() or not number.isdecimal() or len(number) > 6:
            return self._form, "a whole number"
        size, wait = self._form.batch_size, self._form.timeout_ms
        size, wait = (int(number), wait) if row.key == SIZE else (size, int(number))
        return builder_form.with_batch(self._form, size, wait), ""

    # Actions of the registry

    def action_graph_assign(self) -> None:
        """Add a stand-in device."""
        ask = self.query_one(Ask)
        ask.open("stand-in", "Name of the stand-in", self._free_name())
        ask.say("the CPU plugin again under another name")

    def _free_name(self) -> str:
        names = ["CPU_SIM", *(f"CPU_SIM{number}" for number in range(2, 10))]
        return next((name for name in names if not builder_form.stand_in_problem(self._form, name)), "")

    def action_list_delete(self) -> None:
        """Remove the stand-in under the cursor."""
        name = self._device_at_cursor()
        if name in self._form.stand_ins:
            self._become(builder_form.without_stand_in(self._form, name))
        elif name:
            self._become(self._form, f"{clean(name, 40)} is a real device; enter takes it out")

    def action_builder_move_down(self) -> None:
        """Later in the order."""
        self._move(1)

    def action_builder_move_up(self) -> None:
        """Earlier in the order."""
        self._move(-1)

    def _move(self, by: int) -> None:
        name = self._device_at_cursor()
        self._become(builder_form.moved(self._form, name, by))
        self._devices.move_to_key(name)

    def action_run_undo(self) -> None:
        """Take back the last edit."""
        self._travel(self._undo, self._redo)

    def action_run_redo(self) -> None:
        """Make it again."""
        self._travel(self._redo, self._undo)

    def _travel(self, here: list[builder_form.BuilderForm], there: list[builder_form.BuilderForm]) -> None:
        if here:
            there.append(self._form)
            self._form = builder_form.with_devices(replace(here.pop()), self.state.devices)
            self._said = ""
            self.redraw()

    def action_form_apply(self) -> None:
        """Use what is set."""
        if self._form.problem:
            self._said = ""
            self.tell(self._form.problem, bad=True)
            return
        self.dismiss(builder_form.run_spec(self._form, self._spec))

    def action_app_back(self) -> None:
        """Close the field; else leave everything as it was."""
        ask = self.query_one(Ask)
        if ask.is_open:
            ask.close()
        else:
            self.dismiss(None)


def _short_command(spec: RunSpec) -> str:
    command = clean(same_as(spec))
    return command.removeprefix("ovexplorer bench ")
