"""What a split costs: dumps, counters and the model joined into one picture."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ovexplorer.analysis.reorders import Reorder
from ovexplorer.analysis.split.blame import Blame, moves
from ovexplorer.analysis.split.join import (
    dump_ids,
    match_profile,
    number_by_profile,
    same_groups,
    split_of_dump,
    with_dump_ids,
)
from ovexplorer.analysis.split.model import CostPicture, Cut, OperationTimes, Side, Split, Submodel
from ovexplorer.analysis.split.names import Names, own_times, submodels_of
from ovexplorer.analysis.split.words import counted
from ovexplorer.graph.model import Graph
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.topology import Topology
from ovexplorer.text import CleanText, clean

_UNJOINED_NAMED = 200


def make_picture(
    topology: Topology,
    split: Split,
    profile: LayerProfile,
    alone: Sequence[tuple[str, LayerProfile]] = (),
    dump: Graph | None = None,
) -> CostPicture:
    """Join everything that is known about a split.

    Args:
        topology: The model.
        split: As predicted; a dump that says otherwise wins.
        profile: Counters of the split configuration.
        alone: Counters of the same model on one device each, by device.
        dump: The `hetero_subgraphs_*.dot` of this configuration.
    """
    notes: list[str] = []
    real = _corrected(topology, split, dump, notes)
    joined = match_profile(real, topology, profile)
    numbered = number_by_profile(real, topology, profile)
    ordered = sorted(alone, key=lambda entry: entry[0] != "CPU")
    found = moves(profile)
    blamed = _blame(topology, numbered, profile, found, ordered[0][1] if ordered else None)
    own = [move for move in found if not blamed[move.layer.key]]
    notes += _notes(profile, numbered, len(joined))
    return CostPicture(
        split=_with_times(numbered, profile, found, blamed),
        main=_side(_device(profile, split), _device(profile, split), profile, found),
        alone=tuple([_side(f"{device} alone", device, entry, moves(entry)) for device, entry in ordered]),
        model_reorder_ns=sum(move.layer.mean_ns for move in own),
        model_reorders=tuple([move.layer.key for move in own]),
        unjoined=_unjoined(profile, set(joined.values())),
        notes=tuple([clean(note) for note in notes]),
        times=(_times(topology, "", profile), *[_times(topology, device, entry) for device, entry in ordered]),
    )


def _corrected(topology: Topology, split: Split, dump: Graph | None, notes: list[str]) -> Split:
    if dump is None:
        return split
    ids, _ = dump_ids(topology, dump)
    if not any(part >= 0 for part in ids):
        notes.append("the dump has no operation of this model; submodels are as predicted")
        return split
    if same_groups(split, ids):
        return with_dump_ids(split, ids)
    real = split_of_dump(topology, dump, split.devices)
    notes.append(
        f"OpenVINO made {counted(len(real.submodels), 'submodel')} where {len(split.submodels)} were predicted; "
        "shown is what its dump says"
    )
    return real


def _blame(
    topology: Topology,
    split: Split,
    profile: LayerProfile,
    found: Sequence[Reorder],
    baseline: LayerProfile | None,
) -> dict[int, tuple[Cut, ...]]:
    if not split.cuts:
        return {move.layer.key: () for move in found}
    blame = Blame(Names(topology), split, profile, baseline)
    return {move.layer.key: blame.cuts_of(move) for move in found}


def _with_times(
    split: Split, profile: LayerProfile, found: Sequence[Reorder], blamed: dict[int, tuple[Cut, ...]]
) -> Split:
    times: dict[int, int] = {}
    part = {}
    for layer, number in zip(profile.layers, submodels_of(profile.layers)):
        times[number] = times.get(number, 0) + layer.mean_ns
        part[layer.key] = number
    inside: dict[int, list[Reorder]] = {}
    causes: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
    for move in found:
        key = move.layer.key
        inside.setdefault(part[key], []).append(move)
        shares = _even(move.layer.mean_ns, len(blamed[key]))
        for cut, share in zip(blamed[key], shares):
            causes.setdefault((cut.producer, cut.port, cut.target), []).append((key, share))
    submodels = [_timed(submodel, times, inside.get(submodel.index, [])) for submodel in split.submodels]
    cuts = []
    for cut in split.cuts:
        caused = causes.get((cut.producer, cut.port, cut.target), [])
        cuts.append(
            msgspec.structs.replace(
                cut, reorder_ns=sum(share for _, share in caused), reorders=tuple([key for key, _ in caused])
            )
        )
    return msgspec.structs.replace(split, submodels=tuple(submodels), cuts=tuple(cuts))


def _timed(submodel: Submodel, times: dict[int, int], inside: Sequence[Reorder]) -> Submodel:
    if submodel.index not in times:
        return submodel
    return msgspec.structs.replace(
        submodel,
        time_ns=times[submodel.index],
        reorder_ns=sum(move.layer.mean_ns for move in inside),
        reorders=tuple([move.layer.key for move in inside]),
    )


def _even(total: int, count: int) -> list[int]:
    """Shares that differ by 1 at most and sum up exactly."""
    return [total // count + (at < total % count) for at in range(count)] if count else []


def _side(title: str, device: str, profile: LayerProfile, found: Sequence[Reorder]) -> Side:
    return Side(
        title=title,
        device=device,
        latency_ns=profile.latency_ns,
        counted_ns=sum(layer.mean_ns for layer in profile.layers),
        reorder_ns=sum(move.layer.mean_ns for move in found),
        reorder_count=len(found),
    )


def _times(topology: Topology, device: str, profile: LayerProfile) -> OperationTimes:
    known = own_times(Names(topology), profile)
    return OperationTimes(device=device, ns=tuple([known.get(entry.key, -1) for entry in topology.operations]))


def _device(profile: LayerProfile, split: Split) -> str:
    return profile.spec.device if profile.spec is not None else f"HETERO:{','.join(split.devices)}"


def _unjoined(profile: LayerProfile, joined: set[int]) -> tuple[CleanText, ...]:
    numbers = submodels_of(profile.layers)
    names = [layer.name for layer, number in zip(profile.layers, numbers) if number not in joined]
    more = len(names) - _UNJOINED_NAMED
    return (*names[:_UNJOINED_NAMED], *([clean(f"and {more} more")] if more > 0 else []))


def _notes(profile: LayerProfile, split: Split, joined: int) -> list[str]:
    notes = []
    if profile.streams > 1:
        notes.append(
            f"counters are means over {profile.streams} streams, warm-up included, while a latency also holds waiting "
            "for a stream: the gap tells nothing here"
        )
    hidden = sum(layer.status == "below_resolution" and layer.type == "Reorder" for layer in profile.layers)
    if hidden:
        notes.append(f"{counted(hidden, 'Reorder')} took less than the counters' whole microsecond and count as 0")
    if joined < len(split.submodels):
        missing = len(split.submodels) - joined
        notes.append(f"{counted(missing, 'submodel')} could be joined to no row of the counters and have no times")
    if len(split.submodels) > 1:
        notes.append("one request runs its submodels one after another; only several requests overlap them")
    if profile.note:
        notes.append(str(profile.note))
    return notes
