"""The present run while it grows: its segments, its marks, and which segment is worked on."""

from __future__ import annotations

from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.recorded import Asked
from ovexplorer.session.drafts import SegmentDraft
from ovexplorer.session.state import Mark, MarkKind, Segment


class RunDrafts:
    """What the store changes in place and hands out frozen.

    Attributes:
        active: Number of the segment that is worked on or measured; 0 for none.
    """

    def __init__(self) -> None:
        self.active = 0
        self._drafts: dict[int, SegmentDraft] = {}
        self._marks: list[Mark] = []

    # What comes out

    def freeze(self) -> tuple[Segment, ...]:
        """In the order in which they were asked for."""
        return tuple(draft.freeze() for draft in self._drafts.values())

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Oldest first."""
        return tuple(self._marks)

    @property
    def current(self) -> SegmentDraft | None:
        """The segment that is worked on."""
        return self._drafts.get(self.active)

    def find(self, number: int) -> SegmentDraft | None:
        """A segment of this run."""
        return self._drafts.get(number)

    def last_good(self, before: int = 0) -> int:
        """Number of the newest segment that was compiled (older than `before` when given); 0 when there is none."""
        good = (number for number in self._drafts if self._drafts[number].good and (not before or number < before))
        return max(good, default=0)

    @property
    def any_measured(self) -> bool:
        """Whether anything was counted."""
        return any(draft.windows for draft in self._drafts.values())

    def __bool__(self) -> bool:
        return bool(self._drafts)

    # What goes in

    def clear(self) -> None:
        """Begin another run."""
        self._drafts.clear()
        self._marks.clear()

    def ask(self, event: Asked, now_ns: int) -> None:
        """A configuration was asked for; what is not compiled yet is withdrawn for it."""
        for number, draft in self._drafts.items():
            if draft.pending:
                self._withdraw(number, now_ns)
        if event.kind == "restart":
            self.mark("restart", event.at_ns, str(event.title))
        elif any(not draft.withdrawn for draft in self._drafts.values()):
            number = 1 + max((mark.number for mark in self._marks), default=0)
            self._marks.append(Mark(number, "toggle", event.at_ns, event.segment, str(event.title)))
        self._drafts[event.segment] = SegmentDraft(event.segment, event.spec, str(event.title))
        self.active = event.segment

    def withdraw(self, number: int, now_ns: int) -> None:
        """A configuration was cancelled; the last good one goes on."""
        self._withdraw(number, now_ns)
        self.active = self.last_good()

    def _withdraw(self, number: int, now_ns: int) -> None:
        draft = self._drafts.get(number)
        if draft is None:
            return
        draft.withdrawn = True
        draft.end_phases(now_ns)
        self._marks = [mark for mark in self._marks if mark.segment != number]

    def mark(self, kind: MarkKind, at_ns: int, text: str) -> None:
        """Add a mark that is no toggle."""
        self._marks.append(Mark(0, kind, at_ns, 0, text))

    def fail(self, draft: SegmentDraft, event: Failed, now_ns: int) -> None:
        """A segment of this run could not be measured; another one may go on."""
        draft.failed = event
        draft.end_phases(now_ns)
        if self.active == event.segment:
            self.active = event.continues if event.continues in self._drafts else event.segment

    def engine_died(self, now_ns: int) -> None:
        """Nothing is worked on any more."""
        for draft in self._drafts.values():
            if draft.running_phase:
                draft.end_phases(now_ns)
