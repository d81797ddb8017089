"""What the device builder asks for in its fields: values, stand-ins, rules, files to read and to write."""

from __future__ import annotations

from dataclasses import replace

from textual import on

from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import clean
from ovexplorer.tui.screens import builder_affinity, builder_files, builder_form, builder_stand_ins
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.builder_forecast import Forecast, Known
from ovexplorer.tui.screens.builder_form import BuilderForm
from ovexplorer.tui.screens.builder_rows import SIZE, DeviceRow, PropertyRow
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tui.widgets.table import Table


class BuilderAsks(OvxScreen[RunSpec | None]):
    """The fields of the builder; the screen itself shows the form."""

    known: Known
    """What the engine told."""
    forecast: Forecast
    """What comes of the form."""

    @property
    def present(self) -> BuilderForm:
        """What is set now."""
        raise NotImplementedError

    @property
    def made(self) -> RunSpec:
        """The spec that the form asks for."""
        raise NotImplementedError

    @property
    def devices(self) -> Table[DeviceRow]:
        """The list of devices."""
        return self.query_one("#builder-devices", Table)

    @property
    def properties(self) -> Table[PropertyRow]:
        """The list of properties."""
        return self.query_one("#builder-properties", Table)

    @property
    def asks(self) -> tuple[Ask, ...]:
        """The field under the devices, and the one of the rules."""
        return tuple(self.query(Ask))

    def become(self, new: BuilderForm, said: str = "", role: str = "bad") -> None:
        """Take another form; what was said goes below the button."""
        raise NotImplementedError

    def device_at_cursor(self) -> str:
        """Name of the device under the cursor; empty on the row that adds one."""
        raise NotImplementedError

    # Asking

    def ask_value(self) -> None:
        """Ask for the value of a property."""
        row = self.properties.current
        if row is not None:
            ask = self.query_one("#builder-ask", Ask)
            ask.open("value", row.title, row.value)
            ask.say(row.hint)

    def ask_stand_in(self) -> None:
        """Ask for a stand-in device."""
        ask = self.query_one("#builder-ask", Ask)
        ask.open("stand-in", "Stand-in", self._free_name())
        ask.say("also :no=Softmax,Add lacks types, :threads=1 slows")

    def ask_rule(self) -> None:
        """Ask for a rule, or for a file where a file decides."""
        ask = self.query_one("#builder-rule-ask", Ask)
        if self.present.who == "file":
            ask.open("file", "Affinity file", self.present.file)
            ask.say(builder_files.path_problem(self.present.file))
        else:
            ask.open("rule", "Rule", "")
            ask.say(builder_affinity.parse_rule(self.present, self.known.topology, "")[1])

    def ask_export(self) -> None:
        """Ask where the affinity file goes."""
        outlook = self.forecast.outlook
        if outlook is None or outlook.prediction is None or self.forecast.working:
            self.tell("affinities are not known yet" if self.present.splits else "only HETERO has affinities", bad=True)
            return
        ask = self.query_one("#builder-rule-ask", Ask)
        ask.open("export", "Write to", builder_files.proposed_path(self.made))
        ask.say("enter writes it and the Python code; esc leaves it")
        self._warned = ""

    _warned: str = ""

    def _free_name(self) -> str:
        names = ["CPU_SIM", *(f"CPU_SIM{number}" for number in range(2, 10))]
        return next((name for name in names if not builder_stand_ins.stand_in_problem(self.present, name)), "")

    # What is typed

    @on(Ask.Changed)
    def _typed(self, event: Ask.Changed) -> None:
        good = self.glyphs.good
        if event.purpose == "stand-in":
            problem = builder_stand_ins.stand_in_problem(self.present, event.text)
            made, _ = builder_stand_ins.understood(event.text)
            said = builder_stand_ins.renamed(made) if made is not None else ""
            self._say(event.ask, problem, f"{good} {said or 'enter adds it'}")
        elif event.purpose == "value":
            self._say(event.ask, self._with_text(event.text)[1], f"{good} enter sets it")
        elif event.purpose == "rule":
            rule, said = builder_affinity.parse_rule(self.present, self.known.topology, event.text)
            self._say(
                event.ask, "" if rule else said, f"{good} {said}", bad="muted" if not event.text.strip() else "bad"
            )
        elif event.purpose == "file":
            self._say(event.ask, builder_files.path_problem(event.text), f"{good} enter reads it", bad="muted")
        elif event.purpose == "export":
            said, possible = builder_files.taken(event.text)
            self._say(event.ask, said, f"{good} enter writes it and the Python code", bad="warn" if possible else "bad")

    @staticmethod
    def _say(ask: Ask, problem: str, good: str, bad: str = "bad") -> None:
        ask.say(problem or good, bad if problem else "good")

    @on(Ask.Submitted)
    def _entered(self, event: Ask.Submitted) -> None:
        if event.purpose == "stand-in":
            self._enter_stand_in(event)
        elif event.purpose == "rule":
            rule, _ = builder_affinity.parse_rule(self.present, self.known.topology, event.text)
            if rule is not None:
                event.ask.close()
                self.become(builder_affinity.with_rule(self.present, rule))
                self.query_one("#builder-rules", Table).move_to_key(len(self.present.rules) - 1)
        elif event.purpose == "file":
            self._enter_file(event)
        elif event.purpose == "export":
            self._enter_export(event)
        else:
            new, problem = self._with_text(event.text)
            if not problem:
                event.ask.close()
                self.become(new)

    def _enter_stand_in(self, event: Ask.Submitted) -> None:
        if builder_stand_ins.stand_in_problem(self.present, event.text):
            return
        made, _ = builder_stand_ins.understood(event.text)
        if made is None:
            return
        lacks, unknown = builder_stand_ins.spelled(self.known.topology, made.lacks)
        made = replace(made, lacks=lacks)
        said = builder_stand_ins.renamed(made)
        if unknown:
            said = (
                f"the model has no {' or '.join(clean(word, 40) for word in unknown[:3])}: lacking it changes nothing"
            )
        event.ask.close()
        self.become(builder_stand_ins.with_stand_in(self.present, made), said, "warn")
        self.ovx.do(self.session.describe_devices(self.present.stand_ins, self.present.lacks))
        self.devices.move_to_key(made.name)

    def _enter_file(self, event: Ask.Submitted) -> None:
        read = builder_files.read_file(event.text, self.known.topology, self.present.used)
        if read.problem:
            event.ask.say("it cannot be used: see below", "bad")
            self.become(self.present, read.problem)
            return
        event.ask.close()
        self.become(builder_affinity.with_file(self.present, event.text.strip(), read.placements, read.notices))

    def _enter_export(self, event: Ask.Submitted) -> None:
        outlook = self.forecast.outlook
        if outlook is None or outlook.prediction is None:
            event.ask.say("affinities are not known any more", "bad")
            return
        said, possible = builder_files.taken(event.text)
        if said and (not possible or self._warned != event.text):
            self._warned = event.text if possible else ""
            event.ask.say(said, "warn" if possible else "bad")
            return
        topology, placed = outlook.question.topology, outlook.prediction.split.placed
        problem = builder_files.write_files(event.text, self.made, topology, placed, replace=bool(said))
        if problem:
            event.ask.say(problem, "bad")
            return
        event.ask.close()
        data, program = builder_files.files_at(event.text)
        self.tell(f"written: {clean(str(data))} and {clean(program.name)}")

    def _with_text(self, text: str) -> tuple[BuilderForm, str]:
        """The form with a value that was typed, and why it cannot be used."""
        row = self.properties.current
        if row is None:
            return self.present, "no property here"
        if row.option is not None:
            name = self.device_at_cursor()
            return builder_form.with_value(self.present, name, row.option, text.strip() or "auto")
        number = text.strip() or "0"
        if not number.isascii() or not number.isdecimal() or len(number) > 6:
            return self.present, "a whole number"
        size, wait = self.present.batch_size, self.present.timeout_ms
        size, wait = (int(number), wait) if row.key == SIZE else (size, int(number))
        return builder_form.with_batch(self.present, size, wait), ""
