import pytest

from ovexplorer.analysis.split.predict import predict
from ovexplorer.analysis.split.rules import SLOW_COMPILE_S, check, compile_seconds
from ovexplorer.schema.topology import DeviceSupport
from ovexplorer.text import clean
from tests.analysis.split.topology_kit import DEVICES, Net, placed_where, residual

BOTH = (DeviceSupport(device="A"), DeviceSupport(device="B"))


def found(topology, placed, support=BOTH, devices=DEVICES):
    findings = check(topology, placed, support, predict(topology, placed, devices))
    return {finding.code: finding for finding in findings}


def chain(*kinds):
    net = Net()
    x = net.input("data")
    for kind in kinds:
        x = net.add(kind, x)
    net.result(x)
    return net.topology()


def test_a_good_placement_is_good_by_every_rule():
    topology = chain("Relu", "Tanh", "Relu")
    findings = found(topology, ["A"] * len(topology.operations))
    assert list(findings) == [
        "all_placed", "states_together", "shape_chains", "constants", "small_islands", "compile_time",
    ]  # fmt: skip
    assert {finding.state for finding in findings.values()} == {"good"}
    assert not any(finding.fix for finding in findings.values())


def test_an_operation_without_a_device_is_bad():
    topology = chain("Relu", "Odd")
    finding = found(topology, ("A", "A", "", "A"))["all_placed"]
    assert (finding.state, finding.operations) == ("bad", (2,))
    assert "no device takes 1 operation: odd_2" in finding.text
    assert finding.fix


def test_an_operation_on_a_device_that_lacks_it_is_bad():
    topology = chain("Relu", "Odd")
    support = (DeviceSupport(device="A", missing=(2,)), DeviceSupport(device="B"))
    finding = found(topology, ["A"] * 4, support)["all_placed"]
    assert (finding.state, finding.operations) == ("bad", (2,))
    assert "A does not support 1 operation placed there: odd_2" in finding.text


def test_a_device_that_could_not_be_asked_is_bad_only_where_it_is_used():
    topology = chain("Relu")
    support = (DeviceSupport(device="B", failed=clean("no driver")),)
    assert found(topology, ["A"] * 3, support)["all_placed"].state == "good"
    finding = found(topology, ["B"] * 3, support)["all_placed"]
    assert (finding.state, finding.text) == ("bad", "B cannot be used: no driver")


def test_a_device_outside_the_list_is_worth_a_warning():
    topology = chain("Relu")
    finding = found(topology, ["C"] * 3)["all_placed"]
    assert (finding.state, finding.operations) == ("warn", (0, 1, 2))


def test_a_state_on_two_devices_is_bad():
    net = Net()
    state = net.add("ReadValue", net.constant(), variable=clean("sum"))
    total = net.add("Add", state, net.input("data"))
    kept = net.add("Assign", total, variable=clean("sum"))
    net.result(total)
    topology = net.topology()
    together = placed_where(topology, lambda entry: "A")
    assert found(topology, together)["states_together"].text == "1 state on one device each"
    apart = list(together)
    apart[kept] = "B"
    finding = found(topology, apart)["states_together"]
    assert (finding.state, set(finding.operations)) == ("bad", {state, kept})
    assert "sum" in finding.text


def reshaping():
    net = Net()
    data = net.input("data")
    shape = net.add("ShapeOf", data, types=("i64",), name="shape")
    part = net.add("Gather", shape, net.constant(), net.constant(), types=("i64",), name="part")
    moved = net.add("Reshape", net.add("Relu", data, name="relu"), part, name="reshape")
    net.result(moved)
    return net.topology(), (shape, part, moved)


@pytest.mark.parametrize(("away", "state"), [("part", "bad"), ("shape", "bad"), ("reshape", "bad"), ("relu", "good")])
def test_a_computed_shape_stays_with_what_uses_it(away, state):
    topology, chained = reshaping()
    placed = placed_where(topology, lambda entry: "B" if entry.name == away else "A")
    finding = found(topology, placed)["shape_chains"]
    assert finding.state == state
    assert set(finding.operations) <= set(chained)
    assert ("static shapes" in finding.fix) == (state == "bad")


def test_whole_numbers_that_are_no_shapes_may_go_anywhere():
    net = Net()
    data = net.input("data")
    count = net.add("ShapeOf", data, types=("i64",))
    real = net.add("Convert", count, types=("f32",))
    net.result(net.add("Multiply", data, real))
    topology = net.topology()
    placed = placed_where(topology, lambda entry: "B" if entry.type == "Multiply" else "A")
    assert found(topology, placed)["shape_chains"].state == "good"


def test_what_is_computed_from_constants_is_used_where_it_is():
    net = Net()
    halved = net.add("Convert", net.constant(), role="constant", name="halved")
    net.result(net.add("Add", net.input("data"), halved))
    topology = net.topology()
    assert found(topology, ["A"] * 5)["constants"].state == "good"
    # A Constant itself is copied wherever it is needed, so only its Convert counts.
    finding = found(topology, ["B", "A", "B", "B", "B"])["constants"]
    assert (finding.state, finding.operations) == ("warn", (halved,))


def test_submodels_that_compute_nothing_are_told():
    topology = chain("Relu")
    assert "bare_parts" not in found(topology, ["A"] * 3)
    finding = found(topology, ("B", "A", "A"))["bare_parts"]
    assert (finding.state, finding.operations) == ("warn", (0,))


def test_tiny_submodels_between_others_are_told():
    topology = chain("Relu", "Tanh", "Relu", "Exp", "Relu", "Exp", "Exp")
    placed = placed_where(topology, lambda entry: "B" if entry.type == "Tanh" else "A")
    finding = found(topology, placed)["small_islands"]
    assert finding.state == "warn"
    assert {topology.operations[key].type for key in finding.operations} == {"Relu", "Tanh"}


def test_borders_inside_one_device_are_explained():
    topology = residual(2)
    placed = placed_where(topology, lambda entry: "B" if entry.type == "Relu" else "A")
    finding = found(topology, placed)["feedback"]
    assert finding.state == "warn"
    assert "b0.sum and b1.sum both run on A" in finding.text
    assert "feedback" not in found(topology, ["A"] * len(topology.operations))


def test_a_long_compile_is_told_with_its_time():
    topology = chain(*["Relu", "Tanh"] * 100)
    placed = placed_where(topology, lambda entry: "B" if entry.type == "Tanh" else "A")
    finding = found(topology, placed)["compile_time"]
    assert finding.state == "warn"
    assert "200 submodels" in finding.text


def test_compile_time_grows_faster_than_the_number_of_submodels():
    assert compile_seconds(0) == 0
    measured = {1: 0.02, 35: 0.5, 403: 8, 1603: 45}
    assert {number: compile_seconds(number) for number in measured} == pytest.approx(measured)
    assert compile_seconds(100) < SLOW_COMPILE_S < compile_seconds(250)
    assert compile_seconds(3206) > 2 * compile_seconds(1603)
