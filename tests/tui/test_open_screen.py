from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from ovexplorer.history.recent import RecentModel, load_recent, remember
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.facts import ModelFacts, PortFacts
from ovexplorer.schema.protocol import Failed, ModelOpened, OpenModel, StartRun
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.text import RawName, clean
from ovexplorer.tui.model_files import READ_WORDS, complete_path, list_folder
from ovexplorer.tui.screens.open_facts import cpu_words, machine_lines, short_cpu
from ovexplorer.tui.screens.open_rows import age_words
from tests.tui.conftest import ENVIRONMENT


@pytest.fixture(autouse=True)
def _own_state(monkeypatch, tmp_path):
    monkeypatch.setenv("OVEXPLORER_STATE_DIR", str(tmp_path / "state"))


def put(name: str, data: bytes = b"model") -> Path:
    path = Path.cwd() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def starts(stage):
    return [command.spec for command in stage.sent if isinstance(command, StartRun)]


def facts(path: str, *, dynamic: bool = False) -> ModelFacts:
    port = PortFacts(index=0, name=clean("image"), raw_name=RawName("image"), element_type="f32", shape="[1,3,224,224]")
    return ModelFacts(
        path=path,
        name=clean("net"),
        format="ONNX",
        size_bytes=5,
        sha256="",
        identity="1",
        inputs=(port,),
        outputs=(port,),
        operations={clean("Convolution"): 3},
        parameters=1000,
        weight_bytes=4000,
        flop=8_200_000_000,
        dynamic=dynamic,
    )


async def rest_on(stage, name: str) -> None:
    """Put the cursor on a row and let it rest as long as the screen waits."""
    screen = stage.app.screen
    models = screen.query_one("#models")
    models.move_to(next(n for n, row in enumerate(models.rows) if row.name == name))
    screen._read_facts()
    await stage.app.workers.wait_for_complete()
    await stage.settle()


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 45)])
async def test_one_enter_runs_the_first_demo(open_app, size):
    async with open_app(size) as stage:
        assert any(line.startswith(("▌ resnet50", "┃▌ resnet50")) for line in stage.frame())
        await stage.press("enter")
        await stage.app.workers.wait_for_complete()
        assert starts(stage) == [default_spec(ModelSpec(path="demo:resnet50"))]
        assert "▐2 Live▌" in stage.frame()[0]


async def test_demo_facts_are_there_at_once(open_app):
    async with open_app() as stage:
        assert "input    image f32 [1,3,224,224]" in stage.text()
        assert "work     8.2 GFLOP, 175 ops" in stage.text()


async def test_files_come_with_format_or_reason(open_app):
    put("net.onnx")
    put("broken.onnx", b"")
    put("weights.pt")
    put("page.xml", b"<html>")
    put("ocr/a.onnx")
    put("notes.txt")
    async with open_app((160, 45)) as stage:
        text = stage.text()
        assert "net.onnx" in text
        assert "empty file" in text
        assert "PyTorch: export to ONNX first" in text
        assert "XML, but no OpenVINO IR" in text
        assert "1 model" in text
        assert "notes.txt" not in text


async def test_an_empty_folder_says_what_is_read(open_app):
    async with open_app((160, 45)) as stage:
        assert READ_WORDS in stage.text()


async def test_what_cannot_be_run_says_why_on_enter(open_app):
    put("broken.onnx", b"")
    async with open_app() as stage:
        await rest_on(stage, "broken.onnx")
        await stage.press("enter")
        assert "broken.onnx: empty file" in stage.text()
        assert not starts(stage)


async def test_a_file_is_read_after_a_rest_and_its_facts_shown(open_app):
    path = put("net.onnx")
    async with open_app() as stage:
        await rest_on(stage, "net.onnx")
        assert [command.model.path for command in stage.sent if isinstance(command, OpenModel)] == [str(path)]
        assert "reading" in stage.text()
        await stage.emit(ModelOpened(facts=facts(str(path)), at_ns=1))
        assert "8.2 GFLOP, 3 ops" in stage.text()


async def test_a_failing_read_stands_in_the_right_panel(open_app):
    put("net.onnx")
    async with open_app() as stage:
        await rest_on(stage, "net.onnx")
        words = clean("net.onnx is [/] not \x1b valid")
        await stage.emit(
            Failed(segment=0, kind="model_unreadable", phase="read", what=words, hint=clean("export again"))
        )
        assert "✗ net.onnx is [/] not ␛ valid" in stage.text()
        assert "export again" in stage.text()
        assert stage.app.screen.NAME == "open"


async def test_hostile_file_names_are_shown_literally(open_app):
    put("[red]x[\\]\x1b[31m.onnx")
    async with open_app((160, 45)) as stage:
        assert "[red]x[\\]␛[31m.onnx" in stage.text()


