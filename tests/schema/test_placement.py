import pytest

from ovexplorer.errors import UsageError
from ovexplorer.schema.placement import (
    LONGEST_PATTERN,
    ancestors,
    devices_in_order,
    matching,
    resolve,
    unknown_placements,
)
from ovexplorer.schema.spec import AffinityRule
from ovexplorer.schema.topology import DeviceSupport, Operation, Topology
from ovexplorer.text import RawName, clean

HOSTILE = 'relu"\nsubgraph=99:x'


def operation(key, name, kind, role="operation", inputs=(), block=""):
    return Operation(
        key=key, name=clean(name), raw_name=RawName(name), type=clean(kind), role=role,
        inputs=tuple((producer, 0) for producer in inputs), block=clean(block),
    )  # fmt: skip


NET = Topology(
    model=clean("net"),
    operations=(
        operation(0, "data", "Parameter", "parameter"),
        operation(1, "weights", "Constant", "constant"),
        operation(2, "wide", "Convert", "constant", (1,)),
        operation(3, "layer1.0.conv", "Convolution", inputs=(0, 2), block="layer1.0"),
        operation(4, HOSTILE, "Relu", inputs=(3,), block="layer1.0"),
        operation(5, "layer1.1.conv", "Convolution", inputs=(4, 1), block="layer1.1"),
        operation(6, "layer10.soft", "SoftMax", inputs=(5,), block="layer10"),
        operation(7, "out", "Result", "result", (6,)),
    ),
)
BOTH = ("GPU", "CPU")


def rule(pattern, device="CPU"):
    return AffinityRule(pattern=pattern, device=device)


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("HETERO:GPU,CPU", ("GPU", "CPU")),
        ("HETERO: GPU , CPU,GPU,", ("GPU", "CPU")),
        ("HETERO", ()),
        ("HETERO:", ()),
        ("AUTO:GPU,CPU", ()),
        ("CPU", ()),
    ],
)
def test_devices_in_the_order_of_preference(device, expected):
    assert devices_in_order(device) == expected


@pytest.mark.parametrize(
    ("pattern", "keys"),
    [
        ("layer1.0.conv", (3,)),
        (HOSTILE, (4,)),
        ("/conv$/", (3, 5)),
        ("/layer1\\./", (3, 5)),
        ("type:softmax", (6,)),
        ("block:layer1", (3, 4, 5)),
        ("block:layer1.0", (3, 4)),
        (f"range:{HOSTILE}..layer10.soft", (4, 5, 6)),
        ("under:layer1.0.conv", (0, 3)),
        ("type:Constant", ()),
        ("/./", (0, 3, 4, 5, 6, 7)),
    ],
)
def test_patterns_name_operations_but_never_constants(pattern, keys):
    assert matching(NET, pattern) == keys


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("", "needs a pattern"),
        ("   ", "needs a pattern"),
        ("x" * (LONGEST_PATTERN + 1), "needs a pattern"),
        ("nobody", "no operation 'nobody'"),
        ("sort:Relu", "no operation 'sort:Relu'"),
        ("/(/", "no regular expression"),
        ("range:layer1.0.conv", "has no end"),
        ("range:nobody..out", "no operation 'nobody'"),
        ("under:\x1b[2J", "no operation"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_a_hint(pattern, what):
    with pytest.raises(UsageError) as caught:
        matching(NET, pattern)
    assert what in str(caught.value)
    assert caught.value.hint
    assert "\x1b" not in str(caught.value)


def test_everything_before_an_operation():
    assert ancestors(NET, 5) == {0, 1, 2, 3, 4, 5}


def test_the_first_device_that_supports_an_operation_gets_it_and_the_rest_follows():
    support = (DeviceSupport(device="GPU", missing=(4, 6)), DeviceSupport(device="CPU"))
    placed = resolve(NET, BOTH, support)
    # Data and constants come with what takes them first, the result with what gives it.
    assert placed == ("GPU", "GPU", "GPU", "GPU", "CPU", "GPU", "CPU", "CPU")


def test_later_rules_win_and_single_placements_win_over_all():
    rules = (rule("type:Convolution"), rule("block:layer1.1", "GPU"), rule("type:Relu"))
    placed = resolve(NET, BOTH, (), rules, {"layer1.0.conv": "NPU"})
    assert placed == ("NPU", "NPU", "NPU", "NPU", "CPU", "GPU", "GPU", "GPU")


def test_inputs_and_outputs_stay_where_they_were_placed_by_name():
    placed = resolve(NET, BOTH, (), (), {"data": "CPU", "out": "CPU"})
    assert (placed[0], placed[3], placed[7]) == ("CPU", "GPU", "CPU")


def test_a_constant_follows_its_first_consumer_even_through_another_constant():
    placed = resolve(NET, BOTH, (), (rule("layer1.0.conv"),))
    assert placed[1] == placed[2] == placed[3] == "CPU"
    assert placed[5] == "GPU"


def test_a_device_that_could_not_be_asked_gets_nothing_by_itself():
    support = (DeviceSupport(device="GPU", failed=clean("no driver")), DeviceSupport(device="CPU", missing=(6,)))
    placed = resolve(NET, BOTH, support)
    assert placed[3] == "CPU"
    assert placed[6] == ""


def test_names_that_the_model_does_not_have_are_told_in_order():
    assert unknown_placements(NET, {"b": "CPU", "out": "CPU", "a": "GPU"}) == ("b", "a")
