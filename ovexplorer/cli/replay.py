"""`ovexplorer replay`: a recording again on the screen, or the document of `bench` computed from it."""

from __future__ import annotations

from pathlib import Path

from ovexplorer.cli import run_tables
from ovexplorer.cli.console import Console
from ovexplorer.cli.line import CommandLine
from ovexplorer.cli.runner import refuse_failure
from ovexplorer.errors import ExitCode, RecordingError, UsageError
from ovexplorer.export.ab import models_of
from ovexplorer.export.run import measured_of, run_document
from ovexplorer.history.recording import Recording, read_recording
from ovexplorer.session.replay import state_of, while_alive
from ovexplorer.session.state import RunState
from ovexplorer.text import clean


def replay(line: CommandLine, console: Console) -> int:
    """Run the command.

    Raises:
        OvexplorerError: It cannot be done.
    """
    if len(line.words) != 1:
        raise UsageError("replay takes one recording", "ovexplorer replay run.ovx")
    speed = _speed(line)
    path = Path(line.words[0])
    if "json" not in line.switches and console.interactive:
        return _show(path, speed, line)
    recording = read_recording(path)
    if recording.cut_off:
        console.notice("notice: the recording was cut off in its last frame; everything before it is used")
    if "json" not in line.switches:
        console.notice("stdout is not a terminal: printing the result of the recording")
    return _print(recording, console, as_json="json" in line.switches)


def _print(recording: Recording, console: Console, *, as_json: bool) -> int:
    state = state_of(while_alive(recording))
    measured = measured_of(state)
    if measured is None and any(contest.turns for contest in state.contests):
        return _print_comparison(recording, state, console, as_json=as_json)
    if measured is None or not measured.summary.iterations:
        refuse_failure(state)
        raise RecordingError(f"{recording.path}: nothing was measured in it", "record a run that counts inferences")
    if as_json:
        console.json(run_document(measured))
    else:
        console.table(run_tables.result_table(measured))
    return ExitCode.DONE


def _print_comparison(recording: Recording, state: RunState, console: Console, *, as_json: bool) -> int:
    """What `ab --record` kept, as `ab` printed it."""
    from ovexplorer.cli.ab import Compared, report

    contest = next(contest for contest in reversed(state.contests) if contest.turns)
    models = models_of(entry.message for entry in recording.entries)
    report(console, Compared(state, contest, models), contest, as_json=as_json)
    return ExitCode.DONE


def _show(path: Path, speed: float, line: CommandLine) -> int:
    from ovexplorer.cli.open import refuse_this_terminal, settings_of

    refuse_this_terminal()
    # Textual takes 0.1 s to import; --json does not need it.
    from ovexplorer.tui.launch import run_tui

    return run_tui(None, None, settings_of(line), replay=path, speed=speed)


def _speed(line: CommandLine) -> float:
    text = line.values.get("speed", "1")
    try:
        speed = float(text.removesuffix("x"))
    except ValueError as error:
        raise UsageError(f"--speed {clean(text, 40)!r} is not a number", "write 2 for twice as fast") from error
    if not 0.1 <= speed <= 1000:
        raise UsageError(f"--speed {clean(text, 40)} is out of range", "write a number from 0.1 to 1000")
    return speed
