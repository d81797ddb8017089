"""Models of every format are read, and what is none is refused with a reason."""

import os
from contextlib import contextmanager

import numpy as np
import openvino as ov
import pytest
import tiny_models

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.intake import describe, identity_of, load, prepare
from ovexplorer.schema.spec import InputSpec, ModelSpec

FORMATS = {
    "OpenVINO IR": (".xml", lambda path: tiny_models.save_ir(tiny_models.relu_model(), path)),
    "ONNX": (".onnx", tiny_models.save_onnx),
    "TensorFlow": (".pb", tiny_models.save_tensorflow),
    "TensorFlow Lite": (".tflite", tiny_models.save_tflite),
    "Paddle": (".pdmodel", tiny_models.save_paddle),
}
SUFFIXES = [suffix for suffix, _ in FORMATS.values()]


@pytest.fixture(scope="module")
def core():
    return ov.Core()


class Phases:
    def __init__(self):
        self.seen = []

    @contextmanager
    def __call__(self, phase):
        self.seen.append(phase)
        yield


def failure_of(core, path, **changes):
    spec = ModelSpec(path=str(path), **changes)
    with pytest.raises(EngineFailure) as caught:
        prepare(load(core, spec, Phases()), spec, Phases())
    assert caught.value.hint
    assert "\n" not in caught.value.what
    return caught.value


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_read_and_infers(core, tmp_path, name):
    suffix, save = FORMATS[name]
    path = save(tmp_path / f"tiny{suffix}")
    spec = ModelSpec(path=str(path))
    phases = Phases()
    prepared = prepare(load(core, spec, phases), spec, phases)
    assert phases.seen == ["read", "reshape"]
    facts = prepared.facts
    assert (facts.format, facts.name, facts.operations) == (name, f"tiny{suffix}", {"Relu": 1})
    # TensorFlow's own spelling has the index of the output.
    found = [(port.name.removesuffix(":0"), port.element_type, port.shape) for port in facts.inputs]
    assert found == [("data", "f32", "[1,4]")]
    result = core.compile_model(prepared.model, "CPU")(np.array([[-1, 2, -3, 4]], dtype=np.float32))[0]
    assert result.tolist() == [[0, 2, 0, 4]]


def test_a_saved_model_is_read_by_its_folder_or_its_file(core, tmp_path):
    folder = tiny_models.save_saved_model(tmp_path / "saved")
    for path in (folder, folder / "saved_model.pb"):
        spec = ModelSpec(path=str(path))
        facts = describe(load(core, spec, Phases()), spec)
        assert (facts.format, facts.name, facts.sha256) == ("TensorFlow", "saved", "")
        assert facts.size_bytes == (folder / "saved_model.pb").stat().st_size


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".blob"])
def test_an_empty_file_is_called_empty(core, tmp_path, suffix):
    path = tmp_path / f"none{suffix}"
    path.touch()
    failure = failure_of(core, path)
    assert (failure.kind, failure.what) == ("model_unreadable", f"none{suffix} is empty")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("junk", [b"\xff\xfe\x00junk" * 40, b"plain words\n" * 30], ids=["bytes", "text"])
def test_garbage_is_refused(core, tmp_path, suffix, junk):
    path = tmp_path / f"junk{suffix}"
    path.write_bytes(junk)
    failure = failure_of(core, path)
    assert failure.kind == "model_unreadable"
    assert f"junk{suffix}" in failure.what


