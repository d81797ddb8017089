"""The operations of a model, what devices take of them, and how a configuration was split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ovexplorer.schema.codec import spec_key
from ovexplorer.schema.protocol import AnyCommand
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.schema.splitting import DescribeSplit, DescribeTopology


class Splitter(Protocol):
    """What asking needs of a session."""

    @property
    def is_replay(self) -> bool:
        """Whether a recording is shown."""
        ...

    async def send(self, command: AnyCommand) -> None:
        """Give the engine a command."""
        ...


class Splits:
    """Asks about splits; nothing happens in a replay, where what was told is there already."""

    def __init__(self, session: Splitter) -> None:
        self._session = session

    async def describe_topology(
        self,
        model: ModelSpec,
        devices: tuple[str, ...] = (),
        stand_ins: tuple[str, ...] = (),
        lacks: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        """Ask for the operations of a model and what each device takes of them.

        `RunState.topology` or `RunState.topology_failed` is new when it was answered.

        Raises:
            UsageError: The model's file name cannot be sent.
        """
        if self._session.is_replay:
            return
        spec_key(model)
        await self._session.send(
            DescribeTopology(model=model, devices=devices, stand_ins=stand_ins, lacks=dict(lacks or {}))
        )

    async def describe_split(self, segment: int, *, check: bool = False) -> None:
        """Ask how a configuration that is compiled was split; `RunState.splits` holds the answer.

        Args:
            segment: Of the live run or of a contestant.
            check: Whether OpenVINO's export header is read too, which serialises all weights.
        """
        if not self._session.is_replay:
            await self._session.send(DescribeSplit(segment=segment, check=check))
