"""Better splits, ranked by what they should save.

Most of what a bad split loses is lost at its borders, so candidates come from there: islands between other submodels,
single operations at either end of a cut, conversions on the wrong side of one. What remains is to leave the split.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from ovexplorer.analysis.split.costs import make_costs
from ovexplorer.analysis.split.gains import Judge
from ovexplorer.analysis.split.model import CostPicture, Cut, Side, Submodel, Suggestion, SuggestionKind
from ovexplorer.analysis.split.optimum import plan_improvements
from ovexplorer.analysis.split.words import counted, kinds, listed
from ovexplorer.schema.spec import RunSpec
from ovexplorer.schema.topology import DeviceSupport, Topology
from ovexplorer.text import clean

_WORTH = 0.002
"""Share of the latency below which nothing is suggested."""
_MOST = 12
"""Suggestions."""
_PREDICTED, _PREDICTED_OPERATIONS = 24, 60_000
"""Candidates that are predicted, and operations in all of these predictions."""
_ISLAND_SHARE = 0.5
"""A submodel with more of all operations than this is no island."""
_LIKE_ISLANDS = 2
"""From so many islands of the same kinds on they are moved together."""


@dataclass(frozen=True)
class _Candidate:
    kind: SuggestionKind
    moves: tuple[tuple[int, str], ...]
    title: str = ""
    why: str = ""


def suggest(topology: Topology, picture: CostPicture, support: Sequence[DeviceSupport]) -> tuple[Suggestion, ...]:
    """What to try, the largest expected saving first.

    Args:
        topology: The model.
        picture: Of the present split.
        support: What each device can run; nothing is suggested that a device does not support.
    """
    found = [*_on_one_device(topology, picture, support)]
    if picture.split.cuts:
        judge = Judge(topology, picture, make_costs(topology, picture, support))
        found += [judge.suggestion(entry.kind, dict(entry.moves), entry.title, entry.why) for entry in _best(judge)]
        found += plan_improvements(topology, picture, support)
    worth_ns = _WORTH * picture.main.latency_ns
    ranked = sorted(
        (entry for entry in found if entry.saving_ns > worth_ns),
        key=lambda entry: (-entry.saving_ns, len(entry.operations)),
    )
    seen: set[object] = set()
    fresh = []
    for entry in ranked:
        what = (entry.kind == "alone", entry.operations, entry.device, entry.placements)
        if what not in seen:
            seen.add(what)
            fresh.append(entry)
    return tuple(fresh[:_MOST])


def apply_suggestion(spec: RunSpec, topology: Topology, suggestion: Suggestion) -> RunSpec:
    """The configuration that a suggestion leads to: other placements, or one device for kind `alone`.

    Args:
        spec: What the picture was made of.
        topology: The model.
        suggestion: Made from that picture.
    """
    if suggestion.kind == "alone":
        return msgspec.structs.replace(
            spec,
            device=suggestion.device,
            lacks={},
            affinities=(),
            placements={},
            properties={**spec.properties, **spec.device_properties.get(suggestion.device, {})},
            device_properties={},
        )
    moves = suggestion.placements or tuple((key, suggestion.device) for key in suggestion.operations)
    named = {str(topology.operations[key].raw_name): device for key, device in moves}
    return msgspec.structs.replace(spec, placements={**spec.placements, **named})


def _on_one_device(topology: Topology, picture: CostPicture, support: Sequence[DeviceSupport]) -> Iterator[Suggestion]:
    lacking = {entry.device for entry in support if entry.failed or entry.missing}
    before = picture.split
    if len(before.submodels) < 2:
        return
    for side in picture.alone:
        if side.device not in lacking:
            yield _alone(topology, picture, side)


def _alone(topology: Topology, picture: CostPicture, side: Side) -> Suggestion:
    main, split = picture.main, picture.split
    keys = tuple(
        entry.key
        for entry in topology.operations
        if entry.role == "operation" and split.placed[entry.key] != side.device
    )
    return Suggestion(
        kind="alone",
        title=clean(f"run everything on {side.device}"),
        operations=keys,
        device=side.device,
        saving_ns=main.latency_ns - side.latency_ns,
        parts=(
            ("reorders", main.reorder_ns - side.reorder_ns),
            ("host gap", main.gap_ns - side.gap_ns),
            ("compute", main.compute_ns - side.compute_ns),
        ),
        reason=clean(
            f"measured: no cuts, {counted(side.reorder_count, 'Reorder')} instead of {main.reorder_count}, and layers "
            "can be fused across what is a border now"
        ),
        submodels=(len(split.submodels), 1),
        cuts=(len(split.cuts), 0),
    )


def _best(judge: Judge) -> list[_Candidate]:
    """The candidates that are worth a prediction."""
    fresh: dict[tuple[tuple[int, str], ...], _Candidate] = {}
    for candidate in _candidates(judge):
        moves = dict(candidate.moves)
        if moves and judge.can(moves):
            fresh.setdefault(candidate.moves, candidate)
    rough = {moves: judge.rough_ns(dict(moves)) for moves in fresh}
    ranked = sorted((moves for moves in fresh if rough[moves] > 0), key=lambda moves: -rough[moves])
    most = min(_PREDICTED, max(4, _PREDICTED_OPERATIONS // len(judge.topology.operations)))
    return [fresh[moves] for moves in ranked[:most]]


def _candidates(judge: Judge) -> Iterator[_Candidate]:
    yield from _islands(judge)
    for cut in judge.picture.split.cuts:
        if cut.from_device != cut.to_device:
            yield from _conversions(judge, cut)
            yield from _ends(judge, cut)


def _islands(judge: Judge) -> Iterator[_Candidate]:
    """Submodels between others on another device, one by one and all of a kind together."""
    topology, split = judge.topology, judge.picture.split
    around: dict[int, set[str]] = {}
    for cut in split.cuts:
        around.setdefault(cut.source, set()).add(cut.to_device)
        around.setdefault(cut.target, set()).add(cut.from_device)
    real = sum(entry.role == "operation" for entry in topology.operations)
    alike: dict[tuple[str, str, str], list[int]] = {}
    many: dict[tuple[str, str, str], int] = {}
    for submodel in split.submodels:
        keys = _real(judge, submodel)
        if not keys or len(keys) > _ISLAND_SHARE * real:
            continue
        for device in sorted(around.get(submodel.index, set()) - {submodel.device}):
            yield _island(judge, submodel, keys, device)
            for what in (kinds(topology, keys, 6), ""):
                alike.setdefault((what, submodel.device, device), []).extend(keys)
                many[what, submodel.device, device] = many.get((what, submodel.device, device), 0) + 1
    for (what, source, device), keys in alike.items():
        count = many[what, source, device]
        if count >= _LIKE_ISLANDS:
            yield _Candidate(
                "merge",
                tuple((key, device) for key in sorted(keys)),
                f"merge {count} islands{f' of {what}' if what else ''} on {source} into {device}",
                f"each of them sends its data from {device} to {source} and back",
            )


def _island(judge: Judge, submodel: Submodel, keys: Sequence[int], device: str) -> _Candidate:
    moves = tuple((key, device) for key in keys)
    if len(keys) == 1:
        title = f"move {listed(judge.topology, keys)} from {submodel.device} to {device}"
        return _Candidate("move", moves, title, f"it is alone between submodels on {device}")
    title = f"merge submodel {submodel.index} ({counted(len(keys), 'operation')}) into {device}"
    return _Candidate("merge", moves, title, f"its neighbours run on {device}")


def _real(judge: Judge, submodel: Submodel) -> list[int]:
    return [key for key in submodel.operations if judge.topology.operations[key].role == "operation"]


def _ends(judge: Judge, cut: Cut) -> Iterator[_Candidate]:
    """Operations at the ends of a cut, which the border could also be behind or before."""
    topology = judge.topology
    consumers = [key for key in cut.consumers if topology.operations[key].role == "operation"]
    if topology.operations[cut.producer].role == "operation":
        yield _Candidate("move", ((cut.producer, cut.to_device),), why="it stands at a cut")
    if consumers:
        yield _Candidate("move", tuple((key, cut.from_device) for key in consumers), why="it stands at a cut")


def _conversions(judge: Judge, cut: Cut) -> Iterator[_Candidate]:
    """A Convert on the side of a cut where more bytes have to pass."""
    topology = judge.topology
    producer = topology.operations[cut.producer]
    if producer.type == "Convert" and producer.inputs:
        source = topology.operations[producer.inputs[0][0]]
        size = source.sizes[producer.inputs[0][1]] if source.sizes else 0
        if 0 < size < cut.size_bytes:
            yield _conversion(judge, cut.producer, cut.to_device, cut.size_bytes, size)
    for key in cut.consumers:
        entry = topology.operations[key]
        if entry.type == "Convert" and entry.sizes and 0 < entry.sizes[0] < cut.size_bytes:
            yield _conversion(judge, key, cut.from_device, cut.size_bytes, entry.sizes[0])


def _conversion(judge: Judge, key: int, device: str, before: int, after: int) -> _Candidate:
    return _Candidate(
        "convert_there",
        ((key, device),),
        f"convert in {listed(judge.topology, [key])} on {device}",
        f"{after:,} bytes pass the border then instead of {before:,}",
    )
