"""Open: what shall run? One list of demo models, recent runs and files; facts, devices and the machine beside it."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input

from ovexplorer import units
from ovexplorer.options.apply import default_spec
from ovexplorer.options.command import same_as
from ovexplorer.schema.facts import ModelFacts
from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tui import model_files
from ovexplorer.tui.actions import bindings_for
from ovexplorer.tui.screens import open_facts, open_rows
from ovexplorer.tui.screens.base import WIDE, OvxScreen
from ovexplorer.tui.screens.open_devices import device_rows
from ovexplorer.tui.screens.open_rows import LastRun
from ovexplorer.tui.widgets.frame import Piece, RunRow
from ovexplorer.tui.widgets.lines import Lines
from ovexplorer.tui.widgets.lists import CursorList
from ovexplorer.tui.widgets.model_list import DeviceList, ModelList
from ovexplorer.tui.widgets.path_input import PathInput

REST_S = 0.2
"""Time the cursor rests on a file before the engine reads it."""


class OpenScreen(OvxScreen[None]):
    """Picks a model and a device."""

    NAME = "open"
    RATE = "table"
    CSS_PATH = "open.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("open")

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path()
        self._files: tuple[model_files.FileEntry, ...] | None = ()
        self._hidden_files = False
        self._wanted = ""
        self._runs: tuple[LastRun, ...] = ()
        self._device = ""
        self._built: RunSpec | None = None
        self._shaped: dict[str, ModelSpec] = {}
        self._known: dict[str, ModelFacts] = {}
        self._refused: dict[str, Failed] = {}
        self._asked = ""
        self._rest: Timer | None = None

    def body(self) -> ComposeResult:
        """List on the left; facts, devices, machine on the right."""
        with Horizontal(id="columns"):
            with Vertical(id="left"):
                yield ModelList(id="models", classes="panel")
                yield PathInput(id="find")
                yield Lines(id="chosen")
            with Vertical(id="right"):
                yield Lines(id="facts", classes="panel")
                yield DeviceList(id="devices", classes="panel")
                yield Lines(id="machine", classes="panel")

    def on_mount(self) -> None:
        """List the folder; the cursor starts on the last model run."""
        self._device = self.ovx.settings.device
        wanted = Path(self.ovx.settings.models).expanduser().absolute() if self.ovx.settings.models else Path.cwd()
        self._go(wanted)
        self._runs = self.ovx.recent.runs()
        self._list_rows()
        models = self.query_one(ModelList)
        last = self._runs[0].path if self._runs else "demo:resnet50"
        models.move_to(next((n for n, row in enumerate(models.rows) if row.path == last and row.holds_cursor), 1))
        models.focus()

    def on_screen_resume(self) -> None:
        """Runs may have been added meanwhile."""
        self._runs = self.ovx.recent.runs()
        self._list_rows()

    # What is shown.

    def on_tick(self, state: RunState) -> None:
        """Facts that arrived, devices, machine."""
        if state.model is not None:
            self._known[state.model.path] = state.model
        if state.opening_failed is not None and self._asked:
            self._refused[self._asked] = state.opening_failed
        self._show_facts()
        self._show_devices(state)
        self._show_machine(state)

    def run_row(self, state: RunState) -> RunRow:
        """What to do here, and on which machine."""
        device = self._device or "CPU"
        left: Piece = (f"Pick a model, press enter. It runs on {device} unless you pick a device.", "text")
        if state.measured is not None:
            return RunRow((left,), super().run_row(state).right)
        machine = state.environment
        if machine is None:
            return RunRow((left,))
        words = machine.hostname
        if self.size.width >= WIDE:
            memory = units.size(machine.memory_bytes)
            cpu = open_facts.short_cpu(machine.cpu_model)
            build = machine.openvino.split("-")[0]
            words = clean(f"OpenVINO {build} · {cpu} · {open_facts.cpu_words(machine)} · {memory}")
        return RunRow((left,), (((words, "muted"),),))

    def _list_rows(self) -> None:
        folder = model_files.short_folder(self._folder)
        now = self.ovx.clock.now()
        rows = open_rows.rows_of(self._runs, self._files, folder, now, self._wanted)
        models = self.query_one(ModelList)
        # The first heading is the panel's title.
        models.show(rows[1:])
        keys = "enter runs · backspace folder up · . hidden files"
        self.title_panel(models, rows[0].name, f"{keys} · {sum(row.holds_cursor for row in rows)} items")
        self._show_facts()

    def _show_facts(self) -> None:
        row, panel = self.query_one(ModelList).here, self.query_one("#facts", Lines)
        if row is None:
            self.title_panel(panel, "Model")
            panel.show(((("  nothing is chosen", "muted"),),))
            return
        self.title_panel(panel, row.path if row.kind in ("demo", "recent") else row.name, "i shapes and inputs")
        runs = [run for run in self._runs if run.path == row.path]
        now = self.ovx.clock.now()
        known, refused = self._known.get(row.path), self._refused.get(row.path)
        lines = open_facts.facts_lines(row, known, refused, runs, now, self.glyphs, panel.size.width)
        if known is None and refused is None and self._asked == row.path:
            lines = (*lines, ((f" {self.glyphs.working} reading", "warn"),))
        panel.show(lines)

    def _show_devices(self, state: RunState) -> None:
        panel = self.query_one(DeviceList)
        self.title_panel(panel, "Device", "d builds AUTO, MULTI, HETERO, BATCH")
        spec = self._spec_here()
        command = same_as(spec) if spec else ""
        panel.show(tuple(device_rows(state, self._device, command, self.glyphs, self.size.width >= WIDE)))
        words = f" device {self._device} · v facts and devices"
        self.query_one("#chosen", Lines).show((((words, "muted"),),))

    def _show_machine(self, state: RunState) -> None:
        panel = self.query_one("#machine", Lines)
        if state.environment is None:
            self.title_panel(panel, "This machine")
            panel.show(((("  the engine is starting", "muted"),),) if state.died is None else ())
            return
        lines = open_facts.machine_panel(state.environment, state.load, self.glyphs, self.size.width >= WIDE)
        warnings = sum(warning for warning, _ in open_facts.machine_lines(state.environment, state.load))
        count = f" · {warnings} warning{'s' if warnings != 1 else ''}" if warnings else ""
        self.title_panel(panel, f"This machine{count}")
        panel.show(lines)

    # The cursor.

    @on(CursorList.Highlighted, "#models")
    def _moved(self) -> None:
        self._show_facts()
        self._show_devices(self.state)
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST_S, self._read_facts)

    def _read_facts(self) -> None:
        row, state = self.query_one(ModelList).here, self.state
        if row is None or row.kind not in ("model", "recent") or row.path.startswith("demo:"):
            return
        # The engine does one thing at a time, and what it measures must not be disturbed.
        if row.path in self._known or row.path in self._refused or state.status not in ("idle", "finished"):
            return
        self._asked = row.path
        self.ovx.do(self.session.open_model(row.run.spec.model if row.run else ModelSpec(path=row.path)))
        self._show_facts()

    def _spec_here(self) -> RunSpec | None:
        row = self.query_one(ModelList).here
        if row is None or not row.is_model:
            return None
        if row.run is not None:
            return msgspec.structs.replace(row.run.spec, duration_s=0.0, iterations=0)
        model = self._shaped.get(row.path) or ModelSpec(path=row.path)
        if self._built is not None:
            return msgspec.structs.replace(self._built, model=model)
        return default_spec(model, self._device or "CPU")

    # Choosing.

    @on(CursorList.Activated, "#models")
    def _chosen(self) -> None:
        row = self.query_one(ModelList).here
        if row is None:
            return
        if row.kind in ("folder", "parent"):
            self._enter(Path(row.path))
        elif row.kind == "not_model":
            self.tell(f"{row.name}: {row.what}", bad=True)
        else:
            self._run()

    def _run(self) -> None:
        spec = self._spec_here()
        if spec is None:
            return
        refused = self._refused.get(spec.model.path)
        if refused is not None:
            # The file may have been repaired: it is tried again, and the error panel tells.
            del self._refused[spec.model.path]
        self.ovx.run_or_ask(spec, self._known.get(spec.model.path))

    @on(CursorList.Activated, "#devices")
    def _device_chosen(self, event: CursorList.Activated) -> None:
        row = self.query_one(DeviceList).rows[event.row]
        if row.refusal:
            self.tell(f"{row.device}: {row.refusal}", bad=True)
        elif row.device == self._device:
            self._run()
        else:
            self.use_device(row.device)

    def use_device(self, device: str, built: RunSpec | None = None) -> None:
        """Choose a device by name, or one that was built with its properties."""
        self._device, self._built = device, built
        self.redraw()

    def form_spec(self) -> RunSpec | None:
        """Builder and shape editor start from what would run."""
        return self._spec_here()

    def form_facts(self) -> ModelFacts | None:
        """Facts of the model under the cursor."""
        row = self.query_one(ModelList).here
        return self._known.get(row.path) if row else None

    def use_spec(self, spec: RunSpec) -> None:
        """Keep what was built or shaped for the next run."""
        self._shaped[spec.model.path] = spec.model
        self.use_device(spec.device, spec)

    def _go(self, folder: Path) -> None:
        self._folder = folder
        try:
            self._files = model_files.list_folder(folder, hidden=self._hidden_files)
        except OSError as error:
            self._files = None
            self.tell(f"{model_files.short_folder(folder)}: {error.strerror or error}", bad=True)

    def _enter(self, folder: Path) -> None:
        left = self._folder
        self._go(folder)
        self._wanted = ""
        self._list_rows()
        models = self.query_one(ModelList)
        # Going up puts the cursor on the folder that was left, going down on the way back.
        places = {row.path: number for number, row in enumerate(models.rows) if row.kind in ("folder", "parent")}
        models.move_to(places.get(str(left), places.get(str(folder.parent), 0)))
        self._show_facts()

    # Finding.

    @on(Input.Changed, "#find")
    def _typed(self, event: Input.Changed) -> None:
        if not is_path(event.value):
            self._wanted = event.value
            self._list_rows()

    @on(Input.Submitted, "#find")
    def _entered(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if is_path(text):
            self._open_path(text)
        else:
            self._hide_find()
            if text:
                self._chosen()

    def _open_path(self, text: str) -> None:
        if text.startswith("demo:"):
            path, folder = text, False
        else:
            full = (self._folder / Path(text).expanduser()).absolute()
            path, folder = str(full), full.is_dir() and not (full / "saved_model.pb").exists()
        self._hide_find()
        if folder:
            self._enter(Path(path))
            return
        self.ovx.run_or_ask(default_spec(ModelSpec(path=path), self._device or "CPU"), self._known.get(path))

    def _hide_find(self, *, clear: bool = False) -> None:
        field = self.query_one("#find", PathInput)
        field.display = False
        if clear or is_path(field.value):
            field.value = ""
            self._wanted = ""
            self._list_rows()
        self.query_one(ModelList).focus()

    # Actions.

    def action_list_find(self) -> None:
        """Filter, or type a path."""
        field = self.query_one("#find", PathInput)
        field.folder = self._folder
        # Both at once, so that what is typed right after the key goes into the field.
        field.display = True
        self.set_focus(field)

    def action_app_back(self) -> None:
        """Leave the field, clear the filter."""
        if self.query_one("#find").has_focus or self._wanted:
            self._hide_find(clear=True)
        elif self.has_class("-facts"):
            self.remove_class("-facts")
        else:
            super().action_app_back()

    def action_list_parent(self) -> None:
        """Folder up."""
        if self._folder.parent != self._folder:
            self._enter(self._folder.parent)

    def action_open_hidden(self) -> None:
        """Show or hide hidden files."""
        self._hidden_files = not self._hidden_files
        self._go(self._folder)
        self._list_rows()

    def action_list_delete(self) -> None:
        """Forget a recent run."""
        row = self.query_one(ModelList).here
        if row is not None and row.run is not None:
            self.ovx.recent.forget(row.run)
            self._runs = self.ovx.recent.runs()
            self._list_rows()

    def action_view_next(self) -> None:
        """In a small terminal: the list, or facts and devices."""
        self.toggle_class("-facts")

    def action_view_previous(self) -> None:
        """The same: there are two views."""
        self.toggle_class("-facts")

    def action_item_copy(self) -> None:
        """Copy the headless command of what would run."""
        spec = self._spec_here()
        if spec is not None:
            self.app.copy_to_clipboard(same_as(spec))
            self.tell("the command is copied")


def is_path(text: str) -> bool:
    """Whether typed words are a path rather than a filter."""
    return "/" in text or text.startswith(("~", "demo:"))
