"""The device builder as one frozen value: kind, devices in order, their properties, and the RunSpec it makes.

Nothing here knows of a screen. Every edit gives another form; the screen keeps the old ones for undo.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final, Literal

import msgspec

from ovexplorer.errors import UsageError
from ovexplorer.options.apply import apply, read, step
from ovexplorer.options.catalogue import CATALOGUE, devices_of
from ovexplorer.options.dynamic import options_of
from ovexplorer.options.model import Option
from ovexplorer.schema.facts import DeviceFacts
from ovexplorer.schema.spec import AffinityRule, ModelSpec, RunSpec
from ovexplorer.text import clean

DeviceKind = Literal["one", "AUTO", "MULTI", "HETERO", "BATCH"]
Who = Literal["order", "rules", "file"]

KINDS: Final[tuple[tuple[DeviceKind, str, str], ...]] = (
    ("one", "one device", "nothing in between"),
    ("AUTO", "AUTO", "OpenVINO picks"),
    ("MULTI", "MULTI", "requests over several"),
    ("HETERO", "HETERO", "one model over several"),
    ("BATCH", "BATCH", "requests in batches"),
)
"""Kind, title, what it does."""

SINGLE: Final[tuple[DeviceKind, ...]] = ("one", "BATCH")
"""Kinds that take exactly one device."""

TIMEOUT: Final = "AUTO_BATCH_TIMEOUT"
"""OpenVINO's key; milliseconds."""

LARGEST_BATCH: Final = 1024
LONGEST_TIMEOUT_MS: Final = 60_000

_BATCH_SIZE: Final = re.compile(r"\(([0-9]{1,6})\)$")


@dataclass(frozen=True)
class BuilderForm:
    """All that the builder edits."""

    kind: DeviceKind
    chosen: tuple[str, ...]
    """Devices in use, the preferred one first."""
    devices: tuple[DeviceFacts, ...]
    """All devices known, in the order found."""
    stand_ins: tuple[str, ...] = ()
    """Names added here or by the spec."""
    shared: dict[str, str] = field(default_factory=dict)
    """Properties asked of the device as a whole: OpenVINO's key to its text."""
    properties: dict[str, dict[str, str]] = field(default_factory=dict)
    """Asked for each device of a virtual one; wins over `shared`."""
    batch_size: int = 0
    """For BATCH; 0 lets the device choose."""
    timeout_ms: int = 0
    """For BATCH: time to wait for a full batch; 0 leaves OpenVINO's own."""
    lacks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Operation types that stand-ins pretend not to support, by name."""
    who: Who = "order"
    """What decides which device runs an operation in HETERO; the others are kept for when they do again."""
    rules: tuple[AffinityRule, ...] = ()
    """Later ones win."""
    by_name: dict[str, str] = field(default_factory=dict)
    """Device of single operations, set elsewhere; wins over the rules."""
    from_file: dict[str, str] = field(default_factory=dict)
    """Device of operations as read from a file."""
    file: str = ""
    """Which file that was; empty before one was read."""
    file_notices: tuple[str, ...] = ()
    """What is to be known about it."""

    def facts(self, name: str) -> DeviceFacts | None:
        """What is known of a device; None until it was described."""
        return next((device for device in self.devices if device.name == name), None)

    @property
    def used(self) -> tuple[str, ...]:
        """Devices the present kind takes of the chosen ones."""
        return self.chosen[:1] if self.kind in SINGLE else self.chosen

    @property
    def device(self) -> str:
        """The device as OpenVINO spells it."""
        listed = ",".join(self.used)
        if self.kind == "one":
            return listed
        if self.kind == "BATCH" and listed and self.batch_size:
            listed = f"{listed}({self.batch_size})"
        return f"{self.kind}:{listed}" if listed else self.kind

    @property
    def splits(self) -> bool:
        """Whether the model is split over several devices."""
        return self.kind == "HETERO"

    @property
    def lacks_used(self) -> dict[str, tuple[str, ...]]:
        """Of the stand-ins in use."""
        return {name: types for name, types in self.lacks.items() if types and name in self.used}

    @property
    def rules_used(self) -> tuple[AffinityRule, ...]:
        """Rules that decide now."""
        return self.rules if self.splits and self.who == "rules" else ()

    @property
    def placements_used(self) -> dict[str, str]:
        """Devices of single operations that decide now."""
        if not self.splits or self.who == "order":
            return {}
        return self.by_name if self.who == "rules" else self.from_file

    @property
    def problem(self) -> str:
        """Why the device cannot be used; empty when it can."""
        return self.problem_of_devices or self._problem_of_affinities()

    @property
    def problem_of_devices(self) -> str:
        """Why the devices cannot be used, whatever is to run on them; empty when they can."""
        if not self.used and self.kind != "AUTO":
            return "take a device in: move to one and press enter"
        for name in self.used:
            facts = self.facts(name)
            if name not in self.stand_ins and facts is not None and facts.state == "unusable":
                return f"{name}: {facts.reason or 'not usable here'}"
        return ""

    def _problem_of_affinities(self) -> str:
        for number, rule in enumerate(self.rules_used, 1):
            if rule.device not in self.used:
                return f"rule {number} sends operations to {clean(rule.device, 40)}, which is not taken in"
        strange = sorted(set(self.placements_used.values()) - set(self.used))
        if strange:
            return f"operations are placed on {clean(strange[0], 40)}, which is not taken in"
        if self.splits and self.who == "file" and not self.file:
            return "no file is read yet: a reads one"
        return ""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What one should know before using it."""
        found = list(self.file_notices) if self.splits and self.who == "file" else []
        found += [
            f"{name} is a stand-in: times show the cost of cuts, not of a second device"
            for name in self.used
            if name in self.stand_ins
        ]
        if self.kind in ("HETERO", "MULTI") and len(self.used) == 1:
            found.append(f"{self.kind} with one device runs everything on {self.used[0]}; a adds a stand-in device")
        return tuple(found)


