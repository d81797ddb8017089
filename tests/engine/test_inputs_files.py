"""Inputs from .npy, .bin and images; what does not fit is refused with what was expected and found."""

import sys
from contextlib import nullcontext

import numpy as np
import openvino as ov
import pytest
import tiny_models
from PIL import Image

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.inputs import make_inputs, sets_needed
from ovexplorer.engine.intake import load, prepare
from ovexplorer.schema.spec import InputSpec, ModelSpec


@pytest.fixture(scope="module")
def core():
    return ov.Core()


@pytest.fixture
def conv(tmp_path):
    return str(tiny_models.save_ir(tiny_models.conv_model(), tmp_path / "conv.xml"))


def silent(phase):
    return nullcontext()


def arrays_of(core, path, *files, count=1, **more):
    ready = prepared(core, path, *files, **more)
    return [one.arrays[0] for one in make_inputs(ready, ready.model.inputs, count, 0)]


def prepared(core, path, *files, shape="", batch=0, element_type=""):
    entry = InputSpec(fill="file", paths=tuple(map(str, files)), shape=shape, element_type=element_type)
    spec = ModelSpec(path=path, inputs=(entry,), batch=batch)
    return prepare(load(core, spec, silent), spec, silent)


def refused(core, path, *files, **more):
    with pytest.raises(EngineFailure) as caught:
        arrays_of(core, path, *files, **more)
    assert caught.value.kind == "input_refused"
    assert caught.value.hint
    return caught.value


def npy(path, shape=(1, 3, 8, 8), dtype=np.float32, start=0):
    np.save(path, np.arange(start, start + np.prod(shape), dtype=dtype).reshape(shape))
    return path


def picture(path, size=(20, 10), colour=(255, 0, 128)):
    Image.new("RGB", size, colour).save(path)
    return path


def test_npy_and_bin_arrive_unchanged(core, conv, tmp_path):
    source = npy(tmp_path / "in.npy")
    expected = np.load(source)
    expected.tofile(tmp_path / "in.bin")
    assert np.array_equal(arrays_of(core, conv, source)[0], expected)
    assert np.array_equal(arrays_of(core, conv, tmp_path / "in.bin")[0], expected)


def test_files_are_taken_in_turn_and_folders_are_listed(core, conv, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(3):
        npy(folder / f"{number}.npy", start=1000 * number)
    (folder / "readme.txt").write_text("not an input")
    made = arrays_of(core, conv, folder, count=4)
    assert [int(one.flat[0]) for one in made] == [0, 1000, 2000, 0]
    assert sets_needed(prepared(core, conv, folder)) == 3


def test_items_make_up_a_batch(core, conv, tmp_path):
    files = [npy(tmp_path / f"{number}.npy", (3, 8, 8), start=1000 * number) for number in range(3)]
    made = arrays_of(core, conv, *files, batch=2, count=2)
    assert [one[:, 0, 0, 0].tolist() for one in made] == [[0, 1000], [2000, 0]]


def test_a_wrong_type_or_size_names_both(core, conv, tmp_path):
    wide = refused(core, conv, npy(tmp_path / "wide.npy", dtype=np.float64))
    assert "holds float64 [1,3,8,8], the input takes float32 [1,3,8,8]" in wide.what
    small = refused(core, conv, npy(tmp_path / "small.npy", (1, 3, 4, 4)))
    assert "[1,3,4,4]" in small.what
    (tmp_path / "short.bin").write_bytes(b"1234")
    short = refused(core, conv, tmp_path / "short.bin")
    assert "has 4 bytes, the input takes 768" in short.what


def test_damaged_and_missing_files_are_refused(core, conv, tmp_path):
    truncated = npy(tmp_path / "cut.npy")
    truncated.write_bytes(truncated.read_bytes()[:100])
    assert "cut.npy" in refused(core, conv, truncated).what
    (tmp_path / "none.npy").touch()
    assert "none.npy" in refused(core, conv, tmp_path / "none.npy").what
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nrubbish")
    assert "bad.png" in refused(core, conv, tmp_path / "bad.png").what
    assert "there is no file" in refused(core, conv, tmp_path / "gone.npy").what
    (tmp_path / "notes.txt").write_text("text")
    assert "not a kind of file" in refused(core, conv, tmp_path / "notes.txt").what
    (tmp_path / "empty").mkdir()
    assert "holds no" in refused(core, conv, tmp_path / "empty").what
    assert "none is named" in refused(core, conv).what


def test_pickled_objects_are_never_loaded(core, conv, tmp_path):
    np.save(tmp_path / "evil.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert "evil.npy" in refused(core, conv, tmp_path / "evil.npy").what


def test_images_are_scaled_and_laid_out(core, conv, tmp_path):
    (values,) = arrays_of(core, conv, picture(tmp_path / "a.png"))
    assert (values.dtype, values.shape) == (np.float32, (1, 3, 8, 8))
    assert [values[0, channel].mean() for channel in range(3)] == [255, 0, 128]
    (small,) = arrays_of(core, conv, picture(tmp_path / "b.png"), element_type="u8")
    assert small.dtype == np.uint8
    made = arrays_of(core, conv, tmp_path / "a.png", picture(tmp_path / "c.png", colour=(1, 2, 3)), batch=2)
    assert made[0][:, 0, 0, 0].tolist() == [255, 1]


def test_an_image_for_what_is_none_is_refused(core, tmp_path):
    relu = str(tiny_models.save_ir(tiny_models.relu_model(), tmp_path / "relu.xml"))
    assert "[1,4] is not" in refused(core, relu, picture(tmp_path / "a.png")).what


def test_without_pillow_the_extra_is_named(core, conv, tmp_path, monkeypatch):
    path = picture(tmp_path / "a.png")
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert refused(core, conv, path).hint == 'pip install "ovexplorer[images]"'
