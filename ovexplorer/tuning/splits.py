"""A split over devices as far as it is known, and the configurations it is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ovexplorer.analysis.split.model import CostPicture, RuleFinding, Split, Suggestion
from ovexplorer.analysis.split.rules import compile_seconds
from ovexplorer.graph.dump_reader import read_dump
from ovexplorer.graph.model import Graph
from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.spec import RunSpec
from ovexplorer.schema.splitting import SplitDescribed
from ovexplorer.schema.topology import DeviceSupport, DumpFile, Topology
from ovexplorer.session.state import Segment
from ovexplorer.text import CleanText

BASELINE = "CPU"
"""The device whose time alone a split is compared with, also where it is not in the list."""
LARGEST_DUMP = 64_000_000
"""Bytes of a dump that are read; a larger one is left out."""

_SHOWN_TYPES = 4
_NOTHING = CleanText("")


@dataclass(frozen=True)
class AloneRun:
    """The same model on one device, or why it was not measured."""

    device: str
    profile: LayerProfile | None = None
    why: CleanText = _NOTHING
    """Why there is no profile; empty when there is one."""


@dataclass(frozen=True)
class MeasuredSplit:
    """Everything known about a split; what comes later is empty until it is there."""

    spec: RunSpec
    devices: tuple[str, ...]
    """In the order of preference."""
    topology: Topology | None = None
    support: tuple[DeviceSupport, ...] = ()
    placed: tuple[str, ...] = ()
    """Device of each operation by key."""
    findings: tuple[RuleFinding, ...] = ()
    predicted: Split | None = None
    """Before compiling, without times."""
    profile: LayerProfile | None = None
    """Of the split."""
    alone: tuple[AloneRun, ...] = ()
    """The CPU first."""
    described: SplitDescribed | None = None
    picture: CostPicture | None = None
    suggestions: tuple[Suggestion, ...] = ()
    """Best first."""
    run: Segment | None = None
    """The plain run, without counters."""
    notes: tuple[CleanText, ...] = ()
    """What could not be done or read, in words."""
    failed: Failed | None = None
    """What ended it early."""

    @property
    def dumps(self) -> tuple[DumpFile, ...]:
        """What HETERO wrote."""
        return self.described.dumps if self.described is not None else ()

    @property
    def compile_s(self) -> float:
        """How long compiling should take, roughly."""
        return compile_seconds(len(self.predicted.submodels)) if self.predicted is not None else 0.0

    @property
    def profiles_alone(self) -> tuple[tuple[str, LayerProfile], ...]:
        """Devices that were measured alone."""
        return tuple((entry.device, entry.profile) for entry in self.alone if entry.profile is not None)

    def profile_of(self, device: str) -> LayerProfile | None:
        """Of a device alone."""
        return next((profile for name, profile in self.profiles_alone if name == device), None)


def alone_spec(spec: RunSpec, device: str) -> RunSpec:
    """The same on one device of the list, with what was asked of it."""
    properties = {key: value for key, value in spec.properties.items() if key != "MODEL_DISTRIBUTION_POLICY"}
    properties |= spec.device_properties.get(device, {})
    return msgspec.structs.replace(
        single(spec),
        device=device,
        stand_ins=tuple(name for name in spec.stand_ins if name == device),
        lacks={},
        affinities=(),
        placements={},
        properties=properties,
        device_properties={},
    )


def single(spec: RunSpec) -> RunSpec:
    """The same with one request and without an end: counters of one inference after another."""
    return msgspec.structs.replace(
        spec, api="sync", requests=0, duration_s=0.0, iterations=0, raw=False, load="closed", max_rate_fps=0.0
    )


def alone_devices(devices: Sequence[str]) -> tuple[str, ...]:
    """The devices that a split is compared with, the baseline first."""
    return tuple(dict.fromkeys((BASELINE, *devices)))


def dump_of(dumps: Iterable[DumpFile]) -> Graph | None:
    """The dump of the submodels, read; None when there is none that can be."""
    entry = next((entry for entry in dumps if entry.kind == "submodels"), None)
    if entry is None:
        return None
    text = entry.text or _text_of(entry)
    return read_dump(text, str(entry.name)) if text else None


def lacking(topology: Topology, support: DeviceSupport) -> str:
    """What a device cannot run, in words; empty when it takes everything."""
    if support.failed:
        return f"it cannot be asked: {support.failed}"
    missing = [topology.operations[key] for key in support.missing]
    kinds = list(dict.fromkeys(str(entry.type) for entry in missing if entry.role == "operation"))
    if not kinds:
        return ""
    more = f" and {len(kinds) - _SHOWN_TYPES} more types" if len(kinds) > _SHOWN_TYPES else ""
    return f"it does not run {', '.join(kinds[:_SHOWN_TYPES])}{more}"


def _text_of(entry: DumpFile) -> str:
    if entry.size_bytes > LARGEST_DUMP:
        return ""
    try:
        return Path(entry.path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
