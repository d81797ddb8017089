"""Device builder: kind, devices in order, properties of each, who runs what, and what comes of it before compiling.

The screen returns the RunSpec to use, or None when everything is to stay as it was.
"""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.binding import BindingType

from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tui.actions import bindings_for
from ovexplorer.tui.screens import builder_affinity, builder_form, builder_stand_ins, builder_use
from ovexplorer.tui.screens.builder_board import BuilderBoard
from ovexplorer.tui.screens.builder_findings import Findings
from ovexplorer.tui.screens.builder_forecast import Asked, Forecast, Known
from ovexplorer.tui.screens.builder_operations import OperationsScreen, finding_lines, operation_rows
from ovexplorer.tui.screens.builder_rows import ADD, SIZE, WAIT
from ovexplorer.tui.screens.builder_split_rows import NAMED, REST
from ovexplorer.tui.screens.prompt import PromptScreen
from ovexplorer.tui.widgets.form import Press, Radio
from ovexplorer.tui.widgets.table import Table


class BuilderScreen(BuilderBoard):
    """Builds a device, its properties, and for HETERO who runs what."""

    NAME = "builder"
    CSS_PATH = "builder.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("builder")
    AUTO_FOCUS = "#builder-devices"

    def __init__(self, spec: RunSpec) -> None:
        super().__init__(spec)
        self._undo: list[builder_form.BuilderForm] = []
        self._redo: list[builder_form.BuilderForm] = []
        self._asked: Asked | None = None
        self.known = Known(spec.model)

    def on_mount(self) -> None:
        """Show the devices known so far; stand-ins of the spec are looked at first."""
        super().on_mount()
        self.forecast = Forecast(self.ovx.clock, self.redraw)
        known = {device.name for device in self.state.devices}
        if not self.state.devices_known or not known.issuperset(self._spec.stand_ins):
            self.ovx.do(self.session.describe_devices(self._spec.stand_ins, self._spec.lacks))

    def on_unmount(self) -> None:
        """Whatever is still being worked out is for nobody."""
        self.forecast.close()

    def on_tick(self, state: RunState) -> None:
        """Take what became known and show everything."""
        self._form = builder_form.with_devices(self._form, state.devices)
        self.known.take(state.topology)
        self._ask_engine()
        self.forecast.want(self.known.question(self._form))
        self.show_form()

    def _ask_engine(self) -> None:
        """Have the operations told, and the devices of the form asked that were not asked yet."""
        asked = self.known.to_ask(self._form)
        if self.state.died is not None:
            # The next engine is asked again.
            self._asked = None
            return
        if asked is None or asked == self._asked or self.session.is_replay:
            return
        described = {device.name for device in self.state.devices}
        if not described.issuperset(asked[0]):
            # A stand-in is looked at first.
            return
        self._asked, self._failed_before = asked, self.state.topology_failed
        stand_ins = tuple(name for name in self._form.stand_ins if name in self._form.used)
        self.ovx.do(self.session.splits.describe_topology(self._spec.model, asked[0], stand_ins, dict(asked[1])))

    # What is done

    def become(self, new: builder_form.BuilderForm, said: str = "", role: str = "bad") -> None:
        """Take another form; what was said goes below the button."""
        self._said = (said, role)
        if new != self._form:
            self._undo.append(self._form)
            self._redo.clear()
            self._form = new
        self.redraw()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:  # noqa: ARG002 - where it went is asked
        """Other keys work there, and on a short screen another part has the room."""
        self.redraw()

    @on(Radio.Chosen, "#builder-kind")
    def _kind_chosen(self, event: Radio.Chosen) -> None:
        kind = next(kind for kind, _, _ in builder_form.KINDS if kind == event.value)
        self.become(builder_form.with_kind(self._form, kind))

    @on(Radio.Chosen, "#builder-mode")
    def _mode_chosen(self, event: Radio.Chosen) -> None:
        who = next(who for who, _, _ in builder_affinity.MODES if who == event.value)
        self.become(builder_affinity.with_who(self._form, who))

    @on(Table.CursorMoved)
    def _cursor_moved(self, event: Table.CursorMoved) -> None:
        if event.table is self.devices:
            self._said = ("", "")
            self.show_form()

    @on(Table.Activated)
    def _row_activated(self, event: Table.Activated) -> None:
        if event.table is self.properties:
            self.ask_value()
        elif event.table is self.split.rules:
            self._open_or_step()
        elif event.key == ADD:
            self.ask_stand_in()
        else:
            self.become(*builder_form.toggled(self._form, str(event.key)))

    @on(Table.Stepped)
    def _value_stepped(self, event: Table.Stepped) -> None:
        if event.table is self.split.rules and self.split.place is not None:
            self.become(builder_affinity.stepped_rule(self._form, self.split.place, event.by))
            return
        name, row, form = self.device_at_cursor(), self.properties.current, self._form
        if event.table is not self.properties or row is None:
            return
        if row.option is not None:
            self.become(builder_form.stepped(form, name, row.option, event.by))
        elif row.key == SIZE:
            self.become(builder_form.with_batch(form, form.batch_size + event.by, form.timeout_ms))
        elif row.key == WAIT:
            self.become(builder_form.with_batch(form, form.batch_size, form.timeout_ms + 10 * event.by))

    def _open_or_step(self) -> None:
        """On a rule the next device, on everything else the operations behind it."""
        place, row, outlook = self.split.place, self.split.rules.current, self.outlook_now
        if place is not None:
            self.become(builder_affinity.stepped_rule(self._form, place, 1))
        elif row is not None and outlook is not None:
            share = {REST: outlook.rest, NAMED: outlook.named}.get(row.key)
            if share is not None:
                # What falls back comes first: that is what one looks for.
                first = self._form.used[0] if self._form.used else ""
                rows = sorted(operation_rows(outlook, share.keys), key=lambda entry: entry.device == first)
                self.app.push_screen(OperationsScreen(self.glyphs, row.title, (), tuple(rows)))

    @on(Findings.Opened)
    def _finding_opened(self, event: Findings.Opened) -> None:
        outlook = self.forecast.outlook
        if outlook is not None:
            rows = operation_rows(outlook, event.finding.operations)
            lines = finding_lines(event.finding, self.glyphs)
            self.app.push_screen(OperationsScreen(self.glyphs, "Rule of thumb", lines, rows))

    @on(Press.Pressed)
    def _pressed(self) -> None:
        self.action_form_apply()

    # Actions of the registry

    def action_graph_assign(self) -> None:
        """Add a rule among the rules, a stand-in device elsewhere."""
        if self.part == "devices":
            self.ask_stand_in()
        else:
            self.ask_rule()

    def action_item_export(self) -> None:
        """Write the affinities to a file."""
        self.ask_export()

    def action_list_delete(self) -> None:
        """Remove the rule or the stand-in under the cursor."""
        if self.part != "devices":
            self.become(*builder_use.without_row(self._form, self.split.rules.current))
            return
        name = self.device_at_cursor()
        if name in self._form.stand_ins:
            self.become(builder_stand_ins.without_stand_in(self._form, name))
        elif name:
            self.become(self._form, f"{clean(name, 40)} is a real device; enter takes it out")

    def action_builder_move_down(self) -> None:
        """Later in the order."""
        self._move(1)

    def action_builder_move_up(self) -> None:
        """Earlier in the order."""
        self._move(-1)

    def _move(self, by: int) -> None:
        if self.part == "devices":
            name = self.device_at_cursor()
            self.become(builder_form.moved(self._form, name, by))
            self.devices.move_to_key(name)
        elif (place := self.split.place) is not None:
            moved = builder_affinity.moved_rule(self._form, place, by)
            changed = moved != self._form
            self.become(moved)
            self.split.rules.move_to_key(place + by if changed else place)

    def action_run_undo(self) -> None:
        """Take back the last edit."""
        self._travel(self._undo, self._redo)

    def action_run_redo(self) -> None:
        """Make it again."""
        self._travel(self._redo, self._undo)

    def _travel(self, here: list[builder_form.BuilderForm], there: list[builder_form.BuilderForm]) -> None:
        if here:
            there.append(self._form)
            self._form = builder_form.with_devices(here.pop(), self.state.devices)
            self._said = ("", "")
            self.redraw()

    def action_form_apply(self) -> None:
        """Use what is set; a compile that takes very long is asked about first."""
        problem = self.problem
        question = builder_use.confirmation(self.outlook_now)
        if problem:
            self._said = ("", "")
            self.tell(problem, bad=True)
        elif question:
            self.app.push_screen(PromptScreen("Compile", question, "compiles it"), self._use)
        else:
            self._use(True)

    def _use(self, yes: bool | None) -> None:
        if yes:
            self.dismiss(self.made)

    def action_app_back(self) -> None:
        """Close the field; else leave everything as it was."""
        ask = next((ask for ask in self.asks if ask.is_open), None)
        if ask is not None:
            ask.close()
        else:
            self.dismiss(None)
