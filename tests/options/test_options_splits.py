import msgspec
import pytest

from ovexplorer.options.apply import describe_change
from ovexplorer.options.stand_ins import parse_stand_in, stand_in_texts
from ovexplorer.schema.spec import AffinityRule, ModelSpec, RunSpec

SPEC = RunSpec(
    model=ModelSpec(path="m.xml"),
    device="HETERO:CPU_SIM,CPU",
    stand_ins=("CPU_SIM",),
    affinities=(AffinityRule(pattern="type:Relu", device="CPU"),),
    placements={"conv": "CPU"},
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"lacks": {"CPU_SIM": ("Add", "Relu")}}, "CPU_SIM lacks nothing→Add,Relu"),
        ({"affinities": ()}, "affinity −type:Relu=CPU"),
        ({"affinities": (*SPEC.affinities, AffinityRule(pattern="a", device="CPU_SIM"))}, "affinity +a=CPU_SIM"),
        (
            {"affinities": tuple(AffinityRule(pattern=name, device="CPU") for name in "abc")},
            "affinity rules 1→3",
        ),
        ({"placements": {"conv": "CPU_SIM"}}, "conv CPU→CPU_SIM"),
        ({"placements": {}}, "conv CPU→by rule"),
        ({"placements": {"conv": "CPU", "a": "CPU", "b": "CPU"}}, "2 operations placed anew"),
        ({"splitter": "openvino"}, "splitter ours→openvino"),
    ],
)
def test_what_changed_in_a_split_is_said(changes, words):
    assert describe_change(SPEC, msgspec.structs.replace(SPEC, **changes)) == words


def test_names_that_a_terminal_would_obey_are_cleaned():
    changed = msgspec.structs.replace(SPEC, placements={"conv": "CPU", "a\x1b[2J": "CPU"})
    assert "\x1b" not in describe_change(SPEC, changed)


def test_stand_ins_are_written_as_they_are_read():
    spec = msgspec.structs.replace(SPEC, stand_ins=("CPU_SIM", "CPU_2"), lacks={"CPU_SIM": ("Add", "Relu")})
    assert stand_in_texts(spec) == ["CPU_SIM:no=Add,Relu", "CPU_2"]
    assert parse_stand_in("CPU_SIM:no=Add,Relu").lacks == ("Add", "Relu")
