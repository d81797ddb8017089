"""What Open says about the model under the cursor, the devices and the machine. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime

from ovexplorer import units
from ovexplorer.schema.demos import DEMOS, Demo
from ovexplorer.schema.facts import DeviceFacts, EnvironmentFacts, ModelFacts, PortFacts
from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.results import Load
from ovexplorer.text import cut_middle
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens.open_rows import LastRun, OpenRow, age_words, count_words, p50_words, work_words
from ovexplorer.tui.widgets.frame import Piece
from ovexplorer.tui.widgets.lines import Line, wrap

WIDE_FACTS = 50
"""Columns of the panel from which more is told."""

BF16_FLAGS = ("avx512_bf16", "amx_bf16")
BUSY_CORES = 0.2
"""Cores used by others from which it is worth telling."""


def label(name: str, value: str, wide: bool = False) -> Line:
    """A line with a label in front."""
    return ((f"{'  ' if wide else ' '}{name:<{10 if wide else 9}}", "muted"), (value, "text"))


def facts_lines(
    row: OpenRow,
    known: ModelFacts | None,
    refused: Failed | None,
    runs: Sequence[LastRun],
    now: datetime,
    glyphs: Glyphs,
    width: int,
) -> tuple[Line, ...]:
    """What is known about the row under the cursor.

    Args:
        row: Of the list.
        known: Facts of the file, once read.
        refused: Why it could not be read.
        runs: Its runs, newest first.
        now: For ages.
        glyphs: Signs to use.
        width: Of the panel, in cells.
    """
    wide = width >= WIDE_FACTS
    ages = [age_words(run.model.when, now) for run in runs]
    demo = next((demo for demo in DEMOS if demo.path == row.path), None)
    if demo is not None:
        return demo_lines(demo, runs, ages, wide)
    if refused is not None:
        return failed_lines(refused, glyphs, width, wide)
    if known is not None:
        return model_lines(known, runs, ages, wide)
    lines: list[Line] = [label("what", row.what or "folder", wide)]
    if row.size:
        lines.append(label("file", units.size(row.size), wide))
    if row.kind == "not_model":
        lines.append(((f" {glyphs.bad} this cannot be run", "bad"),))
    return (*lines, *run_lines(runs, ages, wide))


def demo_lines(demo: Demo, runs: Sequence[LastRun], now_words: Sequence[str], wide: bool) -> tuple[Line, ...]:
    """Facts of a demo, known without building it."""
    lines: list[Line] = [label("what", demo.what, wide)] if wide else []
    lines += [label("input", demo.input, wide), label("output", demo.output, wide)]
    lines.append(label("size", size_words(demo.parameters, demo.parameters * 4), wide))
    lines.append(label("work", f"{work_words(demo.flop)}, {operation_words(demo.operations, wide)}", wide))
    return (*lines, *run_lines(runs, now_words, wide))


def model_lines(model: ModelFacts, runs: Sequence[LastRun], now_words: Sequence[str], wide: bool) -> tuple[Line, ...]:
    """Facts of a model that was read."""
    most = 4 if wide else 2
    lines: list[Line] = [label("what", f"{model.format}, {units.size(model.size_bytes)}", wide)] if wide else []
    for name, ports in (("input", model.inputs), ("output", model.outputs)):
        for number, port in enumerate(ports[:most]):
            lines.append(label(name if number == 0 else "", port_words(port, wide), wide))
        if len(ports) > most:
            lines.append(label("", f"and {len(ports) - most} more", wide))
    lines.append(label("size", size_words(model.parameters, model.weight_bytes), wide))
    operations = sum(model.operations.values())
    bound = ", dynamic shapes" if model.dynamic else ""
    lines.append(label("work", f"{work_words(model.flop)}, {operation_words(operations, wide)}{bound}", wide))
    if wide:
        common = sorted(model.operations.items(), key=lambda entry: -entry[1])[:6]
        lines.append(label("types", "  ".join(f"{name} {count}" for name, count in common), wide))
    return (*lines, *run_lines(runs, now_words, wide))


def operation_words(count: int, wide: bool) -> str:
    """`175 operations`, or `175 ops` where there is less room."""
    return f"{count:,} {'operation' if wide else 'op'}{'s' if count != 1 else ''}"


def port_words(port: PortFacts, wide: bool) -> str:
    """`image f32 [1,3,224,224]`."""
    layout = f"   {port.layout}" if wide and port.layout else ""
    return f"{port.name} {port.element_type} {port.shape}{layout}"


def size_words(parameters: int, weight_bytes: int) -> str:
    """`25.6 M params, 102 MB`."""
    return f"{count_words(parameters)} params, {units.size(weight_bytes)}"


def run_lines(runs: Sequence[LastRun], ages: Sequence[str], wide: bool) -> tuple[Line, ...]:
    """The latest runs of the model under the cursor."""
    if not runs:
        return ()
    if not wide:
        run = runs[0]
        return (label("last run", f"{p50_words(run) or units.NOT_AVAILABLE} on {run.model.device}"),)
    lines: list[Line] = [((" ", "text"),)]
    for number, (run, age) in enumerate(zip(runs[:3], ages)):
        text = f"{cut_middle(run.words, 30):<31}{p50_words(run):>9}  {run.fps:>10}  {age}"
        lines.append(label("last runs" if number == 0 else "", text, wide=True))
    return tuple(lines)


def failed_lines(failed: Failed, glyphs: Glyphs, width: int, wide: bool) -> tuple[Line, ...]:
    """Why the model under the cursor cannot be read."""
    margin = "  " if wide else " "
    room = max(20, width - len(margin) - 2)
    lines: list[Line] = []
    for number, text in enumerate(wrap(failed.what, room)):
        lines.append(((f"{margin}{glyphs.bad if number == 0 else ' '} {text}", "bad"),))
    return (*lines, *(((f"{margin}  {text}", "text"),) for text in wrap(failed.hint, room)))


def short_cpu(name: str) -> str:
    """`Xeon 2.80 GHz` from `Intel(R) Xeon(R) Processor @ 2.80GHz`."""
    text = re.sub(r"\((R|TM|C)\)|\b(Intel|AMD|Processor|CPU)\b|@|\d+-Core", " ", name)
    return " ".join(re.sub(r"(\d)GHz", r"\1 GHz", text).split()) or name


def usable_cpus(machine: EnvironmentFacts) -> int:
    """CPUs that can be used at once, by affinity and quota."""
    allowed = len(machine.allowed_cpus) or machine.logical_cpus
    return min(allowed, math.ceil(machine.quota_cpus)) if machine.quota_cpus else allowed


def cpu_words(machine: EnvironmentFacts) -> str:
    """`2 of 8 CPUs`, or `8 CPUs`."""
    usable = usable_cpus(machine)
    return f"{usable} CPUs" if usable >= machine.logical_cpus else f"{usable} of {machine.logical_cpus} CPUs"


def device_words(device: DeviceFacts, machine: EnvironmentFacts | None, wide: bool) -> str:
    """What a device is, or why it cannot be used."""
    if device.state == "unusable":
        return device.reason or "not usable"
    if device.name == "CPU" and machine is not None:
        name = short_cpu(machine.cpu_model)
        if not wide:
            return f"{name}, {usable_cpus(machine)} CPUs"
        return f"{name}, {cpu_words(machine)}, {'AMX' if 'amx_tile' in machine.cpu_flags else 'no AMX'}"
    return device.full_name


def device_state(device: DeviceFacts) -> str:
    """The state in one or two words."""
    return {"usable": "ready", "stand_in": "ready", "virtual": "ready", "unusable": "not usable"}[device.state]


def machine_lines(machine: EnvironmentFacts, load: Load | None) -> tuple[tuple[bool, str], ...]:
    """What is known about the machine: whether it is a warning, and the words."""
    found: list[tuple[bool, str]] = []
    usable = usable_cpus(machine)
    if usable < machine.logical_cpus:
        why = "cgroup" if machine.quota_cpus and usable <= machine.quota_cpus + 1 else "affinity"
        found.append((True, f"{usable} of {machine.logical_cpus} CPUs allowed ({why})"))
    else:
        found.append((False, f"all {machine.logical_cpus} CPUs allowed"))
    if "amx_bf16" in machine.cpu_flags:
        found.append((False, "AMX: bf16 and int8 are fast here"))
    elif any(flag in machine.cpu_flags for flag in BF16_FLAGS):
        found.append((False, "bf16 by default, no AMX: try f32 too"))
    if machine.governor:
        found.append((machine.governor != "performance", f"governor {machine.governor}"))
    if load is not None:
        found.append((load.other_cores > BUSY_CORES, f"other load {load.other_cores:.1f} cores"))
    if machine.virtualisation:
        found.append((False, f"runs in {machine.virtualisation}"))
    total = units.size(machine.memory_bytes)
    if machine.memory_limit_bytes and machine.memory_limit_bytes < machine.memory_bytes:
        found.append((True, f"{units.size(machine.memory_limit_bytes)} of {total} memory allowed"))
    else:
        found.append((False, f"{total} memory, no limit"))
    return tuple(found)


def machine_panel(machine: EnvironmentFacts, load: Load | None, glyphs: Glyphs, wide: bool) -> tuple[Line, ...]:
    """The machine panel, warnings first."""
    margin = "  " if wide else " "
    facts = sorted(machine_lines(machine, load), key=lambda fact: not fact[0])
    lines: list[Line] = []
    for warning, words in facts:
        sign: Piece = (f"{margin}{glyphs.look if warning else glyphs.good} ", "warn*" if warning else "good")
        lines.append((sign, (words, "text")))
    build = machine.openvino.split("-")[0]
    return (*lines, ((f"{margin}OpenVINO {build}", "muted"),))
