"""How close a layer comes to what the machine can do.

The roofline model (Williams, Waterman, Patterson, "Roofline: an insightful visual performance model for multicore
architectures", Communications of the ACM 52(4), 2009): the attainable rate is the smaller of the peak of arithmetic
and memory rate times intensity (operations per byte). Bytes are the least that has to move, so a layer whose data
stays in a cache may beat the memory's roof; its share is told as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ovexplorer.schema.peak import PeakFacts
from ovexplorer.schema.results import LayerProfile, LayerTime

Bound = Literal["compute", "memory", "overhead", "unknown"]

_OTHERS = ("GPU", "NPU")
LITTLE = 0.1
"""Share of the roof under which neither arithmetic nor memory explains the time."""

_SAME_UNITS = {"u8": "i8", "i8": "i8", "f16": "f16", "bf16": "bf16", "f32": "f32"}


@dataclass(frozen=True)
class Efficiency:
    """Rates of one layer, and how they relate to the machine's. What is unknown is None, with a reason."""

    gflops: float | None
    """10^9 operations a second; None for a layer that only moves data."""
    gbps: float | None
    """10^9 bytes a second, read and written."""
    intensity: float | None
    """Operations per byte."""
    share: float | None
    """Fraction of what is attainable at this intensity: rate / min(peak, memory rate x intensity)."""
    bound: Bound
    """What limits it: arithmetic, memory, or neither ("overhead": calls, threads waiting, too little work)."""
    peak_gflops: float | None = None
    """Roof of arithmetic that it is judged by."""
    peak_share: float | None = None
    """Fraction of that roof."""
    memory_share: float | None = None
    """Fraction of the memory's rate."""
    error: float = 0.0
    """Fraction by which the rates can be off through the counters' whole microseconds."""
    sure: str = ""
    """What limits the judgement, in words; empty when nothing does."""

    @property
    def words(self) -> str:
        """`61 % compute`, `84 % memory`, `3 % overhead`; empty when nothing is known."""
        share = (
            self.peak_share if self.bound == "compute" else self.memory_share if self.bound == "memory" else self.share
        )
        return "" if self.bound == "unknown" or share is None else f"{share:.0%} {self.bound}".replace("%", " %", 1)


@dataclass(frozen=True)
class ModelEfficiency:
    """All layers together."""

    gflops: float | None
    """Over the whole latency; None when no operation is known."""
    flop: int
    """Operations of one inference, as far as they are known."""
    moved_bytes: int
    share: float | None
    """Fraction of the machine's roof of arithmetic, weighted by the operations of each precision."""
    compute_ns: int
    """Time of layers bound by arithmetic."""
    memory_ns: int
    """Time of layers bound by memory."""
    overhead_ns: int
    """Time of layers bound by neither."""
    unknown_ns: int
    """Time of layers that cannot be judged."""


def efficiency(layer: LayerTime, peak: PeakFacts | None) -> Efficiency | None:
    """Judge one layer.

    Args:
        layer: Of a profile.
        peak: The machine's roofs; None leaves everything that needs them out.

    Returns:
        None when the layer did not run long enough to be timed, or nothing is known of what it does.
    """
    moved = layer.read_bytes + layer.written_bytes
    if layer.mean_ns <= 0 or (not layer.flop and not moved):
        return None
    gflops = layer.flop / layer.mean_ns if layer.flop else None
    gbps = moved / layer.mean_ns if layer.read_bytes and layer.written_bytes else None
    intensity = layer.flop / moved if gbps is not None and layer.flop else None
    error = layer.error_ns / layer.mean_ns
    if peak is None:
        return Efficiency(
            gflops, gbps, intensity, None, "unknown", error=error, sure="the machine's peak is not measured"
        )
    roof, word = _roof(layer, peak)
    memory_share = gbps / peak.gbps if gbps is not None and peak.gbps > 0 else None
    peak_share = gflops / roof if gflops is not None and roof else None
    bound, share = _bound(peak_share, memory_share)
    return Efficiency(
        gflops=gflops,
        gbps=gbps,
        intensity=intensity,
        share=share,
        bound=bound,
        peak_gflops=roof,
        peak_share=peak_share,
        memory_share=memory_share,
        error=error,
        sure=_sure(layer, error, word, memory_share),
    )