def form_of(spec: RunSpec, devices: tuple[DeviceFacts, ...]) -> BuilderForm:
    """The form as it opens on a spec."""
    head, colon, rest = spec.device.partition(":")
    kind = next((kind for kind, _, _ in KINDS if kind == head), None)
    chosen = (spec.device,) if kind is None else devices_of(spec.device)
    size = _BATCH_SIZE.search(rest) if colon else None
    timeout = spec.properties.get(TIMEOUT, "")
    return BuilderForm(
        kind="one" if kind is None else kind,
        chosen=chosen,
        devices=tuple(device for device in devices if device.state != "virtual"),
        stand_ins=spec.stand_ins,
        shared={key: value for key, value in spec.properties.items() if key != TIMEOUT},
        properties={device: dict(values) for device, values in spec.device_properties.items()},
        batch_size=int(size[1]) if size else 0,
        timeout_ms=int(timeout) if timeout.isdecimal() else 0,
        lacks=dict(spec.lacks),
        who="rules" if spec.affinities or spec.placements else "order",
        rules=spec.affinities,
        by_name=dict(spec.placements),
    )


def with_devices(form: BuilderForm, devices: tuple[DeviceFacts, ...]) -> BuilderForm:
    """Know other devices; what was chosen stays."""
    return replace(form, devices=tuple(device for device in devices if device.state != "virtual"))


def with_kind(form: BuilderForm, kind: DeviceKind) -> BuilderForm:
    """Another kind; the devices stay chosen."""
    return replace(form, kind=kind)


def toggled(form: BuilderForm, name: str) -> tuple[BuilderForm, str]:
    """Take a device in or out.

    Returns:
        The form, and why it stayed as it was; empty when it changed.
    """
    if name in form.chosen:
        if form.kind in SINGLE and form.chosen[0] != name:
            return replace(form, chosen=(name, *(other for other in form.chosen if other != name))), ""
        return replace(form, chosen=tuple(other for other in form.chosen if other != name)), ""
    facts = form.facts(name)
    if facts is not None and facts.state == "unusable" and name not in form.stand_ins:
        return form, f"{name}: {facts.reason or 'not usable here'}"
    if form.kind in SINGLE:
        return replace(form, chosen=(name, *form.chosen)), ""
    return replace(form, chosen=(*form.chosen, name)), ""


