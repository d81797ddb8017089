from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from ovexplorer.errors import EngineDiedError
from ovexplorer.schema.protocol import AnyEvent, EngineDied, Hello, PhaseStarted, StopRun
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.workspace import engine_environment, make_directory, remove_stale_directories

pytestmark = pytest.mark.usefixtures("private_temp")

PRELUDE = """
import os, signal, subprocess, sys, time
sys.path.insert(0, {tests!r})
from session_kit import hello
from ovexplorer.schema.codec import encode_frame
from ovexplorer.schema.protocol import Hello, PhaseStarted, PhaseFinished
def tell(*events):
    for event in events:
        os.write(1, encode_frame(event))
def greet(**changes):
    import msgspec
    tell(msgspec.structs.replace(hello(pid=os.getpid()), **changes))
"""


def engine(script: str) -> list[str]:
    return [sys.executable, "-c", PRELUDE.format(tests=str(Path(__file__).parent)) + script]


async def collect(script: str) -> tuple[list[AnyEvent], EngineDied]:
    source = await ProcessSource.start(command=engine(script))
    events = [event async for event in source.events()]
    await source.close()
    last = events.pop()
    assert isinstance(last, EngineDied), last
    return events, last


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet counts as ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


async def test_normal_end_gives_the_events_and_the_exit_code() -> None:
    events, died = await collect("greet(); sys.stderr.write('last words\\n'); sys.exit(3)")
    assert [type(event) for event in events] == [Hello]
    assert died.exit_code == 3
    assert died.while_doing == "idle"
    assert not died.expected
    assert died.stderr == ("last words",)
    assert died.at_ns > 0


async def test_a_signal_is_told_with_the_phase() -> None:
    events, died = await collect(
        "greet(); tell(PhaseStarted(phase='read', segment=1, at_ns=1),"
        "PhaseFinished(phase='read', segment=1, at_ns=2, duration_ns=1),"
        "PhaseStarted(phase='compile', segment=1, at_ns=3)); os.kill(os.getpid(), signal.SIGSEGV)"
    )
    assert isinstance(events[-1], PhaseStarted)
    assert died.exit_code == -signal.SIGSEGV
    assert died.while_doing == "compile"


async def test_death_before_the_greeting_is_while_importing() -> None:
    events, died = await collect("sys.exit(1)")
    assert events == []
    assert (died.exit_code, died.while_doing) == (1, "import")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("os.write(1, b'printed by a plugin'); time.sleep(600)", "over the limit"),
        ("os.write(1, bytes([0, 0, 0, 3]) + b'abc'); time.sleep(600)", "cannot be understood"),
        ("os.write(1, bytes([255, 255, 255, 255])); time.sleep(600)", "over the limit"),
        ("tell(PhaseStarted(phase='read', segment=1, at_ns=1)); time.sleep(600)", "greeting"),
        ("greet(protocol=99); time.sleep(600)", "greeting"),
        ("greet(); greet(); time.sleep(600)", "in the middle"),
    ],
)
async def test_what_is_not_the_protocol_ends_the_engine(script: str, reason: str) -> None:
    _, died = await collect(script)
    assert died.exit_code == -signal.SIGKILL
    assert not died.expected
    assert reason in died.stderr[-1]


async def test_a_cut_off_message_is_told() -> None:
    _, died = await collect("greet(); os.write(1, bytes([0, 0, 1, 0]) + b'half'); sys.exit(0)")
    assert "cut off" in died.stderr[-1]


async def test_a_flood_on_stderr_neither_blocks_nor_grows() -> None:
    events, died = await collect(
        "greet(); os.write(2, b'x' * 999 + b'\\n' * 1); "
        "[os.write(2, b'line %06d\\n' % n) for n in range(80000)]; greet_again = 1"
    )
    assert len(events) == 1
    assert died.stderr[-1] == "line 079999"
    assert sum(map(len, died.stderr)) <= 64 * 1024


async def test_escape_sequences_on_stderr_are_cleaned() -> None:
    _, died = await collect("greet(); os.write(2, b'\\x1b[31mred\\xff\\n'); sys.exit(0)")
    assert "\x1b" not in died.stderr[-1]
    assert "red" in died.stderr[-1]


async def test_close_ends_an_engine_that_ends_with_its_input() -> None:
    source = await ProcessSource.start(command=engine("greet(); sys.stdin.read(); sys.exit(0)"))
    events = source.events()
    greeting = await anext(events)
    assert isinstance(greeting, Hello)
    await source.close()
    died = await anext(events)
    assert isinstance(died, EngineDied)
    assert (died.exit_code, died.expected) == (0, True)
    await source.close()
    await source.send(StopRun())


async def test_close_ends_an_engine_that_ignores_everything() -> None:
    script = "signal.signal(signal.SIGTERM, signal.SIG_IGN); greet()\nwhile True: time.sleep(60)"
    source = await ProcessSource.start(command=engine(script))
    events = source.events()
    await anext(events)
    assert source._child is not None
    await source._child.close(patience_s=0.05)
    died = await anext(events)
    assert isinstance(died, EngineDied)
    assert died.exit_code == -signal.SIGKILL


