from __future__ import annotations

import asyncio

import pytest
from session_kit import OTHER, SPEC, hello, measured, ready, turns

from ovexplorer.clock import ManualClock
from ovexplorer.schema.protocol import DevicesDescribed, EngineDied, SamplesTaken, WindowMeasured
from ovexplorer.schema.recorded import Asked, Recorded
from ovexplorer.schema.results import Samples
from ovexplorer.session import tape as tape_module
from ovexplorer.session.fake import FakeSource
from ovexplorer.session.session import Session
from ovexplorer.session.store import Store
from ovexplorer.session.tape import Tape
from ovexplorer.text import clean


class Kept:
    """A recorder in memory; says once that the disk is full after so many entries."""

    def __init__(self, room: int = 10_000) -> None:
        self.entries: list[Recorded] = []
        self._room = room

    @property
    def messages(self) -> list[object]:
        return [entry.message for entry in self.entries]

    def write(self, entry: Recorded) -> str | None:
        if len(self.entries) == self._room:
            return "recording stopped: no space left"
        self.entries.append(entry)
        return None


def asked(segment: int = 1, *, new_run: bool = True) -> Asked:
    spec = SPEC if segment == 1 else OTHER
    return Asked(segment=segment, spec=spec, title=clean("x"), at_ns=segment * 1_000, new_run=new_run)


def replayed(messages) -> Store:
    store = Store()
    for message in messages:
        store.apply(message)
    return store


def test_a_recording_begun_late_comes_to_the_same_state() -> None:
    tape, seen, kept = Tape(ManualClock()), Store(), Kept()
    events = [hello(), asked(1), ready(1), measured(1, 2_000), asked(2, new_run=False), ready(2), measured(2, 9_000)]
    for event in events[:5]:
        tape.take_event(event)
        seen.apply(event)
    assert tape.begin(kept) is None
    for event in events[5:]:
        tape.take_event(event)
        seen.apply(event)
    assert replayed(kept.messages).state == seen.state
    assert [segment.count for segment in seen.state.segments] == [3, 3]


def test_a_new_run_forgets_the_old_one_but_not_the_engine() -> None:
    tape, kept = Tape(ManualClock()), Kept()
    devices = DevicesDescribed(devices=())
    for event in (hello(1), hello(2), devices, asked(1), ready(1), measured(1), asked(2), ready(2)):
        tape.take_event(event)
    tape.begin(kept)
    assert kept.messages == [hello(2), devices, asked(2), ready(2)]


def test_a_long_run_drops_its_oldest_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape_module, "MOST_EVENTS", 10)
    tape, kept = Tape(ManualClock()), Kept()
    tape.take_event(hello())
    tape.take_event(asked(1))
    for number in range(20):
        tape.take_event(measured(1, number))
    tape.begin(kept)
    starts = [m.window.start_ns for m in kept.messages if isinstance(m, WindowMeasured)]
    assert len(kept.messages) <= 10
    assert starts == list(range(20 - len(starts), 20))
    assert kept.messages[:2] == [hello(), asked(1)]


def test_raw_samples_are_written_but_not_remembered() -> None:
    tape, early, late = Tape(ManualClock()), Kept(), Kept()
    samples = SamplesTaken(samples=Samples(segment=1, start_ns=(1,), latency_ns=(2,)))
    tape.begin(early)
    tape.take_event(samples)
    tape.begin(late)
    assert early.messages == [samples]
    assert late.messages == []


async def test_a_disk_that_fills_up_leaves_a_notice_and_the_run_goes_on() -> None:
    source = FakeSource()

    async def connect() -> FakeSource:
        return source

    session = Session(connect, clock=ManualClock())
    task = asyncio.create_task(session.run())
    await turns(lambda: session.source is source)
    await session.start(SPEC)
    await source.emit(hello(), ready(1), measured(1, 2_000))
    session.start_recording(kept := Kept(room=5))
    assert session.is_recording
    await source.emit(measured(1, 3_000), measured(1, 4_000), measured(1, 5_000))
    assert not session.is_recording
    assert [notice.code for notice in session.state.notices] == ["recording_stopped"]
    assert session.state.segments[0].count == 12
    assert len(kept.entries) == 5
    await session.close()
    await task


async def test_a_recording_can_be_stopped_and_begun_again() -> None:
    source = FakeSource()

    async def connect() -> FakeSource:
        return source

    session = Session(connect, clock=ManualClock())
    task = asyncio.create_task(session.run())
    await turns(lambda: session.source is source)
    await source.emit(hello())
    session.start_recording(first := Kept())
    session.stop_recording()
    await source.emit(EngineDied(exit_code=0, while_doing="idle", expected=True))
    session.start_recording(second := Kept())
    assert first.messages == [hello()]
    assert len(second.messages) == 2
    await session.close()
    await task
