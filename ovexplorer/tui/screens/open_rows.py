"""The rows of Open: demo models, recent runs and files as one list. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ovexplorer import units
from ovexplorer.history.recent import RecentModel
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.demos import DEMOS, Demo
from ovexplorer.schema.spec import DEMO_PREFIX, ModelSpec, RunSpec
from ovexplorer.text import clean, cut_middle
from ovexplorer.tui.model_files import READ_WORDS, FileEntry, day
from ovexplorer.tui.widgets.frame import Piece

RowKind = Literal["heading", "demo", "recent", "parent", "folder", "model", "not_model", "note"]

WIDE_LIST = 66
"""Columns from which all columns are shown."""


@dataclass(frozen=True)
class LastRun:
    """A run that was measured before."""

    model: RecentModel

    @property
    def path(self) -> str:
        """The model."""
        return self.model.path

    @property
    def spec(self) -> RunSpec:
        """To run it again."""
        return self.model.spec or default_spec(ModelSpec(path=self.model.path), self.model.device)

    @property
    def words(self) -> str:
        """Device and options."""
        return f"{clean(self.model.device)} · {self.model.options}"

    @property
    def fps(self) -> str:
        """With unit; empty when there is none."""
        return f"{units.significant(self.model.fps)} FPS" if self.model.fps else ""


@dataclass(frozen=True)
class OpenRow:
    """One row of the list."""

    kind: RowKind
    name: str
    """Cleaned."""
    path: str = ""
    """As ModelSpec takes it; empty for headings and notes."""
    what: str = ""
    """What it is, or why it cannot be opened."""
    columns: tuple[str, ...] = ()
    """Figures, most important first."""
    run: LastRun | None = None
    """For a recent run."""
    size: int = 0
    """Bytes of a file."""

    @property
    def holds_cursor(self) -> bool:
        """Headings and notes do not."""
        return self.kind not in ("heading", "note")

    @property
    def is_model(self) -> bool:
        """Whether it can be run."""
        return self.kind in ("demo", "recent", "model")


def rows_of(
    recent: Iterable[LastRun], files: tuple[FileEntry, ...] | None, folder: str, now: datetime, wanted: str
) -> tuple[OpenRow, ...]:
    """All rows, filtered.

    Args:
        recent: Newest first.
        files: Of the folder; None when it cannot be read.
        folder: Name of the folder for the heading.
        now: For ages.
        wanted: Words of the filter; every one must occur in name or description.
    """
    runs = tuple(recent)
    rows = [OpenRow("heading", "Demo models"), *kept((_demo(demo, runs) for demo in DEMOS), wanted)]
    old = kept((_recent(run, now) for run in runs), wanted)
    if old:
        rows += [OpenRow("heading", "Recent"), *old]
    rows.append(OpenRow("heading", f"Files in {folder}"))
    if files is None:
        return (*rows, OpenRow("note", "this folder cannot be read"))
    listed = kept((_file(entry) for entry in files), wanted)
    rows += listed
    if not any(row.kind in ("model", "folder") for row in listed):
        rows.append(OpenRow("note", f"nothing matches {wanted}" if wanted else READ_WORDS))
    return tuple(rows)


def kept(rows: Iterable[OpenRow], wanted: str) -> list[OpenRow]:
    """Rows that hold every word of the filter."""
    words = wanted.lower().split()
    return [row for row in rows if all(word in f"{row.name} {row.what}".lower() for word in words)]


def work_words(flop: int) -> str:
    """`8.2 GFLOP`; a dash when it is unknown."""
    return (
        f"{flop / 1e9:.1f} GFLOP"
        if flop >= 5e7
        else (units.scaled(flop, "FLOP") if flop >= 1000 else f"{flop} FLOP")
        if flop
        else units.NOT_AVAILABLE
    )


def count_words(count: int) -> str:
    """`25.6 M`, as numbers of parameters are said."""
    return units.scaled(count, "") if count >= 1000 else str(count)


def p50_words(run: LastRun | None) -> str:
    """`41.2 ms`; empty when nothing was measured."""
    return units.duration(run.model.p50_ns) if run is not None and run.model.p50_ns else ""


def age_words(at: datetime, now: datetime) -> str:
    """`now`, `5 min ago`, `2 h ago`, `yesterday`, `3 days ago`."""
    seconds = max(0.0, (now - at).total_seconds())
    if seconds < 90:
        return "just now"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min ago"
    if seconds < 86400:
        return f"{seconds / 3600:.0f} h ago"
    days = int(seconds // 86400)
    return "yesterday" if days == 1 else f"{days} days ago"


def _demo(demo: Demo, runs: tuple[LastRun, ...]) -> OpenRow:
    last = next((run for run in runs if run.path == demo.path and run.model.device == "CPU"), None)
    operations = f"{demo.operations} op{'s' if demo.operations != 1 else ''}"
    columns = (work_words(demo.flop), count_words(demo.parameters), operations, p50_words(last))
    return OpenRow("demo", demo.name, demo.path, demo.note, columns)


def _recent(run: LastRun, now: datetime) -> OpenRow:
    columns = (p50_words(run) or units.NOT_AVAILABLE, run.fps, age_words(run.model.when, now))
    return OpenRow("recent", shown_name(run.path), run.path, run.words, columns, run)


def shown_name(path: str) -> str:
    """Name with ending for a file, `demo:name` for a demo."""
    return clean(path if path.startswith(DEMO_PREFIX) else path.rstrip("/").rpartition("/")[2] or path)


def _file(entry: FileEntry) -> OpenRow:
    size = units.size(entry.size) if entry.size else ""
    kind: RowKind = entry.kind
    return OpenRow(kind, entry.name, str(entry.path), entry.what, (size, day(entry.modified)), size=entry.size)


def draw(row: OpenRow, width: int) -> list[Piece]:
    """Pieces of a row; the first two cells are the cursor's."""
    wide = width >= WIDE_LIST
    if row.kind == "heading":
        return [("─ ", "line"), (row.name, "muted"), (" " + "─" * max(0, width - len(row.name) - 3), "line")]
    if row.kind == "note":
        return [(f"  {row.name}", "muted")]
    if row.kind == "demo":
        return _draw_demo(row, wide)
    if row.kind == "recent":
        return _draw_recent(row, width, wide)
    return _draw_file(row, width, wide)