@pytest.mark.parametrize("name", FORMATS)
def test_a_truncated_file_is_refused(core, tmp_path, name):
    suffix, save = FORMATS[name]
    path = save(tmp_path / f"tiny{suffix}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    assert failure_of(core, path).kind == "model_unreadable"


def test_missing_things_are_named(core, tmp_path):
    assert failure_of(core, tmp_path / "no.xml").kind == "model_missing"
    assert "without a saved_model.pb" in failure_of(core, tmp_path).what
    assert "there is no demo:nothing" in failure_of(core, "demo:nothing").what
    assert failure_of(core, "a\0b.xml").kind == "model_missing"


def test_a_hostile_path_is_shown_cleaned(core, tmp_path):
    failure = failure_of(core, tmp_path / "\x1b[31mred\x1b[0m.xml")
    assert "\x1b" not in failure.what
    assert "red" in failure.what


@pytest.mark.parametrize(
    ("suffix", "hint"), [(".pt", "onnx"), (".gguf", "optimum"), (".bin", ".xml"), (".txt", ".onnx")]
)
def test_other_kinds_of_files_say_what_to_do(core, tmp_path, suffix, hint):
    path = tmp_path / f"model{suffix}"
    path.write_bytes(b"something")
    failure = failure_of(core, path)
    assert failure.kind == "model_unreadable"
    assert hint in failure.hint


@pytest.mark.parametrize("domain", ["", "com.example"])
def test_an_unknown_operation_is_named(core, tmp_path, domain):
    failure = failure_of(core, tiny_models.save_onnx(tmp_path / "odd.onnx", kind="Frobnicate", domain=domain))
    assert "uses unknown operations" in failure.what
    assert "Frobnicate" in failure.what
    assert "-extensions" in failure.hint


def test_missing_and_short_weights_are_told_apart(core, tmp_path):
    path = tiny_models.save_ir(tiny_models.conv_model(), tmp_path / "conv.xml")
    path.with_suffix(".bin").write_bytes(b"123")
    assert "weights" in failure_of(core, path).what
    path.with_suffix(".bin").unlink()
    assert "conv.bin" in failure_of(core, path).hint


def test_an_extension_that_is_no_library_is_refused(core, tmp_path):
    path = tiny_models.save_onnx(tmp_path / "tiny.onnx")
    library = tmp_path / "lib.so"
    library.write_bytes(b"no library")
    failure = failure_of(core, path, extensions=(str(library),))
    assert failure.kind == "model_unreadable"
    assert "lib.so" in failure.what


def test_a_blob_and_a_path_are_left_to_the_device(core, tmp_path):
    blob = tmp_path / "tiny.blob"
    blob.write_bytes(core.compile_model(tiny_models.relu_model(), "CPU").export_model().getvalue())
    spec = ModelSpec(path=str(blob))
    phases = Phases()
    prepared = prepare(load(core, spec, phases), spec, phases)
    assert (prepared.model, prepared.blob, prepared.facts.format, phases.seen) == (None, blob, "compiled blob", [])
    assert failure_of(core, blob, batch=4).kind == "shape_refused"
    assert failure_of(core, blob, inputs=(InputSpec(shape="[2,4]"),)).kind == "shape_refused"
    onnx = tiny_models.save_onnx(tmp_path / "tiny.onnx")
    spec = ModelSpec(path=str(onnx), compile_from_path=True)
    prepared = prepare(load(core, spec, phases), spec, phases)
    assert (prepared.model, prepared.blob, prepared.path) == (None, None, onnx)


def test_identity_follows_the_file_and_its_weights(tmp_path):
    path = tiny_models.save_ir(tiny_models.conv_model(), tmp_path / "conv.xml")
    first = identity_of(str(path))
    assert identity_of(str(path)) == first
    weights = path.with_suffix(".bin")
    os.utime(weights, ns=(1, 1))
    second = identity_of(str(path))
    os.utime(path, ns=(2, 2))
    assert len({first, second, identity_of(str(path))}) == 3
    with pytest.raises(EngineFailure):
        identity_of(str(tmp_path / "gone.xml"))
    assert identity_of("demo:relu") == "demo:relu:1"


def test_preparing_leaves_the_loaded_model_as_it_was(core, tmp_path):
    path = tiny_models.save_ir(tiny_models.conv_model(), tmp_path / "my model [v2].xml")
    loaded = load(core, ModelSpec(path=str(path)), Phases())
    wide = ModelSpec(path=str(path), inputs=(InputSpec(shape="[2,3,16,16]"),))
    prepared = prepare(loaded, wide, Phases())
    assert prepared.facts.inputs[0].shape == "[2,3,16,16]"
    assert prepared.batch == 2
    assert list(loaded.model.inputs[0].get_shape()) == [1, 3, 8, 8]
    again = prepare(loaded, wide, Phases()).model.get_friendly_name()
    other = prepare(loaded, ModelSpec(path=str(path)), Phases()).model.get_friendly_name()
    assert prepared.model.get_friendly_name() == again != other
    assert again.replace("_", "").isalnum()


@pytest.mark.parametrize("name", ["TensorFlow Lite", "Paddle"])
def test_names_that_are_no_text_are_repaired(core, tmp_path, name):
    suffix, save = FORMATS[name]
    path = save(tmp_path / f"odd{suffix}")
    path.write_bytes(path.read_bytes().replace(b"data", b"d\xff\xfea"))
    spec = ModelSpec(path=str(path))
    ready = prepare(load(core, spec, Phases()), spec, Phases())
    assert "\N{REPLACEMENT CHARACTER}" in ready.facts.inputs[0].name
    assert core.compile_model(ready.model, "CPU")(np.ones((1, 4), np.float32))[0].tolist() == [[1, 1, 1, 1]]
