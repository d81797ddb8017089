"""Starts the TUI and ends it so that nothing is left behind.

Nothing heavy is imported before the first paint; the engine starts unseen behind the first screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import locale
import os
import signal
import sys
from pathlib import Path

from ovexplorer.errors import ExitCode, UsageError
from ovexplorer.options.apply import describe_change
from ovexplorer.options.command import quoted, same_as
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.session import Connect, Session
from ovexplorer.session.source import Source
from ovexplorer.settings import Settings
from ovexplorer.tui.app import OvexplorerApp
from ovexplorer.tui.glyphs import pick_glyphs
from ovexplorer.tui.keymap import check_keymap
from ovexplorer.tui.recordings import installed_version
from ovexplorer.tui.state_view import last_words


def run_tui(
    spec: RunSpec | None,
    record: Path | None = None,
    settings: Settings | None = None,
    *,
    replay: Path | None = None,
    speed: float = 1.0,
    graph: Path | None = None,
) -> int:
    """Run the TUI until the user leaves.

    Args:
        spec: Run to begin with; None opens the picker.
        record: File to record to.
        settings: The user's; the defaults when not given.
        replay: Recording to show instead of an engine.
        speed: Of the replay.
        graph: File whose graph is shown first; no engine is started for it.

    Returns:
        The exit code.

    Raises:
        SettingsError: The user's keymap names something that does not exist.
        RecordingError: The recording cannot be read or written.
    """
    wanted = settings or Settings()
    check_keymap(wanted.keymap)
    if replay is not None and record is not None:
        raise UsageError("a replay cannot be recorded", "leave --record away")
    return asyncio.run(_run(spec, record, wanted, replay, speed, graph))


async def _run(
    spec: RunSpec | None,
    record: Path | None,
    settings: Settings,
    replay: Path | None,
    speed: float,
    graph: Path | None,
) -> int:
    recorder = None
    if record is not None:
        from ovexplorer.history.recording import Recorder

        recorder = Recorder(record, installed_version())
    session = Session(_connector(replay, speed), recorder=recorder, describe=describe_change)
    app = OvexplorerApp(
        session,
        settings=settings,
        glyphs=pick_glyphs(settings.symbols, locale.getpreferredencoding(False)),
        spec=spec,
        replay=replay is not None,
        recorder=recorder,
        no_color=bool(os.environ.get("NO_COLOR")),
        graph=graph,
    )
    if os.environ.get("NO_COLOR") == "":
        # Set but empty means unset by convention; Textual takes it for set.
        del os.environ["NO_COLOR"]
    _catch_signals(app)
    try:
        result = await app.run_async()
    finally:
        await app.end_session()
        app.recordings.close()
    _say_goodbye(session, app.recordings.newest or replay)
    # None is what Textual leaves when an error of its own ended the app; it has printed it.
    return int(ExitCode.INTERNAL) if result is None else result


def _connector(replay: Path | None, speed: float) -> Connect:
    if replay is not None:
        from ovexplorer.history.recording import read_recording
        from ovexplorer.session.replay import ReplaySource, while_alive

        recording = while_alive(read_recording(replay))

        async def play() -> Source:
            return ReplaySource(recording, speed)

        return play

    # Late, so that the first paint need not wait for it.
    async def spawn() -> Source:
        from ovexplorer.session.process import ProcessSource

        return await ProcessSource.start()

    return spawn


def _catch_signals(app: OvexplorerApp) -> None:
    """A closed terminal and a polite kill end like Ctrl-C."""
    if sys.platform == "win32":
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, app.exit, int(ExitCode.INTERRUPTED))


def _say_goodbye(session: Session, record: Path | None) -> None:
    words = last_words(session.state)
    if not words:
        return
    segment = session.state.measured
    again = (
        f"again: ovexplorer replay {quoted(str(record))}"
        if record is not None
        else f"again: {same_as(segment.spec)}"
        if segment
        else ""
    )
    # The terminal may be closed by now; there is nobody left to tell.
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{words}\n{again}\n")
        sys.stderr.flush()
