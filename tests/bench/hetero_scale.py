"""What a dump of ten thousand operations in 38 submodels costs: read, joined, listed, predicted, advised.

    python tests/bench/hetero_scale.py [--blocks 1429] [--submodels 38]

The goal: read, joined and listed in 1 s at most. Each figure is CPU time, so that neighbours count less. A placement
with a border at every ReLU shows what the worst case costs.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ovexplorer.analysis.split.join import number_by_profile, split_of_dump
from ovexplorer.analysis.split.picture import make_picture
from ovexplorer.analysis.split.predict import predict
from ovexplorer.analysis.split.rules import check
from ovexplorer.analysis.split.suggest import suggest
from ovexplorer.graph.dump_reader import read_dump
from ovexplorer.schema.topology import DeviceSupport
from ovexplorer.units import duration, scaled
from tests.analysis.split.topology_kit import DEVICES, placed_where, residual
from tests.cli.layers_kit import layer, profile

SUPPORT = (DeviceSupport(device="A"), DeviceSupport(device="B"))


def dump_text(topology, split):
    """As HETERO writes it: unescaped labels, constants and parameters once a use, ids that begin anywhere."""
    part_of = {key: submodel.index for submodel in split.submodels for key in submodel.operations}
    lines = ["digraph ", "{"]
    clones = 0
    for entry in topology.operations:
        node = f"{entry.type}_{entry.key}"
        for producer, _ in entry.inputs:
            source = topology.operations[producer]
            start = f"{source.type}_{producer}"
            if source.role in ("constant", "parameter"):
                start = f"CLONE_{clones}"
                clones += 1
                lines.append(
                    f'    {start}[ shape="box"  style="dashed"  color="black"  '
                    f'label="{source.raw_name}\\n{source.type}_{producer}\\nopset1::{source.type}\n{{f32}}[1,16,8,8]" ]'
                )
            lines.append(f'    {start} -> {node}[label=" 0 -> 0 "]')
        if entry.role in ("operation", "result"):
            number = part_of[entry.key]
            lines.append(
                f'    {node} [shape=box color=black label="{entry.raw_name}\\n{node}\\nopset1::{entry.type}'
                f'{{f32}}[1,16,8,8]\\nsubgraph={number + 42}\\ndevice={split.placed[entry.key]}" '
                f"fillcolor=brown style=filled]"
            )
    return "\n".join([*lines, "}", ""])


def counted(topology, split):
    """A profile with a row for every operation, and Reorders at both sides of every cut."""
    layers, row_of = [], {}
    for submodel in split.submodels:
        entering = [cut for cut in split.cuts if cut.target == submodel.index]
        for cut in entering:
            name = f"subgraph{submodel.index}: Parameter_{cut.producer}_abcd_acdb_{cut.consumers[0]}"
            layers.append(layer(len(layers), name, 20, "Reorder", (row_of[cut.producer],)))
        for key in submodel.operations:
            entry = topology.operations[key]
            inputs = tuple(row_of[producer] for producer, _ in entry.inputs if producer in row_of)
            row_of[key] = len(layers)
            name = f"subgraph{submodel.index}: {entry.raw_name}"
            layers.append(layer(row_of[key], name, 10, str(entry.type), inputs, origin=(str(entry.raw_name),)))
    latency_us = sum(entry.mean_ns for entry in layers) // 1000
    return profile(layers, latency_us=latency_us)


class Clock:
    """Prints the CPU time of each step."""

    def __init__(self):
        self.total = 0.0

    def step(self, name, work, *, adds=True):
        start = time.process_time()
        result = work()
        seconds = time.process_time() - start
        self.total += seconds if adds else 0.0
        print(f"  {name:<42}{duration(seconds * 1e9):>10}", flush=True)
        return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=1429)
    parser.add_argument("--submodels", type=int, default=38)
    asked = parser.parse_args()
    topology = residual(asked.blocks)
    count = len(topology.operations)

    def stripe(entry):
        return DEVICES[entry.key * asked.submodels // count % 2]

    placed = placed_where(topology, stripe)
    split = predict(topology, placed, DEVICES)
    text = dump_text(topology, split)
    layers = counted(topology, split)
    print(f"{count:,} operations, {len(split.submodels)} submodels, {scaled(len(text), 'B')} of dump")

    clock = Clock()
    graph = clock.step("read the dump", lambda: read_dump(text))
    read = clock.step("join it with the model", lambda: split_of_dump(topology, graph, DEVICES))
    numbered = clock.step("number it by the profile", lambda: number_by_profile(read, topology, layers))
    rows = clock.step("list submodels and cuts", lambda: listed(topology, numbered))
    print(f"  {'in all (goal: 1 s)':<42}{duration(clock.total * 1e9):>10}   {len(rows)} rows")
    if len(read.submodels) != len(split.submodels) or graph.problems:
        raise SystemExit("the dump was not read as it was written")

    clock.step("predict", lambda: predict(topology, placed, DEVICES), adds=False)
    clock.step("check the rules", lambda: check(topology, placed, SUPPORT, split), adds=False)
    picture = clock.step("make the picture", lambda: make_picture(topology, split, layers, (), graph), adds=False)
    found = clock.step("suggest", lambda: suggest(topology, picture, SUPPORT), adds=False)
    print(f"  {len(found)} suggestions, {len(picture.unjoined)} rows unjoined")

    away = placed_where(topology, lambda entry: "B" if entry.type == "Relu" else "A")
    worst = clock.step("predict every ReLU elsewhere", lambda: predict(topology, away, DEVICES), adds=False)
    print(f"  {len(worst.submodels):,} submodels, {len(worst.cuts):,} cuts")
    counted_worst = counted(topology, worst)
    picture = clock.step("its picture", lambda: make_picture(topology, worst, counted_worst), adds=False)
    clock.step("its suggestions", lambda: suggest(topology, picture, SUPPORT), adds=False)


def listed(topology, split):
    """Rows as a list shows them."""
    rows = [(entry.index, entry.device, len(entry.operations), entry.time_ns) for entry in split.submodels]
    rows += [
        (cut.source, cut.target, topology.operations[cut.producer].name, scaled(cut.size_bytes, "B"))
        for cut in split.cuts
    ]
    return rows


if __name__ == "__main__":
    main()
