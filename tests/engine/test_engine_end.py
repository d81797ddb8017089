"""How an engine ends, whatever it is doing: nothing of it may stay behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from engine_client import EngineClient, of_kind, spec_of

from ovexplorer.schema.protocol import Failed, Noticed, PhaseStarted, StartRun, StopRun, WindowMeasured

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and /proc")


def start(tmp_path):
    directory = tmp_path / "engine"
    directory.mkdir()
    client = EngineClient(directory)
    client.hello()
    return client, directory


def compiling(client):
    client.send(StartRun(segment=1, spec=spec_of("demo:resnet50", iterations=0)))
    client.until(PhaseStarted, 0, lambda event: event.phase == "compile")


def running(client):
    client.send(StartRun(segment=1, spec=spec_of("demo:relu", iterations=0)))
    client.until(WindowMeasured, 0)


@pytest.mark.parametrize("doing", [compiling, running])
def test_end_of_standard_input_ends_it(tmp_path, doing):
    client, directory = start(tmp_path)
    doing(client)
    client.close()
    assert client.process.returncode == 0
    assert not directory.exists()


@pytest.mark.parametrize("doing", [compiling, running])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_its_directory(tmp_path, doing, number):
    client, directory = start(tmp_path)
    doing(client)
    client.process.send_signal(number)
    client.process.wait(20)
    assert not directory.exists()
    client.close()


def test_interrupt_from_the_terminal_is_not_for_the_engine(tmp_path):
    client, _ = start(tmp_path)
    running(client)
    client.process.send_signal(signal.SIGINT)
    client.until(WindowMeasured)
    client.close()
    assert client.process.returncode == 0


def test_a_closed_event_pipe_ends_it(tmp_path):
    client, directory = start(tmp_path)
    running(client)
    client.process.stdout.close()
    client.process.wait(20)
    assert not directory.exists()
    client.process.stdin.close()


def test_it_dies_with_a_parent_that_was_killed(tmp_path):
    directory = tmp_path / "engine"
    directory.mkdir()
    # The grandparent (this test) holds the pipes open, so only the death signal can end the engine.
    script = textwrap.dedent("""
        import os, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-m", "ovexplorer.engine"], cwd=sys.argv[1], stderr=2)
        sys.stderr.write(f"{child.pid}\\n"); sys.stderr.flush()
        time.sleep(60)
    """)
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "OVEXPLORER_ENGINE_DIRECTORY": str(directory)},
    )
    pid = int(parent.stderr.readline())
    assert parent.stdout.read(4)  # The engine has greeted.
    parent.kill()
    parent.wait(20)
    deadline = time.monotonic() + 20
    while (Path(f"/proc/{pid}").exists() or directory.exists()) and time.monotonic() < deadline:
        os.sched_yield()
    assert not directory.exists()
    for stream in (parent.stdin, parent.stdout, parent.stderr):
        stream.close()


def test_a_damaged_command_ends_it_with_a_code(tmp_path):
    client, _ = start(tmp_path)
    client.process.stdin.write(b"\x00\x00\x00\x04junk")
    client.process.stdin.flush()
    assert client.process.wait(20) == 4
    client.close()


def test_a_model_replaced_on_disk_is_noticed_and_read_again(tmp_path, request):
    import openvino as ov
    from openvino import opset13 as ops

    def save(width):
        data = ops.parameter([1, width], ov.Type.f32, name="x")
        ov.save_model(ov.Model([ops.relu(data)], [data], "tiny"), tmp_path / "tiny.xml")

    save(64)
    client, _ = start(tmp_path)
    request.addfinalizer(client.close)
    spec = spec_of(str(tmp_path / "tiny.xml"), iterations=0)
    client.send(StartRun(segment=1, spec=spec))
    client.until(WindowMeasured, 0)
    save(128)
    assert "changed on disk" in client.until(Noticed, 0).text
    client.until(WindowMeasured)
    seen = len(client.events)
    client.send(StartRun(segment=2, spec=spec))
    client.until(WindowMeasured, seen, lambda event: event.window.segment == 2)
    client.send(StopRun())


def test_a_model_that_is_gone_fails_with_a_hint_and_the_engine_lives(tmp_path, request):
    client, _ = start(tmp_path)
    request.addfinalizer(client.close)
    failed = of_kind(client.run(1, spec_of(str(tmp_path / "nothing.onnx"))), Failed)[0]
    assert failed.kind == "model_missing"
    assert failed.hint
    assert of_kind(client.run(2, spec_of("demo:relu")), WindowMeasured)


def test_hostile_names_come_out_clean(tmp_path, request):
    import openvino as ov
    from openvino import opset13 as ops

    nasty = "[bold]\x1b[31m\u202e\x00 a]b" + "x" * 10_000
    data = ops.parameter([1, 64], ov.Type.f32, name=nasty)
    core_model = ov.Model([ops.relu(data, name=nasty + "r")], [data], "nasty")
    core_model.inputs[0].tensor.set_names({nasty})
    client, _ = start(tmp_path)
    request.addfinalizer(client.close)
    # NUL cannot be stored in XML; everything else can.
    path = tmp_path / "nasty.xml"
    try:
        ov.save_model(core_model, path)
    except RuntimeError:
        pytest.skip("this OpenVINO refuses to store such a name")
    from ovexplorer.schema.protocol import ModelOpened, OpenModel
    from ovexplorer.schema.spec import ModelSpec

    client.send(OpenModel(model=ModelSpec(path=str(path))))
    answer = client.until((ModelOpened, Failed), 0)
    text = answer.facts.inputs[0].name if isinstance(answer, ModelOpened) else answer.what
    assert len(text) <= 512
    assert text.isprintable()
