"""From `--stand-in`, `--affinity`, `--affinity-file` and `--splitter` to a spec."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from ovexplorer.cli.line import CommandLine
from ovexplorer.errors import UsageError
from ovexplorer.export.affinity import LARGEST_FILE, read_affinity
from ovexplorer.options.affinities import parse_affinity
from ovexplorer.options.catalogue import devices_of, is_virtual
from ovexplorer.options.stand_ins import THREADS, StandIn, parse_stand_in
from ovexplorer.schema.placement import devices_in_order
from ovexplorer.schema.spec import AffinityRule, RunSpec
from ovexplorer.text import clean

_BYTES_A_CHARACTER = 4
_SIDES = frozenset({"a", "b", "against"})
_SPLITTERS = ("ours", "openvino")


@dataclass(frozen=True)
class StandIns:
    """The stand-ins that a command line names."""

    all: tuple[StandIn, ...] = ()
    notices: tuple[str, ...] = ()
    """Which are called otherwise than written."""

    @property
    def names(self) -> tuple[str, ...]:
        """As they are registered."""
        return tuple(entry.name for entry in self.all)

    @property
    def lacks(self) -> dict[str, tuple[str, ...]]:
        """As in RunSpec."""
        return {entry.name: entry.lacks for entry in self.all if entry.lacks}

    @property
    def renamed(self) -> dict[str, str]:
        """What they are called by what they were written as, where that differs."""
        return {entry.written: entry.name for entry in self.all if entry.written != entry.name}


def stand_ins_of(line: CommandLine) -> StandIns:
    """The stand-ins of a command line, each once.

    Raises:
        UsageError: One cannot be understood, or is named twice.
    """
    found = tuple(parse_stand_in(text) for text in line.lists.get("stand_in", ()))
    names = [entry.name for entry in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"the stand-in {twice} is named twice", "write what it lacks in one: CPU_SIM:no=Softmax,Add")
    notices = tuple(
        f"the stand-in {clean(entry.written, 40)} is called {entry.name}: OpenVINO wants "
        f"{'CPU in the name' if entry.name.startswith('CPU_') else 'capital letters'}"
        for entry in found
        if entry.written != entry.name
    )
    return StandIns(found, notices)


def with_names(line: CommandLine, stand_ins: StandIns) -> CommandLine:
    """The line with stand-ins called as they are registered, wherever devices are named."""
    renamed = stand_ins.renamed
    if not renamed:
        return line
    options = tuple(
        (option, _in_list(value, renamed) if option.id == "device" else _in_prefixes(value, renamed))
        if option.id == "device" or option.per_device
        else (option, value)
        for option, value in line.options
    )
    properties = tuple(_in_prefixes(text, renamed) for text in line.lists.get("prop", ()))
    return replace(line, options=options, lists={**line.lists, "prop": properties} if properties else line.lists)


def _in_list(text: str, renamed: Mapping[str, str]) -> str:
    return re.sub(r"\w+", lambda word: renamed.get(word[0], word[0]), text)


def _in_prefixes(text: str, renamed: Mapping[str, str]) -> str:
    """Rename in `SIM:1,CPU:2`."""
    return re.sub(r"(?:^|(?<=,))\s*(\w+)(?=:)", lambda found: renamed.get(found[1], found[1]), text)


def with_stand_ins(line: CommandLine, spec: RunSpec, stand_ins: StandIns) -> tuple[RunSpec, list[str]]:
    """The spec with stand-ins, and what is to be said about them."""
    said = list(stand_ins.notices)
    alone = not _SIDES & set(line.lists)
    spec = msgspec.structs.replace(spec, stand_ins=stand_ins.names, lacks=stand_ins.lacks)
    used = {spec.device, *devices_of(spec.device)}
    for entry in stand_ins.all:
        if entry.name not in used and spec.device not in {"AUTO", "MULTI"}:
            if alone:
                said.append(f"the stand-in {entry.name} is not used: it is not in -d {clean(spec.device, 80)}")
        elif entry.threads:
            spec = _with_threads(spec, entry)
    return spec, said


def _with_threads(spec: RunSpec, entry: StandIn) -> RunSpec:
    threads = str(entry.threads)
    if not is_virtual(spec.device) or spec.device.startswith("BATCH"):
        return msgspec.structs.replace(spec, properties={**spec.properties, THREADS: threads})
    own = {**spec.device_properties.get(entry.name, {}), THREADS: threads}
    return msgspec.structs.replace(spec, device_properties={**spec.device_properties, entry.name: own})


def with_affinities(line: CommandLine, spec: RunSpec, renamed: Mapping[str, str]) -> RunSpec:
    """The spec with affinities and with who splits the model.

    Raises:
        UsageError: One cannot be understood, names a device that is not in the list, or nothing is split.
    """
    rules: list[AffinityRule] = []
    placements = _from_file(line.values["affinity_file"]) if line.values.get("affinity_file") else {}
    for text in line.lists.get("affinity", ()):
        found = parse_affinity(text)
        if isinstance(found, AffinityRule):
            rules.append(msgspec.structs.replace(found, device=renamed.get(found.device, found.device)))
        else:
            placements[found[0]] = found[1]
    placements = {name: renamed.get(device, device) for name, device in placements.items()}
    splitter = line.values.get("splitter", "")
    if splitter and splitter not in _SPLITTERS:
        raise UsageError(f"--splitter {clean(splitter, 40)!r} is not a choice", f"choose {' or '.join(_SPLITTERS)}")
    if rules or placements:
        if not _splits(line, spec):
            return spec
        if splitter == "openvino":
            raise UsageError("OpenVINO's own splitter takes no affinities", "leave --splitter out, or the affinities")
        _refuse_strange((*(rule.device for rule in rules), *placements.values()), spec)
    return msgspec.structs.replace(
        spec,
        affinities=tuple(rules),
        placements=placements,
        splitter="openvino" if splitter == "openvino" else "ours",
    )


def _splits(line: CommandLine, spec: RunSpec) -> bool:
    """Whether affinities mean something for a device; a side of a comparison may well be one that does not split.

    Raises:
        UsageError: They do not, and there is only this device.
    """
    if devices_in_order(spec.device):
        return True
    if _SIDES & set(line.lists):
        return False
    raise UsageError(
        f"affinities split a model, and {clean(spec.device, 80)} does not", "name devices: -d HETERO:CPU_SIM,CPU"
    )


def _refuse_strange(named: tuple[str, ...], spec: RunSpec) -> None:
    devices = devices_in_order(spec.device)
    strange = next((device for device in named if device not in devices), None)
    if strange is not None:
        raise UsageError(
            f"an affinity names {clean(strange, 60)}, which is not in {clean(spec.device, 120)}",
            f"use one of {', '.join(devices)}, or add it to -d",
        )


def _from_file(name: str) -> dict[str, str]:
    path = Path(name)
    title = clean(path.name, 80)
    try:
        if path.stat().st_size > LARGEST_FILE * _BYTES_A_CHARACTER:
            raise UsageError(f"{title} is too large for an affinity file", 'a JSON object {"operation name": "DEVICE"}')
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise UsageError(f"--affinity-file {title} cannot be read: {why}", "name a file of affinities") from error
    return read_affinity(text, title)