async def test_kill_takes_grandchildren_with_it() -> None:
    script = (
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "greet(pid=child.pid); time.sleep(600)"
    )
    source = await ProcessSource.start(command=engine(script))
    events = source.events()
    greeting = await anext(events)
    assert isinstance(greeting, Hello)
    assert not gone(greeting.pid)
    await source.kill()
    died = await anext(events)
    assert isinstance(died, EngineDied)
    assert died.expected
    await asyncio.to_thread(_wait_until_gone, greeting.pid)


def _wait_until_gone(pid: int) -> None:
    for _ in range(100_000):
        if gone(pid):
            return
        os.sched_yield()
    raise AssertionError(f"process {pid} is still there")


async def test_an_engine_that_closes_its_output_is_ended() -> None:
    _, died = await collect("greet(); os.close(1); time.sleep(600)")
    assert died.exit_code == -signal.SIGKILL


async def test_cancelling_the_owner_leaves_nothing_behind() -> None:
    started: list[Hello] = []

    async def own() -> None:
        source = await ProcessSource.start(command=engine("greet(); sys.stdin.read()"))
        try:
            async for event in source.events():
                assert isinstance(event, Hello)
                started.append(event)
                waiter.set()
        finally:
            await source.close()

    waiter = asyncio.Event()
    task = asyncio.create_task(own())
    await waiter.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gone(started[0].pid)


async def test_an_owner_cancelled_twice_kills_without_waiting() -> None:
    source = await ProcessSource.start(
        command=engine("signal.signal(signal.SIGTERM, signal.SIG_IGN); greet()\nwhile True: time.sleep(60)")
    )
    greeting = await anext(source.events())
    assert isinstance(greeting, Hello)
    closing = asyncio.create_task(source.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    await asyncio.to_thread(_wait_until_gone, greeting.pid)
    assert source._child is not None
    await source._child.over.wait()


async def test_a_slow_reader_holds_the_engine_and_loses_nothing() -> None:
    count = 20_000
    source = await ProcessSource.start(
        command=engine(f"greet()\nfor n in range({count}): tell(PhaseStarted(phase='read', segment=n, at_ns=n))")
    )
    seen = [event async for event in source.events()]
    assert [event.segment for event in seen if isinstance(event, PhaseStarted)] == list(range(count))


async def test_a_program_that_is_not_there_is_an_error_with_a_hint() -> None:
    with pytest.raises(EngineDiedError) as caught:
        await ProcessSource.start(command=["/nonexistent/engine"])
    assert caught.value.hint


async def test_commands_reach_the_engine() -> None:
    script = (
        "from ovexplorer.schema.codec import command_reader\n"
        "greet()\nreader = command_reader()\n"
        "for command in reader.feed(os.read(0, 65536)): sys.stderr.write(type(command).__name__ + '\\n')"
    )
    source = await ProcessSource.start(command=engine(script))
    await source.send(StopRun())
    events = [event async for event in source.events()]
    assert isinstance(events[-1], EngineDied)
    assert events[-1].stderr == ("StopRun",)


async def test_the_engine_gets_a_directory_of_its_own(private_temp: Path) -> None:
    script = "greet(); sys.stderr.write(os.getcwd() + ' ' + oct(os.stat('.').st_mode & 0o777))"
    _, died = await collect(script)
    folder, mode = died.stderr[-1].split()
    assert Path(folder).parent.samefile(private_temp)
    assert mode == "0o700"


def test_the_environment_is_cleaned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEDNN_VERBOSE", "1")
    monkeypatch.setenv("OPENVINO_HETERO_VISUALIZE", "mine")
    monkeypatch.setenv("OV_VISUALIZE_TREE_RUNTIME_INFO", "1")
    monkeypatch.setenv("OV_CPU_VERBOSE", "1")
    made = engine_environment({"OPENVINO_HETERO_PERF": "1"})
    assert made["CI"] == "true"
    assert made["OPENVINO_HETERO_PERF"] == "1"
    assert not {"ONEDNN_VERBOSE", "OV_VISUALIZE_TREE_RUNTIME_INFO", "OV_CPU_VERBOSE"} & made.keys()
    # Dumps of splits are wanted, in the engine's own directory.
    assert made["OPENVINO_HETERO_VISUALIZE"] == made["OV_VISUALIZE_TREE_OUTPUT_SHAPES"] == "1"


def test_directories_of_dead_owners_are_removed(private_temp: Path) -> None:
    mine = make_directory()
    dead_pid = 2**22 + 1  # Above the largest process id of Linux.
    dead = mine.with_name(mine.name.replace(f"-{os.getpid()}-", f"-{dead_pid}-"))
    dead.mkdir()
    elsewhere = private_temp / f"ovexplorer-engine-1-{dead_pid}-abc"
    elsewhere.mkdir()
    remove_stale_directories()
    assert sorted(private_temp.iterdir()) == sorted([mine, elsewhere])
    mine.rmdir()
    elsewhere.rmdir()
