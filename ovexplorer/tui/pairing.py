"""Comparisons that the user interface runs: after a toggle, on `x`, and whatever a screen asks for.

One runs at a time; another one, a toggle or the end of the session ends it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ovexplorer.errors import OvexplorerError
from ovexplorer.session.session import Session
from ovexplorer.settings import Settings
from ovexplorer.tui.figures import RunFigures
from ovexplorer.tuning.pair import PairPlan, run_pair


class Pairing:
    """Runs one comparison at a time in the background.

    Args:
        session: Where it runs.
        settings: `verify_toggle` says whether a toggle is checked.
        figures: Knows baseline A.
        failed: Shows an error.
    """

    def __init__(
        self, session: Session, settings: Settings, figures: RunFigures, *, failed: Callable[[OvexplorerError], None]
    ) -> None:
        self._session = session
        self._settings = settings
        self._figures = figures
        self._failed = failed
        self._task: asyncio.Task[None] | None = None

    @property
    def running(self) -> bool:
        """Whether a comparison is under way."""
        return self._task is not None and not self._task.done()

    def start(self, plan: PairPlan) -> None:
        """Compare two configurations; what is under way is ended for it."""
        self.stop()
        self._task = asyncio.create_task(self._run(plan))

    def stop(self) -> None:
        """End what is under way; the live run goes on."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, plan: PairPlan) -> None:
        try:
            await run_pair(self._session, plan)
        except OvexplorerError as error:
            self._failed(error)
