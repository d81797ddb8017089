from __future__ import annotations

import json
import stat

import msgspec
import openvino as ov
import pytest
from engine_client import EngineClient

from ovexplorer.engine import peak
from ovexplorer.engine.peak import keep_peak, last_cache_bytes, measure_peak, read_peak
from ovexplorer.engine.system import Roots
from ovexplorer.schema.counting import MeasurePeak, PeakMeasured
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.schema.protocol import PhaseFinished, StartRun, WindowMeasured
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import clean

FACTS = PeakFacts(
    gflops={"f32": 100.0, "bf16": 400.0},
    gbps=20.0,
    threads=2,
    cpu_model=clean("cpu"),
    openvino=clean("1"),
    measured_at="2026-01-01T00:00:00+00:00",
)


def short_tests(monkeypatch):
    """Small products and copies, as the rates themselves are not what is tested."""
    monkeypatch.setattr(peak, "_SIZE", 128)
    monkeypatch.setattr(peak, "_SECONDS", 0.01)
    monkeypatch.setattr(peak, "_LEAST_COPY_BYTES", 1 << 20)
    monkeypatch.setattr(peak, "_MOST_COPY_BYTES", 1 << 20)


def test_each_precision_the_cpu_computes_in_has_a_rate(monkeypatch):
    short_tests(monkeypatch)
    core = ov.Core()
    made = measure_peak(core, 1, "a \x1b cpu", "1")
    assert made.gflops["f32"] > 0
    assert made.gbps > 0
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    assert ("bf16" in made.gflops) == ("BF16" in able)
    assert "i8" in made.gflops or "i8" in made.note
    assert "\x1b" not in made.cpu_model
    assert not made.cached


def test_a_precision_the_cpu_only_simulates_is_left_out(monkeypatch):
    short_tests(monkeypatch)
    monkeypatch.setattr(peak, "_computes_in", lambda _compiled, wanted: wanted == {"f32"})
    made = measure_peak(ov.Core(), 1, "cpu", "1")
    assert set(made.gflops) == {"f32"}
    assert "no product in i8" in made.note


def test_the_figures_come_back_from_the_cache(tmp_path):
    place = tmp_path / "deep" / "peak.json"
    keep_peak(FACTS, place)
    assert read_peak(place) == msgspec.structs.replace(FACTS, cached=True)
    assert [path.name for path in place.parent.iterdir()] == ["peak.json"]


def changed(**fields):
    return json.dumps({**json.loads(msgspec.json.encode(FACTS, enc_hook=str)), **fields}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe\x00",
        b"[" * 20_000,
        changed(gbps=0),
        changed(gbps=-1),
        changed(gbps="20"),
        changed(gflops={"f32": 0}),
        changed(gflops={"f32": None}),
        changed(threads=0),
        changed(extra=1),
        changed(note="x" * 20_000),
        changed(gbps=1).replace(b'"gbps": 1', b'"gbps": 1e999'),
    ],
)
def test_a_cache_that_cannot_be_trusted_is_measured_anew(tmp_path, data):
    place = tmp_path / "peak.json"
    place.write_bytes(data)
    assert read_peak(place) is None


def test_text_from_the_cache_is_made_safe(tmp_path):
    place = tmp_path / "peak.json"
    place.write_bytes(changed(note="\x1b[2J", measured_at="\x1b]0;x\x07", gflops={"\x1b[31m": 1.0}))
    found = read_peak(place)
    assert found is not None
    assert "\x1b" not in found.note + found.measured_at + "".join(found.gflops)


def test_a_place_that_cannot_be_written_is_left_alone(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    keep_peak(FACTS, blocked / "peak.json")
    assert blocked.read_text() == "in the way"
    assert read_peak(blocked / "peak.json") is None


def test_what_is_kept_is_readable_by_its_owner_alone(tmp_path):
    keep_peak(FACTS, tmp_path / "peak.json")
    assert stat.S_IMODE((tmp_path / "peak.json").stat().st_mode) == 0o600


def test_last_level_caches_are_added_up_once_each(tmp_path):
    def put(path, text):
        place = tmp_path / "devices/system/cpu" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    put("online", "0-3\n")
    for cpu in range(4):
        pair = "0-1" if cpu < 2 else "2-3"
        for index, (level, size, shared) in enumerate(
            ((1, "32K", str(cpu)), (2, "512K", str(cpu)), (3, "8192K", pair))
        ):
            put(f"cpu{cpu}/cache/index{index}/level", f"{level}\n")
            put(f"cpu{cpu}/cache/index{index}/size", f"{size}\n")
            put(f"cpu{cpu}/cache/index{index}/shared_cpu_list", f"{shared}\n")
    assert last_cache_bytes(Roots(sys=str(tmp_path))) == 2 * (8192 << 10)
    assert last_cache_bytes(Roots(sys=str(tmp_path / "none"))) == 32 << 20


def test_a_real_engine_measures_once_and_lets_the_run_go_on(tmp_path, monkeypatch):
    monkeypatch.setenv("OVEXPLORER_CACHE_DIR", str(tmp_path / "cache"))
    directory = tmp_path / "engine"
    directory.mkdir()
    client = EngineClient(directory)
    try:
        client.hello()
        client.send(StartRun(segment=1, spec=RunSpec(model=ModelSpec(path="demo:relu"))))
        client.until(WindowMeasured, 0)
        client.send(MeasurePeak())
        first = client.until(PeakMeasured, 0).peak
        assert client.until(PhaseFinished, 0, lambda event: event.phase == "peak").duration_ns > 0
        assert (first.cached, first.gflops["f32"] > 1, first.gbps > 0.1) == (False, True, True)
        seen = len(client.events)
        client.until(WindowMeasured, seen)
        client.send(MeasurePeak())
        again = client.until(PeakMeasured, seen).peak
        assert again == msgspec.structs.replace(first, cached=True)
        assert not [event for event in client.events[seen:] if isinstance(event, PhaseFinished)]
    finally:
        client.close()