def moved(form: BuilderForm, name: str, by: int) -> BuilderForm:
    """Move a device in the order of preference."""
    if name not in form.chosen:
        return form
    place = form.chosen.index(name)
    target = place + by
    if not 0 <= target < len(form.chosen):
        return form
    order = list(form.chosen)
    order[place], order[target] = order[target], order[place]
    return replace(form, chosen=tuple(order))


def options_on(form: BuilderForm, name: str) -> tuple[Option, ...]:
    """Properties of a device that can be set: those of the catalogue first, then all others it has."""
    facts = form.facts(name) or (form.facts("CPU") if name in form.stand_ins else None)
    if facts is None or facts.state == "unusable":
        return ()
    known = {entry.name for entry in facts.properties if entry.access != "RO"} - {TIMEOUT}
    listed = tuple(option for option in CATALOGUE if option.property in known)
    return (*listed, *options_of(facts))


def value_of(form: BuilderForm, name: str, option: Option) -> str:
    """What is asked of a device, by itself or through the whole."""
    return read(option, _probe(form, name))


def is_set(form: BuilderForm, name: str, option: Option) -> bool:
    """Whether it is asked of this very device."""
    return option.property in _own(form, name)


def stepped(form: BuilderForm, name: str, option: Option, by: int) -> BuilderForm:
    """The next or previous value of a property."""
    probe = _probe(form, name)
    return _with_property(form, name, option, apply(option, probe, step(option, probe, by)))


def with_value(form: BuilderForm, name: str, option: Option, value: str) -> tuple[BuilderForm, str]:
    """A typed value of a property; and why it cannot be used, empty when it can."""
    try:
        return _with_property(form, name, option, apply(option, _probe(form, name), value)), ""
    except UsageError as error:
        return form, f"{error.what}: {error.hint}"


def with_batch(form: BuilderForm, size: int, timeout_ms: int) -> BuilderForm:
    """Size and timeout of BATCH, kept inside what makes sense."""
    return replace(
        form,
        batch_size=max(0, min(LARGEST_BATCH, size)),
        timeout_ms=max(0, min(LONGEST_TIMEOUT_MS, timeout_ms)),
    )


def run_spec(form: BuilderForm, spec: RunSpec) -> RunSpec:
    """The RunSpec the form asks for; what the form does not edit stays as it was."""
    properties = dict(form.shared)
    if form.kind == "BATCH" and form.timeout_ms:
        properties[TIMEOUT] = str(form.timeout_ms)
    own = {} if form.kind in SINGLE else {name: form.properties.get(name, {}) for name in form.used}
    return msgspec.structs.replace(
        spec,
        device=form.device,
        stand_ins=tuple(name for name in form.stand_ins if name in form.used),
        lacks=form.lacks_used,
        affinities=form.rules_used,
        placements=form.placements_used,
        properties=properties,
        device_properties={name: dict(values) for name, values in own.items() if values},
    )


def _own(form: BuilderForm, name: str) -> dict[str, str]:
    """Where the properties of a device are kept: one device alone has those of the whole."""
    return form.shared if form.kind in SINGLE else form.properties.get(name, {})


def _probe(form: BuilderForm, name: str) -> RunSpec:
    """A spec of one device alone, so that the catalogue reads and writes its properties."""
    return RunSpec(model=ModelSpec(path=""), device=name, properties={**form.shared, **_own(form, name)})


def _with_property(form: BuilderForm, name: str, option: Option, probe: RunSpec) -> BuilderForm:
    own = {key: value for key, value in _own(form, name).items() if key != option.property}
    if option.property in probe.properties:
        own[option.property] = probe.properties[option.property]
    if form.kind in SINGLE:
        return replace(form, shared=own)
    return replace(form, properties={**form.properties, name: own})
