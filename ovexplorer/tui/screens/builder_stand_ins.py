"""Stand-in devices of the builder: what is typed to add one, and the form with and without it.

A stand-in is the CPU plugin registered again under another name. It may pretend to lack operation types, and be slowed
down by fewer threads: `CPU_SIM:no=Softmax,Add:threads=1`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ovexplorer.errors import UsageError
from ovexplorer.options.stand_ins import THREADS, StandIn, parse_stand_in
from ovexplorer.schema.topology import Topology
from ovexplorer.text import clean
from ovexplorer.tui.screens.builder_form import SINGLE, BuilderForm

MOST_STAND_INS: Final = 8

WRITE: Final = "NAME, then :no=Softmax,Add to lack types, :threads=1 to be slow"


def understood(text: str) -> tuple[StandIn | None, str]:
    """What was typed, and why it cannot be a stand-in; one of the two is empty."""
    if not text.strip():
        return None, "a name, such as CPU_SIM"
    try:
        return parse_stand_in(text), ""
    except UsageError as error:
        return None, error.what


def renamed(made: StandIn) -> str:
    """What was changed in the name, in words; empty when nothing was."""
    if made.written.upper() in ("", made.name):
        return ""
    return f"it is called {clean(made.name, 40)}: OpenVINO wants CPU in the name"


def stand_in_problem(form: BuilderForm, text: str) -> str:
    """Why what was typed cannot become a stand-in of a form; empty when it can."""
    made, problem = understood(text)
    if made is None:
        return problem
    if made.name in form.stand_ins or form.facts(made.name) is not None:
        return f"{made.name} is there already"
    if len(form.stand_ins) >= MOST_STAND_INS:
        return f"at most {MOST_STAND_INS} stand-ins"
    return ""


def spelled(topology: Topology | None, lacks: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Operation types as the model spells them, and those that it does not have."""
    known = {entry.type.lower(): str(entry.type) for entry in topology.operations} if topology is not None else {}
    unknown = tuple(word for word in lacks if known and word.lower() not in known)
    return tuple(dict.fromkeys(known.get(word.lower(), word) for word in lacks)), unknown


def with_stand_in(form: BuilderForm, made: StandIn) -> BuilderForm:
    """Add a stand-in device and take it in, as the preferred one."""
    own = {**form.properties.get(made.name, {}), THREADS: str(made.threads)} if made.threads else {}
    return replace(
        form,
        stand_ins=(*form.stand_ins, made.name),
        chosen=(made.name, *form.chosen),
        lacks={**form.lacks, made.name: made.lacks} if made.lacks else form.lacks,
        properties={**form.properties, made.name: own} if own else form.properties,
    )


def without_stand_in(form: BuilderForm, name: str) -> BuilderForm:
    """Remove a stand-in device; real devices stay."""
    if name not in form.stand_ins:
        return form
    return replace(
        form,
        stand_ins=tuple(other for other in form.stand_ins if other != name),
        chosen=tuple(other for other in form.chosen if other != name),
        devices=tuple(device for device in form.devices if device.name != name),
        properties={device: values for device, values in form.properties.items() if device != name},
        lacks={device: types for device, types in form.lacks.items() if device != name},
    )


def words_of(form: BuilderForm, name: str) -> str:
    """What a stand-in is, for the list of devices: `stand-in, lacks Softmax, 1 thread`."""
    lacks = form.lacks.get(name, ())
    threads = "" if form.kind in SINGLE else form.properties.get(name, {}).get(THREADS, "")
    parts = ["stand-in" if lacks or threads else "stand-in: the CPU plugin again"]
    if lacks:
        parts.append(f"lacks {', '.join(clean(word, 40) for word in lacks)}")
    if threads:
        parts.append(f"{clean(threads, 12)} thread{'' if threads == '1' else 's'}")
    return ", ".join(parts)
