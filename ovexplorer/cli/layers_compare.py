"""`layers --against` and what CPU alone would not need: two profiles beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ovexplorer.analysis.align import AlignedRow, Alignment, align
from ovexplorer.analysis.layers import LayerRow
from ovexplorer.analysis.reorders import Reorder
from ovexplorer.cli.console import Console
from ovexplorer.cli.layers_tables import WIDEST_NAME, View, reorders_table
from ovexplorer.cli.line import CommandLine
from ovexplorer.cli.sides import side_of
from ovexplorer.cli.tables import Column, Table, pairs
from ovexplorer.errors import RecordingError, UsageError
from ovexplorer.export.layers_compare import KINDS
from ovexplorer.history.recording import read_recording
from ovexplorer.options.apply import describe_change, headline
from ovexplorer.options.paths import anchored
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.replay import state_of, while_alive
from ovexplorer.text import clean
from ovexplorer.units import NOT_AVAILABLE, duration, share, signed_percent, significant

_RECORDING = ".ovx"


@dataclass(frozen=True)
class Other:
    """The second profile."""

    profile: LayerProfile
    spec: RunSpec | None
    """None where a recording does not tell."""
    file: str = ""
    """Recording it came from; empty when it was measured now."""

    def aligned_with(self, profile: LayerProfile) -> Alignment:
        """What was measured beside this: a recording is what was before, so A; another configuration is B."""
        return align(self.profile, profile) if self.file else align(profile, self.profile)


@dataclass(frozen=True)
class Against:
    """What a profile is compared with: one of the two."""

    spec: RunSpec | None = None
    """Profiled in the same engine."""
    recorded: Other | None = None


def against_of(line: CommandLine) -> Against | None:
    """What `--against` asks for; None without it.

    Raises:
        UsageError: A key or a value cannot be used.
        RecordingError: The recording cannot be read, or holds no profile.
    """
    texts = line.lists.get("against")
    if not texts:
        return None
    if "group" in line.values:
        raise UsageError("--group rolls one profile up", "leave it out with --against")
    if len(texts) == 1 and texts[0].endswith(_RECORDING) and "=" not in Path(texts[0]).name:
        return Against(recorded=recorded_profile(Path(texts[0])))
    spec = anchored(side_of(line, "against").spec, Path.cwd())
    spec = msgspec.structs.replace(spec, duration_s=0.0, iterations=0, raw=False)
    return Against(spec=spec)


def recorded_profile(path: Path) -> Other:
    """The last profile of a recording.

    Raises:
        RecordingError: It cannot be read, or holds none.
    """
    state = state_of(while_alive(read_recording(path)))
    profile = state.profile or next(reversed(state.profiles), None)
    if profile is None:
        raise RecordingError(f"{clean(str(path))}: no layers were counted in it", "record `ovexplorer layers` first")
    spec = profile.spec or next((entry.spec for entry in state.segments if entry.number == profile.segment), None)
    if profile.spec is None and spec is not None:
        profile = msgspec.structs.replace(profile, spec=spec)
    return Other(profile, spec, clean(path.name))


def cpu_alone(spec: RunSpec) -> RunSpec | None:
    """The same on the CPU alone; None for what runs on one device anyway."""
    name, colon, _ = spec.device.partition(":")
    if name != "HETERO" or not colon:
        return None
    properties = {key: value for key, value in spec.properties.items() if key != "MODEL_DISTRIBUTION_POLICY"}
    properties |= spec.device_properties.get("CPU", {})
    return msgspec.structs.replace(
        spec,
        device="CPU",
        stand_ins=(),
        lacks={},
        affinities=(),
        placements={},
        properties=properties,
        device_properties={},
        duration_s=0.0,
        iterations=0,
        raw=False,
    )


def print_comparison(console: Console, made: Alignment, title: str, other: Other, view: View) -> None:
    """Print what differs, what it adds up to, and how far the counters can tell."""
    console.table(comparison_table(made, sides_title(title, other, made), view))
    console.table(pairs("", _said(made)))


def sides_title(title: str, other: Other, made: Alignment) -> str:
    """`A resnet50 · CPU · bf16   B Precision f32`; a recording is A."""
    if other.file:
        known = f" ({headline(other.spec)})" if other.spec is not None else ""
        return clean(f"A {other.file}{known}   B {title}")
    difference = ""
    if made.a.spec is not None and other.spec is not None:
        difference = describe_change(made.a.spec, other.spec)
    return clean(f"A {title}   B {difference or (headline(other.spec) if other.spec else '')}")


def comparison_table(made: Alignment, title: str, view: View) -> Table:
    """Rows that differ, the largest difference first; with --all those that do not, too."""
    rows = [row for row in made.rows if view.everything or row.kind != "same" or row.changes]
    rows = [row for row in rows if accepts(view, row, made)]
    columns = (
        Column("layer"), Column("type"), Column("A µs", True), Column("B µs", True), Column("B − A µs", True),
        Column("change", True), Column("what"),
    )  # fmt: skip
    cells = [_cells(row) for row in rows]
    sums = (
        ("counted", made.a_counted_ns, made.b_counted_ns),
        ("gap", made.a_gap_ns, made.b_gap_ns),
        ("latency", made.a.latency_ns, made.b.latency_ns),
    )
    cells += [(name, "", *_times(a_ns, b_ns), "") for name, a_ns, b_ns in sums]
    left = len(made.rows) - len(rows)
    said = f"{title} · {left:,} rows without a difference" if left and not view.wanted.text else title
    return Table(columns, tuple(cells), said, most_width=WIDEST_NAME)


def accepts(view: View, row: AlignedRow, made: Alignment) -> bool:
    """Whether a filter takes a row in: when it takes one of its layers, on either side."""
    if not view.wanted.tests:
        return True
    sides = ((row.a, made.a.latency_ns), (row.b, made.b.latency_ns))
    return any(
        view.accepts(LayerRow(layer, layer.mean_ns / latency_ns if latency_ns else 0.0, 0.0))
        for layers, latency_ns in sides
        for layer in layers
    )


def _cells(row: AlignedRow) -> tuple[str, ...]:
    what = [str(row.kind)] if row.kind in ("appeared", "vanished") else []
    what += [f"{change.before} → {change.after}" for change in row.changes if change.what != "fusion"]
    what += [f"fused otherwise: {change.before} → {change.after}" for change in row.changes if change.what == "fusion"]
    if row.by_shape and row.a and row.b:
        what.append(f"by shape with {row.a[0].name}")
    times = _times(row.a_ns if row.a else None, row.b_ns if row.b else None)
    if row.kind == "same":
        times = (*times[:3], "~")
    return (row.name, row.type, *times, clean(", ".join(what)))


def _times(a_ns: int | None, b_ns: int | None) -> tuple[str, str, str, str]:
    a, b = (NOT_AVAILABLE if ns is None else significant(ns / 1e3) for ns in (a_ns, b_ns))
    delta_ns = (b_ns or 0) - (a_ns or 0)
    relative = signed_percent(delta_ns / a_ns) if a_ns and b_ns is not None and a_ns > 0 else ""
    return a, b, f"{'+' if delta_ns > 0 else ''}{significant(delta_ns / 1e3)}", relative


def _said(made: Alignment) -> list[tuple[str, str]]:
    rows = [(kind, made.of_kind(kind)) for kind in KINDS]
    counts = [f"{len(found):,} {kind} ({_signed(found)})" for kind, found in rows if found and kind != "same"]
    said = [("layers", ", ".join(counts) or "no difference beyond what the counters can tell")]
    said += [("aligned", made.note)] if made.note else []
    for name, profile in (("A", made.a), ("B", made.b)):
        if profile.note:
            said.append((f"note {name}", str(profile.note)))
    return said


def _signed(rows: Sequence[AlignedRow]) -> str:
    delta_ns = sum(row.delta_ns for row in rows)
    return f"{'+' if delta_ns > 0 else ''}{duration(delta_ns)}"


def print_outstanding(
    console: Console, outstanding: Sequence[Reorder], run: LayerProfile, cpu_only: LayerProfile
) -> None:
    """Print the Reorders that CPU alone does not need, and what they cost."""
    if outstanding:
        console.table(reorders_table(outstanding, len(outstanding), "Reorders that CPU alone does not need"))
    lost_ns = sum(entry.layer.mean_ns for entry in outstanding)
    part = f" ({share(lost_ns / run.latency_ns)})" if run.latency_ns else ""
    console.table(
        pairs(
            "",
            [
                ("not needed", f"{duration(lost_ns)} of {duration(run.latency_ns)}{part}" if outstanding else "none"),
                ("CPU alone", duration(cpu_only.latency_ns)),
            ],
        )
    )
