"""Engines of other frameworks, for real: a process without openvino that takes part in comparisons."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tiny_models import save_onnx

from ovexplorer.engine.__main__ import parse_arguments
from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.frameworks.exported import check_archive, without_pickles
from ovexplorer.engine.frameworks.inputs import Port, batch_of, make_arrays
from ovexplorer.engine.frameworks.models import check_file
from ovexplorer.schema.contest import ContestantsReleased, Prepare, Release, RunTurns, TurnMeasured, TurnsFinished
from ovexplorer.schema.protocol import ConfigurationReady, EngineDied, Failed, Hello, OpenModel, PhaseFinished
from ovexplorer.schema.spec import InputSpec, ModelSpec, RunSpec
from ovexplorer.session.process import ProcessSource, engine_command
from ovexplorer.tuning.frameworks import PACKAGES, usable_frameworks

PATIENCE_S = 60


class Talk:
    """A running engine and what it said."""

    def __init__(self, source):
        self.source = source
        self.events = []
        self._stream = source.events()

    async def until(self, kind):
        while True:
            event = await asyncio.wait_for(anext(self._stream), PATIENCE_S)
            self.events.append(event)
            if isinstance(event, kind):
                return event

    async def ask(self, command, kind):
        await self.source.send(command)
        return await self.until(kind)


@pytest.fixture
async def talk():
    pytest.importorskip("onnxruntime")
    source = await ProcessSource.start(framework="onnxruntime")
    yield Talk(source)
    await source.close()


def spec_of(path, **model):
    return RunSpec(model=ModelSpec(path=str(path), **model))


def held_at_most(folder, shape):
    """A Gather of a table of 4 rows: ids above 3 make the inference fail."""
    table = helper.make_tensor("table", TensorProto.FLOAT, [4, 2], np.ones(8, np.float32))
    node = helper.make_node("Gather", ["table", "ids"], ["out"])
    graph = helper.make_graph(
        [node],
        "rows",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [table],
    )
    path = folder / "rows.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


async def test_a_contestant_runs_its_turns(talk, tmp_path):
    path = save_onnx(tmp_path / "a.onnx", shape=(2, 8))
    hello = await talk.until(Hello)
    assert hello.openvino.startswith("onnxruntime ")
    assert hello.import_ns > 0
    ready = await talk.ask(Prepare(segment=3, spec=spec_of(path)), ConfigurationReady)
    assert (ready.segment, ready.requests, ready.batch, ready.execution_devices) == (3, 1, 2, ("CPU",))
    phases = [event.phase for event in talk.events if isinstance(event, PhaseFinished)]
    assert phases == ["read", "first_inference", "warm_up"]
    done = await talk.ask(RunTurns(contest=5, turns=(3, 3), seconds=0.02, fewest=7), TurnsFinished)
    assert (done.contest, done.complete) == (5, True)
    turns = [event.turn for event in talk.events if isinstance(event, TurnMeasured)]
    assert len(turns) == 2
    for turn in turns:
        window = turn.window
        assert (window.segment, turn.dropped) == (3, 1)
        assert window.count >= 7
        assert window.end_ns - window.start_ns >= 0.02e9
        assert window.histogram.total == window.count
        assert window.min_ns <= window.median_ns <= window.max_ns
        # A single caller is busy with inferences nearly all the time, and never longer than the turn.
        assert 0.3 * (window.end_ns - window.start_ns) < window.sum_ns <= window.end_ns - window.start_ns
        assert turn.cpu_ns > 0
    released = await talk.ask(Release(), ContestantsReleased)
    assert released.segments == (3,)


async def test_turns_of_nobody_and_other_commands_are_refused(talk, tmp_path):
    await talk.until(Hello)
    refused = await talk.ask(RunTurns(contest=1, turns=(9,)), Failed)
    assert refused.kind == "compare_refused"
    other = await talk.ask(OpenModel(model=ModelSpec(path="x.onnx")), Failed)
    assert other.kind == "compare_refused"
    assert "onnxruntime" in other.what
    assert other.hint


async def test_a_command_ends_turns_early(talk, tmp_path):
    path = save_onnx(tmp_path / "a.onnx")
    await talk.ask(Prepare(segment=1, spec=spec_of(path)), ConfigurationReady)
    await talk.source.send(RunTurns(contest=1, turns=(1,) * 200, seconds=0.5))
    done = await talk.ask(Release(), TurnsFinished)
    assert not done.complete
    await talk.until(ContestantsReleased)


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("weights.pt", "model_unreadable", "code"),
        ("weights.PTH", "model_unreadable", "code"),
        ("demo:relu", "model_unreadable", "demo"),
        ("model.xml", "model_unreadable", ".onnx files"),
        ("gone.onnx", "model_missing", "no file"),
        ("text.onnx", "model_unreadable", "cannot open"),
    ],
)
async def test_files_that_cannot_be_used_are_refused(talk, tmp_path, name, kind, words):
    (tmp_path / "text.onnx").write_text("no model")
    path = name if name.startswith("demo:") else tmp_path / name
    failed = await talk.ask(Prepare(segment=4, spec=spec_of(path)), Failed)
    assert (failed.segment, failed.kind) == (4, kind)
    assert words in failed.what
    assert failed.hint


async def test_a_shape_is_asked_for_and_an_inference_that_fails_is_told(talk, tmp_path):
    path = held_at_most(tmp_path, [None, "length"])
    failed = await talk.ask(Prepare(segment=1, spec=spec_of(path)), Failed)
    assert failed.kind == "shape_needed"
    assert "ids [?,?]" in failed.what
    ids = InputSpec(name="ids", shape="[1,400]", fill="ids")
    failed = await talk.ask(Prepare(segment=2, spec=spec_of(path, inputs=(ids,))), Failed)
    assert (failed.kind, failed.phase) == ("inference_failed", "first_inference")
    # It lives on.
    zeros = InputSpec(name="ids", shape="[1,400]", fill="zeros")
    ready = await talk.ask(Prepare(segment=3, spec=spec_of(path, inputs=(zeros,))), ConfigurationReady)
    assert ready.segment == 3


def test_an_engine_of_another_framework_imports_no_openvino():
    script = (
        "import sys\n"
        "from ovexplorer.engine.frameworks import serving, models, inputs, exported\n"
        "import ovexplorer.engine.__main__, ovexplorer.engine.reporter, ovexplorer.engine.environment\n"
        "assert 'openvino' not in sys.modules, 'openvino was imported'"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="affinity masks need Linux")
async def test_an_engine_is_pinned_before_it_says_anything():
    cpu = min(os.sched_getaffinity(0))
    source = await ProcessSource.start(cpus=(cpu,))
    hello = await Talk(source).until(Hello)
    assert hello.environment.allowed_cpus == (cpu,)
    assert os.sched_getaffinity(hello.pid) == {cpu}
    await source.close()


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="affinity masks need Linux")
async def test_cpus_that_are_not_there_are_told():
    source = await ProcessSource.start(cpus=(99_999,))
    died = await Talk(source).until(EngineDied)
    assert died.exit_code == 2
    assert "99999" in died.stderr[-1]


def test_the_command_line_of_an_engine():
    assert engine_command()[-2:] == ["-m", "ovexplorer.engine"]
    words = engine_command((0, 3), "pytorch")
    assert parse_arguments(words[words.index("ovexplorer.engine") + 1 :]) == ((0, 3), "pytorch")
    assert parse_arguments([]) == ((), "")


@pytest.mark.parametrize(
    "words", [["--cpus"], ["--cpus", ""], ["--cpus", "0,x"], ["--cpus", "-1"], ["--framework", "os"], ["extra"]]
)
def test_other_words_are_refused(words, capsys):
    with pytest.raises(SystemExit) as ended:
        parse_arguments(words)
    assert ended.value.code == 2
    assert words[0] in capsys.readouterr().err


def test_what_can_be_used_is_found_without_importing(monkeypatch):
    found = usable_frameworks()
    assert set(found) == {"onnxruntime", "pytorch"}
    monkeypatch.setitem(PACKAGES, "pytorch", "no_such_package_here")
    monkeypatch.setitem(PACKAGES, "onnxruntime", "json")
    assert usable_frameworks() == {
        "onnxruntime": "",
        "pytorch": "not installed: pip install 'ovexplorer[pytorch]'",
    }


# Inputs


def array_of(port, entry=None, batch=0, seed=0):
    model = ModelSpec(path="m", inputs=(entry,) if entry else (), batch=batch)
    return make_arrays([port], model, seed)[0]


def test_values_are_those_of_the_openvino_engine():
    from tiny_models import relu_model

    from ovexplorer.engine.inputs import _values as engine_values
    from ovexplorer.engine.plan import layout_of, plan_input

    ours = array_of(Port("data", "f32", (1, 4)), seed=7)
    port = relu_model().inputs[0]
    entry = InputSpec()
    plan = plan_input(0, port, entry, layout=layout_of(port, entry))
    import zlib

    theirs = engine_values(plan, (1, 4), 0, np.random.default_rng([7, 0, zlib.crc32(b"data")]), [])
    assert np.array_equal(ours, theirs)


def test_open_dimensions_take_the_batch_or_what_was_asked():
    port = Port("x", "f32", (None, 3, None, 8))
    assert array_of(port, InputSpec(name="x", shape="[?,3,5..9,8]")).shape == (1, 3, 5, 8)
    assert array_of(port, InputSpec(shape="[2,3,4,8]")).shape == (2, 3, 4, 8)
    assert array_of(Port("x", "f32", (None, 3)), batch=6).shape == (6, 3)
    assert array_of(Port("x", "f32", ())).shape == ()


@pytest.mark.parametrize(
    ("port", "entry", "kind"),
    [
        (Port("x", "f32", (1, None)), None, "shape_needed"),
        (Port("x", "f32", (1, 4)), InputSpec(shape="[1,5]"), "shape_refused"),
        (Port("x", "f32", (1, 4)), InputSpec(shape="[1]"), "shape_refused"),
        (Port("x", "f32", (1, 4)), InputSpec(shape="[1,four]"), "shape_refused"),
        (Port("x", "bfloat16", (1, 4)), None, "input_refused"),
        (Port("x", "f32", (1 << 20, 1 << 20)), None, "input_refused"),
    ],
)
def test_inputs_that_cannot_be_made_are_refused(port, entry, kind):
    with pytest.raises(EngineFailure) as refused:
        array_of(port, entry)
    assert refused.value.kind == kind
    assert refused.value.hint


def test_types_and_fillings():
    assert array_of(Port("attention_mask", "i64", (1, 3))).tolist() == [[1, 1, 1]]
    assert array_of(Port("position_ids", "i32", (1, 3))).tolist() == [[0, 1, 2]]
    assert array_of(Port("flags", "boolean", (64,))).dtype == np.bool_
    assert array_of(Port("image", "u8", (64,))).dtype == np.uint8
    assert isinstance(array_of(Port("text", "string", (2,)))[0], str)
    assert array_of(Port("x", "f16", (3,)), InputSpec(fill="ones")).tolist() == [1, 1, 1]
    assert batch_of([np.zeros((8, 3, 32, 32))]) == 8
    assert batch_of([np.zeros((8, 64, 32, 32))]) == 1
    assert batch_of([np.zeros((8,))]) == batch_of([]) == 1


# PyTorch's files


def archive(path, graph):
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("m/models/model.json", json.dumps(graph))
    return path


def node(target):
    return {"nodes": [{"target": target, "inputs": []}]}


GOOD = [
    node("torch.ops.aten.conv2d.default"),
    node("torch.ops.aten._softmax.default"),
    node("_operator.mul"),
    {"expr_str": "Symbol('s77', positive=True, integer=True)"},
    {"expr_str": "FloorDiv(s0 + 1, 2) - Max(1, u3)"},
    {"expr_str": "2*s0 >= 4"},
]
BAD = [
    node("torch.os.system"),
    node("torch.ops.load_library"),
    node("torch.ops.aten.__class__.default"),
    node("torch.hub.load"),
    node("_operator.attrgetter"),
    node("#custom"),
    {"expr_str": "__import__('os').system('id')"},
    {"expr_str": "eval(chr(95))"},
    {"expr_str": "s0.func"},
    {"expr_str": "Symbol('s0; id')"},
    {"expr_str": 7},
]


@pytest.mark.parametrize("graph", GOOD, ids=str)
def test_plain_graphs_are_let_through(tmp_path, graph):
    check_archive(archive(tmp_path / "m.pt2", graph))


@pytest.mark.parametrize("graph", BAD, ids=str)
def test_graphs_that_could_run_code_are_not_loaded(tmp_path, graph):
    with pytest.raises(EngineFailure) as refused:
        check_archive(archive(tmp_path / "m.pt2", graph))
    assert refused.value.kind == "model_unreadable"
    assert "code" in refused.value.what


def test_what_is_no_archive_is_told(tmp_path):
    (tmp_path / "m.pt2").write_text("text")
    with pytest.raises(EngineFailure, match="no exported program"):
        check_archive(tmp_path / "m.pt2")


def test_pickles_name_nothing_while_a_program_is_loaded():
    script = (
        "import pickle\n"
        "from ovexplorer.engine.frameworks.exported import without_pickles\n"
        "data = pickle.dumps(print)\n"
        "with without_pickles():\n"
        "    try:\n"
        "        pickle.loads(data)\n"
        "    except RuntimeError as error:\n"
        "        assert 'names' in str(error)\n"
        "    else:\n"
        "        raise SystemExit('it was loaded')\n"
        "assert pickle.loads(data) is print"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert without_pickles.__doc__


def test_a_pickle_is_refused_for_pytorch_too(tmp_path):
    with pytest.raises(EngineFailure, match="pickle") as refused:
        check_file("pytorch", str(tmp_path / "model.pth"))
    assert "torch.export.save" in refused.value.hint


async def test_an_exported_program_runs_its_turns(tmp_path):
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU()).eval()
    torch.export.save(torch.export.export(module, (torch.randn(2, 3, 16, 16),)), tmp_path / "m.pt2")
    source = await ProcessSource.start(framework="pytorch")
    talk = Talk(source)
    ready = await talk.ask(Prepare(segment=1, spec=spec_of(tmp_path / "m.pt2")), ConfigurationReady)
    assert ready.batch == 2
    await talk.ask(RunTurns(contest=1, turns=(1,), seconds=0.02), TurnsFinished)
    assert any(isinstance(event, TurnMeasured) for event in talk.events)
    failed = await talk.ask(Prepare(segment=2, spec=spec_of(with_a_pickle(torch, tmp_path / "m.pt2"))), Failed)
    assert "pickle" in failed.what
    await source.close()


class Named:
    def __reduce__(self):
        return (os.system, ("exit 0",))


def with_a_pickle(torch, path):
    """The program with example inputs that would run a command when they are unpickled."""
    data = io.BytesIO()
    torch.save(Named(), data)
    made = path.with_name("hostile.pt2")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            target.writestr(name, data.getvalue() if name.endswith("sample_inputs/model.pt") else source.read(name))
    return made
