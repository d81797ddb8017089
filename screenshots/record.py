"""Records the runs in assets/ anew, on the real engine of this machine: `python screenshots/record.py [NAME …]`.

Each is a short session of one kind. What would name the machine or its user is replaced while recording: the host
becomes `edge-07`, the folders of Python and of this checkout become `~/…`. Figures are left as they were measured.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from ovexplorer.analysis.stability import judge
from ovexplorer.history.recording import Recorder
from ovexplorer.options.apply import apply, default_spec, describe_change
from ovexplorer.options.catalogue import by_id
from ovexplorer.schema.codec import decode_hook, encode_hook
from ovexplorer.schema.protocol import MachineExamined
from ovexplorer.schema.recorded import ContestKind, Recorded
from ovexplorer.schema.spec import AffinityRule, ModelSpec, RunSpec
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Session
from ovexplorer.session.state import RunState
from ovexplorer.tuning.pair import BUDGET_S, CHECK_BUDGET_S, PairPlan, run_pair
from ovexplorer.tuning.splits import alone_devices, alone_spec

ROOT = Path(__file__).resolve().parents[1]
ASSETS = ROOT / "assets"
HOST = "edge-07"
LARGEST = 300_000
"""Bytes of a recording in the repository."""


class DiscreetRecorder:
    """Records without the names of this machine."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._names = {
            str(ROOT): "~/ovexplorer",
            sys.prefix: "~/ovexplorer/.venv",
            sys.base_prefix: "/usr",
            tempfile.gettempdir(): "/tmp",  # noqa: S108  # a word in a text
            str(Path.home()): "~",
            socket.gethostname(): HOST,
        }

    def write(self, entry: Recorded) -> str | None:
        """See Recorder."""
        if isinstance(entry.message, MachineExamined):
            # What else runs on this machine is nobody's business.
            alone = msgspec.structs.replace(entry.message.machine, neighbours=())
            entry = msgspec.structs.replace(entry, message=MachineExamined(machine=alone))
        plain = msgspec.to_builtins(entry, enc_hook=encode_hook, builtin_types=(bytes,))
        return self._recorder.write(msgspec.convert(self._discreet(plain), Recorded, dec_hook=decode_hook))

    def _discreet(self, value: object) -> object:
        if isinstance(value, str):
            for name, instead in self._names.items():
                value = value.replace(name, instead) if len(name) > 1 else value
            return value
        if isinstance(value, dict):
            return {key: self._discreet(inside) for key, inside in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._discreet(inside) for inside in value]
        return value


class Driver:
    """Says what shall happen, and waits for it."""

    def __init__(self, session: Session) -> None:
        self.session = session

    async def until(self, done: Callable[[RunState], bool], seconds: float = 300) -> RunState:
        """Wait for a state."""
        state = await asyncio.wait_for(self.session.until(done), seconds)
        if not done(state):
            raise SystemExit(f"the session ended: {state.died or state.status}")
        return state

    async def start(self, spec: RunSpec, stand_ins: tuple[str, ...] = ()) -> None:
        """Devices first, as the TUI asks for them, then the run."""
        await self.session.describe_devices(stand_ins)
        await self.until(lambda state: state.devices_known)
        await self.session.start(spec)

    async def change(self, option: str, value: str) -> None:
        """Toggle an option."""
        asked = self.session.asked
        if asked is None:
            raise SystemExit("nothing runs")
        await self.session.change(apply(by_id(option), asked, value))

    async def measured(self, seconds: float) -> None:
        """Wait until the newest configuration was counted for so long."""

        def enough(state: RunState) -> bool:
            segment = state.current
            if segment is None or segment.failed is not None or state.died is not None:
                raise SystemExit(f"nothing is measured: {state.died or (segment and segment.failed)}")
            windows = segment.windows
            return bool(windows) and windows[-1].end_ns - windows[0].start_ns >= seconds * 1e9

        await self.until(enough)

    async def valid(self, most: float) -> None:
        """Wait until the newest configuration is valid, but not for ever."""
        for seconds in range(8, round(most), 4):
            await self.measured(seconds)
            segment = self.session.state.current
            if segment is not None and judge(segment.windows, 1).valid:
                return
        print("  no valid verdict: the machine is busy")

    async def turns(self, a: RunSpec, b: RunSpec, kind: ContestKind, budget_s: float) -> None:
        """Compare two configurations in turns."""
        await run_pair(self.session, PairPlan(a=a, b=b, kind=kind, budget_s=budget_s, drift_against=a))

    async def profile(self) -> None:
        """Count layers, and what the machine reaches."""
        await self.session.counts.peak(again=True)
        await self.until(lambda state: state.peak is not None)
        await self.session.profile()
        await self.until(lambda state: not state.profiling)


async def open_screen(driver: Driver) -> None:
    """The picker: devices and the facts of one model."""
    await driver.session.describe_devices()
    await driver.session.open_model(ModelSpec(path="demo:resnet50"))
    await driver.until(lambda state: state.devices_known and state.model is not None)


