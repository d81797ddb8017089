"""What an option is."""

from __future__ import annotations

import builtins
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
    aliases: tuple[str, ...] = ()
    """Other spellings that are understood: `tput`."""

    @property
    def stored(self) -> str:
        """What a RunSpec keeps for this value."""
        return self.raw or self.value


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
    """Value of a fresh run: `auto`, `latency`, `shared`."""
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
    """Where a run setting lives: a field of RunSpec (`api`), of its model (`model.batch`) or of its inputs
    (`inputs.layout`, written `name[NCHW],other[NC]` or `[NCHW]`)."""
    choices: tuple[Choice, ...] = ()
    """For choices and booleans; for integers the steps that left and right go through."""
    devices: tuple[str, ...] = ()
    """Device families it belongs to (`CPU`, `GPU`); empty means any."""
    flags: tuple[str, ...] = ()
    """Command-line spellings, benchmark_app's first: `-hint`, `--hint`."""
    recompiles: bool = True
    """Whether a change needs a compile."""
    unset: str = ""
    """Value that stands for nothing asked where it is not the default: `none` for the hint."""
    per_device: bool = False
    """Whether a virtual device passes it on to its devices: `CPU:f32,GPU:f16` sets it for each."""
    unit: str = ""
    """Unit of a number: `ms`, `FPS`; empty for a count."""

    @builtins.property
    def nothing(self) -> str:
        """The value that removes what was asked."""
        return self.unset or self.default
