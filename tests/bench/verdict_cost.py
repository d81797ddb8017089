"""What windows, verdict and intervals cost: the live loop with a front end that judges, against a bare loop.

    python tests/bench/verdict_cost.py [--quads 40] [--channels 40]

Both loops run the same request of a model of about 1 ms in one process, in turns A B B A of half a second. In B's turns
a second process on the same cores decodes the windows and keeps figures and verdict as the Live screen does. The goal:
less than 0.5 % of the throughput.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import openvino as ov

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parent))

from paired_power import residual

from ovexplorer.analysis import paired
from ovexplorer.engine.channel import EventWriter
from ovexplorer.engine.loops import Gate, SyncLoop
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.workshop import Workshop
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.spec import ModelSpec

TURN_S = 0.5
FOREVER = 1 << 60


def front_end():
    """Read frames from standard input and judge; a byte comes back for each window."""
    from ovexplorer.schema.codec import event_reader
    from ovexplorer.schema.protocol import ConfigurationReady, WindowMeasured
    from ovexplorer.session.store import Store
    from ovexplorer.tui.figures import RunFigures

    store, figures, reader = Store(), RunFigures(), event_reader()
    store.asked(1, default_spec(ModelSpec(path="bench")), "", 0, new_run=True)
    while data := os.read(0, 1 << 16):
        for event in reader.feed(data):
            store.apply(event)
            if isinstance(event, (WindowMeasured, ConfigurationReady)):
                figures.feed(store.state)
            if isinstance(event, WindowMeasured):
                os.write(1, b".")


def main():
    if "--front-end" in sys.argv:
        front_end()
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quads", type=int, default=40)
    parser.add_argument("--channels", type=int, default=40)
    arguments = parser.parse_args()
    child = subprocess.Popen(
        [sys.executable, __file__, "--front-end"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.xml"
        residual(path, 10, arguments.channels)
        reporter, gate = Reporter(EventWriter(child.stdin.fileno())), Gate()
        workshop = Workshop(reporter, gate, os.cpu_count() or 1)
        run = workshop.make_run(1, default_spec(ModelSpec(path=str(path))), lambda _run: None)
        bare = run.workload.loop
        assert isinstance(bare, SyncLoop)
        live_rate(run, child)
        differences = []
        for _ in range(arguments.quads):
            a1, b1, b2, a2 = bare_rate(bare, gate), live_rate(run, child), live_rate(run, child), bare_rate(bare, gate)
            # Of rates, so that above 1 the live loop is faster.
            differences.append(quad(a1, b1, b2, a2))
        child.stdin.close()
        child.wait(10)
    said = paired.estimate(differences)
    latency = 1e3 / bare_rate(bare, gate)
    print(f"OpenVINO {ov.get_version()}, a model of {latency:.2f} ms, {said.quads} quads of four turns of {TURN_S} s")
    print(f"throughput with windows, verdict and intervals / bare loop: {said.point:.4f} ", end="")
    print(f"[{said.low:.4f} … {said.high:.4f}] at 99 %")


def quad(a1, b1, b2, a2):
    """Mean log ratio of B's rates to A's."""
    from math import log

    return (log(b1) + log(b2) - log(a1) - log(a2)) / 2


def bare_rate(loop, gate):
    """Inferences a second of the bare loop."""
    piece = loop.run(time.perf_counter() + TURN_S, gate, FOREVER)
    return len(piece.latencies_ms) / (piece.end_s - piece.start_s)


def live_rate(run, child):
    """The same of the live run, told and judged; waits until the front end has judged all of it."""
    begin = time.perf_counter()
    counted = windows = 0
    while time.perf_counter() - begin < TURN_S:
        before = run._count
        run.step()
        counted += run._count - before
        windows += 1
    spent = time.perf_counter() - begin
    run.suspend()
    while windows:
        windows -= len(os.read(child.stdout.fileno(), windows))
    return counted / spent


if __name__ == "__main__":
    main()
