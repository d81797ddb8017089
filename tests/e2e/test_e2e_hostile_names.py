"""Names made to harm: nothing of them reaches a terminal or a pipe raw, and nothing breaks on them."""

import json
import re
import unicodedata

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from terminal_kit import ESCAPE

TITLE = "\x1b]0;PWNED\x07"
NASTY = f"{TITLE}\x1b[5;31;45m\x9b2J\x00\x7f\r\n\t\u202e\u2066\u200b\u2028[bold red]x[/bold red][@click=app.quit]y[/]"
LONG = NASTY + "n" * 10_000
FILE = f"{TITLE}\x1b[5;31;45m\x9b2J\n\u202e[bold]m.onnx"
COUNTED = re.compile(r"[1-9][\d,]* inferences in")


def save_hostile(path):
    """A convolution and a Relu under hostile names, large enough to be timed."""
    weights = np.random.default_rng(1).standard_normal((16, 3, 3, 3), dtype=np.float32)
    conv = helper.make_node("Conv", ["in" + LONG, "w" + NASTY], ["c" + NASTY], name="conv" + LONG, pads=[1, 1, 1, 1])
    relu = helper.make_node("Relu", ["c" + NASTY], ["out" + NASTY], name="relu" + NASTY)
    graph = helper.make_graph(
        [conv, relu],
        "graph" + NASTY,
        [helper.make_tensor_value_info("in" + LONG, TensorProto.FLOAT, (1, 3, 64, 64))],
        [helper.make_tensor_value_info("out" + NASTY, TensorProto.FLOAT, (1, 16, 64, 64))],
        [numpy_helper.from_array(weights, "w" + NASTY)],
        doc_string=NASTY,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name=NASTY)
    onnx.save(model, path)


def save_unknown(path):
    node = helper.make_node("Op" + NASTY, ["in" + NASTY], ["out"], name=NASTY, domain="dom" + NASTY)
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 4)) for name in ("in" + NASTY, "out")]
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("dom" + NASTY, 1)]
    graph = helper.make_graph([node], "g", ports[:1], ports[1:])
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def save_dynamic(path):
    node = helper.make_node("Relu", ["in" + NASTY], ["out"], name=NASTY)
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ("N", "M")) for name in ("in" + NASTY, "out")]
    graph = helper.make_graph([node], "g", ports[:1], ports[1:])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def dangerous(text):
    """Control, format, private and unassigned characters and line separators; not line ends."""
    found = {character for character in text if unicodedata.category(character)[0] == "C"}
    return (found | (set(text) & {"\u2028", "\u2029"})) - {"\n"}


@pytest.mark.parametrize(
    ("save", "words"),
    [
        (save_hostile, ("bench",)),
        (save_hostile, ("bench", "--json")),
        (save_hostile, ("layers",)),
        (save_unknown, ("bench", "--debug")),
        (save_dynamic, ("layers", "--json")),
    ],
)
def test_no_dangerous_character_comes_out_of_a_pipe(home, save, words):
    save(home.folder / FILE)
    done = home.run(words[0], FILE, "-niter", "3", *words[1:])
    assert done.returncode == (0 if save is save_hostile else 3)
    assert dangerous(done.stdout) == set()
    assert dangerous(done.stderr) == set()
    if done.returncode:
        assert [line.partition(":")[0] for line in done.stderr.splitlines() if line[0] in "eh"] == ["error", "hint"]
    elif "--json" in words:
        assert json.loads(done.stdout)["result"]["iterations"] == 3


def expect_clean(screen):
    """Only sequences that belong to the program were written; names were shown, not obeyed."""
    assert TITLE.encode() not in screen.raw
    assert b"\x1b[5;31;45m" not in screen.raw
    assert screen.stray_controls() == set()
    assert dangerous(screen.written().replace("\r", "")) == set()
    assert "Traceback" not in screen.written()


def test_every_screen_shows_them_cleaned(home, terminal):
    save_hostile(home.folder / FILE)
    screen = terminal(columns=120, rows=40)
    screen.until("Demo models")
    screen.press("G")
    screen.until("[bold]m.onnx")
    screen.press("\r")
    screen.until(COUNTED)
    screen.press("3")
    screen.until(re.compile(r"Layers · [1-9]\d* ran"))
    screen.until("Convolution")
    screen.press("?")
    screen.until("Help · Layers")
    screen.press(ESCAPE)
    screen.until(lambda text: "Help ·" not in text)
    screen.press("2")
    screen.until(COUNTED)
    screen.press("i")
    screen.until("shapes and inputs")
    screen.press(ESCAPE)
    screen.until(COUNTED)
    screen.press("q")
    assert screen.ended() == 0
    expect_clean(screen)
    screen.expect_restored()
    home.expect_nothing_left()


@pytest.mark.parametrize(
    ("save", "shows"), [(save_unknown, "The model cannot be read"), (save_dynamic, "Use these shapes")]
)
def test_failures_show_them_cleaned(home, terminal, save, shows):
    save(home.folder / FILE)
    screen = terminal(FILE)
    screen.until(shows)
    screen.press("\x03", "\x03")
    assert screen.ended() == 130
    expect_clean(screen)
    home.expect_nothing_left()
