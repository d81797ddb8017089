"""What the live screen costs: its CPU and bytes, and the FPS it takes from the engine.

    python tests/bench/screen_cost.py [--model demo:mobilenet] [--quads 12] [--size 160x45]

The screen is suspended by stopping the UI process for two seconds at a time; the engine goes on, and its windows are
read from the recording afterwards. The goals: 1 % of a core, 8 kB/s, and 0.98 of the FPS without the screen.
"""

import argparse
import math
import signal
import sys
import tempfile
import time
from pathlib import Path

from paired import ratio_of
from terminal import Terminal

from ovexplorer.history.recording import read_recording
from ovexplorer.schema.protocol import WindowMeasured

WARM_S = 20.0
"""Until the screen has found its pace."""
ALONE_S = 30.0
"""For the cost of the screen, undisturbed: a process that was stopped has to catch up."""
BLOCK_S = 2.0
MARGIN_S = 0.6
"""After each switch: the UI catches up with what it missed."""


def fps_in(windows, begin, end):
    inside = [window for window in windows if window.start_ns >= begin * 1e9 and window.end_ns <= end * 1e9]
    counted = sum(window.count for window in inside)
    return counted / (sum(window.end_ns - window.start_ns for window in inside) / 1e9)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="demo:mobilenet")
    parser.add_argument("--quads", type=int, default=12)
    parser.add_argument("--size", default="160x45")
    arguments = parser.parse_args()
    columns, rows = (int(part) for part in arguments.size.split("x"))
    with tempfile.TemporaryDirectory() as name:
        recording = Path(name) / "run.ovx"
        argv = [sys.executable, "-m", "ovexplorer", arguments.model, "--record", str(recording)]
        environment = {f"OVEXPLORER_{kind}_DIR": name for kind in ("CONFIG", "STATE")}
        terminal = Terminal(argv, columns, rows, environment)
        terminal.read_for(WARM_S)
        begin, used, received = time.perf_counter(), terminal.cpu_seconds(), terminal.received
        terminal.read_for(ALONE_S)
        drawn, cpu = time.perf_counter() - begin, terminal.cpu_seconds() - used
        sent = terminal.received - received
        blocks = []
        for drawing in [True, False, False, True] * arguments.quads:
            terminal.signal(signal.SIGCONT if drawing else signal.SIGSTOP)
            terminal.read_for(MARGIN_S)
            begin = time.perf_counter()
            terminal.read_for(BLOCK_S)
            blocks.append((drawing, begin, time.perf_counter()))
        terminal.signal(signal.SIGCONT)
        terminal.read_for(1)
        terminal.press(b"q")
        terminal.read_for(3)
        terminal.close()
        events = [entry.message for entry in read_recording(recording).entries]
        windows = [event.window for event in events if isinstance(event, WindowMeasured)]
    rates = [(drawing, math.log(fps_in(windows, begin, end))) for drawing, begin, end in blocks]
    quads = [(rates[i][1] + rates[i + 3][1] - rates[i + 1][1] - rates[i + 2][1]) / 2 for i in range(0, len(rates), 4)]
    print(f"{arguments.model} at {arguments.size}: UI {cpu / drawn:.2%} of a core, {sent / drawn / 1e3:.1f} kB/s")
    print(f"FPS with the screen / without  {ratio_of(quads)}")


if __name__ == "__main__":
    main()
