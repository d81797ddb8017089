"""Our loops against benchmark_app's own, on the same compiled model in one process, in turns.

    python tests/bench/loop_against_benchmark_app.py [--quads 50] [--api sync,async] [demo:relu demo:mobilenet …]

Prints ours / theirs in inferences a second; the goal is 0.99 on models of 1 ms and more, 1.00 on demo:relu.
"""

import argparse
import os
import time
from contextlib import nullcontext

os.environ.setdefault("CI", "true")

import numpy as np
import openvino as ov
from openvino.tools.benchmark.benchmark import Benchmark
from paired import compare

from ovexplorer.engine.configurations import Configurations, configuration_key
from ovexplorer.engine.intake import load, prepare
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.workload import Workload
from ovexplorer.schema.spec import ModelSpec, RunSpec

MODELS = ("demo:relu", "demo:branchy", "demo:mobilenet", "demo:yolov5n", "demo:resnet50")


class OneItemEach:
    """What benchmark_app's loops ask of its data queue when inputs are filled once."""

    @staticmethod
    def get_next_batch_size():
        return 1


def iterations_of_block(workload):
    """As many as fit max(100 ms, 5 inferences), at least 16 with several in flight; the same for both loops.

    A multiple of the requests in flight, as benchmark_app rounds: a last one alone would leave the other streams idle.
    """
    begin = time.perf_counter()
    piece = workload.loop.run(begin + 0.3, Gate(), 1 << 60)
    piece.latencies_ms += workload.loop.drain().latencies_ms
    rate = len(piece.latencies_ms) / (time.perf_counter() - begin)
    wanted = max(5, 16 if workload.count > 1 else 0, round(rate * 0.1))
    return -(-wanted // workload.count) * workload.count


def ours(workload, iterations):
    workload.loop.run(0.0, Gate(), 1)
    workload.loop.drain()
    begin = time.perf_counter()
    done = 0
    while done < iterations:
        done += len(workload.loop.run(float("inf"), Gate(), iterations - done).latencies_ms)
    return done / (time.perf_counter() - begin)


def theirs(benchmark, requests):
    if benchmark.api_type == "sync":
        requests[0].infer()
        _, seconds, count = benchmark.sync_inference(requests[0], OneItemEach())
    else:
        requests.start_async()
        requests.wait_all()
        _, seconds, count = benchmark.async_inference_only(requests, OneItemEach())
    return count / seconds


def measure(core, path, api, quads):
    model = ModelSpec(path=path)
    hint = "LATENCY" if api == "sync" else "THROUGHPUT"
    spec = RunSpec(model=model, api=api, properties={"PERFORMANCE_HINT": hint})
    loaded = load(core, model, lambda phase: nullcontext())
    prepared = prepare(loaded, model, lambda phase: nullcontext())
    configuration = Configurations(core, os.cpu_count() or 1).make(
        configuration_key(loaded.identity, spec), prepared, spec, lambda phase: nullcontext()
    )
    workload = Workload(configuration, spec)
    workload.infer_once()
    workload.warm_up()
    iterations = iterations_of_block(workload)
    benchmark = Benchmark("CPU", workload.count, iterations, None, api, True, 0)
    requests = benchmark.create_infer_requests(configuration.compiled)
    arrays = [entry.arrays for entry in workload._chosen]
    held = []
    for request, own in zip(requests, arrays):
        tensors = [ov.Tensor(np.array(array), shared_memory=True) for array in own]
        held.append(tensors)
        for index, tensor in enumerate(tensors):
            request.set_input_tensor(index, tensor)
    ratio = compare(lambda: theirs(benchmark, requests), lambda: ours(workload, iterations), quads)
    work = f"{path:16} {api:5} {workload.count} requests, blocks of {iterations:,}"
    print(f"{work}   ours / theirs  {ratio}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=MODELS)
    parser.add_argument("--quads", type=int, default=50)
    parser.add_argument("--api", default="sync,async")
    arguments = parser.parse_args()
    core = ov.Core()
    for path in arguments.models:
        for api in arguments.api.split(","):
            measure(core, path, api, arguments.quads)


if __name__ == "__main__":
    main()
