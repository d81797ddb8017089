"""The one registry of actions: bindings, footers, help, palette and the user's keymap are made from it.

One key belongs to one action in the whole product; a screen may narrow its meaning, never change it. Only actions that
do something are registered. The method of an action is its id with an underscore for the dot: `list.find` is
`action_list_find` on the screen or on the widget that binds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from textual.binding import Binding, BindingType

ScreenName = Literal[
    "open",
    "live",
    "layers",
    "graph",
    "builder",
    "shapes",
    "help",
    "error",
    "prompt",
    "compare",
    "advice",
    "timeline",
    "doctor",
]

SCREENS: Final[tuple[ScreenName, ...]] = ("open", "live", "layers", "graph", "compare", "advice", "timeline")
FORMS: Final[tuple[ScreenName, ...]] = ("builder", "shapes")
EVERYWHERE: Final[tuple[ScreenName, ...]] = (*SCREENS, *FORMS, "help", "error", "prompt", "doctor")

TABS: Final[tuple[tuple[str, ScreenName, str], ...]] = (
    ("1", "open", "Open"),
    ("2", "live", "Live"),
    ("3", "layers", "Layers"),
    ("4", "graph", "Graph"),
    ("5", "compare", "Compare"),
    ("6", "advice", "Advice"),
    ("8", "timeline", "Timeline"),
)
"""Key, screen and title of the tabs."""


@dataclass(frozen=True)
class Action:
    """Something a key, the palette and the help offer."""

    id: str
    """Public: the user's keymap names it."""
    keys: tuple[str, ...]
    """As Textual names them."""
    title: str
    """For footer and palette: one or two words."""
    help: str
    """One line."""
    where: tuple[ScreenName, ...] = EVERYWHERE
    """Screens it works on."""
    shown: str = ""
    """Keys as the footer prints them; empty makes it from `keys`."""
    at: Literal["app", "screen", "widget"] = "screen"
    """Who carries it out: the app, the screen, or the focused widget that binds it."""
    priority: bool = False
    """Works before a text field sees the key."""
    palette: bool = True
    """Whether the palette offers it; movement does not belong there."""
    replay: bool = False
    """Whether it works only while a recording is shown."""

    @property
    def method(self) -> str:
        """Name of the action method without its prefix."""
        return self.id.replace(".", "_")

    @property
    def keys_shown(self) -> str:
        """Keys as printed on screen."""
        return self.shown or " ".join(key_name(key) for key in self.keys)


_NAMES: Final = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "full_stop": ".",
    "plus": "+",
    "equals_sign": "=",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "escape": "esc",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
}


def key_name(key: str) -> str:
    """A key of Textual as the footer prints it."""
    return _NAMES.get(key, key)


def _move(name: str, keys: tuple[str, ...], title: str, text: str) -> Action:
    return Action(f"list.{name}", keys, title, text, at="widget", palette=False)


