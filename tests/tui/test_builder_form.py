from __future__ import annotations

import pytest

from ovexplorer.options.apply import default_spec
from ovexplorer.options.catalogue import by_id
from ovexplorer.options.stand_ins import StandIn
from ovexplorer.schema.facts import DeviceFacts, DeviceState, PropertyFacts
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import CleanText
from ovexplorer.tui.screens import builder_form as builder
from ovexplorer.tui.screens.builder_stand_ins import with_stand_in

MODEL = ModelSpec(path="demo:branchy")
PROPERTIES = (
    PropertyFacts(name="PERFORMANCE_HINT", access="RW", kind="choice", value=CleanText("LATENCY")),
    PropertyFacts(name="INFERENCE_PRECISION_HINT", access="RW", kind="text", value=CleanText("bf16")),
    PropertyFacts(name="KEY_CACHE_GROUP_SIZE", access="RW", kind="integer", value=CleanText("0")),
    PropertyFacts(name="FULL_DEVICE_NAME", access="RO", kind="text", value=CleanText("Xeon")),
)


def device(name: str, state: DeviceState = "usable", reason: str = "") -> DeviceFacts:
    return DeviceFacts(
        name=name, full_name=CleanText(f"{name} here"), state=state, reason=CleanText(reason), properties=PROPERTIES
    )


DEVICES = (
    device("CPU"),
    device("GPU", "unusable", "no libOpenCL.so.1"),
    device("CPU_SIM", "stand_in"),
    device("AUTO", "virtual"),
)
PRECISION = by_id("precision")


def form(spec: RunSpec | None = None) -> builder.BuilderForm:
    return builder.form_of(spec or default_spec(MODEL), DEVICES)


@pytest.mark.parametrize(
    "name", ["CPU", "AUTO", "AUTO:CPU", "MULTI:CPU,CPU_SIM", "HETERO:CPU_SIM,CPU", "BATCH:CPU", "BATCH:CPU(4)"]
)
def test_a_device_string_comes_back_as_it_was(name: str) -> None:
    stand_ins = ("CPU_SIM",) if "CPU_SIM" in name else ()
    spec = RunSpec(model=MODEL, device=name, stand_ins=stand_ins, properties={"PERFORMANCE_HINT": "LATENCY"})
    assert builder.run_spec(form(spec), spec) == spec


def test_the_order_of_devices_is_the_order_of_preference() -> None:
    made = builder.with_kind(form(), "HETERO")
    made, why = builder.toggled(made, "CPU_SIM")
    assert (made.device, why) == ("HETERO:CPU,CPU_SIM", "")
    made = builder.moved(made, "CPU_SIM", -1)
    assert made.device == "HETERO:CPU_SIM,CPU"
    assert builder.moved(made, "CPU_SIM", -1) == made
    out, _ = builder.toggled(made, "CPU_SIM")
    assert out.device == "HETERO:CPU"
    assert "runs everything on CPU" in out.warnings[0]


def test_one_device_takes_the_one_last_chosen_and_the_others_wait() -> None:
    made = builder.with_kind(form(RunSpec(model=MODEL, device="HETERO:CPU_SIM,CPU", stand_ins=("CPU_SIM",))), "one")
    assert made.device == "CPU_SIM"
    made, _ = builder.toggled(made, "CPU")
    assert made.device == "CPU"
    assert builder.with_kind(made, "HETERO").device == "HETERO:CPU,CPU_SIM"


def test_an_unusable_device_stays_out_and_says_why() -> None:
    made, why = builder.toggled(form(), "GPU")
    assert made == form()
    assert why == "GPU: no libOpenCL.so.1"
    asked = form(RunSpec(model=MODEL, device="GPU"))
    assert asked.problem == "GPU: no libOpenCL.so.1"


def test_a_virtual_device_is_not_offered_inside_another() -> None:
    assert [entry.name for entry in form().devices] == ["CPU", "GPU", "CPU_SIM"]


def test_without_a_device_only_auto_can_be_used() -> None:
    made, _ = builder.toggled(form(), "CPU")
    assert made.problem.startswith("take a device in")
    auto = builder.with_kind(made, "AUTO")
    assert (auto.problem, auto.device) == ("", "AUTO")


def test_properties_of_one_device_are_those_of_the_run() -> None:
    made, why = builder.with_value(form(), "CPU", PRECISION, "f32")
    assert why == ""
    spec = builder.run_spec(made, default_spec(MODEL))
    assert spec.properties == {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    assert spec.device_properties == {}


def test_properties_in_a_virtual_device_belong_to_their_device() -> None:
    made, _ = builder.toggled(builder.with_kind(form(), "HETERO"), "CPU_SIM")
    made, _ = builder.with_value(made, "CPU_SIM", PRECISION, "f32")
    spec = builder.run_spec(made, default_spec(MODEL))
    assert spec.properties == {"PERFORMANCE_HINT": "LATENCY"}
    assert spec.device_properties == {"CPU_SIM": {"INFERENCE_PRECISION_HINT": "f32"}}
    assert builder.is_set(made, "CPU_SIM", PRECISION)
    assert not builder.is_set(made, "CPU", PRECISION)
    assert builder.value_of(made, "CPU", by_id("hint")) == "latency"
    back, _ = builder.with_value(made, "CPU_SIM", PRECISION, "auto")
    assert builder.run_spec(back, spec).device_properties == {}


def test_stepping_goes_through_the_values_of_the_catalogue() -> None:
    made = builder.stepped(form(), "CPU", PRECISION, 1)
    assert builder.value_of(made, "CPU", PRECISION) == "f32"
    assert builder.stepped(made, "CPU", PRECISION, -1) == form()


def test_a_value_that_cannot_be_is_refused_in_words() -> None:
    made, why = builder.with_value(form(), "CPU", PRECISION, "f3[/]2")
    assert made == form()
    assert why


def test_every_property_that_can_be_written_is_offered_once() -> None:
    made = form()
    offered = [option.property for option in builder.options_on(made, "CPU")]
    assert offered == ["PERFORMANCE_HINT", "INFERENCE_PRECISION_HINT", "KEY_CACHE_GROUP_SIZE"]
    assert builder.options_on(made, "GPU") == ()
    stand_in = with_stand_in(made, StandIn("CPU_NEW"))
    assert builder.options_on(stand_in, "CPU_NEW") == builder.options_on(made, "CPU")


def test_batch_has_a_size_and_a_timeout_within_bounds() -> None:
    made = builder.with_batch(builder.with_kind(form(), "BATCH"), 8, 20)
    spec = builder.run_spec(made, default_spec(MODEL))
    assert spec.device == "BATCH:CPU(8)"
    assert spec.properties["AUTO_BATCH_TIMEOUT"] == "20"
    assert builder.form_of(spec, DEVICES) == made
    other = builder.run_spec(builder.with_kind(builder.form_of(spec, DEVICES), "one"), spec)
    assert other == default_spec(MODEL)
    limited = builder.with_batch(made, 10**9, -5)
    assert (limited.batch_size, limited.timeout_ms) == (builder.LARGEST_BATCH, 0)
