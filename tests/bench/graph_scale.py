"""How the cost of graphs grows from 100 to 10,000 nodes: read, put in order, folded, grouped, searched, written.

    python tests/bench/graph_scale.py [--sizes 100,1000,3000,10000] [--file DUMP]

Dumps are written as HETERO does, of residual blocks in submodels of two devices, with constants once a use. Each figure
is CPU time, so that neighbours count less; the exponent is that of the two largest sizes, where n log n is about 1.1.
The goal: 10,000 nodes are read in 0.5 s, and nothing grows faster than n log n.
"""

import argparse
import math
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ovexplorer.analysis.split.predict import predict
from ovexplorer.export.graph_json import graph_json
from ovexplorer.graph.dump_reader import read_dump
from ovexplorer.graph.find import read_query
from ovexplorer.graph.fold import fold_constants
from ovexplorer.graph.outline import outline
from ovexplorer.graph.own_json import read_own_json
from ovexplorer.graph.paths import critical_path, neighbourhood, running_order
from ovexplorer.graph.quotient import quotient
from ovexplorer.session.graphviz_source import harmless
from tests.analysis.split.topology_kit import residual
from tests.bench.hetero_scale import dump_text

NODES_A_BLOCK = 7
"""Five operations and two weights."""

TURNS = 5


def dump_of(nodes):
    """A dump with about so many nodes."""
    topology = residual(max(1, nodes // NODES_A_BLOCK))
    each = len(topology.operations) // max(2, len(topology.operations) // 250) + 1
    placed = [("CPU", "CPU_SIM")[entry.key // each % 2] for entry in topology.operations]
    return dump_text(topology, predict(topology, placed, ("CPU", "CPU_SIM")))


def costs(text):
    """CPU seconds of each step, and how many nodes there are."""
    found = {}

    def step(name, work):
        begin = time.process_time()
        result = work()
        found[name] = time.process_time() - begin
        return result

    graph = step("read the dump", lambda: read_dump(text))
    step("put in running order", lambda: running_order(read_fresh(graph)))
    folded = step("fold constants", lambda: fold_constants(read_fresh(graph)))
    step("group by submodels", lambda: quotient(folded))
    step("outline", lambda: outline(folded))
    step("search", lambda: read_query("conv type:Conv").hits(folded))
    step("what is around, 8 hops", lambda: neighbourhood(folded, len(folded.nodes) // 2, 8))
    step("critical path", lambda: critical_path(folded, len(folded.nodes) // 2))
    written = step("write JSON", lambda: graph_json(graph))
    step("read JSON", lambda: read_own_json(written))
    step("make a Graphviz file harmless", lambda: harmless(text))
    return found, len(graph.nodes)


def least(texts):
    """The least of some turns, which are taken by all sizes in turn: what slows the machine slows all of them."""
    rows = [costs(text) for text in texts]
    for _ in range(TURNS - 1):
        for text, (found, _) in zip(texts, rows):
            for name, seconds in costs(text)[0].items():
                found[name] = min(found[name], seconds)
    return rows


def read_fresh(graph):
    """The same graph without what was worked out before."""
    return type(graph)(graph.kind, graph.title, graph.nodes, graph.edges, graph.problems)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,1000,3000,10000", help="nodes of the dumps")
    parser.add_argument("--file", type=Path, help="a dump to read instead")
    asked = parser.parse_args()
    if asked.file is not None:
        texts = [asked.file.read_text(encoding="utf-8")]
    else:
        texts = [dump_of(int(size)) for size in asked.sizes.split(",")]
    rows = least(texts)
    print(f"{'nodes':<32}" + "".join(f"{count:>10,}" for _, count in rows))
    print(f"{'kB':<32}" + "".join(f"{len(text) / 1e3:>10,.0f}" for text in texts))
    for name in rows[0][0]:
        times = [found[name] for found, _ in rows]
        line = f"{name + ', ms':<32}" + "".join(f"{seconds * 1e3:>10.2f}" for seconds in times)
        if len(rows) > 1 and min(times[-2:]) > 0:
            line += f"   n^{math.log(times[-1] / times[-2]) / math.log(rows[-1][1] / rows[-2][1]):.2f}"
        print(line)
    print(f"peak memory of this program: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
