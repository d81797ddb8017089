"""What is known of a run that a graph can be made of, and what else would have to be counted. Light and pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ovexplorer.schema.placement import devices_in_order
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.spec import RunSpec
from ovexplorer.schema.splitting import SplitDescribed, TopologyDescribed
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import CleanText, clean

GraphSource = Literal["model", "runtime", "file"]
"""The operations of the open run's model (with its split), its layers, or a file."""


@dataclass(frozen=True)
class RunParts:
    """What is known of the open run."""

    spec: RunSpec
    described: TopologyDescribed | None = None
    split: SplitDescribed | None = None
    profile: LayerProfile | None = None
    alone: tuple[tuple[str, LayerProfile], ...] = ()
    """Profiles of the same model on one device each, the CPU first."""


def alone_specs(spec: RunSpec, described: TopologyDescribed | None) -> tuple[tuple[str, RunSpec], ...]:
    """The same model on the CPU alone, then on each other device of the list that takes everything."""
    # Late: the first screen is painted before anybody looks at a graph.
    from ovexplorer.tuning.splits import alone_devices, alone_spec, lacking

    devices = devices_in_order(spec.device)
    if not devices or described is None:
        return ()
    lacks = {entry.device for entry in described.support if lacking(described.topology, entry)}
    return tuple((device, alone_spec(spec, device)) for device in alone_devices(devices) if device not in lacks)


def parts_of(state: RunState, segment: Segment) -> RunParts:
    """What is known of a configuration by now."""
    described = described_of(state, segment.spec)
    alone = ((device, profile_of(state, spec)) for device, spec in alone_specs(segment.spec, described))
    return RunParts(
        spec=segment.spec,
        described=described,
        split=_split(state, segment),
        profile=_profile(state, segment),
        alone=tuple((device, profile) for device, profile in alone if profile is not None),
    )


def profile_of(state: RunState, spec: RunSpec) -> LayerProfile | None:
    """The newest profile of a configuration; None without one."""
    return next((profile for profile in reversed(state.profiles) if profile.spec == spec), None)


def described_of(state: RunState, spec: RunSpec) -> TopologyDescribed | None:
    """The operations of its model, with what its devices say of them; None when they were not asked."""
    found = state.topology
    if found is None or found.model != spec.model:
        return None
    devices = devices_in_order(spec.device)
    asked = {entry.device for entry in found.support}
    return found if set(devices) <= asked and (not devices or found.lacks == spec.lacks) else None


def _split(state: RunState, segment: Segment) -> SplitDescribed | None:
    return next((entry for entry in reversed(state.splits) if entry.segment == segment.number), None)


def _profile(state: RunState, segment: Segment) -> LayerProfile | None:
    found = state.profile
    return found if found is not None and found.segment == segment.number else None


def same_parts(parts: RunParts, made_of: object) -> bool:
    """Whether a graph was made of these very parts; live refreshes of a profile do not make another one."""
    if not isinstance(made_of, RunParts):
        return False
    same = parts.described is made_of.described and parts.split is made_of.split and parts.spec == made_of.spec
    before, now = made_of.profile, parts.profile
    profile = before is now or (before is not None and now is not None and now.live)
    return same and profile and len(parts.alone) == len(made_of.alone)


def problem_of(state: RunState, parts: RunParts, source: GraphSource) -> CleanText:
    """Why what is wanted cannot be had; empty when it can, or is on its way."""
    if source == "model" and parts.described is None and state.topology_failed is not None:
        return clean(f"{state.topology_failed.what}. {state.topology_failed.hint}")
    if source == "runtime" and parts.profile is None and state.profile_failed is not None:
        return clean(f"{state.profile_failed.what}. {state.profile_failed.hint}")
    return CleanText("")