ACTIONS: Final[tuple[Action, ...]] = (
    Action("app.screen", tuple(key for key, _, _ in TABS), "screens",
           "Open, Live, Layers, Graph, Compare, Advice, Timeline",
           (*SCREENS, "error"), shown="1 2 3 4 5 6 8", at="app", palette=False),
    Action("app.help", ("question_mark", "f1"), "help", "keys and signs of this screen", shown="?", at="app"),
    Action("app.palette", ("ctrl+p", "colon"), "palette", "every action by name", shown="ctrl+p", at="app",
           palette=False),
    Action("app.back", ("escape",), "back", "closes, leaves a field, clears, cancels a compile"),
    Action("app.quit", ("q",), "quit", "leave; asks once while recording", (*SCREENS, "error"), at="app"),
    Action("app.interrupt", ("ctrl+c",), "interrupt", "cancels long work; twice within a second quits", at="app",
           priority=True, palette=False),
    Action("app.suspend", ("ctrl+z",), "suspend", "to the shell; the run pauses", at="app", priority=True),
    Action("app.redraw", ("ctrl+l",), "redraw", "repaints everything", at="app", priority=True),
    Action("focus.next", ("tab",), "next panel", "next panel or form field", palette=False),
    Action("focus.previous", ("shift+tab",), "previous panel", "previous panel or form field", palette=False),
    _move("down", ("j", "down"), "down", "next row"),
    _move("up", ("k", "up"), "up", "previous row"),
    _move("left", ("h", "left"), "left", "previous value · chart: back · table: columns"),
    _move("right", ("l", "right"), "right", "next value · chart: forward · table: columns"),
    _move("first", ("g", "home"), "first", "first row, oldest moment"),
    _move("last", ("G", "end"), "last", "last row; a chart returns to now"),
    _move("half_down", ("ctrl+d",), "half page down", "half a page down"),
    _move("half_up", ("ctrl+u",), "half page up", "half a page up"),
    _move("page_down", ("pagedown",), "page down", "a page down"),
    _move("page_up", ("pageup",), "page up", "a page up"),
    Action("list.activate", ("enter",), "open", "run, choices, open: what the footer says", at="widget", palette=False),
    Action("list.parent", ("backspace",), "up, back", "folder up · Graph: what was seen before", ("open", "graph")),
    Action("list.find", ("slash",), "find", "filter; in Open also a path",
           ("open", "live", "layers", "graph", "timeline", "help")),
    Action("list.next_hit", ("n",), "next hit", "next row that matches",
           ("layers", "graph", "timeline")),
    Action("list.previous_hit", ("N",), "previous hit", "previous row that matches",
           ("layers", "graph", "timeline")),
    Action("list.sort", ("s",), "sort", "next sort column", ("layers", "graph")),
    Action("list.reverse", ("S",), "reverse", "turn the order round", ("layers", "graph")),
    Action("list.delete", ("delete",), "remove", "forget a recent file, remove a rule", ("open", *FORMS)),
    Action("run.pause", ("space",), "pause", "pauses and resumes the run", SCREENS),
    Action("run.set_baseline", ("b",), "baseline", "this configuration becomes baseline A", ("live", "compare")),
    Action("run.to_baseline", ("B",), "back to A", "runs the baseline configuration again", ("live", "compare")),
    Action("run.undo", ("u",), "undo", "takes back the last toggle or edit", (*SCREENS, *FORMS)),
    Action("run.redo", ("ctrl+r",), "redo", "does it again", (*SCREENS, *FORMS)),
    Action("run.again", ("r",), "run again", "measures again; after a crash: restarts",
           ("live", "layers", "graph", "compare", "advice", "doctor", "error")),
    Action("record.toggle", ("R",), "record", "starts and stops a recording of this session", SCREENS, at="app"),
    Action("replay.slower", ("less_than_sign",), "slower", "shows the recording slower", SCREENS, at="app",
           replay=True),
    Action("replay.faster", ("greater_than_sign",), "faster", "shows it faster, at last all at once", SCREENS, at="app",
           replay=True),
    Action("view.next", ("v",), "view", "next view of this screen", SCREENS),
    Action("view.previous", ("V",), "previous view", "previous view of this screen", SCREENS),
    Action("view.more", ("plus", "equals_sign"), "zoom in", "shorter time axis · Compare: more turns · Graph: more",
           ("live", "graph", "compare", "timeline"), shown="+"),
    Action("view.less", ("minus",), "zoom out", "longer time axis · Compare: fewer turns · Graph: less",
           ("live", "graph", "compare", "timeline")),
    Action("view.fit", ("0",), "fit", "default zoom", ("live", "graph", "timeline")),
    Action("view.zoom_panel", ("z",), "zoom", "the focused panel fills the screen, or no more",
           ("live", "layers", "graph", "compare", "timeline")),
    Action("view.previous_landmark", ("left_square_bracket",), "previous mark", "mark, request, Reorder or cut before",
           ("live", "layers", "graph", "timeline")),
    Action("view.next_landmark", ("right_square_bracket",), "next mark", "mark, request, Reorder or cut after",
           ("live", "layers", "graph", "timeline")),
    Action("item.follow", ("o",), "docs", "OpenVINO's page for it · Graph: far end of an edge · Layers: in the graph",
           ("live", "layers", "graph", "advice")),
    Action("item.copy", ("y",), "copy", "copies the row, command or report through the terminal",
           (*SCREENS, "doctor", "error")),
    Action("item.export", ("e",), "export", "writes what is shown to a file",
           ("layers", "graph", "builder", "compare", "advice", "timeline", "error")),
    Action("compare.start", ("x",), "A/B", "compares what runs with baseline A in turns", SCREENS, at="app"),
    Action("advice.try", ("t",), "try", "tries what is proposed, then asks to keep it",
           ("layers", "graph", "timeline", "advice")),
    Action("advice.improve", ("T",), "try all", "tries all that is proposed, best first, until nothing helps",
           ("advice", "graph")),
    Action("view.freeze", ("F",), "freeze", "holds the picture; Layers: holds it against what comes",
           ("layers", "timeline")),
    Action("list.mark", ("m",), "mark", "leaves a note on the time axis · Graph: marks an operation",
           ("live", "graph")),
    Action("doctor.open", ("D",), "doctor", "what in this machine spoils numbers", SCREENS, at="app"),
    Action("device.build", ("d",), "device", "device builder", SCREENS),
    Action("shapes.edit", ("i",), "shapes", "shapes and inputs", SCREENS),
    Action("open.hidden", ("full_stop",), "hidden files", "shows and hides hidden files", ("open",)),
    Action("graph.fold", ("f",), "fold", "folds a block to one row, or unfolds it", ("layers", "graph")),
    Action("graph.assign", ("a",), "assign, add", "Graph: device of what is selected · forms: a rule or a shape set",
           ("graph", *FORMS)),
    Action("graph.colour", ("c",), "colour", "by device, submodel, type, precision, time, Reorders", ("graph",)),
    Action("graph.path", ("p",), "path", "the critical path through what is selected", ("graph",)),
    Action("graph.open", ("O",), "open graph", "the run's model or layers, or a file", ("graph",)),
    Action("builder.move_down", ("J",), "later", "moves a device or rule down in the order", ("builder",)),
    Action("builder.move_up", ("K",), "earlier", "moves a device or rule up in the order", ("builder",)),
    Action("form.apply", ("ctrl+g",), "use it", "applies the form; works while typing", FORMS, priority=True),
)  # fmt: skip

