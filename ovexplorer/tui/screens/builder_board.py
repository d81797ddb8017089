"""What the device builder shows: its panels, the form in them, and whether it can be used."""

from __future__ import annotations

from typing import Literal

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from ovexplorer.options.apply import model_name
from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tui.footers import Hint
from ovexplorer.tui.screens import builder_files, builder_footers, builder_form, builder_use
from ovexplorer.tui.screens.base import WIDE
from ovexplorer.tui.screens.builder_asks import BuilderAsks
from ovexplorer.tui.screens.builder_figures import device_words
from ovexplorer.tui.screens.builder_outlook import Outlook
from ovexplorer.tui.screens.builder_rows import (
    ADD,
    DEVICE_COLUMNS,
    PROPERTY_COLUMNS,
    STAND_IN_NOTE,
    DeviceRow,
    PropertyRow,
    chips_of,
    device_rows,
    property_rows,
)
from ovexplorer.tui.screens.builder_split import SplitPanels, SplitView
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tui.widgets.form import Press, Radio
from ovexplorer.tui.widgets.frame import RunRow
from ovexplorer.tui.widgets.lines import Lines
from ovexplorer.tui.widgets.table import Table

Part = Literal["devices", "rules", "before"]


class BuilderBoard(BuilderAsks):
    """Panels and what is in them."""

    def __init__(self, spec: RunSpec) -> None:
        super().__init__()
        self._spec = spec
        self._form = builder_form.form_of(spec, ())
        self._said = ("", "")
        self._failed_before: Failed | None = None

    @property
    def present(self) -> builder_form.BuilderForm:
        """What is set now."""
        return self._form

    @property
    def made(self) -> RunSpec:
        """The spec that the form asks for."""
        return builder_form.run_spec(self._form, self._spec)

    def body(self) -> ComposeResult:
        """Kind, devices beside properties, who runs what and what comes of it, the button."""
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
            yield SplitPanels(id="builder-split")
            with Vertical(id="builder-use", classes="panel"):
                yield Lines(id="builder-same")
                yield Press(id="builder-button")
                yield Lines(id="builder-notes")

    def run_row(self, state: RunState) -> RunRow:  # noqa: ARG002 - the form knows
        """The model, and the device that is being built."""
        name = clean(model_name(self._spec.model))
        return RunRow(((f"{name} · build a device", "text"),), (((clean(self._form.device, 60) or "—", "live*"),),))

    def hints(self, state: RunState) -> tuple[Hint, ...]:  # noqa: ARG002 - the same in every state
        """What works where the focus is."""
        part = self.part
        if part == "rules":
            return builder_footers.FILE if self._form.who == "file" else builder_footers.RULES
        return builder_footers.BEFORE if part == "before" else builder_footers.DEVICES

    @property
    def part(self) -> Part:
        """Where the focus is: keys mean other things among the rules."""
        around = {node.id for node in self.focused.ancestors_with_self} if self.focused is not None else set()
        return "rules" if "builder-who" in around else "before" if "builder-before" in around else "devices"

    # What is shown

    @property
    def split(self) -> SplitPanels:
        """Who runs what, and what comes of it."""
        return self.query_one(SplitPanels)

    def show_form(self) -> None:
        """Show everything that is set."""
        present = self._form
        boxed = self.size.width >= WIDE
        panel = self.query_one("#builder")
        panel.set_class(present.splits, "-split")
        for part in ("devices", "rules", "before"):
            panel.set_class(self.part == part, f"-at-{part}")
        self.query_one("#builder-kind", Radio).show(builder_form.KINDS, present.kind)
        self.devices.set_rows(device_rows(present, self.glyphs, self.known.words(present)))
        self.devices.set_pinned(STAND_IN_NOTE if boxed and set(present.used) & set(present.stand_ins) else ())
        name = self.device_at_cursor()
        rows = property_rows(present, name)
        self.properties.set_rows(rows)
        self._show_titles(name, sum(row.mark != "" for row in rows))
        if present.splits:
            self.split.show(self._view(), boxed=boxed)
        self._show_use(boxed=boxed)

    def _view(self) -> SplitView:
        # A failure that was there before the last question is not its answer.
        failure = self.state.topology_failed if self.state.topology_failed is not self._failed_before else None
        waiting, failed = builder_use.waiting(
            self._form, self.known, self.state, failure, replay=self.session.is_replay
        )
        return SplitView(
            self._form,
            self.forecast.outlook,
            self.forecast.stale,
            waiting,
            failed,
            device_words(self.made),
            builder_files.proposed_name(self._spec),
            chips_of(self._form),
        )

    def _show_titles(self, name: str, count: int) -> None:
        single = self._form.kind in builder_form.SINGLE
        self.title_panel(self.query_one("#builder-kind", Radio), "Kind", "← → chooses")
        tiny = self.size.width < 80
        order = "Device" if single else "Devices" if tiny else "Devices in order, preferred first"
        self.title_panel(self.devices, order, "J K move · enter in, out · a adds a stand-in")
        of = "" if tiny or not name else f" of {clean(name, 24)}"
        title = f"Properties{of} · {count} set" if name else "Properties"
        self.title_panel(self.properties, title, "h l value · enter types one")
        self.title_panel(self.query_one("#builder-use", Vertical), "Use it", "ctrl+g from anywhere in this form")

    def _show_use(self, *, boxed: bool) -> None:
        present, problem = self._form, self.problem
        same = self.query_one("#builder-same", Lines)
        same.show(builder_use.over_button(present, "" if problem else self.made, boxed=boxed))
        title = f"Use {clean(present.device, 60)}"
        hint_text = "enter or ctrl+g · esc leaves all as it was"
        self.query_one("#builder-button", Press).show(title, hint_text, not problem)
        notes = builder_use.notes(present, self._said, problem, self.outlook_now, self.glyphs)
        self.query_one("#builder-notes", Lines).show(notes)

    @property
    def outlook_now(self) -> Outlook | None:
        """The outlook, unless it is that of an older form."""
        return None if self.forecast.working else self.forecast.outlook

    @property
    def problem(self) -> str:
        """Why the form cannot be used; empty when it can."""
        return self._form.problem or builder_use.refusal(self.outlook_now)

    def device_at_cursor(self) -> str:
        """Name of the device under the cursor; empty on the row that adds one."""
        row = self.devices.current
        return row.name if row is not None and row.name != ADD else ""