def _draw_demo(row: OpenRow, wide: bool) -> list[Piece]:
    work, parameters, operations, last = row.columns
    if wide:
        tail = f"{work:>11}{parameters:>9}{operations:>10}"
        return [(f"  {row.name:<12} ", "text"), (f"{row.what:<18}{tail}", "muted"), (f"{last:>10}", "text")]
    return [(f"  {row.name:<10}", "text"), (f"{work:>12}  {row.what}", "muted")]


def _draw_recent(row: OpenRow, width: int, wide: bool) -> list[Piece]:
    p50, fps, age = row.columns
    if wide:
        room = width - 2 - 21 - 1 - 9 - 13 - 12
        return [
            (f"  {cut_middle(row.name, 20):<21}", "text"),
            (f"{cut_middle(row.what, room):<{room}} ", "muted"),
            (f"{p50:>9}", "text"),
            (f"{fps:>13}{age:>12}", "muted"),
        ]
    room = width - 2 - 10 - 13
    return [(f"  {cut_middle(row.name, room):<{room}}", "text"), (f"{p50:>10}", "text"), (f"  {age}", "muted")]


def _draw_file(row: OpenRow, width: int, wide: bool) -> list[Piece]:
    role = "muted" if row.kind == "not_model" else "text"
    size, date = row.columns or ("", "")
    if wide:
        name, what = 25, max(8, width - 2 - 26 - 10 - 9)
        return [
            (f"  {cut_middle(row.name, name):<{name + 1}}", role),
            (f"{cut_middle(row.what, what):<{what}}{size:>10}{date:>8}", "muted"),
        ]
    name = max(10, min(24, width - 22))
    words = row.what if row.kind in ("not_model", "folder") else size
    return [
        (f"  {cut_middle(row.name, name):<{name}}", role),
        (f"  {cut_middle(words, max(6, width - name - 4))}", "muted"),
    ]
