"""Where a comparison is written to: a path to edit, and a second enter before a file is replaced."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ovexplorer.schema.codec import encode_hook
from ovexplorer.session.state import Contest, RunState
from ovexplorer.tui.widgets.ask import Ask

MOST_NAMES = 1000


class AbExport(Ask):
    """Asks for a path and writes the document that `ovexplorer ab --json` prints."""

    def __init__(self) -> None:
        super().__init__(id="ab-export")
        self._warned = ""

    def begin(self) -> None:
        """Propose a name that is not taken yet."""
        self._warned = ""
        names = ("ab.json", *(f"ab-{number}.json" for number in range(2, MOST_NAMES)))
        self.open("export", "Export to", next((name for name in names if not Path(name).exists()), names[0]))
        self.say("enter writes JSON, esc leaves it")

    def write(self, state: RunState, contest: Contest, text: str) -> str:
        """Write it; gives what to tell the user, empty while the field stays open."""
        path = Path(text.strip()).expanduser()
        if not text.strip() or path.is_dir():
            self.say("a file name is needed", "warn")
            return ""
        if path.exists() and self._warned != str(path):
            self._warned = str(path)
            self.say("it exists; enter again replaces it", "warn")
            return ""
        # Late: only an export needs it.
        from ovexplorer.export.ab import ab_document

        document = msgspec.json.encode(ab_document(state, contest), enc_hook=encode_hook)
        try:
            path.write_bytes(msgspec.json.format(document, indent=2) + b"\n")
        except OSError as error:
            self.say(error.strerror or "it cannot be written", "bad")
            return ""
        self.close()
        return f"written: {path}"
