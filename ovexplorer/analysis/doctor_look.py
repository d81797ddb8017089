"""What the doctor's rules look at, and what they say: shared by the rules, without any rule of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.machine import CpuFacts, MachineFacts, NeighbourFacts
from ovexplorer.schema.results import EffectiveProperty
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import CleanText

Level = Literal["bad", "look", "unknown", "good"]

_NO = frozenset({"NO", "FALSE", "0"})


@dataclass(frozen=True)
class Finding:
    """One check of the machine."""

    code: str
    """Public: a key of the JSON output."""
    level: Level
    """`bad` spoils figures, `look` may, `unknown` is not told by this system."""
    title: str
    """A few words: `2 of 8 CPUs allowed`."""
    evidence: str
    """The figures it stands on."""
    effect: str = ""
    """What it does to figures; empty where all is well."""
    what_to_do: str = ""
    """Empty where there is nothing to do."""


@dataclass(frozen=True)
class Look:
    """The machine, and the configuration it is judged for."""

    machine: MachineFacts
    environment: EnvironmentFacts
    spec: RunSpec | None
    effective: tuple[EffectiveProperty, ...]

    @property
    def allowed(self) -> tuple[int, ...]:
        """CPUs of the affinity mask."""
        return self.machine.allowed_cpus or self.environment.allowed_cpus

    @property
    def logical(self) -> int:
        """CPUs of the machine."""
        return max(self.environment.logical_cpus, len(self.machine.cpus), len(self.allowed))

    @property
    def allowed_facts(self) -> tuple[CpuFacts, ...]:
        """Facts of the allowed CPUs."""
        allowed = set(self.allowed)
        return tuple(cpu for cpu in self.machine.cpus if cpu.number in allowed)

    @property
    def cores(self) -> int:
        """Physical cores among the allowed CPUs; 0 where the system does not tell."""
        return len({(cpu.package, cpu.core) for cpu in self.allowed_facts if cpu.core >= 0})

    @property
    def threads(self) -> int | None:
        """Inference threads as they are, or else as asked; None while OpenVINO chooses."""
        value = self.of_cpu("INFERENCE_NUM_THREADS")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 8 and int(value) else None

    @property
    def asked_threads(self) -> int | None:
        """Inference threads that were asked for; None when none were."""
        value = self._asked("INFERENCE_NUM_THREADS")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 8 and int(value) else None

    @property
    def pinning(self) -> bool:
        """Whether threads are pinned to cores; OpenVINO's default."""
        return self.of_cpu("ENABLE_CPU_PINNING").upper() not in _NO

    def readable(self, source: str) -> bool:
        """Whether a source could be read; see MachineFacts.readable."""
        return source in self.machine.readable

    def of_cpu(self, name: str) -> str:
        """A property of the CPU as it is, or else as asked; empty when neither is known."""
        for entry in self.effective:
            if entry.property == name and entry.device.partition(".")[0] == "CPU" and entry.effective:
                return entry.effective
        return self._asked(name)

    def _asked(self, name: str) -> str:
        if self.spec is None:
            return ""
        own = self.spec.device_properties.get("CPU", {})
        return own.get(name, self.spec.properties.get(name, ""))


def not_told(code: str, what: str, where: str) -> Finding:
    """The honest finding about something that cannot be read."""
    return Finding(code, "unknown", f"{what}: not told here", f"this system does not show {where}")


def some(count: int, noun: str) -> str:
    """`1 CPU`, `2 CPUs`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def named(neighbour: NeighbourFacts) -> str:
    """A neighbour in words: `firefox (pid 12), 0.80 cores`."""
    return f"{neighbour.name or CleanText('a process')} (pid {neighbour.pid}), {neighbour.cores:.2f} cores"


def cpus_in_words(cpus: tuple[int, ...]) -> str:
    """`0-3, 8`, cut after a few."""
    parts: list[str] = []
    place = 0
    while place < len(cpus):
        end = place
        while end + 1 < len(cpus) and cpus[end + 1] == cpus[end] + 1:
            end += 1
        parts.append(f"{cpus[place]}-{cpus[end]}" if end > place else str(cpus[place]))
        place = end + 1
    return ", ".join(parts[:8]) + (" …" if len(parts) > 8 else "")
