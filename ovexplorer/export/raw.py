"""Every single latency as CSV, written as it arrives so that an hour of it needs no memory."""

from __future__ import annotations

from typing import TextIO

from ovexplorer.schema.results import Samples

HEADINGS = "start_ns,latency_ns"


class RawWriter:
    """Writes samples of one run.

    Args:
        out: Where the text goes.
        run_column: Whether a leading column numbers the run of a sample.
    """

    def __init__(self, out: TextIO, *, run_column: bool = False) -> None:
        self._out = out
        self._run_column = run_column
        self.count = 0
        out.write(f"run,{HEADINGS}\n" if run_column else f"{HEADINGS}\n")

    def write(self, samples: Samples, run: int = 0) -> None:
        """Append samples."""
        lead = f"{run}," if self._run_column else ""
        self._out.writelines(
            f"{lead}{start},{latency}\n" for start, latency in zip(samples.start_ns, samples.latency_ns)
        )
        self.count += len(samples.latency_ns)
