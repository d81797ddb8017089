"""The command `ovexplorer`: picks the command, and is the one place that turns errors into exit codes."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Sequence

from ovexplorer.cli.console import Console, quiet_streams
from ovexplorer.cli.line import CommandLine
from ovexplorer.errors import ExitCode, OvexplorerError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line.

    Args:
        argv: Without the program's name; None takes the process's own.

    Returns:
        One of `errors.ExitCode`.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    console = Console(color="--no-color" not in words, ascii_only="--ascii" in words)
    debug = "--debug" in words
    try:
        return int(_run(words, console))
    except OvexplorerError as error:
        if debug:
            console.traceback(traceback.format_exc())
        console.error(error.what, error.hint, error.detail if debug else ())
        return int(error.exit_code)
    except (KeyboardInterrupt, asyncio.CancelledError):
        console.clear_progress()
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader has seen enough: `ovexplorer devices | head -1`.
        quiet_streams()
        return int(ExitCode.DONE)
    except Exception as error:  # noqa: BLE001 - the one place where a defect becomes an exit code
        if debug:
            console.traceback(traceback.format_exc())
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        console.error(f"this is a defect in ovexplorer: {what}", "--debug shows where; please report it")
        return int(ExitCode.INTERNAL)


def _run(words: list[str], console: Console) -> int:
    if not words:
        # The picker: the parser and all it knows of flags would hold up the first paint by 25 ms.
        return _dispatch(CommandLine(), console)
    from ovexplorer.cli.parser import help_text, parse, split_command

    command, rest = split_command(words)
    if "-h" in rest or "--help" in rest:
        console.data(help_text(command))
        return ExitCode.DONE
    if not command and "--version" in rest:
        from ovexplorer.cli.recordings import installed_version

        console.data(f"ovexplorer {installed_version()}")
        return ExitCode.DONE
    return _dispatch(parse(words), console)


def _dispatch(line: CommandLine, console: Console) -> int:
    # Each command imports what it needs, so that none pays for another.
    match line.command:
        case "bench":
            from ovexplorer.cli.bench import bench

            return bench(line, console)
        case "ab":
            from ovexplorer.cli.ab import ab

            return ab(line, console)
        case "ladder":
            from ovexplorer.cli.ladder import ladder

            return ladder(line, console)
        case "layers":
            from ovexplorer.cli.layers import layers

            return layers(line, console)
        case "hetero":
            from ovexplorer.cli.hetero import hetero

            return hetero(line, console)
        case "graph":
            from ovexplorer.cli.graph import graph

            return graph(line, console)
        case "devices":
            from ovexplorer.cli.devices import devices

            return devices(line, console)
        case "doctor":
            from ovexplorer.cli.doctor import doctor

            return doctor(line, console)
        case "replay":
            from ovexplorer.cli.replay import replay

            return replay(line, console)
        case _:
            from ovexplorer.cli.open import open_tui

            return open_tui(line, console)
