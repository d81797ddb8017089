"""Model files that are missing, empty, cut off or garbage, of every format; and what the command line says of them."""

import os
import re

import openvino as ov
import pytest
from engine_client import EngineClient, of_kind, spec_of
from tiny_models import (
    conv_model,
    embedding_model,
    relu_model,
    save_ir,
    save_onnx,
    save_paddle,
    save_saved_model,
    save_tensorflow,
    save_tflite,
)

from ovexplorer.schema.protocol import Failed, RunFinished

GARBAGE = bytes(range(256)) * 8 + b"\x1b[31m\xc2\x9b\xe2\x80\xae[bold]" * 20


def _save_blob(path):
    path.write_bytes(ov.Core().compile_model(relu_model(), "CPU").export_model().getvalue())


def _save_folder(path):
    save_saved_model(path)


SAVERS = {
    "good.xml": lambda path: save_ir(conv_model(), path),
    "good.onnx": save_onnx,
    "good.pb": save_tensorflow,
    "folder": _save_folder,
    "good.tflite": save_tflite,
    "good.pdmodel": save_paddle,
    "good.blob": _save_blob,
}
DEFECTS = {
    "missing": lambda data: None,
    "empty": lambda data: b"",
    "cut off": lambda data: data[: len(data) // 2],
    "garbage": lambda data: GARBAGE,
}


def spoil(folder, name, defect):
    """A model of a format with a defect; what to open."""
    path = folder / name
    SAVERS[name](path)
    file = path / "saved_model.pb" if path.is_dir() else path
    data = DEFECTS[defect](file.read_bytes())
    file.unlink()
    if data is not None:
        file.write_bytes(data)
    elif path.is_dir():
        path.rmdir()
    return path


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    directory = tmp_path_factory.mktemp("engine")
    client = EngineClient(directory)
    yield client
    client.close()
    assert client.process.returncode == 0
    assert not directory.exists()


@pytest.mark.parametrize("defect", DEFECTS)
@pytest.mark.parametrize("name", SAVERS)
def test_one_engine_refuses_each_with_a_hint_and_goes_on(engine, tmp_path, name, defect):
    path = spoil(tmp_path, name, defect)
    segment = len(engine.events) + 1
    (failed,) = of_kind(engine.run(segment, spec_of(str(path))), Failed)
    assert failed.kind in {"model_missing", "model_unreadable", "compile_failed"}
    assert failed.kind == "model_missing" or defect != "missing"
    assert path.name in failed.what
    assert failed.hint
    for text in (failed.what, failed.hint, *failed.detail):
        assert text.isprintable()
        assert len(text) <= 512
    good = save_ir(relu_model(), tmp_path / "fine.xml")
    assert of_kind(engine.run(segment + 1, spec_of(str(good), iterations=3)), RunFinished)


def test_weights_that_are_missing_or_cut_off_are_told(engine, tmp_path):
    path = save_ir(conv_model(), tmp_path / "good.xml")
    weights = path.with_suffix(".bin")
    data = weights.read_bytes()
    for left in (data[: len(data) // 2], None):
        weights.unlink()
        if left is not None:
            weights.write_bytes(left)
        (failed,) = of_kind(engine.run(len(engine.events) + 1, spec_of(str(path))), Failed)
        assert failed.kind == "model_unreadable"
        assert failed.hint
        weights.touch()


def expect_refusal(done, code, *said):
    """One line of error, one of hint, nothing else."""
    assert (done.returncode, done.stdout) == (code, "")
    lines = done.stderr.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["error", "hint"]
    assert all(line.isprintable() and len(line.partition(": ")[2]) > 3 for line in lines)
    for text in said:
        assert text in done.stderr


@pytest.mark.parametrize(
    ("name", "defect"),
    [("good.xml", "missing"), ("good.onnx", "cut off"), ("folder", "empty"), ("good.tflite", "garbage")],
)
def test_headless_says_it_in_two_lines(home, name, defect):
    path = spoil(home.folder, name, defect)
    expect_refusal(home.run("bench", str(path), "-niter", "5", "--json"), 3, path.name)


def test_unknown_operations_are_named(home):
    save_onnx(home.folder / "model.onnx", kind="Frobnicate", domain="acme")
    expect_refusal(home.run("layers", "model.onnx"), 3, "acme.Frobnicate", "-extensions")


def test_dynamic_inputs_are_named_with_the_flag_to_use(home):
    save_ir(embedding_model(), home.folder / "model.xml")
    expect_refusal(home.run("bench", "model.xml"), 3, "input_ids", "attention_mask", "-shape")


def test_shapes_that_do_not_fit_are_refused(home):
    expect_refusal(home.run("bench", "demo:mobilenet", "-shape", "[1,7,224,224]"), 3, "image", "[1,7,224,224]")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-d", "XPU"), ("XPU", "ovexplorer devices")),
        (("--prop", "INFERENCE_PRECISION_HINT=i8"), ("INFERENCE_PRECISION_HINT", "i8")),
    ],
)
def test_devices_and_values_that_are_refused(home, words, said):
    expect_refusal(home.run("bench", "demo:relu", *words), 2, *said)


def test_a_bad_model_leaves_the_tui_usable(home, terminal):
    path = spoil(home.folder, "good.onnx", "garbage")
    screen = terminal(str(path))
    screen.until("The model cannot be read")
    screen.press("\x1b")
    screen.until("Demo models")
    screen.press("q")
    assert screen.ended() == 0
    assert screen.stray_controls() == set()
    screen.expect_restored()
    home.expect_nothing_left()


def test_a_name_that_is_not_utf_8_is_refused_and_the_tui_goes_on(home, terminal):
    name = os.fsdecode(b"bad\xff.onnx")
    save_onnx(home.folder / "good.onnx")
    (home.folder / "good.onnx").rename(home.folder / name)
    expect_refusal(home.run("bench", name), 2, "not UTF-8")
    screen = terminal(name)
    screen.until("UTF-8")
    screen.press("1")
    screen.until("Demo models")
    screen.press("G", "k")
    screen.press("g", "\r")
    screen.until(re.compile(r"[1-9][\d,]* inferences in"))
    screen.press("q")
    assert screen.ended() == 0
    home.expect_nothing_left()
