"""Where a finding lives: the screen it names, with cursor or filter on what it is about."""

from __future__ import annotations

from ovexplorer.analysis.advice.model import Finding
from ovexplorer.tui.widgets.option_list import OptionList


def point_at(app: object, finding: Finding) -> None:
    """Put the cursor or the filter of the screen on top on what a finding is about."""
    screen = getattr(app, "screen", None)
    if not finding.at or screen is None:
        return
    if finding.place == "live":
        for options in screen.query(OptionList):
            options.move_to(finding.at)
    elif finding.place == "layers" and hasattr(screen, "show_only"):
        screen.show_only(finding.at)
