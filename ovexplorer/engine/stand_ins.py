"""The CPU plugin under other names, so that a machine with one device can show what a split over two costs."""

from __future__ import annotations

import openvino as ov

from ovexplorer.engine.failure import EngineFailure, from_openvino

_CPU_PLUGIN = "openvino_intel_cpu_plugin"


class StandIns:
    """The CPU plugin under other names; registered once a name for the life of the core."""

    def __init__(self, core: ov.Core) -> None:
        self._core = core
        self._names: set[str] = set()

    @property
    def names(self) -> tuple[str, ...]:
        """Registered so far."""
        return tuple(sorted(self._names))

    def register(self, names: tuple[str, ...]) -> None:
        """Register what is not there yet.

        Raises:
            EngineFailure: The name cannot work: it must contain CPU and no dot.
        """
        for name in names:
            if name in self._names:
                continue
            if "CPU" not in name or name == "CPU" or not name.replace("_", "").isalnum() or not name.isascii():
                raise EngineFailure(
                    "device_unusable",
                    f"a stand-in device cannot be called {name}",
                    "use letters, digits and _ with CPU in it, such as CPU_SIM",
                )
            try:
                self._core.register_plugin(_CPU_PLUGIN, name)
            except RuntimeError as error:
                raise from_openvino(
                    "device_unusable", f"the stand-in {name} cannot be registered", error, "choose another name"
                ) from error
            self._names.add(name)
