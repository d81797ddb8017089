"""Options for what the catalogue does not name: every other read-write property a device has, found at run time."""

from __future__ import annotations

from collections.abc import Iterable

from ovexplorer.options import values
from ovexplorer.options.catalogue import by_property
from ovexplorer.options.entries import links
from ovexplorer.options.entries.threads import yes_no
from ovexplorer.options.model import AUTO, Choice, Kind, Option
from ovexplorer.schema.facts import DeviceFacts, PropertyFacts, PropertyKind
from ovexplorer.schema.results import EffectiveProperty
from ovexplorer.text import clean

_HIDDEN = frozenset({"DEVICE_PROPERTIES", "MULTI_DEVICE_PRIORITIES", "CACHE_ENCRYPTION_CALLBACKS", "PERF_COUNT"})
"""Set in another way: through the device builder and the layers screen; the callbacks take functions."""

_KINDS: dict[PropertyKind, Kind] = {
    "boolean": "boolean",
    "integer": "integer",
    "real": "real",
    "choice": "choice",
    "text": "text",
    "set": "text",
}


def options_of(device: DeviceFacts) -> tuple[Option, ...]:
    """One option for every read-write property of a device that the catalogue does not have, by name."""
    return tuple(
        _option(device, facts)
        for facts in sorted(device.properties, key=lambda facts: facts.name)
        if facts.access == "RW" and facts.name not in _HIDDEN and by_property(facts.name) is None
    )


def effective_of(option: Option, effective: Iterable[EffectiveProperty]) -> tuple[EffectiveProperty, ...]:
    """What became of an option: one entry, or one for each device of a virtual one; empty when nothing was told."""
    key = option.property or ("requests" if option.id == "requests" else "")
    return tuple(entry for entry in effective if key and entry.property == key)


def effective_text(option: Option, effective: Iterable[EffectiveProperty]) -> str:
    """The value an option really has, as the panel spells it; empty when the device does not tell."""
    told = [(entry.device, entry.effective) for entry in effective_of(option, effective) if entry.effective is not None]
    texts = [clean(values.shown(option, value)) for _, value in told]
    if len(set(texts)) <= 1:
        return texts[0] if texts else ""
    return ",".join(f"{clean(device)}:{text}" for (device, _), text in zip(told, texts))


def _option(device: DeviceFacts, facts: PropertyFacts) -> Option:
    kind = _KINDS[facts.kind]
    if kind == "choice" and not facts.choices:
        kind = "text"
    return Option(
        id=facts.name,
        title=clean(facts.name, 48),
        group="OTHER",
        kind=kind,
        default=AUTO,
        help=f"OpenVINO property {clean(facts.name, 80)} of {clean(device.name, 40)}; it stands at "
        f"{clean(facts.value, 80) or 'nothing'}.",
        helps="Only where you know what it does: it is passed to the device as it is and read back.",
        hurts="A wrong value may be refused, ignored or adjusted; the panel shows what became of it.",
        link=_link(device.name),
        property=facts.name,
        choices=_choices(kind, facts),
    )


def _choices(kind: Kind, facts: PropertyFacts) -> tuple[Choice, ...]:
    standing = f"as it stands: {clean(facts.value, 60) or 'nothing'}"
    if kind == "boolean":
        return yes_no(standing, "on", "off")
    first = Choice(AUTO, standing)
    if kind == "choice":
        return (first, *(Choice(clean(value), f"set to {clean(value)}", value) for value in facts.choices))
    if kind == "integer":
        return (first, *(Choice(str(number), f"set to {number}") for number in (0, 1, 2, 4, 8, 16, 32, 64, 128)))
    return (first,)


def _link(device: str) -> str:
    family = device.partition(":")[0].partition(".")[0]
    pages = {"GPU": links.GPU, "NPU": links.NPU, "AUTO": links.AUTO, "MULTI": links.AUTO, "BATCH": links.BATCHING}
    return pages.get(family, links.CPU if "CPU" in family else links.PROPERTIES)
