import numpy as np
import openvino as ov
import pytest
from split_models import compressed, shape_chain, twins
from tiny_models import save_onnx

from ovexplorer.engine import splittable as module
from ovexplorer.engine.names import name_unnamed
from ovexplorer.engine.splittable import splittable
from ovexplorer.engine.topology import topology_of, unique_names
from ovexplorer.schema.placement import resolve


@pytest.fixture(scope="module")
def core():
    core = ov.Core()
    core.register_plugin("openvino_intel_cpu_plugin", "CPU_SIM")
    return core


def types(model):
    return [node.get_type_name() for node in model.get_ordered_ops()]


def same_results(core, one, other, shape):
    data = np.random.default_rng(3).standard_normal(shape, dtype=np.float32)
    return np.array_equal(core.compile_model(one, "CPU")(data)[0], core.compile_model(other, "CPU")(data)[0])


def cuts(core, model, placed):
    for node, device in zip(model.get_ordered_ops(), placed):
        node.get_rt_info()["affinity"] = device
    header = core.compile_model(model, "HETERO:CPU_SIM,CPU").export_model().readline()
    return header.count(b"out_submodel_idx")


def test_shapes_that_are_known_become_constants(core):
    model = shape_chain()
    before = types(model)
    ready = splittable(model)
    assert types(ready) == ["Parameter", "Relu", "Constant", "Reshape", "Tanh", "Result"]
    assert [node.get_friendly_name() for node in ready.get_ordered_ops()][2] == "target"
    assert types(model) == before
    assert same_results(core, model, ready, (2, 3, 4))


def test_shapes_that_are_not_known_stay_computed():
    assert "ShapeOf" in types(splittable(shape_chain((-1, 3, 4))))


def test_small_weights_are_computed(core):
    model = compressed()
    ready = splittable(model)
    assert "Convert" not in types(ready)
    assert same_results(core, model, ready, (2, 6))


@pytest.mark.parametrize("kind", [np.float16, np.int8])
def test_other_weights_stay_compressed_and_each_consumer_has_its_own(core, kind, monkeypatch):
    if kind == np.float16:
        monkeypatch.setattr(module, "_MOST_BYTES", 100)
    model = compressed(kind)
    ready = splittable(model)
    names = [node.get_friendly_name() for node in ready.get_ordered_ops()]
    # One Convert for `first`, and one behind each of the two Transposes; the weights are still there once.
    assert {"weights", "weights#2", "weights#3", "turned", "turned#2"} < set(names)
    assert names.count("stored") == 1
    assert same_results(core, model, ready, (2, 6))


def test_weights_are_handed_over_less_often(core):
    """What it is for: OpenVINO tears what is computed from constants, and hands it over in every inference."""
    for placed, before, after in ((["second"], 5, 3), (["relu"], 7, 4), (["first"], 3, 2)):
        found = []
        for model in (compressed(), splittable(compressed())):
            topology = topology_of(model, "half")
            devices = resolve(topology, ("CPU", "CPU_SIM"), (), (), dict.fromkeys(placed, "CPU_SIM"))
            found.append(cuts(core, model, devices))
        assert found == [before, after], placed


def test_constants_of_every_depth_have_that_role():
    roles = {str(entry.raw_name): entry.role for entry in topology_of(compressed(), "half").operations}
    assert {roles[name] for name in ("stored", "weights", "turned")} == {"constant"}
    assert (roles["data"], roles["first"], roles["out"]) == ("parameter", "operation", "result")


def test_equal_names_get_numbers_that_are_free():
    model = twins()
    model.get_ordered_ops()[-2].set_friendly_name("same#2")
    unique_names(model)
    assert [node.get_friendly_name() for node in model.get_ordered_ops()[1:4]] == ["same", "same#3", "same#2"]


def test_operations_without_a_name_are_called_the_same_each_time(core, tmp_path):
    path = save_onnx(tmp_path / "swish.onnx", kind="Mish")
    found = []
    for _ in range(2):
        model = core.read_model(path)
        # As a reader leaves them: named by a counter of the process.
        model.get_ordered_ops()[1].set_friendly_name("")
        name_unnamed(model)
        found.append([node.get_friendly_name() for node in model.get_ordered_ops()])
    assert found[0] == found[1]
    assert found[0][1] == "Mish_1"


def test_a_topology_of_ten_thousand_operations_is_in_order():
    data = ov.opset16.parameter([1, 4], ov.Type.f32, name="data")
    node = data
    for index in range(2_000):
        node = ov.opset16.relu(node, name=f"block{index // 100}.relu{index}")
    topology = topology_of(splittable(ov.Model([ov.opset16.result(node)], [data], "long")), "long")
    assert [entry.key for entry in topology.operations] == list(range(2_002))
    assert all(producer < entry.key for entry in topology.operations for producer, _ in entry.inputs)
    assert topology.operations[150].block == "block1"
    assert (topology.operations[150].sizes, topology.operations[150].types) == ((16,), ("f32",))
