import pytest

from ovexplorer.errors import UsageError
from ovexplorer.options.apply import apply, changed_options, default_spec, describe_change, headline, read, step
from ovexplorer.options.catalogue import CATALOGUE, by_id
from ovexplorer.schema.spec import ModelSpec


@pytest.fixture
def spec():
    return default_spec(ModelSpec(path="demo:relu"))


def test_a_fresh_spec_changes_nothing(spec):
    assert changed_options(spec) == []
    assert spec.properties == {"PERFORMANCE_HINT": "LATENCY"}


@pytest.mark.parametrize("option", CATALOGUE, ids=lambda option: option.id)
def test_every_offered_value_can_be_set_read_and_taken_back(option, spec):
    for choice in option.choices:
        changed = apply(option, spec, choice.value)
        assert read(option, changed) == choice.value
        assert apply(option, changed, option.default) == spec


def test_openvino_spelling_and_aliases(spec):
    assert read(by_id("hint"), apply(by_id("hint"), spec, "THROUGHPUT")) == "throughput"
    assert apply(by_id("hint"), spec, "tput").properties["PERFORMANCE_HINT"] == "THROUGHPUT"
    assert apply(by_id("pinning"), spec, "NO").properties["ENABLE_CPU_PINNING"] == "NO"


def test_none_removes_the_hint(spec):
    assert apply(by_id("hint"), spec, "none").properties == {}


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [
        ("precision", "f99", "f32"),
        ("requests", "0", "number"),
        ("requests", "many", "number"),
        ("batch", "-1", "number"),
        ("load", "camera", "poisson"),
        ("rate", "nan", "number"),
        ("rate", "0", "rate"),
        ("rate", "-3", "rate"),
        ("burst", "0", "number"),
        ("max_rate", "-3", "rate"),
        ("image_size", "0x0", "480x640"),
        ("layout", "NCHW", "[NCHW]"),
        ("shape", "[1,a]", "[1,3,224,224]"),
        ("shape", "[8..1]", "smaller"),
        ("data_shape", "[1,?]", "number"),
        ("scale", "[0,1]", "58.4"),
        ("input_type", "u9", "u8"),
        ("device", "", "CPU"),
        ("device", "-x", "CPU"),
    ],
)
def test_wrong_values_are_refused_with_a_hint(option, value, hint, spec):
    if option == "device" and not value:
        assert apply(by_id("device"), spec, value).device == "CPU"
        return
    with pytest.raises(UsageError) as caught:
        apply(by_id(option), spec, value)
    assert hint in caught.value.hint


def test_device_form_goes_to_the_devices_of_a_virtual_one(spec):
    spec = apply(by_id("device"), spec, "HETERO:CPU_SIM,CPU")
    spec = apply(by_id("precision"), spec, "CPU:f32,CPU_SIM:bf16")
    assert spec.device_properties == {
        "CPU": {"INFERENCE_PRECISION_HINT": "f32"},
        "CPU_SIM": {"INFERENCE_PRECISION_HINT": "bf16"},
    }
    assert read(by_id("precision"), spec) == "CPU:f32,CPU_SIM:bf16"
    assert apply(by_id("precision"), spec, "auto").device_properties == {}


def test_device_form_on_a_plain_device_is_its_own_property(spec):
    assert apply(by_id("streams"), spec, "CPU:2").properties["NUM_STREAMS"] == "2"


def test_device_form_with_a_foreign_device_is_refused(spec):
    with pytest.raises(UsageError, match="not among the devices"):
        apply(by_id("streams"), spec, "GPU:2")


def test_a_windows_path_is_no_device_form(spec):
    assert apply(by_id("cache"), spec, "C:/models").properties["CACHE_DIR"] == "C:/models"


def test_step_goes_round_choices_and_stops_at_the_ends_of_numbers(spec):
    assert step(by_id("api"), spec, 1) == "async"
    assert step(by_id("api"), apply(by_id("api"), spec, "async"), 1) == "sync"
    assert step(by_id("threads"), spec, -1) == "auto"
    assert step(by_id("threads"), spec, 1) == "1"
    assert step(by_id("threads"), apply(by_id("threads"), spec, "3"), 1) == "4"
    assert step(by_id("threads"), apply(by_id("threads"), spec, "3"), -1) == "2"
    assert step(by_id("max_rate"), apply(by_id("max_rate"), spec, "500"), 1) == "500"


def test_describe_change_names_each_difference(spec):
    other = apply(by_id("threads"), apply(by_id("precision"), spec, "f32"), "2")
    assert describe_change(spec, other) == "Precision auto→f32, Threads auto→2"
    assert describe_change(spec, spec) == ""


def test_headline(spec):
    assert headline(apply(by_id("precision"), spec, "f32")) == "relu · CPU · f32 · latency · sync"
    assert headline(spec, "resnet50", "bf16") == "resnet50 · CPU · bf16 · latency · sync"


def test_input_fields_do_not_depend_on_their_order(spec):
    first = apply(by_id("layout"), apply(by_id("shape"), spec, "a[1,3,?,?],b[1..4,-1]"), "[NCHW]")
    second = apply(by_id("shape"), apply(by_id("layout"), spec, "[NCHW]"), "a[1,3,?,?],b[1..4,-1]")
    assert first == second
    assert {entry.name: entry.layout for entry in first.model.inputs} == {"": "NCHW", "a": "NCHW", "b": "NCHW"}
    assert read(by_id("layout"), first) == "[NCHW]"
    assert read(by_id("shape"), first) == "a[1,3,?,?],b[1..4,?]"


def test_names_with_colons_commas_and_slashes(spec):
    changed = apply(by_id("shape"), spec, "x/y:0[1,2],z[]")
    assert [(entry.name, entry.shape) for entry in changed.model.inputs] == [("x/y:0", "[1,2]"), ("z", "[]")]
