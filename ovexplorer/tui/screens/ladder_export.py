"""Where a ladder is written to: a path to edit, and a second enter before a file is replaced."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ovexplorer.schema.codec import encode_hook
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState
from ovexplorer.tui.glyphs import UNICODE
from ovexplorer.tui.screens import ladder_panels, ladder_rows
from ovexplorer.tui.widgets.ask import Ask
from ovexplorer.tui.widgets.cells import FILLER
from ovexplorer.tui.widgets.ladder_list import paint
from ovexplorer.tuning.steps import LadderKind, LadderState

FORMATS = ".json, .csv or .txt"

TEXT_COLUMNS = 120
"""Width of the plain text."""

MOST_NAMES = 1000


class LadderExport(Ask):
    """Asks for a path and writes a ladder in the format of its ending.

    Args:
        kind: Which ladder; names the file that is proposed.
    """

    def __init__(self, kind: LadderKind) -> None:
        super().__init__(id="ladder-export")
        self._kind = kind
        self._warned = ""

    def begin(self) -> None:
        """Propose a name that is not taken yet."""
        self._warned = ""
        names = (f"{self._kind}.json", *(f"{self._kind}-{number}.json" for number in range(2, MOST_NAMES)))
        self.open("export", "Export to", next((name for name in names if not Path(name).exists()), names[0]))
        self.say(f"{FORMATS}, by the ending")

    def write(self, ladder: LadderState, state: RunState, spec: RunSpec, text: str) -> str:
        """Write it; gives what to tell the user, empty while the field stays open."""
        path = Path(text.strip()).expanduser()
        if not text.strip() or path.is_dir():
            self.say("a file name is needed", "warn")
            return ""
        if path.suffix not in (".json", ".csv", ".txt"):
            self.say(f"the ending says the format: {FORMATS}", "warn")
            return ""
        if path.exists() and self._warned != str(path):
            self._warned = str(path)
            self.say("it exists; enter again replaces it", "warn")
            return ""
        # Names that are not UTF-8 come back as they came in.
        content = _content(ladder, state, spec, path.suffix).encode("utf-8", "surrogateescape")
        try:
            path.write_bytes(content)
        except OSError as error:
            self.say(error.strerror or "it cannot be written", "bad")
            return ""
        self.close()
        return f"written: {path}"


def _content(ladder: LadderState, state: RunState, spec: RunSpec, ending: str) -> str:
    # Late: only an export needs it.
    from ovexplorer.export.ladder import ladder_csv, ladder_document

    if ending == ".csv":
        return ladder_csv(ladder)
    if ending == ".json":
        document = msgspec.json.encode(ladder_document(ladder, spec, state.environment), enc_hook=encode_hook)
        return msgspec.json.format(document, indent=2).decode() + "\n"
    return ladder_text(ladder)


def ladder_text(ladder: LadderState) -> str:
    """The list and what it taught as plain text."""
    rows = ladder_rows.ladder_rows(ladder, UNICODE, TEXT_COLUMNS)
    lines = ["".join(paint(row, TEXT_COLUMNS, UNICODE).chars).replace(FILLER, "") for row in rows]
    taught = ladder_panels.taught_lines(ladder, UNICODE, TEXT_COLUMNS)
    lines += ["", *("".join(text for text, _ in line) for line in taught)]
    return "\n".join([ladder_rows.first_heading(ladder), *(line.rstrip() for line in lines)]) + "\n"
