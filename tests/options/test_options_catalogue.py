import pytest

from ovexplorer.errors import UsageError
from ovexplorer.options.catalogue import CATALOGUE, by_id, by_property, devices_of, families_of, options_for


def test_ids_flags_and_properties_are_unique():
    ids = [option.id for option in CATALOGUE]
    flags = [flag for option in CATALOGUE for flag in option.flags]
    properties = [option.property for option in CATALOGUE if option.property]
    assert len(set(ids)) == len(ids)
    assert len(set(flags)) == len(flags)
    assert len(set(properties)) == len(properties)


@pytest.mark.parametrize("option", CATALOGUE, ids=lambda option: option.id)
def test_every_option_is_explained_and_lives_in_one_place(option):
    assert bool(option.property) != bool(option.field)
    assert len(option.title) <= 12
    assert option.help.endswith(".")
    assert option.helps.endswith(".")
    assert option.hurts.endswith(".")
    assert option.link.startswith("https://docs.openvino.ai/")
    assert option.flags
    if option.kind in {"choice", "boolean"}:
        assert option.default in [choice.value for choice in option.choices]


def test_panel_order_begins_as_drawn():
    assert [option.title for option in CATALOGUE[:12]] == [
        *("Device", "Hint", "Precision", "Mode", "API", "Requests", "Inputs", "Call", "Load", "Rate"),
        *("Streams", "Threads"),
    ]


def test_unknown_id_names_the_known_ones():
    with pytest.raises(UsageError) as caught:
        by_id("precison")
    assert "precision" in caught.value.hint


def test_by_property():
    assert by_property("NUM_STREAMS") is by_id("streams")
    assert by_property("NO_SUCH") is None


@pytest.mark.parametrize(
    ("device", "inside"),
    [
        ("CPU", ()),
        ("HETERO:CPU_SIM,CPU", ("CPU_SIM", "CPU")),
        ("BATCH:CPU(4)", ("CPU",)),
        ("AUTO:-GPU,CPU", ("GPU", "CPU")),
    ],
)
def test_devices_of_a_virtual_device(device, inside):
    assert devices_of(device) == inside


def test_options_follow_the_device():
    assert by_id("npu_turbo") not in options_for("CPU")
    assert by_id("npu_turbo") in options_for("AUTO:NPU,CPU")
    assert by_id("threads") in options_for("CPU_SIM")
    assert by_id("threads") not in options_for("GPU.0")
    assert "GPU" in families_of("GPU.1")
