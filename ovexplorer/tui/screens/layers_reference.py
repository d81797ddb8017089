"""What layers are held against: the profile that was frozen, or that of baseline A, counted when it is asked for."""

from __future__ import annotations

from ovexplorer import units
from ovexplorer.schema.results import LayerProfile
from ovexplorer.session.state import RunState
from ovexplorer.tui.screens.layers_counting import Counting
from ovexplorer.tui.screens.layers_live import Reference, profile_of
from ovexplorer.tui.screens.layers_paint import LayersPaint


class LayersReference(LayersPaint):
    """Turns `F` from nothing to the present profile, to A, to nothing."""

    _asking: Counting | None = None

    @property
    def counting(self) -> Counting:
        """What is asked of the engine."""
        if self._asking is None:
            self._asking = Counting(self.session, self.ovx.do)
        return self._asking

    def show_rows(self) -> None:
        """Fill the table anew."""
        raise NotImplementedError

    def take_baseline(self, state: RunState) -> None:
        """Hold against baseline A once its layers are there."""
        waiting = self.counting.waiting_for
        found = self.counting.arrived(state)
        baseline = self.ovx.figures.baseline
        if waiting is None or baseline is None or waiting != baseline.spec:
            return
        if found is not None:
            self._hold_against(Reference("baseline", found, "A"))
        elif self.counting.waiting_for is None and state.profile_failed is not None:
            self.tell(f"A could not be counted: {state.profile_failed.what}", bad=True)

    def _hold_against(self, reference: Reference | None) -> None:
        self.board.hold_against(reference)
        self.set_class(reference is not None, "-compared")
        self.show_rows()

    def action_view_freeze(self) -> None:
        """Hold what is shown, then baseline A, then nothing."""
        profile, reference = self.board.profile, self.board.reference
        if profile is None:
            return
        if reference is None:
            when = units.stopwatch(self.ovx.uptime_s())
            self._hold_against(Reference("frozen", profile, f"frozen {when}"))
        elif reference.kind == "frozen" and self._hold_against_baseline(profile):
            pass
        else:
            self._hold_against(None)
        self.redraw()

    def _hold_against_baseline(self, profile: LayerProfile) -> bool:
        """Hold against A, or have its layers counted; False where there is no A but this."""
        self.ovx.figures.feed(self.state)
        baseline, state = self.ovx.figures.baseline, self.state
        if baseline is None or baseline.segment == profile.segment or baseline.spec == profile.spec:
            return False
        known = next((entry for entry in reversed(state.profiles) if entry.segment == baseline.segment), None)
        known = known or profile_of(state.profiles, baseline.spec)
        if known is not None:
            self._hold_against(Reference("baseline", known, "A"))
        elif self.counting.waiting_for is not None:
            return False
        elif self.counting.other(baseline.spec, state):
            self.tell("counting the layers of baseline A; the run is held meanwhile")
        else:
            return False
        return True
