"""Engines that are killed, and one that crashes by itself."""

import os
import re
import signal

import openvino as ov
import openvino.opset16 as op
import pytest

COUNTED = re.compile(r"[1-9][\d,]* inferences in")
COMPILING = re.compile(r"compile ◐")
MOMENTS = {"compiling": ("demo:resnet50", COMPILING), "measuring": ("demo:relu", COUNTED)}


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV"])
@pytest.mark.parametrize("doing", MOMENTS)
def test_the_panel_says_what_ended_the_engine_and_r_restarts_it(home, terminal, doing, name):
    model, moment = MOMENTS[doing]
    screen = terminal(model)
    screen.until(moment)
    (engine,) = home.engines()
    os.kill(engine, getattr(signal, name))
    screen.until("The engine died")
    screen.until(f"{name} while {doing}")
    screen.until(f"process {engine} and its temporary folder")
    assert home.engines() == []
    assert home.temporary() == []
    screen.press("r")
    screen.until("● LIVE")
    screen.until(COUNTED)
    screen.press("q")
    assert screen.ended() == 0
    assert "Traceback" not in screen.written()
    screen.expect_restored()
    home.expect_nothing_left()


def test_a_plugin_that_crashes_while_compiling_costs_one_line(home):
    data = op.parameter(ov.PartialShape([1, 3, 8, 8]), ov.Type.f32, name="data")
    # Without dilations this operation ends the compiler of the CPU plugin, in some releases by a signal.
    pool = op.avg_pool(data, [2, 2], [0, 0], [0, 0], [2, 2], True, "floor", "explicit")
    ov.save_model(ov.Model([pool], [data], "pool"), home.folder / "pool.xml")
    done = home.run("bench", "pool.xml", "-niter", "5")
    assert done.returncode in {3, 4}
    assert done.stdout == ""
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]
    if done.returncode == 4:
        assert re.search(r"ended by SIG\w+ while in the phase (read|reshape|compile)", done.stderr)