BY_ID: Final[Mapping[str, Action]] = {action.id: action for action in ACTIONS}


def _binding(action: Action, call: str) -> Binding:
    return Binding(
        ",".join(action.keys),
        call,
        action.title,
        show=False,
        key_display=action.keys_shown,
        priority=action.priority,
        tooltip=action.help,
        id=action.id,
    )


def bindings_for(screen: ScreenName) -> list[BindingType]:
    """Bindings of a screen: all its actions that the screen itself carries out."""
    return [_binding(action, action.method) for action in ACTIONS if action.at == "screen" and screen in action.where]


def bindings_of(ids: Iterable[str]) -> list[BindingType]:
    """Bindings of a widget that carries out these actions itself, such as the movements of a list."""
    return [_binding(BY_ID[action_id], BY_ID[action_id].method) for action_id in ids]


def app_bindings() -> list[BindingType]:
    """Bindings of the app."""
    found: list[BindingType] = []
    for action in ACTIONS:
        if action.id == "app.screen":
            found += [
                Binding(key, f"app_screen('{name}')", title, show=False, tooltip=title, id=f"app.screen.{name}")
                for key, name, title in TABS
            ]
        elif action.at == "app":
            found.append(_binding(action, action.method))
    return found


def actions_on(screen: ScreenName, *, replay: bool = False) -> tuple[Action, ...]:
    """The actions that work on a screen, in the order of the registry; those of a replay only in one."""
    return tuple(action for action in ACTIONS if screen in action.where and (replay or not action.replay))
