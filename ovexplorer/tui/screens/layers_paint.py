"""Fills the panels of the layers screen from its board."""

from __future__ import annotations

from typing import Any

from textual.message import Message

from ovexplorer.analysis.layers import LayerAnalysis, LayerRow
from ovexplorer.analysis.remedies import Remedy, remedies, remedies_for
from ovexplorer.analysis.reorders import Reorder
from ovexplorer.text import clean
from ovexplorer.tui.screens import layers_doctor as doctor
from ovexplorer.tui.screens import layers_panels as panels
from ovexplorer.tui.screens import layers_view as view
from ovexplorer.tui.screens import layers_words as says
from ovexplorer.tui.screens.base import OvxScreen
from ovexplorer.tui.screens.layers_board import Board, reorder_at
from ovexplorer.tui.screens.layers_details import around, details
from ovexplorer.tui.widgets.form import words
from ovexplorer.tui.widgets.lines import Lines
from ovexplorer.tui.widgets.table import Table

BESIDE = 160
"""Columns of the terminal from which panels stand beside the table."""

KEYS = {
    "layers": "v view · / filter · F freeze",
    "reorders": "t tries the remedy",
    "difference": "enter shows the layer",
}


class SizedLines(Lines):
    """A panel that tells when there is room for more or less."""

    class Resized(Message):
        """Its size is another one."""

    def on_resize(self) -> None:
        """Tell the screen."""
        self.post_message(self.Resized())


