"""A/B: two configurations in turns, and what comes of it."""

from __future__ import annotations

from textual.app import ComposeResult

from ovexplorer.session.state import RunState
from ovexplorer.tui.footers import FOOTERS, Hint
from ovexplorer.tui.screens.compare_view import ViewContainer
from ovexplorer.tui.widgets.frame import RunRow
from ovexplorer.tui.widgets.lines import Lines


class AbView(ViewContainer):
    """Nothing compared yet."""

    title = "A/B"

    def compose(self) -> ComposeResult:
        """One panel."""
        yield Lines(id="ab-empty", classes="panel")

    def show(self, state: RunState) -> None:  # noqa: ARG002
        """See CompareView."""
        text = "  Nothing to compare yet. Toggle something on Live, then press x."
        self.query_one("#ab-empty", Lines).show((((text, "muted"),),))

    def hints(self, state: RunState) -> tuple[Hint, ...]:  # noqa: ARG002
        """See CompareView."""
        return FOOTERS["compare"]

    def run_row(self, state: RunState) -> RunRow | None:  # noqa: ARG002
        """See CompareView."""
        return None

    def action_compare_start(self) -> None:
        """Compare what runs with the baseline."""
