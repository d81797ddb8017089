"""The catalogue: every option that a user can toggle, once.

Command-line flags, the option panel, its help and the exports are generated from `CATALOGUE`. An option is one idea
with one value as text; `apply.read` and `apply.apply` say where that value lives in a `RunSpec`.
"""

from __future__ import annotations

from ovexplorer.errors import UsageError
from ovexplorer.options.entries import device, model, other, run, threads
from ovexplorer.options.model import Option

CATALOGUE: tuple[Option, ...] = (
    *device.OPTIONS,
    *run.OPTIONS,
    *threads.OPTIONS,
    *model.OPTIONS,
    *run.RARER,
    *other.OPTIONS,
)
"""All options in the order of the panel."""

_BY_ID = {option.id: option for option in CATALOGUE}
_BY_PROPERTY = {option.property: option for option in CATALOGUE if option.property}


def by_id(wanted: str) -> Option:
    """The option of an id.

    Raises:
        UsageError: There is none.
    """
    option = _BY_ID.get(wanted)
    if option is None:
        raise UsageError(f"there is no option {wanted!r}", f"options are {', '.join(_BY_ID)}")
    return option


def by_property(key: str) -> Option | None:
    """The option that stands for an OpenVINO property, None when the catalogue has none."""
    return _BY_PROPERTY.get(key)


def options_for(device_name: str) -> tuple[Option, ...]:
    """The options that make sense on a device: those of its families, and those of any device."""
    families = families_of(device_name)
    return tuple(option for option in CATALOGUE if not option.devices or families & set(option.devices))


def devices_of(device_name: str) -> tuple[str, ...]:
    """The devices a virtual one names, `("CPU_SIM", "CPU")` of `HETERO:CPU_SIM,CPU`; empty when it names none."""
    _, colon, listed = device_name.partition(":")
    if not colon:
        return ()
    names = (part.strip().lstrip("-") for part in listed.split(","))
    return tuple(name.partition("(")[0] for name in names if name)


def families_of(device_name: str) -> set[str]:
    """Families such as CPU, GPU, NPU, AUTO that a device string stands for; bare AUTO may be any."""
    head = device_name.partition(":")[0]
    names = {head, *devices_of(device_name)}
    families = {name.partition(".")[0] for name in names}
    families |= {family for family in ("CPU", "GPU", "NPU") for name in names if family in name}
    if names <= {"AUTO", "MULTI"}:
        families |= {"CPU", "GPU", "NPU"}
    return families


def is_virtual(device_name: str) -> bool:
    """Whether the device combines others."""
    return device_name.partition(":")[0] in {"AUTO", "MULTI", "HETERO", "BATCH"}
