"""Affinity files both ways, what is said about them, and the program that applies one."""

import json
from pathlib import PurePath

import pytest

from ovexplorer.errors import UsageError
from ovexplorer.export.affinity import (
    affinity_json,
    affinity_notices,
    affinity_python,
    python_name,
    read_affinity,
)
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.spec import InputSpec, ModelSpec, RunSpec
from ovexplorer.schema.topology import Operation, Topology
from ovexplorer.text import RawName, clean

HOSTILE = 'a"b\\c\n"""\u202e subgraph=99 {x}'


def operation(key, name, kind="Relu", role="operation", inputs=()):
    return Operation(
        key=key,
        name=clean(name),
        raw_name=RawName(name),
        type=clean(kind),
        role=role,
        inputs=tuple((producer, 0) for producer in inputs),
    )


TOPOLOGY = Topology(
    model=clean("net"),
    operations=(
        operation(0, "image", "Parameter", "parameter"),
        operation(1, "weights", "Constant", "constant"),
        operation(2, "conv", "Convolution", inputs=(0, 1)),
        operation(3, HOSTILE, inputs=(2,)),
        operation(4, "out", "Result", "result", inputs=(3,)),
    ),
)
PLACED = ("CPU", "CPU", "CPU", "GPU", "GPU")


def test_what_is_written_is_read_again():
    text = affinity_json(TOPOLOGY, PLACED)
    assert text.isascii()
    assert read_affinity(text) == dict(zip((entry.raw_name for entry in TOPOLOGY.operations), PLACED))


def test_what_no_device_takes_is_not_written():
    assert read_affinity(affinity_json(TOPOLOGY, ("CPU", "CPU", "CPU", "", "CPU"))).keys() == {
        "image", "weights", "conv", "out"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "no object"),
        ("{}", "names no operation"),
        ('{"conv": 1}', "the device of 'conv' is 1"),
        ('{"conv": " "}', "the device of 'conv'"),
        ('{"conv": {"x": "CPU"}}', "the device of 'conv'"),
        ('{"conv": "CPU", "conv": "GPU"}', "twice"),
        ('{"\\u001b[2J": null}', "␛[2J"),
    ],
)
def test_what_is_no_affinity_file_is_refused(text, says):
    with pytest.raises(UsageError) as caught:
        read_affinity(text)
    assert says in caught.value.what
    assert "\x1b" not in caught.value.what
    assert caught.value.hint


def test_a_byte_order_mark_and_equal_repeats_are_read():
    assert read_affinity('\ufeff{"conv": "CPU", "conv": "CPU"}') == {"conv": "CPU"}


def test_a_file_for_another_model_is_refused():
    with pytest.raises(UsageError, match="another model") as caught:
        affinity_notices(TOPOLOGY, ("GPU", "CPU"), {"elsewhere": "CPU"})
    assert "'elsewhere'" in caught.value.hint
    assert "'conv'" in caught.value.hint


def test_a_device_outside_the_list_is_refused():
    with pytest.raises(UsageError, match="'NPU'"):
        affinity_notices(TOPOLOGY, ("GPU", "CPU"), {"conv": "NPU"})


def test_half_covered_models_and_strange_names_are_told():
    unknown, left = affinity_notices(TOPOLOGY, ("GPU", "CPU"), {"conv": "CPU", "old": "GPU"})
    assert unknown.startswith("1 of 2 affinities name nothing in this model: 'old'")
    assert left.startswith("1 operation has no affinity")
    assert "\u202e" not in left
    assert "\n" not in left


def test_a_whole_file_is_worth_no_word():
    whole = read_affinity(affinity_json(TOPOLOGY, PLACED))
    assert affinity_notices(TOPOLOGY, ("GPU", "CPU"), whole) == ()
    assert affinity_notices(TOPOLOGY, ("GPU", "CPU"), {}) == ()


def test_the_program_is_python_for_any_name():
    asked = RunSpec(
        model=ModelSpec(
            path=f"{HOSTILE}.xml",
            inputs=(InputSpec(name='in"put', shape="[1,3,?,8]"),),
            batch=2,
            extensions=("lib.so",),
            preprocess="graph",
        ),
        device=f'HETERO:CPU_SIM,"{HOSTILE}',
        stand_ins=("CPU_SIM",),
        properties={"PERFORMANCE_HINT": "LATENCY"},
        device_properties={"CPU": {"INFERENCE_NUM_THREADS": "1"}},
    )
    text = affinity_python(asked, HOSTILE)
    compile(text, "split.py", "exec")
    for part in ('"CPU_SIM"', "ov.PartialShape", "set_batch", '"INFERENCE_NUM_THREADS": "1"', "add_extension"):
        assert part in text


def test_one_shape_without_a_name_is_the_model_s():
    text = affinity_python(RunSpec(model=ModelSpec(path="m.xml", inputs=(InputSpec(shape="[1,8]"),))), "a.json")
    assert 'model.reshape(ov.PartialShape("1,8"))' in text


def test_a_device_alone_needs_no_affinities():
    text = affinity_python(default_spec(ModelSpec(path="m.xml")), "a.json")
    compile(text, "split.py", "exec")
    assert "rt_info" not in text


def test_the_program_does_what_it_says(tmp_path, capsys):
    asked = RunSpec(model=ModelSpec(path="demo:relu"), device="HETERO:CPU_SIM,CPU", stand_ins=("CPU_SIM",))
    (tmp_path / "a.json").write_text('{"relu": "CPU_SIM", "data": "CPU", "output": "CPU"}')
    program = tmp_path / "a.py"
    program.write_text(affinity_python(asked, "a.json"))
    found = {"__file__": str(program)}
    exec(compile(program.read_text(), str(program), "exec"), found)  # noqa: S102 - it is our own program
    placed = {node.get_friendly_name(): node.rt_info["affinity"].value for node in found["operations"]}
    assert placed["relu"] == "CPU_SIM"
    assert "CPU_SIM" in capsys.readouterr().out
    assert found["compiled"].get_property("HETERO_NUMBER_OF_SUBMODELS") > 1


def test_names_of_programs():
    assert python_name(PurePath("a/m.affinity.json")) == PurePath("a/m.affinity.py")
    assert python_name(PurePath("m.txt")) == PurePath("m.txt.py")
    assert json.loads(affinity_json(TOPOLOGY, ("",) * 5)) == {}
