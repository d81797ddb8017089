"""A dump as the argument of `hetero`: submodels and cuts from the file, and files that are none."""

import io
import json

import pytest

from ovexplorer.cli.console import Console
from ovexplorer.cli.hetero import hetero
from ovexplorer.cli.parser import parse
from ovexplorer.errors import UsageError

NODE = '    {id} [shape=box color=black label="{name}\\n{id}\\nopset1::Relu{where}" fillcolor=brown style=filled]\n'
HOSTILE = 'a"b\x1b[2J -> {c} subgraph=99'


def dump(*nodes, edges=(), end="}\n"):
    """Nodes as (id, name, submodel, device)."""
    text = "digraph \n{\n"
    for id_, name, submodel, device in nodes:
        where = (f"\\nsubgraph={submodel}" if submodel is not None else "") + (f"\\ndevice={device}" if device else "")
        text += NODE.format(id=id_, name=name, where=where)
    return text + "".join(f"    {a} -> {b}\n" for a, b in edges) + end


CHAIN = (("Relu_1", "one", 42, "CPU"), ("Relu_2", HOSTILE, 45, "CPU_SIM"), ("Relu_3", "three", 46, "CPU"))
EDGES = (("Relu_1", "Relu_2"), ("Relu_2", "Relu_3"))


def shown(tmp_path, text, *words, name="hetero_subgraphs_m.dot"):
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    out, err = io.StringIO(), io.StringIO()
    code = hetero(parse(["hetero", str(tmp_path / name), *words]), Console(out, err))
    assert code == 0
    return out.getvalue(), err.getvalue()


def test_submodels_and_cuts_are_those_of_the_file(tmp_path):
    document = json.loads(shown(tmp_path, dump(*CHAIN, edges=EDGES), "--json")[0])
    assert document["schema"] == "ovexplorer.hetero/1"
    assert [(entry["device"], entry["operations"]) for entry in document["submodels"]] == [
        ("CPU", ["one"]), ("CPU_SIM", [HOSTILE]), ("CPU", ["three"])
    ]  # fmt: skip
    assert [entry["dump_id"] for entry in document["submodels"]] == [42, 45, 46]
    assert [(entry["producer"], entry["consumer"]) for entry in document["cuts"]] == [
        ("one", HOSTILE),
        (HOSTILE, "three"),
    ]
    assert document["submodels"][0]["us"] is None
    assert not document["measured"]


def test_a_table_says_that_there_are_no_times(tmp_path):
    out, _ = shown(tmp_path, dump(*CHAIN, edges=EDGES))
    assert "3 submodels: 2 on CPU, 1 on CPU_SIM" in out
    assert "2 cuts" in out
    assert "a dump holds no measurement" in out
    assert "\x1b" not in out


def test_a_dump_of_affinities_is_split_as_hetero_would(tmp_path):
    nodes = [(id_, name, None, device) for id_, name, _, device in CHAIN]
    document = json.loads(shown(tmp_path, dump(*nodes, edges=EDGES), "--json")[0])
    assert [entry["device"] for entry in document["submodels"]] == ["CPU", "CPU_SIM", "CPU"]


def test_what_could_not_be_read_is_told(tmp_path):
    text = dump(*CHAIN, edges=(*EDGES, ("Relu_3", "Relu_9")), end="    Relu_77 [shape=box color=bl")
    out, err = shown(tmp_path, text)
    assert "3 submodels" in out
    assert "notice: line" in err


def test_circles_and_other_encodings_are_survived(tmp_path):
    text = dump(*CHAIN, edges=(*EDGES, ("Relu_3", "Relu_1"))).encode() + b"\xff\xfe"
    assert "3 submodels" in shown(tmp_path, text)[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no dump"),
        ("nothing that means anything", "no dump"),
        ("digraph {a -> b}", "no dump"),
        (dump(("Relu_1", "one", None, "")), "names no device"),
    ],
)
def test_what_is_no_dump_is_refused(tmp_path, text, says):
    with pytest.raises(UsageError, match=says) as caught:
        shown(tmp_path, text)
    assert caught.value.hint


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        hetero(parse(["hetero", str(tmp_path / "gone.dot")]), Console(io.StringIO(), io.StringIO()))


@pytest.mark.parametrize("flag", [("--improve",), ("--dump-dir", "d"), ("--write-affinity", "f"), ("--record", "r")])
def test_what_needs_a_run_is_refused(tmp_path, flag):
    with pytest.raises(UsageError, match="needs a run"):
        shown(tmp_path, dump(*CHAIN, edges=EDGES), *flag)
