"""Models that counters have trouble with, and profiling any model in this process."""

from __future__ import annotations

import numpy as np
import openvino as ov
import openvino.opset16 as op

from ovexplorer.engine.configurations import Configurations
from ovexplorer.engine.facts import unread_facts
from ovexplorer.engine.formats import IR
from ovexplorer.engine.intake import LoadedModel, prepare, unreported
from ovexplorer.engine.loops import Gate
from ovexplorer.engine.profile import measure_layers, profiled_spec
from ovexplorer.engine.stand_ins import StandIns
from ovexplorer.engine.workload import Workload
from ovexplorer.schema.protocol import Profile
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import clean

CORE = ov.Core()
STAND_INS = StandIns(CORE)
BRIEF = Profile(seconds=0.05, iterations=10)


def workload_of(model, *, counted=True, stand_ins=(), inputs=(), **fields):
    """A model in this process, compiled with counters on or off."""
    common = {"properties": {"PERFORMANCE_HINT": "LATENCY"}, "stand_ins": stand_ins}
    spec = RunSpec(model=ModelSpec(path="model.xml", inputs=inputs), **{**common, **fields})
    STAND_INS.register(stand_ins)
    base = unread_facts("model.xml", clean("model"), IR, 0, "", "id")
    loaded = LoadedModel("model.xml", IR, "id", model, None, base)
    prepared = prepare(loaded, spec.model, unreported)
    made = Configurations(CORE, 2).make_apart(prepared, profiled_spec(spec) if counted else spec)
    return Workload(made, profiled_spec(spec))


def profile_of(model, **fields):
    workload = workload_of(model, **fields)
    return measure_layers(workload, 1, workload.spec, BRIEF, Gate())


def named(profile, name):
    return next(layer for layer in profile.layers if layer.raw_name == name)


def parameter(shape, name="data", element_type=ov.Type.f32):
    node = op.parameter(ov.PartialShape(list(shape)), element_type, name=name)
    node.output(0).set_names({name.partition(",")[0].strip("\x1b") or "data"})
    return node


def convolution(data, channels, name):
    taken = data.get_output_partial_shape(0)[1].get_length()
    weights = np.random.default_rng(1).standard_normal((channels, taken, 3, 3), dtype=np.float32)
    return op.convolution(data, op.constant(weights), [1, 1], [1, 1], [1, 1], [1, 1], name=name)


def two_convolutions(first="conv", bias="bias", relu="relu", second="conv2", last="soft", input_name="data"):
    """Convolution with bias and ReLU, a second one, a Softmax; names as asked."""
    data = parameter((1, 16, 48, 48), input_name)
    one = convolution(data, 16, first)
    one = op.relu(op.add(one, op.constant(np.ones((1, 16, 1, 1), np.float32)), name=bias), name=relu)
    return ov.Model([op.softmax(convolution(one, 16, second), 1, name=last)], [data], "two")


def with_if():
    data, wanted = parameter((1, 96, 96)), parameter((1,), "wanted", ov.Type.f32)
    flag = op.convert(op.greater(wanted, op.constant(np.float32(-1e9))), "boolean")
    choice = op.if_op(flag.output(0))
    choice.set_friendly_name("choice")
    inner, other = op.parameter([1, 96, 96], ov.Type.f32), op.parameter([1, 96, 96], ov.Type.f32)
    then = op.result(op.matmul(inner, inner, False, False, name="hidden"))
    otherwise = op.result(op.relu(other))
    choice.set_then_body(ov.Model([then], [inner], "then"))
    choice.set_else_body(ov.Model([otherwise], [other], "else"))
    choice.set_input(data.output(0), inner, other)
    choice.set_output(then, otherwise)
    return ov.Model([choice.output(0)], [data, wanted], "with_if")


def with_loop(rounds=10, size=96):
    data = parameter((1, size, size))
    loop = op.loop(op.constant(np.int64(rounds)), op.constant(True))
    loop.set_friendly_name("again")
    inner = op.parameter([1, size, size], ov.Type.f32)
    result = op.result(op.softmax(op.matmul(inner, inner, False, False), 1, name="hidden"))
    goes_on = op.result(op.constant(np.array([True])))
    loop.set_function(ov.Model([goes_on, result], [inner], "body"))
    loop.set_special_body_ports([-1, 0])
    loop.set_merged_input(inner, data.output(0), result.output(0))
    loop.get_iter_value(result.output(0), -1)
    return ov.Model([loop.output(0)], [data], "with_loop")


def with_tensor_iterator():
    data = parameter((1, 10, 4096))
    iterator = op.tensor_iterator()
    iterator.set_friendly_name("slices")
    inner = op.parameter([1, 1, 4096], ov.Type.f32)
    result = op.result(op.tanh(op.exp(inner, name="hidden")))
    iterator.set_body(ov.Model([result], [inner], "body"))
    iterator.set_sliced_input(inner, data.output(0), 0, 1, 1, -1, 1)
    iterator.get_concatenated_slices(result.output(0), 0, 1, 1, -1, 1)
    return ov.Model([iterator.output(0)], [data], "with_tensor_iterator")


def split_by_hetero(**names):
    """The same with an affinity for each operation: the first half for a stand-in."""
    model = two_convolutions(**names)
    ordered = model.get_ordered_ops()
    for number, node in enumerate(ordered):
        node.get_rt_info()["affinity"] = "CPU_SIM" if number < len(ordered) - 4 else "CPU"
    return model
