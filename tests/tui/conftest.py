"""Drives the app without an engine: tests say what happens, step by step, and read what is on screen."""

from __future__ import annotations

import os

os.environ["TEXTUAL_ANIMATIONS"] = "none"

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from textual._context import active_app
from textual.pilot import Pilot

from ovexplorer.clock import ManualClock
from ovexplorer.history.recording import Recorder
from ovexplorer.schema.facts import DeviceFacts, EnvironmentFacts
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.protocol import (
    PROTOCOL_VERSION,
    ConfigurationReady,
    DevicesDescribed,
    Hello,
    WindowMeasured,
)
from ovexplorer.schema.recorded import StoredEvent
from ovexplorer.schema.results import Window
from ovexplorer.session.fake import FakeSource
from ovexplorer.session.session import Session
from ovexplorer.settings import Settings
from ovexplorer.text import clean
from ovexplorer.tui.app import OvexplorerApp
from ovexplorer.tui.glyphs import UNICODE, Glyphs
from tests.tui.quiet import parse_once, quiet

ENVIRONMENT = EnvironmentFacts(
    hostname=clean("edge-07"),
    cpu_model=clean("Intel(R) Xeon(R) Processor @ 2.80GHz"),
    cpu_flags=("avx2", "avx512f", "avx512_bf16"),
    logical_cpus=8,
    allowed_cpus=(0, 1),
    quota_cpus=2.0,
    memory_bytes=24_000_000_000,
    memory_limit_bytes=0,
    kernel=clean("Linux 6.8"),
    virtualisation=clean("kvm"),
    governor=clean("performance"),
    openvino=clean("2026.4.1"),
    python=clean("3.11"),
)

HELLO = Hello(
    protocol=PROTOCOL_VERSION,
    pid=4312,
    clock_ns=1_000_000_000,
    import_ns=600_000_000,
    openvino=clean("2026.4.1"),
    environment=ENVIRONMENT,
)

DEVICES = DevicesDescribed(
    devices=(
        DeviceFacts(name="CPU", full_name=clean("Intel(R) Xeon(R) Processor @ 2.80GHz"), state="usable"),
        DeviceFacts(name="AUTO", full_name=clean("OpenVINO picks"), state="virtual"),
        DeviceFacts(name="GPU", full_name=clean("GPU"), state="unusable", reason=clean("no libOpenCL.so.1")),
        DeviceFacts(name="HETERO", full_name=clean("split over several"), state="virtual"),
    )
)


def ready(segment: int = 1, at_ns: int = 2_000_000_000) -> ConfigurationReady:
    """A configuration that became ready."""
    return ConfigurationReady(
        segment=segment,
        at_ns=at_ns,
        effective=(),
        loaded_from_cache=None,
        kept=False,
        requests=1,
        streams=1,
        batch=1,
        execution_devices=(clean("CPU"),),
    )


def window(segment: int = 1, number: int = 0, latency_ns: int = 41_200_000, count: int = 24) -> WindowMeasured:
    """The n-th slice of a second, all inferences equally long."""
    start = 2_000_000_000 + number * 1_000_000_000
    return WindowMeasured(
        window=Window(
            segment=segment,
            start_ns=start,
            end_ns=start + 1_000_000_000,
            count=count,
            sum_ns=count * latency_ns,
            min_ns=latency_ns,
            max_ns=latency_ns,
            median_ns=latency_ns,
            histogram=histogram_of([latency_ns] * count),
        )
    )


@dataclass
class Stage:
    """An app on a terminal of a given size, with sources that do what the test says."""

    app: OvexplorerApp
    session: Session
    pilot: Pilot[Any]
    clock: ManualClock
    sources: list[FakeSource] = field(default_factory=list)

    @property
    def source(self) -> FakeSource:
        """The newest source."""
        return self.sources[-1]

    @property
    def sent(self) -> list[Any]:
        """Commands sent to all sources, oldest first."""
        return [command for source in self.sources for command in source.sent]

    async def emit(self, *events: StoredEvent) -> None:
        """Let events happen and be drawn."""
        await self.source.emit(*events)
        await self.settle()

    async def settle(self) -> None:
        """Draw what is known now."""
        await quiet(self.app)
        screen: Any = self.app.screen
        if hasattr(screen, "tick"):
            screen.tick()
        await quiet(self.app)

    async def press(self, *keys: str) -> None:
        """Press keys, then draw."""
        await self.pilot.press(*keys)
        await self.settle()

    def frame(self) -> list[str]:
        """Lines of the screen as text."""
        return ["".join(segment.text for segment in strip) for strip in self.app.screen._compositor.render_strips()]

    def text(self) -> str:
        """The whole screen as one text."""
        return "\n".join(self.frame())


@pytest.fixture(autouse=True)
def _own_machine(monkeypatch, tmp_path):
    """Keep the user's settings, history and files out of the tests."""
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable.lower()))
    monkeypatch.setenv("OVEXPLORER_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    here = tmp_path / "cwd"
    here.mkdir()
    monkeypatch.chdir(here)


@pytest.fixture(autouse=True)
def _sure_and_fast(monkeypatch):
    """Let pilots wait for the app instead of an idle processor, and parse each stylesheet once."""

    async def wait(*_: float) -> None:
        await quiet(active_app.get())

    async def wait_for_screen(pilot: Pilot[Any]) -> bool:
        await quiet(pilot.app)
        return True

    monkeypatch.setattr("textual.pilot.wait_for_idle", wait)
    monkeypatch.setattr("textual.app.wait_for_idle", wait)
    monkeypatch.setattr("textual.pilot.Pilot._wait_for_screen", wait_for_screen)
    monkeypatch.setattr("textual.css.stylesheet.Stylesheet._parse_rules", parse_once)


OpenApp = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def open_app() -> OpenApp:
    """Opens the app: `async with open_app((80, 24), spec=...) as stage`."""

    @asynccontextmanager
    async def opened(
        size: tuple[int, int] = (80, 24),
        *,
        settings: Settings | None = None,
        glyphs: Glyphs = UNICODE,
        hello: bool = True,
        record: Path | None = None,
        **more: Any,
    ) -> AsyncIterator[Stage]:
        sources: list[FakeSource] = []

        async def connect() -> FakeSource:
            sources.append(FakeSource())
            return sources[-1]

        clock = ManualClock()
        recorder = Recorder(record, "test") if record is not None else None
        session = Session(connect, clock=clock, recorder=recorder)
        app = OvexplorerApp(session, settings=settings, glyphs=glyphs, clock=clock, recorder=recorder, **more)
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            try:
                await pilot.pause()
                stage = Stage(app, session, pilot, clock, sources)
                await app.workers.wait_for_complete()
                if hello:
                    await stage.emit(HELLO, DEVICES)
                yield stage
            finally:
                await app.end_session()
                app.recordings.close()

    return opened
