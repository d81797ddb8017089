"""What this machine reaches at most: the roof under which layers are judged."""

from __future__ import annotations

from ovexplorer.schema.base import Data
from ovexplorer.text import CleanText


class PeakFacts(Data, frozen=True, kw_only=True):
    """Measured once a machine and thread count, with short tests of a second or two."""

    gflops: dict[str, float]
    """Largest rate of a square matrix product by precision (`f32`, `bf16`, `i8` …), in 10^9 operations a second."""
    gbps: float
    """Rate of a large copy, read and written bytes together, in 10^9 bytes a second."""
    threads: int
    """CPUs that were used."""
    cpu_model: CleanText
    openvino: CleanText
    measured_at: str
    """ISO 8601, UTC."""
    cached: bool = False
    """Whether it was measured earlier and read from the cache."""
    note: CleanText = CleanText("")
    """What limits the figures; empty when nothing does."""
