"""Start-up measured in fresh engines: import, read, compile, first inference, and the steady state after it.

Without a model cache, with an empty one, and with one that was filled before. Every start has an engine of its own; the
kinds take turns in rotating order, so that none is always the one after another. One uncounted start comes first: it
fills the warm cache and brings the files into memory, which then is alike for all. Directories are removed afterwards.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Literal

import msgspec

from ovexplorer.analysis.summary import summarise
from ovexplorer.errors import EngineError
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.session import Session
from ovexplorer.session.state import RunState
from ovexplorer.tuning.instances import StartEngine
from ovexplorer.tuning.ladder_plan import with_properties
from ovexplorer.tuning.steps import Startup, Step

PART = "startup"
REPETITIONS = 3
STEADY_S = 0.5
"""Counted time after the first inference."""
ESTIMATE_S = 4.0
"""What a start is taken to need before one was measured."""

Cache = Literal["off", "cold", "warm"]

_TEXTS: dict[Cache, tuple[str, str, str, str]] = {
    "off": (
        "no cache",
        "Every start reads and compiles the model again.",
        "It is what happens unless a cache directory is set.",
        "This is every start, as long as nobody sets a cache.",
    ),
    "cold": (
        "cache, first start",
        "The compiled model is also written into an empty cache directory.",
        "Its cost beside no cache is the price of filling the cache, paid once.",
        "The first start pays for the ones after it.",
    ),
    "warm": (
        "cache, filled",
        "The compiled model is loaded from the cache instead of being compiled.",
        "It helps wherever compiling is the long part; reading the model is still paid.",
        "And this is every start from now on.",
    ),
}


def startup_steps(spec: RunSpec) -> tuple[Step, ...]:
    """One step for each state of the cache."""
    blob = Path(spec.model.path).suffix == ".blob"
    plain = {key: value for key, value in spec.properties.items() if key not in {"CACHE_DIR", "CACHE_MODE"}}
    base = msgspec.structs.replace(
        spec, properties=plain, load="closed", max_rate_fps=0.0, raw=False, duration_s=STEADY_S, iterations=0
    )
    steps = []
    for cache, (title, what, helps, say) in _TEXTS.items():
        skipped = "a compiled blob is loaded, not compiled" if blob and cache != "off" else ""
        steps.append(
            Step(
                id=f"cache_{cache}",
                title=title,
                part=PART,
                metric="latency",
                how="fresh",
                spec=None if skipped else base,
                skipped=skipped,
                what=what,
                helps=helps,
                say=say,
            )
        )
    return tuple(steps)


def total_ms(startup: Startup) -> float:
    """From the start of the import to the end of the first inference, without starting Python itself."""
    phases = (startup.import_ns, startup.read_ns, startup.compile_ns, startup.first_ns)
    return sum(ns or 0 for ns in phases) / 1e6


def middle_total_ms(startups: Sequence[Startup]) -> float | None:
    """Median over the repetitions; None without one."""
    return median(total_ms(startup) for startup in startups) if startups else None


Told = Callable[[int, Startup | EngineError], None]
"""Index of the step, and what came of one start."""


async def measure_startups(
    steps: Sequence[Step],
    start: StartEngine,
    *,
    repetitions: int = REPETITIONS,
    before: Callable[[int], Awaitable[None]],
    told: Told,
) -> None:
    """Start all kinds in turn, several times.

    Args:
        steps: As made by `startup_steps`; those that are skipped are left out.
        start: Starts engines.
        repetitions: Starts of each kind.
        before: Awaited before each start, with the index of its step.
        told: Gets what came of each.
    """
    kinds = [(index, step) for index, step in enumerate(steps) if step.spec is not None]
    failed: set[int] = set()
    if not kinds:
        return
    with _directory() as warm:
        await before(kinds[0][0])
        await _fill(kinds, start, warm)
        for number in range(repetitions):
            turn = number % len(kinds)
            for index, step in kinds[turn:] + kinds[:turn]:
                if index in failed:
                    continue
                await before(index)
                try:
                    told(index, await _one(step, start, warm))
                except EngineError as error:
                    # What fails once fails each time.
                    failed.add(index)
                    told(index, error)


async def _fill(kinds: Sequence[tuple[int, Step]], start: StartEngine, warm: Path) -> None:
    """The uncounted start; what fails here fails again where it is counted."""
    spec = kinds[-1][1].spec
    if spec is not None:
        with suppress(EngineError):
            await _started(with_properties(spec, {"CACHE_DIR": str(warm)}), start)


async def _one(step: Step, start: StartEngine, warm: Path) -> Startup:
    spec = step.spec
    if spec is None:
        raise EngineError(step.skipped)
    match step.id:
        case "cache_off":
            return await _started(spec, start)
        case "cache_cold":
            with _directory() as empty:
                startup = await _started(with_properties(spec, {"CACHE_DIR": str(empty)}), start)
                return replace(startup, cache_bytes=_size(empty))
        case _:
            startup = await _started(with_properties(spec, {"CACHE_DIR": str(warm)}), start)
            return replace(startup, cache_bytes=_size(warm))


async def _started(spec: RunSpec, start: StartEngine) -> Startup:
    """One start in an engine of its own.

    Raises:
        EngineError: It failed.
    """
    session = Session(start)
    life = asyncio.create_task(session.run())
    try:
        await session.start(spec)
        state = await session.until(lambda now: now.status in {"finished", "died"})
    finally:
        await session.close()
        with suppress(asyncio.CancelledError):
            await life
    return _startup_of(state)


def _startup_of(state: RunState) -> Startup:
    segment = state.current
    if segment is not None and segment.failed is not None:
        failed = segment.failed
        raise EngineError(failed.what, failed.hint, tuple(failed.detail))
    if segment is None or segment.ready is None or state.died is not None:
        raise EngineError("the engine ended before the model was measured", "try again with --debug")
    read_ns = segment.phase_ns("read")
    return Startup(
        import_ns=state.import_ns or None,
        read_ns=read_ns if read_ns is not None else segment.phase_ns("build"),
        compile_ns=segment.phase_ns("compile"),
        first_ns=segment.phase_ns("first_inference"),
        steady_ns=summarise(segment.windows).p50_ns,
        loaded_from_cache=segment.ready.loaded_from_cache,
        cache_bytes=0,
    )


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def _directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="ovexplorer-cache-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
