"""`ovexplorer graph` on models, as a user starts it: operations, the split they would get, layers, an interrupt."""

import io
import json
import subprocess
import sys

import pytest

from ovexplorer.cli.console import Console
from ovexplorer.cli.graph_model import graph_of_model
from ovexplorer.cli.interrupts import interrupts
from ovexplorer.cli.parser import parse
from ovexplorer.errors import InterruptedRunError
from tests.cli.test_cli_engine import environment, run
from tests.cli.test_cli_hetero_dump import CHAIN, EDGES, dump


def test_a_file_is_shown_without_openvino_and_without_the_tui(tmp_path):
    (tmp_path / "g.dot").write_text(dump(*CHAIN, edges=EDGES), encoding="utf-8")
    code = (
        "import sys\nfrom ovexplorer.cli.main import main\ncode = main(sys.argv[1:])\n"
        "assert not {'openvino', 'numpy', 'textual'} & set(sys.modules)\nsys.exit(code)"
    )
    for words in ((), ("--html", "g.html"), ("--svg", "g.svg", "--pdf", "g.pdf", "--png", "g.png")):
        made = subprocess.run(
            [sys.executable, "-c", code, "graph", "g.dot", *words],
            cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr


def test_a_model_is_its_operations(tmp_path):
    code, out, err = run(tmp_path, "graph", "demo:relu", "--json", "--constants")
    assert code == 0, err
    document = json.loads(out)
    assert document["kind"] == "model"
    types = [node["type"] for node in document["nodes"]]
    assert types == ["Parameter", "Relu", "Result"]
    assert document["edge_details"][0]["bytes"] > 0


def test_a_list_of_devices_splits_it_as_hetero_would(tmp_path):
    words = ("-d", "HETERO:CPU,CPU_SIM", "--stand-in", "CPU_SIM", "--affinity", "type:Relu=CPU_SIM")
    code, out, err = run(tmp_path, "graph", "demo:branchy", *words, "--json", "--svg", "b.svg", "--drawn-by", "own")
    assert code == 0, err
    document = json.loads(out)
    assert sorted({entry["device"] for entry in document["submodels"]}) == ["CPU", "CPU_SIM"]
    assert len(document["submodels"]) == 21
    assert (tmp_path / "b.svg").read_text().count("CPU_SIM #") > 0


def test_layers_of_a_run_have_times(tmp_path):
    code, out, err = run(tmp_path, "graph", "demo:branchy", "--runtime", "-niter", "20", "--json")
    assert code == 0, err
    document = json.loads(out)
    assert document["kind"] == "runtime"
    assert sum(node["time_us"] for node in document["nodes"]) > 100


@pytest.mark.parametrize("words", [(), ("--runtime",)])
async def test_an_interrupt_ends_it_and_leaves_no_engine(words):
    with interrupts() as stop:
        stop.ask()
        line = parse(["graph", "demo:resnet50", *words])
        with pytest.raises(InterruptedRunError, match="interrupted before"):
            await graph_of_model(line, stop, Console(io.StringIO(), io.StringIO()))


@pytest.mark.parametrize(
    ("words", "code"), [(("demo:nix",), 3), (("nosuch.onnx",), 3), (("demo:relu", "-d", "NPUX"), 0)]
)
def test_what_cannot_be_read_is_told(tmp_path, words, code):
    got, _, err = run(tmp_path, "graph", *words)
    assert got == code
    assert ("hint: " in err) == bool(code)
