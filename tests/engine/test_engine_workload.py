"""The workload owns what its requests read: memory is freed and reused between set and infer, outputs must hold."""

import gc

import numpy as np
import openvino as ov
import pytest

from ovexplorer.engine.configurations import Configuration, Configurations, configuration_key
from ovexplorer.engine.inputs import shared_tensor
from ovexplorer.engine.intake import load, prepare
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.workload import Workload
from ovexplorer.schema.spec import ModelSpec, RunSpec


class Quiet:
    """A phase reporter that tells nobody."""

    def __call__(self, phase):
        return self

    def __enter__(self):
        return None

    def __exit__(self, *problem):
        return None


@pytest.fixture(scope="module")
def relu():
    core = ov.Core()
    model = ModelSpec(path="demo:relu")
    loaded = load(core, model, Quiet())
    spec = RunSpec(model=model, properties={"INFERENCE_PRECISION_HINT": "f32"})
    key = configuration_key(loaded.identity, spec)
    return Configurations(core, 2).make(key, prepare(loaded, model, Quiet()), spec, Quiet())


def disturb(like):
    """Free what can be freed and fill the gaps with something else."""
    gc.collect()
    return [np.full(like.shape, 1e30, like.dtype) for _ in range(200)]


@pytest.mark.parametrize("api", ["sync", "async"])
@pytest.mark.parametrize("inputs", ["shared", "copy"])
@pytest.mark.parametrize("call", ["preset", "pass"])
def test_outputs_come_from_the_inputs_after_memory_was_reused(relu, api, inputs, call):
    spec = RunSpec(model=ModelSpec(path="demo:relu"), api=api, inputs=inputs, call=call, requests=3)
    workload = Workload(relu, spec)
    expected = np.maximum(workload._chosen[0].arrays[0].copy(), 0)
    held = disturb(expected)
    for _ in range(5):
        workload.loop.run(0.0, Gate(), workload.count)
        workload.loop.drain()
        held += disturb(expected)
    assert np.array_equal(workload.outputs()[0], expected)
    assert expected.max() > 0


def test_a_shared_tensor_sees_later_writes(relu):
    array = np.ones(list(relu.compiled.inputs[0].shape), np.float32)
    tensor = shared_tensor(array, relu.compiled.inputs[0])
    array[...] = 7
    assert np.array_equal(tensor.data, array)


def test_requests_read_inputs_of_their_own(relu):
    workload = Workload(relu, RunSpec(model=ModelSpec(path="demo:relu"), api="async", requests=3))
    firsts = {entry.arrays[0].tobytes() for entry in workload._chosen}
    assert len(firsts) == 3


def test_same_seed_same_inputs(relu):
    spec = RunSpec(model=ModelSpec(path="demo:relu"), seed=5)
    one, two = Workload(relu, spec), Workload(relu, spec)
    assert np.array_equal(one._chosen[0].arrays[0], two._chosen[0].arrays[0])


def test_state_is_reset_before_each_inference():
    from openvino import opset13 as ops
    from openvino.op.util import Variable, VariableInfo

    info = VariableInfo()
    info.data_shape, info.data_type, info.variable_id = ov.PartialShape([1, 4]), ov.Type.f32, "sum"
    variable = Variable(info)
    data = ops.parameter([1, 4], np.float32, name="x")
    kept = ops.read_value(ops.constant(np.zeros((1, 4), np.float32)), variable)
    total = ops.add(kept, data)
    stored = ops.assign(total, variable)
    model = ov.Model([ops.result(total)], [stored], [data], "running_sum")

    class Prepared:
        """As much of a prepared model as a workload looks at."""

        inputs = ()
        spec = ModelSpec(path="")

    core = ov.Core()
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    configuration = Configuration(
        key=b"",
        compiled=compiled,
        prepared=Prepared(),
        effective=(),
        loaded_from_cache=None,
        streams=1,
        optimal_requests=1,
        execution_devices=("CPU",),
        alone=False,
    )
    workload = Workload(configuration, RunSpec(model=ModelSpec(path="")))
    workload.loop.run(0.0, Gate(), 1)
    once = workload.outputs()[0]
    for _ in range(4):
        workload.loop.run(0.0, Gate(), 1)
    assert np.array_equal(workload.outputs()[0], once)
    assert np.array_equal(once, workload._chosen[0].arrays[0])
