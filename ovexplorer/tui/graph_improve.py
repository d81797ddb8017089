"""Better splits, one after the other: what promises most of what was not tried, from the layers counted last."""

from __future__ import annotations

from ovexplorer.session.session import Session
from ovexplorer.session.state import RunState, Segment
from ovexplorer.tui.attempt import Attempt
from ovexplorer.tui.graph_content import content_of_run
from ovexplorer.tui.graph_parts import parts_of
from ovexplorer.tui.trying import Trying
from ovexplorer.tuning.pair import endless

LEAST_SHARE = 0.005
"""What promises less of the latency is not tried: no comparison of a few seconds could show it."""


def next_split(session: Session, trying: Trying) -> Attempt | None:
    """The suggestion that promises most and was not tried yet; None when there is none."""
    from ovexplorer.analysis.split.suggest import apply_suggestion

    state: RunState = session.state
    segment: Segment | None = state.current
    asked = session.asked
    if segment is None or asked is None or endless(asked) != endless(segment.spec):
        return None
    content = content_of_run(parts_of(state, segment), "model")
    if content is None or content.picture is None or content.topology is None:
        return None
    tried = [endless(attempt.spec) for attempt in trying.tried]
    least = LEAST_SHARE * content.picture.main.latency_ns
    present = endless(asked)
    for suggestion in content.suggestions:
        spec = endless(apply_suggestion(present, content.topology, suggestion))
        if suggestion.saving_ns > least and spec not in tried and spec != present:
            return Attempt(str(suggestion.title), present, spec, float(suggestion.saving_ns))
    return None
