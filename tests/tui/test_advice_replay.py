"""Advice over a recording: findings come from recorded profiles, and nothing can be tried."""

from __future__ import annotations

from ovexplorer.clock import ManualClock
from ovexplorer.history.recording import Recorder, read_recording
from ovexplorer.schema.recorded import Asked, Recorded
from ovexplorer.session.replay import ReplaySource, while_alive
from ovexplorer.session.session import Session
from ovexplorer.text import clean
from ovexplorer.tui.app import OvexplorerApp
from tests.tui.advice_kit import profiled, ready_with
from tests.tui.compare_kit import A, counted
from tests.tui.conftest import DEVICES, HELLO

SECOND = 1_000_000_000


def recorded(path):
    asked = Asked(segment=1, spec=A, title=clean(""), at_ns=1_500_000_000, new_run=True)
    events = [HELLO, DEVICES, asked, ready_with(1), *(counted(1, n) for n in range(4)), profiled()]
    with Recorder(path, "test") as recorder:
        for number, event in enumerate(events):
            assert recorder.write(Recorded(at_ns=number * SECOND, message=event)) is None
    return while_alive(read_recording(path))


def screen_text(app):
    return "\n".join("".join(cell.text for cell in strip) for strip in app.screen._compositor.render_strips())


async def test_findings_of_a_recording_without_trying(tmp_path):
    clock = ManualClock()
    sources = []

    async def connect():
        sources.append(ReplaySource(recorded(tmp_path / "run.ovx"), clock=clock, speed=0.0))
        return sources[-1]

    session = Session(connect, clock=clock)
    app = OvexplorerApp(session, clock=clock, replay=True)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await pilot.pause()
        await app.workers.wait_for_complete()
        await session.until(lambda state: state.profile is not None)
        await pilot.press("6")
        await pilot.pause()
        app.screen.redraw()
        await pilot.pause()
        assert "1 reorder takes 15.0 %" in screen_text(app)
        await pilot.press("G", "t")
        await pilot.pause()
        assert app.trying.current is None
        assert "a recording is shown: nothing can be tried" in screen_text(app)
        await app.end_session()
