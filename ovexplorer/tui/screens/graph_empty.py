"""The one sentence that stands where no graph can be shown yet, and the key that gets one."""

from __future__ import annotations

from ovexplorer.session.state import RunState
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.graphing import Graphing
from ovexplorer.tui.widgets.form import words
from ovexplorer.tui.widgets.lines import Line


def empty_lines(state: RunState, graphing: Graphing, glyphs: Glyphs) -> tuple[Line, ...]:
    """What would be here, and why it is not."""
    return ((), *((words(f" {text}", role)) for text, role in _sentences(state, graphing, glyphs)))


def _sentences(state: RunState, graphing: Graphing, glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    if graphing.busy:
        return ((f"{glyphs.working} {graphing.busy}", "warn"), ("esc gives up", "muted"))
    if graphing.problem:
        return ((f"{glyphs.bad} {graphing.problem}", "bad"), ("O opens a file · r tries again", "muted"))
    if state.current is None:
        return (
            ("No run yet. 1 picks a model; its graph is shown here.", "text"),
            ("O opens a dump of HETERO, any Graphviz file, or an execution graph.", "muted"),
        )
    if state.current.ready is None:
        return (("The graph is shown once the model is compiled.", "text"), ("O opens a file", "muted"))
    if graphing.source == "runtime":
        return (("The layers are being counted; their graph is shown here.", "text"), ("O shows the model", "muted"))
    return (("The operations of the model are being asked for.", "text"), ("O opens a file", "muted"))
