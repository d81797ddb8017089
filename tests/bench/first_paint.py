"""First paint of ovexplorer against a bare Textual app with one widget, in turns.

    python tests/bench/first_paint.py [--quads 12]

Prints the ratio of the times from exec to the first text on the screen, and to the whole picker; the goal is 1.25 at
most for the first paint.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from paired import compare
from terminal import Terminal

BARE = """
from textual.app import App
from textual.widgets import Label
class Bare(App):
    def compose(self):
        yield Label("Pick a model")
Bare().run()
"""
TEXT = b"Pick a model"
WHOLE = b"call overhead"
"""The last row of the list of demo models: with it the picker is all there."""


def seconds_to_paint(argv, directory, text=TEXT):
    environment = {f"OVEXPLORER_{kind}_DIR": str(directory) for kind in ("CONFIG", "STATE", "CACHE")}
    begin = time.perf_counter()
    terminal = Terminal(argv, 160, 45, environment)
    seen = terminal.read_for(20, text)
    elapsed = time.perf_counter() - begin
    terminal.close()
    if not seen:
        raise SystemExit(f"{argv} painted nothing: {terminal.tail[-300:]!r}")
    return elapsed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quads", type=int, default=12)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        bare = directory / "bare.py"
        bare.write_text(BARE)
        times = {"bare": [], "ours": [], "whole": []}

        def bare_rate():
            times["bare"].append(seconds_to_paint([sys.executable, str(bare)], directory))
            return times["bare"][-1]

        def our_rate():
            times["ours"].append(seconds_to_paint([sys.executable, "-m", "ovexplorer"], directory))
            return times["ours"][-1]

        def whole_rate():
            times["whole"].append(seconds_to_paint([sys.executable, "-m", "ovexplorer"], directory, WHOLE))
            return times["whole"][-1]

        ratio = compare(bare_rate, our_rate, arguments.quads)
        whole = compare(bare_rate, whole_rate, arguments.quads)
        for kind, seconds in times.items():
            print(f"{kind}: median {sorted(seconds)[len(seconds) // 2] * 1e3:.0f} ms")
        print(f"time to the first paint, ours / bare  {ratio}")
        print(f"time to the whole picker, ours / bare  {whole}")


if __name__ == "__main__":
    main()
