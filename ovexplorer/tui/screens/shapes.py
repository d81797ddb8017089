"""Shape and input editor: a size for every dimension the model leaves open, and what the inputs are filled with.

The screen returns the ModelSpec to use, or None when everything is to stay as it was.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from ovexplorer.options.command import same_as
from ovexplorer.schema.facts import ModelFacts
from ovexplorer.schema.spec import Fill, ModelSpec, RunSpec
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tui.actions import bindings_for
from ovexplorer.tui.screens import shapes_fills, shapes_form, shapes_rows
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.shapes_dims import Dim, parse_dim, problem_of, spaced
from ovexplorer.tui.screens.shapes_form import ShapesForm
from ovexplorer.tui.screens.shapes_names import letters_of
from ovexplorer.tui.screens.shapes_rows import InputRow, NameRow, SetRow
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tui.widgets.form import Press, Radio, words
from ovexplorer.tui.widgets.frame import RunRow
from ovexplorer.tui.widgets.lines import Line, Lines
from ovexplorer.tui.widgets.table import Table

WRITE = "128, [1,128], 1..128, ? or a layout such as NCHW"


class ShapesScreen(OvxScreen[ModelSpec | None]):
    """Edits shapes and inputs of a model."""

    NAME = "shapes"
    CSS_PATH = "shapes.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("shapes")
    AUTO_FOCUS = "#shapes-inputs"

    def __init__(self, facts: ModelFacts, spec: RunSpec) -> None:
        super().__init__()
        self._facts = facts
        self._spec = spec
        self._form = shapes_form.form_of(facts, spec.model)
        self._undo: list[ShapesForm] = []
        self._redo: list[ShapesForm] = []

    @property
    def present(self) -> ShapesForm:
        """What is set now."""
        return self._form

    def body(self) -> ComposeResult:
        """Inputs; names beside fill; sets beside what they come to; the button."""
        with Vertical(id="shapes"):
            inputs: Table[InputRow] = Table(
                shapes_rows.INPUT_COLUMNS, lambda row: row.index, id="shapes-inputs", classes="panel"
            )
            yield inputs
            yield Ask(id="shapes-ask")
            with Horizontal(id="shapes-middle"):
                names: Table[NameRow] = Table(
                    shapes_rows.NAME_COLUMNS,
                    lambda row: row.group.name,
                    headings=False,
                    id="shapes-names",
                    classes="panel",
                )
                yield names
                with Vertical(id="shapes-fill", classes="panel"):
                    yield Radio(id="shapes-fills")
                    yield Lines(id="shapes-fill-note")
            with Horizontal(id="shapes-lower"):
                with Vertical(id="shapes-sets", classes="panel"):
                    sets: Table[SetRow] = Table(
                        shapes_rows.SET_COLUMNS, lambda row: row.number, headings=False, id="shapes-turns"
                    )
                    yield sets
                    yield Lines(id="shapes-sets-note")
                yield Lines(id="shapes-outputs", classes="panel")
            with Vertical(id="shapes-use", classes="panel"):
                yield Lines(id="shapes-outcome")
                yield Press(id="shapes-button")
                yield Lines(id="shapes-notes")

    def on_tick(self, state: RunState) -> None:  # noqa: ARG002 - the form knows
        """Show everything."""
        self._show()

    def run_row(self, state: RunState) -> RunRow:  # noqa: ARG002 - the form knows
        """The model, and how far the form is."""
        present = self._form
        count = len(present.inputs)
        fits = present.fitting == count
        said = f"all {count} inputs set" if fits and count > 1 else f"{present.fitting} of {count} inputs set"
        sign = (f"{self.glyphs.good} fits", "good") if fits else (f"{self.glyphs.bad} does not fit yet", "bad")
        left = f"{self._facts.name} · shapes and inputs"
        return RunRow(((left, "text"),), ((sign,), ((said, "muted"),)) if not fits else (((said, "muted"),), (sign,)))

    # What is shown

    def _table(self, name: str) -> Table[Any]:
        return self.query_one(f"#shapes-{name}", Table)

    def _show(self) -> None:
        present = self._form
        self._table("inputs").set_rows(shapes_rows.input_rows(present, self.glyphs))
        self._table("names").set_rows(shapes_rows.name_rows(present))
        rows = shapes_rows.set_rows(present)
        turns = self._table("turns")
        turns.set_rows(rows)
        turns.set_class(not rows, "-hidden")
        self._show_titles(bool(rows))
        self._show_fill()
        self._show_use()

    def _show_titles(self, sets: bool) -> None:
        title = "Inputs · dynamic, ? is any size" if self._facts.dynamic else "Inputs"
        title = "Inputs · sizes are proposed: change them, or use them" if self._form.proposed else title
        self.title_panel(self._table("inputs"), title, f"write {WRITE}")
        names = "change one, all follow" if self._form.names else "none: the model leaves none open"
        self.title_panel(self._table("names"), f"Dimensions with one name · {names}", "u separates them")
        outputs = self.query_one("#shapes-outputs", Lines)
        self.title_panel(outputs, f"Outputs · {len(self._facts.outputs)}")
        outputs.show(shapes_rows.output_lines(self._facts))
        count = len(self._form.sets) + 1
        title = f"Several shapes in turn · {count}" if sets else "Several shapes in turn · off"
        self.title_panel(self.query_one("#shapes-sets"), title, "a adds a set · delete removes")
        self.title_panel(self.query_one("#shapes-use"), "With these shapes", "ctrl+g from anywhere in this form")

    def _show_fill(self) -> None:
        row: InputRow | None = self._table("inputs").current
        panel, radio = self.query_one("#shapes-fill"), self.query_one("#shapes-fills", Radio)
        if row is None:
            self.title_panel(panel, "No inputs")
            radio.show((), "")
            return
        port = row.entry.port
        self.title_panel(panel, f"{clean(port.name, 30)} is filled with", "← → chooses")
        choices = [
            (fill, shapes_fills.words_of(fill, port, row.entry.paths), "") for fill in shapes_fills.choices_of(port)
        ]
        radio.show([(value, clean(title, 40), does) for value, title, does in choices], row.entry.fill)
        note = "random numbers are the same in every run with the same seed"
        if port.ids_below:
            note = f"the table behind it has {port.ids_below:,} rows; ids outside would read something else"
        if row.entry.fill == "file":
            note = clean(", ".join(row.entry.paths), 200)
        sets_note: tuple[Line, ...] = (
            (words(" a adds another shape, such as [1,32]; requests take them in turn", "muted"),)
            if not self._form.sets
            else ()
        )
        files = " a file: .npy, .bin or an image; several, with commas, take turns"
        self.query_one("#shapes-fill-note", Lines).show((words(f" {note}", "muted"), words(files, "muted")))
        self.query_one("#shapes-sets-note", Lines).show(sets_note)

    def _show_use(self) -> None:
        model = shapes_form.model_spec(self._form, self._spec.model)
        command = clean(same_as(msgspec.structs.replace(self._spec, model=model))).removeprefix("ovexplorer bench ")
        self.query_one("#shapes-outcome", Lines).show(shapes_rows.outcome(self._form, self._facts, command))
        said = shapes_rows.notes(self._form, self.glyphs)
        self.query_one("#shapes-notes", Lines).show((*self._refusal(), *said))
        hint = "ctrl+g · esc leaves all as it was"
        self.query_one("#shapes-button", Press).show("Use these shapes", hint, not self.problem)

    def _refusal(self) -> tuple[Line, ...]:
        """What OpenVINO said to these very shapes, when it refused them."""
        current = self.state.current
        failed = current.failed if current is not None else None
        kinds = ("shape_refused", "input_refused")
        if failed is None or failed.kind not in kinds or current is None or current.spec.model != self._spec.model:
            return ()
        return (words(f" {self.glyphs.bad} {failed.what}", "bad"),)

    @property
    def problem(self) -> str:
        """Why the form cannot be used; empty when it can."""
        for entry, problem in zip(self._form.inputs, self._form.problems):
            if problem:
                return f"{entry.port.name}: {problem}"
            if entry.fill == "file" and (why := shapes_fills.file_problem(entry.paths)):
                return f"{entry.port.name}: {clean(why, 160)}"
        return ""

    # What is done

    def _become(self, *forms: ShapesForm) -> None:
        """Go through forms to the last one; undo goes back through them."""
        for form in forms:
            if form != self._form:
                self._undo.append(self._form)
                self._redo.clear()
                self._form = form
        self.redraw()

    @on(Table.CursorMoved)
    def _cursor_moved(self, event: Table.CursorMoved) -> None:
        if event.table.id == "shapes-inputs":
            self._show_fill()

    @on(Table.Activated)
    def _row_activated(self, event: Table.Activated) -> None:
        ask, row = self.query_one(Ask), event.table.current
        if isinstance(row, InputRow):
            ask.open("shape", clean(row.entry.port.name, 30), spaced(row.entry.shape))
            ask.say(WRITE)
        elif isinstance(row, NameRow):
            ask.open("size", clean(row.group.name, 30), row.size if parse_dim(row.size) else "")
            ask.say(f"model allows {row.group.allowed}")
        elif isinstance(row, SetRow):
            self.action_graph_assign()

    @on(Table.Stepped)
    def _row_stepped(self, event: Table.Stepped) -> None:
        row = event.table.current
        if isinstance(row, InputRow):
            choices = shapes_fills.choices_of(row.entry.port)
            place = choices.index(row.entry.fill) if row.entry.fill in choices else 0
            self._fill(choices[(place + event.by) % len(choices)])
        elif isinstance(row, NameRow):
            size = shapes_form.size_of(self._form, row.group)
            if size is not None and size.static:
                doubled = size.low * 2 if event.by > 0 else max(1, size.low // 2)
                dim = Dim(doubled, doubled)
                if not problem_of((dim,), None if row.group.allowed.static else (row.group.allowed,)):
                    self._become(shapes_form.with_size(self._form, row.group, dim))

    @on(Radio.Chosen)
    def _fill_chosen(self, event: Radio.Chosen) -> None:
        row: InputRow | None = self._table("inputs").current
        if row is not None:
            self._fill(next(fill for fill in shapes_fills.choices_of(row.entry.port) if fill == event.value))

    def _fill(self, fill: Fill) -> None:
        row: InputRow | None = self._table("inputs").current
        if row is None:
            return
        if fill == "file":
            ask = self.query_one(Ask)
            ask.open("file", f"File for {clean(row.entry.port.name, 24)}", ", ".join(row.entry.paths))
            ask.say(".npy, .bin or an image")
        else:
            self._become(shapes_form.with_fill(self._form, row.index, fill))

    @on(Press.Pressed)
    def _pressed(self) -> None:
        self.action_form_apply()

    @on(Ask.Changed)
    def _typed(self, event: Ask.Changed) -> None:
        _, problem = self._read(event.purpose, event.text)
        event.ask.say(
            f"{self.glyphs.bad} {problem}" if problem else f"{self.glyphs.good} fits", "bad" if problem else "good"
        )

    @on(Ask.Submitted)
    def _entered(self, event: Ask.Submitted) -> None:
        forms, problem = self._read(event.purpose, event.text)
        if not problem:
            event.ask.close()
            self._become(*forms)

    def _read(self, purpose: str, text: str) -> tuple[tuple[ShapesForm, ...], str]:
        """The forms that what was typed leads to; and why it cannot be used, empty when it can."""
        row: InputRow | None = self._table("inputs").current
        if purpose == "size":
            return self._read_size(text)
        if purpose == "set":
            form, problem = shapes_form.add_set(self._form, text)
            return (form,), problem
        if row is None:
            return (), "the model has no inputs"
        if purpose == "file":
            paths = shapes_fills.paths_of(text)
            return (shapes_form.with_fill(self._form, row.index, "file", paths),), clean(
                shapes_fills.file_problem(paths), 160
            )
        letters = letters_of(text)
        if letters and letters.isalpha():
            fits = len(letters) == len(row.entry.shape) and len(set(letters)) == len(letters)
            problem = "" if fits else f"a layout of {len(row.entry.shape)} different letters"
            return (shapes_form.with_layout(self._form, row.index, letters),), problem
        shape, problem = shapes_form.read_field(text, row.entry)
        if shape is None or problem:
            return (), problem
        followed, alone = shapes_form.with_shape(self._form, row.index, shape)
        return ((alone, followed) if alone is not None else (followed,)), ""

    def _read_size(self, text: str) -> tuple[tuple[ShapesForm, ...], str]:
        row: NameRow | None = self._table("names").current
        dim = parse_dim(text)
        if row is None or dim is None:
            return (), "write 128, 1..128 or ?"
        allowed = None if row.group.allowed.static else (row.group.allowed,)
        problem = problem_of((dim,), allowed).replace("dim 0 ", "it ")
        return (shapes_form.with_size(self._form, row.group, dim),), problem

    # Actions of the registry

    def action_graph_assign(self) -> None:
        """Add a shape that requests take in turn."""
        if self._form.inputs:
            leading = self._form.inputs[shapes_form.leading_input(self._form)]
            ask = self.query_one(Ask)
            ask.open("set", f"Another shape of {clean(leading.port.name, 24)}")
            ask.say("such as [1,32], or 32")

    def action_list_delete(self) -> None:
        """Remove the set under the cursor."""
        row: SetRow | None = self._table("turns").current
        if self._form.sets and row is not None:
            # The first row is the shape above; with the cursor there the last set goes.
            place = row.number - 1 if row.number else len(self._form.sets) - 1
            self._become(shapes_form.remove_set(self._form, place))

    def action_run_undo(self) -> None:
        """Take back the last edit; after sizes followed each other, first that."""
        self._travel(self._undo, self._redo)

    def action_run_redo(self) -> None:
        """Make it again."""
        self._travel(self._redo, self._undo)

    def _travel(self, here: list[ShapesForm], there: list[ShapesForm]) -> None:
        if here:
            there.append(self._form)
            self._form = here.pop()
            self.redraw()

    def action_form_apply(self) -> None:
        """Use what is set."""
        if self.problem:
            self.tell(self.problem, bad=True)
        else:
            self.dismiss(shapes_form.model_spec(shapes_form.confirmed(self._form), self._spec.model))

    def action_app_back(self) -> None:
        """Close the field; else leave everything as it was."""
        ask = self.query_one(Ask)
        if ask.is_open:
            ask.close()
        else:
            self.dismiss(None)
