"""What was asked for last, and the way back."""

from __future__ import annotations

from ovexplorer.schema.spec import RunSpec


class AskedSpecs:
    """The spec that toggles start from, with undo and redo.

    Attributes:
        now: The newest spec asked for that was not refused; None before the first.
    """

    def __init__(self) -> None:
        self.now: RunSpec | None = None
        self._undo: list[RunSpec] = []
        self._redo: list[RunSpec] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return self.now is not None and bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to make again."""
        return self.now is not None and bool(self._redo)

    def begin(self, spec: RunSpec) -> None:
        """A new run: there is no way back into the one before."""
        self.now = spec
        self._undo.clear()
        self._redo.clear()

    def change(self, spec: RunSpec) -> None:
        """Another spec by the user's will; what was taken back before cannot be made again."""
        if self.now is not None:
            self._undo.append(self.now)
        self._redo.clear()
        self.now = spec

    def undo(self) -> RunSpec:
        """Back to the spec before; only when `can_undo`."""
        if self.now is not None:
            self._redo.append(self.now)
        self.now = self._undo.pop()
        return self.now

    def redo(self) -> RunSpec:
        """To the spec that was taken back; only when `can_redo`."""
        if self.now is not None:
            self._undo.append(self.now)
        self.now = self._redo.pop()
        return self.now

    def refused(self, instead: RunSpec) -> None:
        """The newest spec came to nothing and this one goes on; the change to it is no longer there to undo."""
        self.now = instead
        if self._undo and self._undo[-1] == instead:
            self._undo.pop()
