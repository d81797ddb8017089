"""What this machine reaches at most: a chain of square matrix products through OpenVINO, and a large copy.

Both are short and the best of several repetitions counts: noise of a busy machine only ever slows them down. The
figures are kept in the user's cache directory, for each CPU, set of allowed CPUs and OpenVINO; what is read from there
is decoded strictly, since anybody may have written it. A cache that cannot be used costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import math
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timezone
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import openvino as ov
import openvino.opset16 as op

from ovexplorer.engine.demo.library import cache_directory
from ovexplorer.engine.environment import allowed_cpus, describe_environment
from ovexplorer.engine.reporter import Reporter
from ovexplorer.engine.system import HERE, Roots, cpu_list, read_text, whole
from ovexplorer.schema.codec import decode_hook, encode_hook
from ovexplorer.schema.counting import MeasurePeak, PeakMeasured
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.text import clean

_METHOD = 1
"""Counted up when the tests change, so that older figures are not used."""
_SIZE = 1024
_CHAIN = 4
_SECONDS = 0.2
"""For each test, without its preparation."""
_LEAST_REPETITIONS = 3
_MOST_FILE_BYTES = 16_384
_LEAST_COPY_BYTES = 64 << 20
_MOST_COPY_BYTES = 512 << 20
_CACHES = 4
"""The copy is so many times larger than the last level of cache."""
_UNKNOWN_CACHE_BYTES = 32 << 20
_SHORT_TYPES = {"bf16": "BF16", "f16": "FP16"}
"""By the capability under which a CPU lists them."""


def answer_peak(core: ov.Core, reporter: Reporter, command: MeasurePeak, _running: str = "") -> None:
    """Answer MeasurePeak; nothing must be in flight."""
    reporter.segment = 0
    environment = describe_environment(str(ov.get_version()))
    cpus = environment.allowed_cpus or allowed_cpus()
    asked = (
        str(environment.cpu_model),
        str(environment.openvino),
        ",".join(map(str, cpus)),
        f"{environment.quota_cpus:g}",
    )
    kept = cache_directory() / f"peak-{_METHOD}-{hashlib.sha256(repr(asked).encode()).hexdigest()[:16]}.json"
    found = None if command.again else read_peak(kept)
    if found is None or (found.cpu_model, found.openvino, found.threads) != (*asked[:2], len(cpus)):
        with reporter.phase("peak"):
            found = measure_peak(core, len(cpus), environment.cpu_model, environment.openvino)
        keep_peak(found, kept)
    reporter.send(PeakMeasured(peak=found))


def measure_peak(core: ov.Core, threads: int, cpu_model: str, openvino: str) -> PeakFacts:
    """Run the tests; about a second and a half."""
    gflops: dict[str, float] = {}
    notes = []
    for precision in ("f32", *_short_types(core), "i8"):
        try:
            rate = _product_rate(core, precision, threads)
        except RuntimeError:
            rate = 0.0
        if rate:
            gflops[precision] = rate
        else:
            notes.append(f"no product in {precision} could be measured")
    try:
        gbps = _copy_rate(threads)
    except MemoryError:
        gbps = 0.0
        notes.append("too little memory for the copy")
    return PeakFacts(
        gflops=gflops,
        gbps=gbps,
        threads=threads,
        cpu_model=clean(cpu_model),
        openvino=clean(openvino),
        measured_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        note=clean("; ".join(notes)),
    )


def _short_types(core: ov.Core) -> list[str]:
    try:
        able = set(core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"))
    except RuntimeError:
        return []
    return [name for name, capability in _SHORT_TYPES.items() if capability in able]


def _product_rate(core: ov.Core, precision: str, threads: int) -> float:
    """Rate of the products in 10^9 operations a second; 0 when the CPU computes them in another precision."""
    settings: dict[str, object] = {
        "INFERENCE_PRECISION_HINT": "f32" if precision == "i8" else precision,
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        # Read back and run at once: a cache on the disk has no use for it.
        "CACHE_DIR": "",
    }
    compiled = core.compile_model(_products(quantised=precision == "i8"), "CPU", settings)
    if not _computes_in(compiled, {"i8", "u8"} if precision == "i8" else {precision}):
        return 0.0
    request = compiled.create_infer_request()
    return 2 * _CHAIN * _SIZE**3 / _best_seconds(request.infer) / 1e9


def _products(*, quantised: bool) -> ov.Model:
    """A chain, so that what is done once at its beginning and end weighs little."""
    dice = np.random.default_rng(0)
    data = op.parameter([_SIZE, _SIZE], ov.Type.f32, name="data")
    value = data
    for _ in range(_CHAIN):
        # Kept near 1 all along the chain: numbers that fade into denormals are slow.
        weights = dice.uniform(-1, 1, (_SIZE, _SIZE)).astype(np.float32) * np.float32(math.sqrt(3 / _SIZE))
        right = op.constant(weights)
        if quantised:
            value = _quantised(value, 3.0, 256)
            right = _quantised(right, float(np.abs(weights).max()), 255)
        value = op.matmul(value, right, transpose_a=False, transpose_b=True)
    return ov.Model([op.result(value)], [data], "peak")


def _quantised(value: ov.Output, limit: float, levels: int) -> ov.Output:
    low, high = op.constant(np.float32(-limit)), op.constant(np.float32(limit))
    return op.fake_quantize(value, low, high, low, high, levels).output(0)


def _computes_in(compiled: ov.CompiledModel, wanted: set[str]) -> bool:
    products = [
        str(node.get_rt_info()["runtimePrecision"].astype(str))
        for node in compiled.get_runtime_model().get_ops()
        if str(node.get_rt_info()["layerType"].astype(str)) in ("FullyConnected", "MatMul")
    ]
    return len(products) == _CHAIN and wanted.issuperset(products)


def _best_seconds(work: Callable[[], object]) -> float:
    work()
    best, done, begin = math.inf, 0, time.perf_counter()
    while done < _LEAST_REPETITIONS or time.perf_counter() - begin < _SECONDS:
        before = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - before)
        done += 1
    return best


def _copy_rate(threads: int) -> float:
    """Rate of a copy far larger than the caches, in 10^9 bytes a second, read and written together."""
    size = min(_MOST_COPY_BYTES, max(_LEAST_COPY_BYTES, _CACHES * last_cache_bytes()))
    source = np.ones(size // 8, dtype=np.float64)
    # Filled, so that the system has handed out the memory before the copy is timed.
    target = np.full_like(source, 2)
    edges = [len(source) * part // threads for part in range(threads + 1)]
    parts = [(target[low:high], source[low:high]) for low, high in pairwise(edges)]
    with ThreadPoolExecutor(threads) as pool:
        # numpy lets go of the interpreter for a copy of plain numbers.
        best = _best_seconds(lambda: list(pool.map(lambda part: np.copyto(*part), parts)))
    return 2 * source.nbytes / best / 1e9


def last_cache_bytes(roots: Roots = HERE) -> int:
    """All last-level caches together; a guess where the system does not tell."""
    found: dict[str, int] = {}
    level = 0
    for cpu in cpu_list(read_text(f"{roots.sys}/devices/system/cpu/online", 1 << 14)):
        for index in range(8):
            folder = f"{roots.sys}/devices/system/cpu/cpu{cpu}/cache/index{index}"
            here = whole(read_text(f"{folder}/level", 64), 0)
            size = whole(read_text(f"{folder}/size", 64).strip().removesuffix("K"), 0) << 10
            if here < level or not size:
                continue
            if here > level:
                level, found = here, {}
            found[read_text(f"{folder}/shared_cpu_list", 1 << 14).strip()] = size
    return sum(found.values()) or _UNKNOWN_CACHE_BYTES


# The kept figures


def read_peak(path: Path) -> PeakFacts | None:
    """What was kept; None when there is nothing, or nothing that can be trusted."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_FILE_BYTES + 1)
        if len(data) > _MOST_FILE_BYTES:
            return None
        found = msgspec.json.decode(data, type=PeakFacts, dec_hook=decode_hook)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    rates = (*found.gflops.values(), found.gbps)
    if not all(math.isfinite(rate) and rate > 0 for rate in rates) or found.threads < 1:
        return None
    names = {clean(name, 16): rate for name, rate in found.gflops.items()}
    return msgspec.structs.replace(found, gflops=names, measured_at=clean(found.measured_at, 40), cached=True)


def keep_peak(peak: PeakFacts, path: Path) -> None:
    """Write it beside the place and move it there, whole or not at all."""
    data = msgspec.json.encode(peak, enc_hook=encode_hook)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(made).replace(path)
        except OSError:
            Path(made).unlink(missing_ok=True)
