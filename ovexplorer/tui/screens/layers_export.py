"""Where layers are written to: a path to edit, and a second enter before a file is replaced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from ovexplorer.analysis.layers import LayerAnalysis, LayerRow
from ovexplorer.schema.codec import encode_hook
from ovexplorer.schema.results import LayerTime
from ovexplorer.schema.spec import DEMO_PREFIX, RunSpec
from ovexplorer.text import clean
from ovexplorer.tui.screens.layers_fold import is_block
from ovexplorer.tui.widgets.ask import Ask

MOST_NAMES = 1000


class LayersExport(Ask):
    """Asks for a path and writes what is shown: `.json` as `layers --json` does, all else as benchmark_app."""

    def __init__(self) -> None:
        super().__init__(id="layers-export")
        self._warned = ""

    def begin(self, spec: RunSpec) -> None:
        """Propose a name that is not taken yet."""
        self._warned = ""
        stem = f"layers-{clean(Path(spec.model.path.removeprefix(DEMO_PREFIX)).stem, 60)}"
        names = (f"{stem}.csv", *(f"{stem}-{number}.csv" for number in range(2, MOST_NAMES)))
        self.open("export", "Export to", next((name for name in names if not Path(name).exists()), names[0]))
        self.say("enter writes CSV, or .json; esc leaves it")

    def write(self, analysis: LayerAnalysis, spec: RunSpec, layers: Sequence[LayerTime], text: str) -> str:
        """Write it; gives what to tell the user, empty while the field stays open."""
        path = Path(text.strip()).expanduser()
        if not text.strip() or path.is_dir():
            self.say("a file name is needed", "warn")
            return ""
        if path.exists() and self._warned != str(path):
            self._warned = str(path)
            self.say("it exists; enter again replaces it", "warn")
            return ""
        try:
            path.write_bytes(_content(path, analysis, spec, layers))
        except (OSError, ValueError) as error:
            self.say(str(getattr(error, "strerror", None) or "it cannot be written"), "bad")
            return ""
        self.close()
        return f"written: {clean(str(path))}"


def _content(path: Path, analysis: LayerAnalysis, spec: RunSpec, layers: Sequence[LayerTime]) -> bytes:
    # Late: only an export needs them.
    if path.suffix.lower() == ".json":
        from ovexplorer.export.layers import layers_document

        document = msgspec.json.encode(layers_document(analysis, spec), enc_hook=encode_hook)
        return msgspec.json.format(document, indent=2) + b"\n"
    from ovexplorer.export.counters import counters_csv

    return counters_csv(layers).encode()


def shown_layers(analysis: LayerAnalysis, rows: Iterable[object]) -> list[LayerTime]:
    """The layers that rows of the table stand for, those of a folded block too; all of them for another view."""
    found: list[LayerTime] = []
    for row in rows:
        if not isinstance(row, LayerRow):
            return [entry.layer for entry in analysis.rows]
        if is_block(row):
            found += [entry.layer for entry in analysis.rows if entry.layer.block == row.layer.block]
        else:
            found.append(row.layer)
    return found
