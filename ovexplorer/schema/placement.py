"""Which device runs which operation: affinity rules, single placements and the fallback order, made into one answer.

The engine writes what `resolve` says into the model; forms and predictions show it beforehand. There is no second
implementation, so what was predicted is what is compiled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ovexplorer.errors import UsageError
from ovexplorer.schema.spec import AffinityRule
from ovexplorer.schema.topology import DeviceSupport, Operation, Topology
from ovexplorer.text import clean

LONGEST_PATTERN = 2_000
"""Characters of a pattern; a longer one is refused."""

PATTERNS = "a name, /regex/, type:Relu, block:layer3, range:first..last or under:name"
"""What a pattern can be, in words."""


def devices_in_order(device: str) -> tuple[str, ...]:
    """The members of `HETERO:a,b`, the preferred one first; none for any other device."""
    family, colon, rest = device.partition(":")
    if family != "HETERO" or not colon:
        return ()
    return tuple(dict.fromkeys(name for name in (part.strip() for part in rest.split(",")) if name))


def matching(topology: Topology, pattern: str) -> tuple[int, ...]:
    """Keys of the operations that a pattern names, in order.

    Constants are never named: they follow their consumer.

    Args:
        topology: Where to look.
        pattern: A name; `/regex/`, searched in the name; `type:T`; `block:B`, with everything below it;
            `range:a..b`, both included, in running order; `under:a`, the operation and everything before it.

    Raises:
        UsageError: The pattern cannot be understood, or names an operation that is not there.
    """
    if not pattern.strip() or len(pattern) > LONGEST_PATTERN:
        raise UsageError("a rule needs a pattern", f"give {PATTERNS}")
    if len(pattern) > 2 and pattern[0] == pattern[-1] == "/":
        return _where(topology, _regex(pattern[1:-1]))
    kind, colon, rest = pattern.partition(":")
    # A name may hold a colon itself: what is an exact name is one.
    exact = _where(topology, lambda entry: entry.raw_name == pattern)
    if exact or not colon:
        return exact or _unknown(pattern)
    if kind == "type":
        return _where(topology, lambda entry: entry.type.lower() == rest.lower())
    if kind == "block":
        return _where(topology, lambda entry: _in_block(entry, rest))
    if kind == "range":
        first, dots, last = rest.partition("..")
        if not dots:
            raise UsageError(f"the range {clean(rest, 80)!r} has no end", "write range:first..last")
        start, end = _key_of(topology, first), _key_of(topology, last)
        return _where(topology, lambda entry: start <= entry.key <= end)
    if kind == "under":
        before = ancestors(topology, _key_of(topology, rest))
        return _where(topology, lambda entry: entry.key in before)
    return _unknown(pattern)


def ancestors(topology: Topology, key: int) -> frozenset[int]:
    """An operation and everything that it is computed from."""
    found, todo = {key}, [key]
    while todo:
        for producer, _ in topology.operations[todo.pop()].inputs:
            if producer not in found:
                found.add(producer)
                todo.append(producer)
    return frozenset(found)


def resolve(
    topology: Topology,
    devices: Sequence[str],
    support: Sequence[DeviceSupport],
    rules: Sequence[AffinityRule] = (),
    placements: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """The device of every operation, by key.

    First the fallback order, then the rules, later ones over earlier ones, then single placements. A constant follows
    its first consumer, a parameter too, a result its producer, unless a parameter or result is placed by name.

    Args:
        topology: The model.
        devices: In the order of preference.
        support: What each of them can run; one that is not in here is taken to run everything.
        rules: Affinity rules.
        placements: Device by exact name.

    Returns:
        One device a key; empty where no device takes the operation.

    Raises:
        UsageError: A rule cannot be understood.
    """
    placed = _by_order(topology, devices, support)
    named: set[int] = set()
    for rule in rules:
        for key in matching(topology, rule.pattern):
            placed[key] = rule.device
            named.add(key)
    if placements:
        for entry in topology.operations:
            device = placements.get(entry.raw_name)
            if device is not None:
                placed[entry.key] = device
                named.add(entry.key)
    _follow(topology, placed, named)
    return tuple(placed)


def unknown_placements(topology: Topology, placements: Mapping[str, str]) -> tuple[str, ...]:
    """Names that no operation of the model has, in their order."""
    known = {entry.raw_name for entry in topology.operations}
    return tuple(name for name in placements if name not in known)


def _by_order(topology: Topology, devices: Sequence[str], support: Sequence[DeviceSupport]) -> list[str]:
    missing = {entry.device: frozenset(entry.missing) for entry in support if not entry.failed}
    failed = {entry.device for entry in support if entry.failed}
    usable = [(device, missing.get(device, frozenset())) for device in devices if device not in failed]
    return [next((device for device, lacks in usable if entry.key not in lacks), "") for entry in topology.operations]


def _follow(topology: Topology, placed: list[str], named: set[int]) -> None:
    consumer: dict[int, int] = {}
    for entry in topology.operations:
        for producer, _ in entry.inputs:
            consumer.setdefault(producer, entry.key)
    # From the end, so that a constant behind a constant follows the operation that both are for.
    for entry in reversed(topology.operations):
        follows = entry.role == "constant" or (entry.role == "parameter" and entry.key not in named)
        if follows and entry.key in consumer:
            placed[entry.key] = placed[consumer[entry.key]]
    for entry in topology.operations:
        if entry.role == "result" and entry.key not in named and entry.inputs:
            placed[entry.key] = placed[entry.inputs[0][0]]


def _where(topology: Topology, wanted: Callable[[Operation], bool]) -> tuple[int, ...]:
    return tuple(entry.key for entry in topology.operations if entry.role != "constant" and wanted(entry))


def _regex(text: str) -> Callable[[Operation], bool]:
    try:
        compiled = re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise UsageError(
            f"/{clean(text, 80)}/ is no regular expression: {error}", "quote special characters"
        ) from error
    return lambda entry: compiled.search(entry.raw_name) is not None


def _in_block(entry: Operation, block: str) -> bool:
    return entry.block == block or entry.block.startswith((f"{block}.", f"{block}/"))


def _key_of(topology: Topology, name: str) -> int:
    found = next((entry.key for entry in topology.operations if entry.raw_name == name), None)
    return found if found is not None else _unknown(name)[0]


def _unknown(name: str) -> tuple[int, ...]:
    raise UsageError(f"the model has no operation {clean(name, 120)!r}", f"give {PATTERNS}")
