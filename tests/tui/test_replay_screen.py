"""A recording on the screen: badge, keys, refusals and its end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ovexplorer.clock import ManualClock
from ovexplorer.history.recording import Recorder, read_recording
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.protocol import EngineDied
from ovexplorer.schema.recorded import Asked, Recorded
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.replay import ReplaySource, while_alive
from ovexplorer.session.session import Session
from ovexplorer.text import clean
from ovexplorer.tui import replaying
from ovexplorer.tui.actions import actions_on
from ovexplorer.tui.app import OvexplorerApp
from tests.tui.conftest import DEVICES, HELLO, ready, window

SPEC = default_spec(ModelSpec(path="demo:resnet50"))
SECOND = 1_000_000_000


@pytest.fixture
def recording(tmp_path):
    """Eight seconds: one configuration, a window a second from the third on, then the engine was ended."""
    path = tmp_path / "run.ovx"
    asked = Asked(segment=1, spec=SPEC, title=clean(""), at_ns=1_500_000_000, new_run=True)
    events = [HELLO, DEVICES, asked, ready(), *(window(number=n) for n in range(4))]
    events.append(EngineDied(exit_code=0, while_doing="run", expected=True))
    with Recorder(path, "test") as recorder:
        for number, event in enumerate(events):
            assert recorder.write(Recorded(at_ns=number * SECOND, message=event)) is None
    return while_alive(read_recording(path))


class Show:
    """The app on a replay whose clock the test moves."""

    def __init__(self, app: OvexplorerApp, source: Callable[[], ReplaySource], clock: ManualClock, pilot) -> None:
        self.app, self.clock, self.pilot = app, clock, pilot
        self._source = source

    @property
    def source(self) -> ReplaySource:
        return self._source()

    async def pass_by(self, seconds: float) -> None:
        """Let time pass; events that are due arrive."""
        self.clock.advance(seconds)
        self.source.set_speed(self.source.speed)
        await self.draw()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.app.workers.wait_for_complete()
        await self.draw()

    async def draw(self) -> None:
        for _ in range(5):
            await self.pilot.pause()
        self.app.screen.redraw()
        await self.pilot.pause()

    def text(self) -> str:
        return "\n".join("".join(part.text for part in strip) for strip in self.app.screen._compositor.render_strips())

    def badge(self) -> str:
        return self.text().splitlines()[0].rstrip()


@pytest.fixture
def show(recording):
    """`async with show((80, 24), speed=4) as on:`."""
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def shown(size=(80, 24), speed: float = 1.0):
        clock, made = ManualClock(), []

        async def play() -> ReplaySource:
            made.append(ReplaySource(recording, speed, clock))
            return made[-1]

        app = OvexplorerApp(Session(play, clock=clock), clock=clock, replay=True)
        async with app.run_test(size=size, notifications=True) as pilot:
            try:
                await pilot.pause()
                await app.workers.wait_for_complete()
                yield Show(app, lambda: made[-1], clock, pilot)
            finally:
                await app.end_session()

    return shown


async def test_what_was_recorded_is_shown_at_the_speed_asked_for(show):
    async with show(speed=2) as on:
        await on.pass_by(1)
        assert on.badge().endswith("► 2x 0:02/0:07")
        assert "inferences" not in on.text()
        await on.pass_by(2)
        assert on.badge().endswith("► 2x 0:06/0:07")
        assert "resnet50 · CPU" in on.text().splitlines()[1]
        assert "72 inferences" in on.text()


async def test_the_last_picture_stays_and_the_badge_says_so(show):
    async with show(speed=1000) as on:
        await on.pass_by(1)
        assert on.badge().endswith("► ended 0:07")
        assert "96 inferences" in on.text()
        await on.press("space")
        assert replaying.ENDED in on.text()
        assert on.badge().endswith("► ended 0:07")


async def test_keys_change_the_speed_and_stop_it(show):
    async with show() as on:
        await on.press("greater_than_sign", "greater_than_sign")
        assert "► 4x" in on.badge()
        await on.press("less_than_sign")
        assert "► 2x" in on.badge()
        await on.press("space")
        await on.pass_by(60)
        assert on.badge().endswith("‖ PAUSED 0:00/0:07")
        await on.press("space")
        await on.pass_by(1)
        assert on.badge().endswith("► 2x 0:02/0:07")


async def test_faster_than_the_fastest_is_at_once(show):
    async with show(speed=1000) as on:
        await on.press("greater_than_sign")
        assert on.badge().endswith("► ended 0:07")


@pytest.mark.parametrize(
    ("speed", "by", "then"),
    [(1.0, 1, 2.0), (1.0, -1, 0.5), (3.0, 1, 4.0), (3.0, -1, 2.0), (0.1, -1, 0.1), (1000.0, 1, 0.0), (0.0, -1, 1000.0)],
)
def test_speeds_are_steps(speed, by, then):
    assert replaying.stepped(speed, by) == then


@pytest.mark.parametrize("keys", [("l",), ("u",), ("1", "enter"), ("3", "r"), ("R",)])
async def test_what_would_start_or_change_something_is_answered(show, keys):
    async with show((120, 40), speed=1000) as on:
        await on.pass_by(1)
        before = on.app.session.state.segments
        await on.press(*keys)
        assert "a recording is shown" in on.text()
        assert on.app.session.state.segments == before


async def test_the_keys_of_a_replay_are_offered_only_there(show, open_app):
    async with show() as on:
        assert "< slower" in on.text().splitlines()[-1]
    async with open_app(spec=SPEC) as stage:
        await stage.emit(ready(), window())
        assert "slower" not in stage.frame()[-1]
        await stage.press("greater_than_sign")
        assert "LIVE" in stage.frame()[0]
    assert "replay.slower" not in {action.id for action in actions_on("live")}
    assert "replay.slower" in {action.id for action in actions_on("live", replay=True)}


async def test_layers_of_a_replay_say_that_there_are_no_counters(show):
    async with show(speed=1000) as on:
        await on.pass_by(1)
        await on.press("3")
        assert "The recording holds no counters" in on.text()
        assert "a recording is shown" not in on.text()


async def test_q_leaves_a_replay(show):
    async with show() as on:
        await on.pilot.press("q")
        assert on.app.return_value == 0
