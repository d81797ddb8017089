"""The footer of a ladder, by what can be done with it now."""

from __future__ import annotations

from typing import Final

from ovexplorer.tui.footers import Hint, hint
from ovexplorer.tuning.steps import LadderState

IDLE_HINTS: Final = (
    hint("list.activate", "step by step"),
    hint("run.again", "run through"),
    hint("view.next"),
    hint("item.copy"),
    hint("run.pause", "pause run", wide=True),
    hint("view.zoom_panel", wide=True),
)
RUNNING_HINTS: Final = (
    hint("run.pause"),
    hint("app.back", "stop, keep results"),
    hint("view.next"),
    hint("item.copy", wide=True),
    hint("item.export", wide=True),
    hint("view.zoom_panel", wide=True),
)
WAITING_HINTS: Final = (
    hint("list.activate", "next step"),
    hint("app.back", "stop"),
    hint("view.next"),
    hint("item.copy", "copy command"),
    hint("item.export", wide=True),
    hint("view.zoom_panel", wide=True),
)
PAUSED_HINTS: Final = (hint("run.pause", "go on"), *RUNNING_HINTS[1:])
DONE_HINTS: Final = (
    hint("run.again", "measure again"),
    hint("compare.start", "step as A/B"),
    hint("run.set_baseline", "first bar"),
    hint("item.export"),
    hint("view.next"),
    hint("item.copy", "copy command", wide=True),
    hint("list.activate", "all again", wide=True),
    hint("view.zoom_panel", wide=True),
)


STOPPED_HINTS: Final = (hint("list.activate", "go on"), *DONE_HINTS)


def hints_of(ladder: LadderState | None) -> tuple[Hint, ...]:
    """Entries of the footer; None means that no model runs yet."""
    if ladder is None:
        return (hint("view.next"), hint("app.palette"))
    if ladder.kind == "startup" and ladder.status == "idle":
        return (hint("list.activate", "start"), *IDLE_HINTS[2:])
    if ladder.kind == "startup" and ladder.status in ("done", "stopped"):
        return (DONE_HINTS[0], *DONE_HINTS[2:])
    if ladder.status == "stopped" and any(result.status == "waiting" for result in ladder.results):
        return STOPPED_HINTS
    by_status = {"running": RUNNING_HINTS, "waiting": WAITING_HINTS, "paused": PAUSED_HINTS, "idle": IDLE_HINTS}
    return by_status.get(ladder.status, DONE_HINTS)
