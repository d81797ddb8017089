"""Entry of the engine process: `python -m ovexplorer.engine`.

Takes no arguments. Standard input carries commands, the original descriptor 1 events, both as frames of
`ovexplorer.schema.codec`. Everything printed by anyone lands on stderr.
"""

from __future__ import annotations

import os
import time


def main() -> None:
    """Set the process up, greet, and serve until told to end."""
    # Before openvino is imported: a print of its own must not land in the event stream, and without CI it would
    # start a telemetry thread; with it the import is also 0.1 s faster.
    private = os.dup(1)
    os.dup2(2, 1)
    os.environ.setdefault("CI", "true")
    begin = time.perf_counter_ns()
    import openvino as ov

    import_ns = time.perf_counter_ns() - begin
    _serve(private, import_ns, ov.get_version())


def _serve(private: int, import_ns: int, version: str) -> None:
    import faulthandler
    import gc

    from ovexplorer.engine import channel
    from ovexplorer.engine.environment import describe_environment
    from ovexplorer.engine.loops import Gate
    from ovexplorer.engine.reporter import Reporter
    from ovexplorer.engine.server import Server
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
    Server(reporter, inbox, gate, environment).serve()


def _no_core_dump() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


if __name__ == "__main__":
    main()
