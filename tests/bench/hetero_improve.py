"""What `hetero --improve` gets back, run by hand: `python tests/bench/hetero_improve.py [CASE …] [--seed N]`.

forced: every ReLU of demo:branchy is forced to a stand-in. The CPU alone is the best there is; told is the share of the
difference to it that is got back within 60 s, at least 80 % is wanted.

lacking, branches: the stand-in lacks types and the CPU runs with one thread in f32, so that the best split is a real
one. Fifty random splits are tried, each in turns with the first one; told is the share of the gain of the best of them,
at least 80 % is wanted.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from ovexplorer.cli.hetero_improve import told_line
from ovexplorer.cli.runner import headless
from ovexplorer.schema.placement import resolve
from ovexplorer.schema.spec import AffinityRule, ModelSpec, RunSpec
from ovexplorer.schema.topology import Topology
from ovexplorer.session.process import ProcessSource
from ovexplorer.session.session import Session
from ovexplorer.tuning.attempts import Improved
from ovexplorer.tuning.improve import improve
from ovexplorer.tuning.pair import PairPlan, estimate_contest, run_pair
from ovexplorer.tuning.split_run import measure_split
from ovexplorer.tuning.splits import MeasuredSplit, alone_spec

RANDOM_SPLITS = 50
MOST_CUTS = 6
BUDGET_S = 60.0
QUICK_S, SURE_S = 3.0, 25.0

_SPLIT = RunSpec(
    model=ModelSpec(path="demo:branchy"),
    device="HETERO:CPU_SIM,CPU",
    stand_ins=("CPU_SIM",),
    properties={"PERFORMANCE_HINT": "LATENCY"},
)
FORCED = msgspec.structs.replace(
    _SPLIT,
    device="HETERO:CPU,CPU_SIM",
    affinities=(AffinityRule(pattern="type:Relu", device="CPU_SIM"),),
)
_ONE_THREAD = {"INFERENCE_NUM_THREADS": "1"}
_LACKING = msgspec.structs.replace(
    _SPLIT,
    # One thread for both, so that what other programs do to the second core hardly counts; the CPU is the slower one.
    device_properties={"CPU": {**_ONE_THREAD, "INFERENCE_PRECISION_HINT": "f32"}, "CPU_SIM": _ONE_THREAD},
)
LACKING = {
    "lacking": msgspec.structs.replace(_LACKING, model=ModelSpec(path="demo:mobilenet"), lacks={"CPU_SIM": ("Clamp",)}),
    "branches": msgspec.structs.replace(
        _LACKING, lacks={"CPU_SIM": ("MaxPool", "AvgPool", "HSwish", "Sigmoid", "Tanh", "Clamp", "Softmax")}
    ),
}


@dataclass(frozen=True)
class Gain:
    """Time saved against the first split, as a fraction of it."""

    point: float
    low: float | None
    """None where it was measured too shortly for an interval."""
    high: float | None

    def __str__(self) -> str:
        interval = "" if self.low is None or self.high is None else f" ({self.low * 100:.1f} … {self.high * 100:.1f})"
        return f"{self.point * 100:.1f} %{interval}"


async def gain(session: Session, first: RunSpec, other: RunSpec, budget_s: float) -> Gain | None:
    """Of another configuration over the first, in turns; None when it cannot be compared."""
    contest = await run_pair(session, PairPlan(a=first, b=other, metric="latency", budget_s=budget_s))
    if contest is None or not contest.turns:
        return None
    said = estimate_contest(contest)
    if said.point is None:
        return None
    low, high = (None if end is None else 1 - 1 / end for end in (said.low, said.high))
    return Gain(1 - 1 / said.point, low, high)


async def improved(session: Session, spec: RunSpec) -> tuple[MeasuredSplit, Improved]:
    """A split measured and improved, told as it goes."""
    found = await measure_split(session, spec)
    if found.picture is None:
        raise SystemExit(f"it cannot be measured: {found.failed}")
    main = found.picture.main
    print(f"first: {main.latency_ns / 1e6:.2f} ms, {len(found.picture.split.submodels)} submodels", flush=True)
    told = 0

    def tell(_doing: str, so_far: Improved) -> None:
        nonlocal told
        for attempt in so_far.attempts[told:]:
            print("  ", told_line(attempt), flush=True)
        told = len(so_far.attempts)

    began = time.monotonic()
    result = await improve(session, found, budget_s=BUDGET_S, told=tell)
    print(f"   {result.ended} after {time.monotonic() - began:.0f} s, {len(result.kept)} kept", flush=True)
    return found, result


async def forced(session: Session) -> None:
    """Share of the difference to the CPU alone."""
    _, result = await improved(session, FORCED)
    mine = await gain(session, FORCED, result.best, SURE_S)
    cpu = await gain(session, FORCED, alone_spec(FORCED, "CPU"), SURE_S)
    told("forced", mine, cpu, "the CPU alone")


async def lacking(session: Session, name: str, seed: int) -> None:
    """Share of the gain of the best random split."""
    first = LACKING[name]
    found, result = await improved(session, first)
    if found.topology is None:
        return
    best: tuple[float, RunSpec] | None = None
    for number, spec in enumerate(random_splits(found, found.topology, random.Random(seed)), 1):
        said = await gain(session, first, spec, QUICK_S)
        if said is not None and (best is None or said.point > best[0]):
            best = said.point, spec
            print(f"   random split {number}: {said}", flush=True)
    if best is None:
        print("no random split could be measured")
        return
    mine = await gain(session, first, result.best, SURE_S)
    theirs = await gain(session, first, best[1], SURE_S)
    told(name, mine, theirs, f"the best of {RANDOM_SPLITS} random splits")


def random_splits(found: MeasuredSplit, topology: Topology, rng: random.Random) -> Sequence[RunSpec]:
    """Splits at a few random places in running order, devices in turn; what one does not take goes to the other."""
    operations = [entry for entry in topology.operations if entry.role == "operation"]
    missing = {entry.device: frozenset(entry.missing) for entry in found.support}
    specs = []
    for _ in range(RANDOM_SPLITS):
        borders = sorted(rng.sample(range(1, len(operations)), rng.randint(0, MOST_CUTS)))
        turn = rng.randrange(len(found.devices))
        placements = {}
        for at, entry in enumerate(operations):
            device = found.devices[(turn + sum(border <= at for border in borders)) % len(found.devices)]
            takers = [name for name in (device, *found.devices) if entry.key not in missing.get(name, frozenset())]
            placements[str(entry.raw_name)] = takers[0]
        placed = resolve(topology, found.devices, found.support, (), placements)
        whole = {str(entry.raw_name): device for entry, device in zip(topology.operations, placed)}
        specs.append(msgspec.structs.replace(found.spec, affinities=(), placements=whole))
    return specs


def told(name: str, mine: Gain | None, theirs: Gain | None, what: str) -> None:
    """Print a share."""
    print(f"{name}: improved {mine}, {what} {theirs}")
    if mine is not None and theirs is not None and theirs.point > 0:
        print(f"{name}: {mine.point / theirs.point * 100:.0f} % of it", flush=True)
    else:
        print(f"{name}: there was nothing to gain", flush=True)


async def _main(cases: Sequence[str], seed: int) -> None:
    async with headless(ProcessSource.start, lambda _: None) as session:
        if "forced" in cases:
            await forced(session)
        for name in LACKING:
            if name in cases:
                await lacking(session, name, seed)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=["forced", *LACKING], choices=["forced", *LACKING])
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    asyncio.run(_main(arguments.cases, arguments.seed))
