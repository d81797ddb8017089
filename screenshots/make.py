"""Draws the pictures of every screen from the runs in assets/: `python screenshots/make.py [--only NAME …]`.

The same recordings give the same bytes on any day and machine: the clocks stand, the folders are made for the purpose,
and nothing is measured here. `--readme` writes the generated tables of the README instead.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from ovexplorer.analysis.summary import summarise
from ovexplorer.clock import ManualClock
from ovexplorer.history.recent import RecentModel, remember
from ovexplorer.history.recording import Recording, read_recording
from ovexplorer.options.apply import describe_change, headline
from ovexplorer.schema.protocol import AnyCommand, EngineDied, PhaseFinished, PhaseStarted
from ovexplorer.schema.recorded import Asked, Recorded, StoredEvent
from ovexplorer.session.replay import ReplaySource, state_of
from ovexplorer.session.session import Session
from ovexplorer.settings import Settings
from ovexplorer.text import clean
from ovexplorer.tui.app import OvexplorerApp
from ovexplorer.tui.cost import UiCost, WrittenBytes
from ovexplorer.tui.state_view import precision_of

HERE = Path(__file__).resolve().parent
ASSETS = HERE.parent / "assets"
SIZES = ((80, 24), (160, 45))
NOW = datetime(2026, 11, 20, 14, 30, tzinfo=timezone.utc)

Cut = Callable[[Recording], tuple[tuple[Recorded, ...], float]]
"""Entries up to the moment of the picture, and seconds that pass after the last one."""


@dataclass(frozen=True)
class Scene:
    """One picture: a moment of a recording, and keys pressed there."""

    recording: str
    cut: Cut
    keys: tuple[str, ...] = ()
    """Pressed on Open, where the app starts."""


def whole(recording: Recording) -> tuple[tuple[Recorded, ...], float]:
    """Everything."""
    return recording.entries, 0.0


def before_toggle(number: int) -> Cut:
    """Up to the moment before a configuration was asked for: the one before it was measured longest."""

    def cut(recording: Recording) -> tuple[tuple[Recorded, ...], float]:
        return recording.entries[: _asked_at(recording, number)], 0.0

    return cut


def compiling(number: int) -> Cut:
    """Into the middle of a compile."""

    def cut(recording: Recording) -> tuple[tuple[Recorded, ...], float]:
        asked = _asked_at(recording, number)
        at = next(
            at
            for at, entry in enumerate(recording.entries)
            if at > asked and isinstance(entry.message, PhaseStarted) and entry.message.phase == "compile"
        )
        took = next(
            entry.message.duration_ns
            for entry in recording.entries[at:]
            if isinstance(entry.message, PhaseFinished) and entry.message.phase == "compile"
        )
        return recording.entries[: at + 1], took / 2e9

    return cut


def _asked_at(recording: Recording, number: int) -> int:
    """Place of the configuration asked for as the so-manieth, from 1."""
    places = [at for at, entry in enumerate(recording.entries) if isinstance(entry.message, Asked)]
    return places[number - 1]


RULE = tuple({":": "colon", "=": "equals_sign"}.get(letter, letter) for letter in "type:Relu=CPU")
"""Keys that type a rule."""

SCENES = {
    "open": Scene("open", whole),
    "live": Scene("live", before_toggle(3), ("2",)),
    "live-compiling": Scene("live", compiling(4), ("2",)),
    "compare": Scene("compare", whole, ("5",)),
    "timeline": Scene("timeline", whole, ("8",)),
    "doctor": Scene("live", before_toggle(3), ("2", "D")),
    "layers": Scene("live", whole, ("3",)),
    "reorders": Scene("hetero", whole, ("3", "v", "v", "v", "v", "v")),
    "graph": Scene("split", whole, ("4",)),
    "graph-lanes": Scene("split", whole, ("4", "v", "slash", *"relu1", "enter")),
    "graph-focus": Scene("split", whole, ("4", "v", "v", "slash", *"block1.sum", "enter", "enter")),
    "graph-map": Scene("split", whole, ("4", "v", "v", "v")),
    "advice": Scene("live", whole, ("6",)),
    "choices": Scene("live", before_toggle(3), ("2", "j", "j", "enter")),
    "builder": Scene("hetero", whole, ("2", "d", "tab", "tab", "tab", "a", *RULE, "enter")),
    "shapes": Scene("bert", whole, ("2", "i")),
    "help": Scene("live", before_toggle(3), ("2", "question_mark")),
    "palette": Scene("live", before_toggle(3), ("2", "ctrl+p")),
    "error": Scene("crash", whole),
}


class StandingSource(ReplaySource):
    """Plays a recording at once, then stays as an engine does that has nothing to say."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(recording, speed=0, clock=ManualClock())
        self._over = asyncio.Event()

    async def events(self) -> AsyncIterator[StoredEvent]:
        """See Source."""
        async for event in super().events():
            if not isinstance(event, EngineDied):
                yield event
            elif not event.expected:
                yield event
                return
        await self._over.wait()

    async def send(self, command: AnyCommand) -> None:
        """See Source; nothing answers here."""

    async def close(self) -> None:
        """See Source."""
        await super().close()
        self._over.set()

    def facts(self) -> dict[str, str]:
        """See Source; no speed and length, so that the screen looks as it did while measuring."""
        return {}


class NoCost(UiCost):
    """What drawing costs differs from machine to machine: a picture leaves it out."""

    def look(self) -> None:
        """See UiCost."""


