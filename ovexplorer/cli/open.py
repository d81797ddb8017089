"""`ovexplorer [MODEL]`: the TUI; the same run headless where there is no terminal to show it on."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import msgspec

from ovexplorer.cli.console import Console
from ovexplorer.cli.curtain import raised
from ovexplorer.cli.line import DEFAULT_DEMO, CommandLine
from ovexplorer.errors import TerminalError
from ovexplorer.options.apply import headline
from ovexplorer.options.paths import anchored
from ovexplorer.schema.spec import RunSpec
from ovexplorer.settings import Settings, load_settings

LEAST_COLUMNS, LEAST_ROWS = 60, 16


def open_tui(line: CommandLine, console: Console) -> int:
    """Run the command.

    Raises:
        OvexplorerError: It cannot be done.
    """
    if not console.interactive:
        # Measuring headless needs the analysis; the first paint of the TUI must not wait for it.
        from ovexplorer.cli.bench import bench

        named = " ".join(line.words) or line.values.get("model", "")
        console.notice(f"stdout is not a terminal: measuring {named or DEFAULT_DEMO} without the TUI, as bench does")
        return bench(line, console, DEFAULT_DEMO)
    refuse_this_terminal()
    settings = settings_of(line)
    spec = _spec(line)
    record = Path(line.values["record"]).absolute() if line.values.get("record") else None
    with raised("Pick a model, press enter." if spec is None else headline(spec)):
        # Textual takes 0.2 s to import; headless commands do not need it.
        from ovexplorer.tui.launch import run_tui

        return run_tui(spec, record, settings)


def open_graph(path: Path) -> int | None:
    """Run the TUI on the graph of a file; no engine is started before a model is picked.

    Returns:
        The exit code; None where this terminal cannot show the TUI.
    """
    try:
        refuse_this_terminal()
    except TerminalError:
        return None
    with raised(f"Reading {path.name}"):
        from ovexplorer.tui.launch import run_tui

        return run_tui(None, None, load_settings(), graph=path)


def refuse_this_terminal() -> None:
    """Refuse the terminal of this process when it cannot show the TUI.

    Raises:
        TerminalError: It is dumb or too small.
    """
    refuse_terminal(os.environ.get("TERM", ""), _terminal_size())


def refuse_terminal(term: str, size: tuple[int, int]) -> None:
    """Refuse a terminal that cannot show the TUI.

    Raises:
        TerminalError: It is dumb or too small.
    """
    headless = f"ovexplorer bench {DEFAULT_DEMO} measures without it"
    if term == "dumb":
        raise TerminalError("this terminal (TERM=dumb) cannot show the TUI", headless)
    if size[0] < LEAST_COLUMNS or size[1] < LEAST_ROWS:
        what = f"this terminal has {size[0]}x{size[1]} cells, the TUI needs {LEAST_COLUMNS}x{LEAST_ROWS}"
        raise TerminalError(what, f"enlarge it; {headless}")


def _terminal_size() -> tuple[int, int]:
    try:
        size = os.get_terminal_size(sys.stdout.fileno())
    except (OSError, ValueError):
        return LEAST_COLUMNS, LEAST_ROWS
    # Some terminals tell 0x0 until they are ready.
    return (size.columns, size.lines) if size.columns and size.lines else (LEAST_COLUMNS, LEAST_ROWS)


def settings_of(line: CommandLine) -> Settings:
    """The user's settings with what the command line says over them.

    Raises:
        SettingsError: The settings file is wrong.
    """
    settings = load_settings()
    if "ascii" in line.switches:
        settings = msgspec.structs.replace(settings, symbols="ascii")
    if "no_color" in line.switches:
        os.environ["NO_COLOR"] = "1"
    device = next((value for option, value in line.options if option.id == "device"), "")
    return msgspec.structs.replace(settings, device=device) if device else settings


def _spec(line: CommandLine) -> RunSpec | None:
    """The spec to open with; None means that the picker asks for a model."""
    if not line.words and "model" not in line.values:
        return None
    from ovexplorer.cli.request import request_of

    request = request_of(line)
    request = replace(request, spec=anchored(request.spec, Path.cwd()))
    spec = request.spec
    # A live run ends when it is told to.
    return msgspec.structs.replace(
        spec,
        duration_s=spec.duration_s if "duration" in line.values else 0.0,
        iterations=spec.iterations if "iterations" in line.values else 0,
    )
