"""Every single latency as CSV, written as it arrives so that an hour of it needs no memory."""

from __future__ import annotations

from contextlib import suppress
from typing import TextIO

from ovexplorer.schema.results import Samples

HEADINGS = "start_ns,latency_ns"


class RawWriter:
    """Writes samples of one run. A full disk ends it, never the run.

    Args:
        out: Where the text goes.
        run_column: Whether a leading column numbers the run of a sample.
    """

    def __init__(self, out: TextIO, *, run_column: bool = False) -> None:
        self._out: TextIO | None = out
        self._run_column = run_column
        self.count = 0
        out.write(f"run,{HEADINGS}\n" if run_column else f"{HEADINGS}\n")

    def write(self, samples: Samples, run: int = 0) -> str:
        """Append samples.

        Returns:
            Why no more are written from here on, once; empty while it goes on and after that.
        """
        if self._out is None:
            return ""
        lead = f"{run}," if self._run_column else ""
        try:
            self._out.writelines(
                f"{lead}{start},{latency}\n" for start, latency in zip(samples.start_ns, samples.latency_ns)
            )
            self._out.flush()
        except OSError as error:
            self._abandon()
            return error.strerror or str(error)
        self.count += len(samples.latency_ns)
        return ""

    def _abandon(self) -> None:
        """Close without writing what is still buffered: it did not fit."""
        out, self._out = self._out, None
        if out is not None:
            with suppress(OSError):
                out.close()
