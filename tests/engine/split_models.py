"""Small models that are awkward to split."""

import numpy as np
import openvino as ov
import openvino.opset16 as op


def shape_chain(shape=(2, 3, 4)):
    """A Reshape whose target is computed from the shape of its input."""
    data = op.parameter(ov.PartialShape(list(shape)), ov.Type.f32, name="data")
    kept = op.gather(
        op.shape_of(data, name="shape"), op.constant(np.array([0])), op.constant(np.int64(0)), name="first"
    )
    target = op.concat([kept, op.constant(np.array([-1]))], 0, name="target")
    flat = op.reshape(op.relu(data, name="relu"), target, False, name="flat")
    return ov.Model([op.tanh(flat, name="tanh")], [data], "chain")


def compressed(kind=np.float16):
    """Weights behind a Convert that two operations share, one through a Transpose that two others share."""
    data = op.parameter([2, 6], ov.Type.f32, name="data")
    stored = op.constant((9 * np.random.default_rng(1).standard_normal((6, 6))).astype(kind), name="stored")
    weights = op.convert(stored, "f32", name="weights")
    turned = op.transpose(weights, op.constant(np.array([1, 0]), name="order"), name="turned")
    first = op.matmul(data, weights, False, False, name="first")
    second = op.matmul(op.relu(first, name="relu"), turned, False, False, name="second")
    third = op.matmul(data, turned, False, False, name="third")
    return ov.Model([op.result(op.add(second, third, name="sum"), name="out")], [data], "half")


def with_branches():
    """An If and a Loop-like body inside."""
    data = op.parameter([1, 4], ov.Type.f32, name="data")
    flag = op.parameter([1], ov.Type.boolean, name="flag")
    bodies = []
    for kind in (op.relu, op.tanh):
        inner = op.parameter([1, 4], ov.Type.f32)
        bodies.append(ov.Model([op.result(kind(inner))], [inner], kind.__name__))
    choice = op.if_op(flag)
    choice.set_friendly_name("a/choice")
    choice.set_then_body(bodies[0])
    choice.set_else_body(bodies[1])
    choice.set_input(data.output(0), bodies[0].get_parameters()[0], bodies[1].get_parameters()[0])
    out = choice.set_output(bodies[0].get_results()[0], bodies[1].get_results()[0])
    return ov.Model([op.result(op.exp(out, name="exp"))], [data, flag], "branches")


NASTY = ('quote"d', "two\nlines", "subgraph=99", "a\\ndevice=CPU", "curly{f32}[1]", "über, comma", "subgraph0: x")


def nastily_named():
    """A chain of operations whose names look like parts of a dump."""
    data = op.parameter([1, 4], ov.Type.f32, name="data")
    node = data
    for index, name in enumerate(NASTY):
        node = (op.relu, op.tanh, op.exp)[index % 3](node, name=name)
    return ov.Model([op.result(node)], [data], 'a/b "c"\nd')


def twins():
    """Operations that share one name."""
    data = op.parameter([1, 4], ov.Type.f32, name="data")
    node = op.tanh(op.relu(data, name="same"), name="same")
    return ov.Model([op.result(op.exp(node, name="exp"))], [data], "twins")
