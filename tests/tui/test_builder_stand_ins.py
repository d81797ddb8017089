from __future__ import annotations

import pytest

from ovexplorer.options.apply import default_spec
from ovexplorer.options.command import same_as
from ovexplorer.options.stand_ins import StandIn
from ovexplorer.tui.screens import builder_form as builder
from ovexplorer.tui.screens import builder_stand_ins as stand_ins
from tests.tui.builder_kit import DEVICES, MODEL, SMALL

SPEC = default_spec(MODEL)


def form(kind: builder.DeviceKind = "HETERO") -> builder.BuilderForm:
    return builder.with_kind(builder.form_of(SPEC, DEVICES.devices), kind)


@pytest.mark.parametrize(
    ("text", "said"),
    [("CPU_TWO", ""), ("sim", "it is called CPU_SIM: OpenVINO wants CPU in the name"), ("cpu_two", "")],
)
def test_another_name_is_told(text, said):
    made, problem = stand_ins.understood(text)
    assert problem == ""
    assert stand_ins.renamed(made) == said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a name, such as CPU_SIM"),
        ("CPU.1", "has a dot"),
        ("CPU", "that is the real one"),
        ("CPU_SIM", "CPU_SIM is there already"),
        ("SIM", "CPU_SIM is there already"),
        ("CPU[/]", "is no name"),
        ("CPU" * 5_000, "is no name"),
        ("CPU_A:no=Soft max", "'Soft max' is no operation type"),
        ("CPU_A:threads=9999", "cannot be understood"),
        ("CPU_A:slow", "cannot be understood"),
        (f"CPU_A:no={','.join(f'T{number}' for number in range(99))}", "lacks 99 types"),
    ],
)
def test_what_cannot_be_a_stand_in_is_told(text, why):
    assert why in stand_ins.stand_in_problem(form(), text)


def test_a_stand_in_is_taken_in_first_warned_about_and_only_carried_when_used():
    made = stand_ins.with_stand_in(form(), StandIn("CPU_TWO", ("Relu",)))
    spec = builder.run_spec(made, SPEC)
    assert spec.device == "HETERO:CPU_TWO,CPU"
    assert spec.stand_ins == ("CPU_TWO",)
    assert spec.lacks == {"CPU_TWO": ("Relu",)}
    assert "stand-in" in made.warnings[0]
    assert made.problem == ""
    assert "--stand-in CPU_TWO" in same_as(spec)
    unused, _ = builder.toggled(made, "CPU_TWO")
    assert builder.run_spec(unused, SPEC).stand_ins == ()
    assert builder.run_spec(unused, SPEC).lacks == {}
    gone = stand_ins.without_stand_in(made, "CPU_TWO")
    assert (gone.device, gone.lacks) == ("HETERO:CPU", {})
    assert stand_ins.without_stand_in(made, "CPU") == made


def test_threads_of_a_stand_in_are_its_own_property():
    made = stand_ins.with_stand_in(form(), StandIn("CPU_TWO", threads=1))
    spec = builder.run_spec(made, SPEC)
    assert spec.device_properties == {"CPU_TWO": {"INFERENCE_NUM_THREADS": "1"}}
    assert spec.properties == SPEC.properties
    alone = builder.run_spec(builder.with_kind(made, "one"), SPEC)
    assert alone.device_properties == {}


def test_there_are_only_so_many():
    made = form()
    for number in range(stand_ins.MOST_STAND_INS):
        made = stand_ins.with_stand_in(made, StandIn(f"CPU_{number}"))
    assert stand_ins.stand_in_problem(made, "CPU_MORE") == "at most 8 stand-ins"


def test_types_are_spelled_as_the_model_does():
    assert stand_ins.spelled(SMALL, ("relu", "CONVOLUTION", "Softmax")) == (
        ("Relu", "Convolution", "Softmax"),
        ("Softmax",),
    )
    assert stand_ins.spelled(None, ("relu",)) == (("relu",), ())


def test_what_a_stand_in_is_stands_in_words():
    made = stand_ins.with_stand_in(form(), StandIn("CPU_TWO", ("Relu", "Add"), 1))
    assert stand_ins.words_of(made, "CPU_TWO") == "stand-in, lacks Relu, Add, 1 thread"
    plain = stand_ins.with_stand_in(form(), StandIn("CPU_TWO"))
    assert stand_ins.words_of(plain, "CPU_TWO") == "stand-in: the CPU plugin again"
