"""What our own drawing costs beside `dot -Tsvg` on the same dumps: time and peak memory, as ratios.

    python tests/bench/graph_export.py [--nodes 100 1000 2500 5000 10000] [--longest 300]

A dump of residual blocks in submodels of two devices, as HETERO writes it, is drawn by `ovexplorer graph --svg` (from
start of the program to the written file), by `--html`, by `dot` as it is, and by `dot` after `--dot` has cleaned it.
Times are CPU time of the child processes, so that neighbours count less; a ratio above 1 means that dot needs more.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NODES_A_BLOCK = 7
"""Five operations and two weights."""

WRITE = """
import sys
from pathlib import Path
from ovexplorer.analysis.split.predict import predict
from tests.analysis.split.topology_kit import residual
from tests.bench.hetero_scale import dump_text
topology = residual(int(sys.argv[1]))
each = len(topology.operations) // max(2, len(topology.operations) // 250) + 1
placed = [("CPU", "CPU_SIM")[entry.key // each % 2] for entry in topology.operations]
Path(sys.argv[2]).write_text(dump_text(topology, predict(topology, placed, ("CPU", "CPU_SIM"))), encoding="utf-8")
"""

FIND = "from ovexplorer.session.graphviz import find_dot; print(find_dot())"


def python(*words):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, *words], env=environment, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


class Cost:
    """CPU seconds and peak memory of one program; nothing when it was ended."""

    def __init__(self, command, longest_s):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            end = time.monotonic() + longest_s
            self.ended = False
            while True:
                # Not Popen's own wait: only wait4 tells what this one child used.
                pid, status, used = os.wait4(child.pid, os.WNOHANG)
                if pid:
                    break
                if time.monotonic() > end:
                    child.kill()
                    self.ended = True
                time.sleep(0.02)
            child.returncode = os.waitstatus_to_exitcode(status)
        self.failed = child.returncode != 0
        self.seconds = used.ru_utime + used.ru_stime
        self.megabytes = used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)

    def __str__(self):
        if self.failed:
            return f"ended after {self.seconds:.0f} s" if self.ended else "failed"
        return f"{self.seconds:7.2f} s {self.megabytes:6.0f} MB"

    def against(self, own):
        """Ratios of time and memory."""
        if own.failed or (self.failed and not self.ended):
            return "—"
        sign = ">" if self.failed else ""
        return f"{sign}{self.seconds / own.seconds:.1f} x time, {sign}{self.megabytes / own.megabytes:.1f} x memory"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nodes", type=int, nargs="+", default=[100, 1_000, 2_500, 5_000, 10_000])
    parser.add_argument("--longest", type=float, default=300.0, help="seconds after which dot is ended")
    given = parser.parse_args()
    dot = python("-c", FIND).strip()
    print(f"dot: {Path(dot).name}")
    with tempfile.TemporaryDirectory() as place:
        for count in given.nodes:
            measure(count, dot, Path(place), given.longest)


def measure(count, dot, place, longest_s):
    dump, clean = place / f"{count}.dot", place / f"{count}.clean.dot"
    python("-c", WRITE, str(max(1, count // NODES_A_BLOCK)), str(dump))
    graph = [sys.executable, "-m", "ovexplorer", "graph", str(dump)]
    subprocess.run([*graph, "--dot", str(clean)], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)
    outs = {name: place / f"{count}.{name}" for name in ("own.svg", "html", "raw.svg", "clean.svg")}
    own = Cost([*graph, "--svg", str(outs["own.svg"]), "--drawn-by", "own"], longest_s)
    page = Cost([*graph, "--html", str(outs["html"])], longest_s)
    raw = Cost([dot, "-Tsvg", str(dump), "-o", str(outs["raw.svg"])], longest_s)
    cleaned = Cost([dot, "-Tsvg", str(clean), "-o", str(outs["clean.svg"])], longest_s)
    size = {name: path.stat().st_size / 1e6 if path.exists() else 0 for name, path in outs.items()}
    print(f"\n{count:,} nodes")
    print(f"  ovexplorer --svg    {own}  {size['own.svg']:6.2f} MB written")
    print(f"  ovexplorer --html   {page}  {size['html']:6.2f} MB written")
    print(f"  dot, dump as it is  {raw}  {size['raw.svg']:6.2f} MB written   {raw.against(own)}")
    print(f"  dot, cleaned        {cleaned}  {size['clean.svg']:6.2f} MB written   {cleaned.against(own)}")


if __name__ == "__main__":
    main()
