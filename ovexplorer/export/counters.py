"""Layer times in the format of benchmark_app's counters report: one row a layer, separated by semicolons."""

from __future__ import annotations

from collections.abc import Iterable

from ovexplorer.schema.results import LayerStatus, LayerTime

SEPARATOR = ";"
HEADINGS = ("layerName", "execStatus", "layerType", "execType", "realTime (ms)", "cpuTime (ms)")

_STATUS: dict[LayerStatus, str] = {
    "executed": "Status.EXECUTED",
    "fused": "Status.OPTIMIZED_OUT",
    "optimized_out": "Status.OPTIMIZED_OUT",
    "below_resolution": "Status.NOT_RUN",
}


def counters_csv(layers: Iterable[LayerTime]) -> str:
    """The rows and their sum as text; the CPU device tells one time only, which fills both columns."""
    lines = [SEPARATOR.join(HEADINGS)]
    total_ns = 0
    for layer in layers:
        total_ns += layer.mean_ns
        time = f"{layer.mean_ns / 1e6:.3f}"
        # A separator in a name would shift the columns, and the format knows no quotes.
        words = [str(text).replace(SEPARATOR, ",") for text in (layer.name, _STATUS[layer.status], layer.type)]
        lines.append(SEPARATOR.join((*words, str(layer.primitive).replace(SEPARATOR, ","), time, time)))
    total = f"{total_ns / 1e6:.3f}"
    lines.append(SEPARATOR.join(("Total", "", "", "", total, total)))
    # benchmark_app ends each block of rows with an empty line.
    return "\n".join(lines) + "\n\n"