class LayersPaint(OvxScreen[None]):
    """Everything under and beside the table.

    Attributes:
        board: What is shown.
    """

    board: Board
    _found: tuple[LayerAnalysis, tuple[Remedy, ...]] | None = None
    _alone = doctor.Alone()

    @property
    def table(self) -> Table[Any]:
        """The table."""
        return self.query_one("#layers-table", Table)

    def show_words(self, alone: doctor.Alone) -> None:
        """Title, rows under the table, and all panels."""
        board, analysis = self.board, self.board.analysis
        if analysis is None:
            return
        self._alone = alone
        pinned = view.pinned_rows(analysis, board.run, self.glyphs, self.size.width)
        self.table.set_pinned(pinned if board.view not in ("reorders", "difference") else ())
        shown = len(self.table.shown)
        boxed = self.size.width >= view.WIDE
        title = says.title(board, analysis, shown)
        self.title_panel(
            self.table,
            title if boxed else says.title_with_mean(board, analysis, shown, self.size.width),
            says.subtitle(board, analysis, KEYS.get(board.view, "enter shows its layers")),
        )
        self.show_details()
        if self.size.width >= BESIDE:
            self._show_beside(analysis)

    # Under the table

    def show_details(self) -> None:
        """What is known of the row under the cursor."""
        panel, row, analysis = self.query_one("#layers-details", Lines), self.table.current, self.board.analysis
        if analysis is None:
            return
        if row is None:
            self.title_panel(panel, "No row")
            panel.show((words(f" {self._why_no_row()}", "muted"),))
        elif self.board.view == "reorders":
            self._show_doctor(row, analysis)
        elif isinstance(row, LayerRow):
            place = f"row {self.table.cursor_row + 1:,} of {len(self.table.shown):,}"
            title = clean(f"{row.layer.name} · {row.layer.type}", 60)
            self.title_panel(panel, f"{title} · {place}", "enter enlarges · y copies")
            known = around(row, analysis, self.state.peak, reorder_at(row, analysis))
            panel.show(details(row, known, (panel.size.width, max(3, panel.size.height)), self.glyphs))
        else:
            self.title_panel(panel, clean(row.name or "not told", 60), "y copies")
            more = f"enter shows its {row.count:,} layers" if hasattr(row, "count") else self._names(row)
            panel.show((words(f" {more}", "muted"),))
        if self.size.width >= BESIDE:
            self._show_reorder(analysis)

    def _names(self, row: Any) -> str:  # noqa: ANN401 - any row with names
        return f"stands for {', '.join(row.names[:20])}" if row.names else "enter shows the layer"

    def _why_no_row(self) -> str:
        if self.board.view == "reorders":
            return "no layer only moves or converts data: every one takes what the one before it gives"
        if self.board.view == "difference":
            return "F holds the present profile, F again baseline A; what changes after that is listed here"
        if self.board.view == "blocks":
            return "no part of the model can be told from its names"
        if self.board.filter.text:
            return "nothing matches; esc clears the filter"
        return "this model reported no layers"

    def _show_doctor(self, row: Reorder, analysis: LayerAnalysis) -> None:
        panel = self.query_one("#layers-details", Lines)
        self.title_panel(panel, "Why this one")
        panel.show(doctor.why_lines(row, panel.size.width, panel.size.height))
        panel = self.query_one("#layers-remedy", Lines)
        found = self._remedies_of(row)
        self.title_panel(panel, "Remedy" if len(found) < 2 else f"{len(found)} remedies", "t tries the first")
        panel.show(doctor.remedy_lines(analysis, found, self._alone, panel.size, self.glyphs))

    # Remedies

    def _remedies_of(self, entry: Reorder) -> tuple[Remedy, ...]:
        analysis, segment = self.board.analysis, self.state.current
        if analysis is None or segment is None:
            return ()
        if self._found is None or self._found[0] is not analysis:
            spec = self.session.asked or segment.spec
            effective = segment.ready.effective if segment.ready is not None else ()
            self._found = analysis, remedies(analysis, spec, self.state.model, effective)
        return remedies_for(entry, self._found[1])

    def remedy_here(self) -> Remedy | None:
        """The first remedy for the row under the cursor; None when it is no Reorder or nothing helps."""
        entry = self._reorder_here()
        return next(iter(self._remedies_of(entry)), None) if entry is not None else None

    def _reorder_here(self) -> Reorder | None:
        analysis = self.board.analysis
        return reorder_at(self.table.current, analysis) if analysis is not None else None

    # Beside the table

    def _show_beside(self, analysis: LayerAnalysis) -> None:
        panel = self.query_one("#layers-types", Lines)
        self.title_panel(panel, "By type", "layers, ms, share of the latency")
        groups = (*analysis.by_type, panels.gap_group(analysis))
        panel.show(panels.roll_up(groups, panel.size.height, self.glyphs, panel.size.width))
        panel = self.query_one("#layers-blocks", Lines)
        blocks = view.groups_of(analysis, "blocks")
        self.title_panel(panel, "By block of the model" if blocks else "By primitive")
        groups = blocks or analysis.by_primitive
        panel.show(panels.roll_up(groups, panel.size.height, self.glyphs, panel.size.width))
        panel = self.query_one("#layers-transitions", Lines)
        self.title_panel(panel, "Precision transitions")
        reference, before = self.board.reference, self.board.before()
        held = (reference.title, before) if reference is not None and before is not None else None
        panel.show(panels.transition_lines(analysis, panel.size.height, held, panel.size.width))
        if reference is not None and (alignment := self.board.alignment()) is not None:
            panel = self.query_one("#layers-against", Lines)
            self.title_panel(panel, f"Against {reference.title}", "F freeze · v opens the full diff")
            panel.show(panels.against_lines(alignment, panel.size.height, self.glyphs, panel.size.width))

    def _show_reorder(self, analysis: LayerAnalysis) -> None:
        """The Reorder under the cursor, else the most expensive one."""
        panel, moves = self.query_one("#layers-doctor", Lines), analysis.reorders
        self.title_panel(panel, f"Reorder doctor · {len(moves):,}", "[ ] next reorder · t tries the remedy")
        if not moves:
            panel.show((words(" no layer only moves or converts data", "muted"),))
            return
        entry = self._reorder_here() or moves[0]
        remedy = doctor.short_remedy(self._remedies_of(entry), analysis.profile.latency_ns)
        panel.show(doctor.beside_lines(entry, remedy, panel.size.width, panel.size.height))
