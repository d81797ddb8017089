"""What a step showed, in a few words. Pure."""

from __future__ import annotations

from ovexplorer.schema.protocol import ConfigurationReady, ModelSaved
from ovexplorer.text import clean
from ovexplorer.tuning.steps import Step
from ovexplorer.units import significant, size

_PRECISION = "INFERENCE_PRECISION_HINT"


def note_of(step: Step, ready: ConfigurationReady | None, saved: ModelSaved | None) -> str:
    """What is worth telling about a step that was measured; empty when nothing is.

    Args:
        step: The step.
        ready: What its configuration came to.
        saved: The file that was written for it.
    """
    if step.id.startswith("ir_"):
        return f"{size(saved.size_bytes)} on disk" if saved is not None else ""
    if step.id == "paced" and step.spec is not None:
        return f"{significant(step.spec.rate_fps)} arrivals a second"
    if ready is None:
        return ""
    if step.id in {"hint", "optimal", "async_n"}:
        streams = f"{ready.streams} stream{'s' if ready.streams != 1 else ''}, " if ready.streams else ""
        return f"{streams}{ready.requests} request{'s' if ready.requests != 1 else ''}"
    if step.id == "auto":
        return clean(f"AUTO picked {', '.join(ready.execution_devices)}", 60) if ready.execution_devices else ""
    if step.id.startswith("precision_"):
        return _got_precision(step, ready)
    return ""


def _got_precision(step: Step, ready: ConfigurationReady) -> str:
    """Says where the device computes in something else than it was asked for."""
    asked = step.id.removeprefix("precision_")
    for entry in ready.effective:
        if entry.property == _PRECISION and entry.effective is not None and entry.effective != asked:
            return clean(f"the device took {entry.effective}", 60)
    return ""
