"""What drawing large graphs costs: layers, lanes, rows of cells, pages on the way to the terminal.

    python tests/bench/graph_layout.py [--sizes 100,1000,6000,10000]

Goals: 6,000 operations (a dump of 10,000 nodes without its constants) laid out in 0.6 s of CPU time; growth no worse
than n log n; a frame of 200x60 in 16 ms (median) and 33 ms (95th percentile); a page sends at most 30 kB.
"""

import argparse
import asyncio
import math
import random
import resource
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from textual.app import App

from ovexplorer.graph.drawing.layers import put_in_layers
from ovexplorer.graph.drawing.layout import lay_out
from ovexplorer.graph.drawing.ordering import count_crossings
from ovexplorer.graph.drawing.overview import overview
from ovexplorer.graph.drawing.picture import Face, Picture, Text
from ovexplorer.graph.fold import keep_only
from ovexplorer.graph.lanes import lane_rows
from ovexplorer.graph.paths import neighbourhood
from ovexplorer.tui.glyphs import UNICODE
from ovexplorer.tui.widgets.graph_canvas import GraphCanvas
from tests.graph.graph_kit import chain, cnn, dense, fan, tangled, transformer

WIDTH, HEIGHT, SIZE = 200, 60, (16, 3)


def cpu(work, *arguments):
    """CPU seconds and what the work gave."""
    begin = time.process_time()
    result = work(*arguments)
    return time.process_time() - begin, result


def face_of(graph):
    return lambda key: Face(((Text("C", "1"), Text(f"{graph.nodes[key].name:<13}")),), "p")


def drawn(graph):
    layout = lay_out(graph, lambda _: SIZE)
    return Picture(layout, face_of(graph))


def frames(picture, count=40):
    """CPU time of frames at places all over the drawing, in ms."""
    dice, found = random.Random(1), []
    for _ in range(count):
        x, y = dice.randrange(max(1, picture.width - WIDTH)), dice.randrange(max(1, picture.height - HEIGHT))
        found.append(cpu(lambda x, y: [picture.row(y + at, x, WIDTH) for at in range(HEIGHT)], x, y)[0] * 1e3)
    return found


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def one(name, graph):
    """Print what one graph costs; gives the CPU time of its layout."""
    seconds, layout = cpu(lay_out, graph, lambda _: SIZE)
    indexing, picture = cpu(Picture, layout, face_of(graph))
    times = frames(picture)
    lanes, _ = cpu(lane_rows, graph, range(len(graph.nodes)))
    small, _ = cpu(overview, layout, "C" * len(graph.nodes), 24, 40)
    layered = put_in_layers(graph)
    print(
        f"{name:<18}{len(graph.nodes):>7,}{len(graph.edges):>8,}{seconds:>9.3f}{indexing * 1e3:>9.1f}"
        f"{statistics.median(times):>8.1f}{percentile(times, 0.95):>7.1f}{lanes:>8.3f}{small * 1e3:>9.1f}"
        f"{count_crossings(layered.layers, layered.links):>9,}{len(layout.stubs) // 2:>7,}"
        f"{layout.width:>8,} x {layout.height:,}"
    )
    return seconds


def growth(sizes, make):
    """Exponent of the layout's time over the two largest sizes."""
    times = [min(cpu(lay_out, make(size), lambda _: SIZE)[0] for _ in range(2)) for size in sizes[-2:]]
    return math.log(times[1] / times[0]) / math.log(sizes[-1] / sizes[-2])


def focus_times(graph, hops):
    """CPU time of a neighbourhood laid out, in ms, around operations all over a graph."""
    dice, found = random.Random(2), []
    for _ in range(40):
        centre = dice.randrange(len(graph.nodes))

        def work(centre=centre):
            return drawn(keep_only(graph, neighbourhood(graph, centre, hops).nodes))

        found.append(cpu(work)[0] * 1e3)
    return found


class Shown(App):
    """One canvas."""

    def __init__(self, graph):
        super().__init__()
        self.graph = graph

    def compose(self):
        yield GraphCanvas(UNICODE)

    def on_mount(self):
        self.query_one(GraphCanvas).styles.height = "1fr"


async def pages(graph, count=30):
    """CPU time in ms and bytes of pages down, each drawn whole."""
    app, times, sizes = Shown(graph), [], []
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        canvas = app.query_one(GraphCanvas)
        canvas.show(graph, drawn(graph), 0)
        await pilot.pause()
        for _ in range(count):
            begin = time.process_time()
            canvas.action_list_page_down()
            strips = [canvas.render_line(y) for y in range(HEIGHT)]
            text = "".join(strip.render(app.console) for strip in strips)
            times.append((time.process_time() - begin) * 1e3)
            sizes.append(len(text.encode()))
    return times, sizes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", default="100,1000,6000,10000")
    sizes = [int(size) for size in parser.parse_args().sizes.split(",")]
    print(
        "                    nodes   edges   layout    index   frame    p95   lanes overview crossings  stubs    size"
    )
    print(
        "                                     CPU s       ms      ms     ms   CPU s       ms                     cells"
    )
    for name, make in (("transformer", transformer), ("cnn", cnn)):
        for size in sizes:
            one(name, make(size))
        print(f"{name:<18} grows with n^{growth(sizes, make):.2f}")
    one("chain", chain(sizes[-1]))
    one("fan-out and in", fan(2_000))
    one("densely connected", dense(5, 12))
    one("tangled", tangled(300, 450, 2, 10))
    one("tangled, wide", tangled(3_000, 6_000))
    large = transformer(sizes[-1])
    for hops in (2, 4, 8):
        times = focus_times(large, hops)
        print(f"focus, {hops} hops: median {statistics.median(times):.1f} ms, most {max(times):.1f} ms")
    times, sent = asyncio.run(pages(large))
    print(
        f"page down in the canvas: median {statistics.median(times):.1f} ms, p95 {percentile(times, 0.95):.1f} ms, "
        f"{statistics.median(sent) / 1e3:.1f} kB, most {max(sent) / 1e3:.1f} kB"
    )
    print(f"peak memory of this program: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
