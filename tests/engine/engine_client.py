"""Drives a real engine process from a test, blocking."""

import os
import selectors
import subprocess
import sys
import time

from ovexplorer.schema.codec import encode_frame, event_reader
from ovexplorer.schema.protocol import (
    ConfigurationReady,
    Failed,
    Hello,
    RunFinished,
    StartRun,
    WindowMeasured,
)
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.session.workspace import engine_environment

PATIENCE_S = 60


class EngineClient:
    """An engine, its events so far, and waiting for the next of a kind."""

    def __init__(self, directory):
        environment = engine_environment({"OVEXPLORER_ENGINE_DIRECTORY": str(directory)})
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ovexplorer.engine"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=directory,
            env=environment,
        )
        self.events = []
        self._reader = event_reader()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self.process.stdout, selectors.EVENT_READ)

    def send(self, command):
        self.process.stdin.write(encode_frame(command))
        self.process.stdin.flush()

    def until(self, kind, seen=None, where=lambda event: True, patience_s=PATIENCE_S):
        """The first event of a kind from position `seen` (default: now) on."""
        position = len(self.events) if seen is None else seen
        deadline = time.monotonic() + patience_s
        while True:
            for event in self.events[position:]:
                position += 1
                if isinstance(event, kind) and where(event):
                    return event
            if not self._read(deadline):
                told = [type(event).__name__ for event in self.events]
                raise AssertionError(f"no {kind} came; there were {told[-20:]}")

    def _read(self, deadline):
        left = deadline - time.monotonic()
        if left <= 0 or not self._selector.select(left):
            return False
        data = os.read(self.process.stdout.fileno(), 1 << 16)
        self.events += list(self._reader.feed(data))
        return bool(data)

    def hello(self):
        return self.until(Hello, 0)

    def run(self, segment, spec, command=StartRun):
        """Start a run and wait until it is over or failed."""
        seen = len(self.events)
        self.send(command(segment=segment, spec=spec))
        self.until((RunFinished, Failed), seen, lambda event: event.segment == segment)
        return self.events[seen:]

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(20)


def spec_of(path, **changes):
    """A short run of a model."""
    fields = {"model": ModelSpec(path=path), "iterations": 20, "properties": {"PERFORMANCE_HINT": "LATENCY"}}
    return RunSpec(**{**fields, **changes})


def windows(events, segment):
    return [e.window for e in events if isinstance(e, WindowMeasured) and e.window.segment == segment]


def of_kind(events, kind):
    return [event for event in events if isinstance(event, kind)]


def effective_of(events, name, device="CPU"):
    ready = of_kind(events, ConfigurationReady)[-1]
    return next(row for row in ready.effective if row.property == name and row.device == device)
