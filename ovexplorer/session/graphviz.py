"""Runs Graphviz's `dot`, whichever there is, on text that nobody trusts.

The system's `dot` is taken where it is installed, else the one of the package `graphviz-pure`. The package `graphviz`
makes the command line; it is not used to run it, because it knows neither a time limit nor a way to give up. The
program gets its text by standard input, an empty directory, and `SERVER_NAME`, with which Graphviz opens no file that a
graph names (https://graphviz.org/doc/info/command.html#envvars).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from ovexplorer.errors import InterruptedRunError, UsageError
from ovexplorer.text import clean, clean_lines

Format = Literal["json0", "svg", "png", "pdf", "plain"]
Engine = Literal["dot", "patchwork"]

LONGEST_S: Final = 60.0
"""Time that one drawing may take."""
LARGEST_OUTPUT: Final = 256 * 1024 * 1024
"""Bytes of what comes out."""
LARGEST_MEMORY: Final = 4 * 1024 * 1024 * 1024
"""Address space of the program; 10,000 nodes as PNG would take 15 GB."""

_PACKAGED = "graphviz-pure"
_STEP_S = 0.05


def find_dot() -> Path | None:
    """The program; None where there is none."""
    system = shutil.which("dot")
    if system is not None:
        return Path(system)
    name = f"{_PACKAGED}.exe" if sys.platform == "win32" else _PACKAGED
    # Not on the path when the program runs from an environment that is not activated.
    packaged = Path(sysconfig.get_path("scripts")) / name
    if packaged.is_file():
        return packaged
    found = shutil.which(_PACKAGED)
    return Path(found) if found is not None else None


def is_packaged(dot: Path) -> bool:
    """Whether it is the one of the package, which cannot write PDF."""
    return dot.stem == _PACKAGED


def run_dot(
    source: str,
    output: Format,
    *,
    engine: Engine = "dot",
    longest_s: float = LONGEST_S,
    cancel: Callable[[], bool] = lambda: False,
    settings: tuple[str, ...] = (),
) -> bytes:
    """Draw a graph.

    Args:
        source: In the DOT language.
        output: What comes out.
        engine: `patchwork` places nothing and is for reading only.
        longest_s: Time it may take.
        cancel: Asked again and again; the program is ended when it says so.
        settings: Further arguments such as `-Gsize=30,100`; never from outside.

    Raises:
        UsageError: There is no program, it takes too long, or it refuses the graph.
        InterruptedRunError: `cancel` said so.
    """
    dot = find_dot()
    if dot is None:
        raise UsageError("Graphviz is not here", f"install the Python package {_PACKAGED}, or Graphviz itself")
    if output == "pdf" and is_packaged(dot):
        raise UsageError("PDF needs Graphviz itself", "install Graphviz, or write SVG")
    from graphviz.backend import dot_command

    words = [str(word) for word in dot_command.command(engine, output)]
    words[0] = str(dot)
    with tempfile.TemporaryDirectory(prefix="ovexplorer-dot-") as place:
        out, err, text = (Path(place) / name for name in ("out", "err", "in"))
        text.write_text(source, encoding="utf-8", errors="replace")
        empty = Path(place) / "empty"
        empty.mkdir()
        with text.open("rb") as given, out.open("wb") as taken, err.open("wb") as said:
            process = subprocess.Popen(  # noqa: S603 - our own argument list, no shell
                [*words, *settings],
                stdin=given,
                stdout=taken,
                stderr=said,
                cwd=empty,
                # Ctrl-C in the terminal is for us: `cancel` says so, and then it is ended here.
                start_new_session=True,
                env={"SERVER_NAME": "ovexplorer", "PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            )
            _limit(process.pid, longest_s)
            code = _wait(process, longest_s, cancel, out)
        # What it could not look up in a file it tells and leaves out; what it read is whole nevertheless.
        if code < 0 or out.stat().st_size >= LARGEST_OUTPUT:
            raise _too_much(0 if out.stat().st_size >= LARGEST_OUTPUT else code)
        if code and not (output == "json0" and out.stat().st_size):
            lines = clean_lines(err.read_text(encoding="utf-8", errors="replace"), most=3, limit=200)
            raise UsageError(
                f"Graphviz cannot read the graph: {' '.join(lines) or f'it ended with {code}'}", "repair it"
            )
        return out.read_bytes()


def _wait(process: subprocess.Popen[bytes], longest_s: float, cancel: Callable[[], bool], out: Path) -> int:
    end = time.monotonic() + longest_s
    try:
        while True:
            try:
                return process.wait(_STEP_S)
            except subprocess.TimeoutExpired:
                if cancel():
                    raise InterruptedRunError("the drawing was given up") from None
                if time.monotonic() > end:
                    raise UsageError(
                        f"Graphviz took more than {longest_s:.0f} s", "draw a part of it, or write our own SVG"
                    ) from None
                if out.stat().st_size >= LARGEST_OUTPUT:
                    raise _too_much(0) from None
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _too_much(code: int) -> UsageError:
    """What is said when it was ended by a signal, or wrote more than it may (0)."""
    if not code:
        what = f"what Graphviz makes of the graph is larger than {LARGEST_OUTPUT / 1e6:,.0f} MB"
    else:
        what = f"Graphviz was ended by signal {-code}: the graph may need too much memory"
    return UsageError(what, "draw a part of it, or write our own SVG")


def _limit(pid: int, longest_s: float) -> None:
    """Bound memory, output and CPU time of the program, where the system lets one process do that to another."""
    if sys.platform != "linux":
        return
    import resource

    with contextlib.suppress(OSError):
        # It may have ended already.
        resource.prlimit(pid, resource.RLIMIT_AS, (LARGEST_MEMORY, LARGEST_MEMORY))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (LARGEST_OUTPUT, LARGEST_OUTPUT))
        resource.prlimit(pid, resource.RLIMIT_CPU, (int(longest_s) + 5, int(longest_s) + 5))


def version_words() -> str:
    """Which program draws, in words."""
    dot = find_dot()
    return "none" if dot is None else clean(f"{dot.name}{' (package)' if is_packaged(dot) else ''}")
