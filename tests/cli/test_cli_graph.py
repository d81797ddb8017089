"""`ovexplorer graph` on files: tables, every format, what is chosen, and what is refused in words."""

import io
import json
import os
import signal
from pathlib import Path

import pytest

from ovexplorer.cli.console import Console
from ovexplorer.cli.graph import graph
from ovexplorer.cli.main import main
from ovexplorer.cli.parser import parse
from ovexplorer.errors import ExitCode, InterruptedRunError, UsageError
from ovexplorer.export.graph_render import Made
from tests.cli.test_cli_hetero_dump import CHAIN, EDGES, HOSTILE, dump
from tests.export.hostile_graphs import NAMES

SUBMODELS = dump(*CHAIN, edges=EDGES)
FULL = Path("/dev/full")
FORMS = {"svg": "<?xml", "html": "<!DOCTYPE html>", "dot": "// written", "mermaid": "flowchart TD"}


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "hetero_subgraphs_m.dot"
    path.write_text(SUBMODELS, encoding="utf-8")
    return str(path)


def shown(*words, out=None):
    out, err = out or io.StringIO(), io.StringIO()
    assert graph(parse(["graph", *words]), Console(out, err)) == ExitCode.DONE
    return out.getvalue(), err.getvalue()


def refused(*words):
    with pytest.raises(UsageError) as caught:
        graph(parse(["graph", *words]), Console(io.StringIO(), io.StringIO()))
    assert caught.value.hint
    return caught.value.what


def test_a_table_says_what_is_in_it(file):
    out, err = shown(file)
    for words in ("a dump of submodels", "3 submodels", "2 cuts", "CPU, CPU_SIM", "none measured", "Relu"):
        assert words in out
    assert err == ""
    assert "\x1b" not in out


def test_a_terminal_gets_the_screen_unless_something_is_asked_for(file, monkeypatch):
    opened = []
    monkeypatch.setattr("ovexplorer.cli.graph.open_in_tui", lambda path: opened.append(str(path)) or ExitCode.DONE)
    assert shown(file, out=Terminal()) == ("", "")
    assert opened == [file]
    for words in (("--plain",), ("--view", "lanes"), ("--select", "one"), ("--submodel", "42"), ("--json",)):
        assert "Relu" in shown(file, *words, out=Terminal())[0]
    assert opened == [file]


def test_a_terminal_that_cannot_show_the_screen_gets_the_table(file, monkeypatch):
    monkeypatch.setattr("ovexplorer.cli.graph.open_in_tui", lambda path: None)
    assert "3 submodels" in shown(file, out=Terminal())[0]


@pytest.mark.parametrize(
    ("view", "says", "not_"),
    [("submodels", "2 cuts", "type  "), ("lanes", "●", "cuts"), ("outline", "outline", "cuts")],
)
def test_a_view_shows_its_own_table(file, view, says, not_):
    out, _ = shown(file, "--view", view)
    assert says in out
    assert not_ not in out


def test_rows_are_bounded_and_the_rest_is_counted(file):
    assert "the first 1, --max 0 lists all" in shown(file, "--max", "1")[0]
    assert "lists all" not in shown(file, "--max", "0")[0]


def test_json_is_read_back_as_the_same_graph(file, tmp_path):
    text, _ = shown(file, "--json")
    document = json.loads(text)
    assert [node["name"] for node in document["nodes"]] == ["one", HOSTILE, "three"]
    assert [entry["index"] for entry in document["submodels"]] == [42, 45, 46]
    again = tmp_path / "again.json"
    again.write_text(text, encoding="utf-8")
    assert shown(str(again), "--json")[0] == text


def test_what_is_found_is_listed_and_told_in_json(file):
    assert "2 of 3 nodes found by dev:CPU" in shown(file, "--find", "dev:CPU")[0]
    document = json.loads(shown(file, "--find", "dev:CPU", "--json")[0])
    assert document["hits"] == ["Relu_1", "Relu_3"]
    assert len(document["nodes"]) == 3
    assert "0 of 3 nodes found" in shown(file, "--find", "zzz")[0]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("--select", "one"), 2),
        (("--select", "one", "--hops", "0"), 1),
        (("--select", "one", "--hops", "9"), 3),
        (("--submodel", "45"), 1),
        (("--view", "submodels"), 3),
    ],
)
def test_only_what_is_chosen_is_written(file, words, count):
    assert len(json.loads(shown(file, *words, "--json")[0])["nodes"]) == count


@pytest.mark.parametrize("form", FORMS)
def test_every_text_format_goes_to_a_file_or_to_stdout(file, tmp_path, form):
    out, err = shown(file, f"--{form}", str(tmp_path / "out"))
    assert out == ""
    assert f"written: {tmp_path / 'out'}" in err
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert text.startswith(FORMS[form])
    assert shown(file, f"--{form}", "-")[0] == text


def test_a_picture_is_written(file, tmp_path):
    shown(file, "--png", str(tmp_path / "out.png"), "--pdf", str(tmp_path / "out.pdf"), "--json")
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF-")


