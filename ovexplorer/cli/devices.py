"""`ovexplorer devices`: which devices there are, whether they work here, and their properties."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from ovexplorer.cli.console import Console
from ovexplorer.cli.interrupts import Interrupts, interrupts
from ovexplorer.cli.line import CommandLine
from ovexplorer.cli.runner import died_error
from ovexplorer.cli.split_flags import StandIns, stand_ins_of
from ovexplorer.cli.tables import Column, Table
from ovexplorer.errors import ExitCode, InterruptedRunError, UsageError
from ovexplorer.export.devices import devices_document
from ovexplorer.schema.facts import DeviceFacts
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Session
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.units import NOT_AVAILABLE

_STATES = {"usable": "usable", "stand_in": "stand-in", "virtual": "virtual", "unusable": "not usable"}


def devices(line: CommandLine, console: Console) -> int:
    """Run the command.

    Raises:
        OvexplorerError: It cannot be done.
    """
    if line.words:
        raise UsageError(f"devices takes no word such as {clean(line.words[0], 60)!r}", "name a device with -d")
    stand_ins = stand_ins_of(line)
    for notice in stand_ins.notices:
        console.notice(f"notice: {notice}")
    state = asyncio.run(_described(stand_ins, console))
    found = state.devices
    if wanted := line.values.get("device"):
        wanted = stand_ins.renamed.get(wanted, wanted)
        found = tuple(device for device in found if device.name == wanted)
        if not found:
            names = ", ".join(device.name for device in state.devices)
            raise UsageError(f"there is no device {clean(wanted, 60)}", f"devices here are {names}")
    if "json" in line.switches:
        console.json(devices_document(found))
    elif wanted:
        console.table(_table(found))
        console.table(_properties(found[0]))
    else:
        console.table(_table(found))
    return ExitCode.DONE


async def _described(stand_ins: StandIns, console: Console) -> RunState:
    with interrupts() as stop:
        session = Session(ProcessSource.start)
        life = asyncio.create_task(session.run())
        try:
            console.progress("looking at devices")
            await session.describe_devices(stand_ins.names, stand_ins.lacks)
            state = await _until_known(session, stop)
        finally:
            console.clear_progress()
            await session.close()
            await life
    if stop.asked:
        raise InterruptedRunError("interrupted while looking at devices")
    if state.died is not None:
        raise died_error(state.died)
    return state


async def _until_known(session: Session, stop: Interrupts) -> RunState:
    known = asyncio.create_task(session.until(lambda state: state.devices_known or state.status == "died"))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({known, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in (known, stopping):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    return session.state


def _table(found: tuple[DeviceFacts, ...]) -> Table:
    columns = (Column("device"), Column("state"), Column("what it is"), Column("can"))
    rows = tuple(
        (
            clean(device.name),
            _STATES[device.state],
            f"{device.full_name}: {device.reason}" if device.reason else device.full_name,
            clean(" ".join(device.capabilities)) or NOT_AVAILABLE,
        )
        for device in found
    )
    return Table(columns, rows)


def _properties(device: DeviceFacts) -> Table:
    columns = (Column("property"), Column("access"), Column("kind"), Column("value"), Column("choices"))
    rows = tuple(
        (clean(entry.name), entry.access, entry.kind, entry.value, clean(" ".join(entry.choices)))
        for entry in sorted(device.properties, key=lambda entry: (entry.access != "RW", entry.name))
    )
    return Table(columns, rows, f"properties of {clean(device.name)}")
