"""What an option is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["choice", "boolean", "integer", "real", "text", "path"]
Group = Literal["DEVICE", "RUN", "THREADS", "MODEL", "OTHER"]

AUTO = "auto"
"""The value of an option that leaves the decision to the device."""


@dataclass(frozen=True)
class Choice:
    """One value of an option."""

    value: str
    """As written on the command line and in the panel: `latency`, `f32`, `yes`."""
    help: str
    """One line in plain words."""
    raw: str = ""
    """OpenVINO's spelling when it differs: `LATENCY`, `YES`."""


@dataclass(frozen=True)
class Option:
    """One thing that can be toggled."""

    id: str
    """Public: key of `--a`, settings and exports: `precision`."""
    title: str
    """Label in the panel, at most 12 cells."""
    group: Group
    kind: Kind
    default: str
    """Value when nothing was asked: `auto`, `latency`, `no`."""
    help: str
    """What it is, one or two plain sentences."""
    helps: str
    """When it helps."""
    hurts: str
    """When it hurts."""
    link: str
    """OpenVINO's own page."""
    property: str = ""
    """OpenVINO key, when the option is a property."""
    field: str = ""
    """Field of RunSpec (`api`) or of its model (`model.batch`), when it is a run setting."""
    choices: tuple[Choice, ...] = ()
    """For choices and booleans; for integers the steps that left and right go through."""
    devices: tuple[str, ...] = ()
    """Device families it belongs to (`CPU`, `GPU`); empty means any."""
    flags: tuple[str, ...] = ()
    """Command-line spellings, benchmark_app's first: `-hint`, `--hint`."""
    recompiles: bool = True
    """Whether a change needs a compile."""