def test_all_hostile_names_come_through_every_format(tmp_path):
    names = [name.replace("\ud800", "").replace("\0", "") for name in NAMES if name]
    text = dump(*((f"Relu_{at}", name, at, "CPU") for at, name in enumerate(names)))
    (tmp_path / "h.dot").write_text(text, encoding="utf-8")
    for form in FORMS:
        assert "\x1b" not in shown(str(tmp_path / "h.dot"), f"--{form}", "-", "--drawn-by", "own")[0]


def test_ctrl_c_gives_up_and_writes_nothing(file, tmp_path, monkeypatch):
    def drawn(*_, cancel, **__):
        os.kill(os.getpid(), signal.SIGINT)
        while not cancel():
            pass
        return Made(b"drawn all the same")

    monkeypatch.setattr("ovexplorer.cli.graph.make", drawn)
    with pytest.raises(InterruptedRunError):
        shown(file, "--svg", str(tmp_path / "out.svg"))
    assert not (tmp_path / "out.svg").exists()


def test_of_a_folder_the_newest_dump_is_shown(file, tmp_path):
    other = tmp_path / "hetero_subgraphs_other.dot"
    other.write_text("digraph { a -> b }", encoding="utf-8")
    os.utime(other, (1, 1))
    assert "3 submodels" in shown(str(tmp_path))[0]
    os.utime(file, (0, 0))
    assert "a Graphviz file" in shown(str(tmp_path))[0]


def test_a_dump_of_submodels_comes_before_one_of_affinities(file, tmp_path):
    (tmp_path / "hetero_affinity_m.dot").write_text("digraph { a -> b }", encoding="utf-8")
    os.utime(file, (0, 0))
    assert "3 submodels" in shown(str(tmp_path))[0]


# Files


def test_a_file_is_replaced_only_when_that_is_asked_for(file, tmp_path):
    target = tmp_path / "out.svg"
    target.write_text("mine", encoding="utf-8")
    assert "is there already" in refused(file, "--svg", str(target))
    assert target.read_text(encoding="utf-8") == "mine"
    shown(file, "--svg", str(target), "--force")
    assert "<svg" in target.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hetero_subgraphs_m.dot", "out.svg"]


def test_a_link_stays_one_and_permissions_stay(file, tmp_path):
    target, link = tmp_path / "real.svg", tmp_path / "link.svg"
    target.write_text("", encoding="utf-8")
    target.chmod(0o600)
    link.symlink_to(target)
    shown(file, "--svg", str(link), "--force")
    assert link.is_symlink()
    assert "<svg" in target.read_text(encoding="utf-8")
    assert target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "says"), [("gone/out.svg", "is no folder"), (".", "is a folder"), (f"{'x' * 300}", "cannot be written")]
)
def test_where_nothing_can_be_written_is_told(file, tmp_path, name, says):
    assert says in refused(file, "--svg", f"{tmp_path}/{name}")


@pytest.mark.skipif(not FULL.exists(), reason="there is no full device here")
def test_a_full_disk_is_told(file):
    assert "No space left" in refused(file, "--svg", str(FULL), "--force")
    assert FULL.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--svg", "-", "--json"), "only one document"),
        (("--svg", "-", "--dot", "-"), "only one document"),
        (("--png", "-"), "is no text"),
        (("--view", "maps"), "not a choice"),
        (("--drawn-by", "me"), "not a choice"),
        (("--max", "-1"), "no whole number"),
        (("--submodel", "two"), "no whole number"),
        (("--submodel", "7"), "there is no submodel 7"),
        (("--hops", "2"), "for what --select finds"),
        (("--select", "zzz"), "nothing is found"),
        (("--select", "/(/"), "no regular expression"),
        (("--find", " "), "needs something"),
        (("--runtime",), "no model is in it"),
        (("-hint", "latency"), "no model is in it"),
    ],
)
def test_what_cannot_be_done_is_told(file, words, says):
    assert says in refused(file, *words)


def test_two_formats_to_one_file_are_refused(file, tmp_path):
    assert "named twice" in refused(file, "--svg", str(tmp_path / "x"), "--dot", str(tmp_path / "x"))


def test_a_graph_without_submodels_says_so(tmp_path):
    path = tmp_path / "g.gv"
    path.write_text("digraph { a -> b }", encoding="utf-8")
    assert "a Graphviz file" in shown(str(path))[0]
    assert "names no submodels" in refused(str(path), "--view", "submodels", "--json")
    assert "names no submodels" in refused(str(path), "--submodel", "1")


@pytest.mark.parametrize(
    ("name", "text"), [("gone.dot", None), ("empty.dot", ""), ("words.json", "hello"), ("x.xml", "<")]
)
def test_files_that_hold_no_graph_end_with_a_hint(tmp_path, capsys, name, text):
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert main(["graph", str(tmp_path / name)]) == ExitCode.USAGE
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert "\nhint: " in said


def test_problems_of_a_file_are_told_on_stderr(tmp_path):
    path = tmp_path / "cut.dot"
    path.write_text(dump(*CHAIN, edges=(*EDGES, ("Relu_3", "Relu_9")), end="    Relu_77 [shape=box colo"), "utf-8")
    out, err = shown(str(path))
    assert "told on stderr" in out
    assert err.startswith("notice: ")


def test_no_model_is_a_usage_error():
    assert refused() == "no model is named"
