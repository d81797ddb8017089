"""How often comparisons in turns are right: the same against the same, and against a true difference of 5 %.

    python tests/bench/paired_power.py [--metric latency|throughput] [--runs 24] [--budget 20]

Each run is a fresh engine. A is a network of residual blocks that takes about 10 ms, B the same with 5 % more blocks.
The goals: no difference between A and A in 23 of 24 runs, the difference found within 20 s in 20 of 24. The last column
says how often the interval held the truth: the extra work is known exactly, the extra time is taken to be as large.
"""

import argparse
import asyncio
import math
import sys
import tempfile
from pathlib import Path

import msgspec
import numpy as np
import openvino as ov
from openvino import opset13 as op

sys.path.insert(0, str(Path(__file__).parents[2]))

from ovexplorer.analysis import paired
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Session
from ovexplorer.tuning.pair import PairPlan, run_pair, spent_s

BLOCKS = 20
MORE = 1


def residual(path, blocks, channels):
    """A chain of equal residual blocks of two convolutions each, without anything else of weight."""
    random = np.random.default_rng(7)
    value = data = op.parameter([1, channels, 28, 28], np.float32, name="data")
    for _ in range(blocks):
        inner = value
        for _ in range(2):
            weights = random.standard_normal((channels, channels, 3, 3), np.float32) / math.sqrt(9 * channels)
            inner = op.relu(op.convolution(inner, op.constant(weights), [1, 1], [1, 1], [1, 1], [1, 1]))
        value = op.multiply(op.add(value, inner), op.constant(np.float32(0.7)))
    ov.save_model(ov.Model([op.result(value)], [data], "residual"), path, compress_to_fp16=False)


def spec_of(path, metric):
    spec = default_spec(ModelSpec(path=str(path)))
    asked = {"INFERENCE_PRECISION_HINT": "f32"}
    if metric == "latency":
        return msgspec.structs.replace(spec, properties={**spec.properties, **asked})
    asked |= {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": "2"}
    return msgspec.structs.replace(spec, properties=asked, api="async", requests=4)


async def compare(a, b, budget_s):
    """One comparison in a fresh engine."""
    session = Session(ProcessSource.start)
    life = asyncio.create_task(session.run())
    try:
        return await run_pair(session, PairPlan(a=a, b=b, budget_s=budget_s))
    finally:
        await session.close()
        await life


def say(name, contest, truth):
    """One line, and whether the verdict and the interval are right."""
    said = paired.estimate_turns(contest.turns, contest.a.number, contest.metric)
    holds = said.low is not None and said.low <= truth <= said.high
    first = contest.a.windows[0].median_ns / 1e6
    interval = "no interval" if said.low is None else f"[{said.low:.4f} … {said.high:.4f}]"
    print(
        f"{name}  {said.verdict:13} {said.point or 0:.4f} {interval}  {said.quads:2} quads "
        f"{spent_s(contest):5.1f} s  {contest.stopped:8} A first {first:.1f} ms{'' if holds else '  misses the truth'}",
        flush=True,
    )
    return said.verdict, holds, spent_s(contest)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--metric", choices=("latency", "throughput"), default="latency")
    parser.add_argument("--runs", type=int, default=24)
    parser.add_argument("--budget", type=float, default=20.0)
    parser.add_argument("--channels", type=int, default=96)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        residual(folder / "a.xml", BLOCKS, arguments.channels)
        residual(folder / "b.xml", BLOCKS + MORE, arguments.channels)
        a, b = (spec_of(folder / file, arguments.metric) for file in ("a.xml", "b.xml"))
        truth = BLOCKS / (BLOCKS + MORE)
        same, found, held, times = 0, 0, 0, []
        for _ in range(arguments.runs):
            verdict, holds, _ = say("A/A", asyncio.run(compare(a, a, arguments.budget)), 1.0)
            same += verdict == "no_difference"
            verdict, holds, spent = say("A/B", asyncio.run(compare(a, b, arguments.budget)), truth)
            found += verdict == "a_faster"
            held += holds
            times.append(spent)
    print(f"\n{arguments.metric}: the same against the same: no difference in {same} of {arguments.runs}")
    print(
        f"{arguments.metric}: {100 * MORE / BLOCKS:.0f} % more work: found in {found} of {arguments.runs}, "
        f"after {sorted(times)[len(times) // 2]:.1f} s at the median, {max(times):.1f} s at most; "
        f"the interval held {truth:.4f} in {held}"
    )


if __name__ == "__main__":
    main()
