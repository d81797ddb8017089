"""What the Graph screen changes: affinities of what is selected, suggestions that are tried, and other graphs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from textual.widget import Widget

from ovexplorer.analysis.split.model import Suggestion
from ovexplorer.analysis.split.suggest import apply_suggestion
from ovexplorer.errors import UsageError
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState
from ovexplorer.tui.affinities import Affinities
from ovexplorer.tui.graph_content import GraphContent
from ovexplorer.tui.graph_parts import GraphSource
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.choices import ChoiceRow, ChoicesScreen
from ovexplorer.tui.screens.graph_export import GraphExport
from ovexplorer.tui.screens.graph_view import Selection
from ovexplorer.tui.widgets.ask import Ask

SLOW_COMPILE_S = 2.0
"""From here on a change is confirmed before it is compiled."""

_FILE = "file"
_SOURCES: tuple[tuple[GraphSource, str], ...] = (
    ("model", "operations of the model, with submodels and cuts"),
    ("runtime", "layers as the device runs them"),
)


class GraphChanges(OvxScreen[None]):
    """The part of the screen that changes something; subclasses show it."""

    selection: Selection

    def __init__(self) -> None:
        super().__init__()
        self.affinities: Affinities | None = None
        """Edits that are not compiled yet; None for a graph without a run that is split."""
        self.suggestion = 0
        """Which of the suggestions is proposed."""
        self._confirmed = ""

    def export_fields(self) -> Iterator[Widget]:
        """Fields that the body holds."""
        yield GraphExport()

    def close_fields(self) -> bool:
        """Close the field that asks for a file; False when none is open."""
        export = self.query_one(GraphExport)
        if export.writes:
            export.give_up()
            return True
        was_open = export.is_open
        export.close()
        return was_open

    # Affinities

    def take_content(self, content: GraphContent) -> None:
        """Begin with the affinities of the run that is shown; edits survive new measurements."""
        described, spec = self.state.topology, self.session.asked
        split = content.source == "model" and content.split is not None
        if not split or described is None or spec is None or content.topology is not described.topology:
            self.affinities = None
        elif self.affinities is None or self.affinities.topology is not described.topology:
            self.affinities = Affinities(described.topology, described.support, spec, spec)
        elif self.affinities.running != spec:
            changed = self.affinities.changed
            before = self.affinities.ran(spec)
            # What was kept by a try, or taken back, is what runs now: nothing is pending then.
            self.affinities = before if changed and _edits(before) else before.take(spec)

    @property
    def proposed(self) -> Suggestion | None:
        """The suggestion that `t` tries; None when there is none."""
        found = self.ovx.graphing.content
        if found is None or not found.suggestions:
            return None
        return found.suggestions[self.suggestion % len(found.suggestions)]

    def next_suggestion(self, by: int = 1) -> None:
        """Propose another one."""
        found = self.ovx.graphing.content
        if found is not None and found.suggestions:
            self.suggestion = (self.suggestion + by) % len(found.suggestions)
            self.redraw()

    def action_graph_assign(self) -> None:
        """Send what is marked, or what is under the cursor, to another device."""
        affinities = self.affinities
        if affinities is None:
            self.tell("nothing to assign here: d builds a HETERO device first")
            return
        keys = self.chosen_operations()
        if not keys:
            self.tell("select an operation or a submodel first")
            return
        present = {affinities.placed[key] for key in keys}
        rows = [ChoiceRow(device, self._assign_words(affinities, keys, device)) for device in affinities.devices]
        title = f"Device of {len(keys):,} operation{'s' if len(keys) > 1 else ''}"

        def chosen(device: str | None) -> None:
            if device and self.affinities is affinities:
                self._edit(affinities, keys, device)

        now = next(iter(present)) if len(present) == 1 else ""
        self.app.push_screen(ChoicesScreen(self.glyphs, title, rows, now), chosen)

    def _edit(self, affinities: Affinities, keys: Iterable[int], device: str) -> None:
        try:
            self.affinities = affinities.assign(keys, device)
        except UsageError as error:
            self.ovx.complain(error)
            return
        self.selection.marked.clear()
        self._confirmed = ""
        self.redraw()

    def _assign_words(self, affinities: Affinities, keys: Iterable[int], device: str) -> str:
        """What it would come to; predicted, nothing is compiled."""
        wanted = set(keys)
        missing = next((set(entry.missing) for entry in affinities.support if entry.device == device), set())
        lacking = len(wanted & missing)
        if lacking:
            return f"does not support {lacking} of them"
        try:
            then = affinities.assign(wanted, device).prediction
        except UsageError as error:
            return error.what
        split = then.split
        return f"{len(split.submodels):,} submodels, {len(split.cuts):,} cuts, {split.cut_bytes / 1e6:.1f} MB"

    def chosen_operations(self) -> tuple[int, ...]:
        """What a change is about: marked operations, or the one or the submodel under the cursor."""
        content, selection = self.ovx.graphing.content, self.selection
        if content is None:
            return ()
        if selection.marked:
            return tuple(sorted(selection.marked))
        if selection.operation is not None:
            return (selection.operation,)
        below = self.operations_below()
        if below:
            return below
        if selection.submodel is not None and content.split is not None:
            return next((s.operations for s in content.split.submodels if s.index == selection.submodel), ())
        return ()

    def operations_below(self) -> tuple[int, ...]:
        """Operations of the part under the cursor, where a view shows parts."""
        return ()

    def action_run_undo(self) -> None:
        """Take back the last edit of affinities, else the last toggle."""
        if self.affinities is not None and self.affinities.past:
            self.affinities = self.affinities.undo()
            self.redraw()
        else:
            super().action_run_undo()

    def action_run_redo(self) -> None:
        """Do it again."""
        if self.affinities is not None and self.affinities.future:
            self.affinities = self.affinities.redo()
            self.redraw()
        else:
            super().action_run_redo()

    # Tries

    def action_advice_try(self) -> None:
        """Measure the pending affinities in turns against what runs, or else the suggestion."""
        affinities, suggestion = self.affinities, self.proposed
        if self.ovx.replay:
            self.tell("a recording is shown: nothing can be tried")
        elif affinities is not None and affinities.changed:
            self._try_edits(affinities)
        elif suggestion is None or affinities is None:
            self.tell("there is nothing to try here")
        else:
            spec = apply_suggestion(affinities.running, affinities.topology, suggestion)
            self._try(str(suggestion.title), spec, float(suggestion.saving_ns))

    def action_advice_improve(self) -> None:
        """Try suggestions, the best first, and keep what is faster until nothing helps."""
        from ovexplorer.tui.graph_improve import next_split

        if self.affinities is None:
            self.tell("nothing to improve here: d builds a HETERO device first")
            return
        refusal = self.ovx.trying.improve(lambda: next_split(self.session, self.ovx.trying))
        if refusal:
            self.tell(refusal)

    def _try_edits(self, affinities: Affinities) -> None:
        prediction = affinities.prediction
        if prediction.unplaced:
            self.tell(f"{len(prediction.unplaced):,} operations have no device: OpenVINO would refuse that", bad=True)
            return
        words = f"{len(prediction.split.submodels):,} submodels, about {prediction.compile_s:.0f} s to compile"
        if prediction.compile_s >= SLOW_COMPILE_S and self._confirmed != words:
            self._confirmed = words
            self.tell(f"{words}: t again goes on")
            return
        count = affinities.count
        self._try(f"move {count:,} operation{'s' if count != 1 else ''}", affinities.spec(), None)

    def _try(self, title: str, spec: RunSpec, expected_ns: float | None) -> None:
        refusal = self.ovx.trying.start(title, spec, expected_ns)
        if refusal:
            self.tell(refusal)

    # Other graphs

    def action_graph_open(self) -> None:
        """Choose what is shown: the model, its layers, or a file."""
        state: RunState = self.state
        rows = [ChoiceRow(name, words) for name, words in _SOURCES] if state.current is not None else []
        rows.append(ChoiceRow(_FILE, "a .dot dump, any Graphviz file, or an execution graph (.xml)"))

        def chosen(value: str | None) -> None:
            if value == _FILE:
                ask = self.query_one("#graph-ask", Ask)
                ask.open("file", "Open", str(self.ovx.graphing.path or ""))
                ask.say("a .dot or .xml file, or a folder of dumps; enter opens it")
            elif value in ("model", "runtime"):
                self.ovx.graphing.use("model" if value == "model" else "runtime")
                self.redraw()

        self.app.push_screen(ChoicesScreen(self.glyphs, "Graph of", rows, self.ovx.graphing.source), chosen)

    def open_typed(self, ask: Ask, text: str) -> None:
        """Show the file that was typed."""
        path = Path(text.strip()).expanduser()
        if not text.strip() or not path.exists():
            ask.say("there is no such file or folder", "warn")
            return
        ask.close()
        self.ovx.graphing.open_file(path)
        self.redraw()

    def action_item_export(self) -> None:
        """Write the graph, the view or what is marked to a file."""
        content = self.ovx.graphing.content
        if content is None:
            self.tell("there is no graph to export yet")
        else:
            self.query_one(GraphExport).begin(content, self.selection)


def _edits(affinities: Affinities) -> bool:
    """Whether something is still different from what runs."""
    return affinities.present != affinities.running and affinities.count > 0