def peak_for(profile: LayerProfile, peak: PeakFacts | None) -> PeakFacts | None:
    """The roofs that hold for a profile: they are those of the CPU, so there are none where a GPU or NPU takes part."""
    device = profile.spec.device if profile.spec is not None else ""
    return None if any(word.startswith(_OTHERS) for word in re.split(r"[:,()\s-]+", device.upper())) else peak


def _roof(layer: LayerTime, peak: PeakFacts) -> tuple[float | None, str]:
    """The peak for what a layer computes in, and a word when another one stands in for it."""
    precision = _computes_in(layer)
    own = peak.gflops.get(precision)
    if own:
        return own, ""
    stand_in = peak.gflops.get("f32")
    return (
        (stand_in, f"judged by the peak of f32: none was measured for {precision or 'its precision'}")
        if stand_in
        else (
            None,
            "no peak of arithmetic was measured",
        )
    )


def _computes_in(layer: LayerTime) -> str:
    """What is multiplied: the data's precision; the run-time precision of an int8 layer may be its output's."""
    given = layer.input_precisions.partition(",")[0].strip()
    for precision in (given, layer.precision):
        if precision in _SAME_UNITS:
            return _SAME_UNITS[precision]
    return layer.precision


def _bound(peak_share: float | None, memory_share: float | None) -> tuple[Bound, float | None]:
    """The roof that is nearer: the larger share is the fraction of min(peak, memory rate x intensity)."""
    shares = [share for share in (peak_share, memory_share) if share is not None]
    if not shares:
        return "unknown", None
    share = max(shares)
    if share < LITTLE:
        return "overhead", share
    return ("compute" if share == peak_share else "memory"), share


def _sure(layer: LayerTime, error: float, roof_word: str, memory_share: float | None) -> str:
    words = []
    if error >= 0.05:
        words.append(f"the counter's whole microseconds leave it open by {error:.0%}".replace("%", " %"))
    if roof_word and layer.flop:
        words.append(roof_word)
    if memory_share is not None and memory_share > 1:
        words.append("faster than memory: its data stayed in a cache")
    if not layer.read_bytes or not layer.written_bytes:
        words.append("its bytes are unknown")
    return "; ".join(words)


def model_efficiency(profile: LayerProfile, peak: PeakFacts | None) -> ModelEfficiency:
    """Add up all layers that ran; the rate is over the latency, the gap between the layers included."""
    peak = peak_for(profile, peak)
    times: dict[Bound, int] = {"compute": 0, "memory": 0, "overhead": 0, "unknown": 0}
    ran = [layer for layer in profile.layers if layer.status == "executed"]
    for layer in ran:
        judged = efficiency(layer, peak)
        times[judged.bound if judged is not None else "unknown"] += layer.mean_ns
    flop = sum(layer.flop for layer in ran)
    latency_ns = profile.plain_latency_ns or profile.latency_ns
    return ModelEfficiency(
        gflops=flop / latency_ns if flop and latency_ns else None,
        flop=flop,
        moved_bytes=sum(layer.read_bytes + layer.written_bytes for layer in ran),
        share=_share_of_roof(ran, latency_ns, peak),
        compute_ns=times["compute"],
        memory_ns=times["memory"],
        overhead_ns=times["overhead"],
        unknown_ns=times["unknown"],
    )


def _share_of_roof(layers: Iterable[LayerTime], latency_ns: int, peak: PeakFacts | None) -> float | None:
    """The time all operations would take at their roofs, over the latency."""
    if peak is None or not latency_ns:
        return None
    least_ns = 0.0
    for layer in layers:
        roof, _ = _roof(layer, peak)
        if layer.flop and roof is None:
            return None
        least_ns += layer.flop / roof if roof else 0.0
    return least_ns / latency_ns if least_ns else None
