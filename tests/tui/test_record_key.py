"""Recording by a key: a file that shows the run from its beginning."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ovexplorer.history import recording as recording_module
from ovexplorer.history.recording import read_recording
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.replay import state_of
from ovexplorer.settings import Settings
from ovexplorer.tui.widgets.model_list import ModelList
from tests.tui.conftest import ready, window

SPEC = default_spec(ModelSpec(path="demo:resnet50"))


def files() -> list[Path]:
    return sorted(Path.cwd().glob("*.ovx"))


async def test_a_recording_begun_in_the_middle_holds_the_run_from_its_beginning(open_app):
    async with open_app((160, 45), spec=SPEC) as stage:
        await stage.emit(ready(), window(number=0), window(number=1))
        await stage.press("R")
        assert "recording to" in stage.text()
        assert "● REC 0.0 MB" in stage.frame()[0]
        await stage.emit(window(number=2))
        await stage.press("R")
        assert "recorded: " in stage.text()
        assert "REC" not in stage.frame()[0]
        await stage.emit(window(number=3))
        [file] = files()
        assert file.name.startswith("ovexplorer-resnet50-2026")
        recording = read_recording(file)
        assert not recording.cut_off
        state = state_of(recording)
        assert [segment.count for segment in state.segments] == [72]
        assert state.devices_known
        assert state.environment is not None


async def test_two_recordings_within_a_second_are_two_files(open_app):
    async with open_app(spec=SPEC) as stage:
        await stage.press("R", "R", "R", "R")
        assert len(files()) == 2


async def test_narrow_screens_have_a_dot(open_app):
    async with open_app(spec=SPEC) as stage:
        assert not stage.frame()[0].startswith("●")
        await stage.press("R")
        assert stage.frame()[0].startswith("●")
        await stage.press("q")
        assert "Quit?" in stage.text()


async def test_a_directory_that_went_away_is_said(open_app, monkeypatch, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    async with open_app((120, 40), spec=SPEC) as stage:
        gone.rmdir()
        await stage.press("R")
        assert "cannot write" in stage.text()
        assert "REC" not in stage.frame()[0]


async def test_a_full_disk_ends_the_recording_and_not_the_run(open_app, monkeypatch):
    async with open_app((120, 40), spec=SPEC) as stage:
        await stage.emit(ready(), window(number=0))
        await stage.press("R")

        def full(_entry):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(recording_module, "encode_frame", full)
        await stage.emit(window(number=1))
        assert "No space left on device" in stage.text()
        assert "REC" not in stage.frame()[0]
        assert stage.session.state.status == "live"
        assert stage.session.state.segments[0].count == 48


@pytest.mark.parametrize(
    ("typed", "full"),
    [("nets/a.onnx", "nets/a.onnx"), ("./b.xml", "b.xml")],
)
async def test_a_relative_path_typed_in_open_is_of_this_directory(open_app, typed, full):
    async with open_app() as stage:
        await stage.press("slash", *typed, "enter")
        await stage.app.workers.wait_for_complete()
        assert stage.sent[-1].spec.model.path == str(Path.cwd() / full)


async def test_relative_names_in_a_spec_are_of_this_directory(open_app):
    from msgspec.structs import replace

    from ovexplorer.schema.spec import InputSpec

    async with open_app(spec=SPEC) as stage:
        await stage.emit(ready(), window())
        filled = ModelSpec(path="demo:resnet50", inputs=(InputSpec(name="image", paths=("cat.png",)),))
        stage.app.screen.use_spec(replace(SPEC, model=filled, properties={"CACHE_DIR": "kept"}))
        await stage.app.workers.wait_for_complete()
        spec = stage.sent[-1].spec
        assert spec.properties["CACHE_DIR"] == str(Path.cwd() / "kept")
        assert spec.model.inputs[0].paths == (str(Path.cwd() / "cat.png"),)


async def test_a_relative_folder_in_the_settings_lists_full_names(open_app):
    folder = Path.cwd() / "nets"
    folder.mkdir()
    (folder / "a.onnx").write_bytes(b"x")
    async with open_app(settings=Settings(models="nets")) as stage:
        models = stage.app.screen.query_one(ModelList)
        assert str(folder / "a.onnx") in [row.path for row in models.rows]
