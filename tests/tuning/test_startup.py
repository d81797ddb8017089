from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ovexplorer.errors import EngineError
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.tuning.startup import measure_startups, startup_steps, total_ms
from tests.tuning.ladder_kit import SPEC, Engines

MS = 1_000_000


@pytest.fixture(autouse=True)
def private_temp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "temp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert not list(folder.iterdir())


async def measured(times, repetitions=3, spec=SPEC):
    engines, order, told = Engines(times), [], []

    async def before(index):
        order.append(index)

    await measure_startups(
        startup_steps(spec), engines, repetitions=repetitions, before=before, told=lambda *said: told.append(said)
    )
    return engines, order, told


def writes(spec):
    """An engine that writes its cache: 100 bytes."""
    if folder := spec.properties.get("CACHE_DIR"):
        (Path(folder) / "model.blob").write_bytes(b"x" * 100)
    return 5 * MS


async def test_kinds_take_turns_in_rotating_order_each_in_a_fresh_engine():
    engines, order, told = await measured(writes)
    # One uncounted start comes first.
    assert order == [0, 0, 1, 2, 1, 2, 0, 2, 0, 1]
    assert len(engines.started) == 10
    assert all(engine.closed for engine in engines.started)
    assert len(told) == 9


async def test_only_the_warm_cache_is_kept_from_start_to_start():
    used = {}

    def times(spec):
        folder = spec.properties.get("CACHE_DIR", "")
        used.setdefault(folder, []).append(len(list(Path(folder).iterdir())) if folder else -1)
        return writes(spec)

    await measured(times)
    without = used.pop("")
    assert without == [-1] * 3
    assert sorted(used.values()) == [[0], [0], [0], [0, 1, 1, 1]]


async def test_phases_sizes_and_cache_hits_are_told():
    _, _, told = await measured(writes, repetitions=1)
    off, cold, warm = (startup for _, startup in told)
    assert (off.import_ns, off.read_ns, off.compile_ns, off.first_ns) == (200 * MS, 5 * MS, 5 * MS, 5 * MS)
    assert off.steady_ns == pytest.approx(5 * MS, rel=0.01)
    assert total_ms(off) == 215
    assert (off.loaded_from_cache, off.cache_bytes) == (False, 0)
    assert (warm.loaded_from_cache, warm.cache_bytes, cold.cache_bytes) == (True, 100, 100)


async def test_what_fails_is_not_tried_again():
    _, order, told = await measured(lambda spec: "no cache here" if spec.properties.get("CACHE_DIR") else 5 * MS)
    failures = [(index, said.what) for index, said in told if isinstance(said, EngineError)]
    assert failures == [(1, "no cache here"), (2, "no cache here")]
    assert order == [0, 0, 1, 2, 0, 0]


def test_a_blob_has_nothing_to_cache_and_the_users_own_cache_is_not_touched():
    blob = msgspec.structs.replace(SPEC, model=ModelSpec(path="/m.blob"))
    assert [bool(step.skipped) for step in startup_steps(blob)] == [False, True, True]
    asked = msgspec.structs.replace(SPEC, properties={"CACHE_DIR": "/mine"})
    assert all("CACHE_DIR" not in step.spec.properties for step in startup_steps(asked))
