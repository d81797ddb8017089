"""What the error panel says: one shape for every failure of model or engine. Pure."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Final, Literal

from ovexplorer import units
from ovexplorer.options.command import same_as
from ovexplorer.schema.protocol import EngineDied, Failed
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import clean

Remedy = Literal["restart", "defaults", "open"]

MOST_FRAMES: Final = 3
"""Innermost calls of a crash report that are shown."""

DOING: Final = {
    "import": "while OpenVINO was loaded",
    "devices": "while the devices were tried",
    "build": "while the demo model was built",
    "read": "while the model was read",
    "reshape": "while the model was reshaped",
    "compile": "while compiling",
    "first_inference": "during the first inference",
    "warm_up": "while warming up",
    "profile": "while layers were timed",
    "split": "while the devices were asked",
    "run": "while measuring",
    "idle": "while idle",
}

MEANING: Final = {
    "SIGKILL": ("the system ended it", "memory ran out, or somebody killed it"),
    "SIGSEGV": ("it touched memory that is not its own", "a defect in a plugin or driver, or a file that changed"),
    "SIGBUS": (
        "a mapped file became shorter while it was read",
        "the model is being copied or exported again right now",
    ),
    "SIGABRT": ("a library gave up", "a defect in a plugin or driver; the last lines below say which"),
    "SIGILL": ("the CPU does not know an instruction", "a build of OpenVINO for another CPU"),
    "SIGTERM": ("it was asked to end", "another program ended it"),
}


@dataclass(frozen=True)
class ErrorView:
    """Everything the panel shows."""

    title: str
    what: str
    rows: tuple[tuple[str, str], ...]
    """Label and text, such as `what it means`."""
    remedies: tuple[tuple[Remedy, str], ...]
    after: tuple[tuple[str, str], ...]
    """Rows under the remedies: what was kept, what was cleaned up."""
    phases: tuple[tuple[bool, str, str], ...]
    """Whether it ended well, its name, its time."""
    lines_title: str
    lines: tuple[str, ...]
    """OpenVINO's own lines or the tail of stderr."""
    command: str
    """The same without the TUI; empty when nothing was asked."""

    def report(self) -> str:
        """As text, for the clipboard."""
        rows = [f"{label}: {text}" for label, text in (*self.rows, *self.after) if text]
        phases = [f"{'ok' if well else 'failed'} {name} {took}" for well, name, took in self.phases]
        return "\n".join((self.title, self.what, *rows, *phases, self.lines_title, *self.lines, self.command)).strip()

    def shown_lines(self, room: int) -> tuple[str, ...]:
        """The last ones that fit; of a crash report from its first line on, which says most."""
        crash = next((number for number, line in enumerate(self.lines) if line.startswith("Fatal Python error")), None)
        if crash is None or len(self.lines) - crash <= room:
            return self.lines[-room:]
        return self.lines[crash : crash + room]


def view_of(state: RunState) -> ErrorView | None:
    """The failure to show; None when there is none."""
    segment = state.segments[-1] if state.segments else None
    if state.died is not None:
        return _death(state, state.died, segment)
    if segment is not None and segment.failed is not None:
        return _failure(state, segment.failed, segment)
    return None


def signal_name(exit_code: int) -> str:
    """`SIGSEGV`, or `exit code 1`."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"


def _death(state: RunState, died: EngineDied, segment: Segment | None) -> ErrorView:
    name = signal_name(died.exit_code)
    means, likely = MEANING.get(name, ("the engine ended by itself", "its last lines below say why"))
    remedies: list[tuple[Remedy, str]] = [("restart", "restart the engine and measure the same again")]
    if segment is not None:
        remedies.append(("defaults", "restart with default options for this model"))
    remedies.append(("open", "go back to Open and pick something else"))
    process = f"process {died.pid}" if died.pid else "its process"
    return ErrorView(
        "The engine died",
        f"{name} {DOING.get(died.while_doing, '')}",
        (("what it means", means), ("most likely", likely)),
        tuple(remedies),
        (("kept", kept_words(state)), ("cleaned up", f"{process} and its temporary folder")),
        phases_of(segment),
        "last lines of the engine's stderr, cleaned",
        _telling(died.stderr) or ("it wrote nothing",),
        same_as(segment.spec) if segment else "",
    )


def _telling(lines: tuple[str, ...]) -> tuple[str, ...]:
    """What of a crash report by Python tells something: its first line and where the crashing thread was.

    Other threads and the list of modules would push these off a small screen.
    """
    kept: list[str] = []
    elsewhere = False
    frames = 0
    for line in lines:
        frame = line.lstrip().startswith("File ")
        if line.startswith("Extension modules:") or (frame and (elsewhere or frames >= MOST_FRAMES)):
            continue
        elsewhere = line.startswith("Thread 0x")
        frames = frames + 1 if frame else 0
        if not elsewhere:
            kept.append(line)
    return tuple(kept)


def _failure(state: RunState, failed: Failed, segment: Segment) -> ErrorView:
    titles = {
        "model_missing": "The model is not there",
        "model_unreadable": "The model cannot be read",
        "shape_needed": "The model needs a shape",
        "shape_refused": "The shape was refused",
        "input_refused": "The input was refused",
        "device_unusable": "The device cannot be used",
        "property_refused": "An option was refused",
        "compile_failed": "The model cannot be compiled",
        "inference_failed": "The inference failed",
        "internal": "The engine has a defect",
    }
    phase = f" {DOING[failed.phase]}" if failed.phase else ""
    return ErrorView(
        titles.get(failed.kind, "This cannot be run"),
        failed.what,
        (("when", phase.strip()), ("what to do", failed.hint)),
        (
            ("open", "go back to Open and pick something else"),
            ("defaults", "try with default options"),
            ("restart", "try the same again"),
        ),
        (("kept", kept_words(state)),),
        phases_of(segment),
        "OpenVINO's own words, cleaned" if failed.detail else "",
        failed.detail,
        same_as(segment.spec),
    )


def kept_words(state: RunState) -> str:
    """What was measured before it happened."""
    measured = [segment for segment in state.segments if segment.count]
    samples = sum(segment.count for segment in measured)
    if not measured:
        return "your options; nothing was measured yet"
    runs = f"{len(measured)} configuration{'s' if len(measured) != 1 else ''}"
    return f"{runs}, {samples:,} sample{'s' if samples != 1 else ''}, your options and marks"


def phases_of(segment: Segment | None) -> tuple[tuple[bool, str, str], ...]:
    """Phases of a segment, the one under way last."""
    if segment is None:
        return ()
    last = segment.phases[-1] if segment.phases else None
    rows = []
    for entry in segment.phases:
        broken = entry is last and segment.ready is None
        took = units.duration(entry.duration_ns) if entry.duration_ns is not None else units.NOT_AVAILABLE
        rows.append((not broken, clean(entry.phase.replace("_", " ")), took))
    return tuple(rows)
