"""Rules of thumb about a placement, checked before anything is compiled."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ovexplorer.analysis.split.model import RuleFinding, RuleState, Split, Submodel
from ovexplorer.analysis.split.shape_chains import shape_chains
from ovexplorer.analysis.split.words import counted, listed
from ovexplorer.schema.topology import DeviceSupport, Topology
from ovexplorer.text import clean
from ovexplorer.units import duration

SLOW_COMPILE_S = 3.0
"""Predicted compile time from which it is worth a warning."""

_COMPILES = ((1, 0.02), (35, 0.5), (403, 8.0), (1603, 45.0))
"""Submodels and seconds, measured with OpenVINO 2026.4 on two cores."""
_SMALL = 2
"""Operations of an island that is hardly worth its borders."""


def check(
    topology: Topology, placed: Sequence[str], support: Sequence[DeviceSupport], split: Split
) -> tuple[RuleFinding, ...]:
    """What each rule says, those that hold too, in a fixed order.

    Args:
        topology: The model.
        placed: Device of each operation by key; empty where there is none.
        support: What each device can run.
        split: The prediction for this placement.
    """
    return (
        _all_placed(topology, placed, support, split),
        _states_together(topology, placed),
        _shape_chains(topology, placed),
        _constants(topology, placed),
        *_bare_parts(topology, split),
        _small_islands(topology, split),
        *_feedback(topology, split),
        _compile_time(len(split.submodels)),
    )


def compile_seconds(submodels: int) -> float:
    """How long compiling so many submodels takes, roughly: more than in proportion."""
    if submodels <= 0:
        return 0.0
    after = next((at for at in range(1, len(_COMPILES)) if submodels <= _COMPILES[at][0]), len(_COMPILES) - 1)
    (low, low_s), (high, high_s) = _COMPILES[after - 1], _COMPILES[after]
    power = math.log(high_s / low_s) / math.log(high / low)
    return float(low_s * (submodels / low) ** power)


def _finding(code: str, state: RuleState, text: str, keys: Sequence[int] = (), fix: str = "") -> RuleFinding:
    return RuleFinding(code=code, state=state, text=clean(text), operations=tuple(keys), fix=clean(fix))


def _all_placed(
    topology: Topology, placed: Sequence[str], support: Sequence[DeviceSupport], split: Split
) -> RuleFinding:
    real = [entry.key for entry in topology.operations if entry.role != "constant"]
    nowhere = [key for key in real if not placed[key]]
    if nowhere:
        return _finding(
            "all_placed",
            "bad",
            f"no device takes {counted(len(nowhere), 'operation')}: {listed(topology, nowhere)}",
            nowhere,
            "add a device that supports them to the list; the CPU mostly does",
        )
    failed = {entry.device: entry.failed for entry in support if entry.failed}
    missing = {entry.device: frozenset(entry.missing) for entry in support if not entry.failed}
    for device, why in failed.items():
        if device in placed:
            return _finding("all_placed", "bad", f"{device} cannot be used: {why}", (), "take it off the list")
    refused = [key for key in real if key in missing.get(placed[key], ())]
    if refused:
        devices = sorted({placed[key] for key in refused})
        return _finding(
            "all_placed",
            "bad",
            f"{', '.join(devices)} does not support {counted(len(refused), 'operation')} placed there: "
            f"{listed(topology, refused)}",
            refused,
            "place them on another device, or leave them to the order of the list",
        )
    foreign = [key for key in real if placed[key] not in split.devices]
    if foreign:
        return _finding(
            "all_placed",
            "warn",
            f"{counted(len(foreign), 'operation')} on devices outside the list: {listed(topology, foreign)}",
            foreign,
            "OpenVINO runs them there all the same; add the device to the list to say so",
        )
    return _finding("all_placed", "good", "every operation has a device that supports it")


def _states_together(topology: Topology, placed: Sequence[str]) -> RuleFinding:
    states: dict[str, list[int]] = {}
    for entry in topology.operations:
        if entry.variable:
            states.setdefault(entry.variable, []).append(entry.key)
    torn = {name: keys for name, keys in states.items() if len({placed[key] for key in keys}) > 1}
    if torn:
        keys = [key for found in torn.values() for key in found]
        names = ", ".join(sorted(torn)[:3])
        return _finding(
            "states_together",
            "bad",
            f"ReadValue and Assign of a state are on different devices: {names}",
            keys,
            "place all operations of a state on one device; OpenVINO cannot compile it otherwise",
        )
    text = f"{counted(len(states), 'state')} on one device each" if states else "no states"
    return _finding("states_together", "good", text)


def _shape_chains(topology: Topology, placed: Sequence[str]) -> RuleFinding:
    torn = [
        (producer, consumer) for producer, consumer in shape_chains(topology) if placed[producer] != placed[consumer]
    ]
    if torn:
        keys = sorted({key for pair in torn for key in pair})
        producer, consumer = torn[0]
        return _finding(
            "shape_chains",
            "bad",
            f"shapes are computed on one device and used on another, as from {listed(topology, [producer])} to "
            f"{listed(topology, [consumer])}",
            keys,
            "keep them with what uses the shape, or give the inputs static shapes so that they are folded away; "
            "compiling fails otherwise",
        )
    return _finding("shape_chains", "good", "computed shapes stay with what uses them")


def _constants(topology: Topology, placed: Sequence[str]) -> RuleFinding:
    """Of a Constant every submodel has a copy; only what is computed from constants is handed on as a tensor."""
    users: dict[int, set[str]] = {}
    for entry in topology.operations:
        for producer, _ in entry.inputs:
            if topology.operations[producer].role == "constant" and topology.operations[producer].inputs:
                users.setdefault(producer, set()).add(placed[entry.key])
    away = [key for key, devices in users.items() if devices != {placed[key]}]
    if away:
        return _finding(
            "constants",
            "warn",
            f"{counted(len(away), 'result')} computed from constants {'is' if len(away) == 1 else 'are'} used on "
            f"another device: {listed(topology, away)}",
            away,
            "place them where they are used; each is a cut otherwise",
        )
    return _finding("constants", "good", "constants are where they are used")


def _bare_parts(topology: Topology, split: Split) -> Iterator[RuleFinding]:
    """Submodels that compute nothing: a parameter or constant handed on, or handed out as it is."""
    bare = [submodel for submodel in split.submodels if not _computing(topology, submodel)]
    if bare and len(split.submodels) > 1:
        keys = [key for submodel in bare for key in submodel.operations]
        yield _finding(
            "bare_parts",
            "warn",
            f"{counted(len(bare), 'submodel')} only {'hands' if len(bare) == 1 else 'hand'} data on: "
            f"{listed(topology, keys)}",
            keys,
            "place the input or output with the operation next to it; some devices refuse such submodels",
        )


def _computing(topology: Topology, submodel: Submodel) -> list[int]:
    return [key for key in submodel.operations if topology.operations[key].role == "operation"]


def _small_islands(topology: Topology, split: Split) -> RuleFinding:
    found = [_computing(topology, submodel) for submodel in split.submodels]
    small = [keys for keys in found if 0 < len(keys) <= _SMALL]
    if len(split.submodels) > 1 and small:
        keys = [key for island in small for key in island]
        return _finding(
            "small_islands",
            "warn",
            f"{counted(len(small), 'submodel')} of at most {_SMALL} operations: {listed(topology, keys)}",
            keys,
            "place them on the device of their neighbours, where it supports them; borders often cost more",
        )
    return _finding("small_islands", "good", "no submodel is tiny")


def _feedback(topology: Topology, split: Split) -> Iterator[RuleFinding]:
    """Borders inside one device, which only feedback makes necessary."""
    inner = [cut for cut in split.cuts if cut.from_device == cut.to_device]
    if inner:
        first = inner[0]
        yield _finding(
            "feedback",
            "warn",
            f"{counted(len(inner), 'cut')} inside one device: {listed(topology, [first.producer])} and "
            f"{listed(topology, first.consumers[:1])} both run on {first.from_device}, but what lies between them "
            "leaves it and comes back, so they cannot share a submodel",
            sorted({key for cut in inner for key in (cut.producer, *cut.consumers)}),
            "place what lies between on the same device",
        )


def _compile_time(submodels: int) -> RuleFinding:
    seconds = compile_seconds(submodels)
    text = f"{counted(submodels, 'submodel')}, about {duration(seconds * 1e9)} to compile"
    if seconds < SLOW_COMPILE_S:
        return _finding("compile_time", "good", text)
    return _finding(
        "compile_time", "warn", text, (), "place whole blocks instead of single operations; compiling cannot be stopped"
    )