async def draw(scene: Scene, size: tuple[int, int]) -> str:
    """One picture as SVG."""
    recording = read_recording(ASSETS / f"{scene.recording}.ovx")
    entries, later = scene.cut(recording)
    clock = ManualClock(wall=NOW)

    async def connect() -> StandingSource:
        return StandingSource(replace(recording, entries=entries))

    session = Session(connect, clock=clock, describe=describe_change)
    app = OvexplorerApp(session, settings=Settings(refresh_hz=2, symbols="unicode", verify_toggle=False), clock=clock)
    app.animation_level = "none"
    app.cost = NoCost(clock, WrittenBytes())
    clock.advance((entries[-1].at_ns - entries[0].at_ns) / 1e9)
    async with app.run_test(size=size, notifications=True) as pilot:
        try:
            await settle(pilot)
            for key in scene.keys:
                await pilot.press(key)
                await settle(pilot)
            clock.advance(later)
            for field in app.screen.query(Input):
                field.cursor_blink = False
            await show(pilot, "tick")
            return strip_ids(app.export_screenshot(title="ovexplorer", simplify=True))
        finally:
            await app.end_session()


async def settle(pilot: Pilot[int]) -> None:
    """Wait until everything known is on screen, however slow this machine is."""
    app = pilot.app
    for _ in range(3):
        if isinstance(app, OvexplorerApp):
            await app.graphing.settled()
        commands = [worker for worker in pilot.app.workers if worker.group == "session"]
        if commands:
            await pilot.app.workers.wait_for_complete(commands)
        await show(pilot, "redraw")


async def show(pilot: Pilot[int], how: str) -> None:
    """Draw what is known (`redraw`), or what changed (`tick`); overlays of Textual do so by themselves."""
    await pilot.pause()
    draw_screen = getattr(pilot.app.screen, how, None)
    if draw_screen is not None:
        draw_screen()
    await pilot.pause()


def strip_ids(svg: str) -> str:
    """Without the number that Rich makes of the content, and without blanks at the ends of lines."""
    return "\n".join(line.rstrip() for line in re.sub(r"terminal-\d+", "t", svg).splitlines()).rstrip() + "\n"


@contextmanager
def small_world() -> Iterator[None]:
    """A home with a folder of models and some recent runs; the user's own are not looked at."""
    before, place = dict(os.environ), Path.cwd()
    with tempfile.TemporaryDirectory(prefix="ovexplorer-pictures-") as name:
        home = Path(name)
        os.environ.update({"HOME": name, "TZ": "UTC", "LC_ALL": "C.UTF-8"})
        os.environ.pop("NO_COLOR", None)
        for kind in ("CONFIG", "STATE", "CACHE"):
            os.environ[f"OVEXPLORER_{kind}_DIR"] = str(home / f".{kind.lower()}")
        time.tzset()
        make_models(home / "models")
        remember_runs()
        os.chdir(home / "models")
        try:
            yield
        finally:
            os.chdir(place)
            os.environ.clear()
            os.environ.update(before)
            time.tzset()


FILES = {
    "face-detection.xml": (412_318, 3),
    "face-detection.bin": (2_140_112, 3),
    "mobilenet_v3.tflite": (5_432_104, 12),
    "yolov8n.onnx": (12_851_047, 1),
    "segmentation.pt": (27_460_911, 5),
    "speech/encoder.onnx": (82_450_112, 20),
    "speech/decoder.onnx": (47_301_376, 20),
}
"""Bytes and age in days."""


def make_models(folder: Path) -> None:
    """Files that look like models from outside; nothing reads them here."""
    for name, (size, days) in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(b'<?xml version="1.0"?><net name="model">' if path.suffix == ".xml" else b"\x08\x08")
            file.truncate(size)
        age = (NOW - timedelta(days=days)).timestamp()
        os.utime(path, (age, age))
    for inner in folder.iterdir():
        os.utime(inner, (inner.stat().st_mtime, NOW.timestamp())) if inner.is_dir() else None


def remember_runs() -> None:
    """What the other recordings came to, as runs of the days before."""
    for days, name in enumerate(("bert", "hetero", "live"), 1):
        segment = state_of(read_recording(ASSETS / f"{name}.ovx")).segments[0]
        summary = summarise(segment.windows, 1)
        words = headline(segment.spec, name="-", precision=precision_of(segment)).split(" · ")[2:]
        remember(
            RecentModel(
                path=segment.spec.model.path,
                device=segment.spec.device,
                options=clean(" · ".join(words)),
                p50_ns=summary.p50_ns or 0.0,
                fps=summary.fps or 0.0,
                when=NOW - timedelta(hours=24 * (3 - days) + 2),
                spec=segment.spec,
            )
        )


def make(names: Sequence[str], sizes: Sequence[tuple[int, int]], folder: Path) -> None:
    """Draw scenes in sizes into a folder."""
    for name in names:
        for columns, rows in sizes:
            # One world for each: the app remembers what it saw.
            with small_world():
                picture = asyncio.run(draw(SCENES[name], (columns, rows)))
            (folder / f"{name}-{columns}x{rows}.svg").write_text(picture, encoding="utf-8", newline="\n")


def main() -> int:
    """Draw what was named, or everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=list(SCENES), help=f"some of {', '.join(SCENES)}")
    parser.add_argument("--size", choices=[f"{columns}x{rows}" for columns, rows in SIZES], help="both when not given")
    parser.add_argument("--into", type=Path, default=HERE, metavar="DIR", help="folder to write to")
    parser.add_argument("--readme", action="store_true", help="write the tables of the README, no pictures")
    arguments = parser.parse_args()
    if arguments.readme:
        import readme_tables

        readme_tables.rewrite()
        return 0
    folder = arguments.into.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    sizes = [size for size in SIZES if arguments.size in (None, f"{size[0]}x{size[1]}")]
    make(arguments.only or list(SCENES), sizes, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
