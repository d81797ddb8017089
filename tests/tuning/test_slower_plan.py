from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from ovexplorer.schema.spec import InputSpec, ModelSpec
from ovexplorer.tuning.slower_plan import paced_spec, slower_steps
from tests.tuning.ladder_kit import SPEC, facts


def steps_of(spec=SPEC, model=None):
    return {step.id: step for step in slower_steps(spec, model or facts())}


def changed(old, new):
    """Fields in which two specs differ."""
    names = [name for name in old.__struct_fields__ if getattr(old, name) != getattr(new, name)]
    return [name for name in names if name != "model"] + [
        f"model.{name}" for name in old.model.__struct_fields__ if getattr(old.model, name) != getattr(new.model, name)
    ]


def test_each_step_adds_one_cost_to_the_one_before():
    steps = list(steps_of().values())
    assert [step.id for step in steps] == [
        "async_n",
        "async_1",
        "sync",
        "copy_in",
        "copy_out",
        "real_input",
        "host",
        "paced",
    ]
    assert [changed(old.spec, new.spec) for old, new in pairwise(steps)] == [
        ["requests"],
        ["properties", "api", "requests"],
        ["inputs"],
        ["outputs"],
        ["model.inputs"],
        ["model.preprocess"],
        ["load"],
    ]


def test_the_first_step_is_benchmark_app_and_the_blocking_call_gets_the_hint_that_suits_it():
    steps = steps_of()
    assert steps["async_n"].spec.properties == {"PERFORMANCE_HINT": "THROUGHPUT"}
    assert (steps["async_n"].spec.api, steps["async_n"].spec.requests) == ("async", 0)
    assert steps["sync"].spec.properties == {"PERFORMANCE_HINT": "LATENCY"}
    assert steps["async_n"].spec.model.inputs == (InputSpec(name="x", element_type="u8"),)


def test_a_model_without_images_has_no_image_costs():
    steps = steps_of(model=facts(layout="NC"))
    assert steps["real_input"].skipped == steps["host"].skipped == "no input is an image"
    assert steps["async_n"].spec.model.inputs == ()
    assert steps["paced"].spec.model.preprocess == "none"
    assert steps_of(model=facts(element_type="i64"))["host"].skipped == "no input is an image"


def test_what_is_asked_of_an_image_is_kept():
    spec = msgspec.structs.replace(SPEC, model=ModelSpec(path="/m.onnx", inputs=(InputSpec(mean=(1.0,)),)))
    fed = {entry.name: entry for entry in steps_of(spec)["async_n"].spec.model.inputs}
    assert fed["x"].mean == (1.0,)
    assert fed["x"].element_type == "u8"
    assert fed[""].element_type == ""


@pytest.mark.parametrize(("capacity", "rate"), [(None, 30.0), (1000.0, 30.0), (10.0, 7.0)])
def test_arrivals_stay_below_what_can_be_served(capacity, rate):
    assert paced_spec(SPEC, capacity).rate_fps == rate
    assert paced_spec(SPEC, capacity).load == "fixed"
