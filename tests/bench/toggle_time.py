"""From a toggle to the first new figure: compile time plus what, and how long back to a kept configuration.

    python tests/bench/toggle_time.py [--model demo:mobilenet] [--times 15]

The goals: 150 ms beyond the compile; back: 150 ms, or three inferences plus draining, whichever is longer.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from engine_client import EngineClient, of_kind, spec_of

from ovexplorer.schema.protocol import ChangeSpec, PhaseFinished, StartRun, WindowMeasured


def toggle(engine, segment, spec):
    """Milliseconds to the first window, and those of the compile."""
    seen = len(engine.events)
    begin = time.perf_counter()
    engine.send(ChangeSpec(segment=segment, spec=spec))
    window = engine.until(WindowMeasured, seen, lambda event: event.window.segment == segment).window
    elapsed = (time.perf_counter() - begin) * 1e3
    phases = of_kind(engine.events[seen:], PhaseFinished)
    compiled = sum(event.duration_ns for event in phases if event.phase in ("compile", "reshape", "read")) / 1e6
    return elapsed, compiled, window.sum_ns / window.count / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="demo:mobilenet")
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--api", default="sync")
    arguments = parser.parse_args()
    hint = "LATENCY" if arguments.api == "sync" else "THROUGHPUT"
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name) / "engine"
        directory.mkdir()
        engine = EngineClient(directory)

        def spec(number):
            asked = {"PERFORMANCE_HINT": hint, "INFERENCE_NUM_THREADS": str(1 + number % 2), "LOG_LEVEL": "LOG_NONE"}
            asked["PERFORMANCE_HINT_NUM_REQUESTS"] = str(number)
            return spec_of(arguments.model, iterations=0, api=arguments.api, properties=asked)

        engine.send(StartRun(segment=1, spec=spec(1)))
        engine.until(WindowMeasured, 0)
        fresh, back = [], []
        for number in range(2, arguments.times + 2):
            elapsed, compiled, latency = toggle(engine, 2 * number, spec(number))
            fresh.append(elapsed - compiled)
            elapsed, compiled, latency = toggle(engine, 2 * number + 1, spec(number - 1))
            assert compiled == 0
            back.append(elapsed)
        engine.close()
    print(f"{arguments.model} {arguments.api}, one inference about {latency:.1f} ms, {arguments.times} toggles")
    for title, values in (("new configuration, beyond its compile", fresh), ("back to a kept one", back)):
        print(f"{title}: median {statistics.median(values):.0f} ms, max {max(values):.0f} ms")


if __name__ == "__main__":
    main()
