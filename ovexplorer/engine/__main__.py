"""Entry of the engine process: `python -m ovexplorer.engine [--cpus 0,1] [--framework NAME]`.

`--cpus` is the affinity mask, set before anything that makes threads is imported. `--framework` measures with ONNX
Runtime or PyTorch instead, and openvino is then never imported: two runtimes in one process disturb each other.

Standard input carries commands, the original descriptor 1 events, both as frames of `ovexplorer.schema.codec`.
Everything printed by anyone lands on stderr.
"""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ovexplorer.engine.channel import Inbox
    from ovexplorer.engine.loops import Gate
    from ovexplorer.engine.reporter import Reporter
    from ovexplorer.schema.facts import EnvironmentFacts

_FRAMEWORKS = {"onnxruntime": "onnxruntime", "pytorch": "torch"}
"""What may follow `--framework`, and the package it needs."""
_CANNOT_START = 2


def main() -> None:
    """Set the process up, greet, and serve until told to end."""
    cpus, framework = parse_arguments(sys.argv[1:])
    # Runtimes size their thread pools by the mask they find when they are imported.
    _pin(cpus)
    # Before anything is imported: a print of its own must not land in the event stream, and without CI openvino would
    # start a telemetry thread; with it its import is also 0.1 s faster.
    private = os.dup(1)
    os.dup2(2, 1)
    os.environ.setdefault("CI", "true")
    begin = time.perf_counter_ns()
    version = _import_framework(framework) if framework else _import_openvino()
    _serve(private, time.perf_counter_ns() - begin, version, framework)


def parse_arguments(words: Sequence[str]) -> tuple[tuple[int, ...], str]:
    """The CPUs to run on (empty for all that are allowed) and the framework (empty for OpenVINO); ends on others."""
    cpus: tuple[int, ...] = ()
    framework = ""
    rest = list(words)
    while rest:
        option, value = rest[0], rest[1] if len(rest) > 1 else ""
        if option == "--cpus" and value and all(part.isascii() and part.isdigit() for part in value.split(",")):
            cpus = tuple(int(part) for part in value.split(","))
        elif option == "--framework" and value in _FRAMEWORKS:
            framework = value
        else:
            _refuse(f"{' '.join(rest[:2])!r} is no argument of it")
        del rest[:2]
    return cpus, framework


def _pin(cpus: tuple[int, ...]) -> None:
    if not cpus or not hasattr(os, "sched_setaffinity"):
        return
    try:
        os.sched_setaffinity(0, cpus)
    except (OSError, OverflowError, ValueError) as error:
        _refuse(f"it cannot run on the CPUs {', '.join(map(str, cpus))}: {getattr(error, 'strerror', None) or error}")


def _refuse(why: str) -> NoReturn:
    sys.stderr.write(f"engine: {why}\n")
    sys.exit(_CANNOT_START)


def _import_openvino() -> str:
    import openvino as ov

    return str(ov.get_version())


def _import_framework(name: str) -> str:
    from importlib import import_module

    try:
        module = import_module(_FRAMEWORKS[name])
    except ImportError as error:
        _refuse(f"{name} cannot be imported ({error}): pip install 'ovexplorer[{name}]'")
    return f"{name} {module.__version__}"


def _serve(private: int, import_ns: int, version: str, framework: str) -> None:
    import faulthandler
    import gc

    from ovexplorer.engine import channel
    from ovexplorer.engine.environment import describe_environment
    from ovexplorer.engine.loops import Gate
    from ovexplorer.engine.reporter import Reporter
    from ovexplorer.schema.protocol import PROTOCOL_VERSION, Hello
    from ovexplorer.text import clean

    # A crash in native code then says where Python was; the front end shows the end of stderr.
    faulthandler.enable()
    _no_core_dump()
    channel.widen(private)
    channel.die_with_parent()
    gate = Gate()
    inbox = channel.Inbox(gate)
    channel.watch_commands(inbox)
    environment = describe_environment(version)
    reporter = Reporter(channel.EventWriter(private))
    reporter.send(
        Hello(
            protocol=PROTOCOL_VERSION,
            pid=os.getpid(),
            clock_ns=time.perf_counter_ns(),
            import_ns=import_ns,
            openvino=clean(version),
            environment=environment,
        )
    )
    # What lives now lives for ever: later collections need not look at it.
    gc.freeze()
    _server(framework, reporter, inbox, gate, environment)()


def _server(
    framework: str, reporter: Reporter, inbox: Inbox, gate: Gate, environment: EnvironmentFacts
) -> Callable[[], None]:
    if framework:
        from ovexplorer.engine.frameworks.serving import FrameworkServer

        return FrameworkServer(framework, reporter, inbox, gate).serve
    from ovexplorer.engine.server import Server

    return Server(reporter, inbox, gate, environment).serve


def _no_core_dump() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


if __name__ == "__main__":
    main()
