"""`ovexplorer hetero` as a user starts it: a real split on stand-ins, its files, dumps from elsewhere, an interrupt."""

import json
import signal
import subprocess
import sys
from collections import Counter

import pytest

from tests.cli.test_cli_engine import environment, finished, run, start

FORCED = (
    "hetero", "demo:branchy", "-d", "HETERO:CPU,CPU_SIM", "--stand-in", "CPU_SIM", "--affinity", "type:Relu=CPU_SIM",
    "-niter", "10",
)  # fmt: skip


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    """One run that the tests share: its folder and document."""
    folder = tmp_path_factory.mktemp("split")
    code, out, err = run(folder, *FORCED, "--json", "--dump-dir", "dumps", "--write-affinity", "split.json")
    assert code == 0, err
    return folder, json.loads(out), err


def test_every_part_of_the_split_is_told(split):
    _, document, err = split
    assert Counter(entry["device"] for entry in document["submodels"]) == {"CPU": 11, "CPU_SIM": 10}
    assert len(document["cuts"]) == 25
    assert "21 submodels and 25 cuts predicted" in err
    assert all(entry["us"] > 0 for entry in document["submodels"])
    assert {entry["device"] for entry in document["alone"]} == {"CPU", "CPU_SIM"}
    assert document["left_out"] == []
    assert [entry["stand_in"] for entry in document["devices"]] == [False, True]


def test_times_add_up(split):
    _, document, _ = split
    counted = sum(entry["us"] for entry in document["submodels"])
    assert counted == pytest.approx(document["counted_us"])
    assert document["counted_us"] + document["gap_us"] == pytest.approx(document["latency_us"])
    # Every Reorder belongs to a cut or to the model's own structure.
    of_cuts = sum(entry["reorder_us"] for entry in document["cuts"])
    assert of_cuts + document["model_reorders"]["us"] == pytest.approx(document["reorder_us"])
    assert document["unjoined"] == []
    lost = document["lost"]
    assert lost["reorder_us"] + lost["host_us"] + lost["compute_us"] == pytest.approx(lost["us"])


def test_leaving_the_split_is_suggested(split):
    _, document, _ = split
    assert any(entry["kind"] == "alone" and entry["expected_us"] > 0 for entry in document["suggestions"])


def test_the_affinities_give_the_same_split_again(split):
    folder, document, _ = split
    program = subprocess.run(
        [sys.executable, "split.py"], cwd=folder, env=environment(folder), capture_output=True, text=True
    )
    assert program.returncode == 0, program.stderr
    assert "CPU_SIM" in program.stdout
    affinities = json.loads((folder / "split.json").read_text())
    of_relus = {name for entry in document["submodels"] if entry["device"] == "CPU_SIM" for name in entry["operations"]}
    assert {name for name, device in affinities.items() if device == "CPU_SIM"} >= of_relus
    code, out, err = run(folder, *FORCED[:6], "--affinity-file", "split.json", "-niter", "2", "--json")
    assert code == 0, err
    again = json.loads(out)
    parts = [(entry["device"], entry["operations"]) for entry in document["submodels"]]
    assert [(entry["device"], entry["operations"]) for entry in again["submodels"]] == parts


def test_dumps_are_read_without_a_model_or_openvino(split):
    folder, document, _ = split
    assert len(document["dumps"]) == 2
    code = "import sys; sys.modules['openvino'] = None; from ovexplorer.cli.main import main; sys.exit(main())"
    for name in document["dumps"]:
        made = subprocess.run(
            [sys.executable, "-c", code, "hetero", name, "--json"],
            cwd=folder, env=environment(folder), capture_output=True, text=True,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        read = json.loads(made.stdout)
        assert Counter(entry["device"] for entry in read["submodels"]) == {"CPU": 11, "CPU_SIM": 10}
        assert sorted((entry["producer"], entry["consumer"]) for entry in read["cuts"]) == sorted(
            (entry["producer"], entry["consumer"]) for entry in document["cuts"]
        )
        assert {entry["bytes"] for entry in read["cuts"]} == {entry["bytes"] for entry in document["cuts"]}


def test_an_interrupt_while_compiling_keeps_what_is_known(tmp_path):
    # 103 submodels: compiling them takes seconds.
    process = start(tmp_path, "hetero", "demo:resnet50", "--stand-in", "CPU_SIM:no=Add", "--json")
    for line in process.stderr:
        if "predicted" in line:
            break
    process.send_signal(signal.SIGINT)
    code, out, _ = finished(process, tmp_path)
    assert code == 130
    document = json.loads(out)
    assert document["interrupted"]
    assert not document["measured"]
    assert len(document["submodels"]) > 50


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("demo:relu", "--stand-in", "CPU_SIM", "--affinity", "name:nosuch=CPU"), 2, "no operation 'nosuch'"),
        (("demo:relu", "-d", "HETERO:NPUX,CPU"), 2, "NPUX"),
        (("nosuch.xml", "--stand-in", "CPU_SIM"), 3, "nosuch.xml"),
    ],
)
def test_what_cannot_be_split_is_told(tmp_path, words, code, says):
    got, out, err = run(tmp_path, "hetero", *words)
    assert (got, out) == (code, "")
    assert says in err
    assert "hint: " in err
