"""The footer of each screen: which actions of the registry it prints, in the order of use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ovexplorer.tui.actions import BY_ID, ScreenName


@dataclass(frozen=True)
class Hint:
    """One entry of a footer."""

    keys: str
    """As printed."""
    label: str
    action: str
    """Id of the action that a click carries out."""
    wide: bool = False
    """Only from 120 columns on."""


def hint(action_id: str, label: str = "", keys: str = "", wide: bool = False) -> Hint:
    """An entry of a footer with the words of the registry where none are given."""
    action = BY_ID[action_id]
    return Hint(keys or action.keys_shown, label or action.title, action_id, wide)


FOOTERS: Final[Mapping[ScreenName, tuple[Hint, ...]]] = {
    "open": (
        hint("list.activate", "run"),
        hint("focus.next", "device"),
        hint("device.build", "build device"),
        hint("shapes.edit", "shapes"),
        hint("list.find", "find"),
        hint("app.quit"),
        hint("list.parent", wide=True),
        hint("open.hidden", wide=True),
        hint("app.palette", wide=True),
    ),
    "live": (
        hint("list.activate", "change"),
        hint("run.set_baseline"),
        hint("compare.start"),
        hint("run.undo"),
        hint("view.zoom_panel"),
        hint("run.pause"),
        hint("device.build"),
        hint("shapes.edit"),
        hint("doctor.open", wide=True),
        hint("list.mark", wide=True),
        hint("list.left", "value", "← →", wide=True),
        hint("item.copy", wide=True),
        hint("app.palette", wide=True),
    ),
    "layers": (
        hint("list.activate", "details"),
        hint("view.next"),
        hint("list.sort"),
        hint("list.find", "filter"),
        hint("view.next_landmark", "reorders", "[ ]"),
        hint("view.freeze"),
        hint("graph.fold"),
        hint("advice.try", "try remedy", wide=True),
        hint("item.follow", "in graph", wide=True),
        hint("item.export", wide=True),
        hint("item.copy", wide=True),
        hint("list.reverse", wide=True),
        hint("run.again", "count again", wide=True),
        hint("view.zoom_panel", wide=True),
    ),
    "graph": (
        hint("graph.open"),
        hint("run.again"),
        hint("app.screen", "picks a model", "1"),
        hint("app.palette", wide=True),
    ),
    "builder": (
        hint("builder.move_down", "order", "J K"),
        hint("list.activate", "in, out"),
        hint("focus.next", "next part"),
        hint("graph.assign", "rule"),
        hint("form.apply"),
        hint("list.left", "value", "h l", wide=True),
        hint("list.delete", wide=True),
        hint("run.undo", wide=True),
        hint("app.back", "cancel", wide=True),
    ),
    "shapes": (
        hint("list.activate", "edit"),
        hint("focus.next", "next"),
        hint("list.left", "fill", "← →"),
        hint("graph.assign", "add set"),
        hint("form.apply", "use them"),
        hint("app.back", "cancel"),
        hint("list.delete", wide=True),
    ),
    "compare": (
        hint("list.activate", "open"),
        hint("view.next"),
        hint("run.again", "again"),
        hint("run.set_baseline", "B is baseline"),
        hint("run.to_baseline"),
        hint("item.export"),
        hint("compare.start", "A/B", wide=True),
        hint("view.more", "more turns", "+ -", wide=True),
        hint("item.copy", wide=True),
        hint("view.zoom_panel", wide=True),
    ),
    "advice": (
        hint("advice.try"),
        hint("list.down", "finding", "j k"),
        hint("focus.next", "choose a try"),
        hint("list.activate", "show it"),
        hint("advice.improve"),
        hint("item.follow"),
        hint("run.undo", wide=True),
        hint("run.again", "count again", wide=True),
        hint("item.copy", wide=True),
        hint("app.palette", wide=True),
    ),
    "timeline": (
        hint("list.left", "scroll", "h l"),
        hint("view.more", "zoom", "+ -"),
        hint("list.down", "lane", "j k"),
        hint("view.next_landmark", "request", "[ ]"),
        hint("view.freeze"),
        hint("advice.try"),
        hint("list.first", "start, now", "g G", wide=True),
        hint("list.find", wide=True),
        hint("item.export", "export trace", wide=True),
        hint("run.pause", wide=True),
        hint("view.zoom_panel", wide=True),
    ),
    "doctor": (hint("app.back", "closes"), hint("run.again", "look again"), hint("item.copy")),
    "help": (hint("app.back", "closes"), hint("list.find", "finds")),
    "error": (
        hint("run.again", "restart"),
        hint("list.down", "choose", "j k"),
        hint("list.activate", "do it"),
        hint("item.copy"),
        hint("item.export", "bundle"),
        hint("app.back", "open"),
        hint("app.quit", wide=True),
    ),
    "prompt": (hint("list.activate", "keep"), hint("app.back", "cancel")),
}
"""Context keys of each screen, in the order of use; what does not fit is dropped from the right."""

LAYERS_REORDERS: Final = (
    hint("advice.try"),
    hint("list.activate", "details"),
    hint("view.next"),
    hint("list.sort"),
    hint("view.next_landmark", "next", "[ ]"),
    hint("item.follow", "show cut"),
    hint("item.copy", wide=True),
    hint("item.export", wide=True),
    hint("run.again", "count again", wide=True),
    hint("view.zoom_panel", wide=True),
)
"""Footer of the Reorder doctor."""

LIVE_COMPILING: Final = (
    hint("app.back", "cancel"),
    hint("run.undo"),
    hint("list.activate", "change"),
    hint("run.pause"),
)
"""Footer while a configuration is being compiled."""

REPLAYING: Final = (
    hint("replay.slower"),
    hint("replay.faster"),
    hint("run.pause"),
    hint("view.zoom_panel"),
    hint("item.copy"),
    hint("app.quit"),
    hint("app.palette", wide=True),
)
"""Footer while a recording is shown."""
