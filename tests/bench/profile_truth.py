"""Are times per layer true: what counting costs, what is left over, and oneDNN's own log beside the counters.

    python tests/bench/profile_truth.py [--quads 40] [--seconds 0.2] [--times 9] [--part latency|gap|verbose]

The goals, on three convolution networks: profiled and unprofiled latency in turns agree within 2 %; latency minus the
sum of the layers is at most 5 % and 20 us. On a chain of convolutions: the ten heaviest layers agree with
ONEDNN_VERBOSE within 10 % or 30 us, whichever is more. The log is written by a process of its own, because writing a
line takes about 20 us that the counters of that process contain; the two kinds of process take turns, and of each
layer the smallest mean counts, because other work on the machine only ever adds.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "engine")]

MODELS = ("demo:resnet50", "demo:mobilenet", "demo:yolov5n")
LATENCY = {"PERFORMANCE_HINT": "LATENCY"}
WIDTHS = (48, 64, 96, 64, 112, 128, 64, 80, 128, 96, 144, 64, 96, 128)


# Latency with and without counters, in turns


def latency(arguments):
    import openvino as ov
    from paired import compare

    from ovexplorer.engine.configurations import Configurations
    from ovexplorer.engine.intake import load, prepare, unreported
    from ovexplorer.engine.loops import Gate
    from ovexplorer.engine.profile import profiled_spec
    from ovexplorer.engine.workload import Workload
    from ovexplorer.schema.spec import ModelSpec, RunSpec

    core = ov.Core()
    print("unprofiled latency / profiled latency")
    for name in MODELS:
        spec = RunSpec(model=ModelSpec(path=name), properties=LATENCY)
        prepared = prepare(load(core, spec.model, unreported), spec.model, unreported)
        kept = Configurations(core, len(os.sched_getaffinity(0)))
        sides = [Workload(kept.make_apart(prepared, asked), spec) for asked in (spec, profiled_spec(spec))]

        def block(work):
            work.loop.run(0.0, Gate(), 1)  # The first one after a switch is slower.
            piece = work.loop.run(time.perf_counter() + arguments.seconds, Gate(), 1 << 30)
            return 1e3 * len(piece.latencies_ms) / sum(piece.latencies_ms)

        for work in sides:
            work.warm_up()
        ratio = compare(lambda work=sides[0]: block(work), lambda work=sides[1]: block(work), arguments.quads)
        within = "yes" if ratio.low >= 0.98 and ratio.high <= 1.02 else "not shown"
        if ratio.high < 0.98 or ratio.low > 1.02:
            within = "NO"
        print(f"  {name:16} {ratio}   within 2 %: {within}")


# What is left over


def gap(arguments):
    from engine_client import EngineClient, spec_of

    from ovexplorer.schema.protocol import LayersMeasured, Profile, StartRun, WindowMeasured

    print("latency minus the sum of the layers, median of the profiles")
    for name in MODELS:
        with tempfile.TemporaryDirectory() as place:
            directory = Path(place) / "engine"
            directory.mkdir()
            engine = EngineClient(directory)
            engine.send(StartRun(segment=1, spec=spec_of(name, iterations=0)))
            engine.until(WindowMeasured, 0)
            profiles = []
            for _ in range(arguments.times):
                seen = len(engine.events)
                engine.send(Profile(seconds=2.0, iterations=200))
                profiles.append(engine.until(LayersMeasured, seen).profile)
            engine.close()
        gaps = [entry.latency_ns - sum(layer.mean_ns for layer in entry.layers) for entry in profiles]
        left, whole = statistics.median(gaps), statistics.median(entry.latency_ns for entry in profiles)
        allowed = 0.05 * whole + 20_000
        hidden = profiles[-1].truncation_ns
        print(
            f"  {name:16} {left / 1e3:7.1f} us of {whole / 1e3:9.1f} us ({left / whole:6.2%}), "
            f"cut-off hides at most {hidden / 1e3:.1f} us   within {allowed / 1e3:.1f} us: "
            f"{'yes' if left <= allowed else 'NO'}"
        )


# oneDNN's own log


def chain():
    import numpy as np
    import openvino as ov
    import openvino.opset16 as op

    data = at = op.parameter([1, 32, 80, 80], ov.Type.f32, name="data")
    generator = np.random.default_rng(0)
    for number, width in enumerate(WIDTHS):
        taken = at.get_output_partial_shape(0)[1].get_length()
        weights = generator.standard_normal((width, taken, 3, 3), dtype=np.float32) / taken
        at = op.relu(op.convolution(at, op.constant(weights), [1, 1], [1, 1], [1, 1], [1, 1], name=f"conv{number}"))
    return ov.Model([at], [data], "chain")


def child(inferences, counted):
    """Runs in a process of its own: the chain, with counters or with the log; prints what the parent reads."""
    from counted_models import workload_of

    from ovexplorer.engine.loops import Gate
    from ovexplorer.engine.profile import measure_layers
    from ovexplorer.schema.protocol import Profile

    workload = workload_of(chain(), counted=counted, properties=LATENCY)
    if counted:
        asked = Profile(seconds=600.0, iterations=inferences)
        profile = measure_layers(workload, 1, workload.spec, asked, Gate())
        layers = {layer.raw_name: layer.mean_ns / 1e3 for layer in profile.layers if layer.type == "Convolution"}
        print(json.dumps([layers[f"conv{number}"] for number in range(len(WIDTHS))]))
        return
    workload.infer_once()
    print("BEGIN", flush=True)
    workload.loop.run(time.perf_counter() + 600.0, Gate(), inferences)
    print("END", flush=True)


def ask(inferences, *, counted):
    """Microseconds by convolution, from one process."""
    environment = {**os.environ, "ONEDNN_VERBOSE": "0" if counted else "1"}
    command = [sys.executable, __file__, "--child", "counted" if counted else "logged", "--inferences", str(inferences)]
    told = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=600).stdout
    if counted:
        return json.loads(told.splitlines()[-1])
    lines = told.partition("BEGIN")[2].partition("END")[0].splitlines()
    times = [1e3 * float(line.rpartition(",")[2]) for line in lines if ",exec,cpu,convolution," in line]
    if len(times) != inferences * len(WIDTHS):
        raise SystemExit(f"the log has {len(times)} convolutions, {inferences * len(WIDTHS)} were run")
    return [statistics.fmean(times[number :: len(WIDTHS)]) for number in range(len(WIDTHS))]


def verbose(arguments):
    rounds = [
        (ask(arguments.inferences, counted=True), ask(arguments.inferences, counted=False))
        for _ in range(arguments.times)
    ]
    counted, logged = ([min(one[side][number] for one in rounds) for number in range(len(WIDTHS))] for side in (0, 1))
    print(f"counters and oneDNN's log, us, smallest means of {arguments.times} processes each")
    for number in sorted(range(len(WIDTHS)), key=lambda number: -logged[number])[:10]:
        off, allowed = counted[number] - logged[number], max(0.1 * logged[number], 30.0)
        print(
            f"  conv{number:<3} {counted[number]:8.1f} {logged[number]:8.1f}  {off:+7.1f}   within {allowed:5.1f}: "
            f"{'yes' if abs(off) <= allowed else 'NO'}"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("latency", "gap", "verbose"))
    parser.add_argument("--quads", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--times", type=int, default=9)
    parser.add_argument("--inferences", type=int, default=30)
    parser.add_argument("--child", choices=("counted", "logged"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.inferences, arguments.child == "counted")
        return
    for name, part in (("latency", latency), ("gap", gap), ("verbose", verbose)):
        if arguments.part in (None, name):
            part(arguments)


if __name__ == "__main__":
    main()
