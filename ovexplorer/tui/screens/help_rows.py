"""The lines of the help, made from the registry of actions. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from ovexplorer.tui.actions import ACTIONS, BY_ID, SCREENS, Action, ScreenName, actions_on
from ovexplorer.tui.footers import FOOTERS, Hint
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.frame import Piece

COMMON = frozenset({"app", "focus", "list"})
"""Rooms of actions that mean the same everywhere."""


@dataclass(frozen=True)
class HelpRow:
    """One line of the help."""

    pieces: tuple[Piece, ...]
    action: str = ""
    """Id of the action that enter carries out; empty for headings and signs."""
    words: str = ""
    """What the filter looks at."""


EMPTY = HelpRow(())


def signs(glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    """What the signs mean."""
    return (
        (glyphs.set_by_user, "set by you"),
        (f"a {glyphs.right} b", "you asked a (or auto), the device took b"),
        (glyphs.differs, "the device took another value; the reason is beside it"),
        (glyphs.ignored, "the device ignored it"),
        (f"{glyphs.better} +38 %", "38 % faster than baseline A"),
        (f"{glyphs.worse} {'-' if glyphs.ascii else '−'}27 %", "slower"),
        (glyphs.same, "no difference"),
        (f"{glyphs.good} valid", "steady and long enough; otherwise the reason stands there"),
        ("p99 in 28 s", "not enough samples yet for this percentile"),
        ("1 2 3", "on the time axis: where you toggled something"),
        (glyphs.working, "work under way; esc cancels"),
    )


def timeline_signs(glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    """What the patterns of the timeline mean."""
    capture, queue, infer, post = tuple(glyphs.stages)
    return (
        (capture, "capture: the host works before the inference"),
        (queue, "queue: due or handed over, no stream is free yet"),
        (infer, "infer: on a stream; the number is the request"),
        (post, "post: until the host has taken the result"),
        ("0 1 2", "on a stream: the request object that it works for"),
        (glyphs.due, "intended start of a load with a rate; late ones warn"),
        (glyphs.bad, "failed"),
    )


def compare_signs(glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    """What the signs of comparisons mean."""
    return (
        (f"{glyphs.live} A/B 5/50", "5 of at most 50 quads; it stops by itself when it is sure"),
        (glyphs.show("├─●─┤"), "where the speed-up lies, 99 % sure; the axis always holds 0"),
        ("A, B", "A is the baseline, B what is asked about; turns run one after the other"),
        (f"{glyphs.same} {glyphs.plus_minus}1.2 %", "no difference; one above 1.2 % would have been seen"),
        ("drift 3e-3", "how far outputs move from f32, relative L2"),
        ("top-1", "classes that a classifier puts first"),
    )


def layers_signs(glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    """What the signs of the layers mean."""
    return (
        (f"{glyphs.good} p50", "rows and gap add up to the run without counters"),
        (f"{glyphs.look} 3 %", "they do not, by so much; the reason is beside it"),
        ("gap", "latency that no layer counts: calls, and time between layers"),
        ("1.48 bold", "moved by more than noise with the last refresh"),
        ("+ in #", "a block folded to one row; f unfolds it"),
        ("vs frozen", "more or less time than what F held; coloured beyond noise"),
        ("61 % compute", "of what this machine reaches at most; what limits the layer"),
    )


WORDS = (
    ("run", "one configuration measured"),
    ("window", "a slice of a run"),
    ("quad", "four turns, A B B A: slow drifts of the machine cancel out"),
    ("layer", "a node of the compiled graph; operation: a node of your model"),
    ("submodel", "a connected part of a model that one device of HETERO runs at a stretch"),
    ("cut", "a tensor between two submodels: copied, and often reordered on both sides"),
    ("affinity", "which device an operation is sent to"),
    ("stand-in", "the CPU plugin registered a second time under another name"),
)


def advice_signs(glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    """What the signs of findings mean."""
    return (
        (glyphs.bad, "a finding that costs a tenth or more, or a try that is not faster"),
        (glyphs.look, "a finding that costs or risks something"),
        (glyphs.dot, "worth knowing, or a question that only measuring answers"),
        (f"{glyphs.good}, {glyphs.missing}", "a check that passed, one that could not be made"),
        ("ms at most", "what was measured for it; effects overlap, so they do not add up"),
        ("?", "nobody can tell before it is measured"),
    )


def graph_signs(glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    """What the signs of graphs mean."""
    return (
        ("S, C", "the device that runs it: a letter of its name, in its colour"),
        (glyphs.show("●│╮┤╯"), "lanes: the row itself; a tensor passes, begins, is taken, ends"),
        (glyphs.show("╪ cut 0→1"), "a tensor goes from submodel 0 to submodel 1 here"),
        (glyphs.show("▒ 0.12"), "milliseconds of the Reorders that a cut makes necessary on both sides"),
        (glyphs.show("▸4"), "belongs to what is selected in the other list"),
        (f"S {glyphs.right} C", "an edit that is not compiled yet; t measures it, u takes it back"),
        ("#4", "the submodel it is in"),
        ("gap", "latency that no counter holds: copies between devices and calls"),
        ("expected", "worked out from measured times; t shows whether it is true"),
    )


_SIGNS = {
    "timeline": timeline_signs,
    "compare": compare_signs,
    "layers": layers_signs,
    "advice": advice_signs,
    "graph": graph_signs,
}
"""Of screens that have signs of their own."""


@dataclass(frozen=True)
class HelpBlock:
    """A heading and its lines."""

    heading: str
    rows: tuple[HelpRow, ...]


def blocks_for(screen: ScreenName, glyphs: Glyphs, *, replay: bool = False) -> tuple[HelpBlock, ...]:
    """Everything for one screen: its own keys, those of all screens, signs, words."""
    footer = {entry.action: entry for entry in reversed(FOOTERS[screen])}
    here = [BY_ID[name] for name in dict.fromkeys(entry.action for entry in FOOTERS[screen])]
    all_here = actions_on(screen, replay=replay)
    here += [action for action in all_here if not is_common(action) and action not in here]
    own = _SIGNS.get(screen)
    seen = (*(own(glyphs) if own is not None else ()), *signs(glyphs))
    return (
        HelpBlock("ON THIS SCREEN", tuple(_action_row(action, footer.get(action.id)) for action in here)),
        HelpBlock("EVERYWHERE", tuple(_action_row(action) for action in all_here if action not in here)),
        HelpBlock("WHAT YOU SEE", tuple(_text_row(*sign) for sign in seen)),
        HelpBlock("WORDS", tuple(_text_row(*word) for word in WORDS)),
    )


def rows_for(screen: ScreenName, glyphs: Glyphs, wanted: str = "", *, replay: bool = False) -> tuple[HelpRow, ...]:
    """All lines below one another, the screen's own keys first; filtered when words are given."""
    blocks = blocks_for(screen, glyphs, replay=replay)
    rows = [row for block in blocks for row in (_heading(block.heading), *block.rows)]
    words = wanted.lower().split()
    if not words:
        return tuple(rows)
    return tuple(row for row in rows if row.words and all(word in row.words for word in words))