async def test_the_chosen_device_is_used(open_app):
    async with open_app() as stage:
        await stage.press("tab", "j", "enter")
        assert "It runs on AUTO" in stage.frame()[1]
        await stage.press("enter")
        await stage.app.workers.wait_for_complete()
        assert [spec.device for spec in starts(stage)] == ["AUTO"]


async def test_an_unusable_device_cannot_be_chosen(open_app):
    async with open_app() as stage:
        await stage.press("tab", "j", "j", "enter")
        assert "GPU: no libOpenCL.so.1" in stage.text()
        assert "It runs on CPU" in stage.frame()[1]


async def test_a_filter_keeps_what_matches_and_esc_clears_it(open_app):
    async with open_app() as stage:
        await stage.press("slash", *"bert")
        assert "bert" in stage.text()
        assert "resnet50  " not in stage.text()
        await stage.press("escape")
        assert "resnet50  " in stage.text()


async def test_a_typed_path_is_completed_and_run(open_app):
    path = put("deep/model.onnx")
    async with open_app() as stage:
        await stage.press("slash", *"./deep/m", "tab")
        assert "./deep/model.onnx" in stage.text()
        await stage.press("enter")
        await stage.app.workers.wait_for_complete()
        assert [spec.model.path for spec in starts(stage)] == [str(path)]


async def test_folders_open_and_backspace_goes_up(open_app):
    put("deep/model.onnx")
    async with open_app((160, 45)) as stage:
        await rest_on(stage, "deep/")
        await stage.press("enter")
        assert "model.onnx" in stage.text()
        await stage.press("backspace")
        assert "▌ deep/" in stage.text()


async def test_hidden_files_show_on_demand(open_app):
    put(".hidden.onnx")
    async with open_app((160, 45)) as stage:
        assert ".hidden.onnx" not in stage.text()
        await stage.press("full_stop")
        assert ".hidden.onnx" in stage.text()


async def test_a_recent_run_is_listed_run_again_and_forgotten(open_app):
    spec = default_spec(ModelSpec(path="/models/person.xml"), "AUTO")
    now = datetime.now(timezone.utc)
    remember(
        RecentModel(
            path=spec.model.path, device="AUTO", options=clean("f32"), p50_ns=18.9e6, fps=53.0, when=now, spec=spec
        )
    )
    async with open_app() as stage:
        assert any(line.startswith("▌ person.xml") and "18.9 ms" in line for line in stage.frame())
        await stage.press("delete")
        assert "person.xml" not in stage.text()
        assert load_recent() == ()


async def test_a_dynamic_model_asks_for_its_shapes_first(open_app, monkeypatch):
    path = put("net.onnx")
    asked = []
    monkeypatch.setattr(
        "ovexplorer.tui.screens.forms.open_shapes", lambda app, spec, model, use: asked.append(model.path)
    )
    async with open_app() as stage:
        await rest_on(stage, "net.onnx")
        await stage.emit(ModelOpened(facts=facts(str(path), dynamic=True), at_ns=1))
        await stage.press("enter")
        assert asked == [str(path)]
        assert not starts(stage)


async def test_a_small_terminal_shows_facts_on_a_key(open_app):
    async with open_app((60, 16)) as stage:
        assert "device CPU" in stage.text()
        await stage.press("v")
        assert "image f32" in stage.text()
        await stage.press("escape")
        assert "image f32" not in stage.text()


def test_listing_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        list_folder(tmp_path / "nowhere")


def test_completion_stops_where_candidates_differ(tmp_path):
    for name in ("net_a.onnx", "net_b.onnx"):
        (tmp_path / name).touch()
    assert complete_path(f"{tmp_path}/n", tmp_path) == f"{tmp_path}/net_"
    assert complete_path(f"{tmp_path}/net_", tmp_path) is None
    assert complete_path(f"{tmp_path}/zzz", tmp_path) is None


def test_ages_are_said_in_words():
    now = datetime(2026, 1, 10, tzinfo=timezone.utc)
    ages = [
        age_words(datetime.fromtimestamp(now.timestamp() - back, timezone.utc), now)
        for back in (1, 600, 7200, 90000, 3e5)
    ]
    assert ages == ["just now", "10 min ago", "2 h ago", "yesterday", "3 days ago"]


def test_the_machine_is_judged_by_what_is_known():
    assert (True, "2 of 8 CPUs allowed (cgroup)") in machine_lines(ENVIRONMENT, None)
    assert (False, "bf16 by default, no AMX: try f32 too") in machine_lines(ENVIRONMENT, None)
    assert short_cpu(ENVIRONMENT.cpu_model) == "Xeon 2.80 GHz"
    assert cpu_words(ENVIRONMENT) == "2 of 8 CPUs"
