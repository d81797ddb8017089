"""What a profile of ten thousand layers costs: analysed, aligned, opened, sorted, filtered, scrolled; and live.

    python tests/bench/layers_scale.py [--rows 10000] [--size 160x45]

The goals: analysed in 100 ms, aligned in 300 ms, opened in 300 ms, sorted or filtered in 100 ms, a frame of scrolling
in 16 ms at the median and 33 ms at the 95th percentile; a live profile of 500 layers once a second at most 3 % of a
core. Each figure is the CPU time of the work up to a whole frame drawn, so that neighbours count less.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["TEXTUAL_ANIMATIONS"] = "none"

import msgspec

from ovexplorer.analysis.align import align
from ovexplorer.analysis.layers import analyse
from ovexplorer.clock import ManualClock
from ovexplorer.schema.codec import encode_frame, event_reader
from ovexplorer.schema.protocol import LayersMeasured
from ovexplorer.schema.results import LayerProfile, LayerTime
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.session.fake import FakeSource
from ovexplorer.session.session import Session
from ovexplorer.text import RawName, clean
from ovexplorer.tui.app import OvexplorerApp
from ovexplorer.tui.glyphs import UNICODE
from ovexplorer.tui.widgets.table import Table
from tests.tui.conftest import DEVICES, HELLO, Stage, ready, window

SPEC = RunSpec(model=ModelSpec(path="demo:resnet50"))
KINDS = ("Convolution", "Reorder", "Eltwise", "Pooling")


def profile_of(rows, seed=0, live=False):
    """A chain of layers with times that differ from seed to seed, some of them fused."""
    dice = random.Random(seed)
    layers = []
    for key in range(rows):
        kind = KINDS[key % 4]
        name = f"/model/layer{key // 100}/{kind}_{key}"
        if kind == "Reorder":
            name = f"/model/layer{(key - 1) // 100}/Convolution_{key - 1}_abcd_acdb_/model/layer{(key + 1) // 100}"
            name += f"/Eltwise_{key + 1}"
        fused = key % 10 == 9
        layers.append(
            LayerTime(
                key=key,
                order=-1 if fused else key,
                name=clean(name),
                raw_name=RawName(name),
                type=clean(kind),
                primitive=clean("undef" if fused else "brgconv_avx512_bf16"),
                precision="bf16",
                input_precisions="bf16",
                output_precisions="bf16" if key % 3 else "f32",
                layouts="acdb",
                shapes="[1,64,56,56]",
                status="fused" if fused else "executed",
                mean_ns=0 if fused else round((key * 7919 % 50_000 + 1_000) * dice.uniform(0.97, 1.03)),
                fused_from=() if kind == "Reorder" else (clean(name), clean(f"bias_{key}")),
                inputs=(key - 1,) if key else (),
                error_ns=2_000,
                flop=1_000_000,
                read_bytes=200_000,
                written_bytes=100_000,
                block=clean(f"layer{key // 100}"),
            )
        )
    counted = sum(layer.mean_ns for layer in layers)
    return LayerProfile(
        segment=1,
        iterations=200,
        warm_up_removed=True,
        streams=1,
        latency_ns=round(counted * 1.04),
        layers=tuple(layers),
        truncation_ns=rows * 1_000,
        spec=SPEC,
        live=live,
        at_ns=seed * 10**9,
    )


def timed(work):
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1e3


def say(what, times, goal, p95=None):
    middle = statistics.median(times)
    high = sorted(times)[min(len(times) - 1, round(0.95 * len(times)))]
    kept = middle <= goal and (p95 is None or high <= p95)
    print(f"{what:<24} median {middle:7.1f} ms   p95 {high:7.1f} ms   goal {goal:g} ms   {'ok' if kept else 'MISSED'}")


def whole_analysis(profile):
    made = analyse(profile)
    return made.by_type, made.by_primitive, made.by_precision, made.by_block, made.transitions, made.reorders


def open_times(stage, profiles):
    """From the message to a whole frame."""
    times = []
    for profile in profiles:
        frame = encode_frame(LayersMeasured(profile=profile))
        stage.app.screen.board.__init__()

        def work(frame=frame):
            stage.session.keep(*event_reader().feed(frame))
            stage.app.screen.tick()
            stage.frame()

        times.append(timed(work))
    return times


def sort_times(stage, table):
    times = [
        timed(lambda column=column: (table.set_sort(column.id, column.descending), stage.frame()))
        for column in table.columns
        if column.sort is not None
    ]
    table.set_sort("time", descending=True)
    return times


def filter_times(stage, table):
    board, times = stage.app.screen.board, []
    for text in ("c", "co", "conv", "type:Reorder", ">0.001%", "/layer[0-9]+.*Pool/", "!f32 bf16", "nothing", ""):

        def work(text=text):
            board.set_filter(text)
            table.set_filter(board.accepts)
            stage.app.screen.redraw()
            stage.frame()

        times.append(timed(work))
    return times


def scroll_times(stage, table):
    times = []
    for step in (1, 3, 20):
        times += [timed(lambda step=step: (table.move_to(table.cursor_row + step), stage.frame())) for _ in range(100)]
    return times


async def live_times(stage, rows, rounds=30):
    """From the message to what the screen repaints of its own accord."""
    frames = [encode_frame(LayersMeasured(profile=profile_of(rows, seed, live=True))) for seed in range(rounds)]
    times = []
    for frame in frames:
        begin = time.process_time()
        stage.session.keep(*event_reader().feed(frame))
        stage.app.screen.tick()
        await asyncio.sleep(0.1)
        times.append((time.process_time() - begin) * 1e3)
    return times[3:]


async def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--size", default="160x45")
    arguments = parser.parse_args()
    size = tuple(int(part) for part in arguments.size.split("x"))
    profiles = [profile_of(arguments.rows, seed) for seed in range(5)]
    say("analyse", [timed(lambda profile=profile: whole_analysis(profile)) for profile in profiles], 100)
    say("align", [timed(lambda profile=profile: align(profiles[0], profile)) for profile in profiles], 300)
    sources = []

    async def connect():
        sources.append(FakeSource())
        return sources[-1]

    clock = ManualClock()
    session = Session(connect, clock=clock)
    app = OvexplorerApp(session, settings=None, glyphs=UNICODE, clock=clock, recorder=None, spec=SPEC)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        stage = Stage(app, session, pilot, clock, sources)
        await app.workers.wait_for_complete()
        await stage.emit(HELLO, DEVICES)
        await stage.emit(ready(1), window(1, 0), window(1, 1))
        app.action_app_screen("layers")
        await stage.settle()
        table = app.screen.query_one("#layers-table", Table)
        await stage.emit(LayersMeasured(profile=profile_of(20)))
        say("open", open_times(stage, profiles), 300)
        await stage.settle()
        print(f"  {len(table.shown):,} rows shown")
        say("sort", sort_times(stage, table), 100)
        say("filter", filter_times(stage, table), 100)
        await stage.settle()
        say("scroll", scroll_times(stage, table), 16, 33)
        await stage.emit(LayersMeasured(profile=msgspec.structs.replace(profile_of(500), live=True)))
        say("live refresh, 500 rows", await live_times(stage, 500), 30)
        await app.end_session()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        for kind in ("CONFIG", "STATE"):
            os.environ[f"OVEXPLORER_{kind}_DIR"] = home
        asyncio.run(main())
