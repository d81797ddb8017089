"""What the builder knows of the model's operations and devices, and its newest prediction.

Answers of devices are kept, so that only a device that was never asked costs a query. A small model is predicted at
once, a large one in a thread; what was worked out for an older form is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from ovexplorer.clock import Clock
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.schema.splitting import TopologyDescribed
from ovexplorer.schema.topology import DeviceSupport, Topology
from ovexplorer.tui.screens.builder_form import BuilderForm
from ovexplorer.tui.screens.builder_outlook import Outlook, Question, look, supported_count

AT_ONCE: Final = 1_500
"""Operations up to which a prediction is made without a thread: about 20 ms."""

STALE_NS: Final = 100_000_000
"""After so long the old numbers are shown as old."""

Asked = tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]
"""Devices, and what stand-ins among them lack."""


class Known:
    """What the engine told."""

    def __init__(self, model: ModelSpec) -> None:
        self._model = model
        self.topology: Topology | None = None
        """None until it was told."""
        self._support: dict[tuple[str, tuple[str, ...]], DeviceSupport] = {}
        self._taken: TopologyDescribed | None = None

    def take(self, told: TopologyDescribed | None) -> None:
        """Keep an answer about this model."""
        if told is None or told is self._taken or told.model != self._model:
            return
        self._taken = told
        if self.topology is None or len(self.topology.operations) != len(told.topology.operations):
            # The file changed: what was told of the old one says nothing any more.
            self._support.clear()
        self.topology = told.topology
        for entry in told.support:
            self._support[entry.device, told.lacks.get(entry.device, ())] = entry

    def support_of(self, form: BuilderForm, device: str) -> DeviceSupport | None:
        """What a device of the form can run; None until it was asked."""
        return self._support.get((device, form.lacks.get(device, ())))

    def words(self, form: BuilderForm) -> dict[str, str]:
        """What devices can run of the model, in words, by device; those that were not asked are left out."""
        found = {}
        for device in form.used if form.splits and self.topology is not None else ():
            support = self.support_of(form, device)
            if support is not None and self.topology is not None:
                able, total = supported_count(self.topology, support)
                found[device] = "no answer" if support.failed else f"{able:,} of {total:,} ops"
        return found

    def to_ask(self, form: BuilderForm) -> Asked | None:
        """What is to be asked for a form; None when all is known."""
        if not form.splits or not form.used or form.problem_of_devices:
            return None
        if self.topology is not None and all(self.support_of(form, device) for device in form.used):
            return None
        return form.used, tuple(sorted(form.lacks_used.items()))

    def question(self, form: BuilderForm) -> Question | None:
        """The question of a form; None until all devices have answered."""
        if self.topology is None or not form.splits or self.to_ask(form) is not None:
            return None
        support = (self.support_of(form, device) for device in form.used)
        return Question(
            self.topology,
            form.used,
            tuple(entry for entry in support if entry is not None),
            form.rules_used,
            form.placements_used,
        )


class Forecast:
    """The newest prediction.

    Args:
        clock: Of the user interface.
        changed: Called when there is something else to show.
    """

    def __init__(self, clock: Clock, changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self.outlook: Outlook | None = None
        """Of the present form, or of an older one while `working`."""
        self._wanted: Question | None = None
        self._since_ns = 0
        self._task: asyncio.Task[None] | None = None
        self._late: asyncio.TimerHandle | None = None

    @property
    def working(self) -> bool:
        """Whether the present form's is not there yet."""
        return self._wanted is not None and not self._wanted.same(self.outlook.question if self.outlook else None)

    @property
    def stale(self) -> bool:
        """Whether what is shown is old, and has been for longer than one would not notice."""
        return self.working and self._clock.monotonic_ns() - self._since_ns >= STALE_NS

    def want(self, question: Question | None) -> None:
        """Work out an answer; None forgets the last one."""
        if question is None:
            self._wanted = self.outlook = None
            return
        if question.same(self._wanted):
            return
        self._wanted, self._since_ns = question, self._clock.monotonic_ns()
        if len(question.topology.operations) <= AT_ONCE:
            self.outlook = look(question)
        elif self._task is None:
            self._task = asyncio.create_task(self._work())
            self._late = asyncio.get_running_loop().call_later(STALE_NS / 1e9 + 0.01, self._changed)

    def close(self) -> None:
        """Show nothing any more."""
        self._wanted = None
        if self._late is not None:
            self._late.cancel()

    async def settled(self) -> None:
        """Wait until nothing is worked out any more."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _work(self) -> None:
        """One question after another, each time the newest: a key held down queues no work."""
        while (question := self._wanted) is not None and self.working:
            outlook = await asyncio.to_thread(look, question)
            if question is self._wanted:
                self.outlook = outlook
        self._task = None
        if self._late is not None:
            self._late.cancel()
        if self._wanted is not None:
            self._changed()
