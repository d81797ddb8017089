"""`ovexplorer doctor`: what in this machine or container can spoil figures, the worst first."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from contextlib import suppress

from ovexplorer.analysis.doctor import findings, troubles
from ovexplorer.analysis.doctor_look import Finding
from ovexplorer.cli.console import Console
from ovexplorer.cli.interrupts import Interrupts, interrupts
from ovexplorer.cli.line import DEFAULT_DEMO, CommandLine
from ovexplorer.cli.request import request_of
from ovexplorer.cli.runner import died_error
from ovexplorer.cli.tables import Table, pairs
from ovexplorer.errors import ExitCode, InterruptedRunError, UsageError
from ovexplorer.export.doctor import SIGNS, doctor_document
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Connect, Session
from ovexplorer.session.state import RunState
from ovexplorer.text import clean

_SECONDS = 1.0
_MOST_SECONDS = 5.0


def doctor(line: CommandLine, console: Console) -> int:
    """Run the command.

    Raises:
        OvexplorerError: It cannot be done.
    """
    seconds = _seconds(line)
    # The options say what the machine is judged for; no model is read for that.
    spec = request_of(line, DEFAULT_DEMO).spec
    state = asyncio.run(_examined(seconds, console))
    machine, environment = state.machine, state.environment
    if machine is None or environment is None:
        raise InterruptedRunError("interrupted while looking at this machine")
    found = findings(machine, environment, spec)
    if "json" in line.switches:
        console.json(doctor_document(found, machine, environment))
    else:
        console.table(findings_table(found))
    return ExitCode.DONE


def findings_table(found: Sequence[Finding]) -> Table:
    """Each finding with its evidence; below it the effect and what to do."""
    rows: list[tuple[str, str]] = []
    for finding in found:
        rows.append((clean(f"{SIGNS[finding.level]} {finding.title}"), clean(finding.evidence)))
        rows += [("", clean(words)) for words in (finding.effect, finding.what_to_do) if words]
    count = troubles(found)
    return pairs(f"{count or 'nothing'} to look at, {len(found)} checks", rows)


def _seconds(line: CommandLine) -> float:
    text = line.values.get("seconds", "")
    try:
        seconds = float(text) if text else _SECONDS
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= _MOST_SECONDS:
        raise UsageError(
            f"--seconds {clean(text, 60)!r} is no length of a look", f"write seconds, up to {_MOST_SECONDS:g}"
        )
    return seconds


async def _examined(seconds: float, console: Console, connect: Connect = ProcessSource.start) -> RunState:
    with interrupts() as stop:
        session = Session(connect)
        life = asyncio.create_task(session.run())
        try:
            console.progress("looking at this machine")
            await session.examine(seconds)
            state = await _until_examined(session, stop)
        finally:
            console.clear_progress()
            await session.close()
            await life
    if stop.asked:
        raise InterruptedRunError("interrupted while looking at this machine")
    if state.died is not None:
        raise died_error(state.died)
    return state


async def _until_examined(session: Session, stop: Interrupts) -> RunState:
    known = asyncio.create_task(session.until(lambda state: state.machine is not None or state.status == "died"))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({known, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (known, stopping):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return session.state