def columns_for(screen: ScreenName, glyphs: Glyphs, *, replay: bool = False) -> tuple[tuple[HelpRow, HelpRow], ...]:
    """The same in two columns: keys of the screen and what is seen on the left, keys of all screens and words right."""
    here, everywhere, seen, words = blocks_for(screen, glyphs, replay=replay)
    left = [_heading(here.heading), *here.rows, EMPTY, _heading(seen.heading), *seen.rows]
    right = [_heading(everywhere.heading), *everywhere.rows, EMPTY, _heading(words.heading), *words.rows]
    return tuple(zip_longest(left, right, fillvalue=EMPTY))


def is_common(action: Action) -> bool:
    """Whether an action means the same on all screens."""
    return action.id.split(".")[0] in COMMON or set(SCREENS) <= set(action.where)


def table() -> list[tuple[str, str, str, str]]:
    """Keys, title, help and id of every action, for the README."""
    return [(action.keys_shown, action.title, action.help, action.id) for action in ACTIONS]


def _heading(text: str) -> HelpRow:
    return HelpRow(((f"  {text}", "muted*"),))


def _action_row(action: Action, entry: Hint | None = None) -> HelpRow:
    title = entry.label if entry else action.title
    return HelpRow(
        ((f"  {action.keys_shown:<12}", "live"), (f"{title:<15}", "text"), (action.help, "muted")),
        action.id,
        f"{action.keys_shown} {title} {action.help}".lower(),
    )


def _text_row(sign: str, text: str) -> HelpRow:
    return HelpRow(((f"  {sign:<12}", "text"), (text, "muted")), "", f"{sign} {text}".lower())
