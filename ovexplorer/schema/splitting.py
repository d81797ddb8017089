"""Commands and events about the operations of a model and how HETERO splits them. Part of the unions in `protocol`."""

from __future__ import annotations

from msgspec import field

from ovexplorer.schema.message import Command, Event
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.schema.topology import DeviceSupport, DumpFile, SubmodelLink, Topology


class DescribeTopology(Command, frozen=True, kw_only=True):
    """Tell the operations of a model as it would be compiled, and what each device says of them.

    `Failed` with segment 0 answers when it cannot be read. A device that cannot be asked is told in the answer.
    """

    model: ModelSpec
    devices: tuple[str, ...] = ()
    """Devices to ask with `query_model`, one by one; stand-ins among them are registered first."""
    stand_ins: tuple[str, ...] = ()
    lacks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """As in RunSpec."""


class TopologyDescribed(Event, frozen=True, kw_only=True):
    """Answers DescribeTopology."""

    model: ModelSpec
    """As asked."""
    topology: Topology
    support: tuple[DeviceSupport, ...] = ()
    """In the order asked."""
    lacks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """As asked."""


class DescribeSplit(Command, frozen=True, kw_only=True):
    """Tell how HETERO split a configuration that is compiled: the live one, a contestant or a kept one."""

    segment: int
    check: bool = False
    """Whether OpenVINO's own export header is read too: exact, but it serialises all weights."""


class SplitDescribed(Event, frozen=True, kw_only=True):
    """Answers DescribeSplit."""

    segment: int
    submodels: int
    """How many, as the device tells; 0 for a device that does not split."""
    placed: dict[str, str] = field(default_factory=dict)
    """Device of every operation by its raw name, as written into the model; empty when OpenVINO split it."""
    dumps: tuple[DumpFile, ...] = ()
    """What was written for this configuration; empty with a reason in `note`."""
    devices: tuple[str, ...] = ()
    """Device of each submodel N of the profile names; only with `check`."""
    links: tuple[SubmodelLink, ...] = ()
    """Only with `check`."""
    note: str = ""
    """Why something is missing, in words."""
