"""AUTO's hand-over: which devices really run, looked up again and again while a run is live.

AUTO begins on the CPU while the chosen device still compiles and says `(CPU)` meanwhile; it also leaves a device that
fails. Nothing tells when, so the property is read: 1 us, five times a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovexplorer.schema.protocol import DevicesChanged
from ovexplorer.text import clean

if TYPE_CHECKING:
    from ovexplorer.engine.run import LiveRun

_VIRTUAL = "AUTO"


class HandOver:
    """Remembers what was told of the live run."""

    def __init__(self) -> None:
        self._segment = 0
        self._told: tuple[str, ...] = ()

    def look(self, run: LiveRun, now_ns: int) -> DevicesChanged | None:
        """What to tell when other devices run than were told last; None when they are the same or cannot be read."""
        configuration, spec = run.workload.configuration, run.workload.spec
        if spec.device.partition(":")[0] != _VIRTUAL:
            return None
        if run.segment != self._segment:
            self._segment, self._told = run.segment, configuration.execution_devices
        try:
            found = configuration.compiled.get_property("EXECUTION_DEVICES")
        except (RuntimeError, TypeError):
            return None
        devices = tuple(str(device) for device in found) if isinstance(found, list) else (str(found),)
        if not any(devices) or devices == self._told:
            return None
        self._told = devices
        return DevicesChanged(
            segment=run.segment, at_ns=now_ns, execution_devices=tuple(clean(device, 200) for device in devices)
        )
