"""Runs of earlier sessions, as Open lists them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone

from ovexplorer.history.recent import RecentModel, forget, load_recent, remember
from ovexplorer.options.apply import headline
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui.screens.open_rows import LastRun
from ovexplorer.tui.state_view import precision_of

FEWEST = 10
"""Inferences below which a run is not worth remembering."""


class Recents:
    """Reads, adds and forgets; where the file cannot be used there are none."""

    def runs(self) -> tuple[LastRun, ...]:
        """Newest first."""
        return tuple(LastRun(model) for model in load_recent())

    def forget(self, run: LastRun) -> None:
        """Drop one."""
        forget(run.model)

    def remember(self, state: RunState) -> None:
        """Keep what the segments of a run came to, the newest last."""
        for model in _worth_keeping(state.segments):
            remember(model)


def _worth_keeping(segments: Iterable[Segment]) -> Iterable[RecentModel]:
    for segment in segments:
        if segment.withdrawn or segment.failed is not None or segment.count < FEWEST:
            continue
        # Late: nothing is measured before the first paint.
        from ovexplorer.analysis.summary import summarise

        summary = summarise(segment.windows, segment.ready.batch if segment.ready else 1)
        words = headline(segment.spec, name="-", precision=precision_of(segment)).split(" · ")[2:]
        yield RecentModel(
            path=segment.spec.model.path,
            device=segment.spec.device,
            options=clean(" · ".join(words)),
            p50_ns=summary.p50_ns or 0.0,
            fps=summary.fps or 0.0,
            when=datetime.now(timezone.utc),
            spec=segment.spec,
        )
