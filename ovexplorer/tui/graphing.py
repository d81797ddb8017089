"""The graph of the run or of a file: asks for what is missing, joins it aside, and keeps what was made.

Joining takes up to a second for large models, so it runs in a thread; what is newer by then wins.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ovexplorer.clock import Clock
from ovexplorer.errors import OvexplorerError
from ovexplorer.schema.placement import devices_in_order
from ovexplorer.session.session import Session
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import CleanText, clean
from ovexplorer.tui.graph_parts import (
    GraphSource,
    RunParts,
    alone_specs,
    described_of,
    parts_of,
    problem_of,
    profile_of,
    same_parts,
)

if TYPE_CHECKING:
    from ovexplorer.tui.graph_content import GraphContent

Do = Callable[[Awaitable[object]], None]

WATCH_NS = 1_000_000_000
"""How often a file that is shown is looked at again."""


class Graphing:
    """One graph at a time.

    Args:
        session: Where the parts come from.
        clock: Of the user interface.
        do: Carries out something in the background; its error becomes a toast.
        changed: Called when there is something else to show.
    """

    def __init__(self, session: Session, clock: Clock, do: Do, changed: Callable[[], None]) -> None:
        self._session = session
        self._clock = clock
        self._do = do
        self._changed = changed
        self.source: GraphSource = "model"
        self.content: GraphContent | None = None
        """What is shown; None before there is anything."""
        self.busy: CleanText = CleanText("")
        """What takes time now, in words; empty when nothing does."""
        self.busy_since_ns = 0
        self.problem: CleanText = CleanText("")
        """Why there is nothing to show; empty when there is, or it is on its way."""
        self.path: Path | None = None
        """The file that is shown."""
        self._folder: Path | None = None
        """Where the newest dump is shown; None when a file was named."""
        self._made_of: object = None
        self._task: asyncio.Task[None] | None = None
        self._cancelled = False
        self._asked: set[tuple[str, object]] = set()
        self._looked_ns = 0
        self._stamp: tuple[int, int] | None = None

    # What is asked for

    def follow(self, state: RunState) -> None:
        """Ask for what is missing, and join what is there; called on every tick while the screen is visible."""
        if self.source == "file":
            self._look_at_file()
            return
        segment = state.current
        if segment is None:
            self.content, self.problem = None, CleanText("")
            return
        if not self._session.is_replay:
            self._ask(state, segment)
        parts = parts_of(state, segment)
        asked = problem_of(state, parts, self.source)
        if asked or self.content is not None or parts != self._made_of:
            self.problem = asked
        if not same_parts(parts, self._made_of):
            self._made_of = parts
            self._begin(f"joining the graph of {segment.spec.model.path}", lambda: self._content_of_run(parts))

    def use(self, source: GraphSource) -> None:
        """Show the run's operations or its layers."""
        if source != self.source:
            self.source, self.content, self._made_of, self.path = source, None, None, None
            self._changed()

    def open_file(self, path: Path) -> None:
        """Show a file, and show it again whenever it is rewritten.

        Of a folder the newest dump is shown, and whichever is written there later.
        """
        self._folder = path if path.is_dir() else None
        self._show_file(path)

    def _show_file(self, path: Path) -> None:
        if self._folder is not None:
            path = newest_graph(self._folder) or self._folder
        self.source, self.path, self.problem = "file", path, CleanText("")
        self._stamp = _stamp(path)
        self._begin(f"reading {path.name}", lambda: self._content_of_file(path))

    def cancel(self) -> bool:
        """Give up what takes time; False when nothing does."""
        if self._task is None:
            return False
        self._cancelled = True
        self._task.cancel()
        self._task, self.busy = None, CleanText("")
        self.problem = CleanText("given up; r tries again")
        self._changed()
        return True

    def again(self) -> None:
        """Ask for everything anew, or read the file again."""
        self._asked.clear()
        self._made_of = None
        if self.path is not None:
            self._show_file(self.path)

    async def settled(self) -> None:
        """Wait until nothing is being joined."""
        while self._task is not None:
            await asyncio.wait([self._task])

    # Inside

    def _ask(self, state: RunState, segment: Segment) -> None:
        spec = segment.spec
        devices = devices_in_order(spec.device)
        if segment.ready is not None and described_of(state, spec) is None:
            # Another form may have asked about something else meanwhile: then the answer is another one.
            key = (id(state.topology), segment.number)
            if ("topology", key) not in self._asked:
                self._asked.add(("topology", key))
                self._do(self._session.splits.describe_topology(spec.model, devices, spec.stand_ins, spec.lacks))
        live = segment.ready is not None and segment.failed is None and state.status in ("live", "paused")
        if not live or state.contest is not None:
            return
        hetero = bool(devices_in_order(spec.device))
        if hetero and ("split", segment.number) not in self._asked:
            self._asked.add(("split", segment.number))
            self._do(self._session.splits.describe_split(segment.number))
        if state.profiling or not segment.windows:
            return
        if parts_of(state, segment).profile is None:
            if ("profile", segment.number) not in self._asked:
                self._asked.add(("profile", segment.number))
                self._do(self._session.profile())
        elif hetero:
            self._ask_alone(state, segment)

    def _ask_alone(self, state: RunState, segment: Segment) -> None:
        for _, spec in alone_specs(segment.spec, described_of(state, segment.spec)):
            if profile_of(state, spec) is None and ("alone", (segment.number, spec.device)) not in self._asked:
                self._asked.add(("alone", (segment.number, spec.device)))
                self._do(self._session.counts.other(spec))
                return

    # Late imports: only who looks at a graph needs what joins it, and the first screen is painted before.

    def _content_of_run(self, parts: RunParts) -> GraphContent | None:
        from ovexplorer.tui.graph_content import content_of_run

        content = content_of_run(parts, self.source)
        return content.warmed() if content is not None else None

    def _content_of_file(self, path: Path) -> GraphContent:
        from ovexplorer.session.graph_files import load_graph
        from ovexplorer.tui.graph_content import content_of_file

        return content_of_file(load_graph(path, cancel=lambda: self._cancelled)).warmed()

    def _look_at_file(self) -> None:
        """Read it again when it was rewritten."""
        now = self._clock.monotonic_ns()
        if self.path is None or self._task is not None or now - self._looked_ns < WATCH_NS:
            return
        self._looked_ns = now
        path = (newest_graph(self._folder) or self.path) if self._folder is not None else self.path
        stamp = _stamp(path)
        if stamp is not None and (path != self.path or stamp != self._stamp):
            self._show_file(path)

    def _begin(self, words: str, work: Callable[[], GraphContent | None]) -> None:
        if self._task is not None:
            self._cancelled = True
            self._task.cancel()
        self._cancelled = False
        self.busy, self.busy_since_ns = clean(words, 120), self._clock.monotonic_ns()
        self._task = asyncio.create_task(self._join(work))
        # A defect in it is shown as a problem; asyncio would write it into the screen.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _join(self, work: Callable[[], GraphContent | None]) -> None:
        task = asyncio.current_task()
        content, problem = None, clean("the graph cannot be made: this is a defect")
        try:
            content, problem = await asyncio.to_thread(work), CleanText("")
        except OvexplorerError as error:
            problem = clean(f"{error.what}. {error.hint}")
        finally:
            # Something newer may have begun meanwhile.
            if self._task is task:
                self._task, self.busy = None, CleanText("")
                self.content, self.problem = content, problem
                self._changed()


def newest_graph(folder: Path) -> Path | None:
    """The dump written last, one of submodels before one of affinities; None where there is none."""
    found: list[tuple[bool, int, str]] = []
    try:
        for entry in os.scandir(folder):
            if entry.name.endswith((".dot", ".gv")) and entry.is_file():
                submodels = entry.name.startswith("hetero_subgraphs_")
                found.append((submodels, entry.stat().st_mtime_ns, entry.path))
    except OSError:
        return None
    return Path(max(found)[2]) if found else None


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
