from ovexplorer.options.apply import apply, default_spec, read
from ovexplorer.options.catalogue import by_id
from ovexplorer.options.dynamic import effective_of, effective_text, options_of
from ovexplorer.schema.facts import DeviceFacts, PropertyFacts
from ovexplorer.schema.results import EffectiveProperty
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.text import clean


def facts(name, kind, value, access="RW", choices=()):
    return PropertyFacts(name=name, access=access, kind=kind, value=clean(value), choices=choices)


DEVICE = DeviceFacts(
    name="CPU",
    full_name=clean("a CPU"),
    state="usable",
    properties=(
        facts("TBB_PARTITIONER", "choice", "STATIC", choices=("STATIC", "AUTO")),
        facts("ENABLE_TENSOR_PARALLEL", "boolean", "NO"),
        facts("KEY_CACHE_GROUP_SIZE", "integer", "0"),
        facts("NUM_STREAMS", "integer", "1"),
        facts("FULL_DEVICE_NAME", "text", "a CPU", access="RO"),
    ),
)


def test_only_unknown_read_write_properties_become_options():
    assert [option.id for option in options_of(DEVICE)] == [
        "ENABLE_TENSOR_PARALLEL",
        "KEY_CACHE_GROUP_SIZE",
        "TBB_PARTITIONER",
    ]


def test_they_are_set_like_any_other():
    switch, number, _ = options_of(DEVICE)
    spec = default_spec(ModelSpec(path="demo:relu"))
    spec = apply(switch, apply(number, spec, "0"), "yes")
    assert spec.properties["ENABLE_TENSOR_PARALLEL"] == "YES"
    assert spec.properties["KEY_CACHE_GROUP_SIZE"] == "0"
    assert read(switch, spec) == "yes"


def test_a_choice_named_auto_is_not_the_same_as_leaving_it_to_the_device():
    choice = options_of(DEVICE)[2]
    spec = default_spec(ModelSpec(path="demo:relu"))
    asked = apply(choice, spec, "AUTO")
    assert asked.properties["TBB_PARTITIONER"] == "AUTO"
    assert read(choice, asked) == "AUTO"
    assert apply(choice, asked, "auto") == spec


def effective(device, value):
    return EffectiveProperty(
        device=device, property="INFERENCE_PRECISION_HINT", requested=None, effective=clean(value), state="default"
    )


def test_effective_text_is_one_value_when_all_devices_agree():
    option = by_id("precision")
    assert effective_text(option, (effective("CPU", "bf16"),)) == "bf16"
    assert effective_text(option, (effective("CPU", "f32"), effective("CPU_SIM", "f32"))) == "f32"
    assert effective_text(option, (effective("CPU", "f32"), effective("CPU_SIM", "bf16"))) == "CPU:f32,CPU_SIM:bf16"
    assert effective_text(option, ()) == ""
    assert effective_of(by_id("api"), (effective("CPU", "f32"),)) == ()
