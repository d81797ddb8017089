"""What OpenVINO tells of how devices share the requests of MULTI and of AUTO with cumulative throughput.

In 2026.4 that is `EXECUTION_DEVICES` alone: neither the compiled model nor the counters of a request say which device
ran it. So no share is made up; that one device stands idle can be told, and is.
"""

from __future__ import annotations

from ovexplorer.engine.configurations import Configuration
from ovexplorer.schema.spec import RunSpec
from ovexplorer.text import clean

_SPREADING_HINT = "CUMULATIVE_THROUGHPUT"


def share_words(spec: RunSpec, configuration: Configuration) -> str:
    """How the devices of a list share requests, in words; empty for all that does not spread them."""
    family, _, listed = spec.device.partition(":")
    hint = spec.properties.get("PERFORMANCE_HINT", "")
    if family != "MULTI" and not (family == "AUTO" and hint == _SPREADING_HINT):
        return ""
    asked = [name.strip().partition("(")[0] for name in listed.split(",") if name.strip() and name.strip()[0] != "-"]
    # AUTO marks devices that it may still change as `(CPU)`.
    used = [name.strip("()") for name in configuration.execution_devices]
    idle = [name for name in asked if name not in used]
    if idle and used:
        return clean(f"{spec.device}: OpenVINO uses {', '.join(used)} only; {', '.join(idle)} gets no requests", 200)
    if len(used) > 1:
        return clean(f"{', '.join(used)} share the requests; OpenVINO does not tell how many each of them serves", 200)
    return ""