async def live(driver: Driver) -> None:
    """The main job: measure, toggle, look, go back, count layers. `make.py` cuts it at the toggles."""
    first = default_spec(ModelSpec(path="demo:resnet50"))
    await driver.session.examine()
    await driver.start(first)
    await driver.valid(40)
    await driver.change("precision", "f32")
    await driver.valid(30)
    await driver.turns(first, apply(by_id("precision"), first, "f32"), "check", CHECK_BUDGET_S)
    await driver.measured(34)
    await driver.session.undo()
    await driver.measured(6)
    await driver.change("threads", "1")
    await driver.measured(4)
    await driver.session.undo()
    await driver.measured(3)
    await driver.profile()


async def compare(driver: Driver) -> None:
    """The default precision against f32, with nothing else running."""
    first = default_spec(ModelSpec(path="demo:resnet50"))
    await driver.start(first)
    await driver.measured(6)
    await driver.turns(first, apply(by_id("precision"), first, "f32"), "ab", BUDGET_S)


async def timeline(driver: Driver) -> None:
    """More requests than streams, with host work before and after each."""
    spec = default_spec(ModelSpec(path="demo:resnet50"))
    spec = apply(by_id("hint"), spec, "throughput")
    spec = msgspec.structs.replace(spec, api="async", requests=4, inputs="copy", outputs="copy")
    await driver.session.trace(True)
    await driver.start(spec)
    await driver.measured(8)


async def hetero(driver: Driver) -> None:
    """A virtual device over a stand-in."""
    plain = default_spec(ModelSpec(path="demo:branchy"), "HETERO:CPU_SIM,CPU")
    spec = msgspec.structs.replace(plain, stand_ins=("CPU_SIM",))
    await driver.start(spec, spec.stand_ins)
    await driver.measured(6)
    await driver.profile()
    await driver.session.splits.describe_topology(spec.model, ("CPU_SIM", "CPU"), spec.stand_ins)
    await driver.until(lambda state: state.topology is not None)


async def split(driver: Driver) -> None:
    """Every Relu on another device than the rest, with the layers of each device alone."""
    plain = default_spec(ModelSpec(path="demo:branchy"), "HETERO:CPU_SIM,CPU")
    rule = AffinityRule(pattern="type:Relu", device="CPU")
    spec = msgspec.structs.replace(apply(by_id("precision"), plain, "f32"), stand_ins=("CPU_SIM",), affinities=(rule,))
    await driver.start(spec, spec.stand_ins)
    await driver.valid(30)
    splits = driver.session.splits
    await splits.describe_topology(spec.model, ("CPU_SIM", "CPU"), spec.stand_ins)
    await driver.until(lambda state: state.topology is not None)
    await splits.describe_split(driver.session.state.active)
    await driver.until(lambda state: bool(state.splits))
    await driver.profile()
    for device in alone_devices(("CPU_SIM", "CPU")):
        wanted = alone_spec(spec, device)
        await driver.session.counts.other(wanted)
        await driver.until(lambda state: any(entry.spec == wanted for entry in state.profiles))  # noqa: B023


async def bert(driver: Driver) -> None:
    """A model with dynamic shapes, run in the ones it proposes."""
    await driver.start(default_spec(ModelSpec(path="demo:bert")))
    await driver.measured(4)


async def crash(driver: Driver) -> None:
    """An engine that is ended by a signal while it measures."""
    await driver.start(default_spec(ModelSpec(path="demo:mobilenet")))
    await driver.measured(6)
    os.kill(driver.session.state.engine_pid, signal.SIGSEGV)
    await driver.until(lambda state: state.died is not None)


SCRIPTS: dict[str, Callable[[Driver], Awaitable[None]]] = {
    "open": open_screen,
    "live": live,
    "compare": compare,
    "timeline": timeline,
    "hetero": hetero,
    "split": split,
    "bert": bert,
    "crash": crash,
}


async def record(name: str) -> None:
    """Make one recording."""
    path = ASSETS / f"{name}.ovx"
    with Recorder(path, "0.1.0") as recorder:
        session = Session(ProcessSource.start, recorder=DiscreetRecorder(recorder), describe=describe_change)
        life = asyncio.create_task(session.run())
        try:
            await SCRIPTS[name](Driver(session))
        finally:
            await session.close()
            await life
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}: {size:,} bytes")
    if size > LARGEST:
        raise SystemExit(f"{path.name} is larger than {LARGEST:,} bytes")


def main() -> None:
    """Record what was named, or everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(SCRIPTS)}; all when none is given")
    names = parser.parse_args().names or list(SCRIPTS)
    unknown = sorted(set(names) - set(SCRIPTS))
    if unknown:
        parser.error(f"there is no recording {', '.join(unknown)}")
    ASSETS.mkdir(exist_ok=True)
    for name in names:
        asyncio.run(record(name))


if __name__ == "__main__":
    main()
