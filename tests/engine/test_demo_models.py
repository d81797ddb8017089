"""The demo models are what their table says, run, and are kept."""

import os
from contextlib import contextmanager

import numpy as np
import openvino as ov
import pytest

from ovexplorer.engine.demo import library
from ovexplorer.engine.inputs import make_inputs
from ovexplorer.engine.intake import load, prepare
from ovexplorer.schema.demos import DEMOS, find_demo
from ovexplorer.schema.spec import ModelSpec

NAMES = [demo.name for demo in DEMOS]
SMALL = [name for name in NAMES if find_demo(name).parameters < 10_000_000]


@pytest.fixture(scope="module")
def core():
    return ov.Core()


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """One cache for all tests here, so that each model is built once; not the user's."""
    directory = tmp_path_factory.mktemp("cache")
    before = os.environ.get(library.CACHE_VARIABLE)
    os.environ[library.CACHE_VARIABLE] = str(directory)
    yield directory
    os.environ.pop(library.CACHE_VARIABLE)
    if before is not None:
        os.environ[library.CACHE_VARIABLE] = before


class Phases(list):
    @contextmanager
    def __call__(self, phase):
        self.append(phase)
        yield


def prepared(core, name):
    spec = ModelSpec(path=f"demo:{name}")
    phases = Phases()
    ready = prepare(load(core, spec, phases), spec, phases)
    assert phases == ["build", "reshape"]
    return ready


def ports_text(ports):
    """`a, b i64 [1,2]` where neighbours agree, as the table writes it."""
    groups = []
    for port in ports:
        kind = f"{port.element_type} {port.shape}"
        if groups and groups[-1][1] == kind:
            groups[-1][0].append(port.name)
        else:
            groups.append(([port.name], kind))
    return ", ".join(f"{', '.join(names)} {kind}" for names, kind in groups)


@pytest.mark.parametrize("name", NAMES)
def test_the_table_tells_the_truth_and_the_model_runs(core, name):
    demo = find_demo(name)
    ready = prepared(core, name)
    facts = ready.facts
    assert (facts.flop, facts.flop_note, facts.parameters) == (demo.flop, "", demo.parameters)
    assert sum(facts.operations.values()) == demo.operations
    assert (ports_text(facts.inputs), ports_text(facts.outputs)) == (demo.input, demo.output)
    assert (facts.format, facts.name, facts.note, facts.dynamic) == ("demo", name, demo.what, False)
    assert all(operation.get_friendly_name() for operation in ready.model.get_ops())
    compiled = core.compile_model(ready.model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = compiled(list(make_inputs(ready, compiled.inputs, 1, 0)[0].arrays))
    for values in results.values():
        assert np.isfinite(values).all()
        assert np.unique(values).size > 5
        assert 1e-4 < np.abs(values).max() < 1e4


@pytest.mark.parametrize("name", SMALL)
def test_building_twice_gives_the_same_weights_and_names(name):
    first, second = (library.BUILDERS[name]() for _ in range(2))
    for one, other in zip(first.get_ordered_ops(), second.get_ordered_ops()):
        assert one.get_friendly_name() == other.get_friendly_name()
        if one.get_type_name() == "Constant":
            assert np.array_equal(one.data, other.data)


def test_every_demo_has_a_builder_and_a_name_of_its_own():
    assert set(library.BUILDERS) == set(NAMES)
    assert len(set(NAMES)) == len(NAMES)
    with pytest.raises(KeyError):
        find_demo("resnet")


def test_a_kept_model_is_read_again_and_nothing_half_made_is_left(core, tmp_path, monkeypatch):
    monkeypatch.setenv(library.CACHE_VARIABLE, str(tmp_path))
    library.open_demo(core, "mobilenet")
    assert [entry.name for entry in tmp_path.iterdir()] == ["demo-mobilenet-1"]
    monkeypatch.setitem(library.BUILDERS, "mobilenet", lambda: pytest.fail("built again"))
    assert len(library.open_demo(core, "mobilenet").inputs) == 1


def test_a_damaged_one_is_made_anew(core, tmp_path, monkeypatch):
    monkeypatch.setenv(library.CACHE_VARIABLE, str(tmp_path))
    library.open_demo(core, "mobilenet")
    kept = tmp_path / "demo-mobilenet-1"
    for name in ("model.xml", "model.bin"):
        (kept / name).write_bytes(b"damaged")
        assert len(library.open_demo(core, "mobilenet").outputs) == 1
        assert (kept / name).stat().st_size > 1000


def test_a_cache_that_cannot_be_written_is_no_obstacle(core, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv(library.CACHE_VARIABLE, str(tmp_path / "file" / "cache"))
    assert len(library.open_demo(core, "mobilenet").outputs) == 1


def test_a_full_disk_is_left_alone(core, tmp_path, monkeypatch):
    monkeypatch.setenv(library.CACHE_VARIABLE, str(tmp_path))
    usage = library.shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(library.shutil, "disk_usage", {tmp_path: usage}.__getitem__)
    assert len(library.open_demo(core, "mobilenet").outputs) == 1
    assert list(tmp_path.iterdir()) == []
