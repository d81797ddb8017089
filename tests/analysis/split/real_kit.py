"""Small real networks, split by OpenVINO itself over the CPU plugin under two names."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino as ov
import openvino.opset16 as op

from ovexplorer.engine import counters
from ovexplorer.engine.demo.small import build_branchy
from ovexplorer.engine.layer_rows import LayerTable
from ovexplorer.engine.topology import topology_of, unique_names
from ovexplorer.graph.dump_reader import read_dump
from ovexplorer.graph.model import Graph
from ovexplorer.schema.results import LayerProfile

DEVICES = ("CPU_A", "CPU_B")
_HEADER_DEVICE = re.compile(r'<compiled_submodel device="([^"]*)"')
_HEADER_LINK = re.compile(r'<record in_submodel_idx="(\d+)" in_node_idx="\d+" out_submodel_idx="(\d+)"')


@dataclass(frozen=True)
class Truth:
    """What OpenVINO made of written affinities."""

    submodels: int
    devices: tuple[str, ...]
    """Of each N, from the export header."""
    links: frozenset[tuple[int, int]]
    """From and to, from the export header."""
    dump: Graph
    profile: LayerProfile


def new_core():
    core = ov.Core()
    plugin = Path(ov.__file__).parent / "libs" / "libopenvino_intel_cpu_plugin.so"
    for device in DEVICES:
        core.register_plugin(str(plugin), device)
    return core


def network(name):
    """A network of `NETWORKS` with its operations."""
    model = NETWORKS[name]()
    unique_names(model)
    return model, topology_of(model, name)


def split_by_openvino(core, model, placed, directory, monkeypatch):
    """Write affinities, compile with HETERO, infer twice and read everything it tells."""
    monkeypatch.chdir(directory)
    monkeypatch.setenv("OPENVINO_HETERO_VISUALIZE", "1")
    for node, device in zip(model.get_ordered_ops(), placed):
        node.get_rt_info()["affinity"] = device
    model.set_friendly_name("net")
    compiled = core.compile_model(model, f"HETERO:{','.join(DEVICES)}", {"PERF_COUNT": "YES"})
    monkeypatch.delenv("OPENVINO_HETERO_VISUALIZE")
    header = compiled.export_model().getvalue().split(b"\n", 1)[0].decode()
    return Truth(
        submodels=compiled.get_property("HETERO_NUMBER_OF_SUBMODELS"),
        devices=tuple(_HEADER_DEVICE.findall(header)),
        links=frozenset((int(source), int(target)) for target, source in _HEADER_LINK.findall(header)),
        dump=read_dump((Path(directory) / "hetero_subgraphs_net.dot").read_text()),
        profile=_profile(compiled, model),
    )


def _profile(compiled, model):
    request = compiled.create_infer_request()
    dice = np.random.default_rng(0)
    tensors = []
    for port in compiled.inputs:
        array = dice.integers(0, 2, tuple(port.shape)).astype(port.get_element_type().to_dtype())
        tensors.append(ov.Tensor(array, shared_memory=False))
        request.set_tensor(port, tensors[-1])
    request.infer()
    first = counters.read([request.profiling_info], 1)
    table = LayerTable(compiled, model, request.profiling_info)
    request.infer()
    means = counters.between(first, counters.read([request.profiling_info], 2))
    return LayerProfile(
        segment=1,
        iterations=1,
        warm_up_removed=True,
        streams=1,
        latency_ns=round(request.latency * 1e6),
        layers=table.timed(means),
    )


def attention():
    """Two heads, a shared mask and names that differ from each other by signs only."""
    width, tokens = 16, 8
    dice = np.random.default_rng(3)
    x = op.parameter([1, tokens, width], ov.Type.f32, name="x")
    mask = op.parameter([1, 1, tokens], ov.Type.f32, name="mask")
    y = x
    for layer in range(3):
        parts = []
        for head in range(2):
            name = f"layer{layer}/head.{head}"
            query, key, value = (
                op.matmul(y, dice.standard_normal((width, 8), np.float32), False, False, name=f"{name}/{part}")
                for part in ("query", "key", "value")
            )
            scores = op.add(op.matmul(query, key, False, True, name=f"{name}/scores"), mask, name=f"{name}/mask")
            parts.append(op.matmul(op.softmax(scores, 2, name=f"{name}/soft"), value, False, False, name=name))
        joined = op.concat(parts, 2, name=f"layer{layer}/concat")
        y = op.add(joined, y, name=f"layer{layer}/add")
    return ov.Model([op.relu(y, name="out")], [x, mask], "attention")


def squeeze_excite():
    """Convolutions with gates over the channels, and f16 weights that are converted in the graph."""
    image = op.parameter([1, 8, 16, 16], ov.Type.f32, name="image")
    dice = np.random.default_rng(5)

    def conv(source, name, kernel):
        weights = op.convert(op.constant(dice.standard_normal((8, 8, kernel, kernel)).astype(np.float16)), "f32")
        pad = [kernel // 2] * 2
        return op.convolution(source, weights, [1, 1], pad, pad, [1, 1], name=name)

    x = image
    for index in range(4):
        y = op.relu(conv(x, f"b{index}.conv", 3), name=f"b{index}.relu")
        mean = op.reduce_mean(y, op.constant(np.array([2, 3])), keep_dims=True, name=f"b{index}.mean")
        gate = op.sigmoid(conv(mean, f"b{index}.gate", 1), name=f"b{index}.sigmoid")
        x = op.add(op.multiply(y, gate, name=f"b{index}.scale"), x, name=f"b{index}.sum")
    return ov.Model([x], [image], "gates")


def fork():
    """One input of two ports, outputs in the middle, and a constant that far places share."""
    data = op.parameter([1, 8, 4], ov.Type.f32, name="data")
    half = op.constant(np.full((1, 4, 4), 0.5, np.float32), name="half")
    left, right = op.split(data, op.constant(np.int64(1)), 2, name="split").outputs()
    results = []
    for index in range(5):
        left = op.add(op.tanh(left, name=f"left{index}.tanh"), half, name=f"left{index}.add")
        right = op.multiply(op.relu(right, name=f"right{index}.relu"), half, name=f"right{index}.mul")
        if index % 2:
            left, right = op.maximum(left, right, name=f"max{index}"), left
            results.append(right)
    results += [left, right]
    return ov.Model(results, [data], "fork")


def recurrent():
    """A state between the convolutions of a step."""
    data = op.parameter([1, 4], ov.Type.f32, name="data")
    first = op.constant(np.zeros((1, 4), np.float32))
    state = op.read_value(first, "sum", ov.Type.f32, ov.PartialShape([1, 4]))
    total = op.add(op.tanh(state, name="tanh"), op.relu(data, name="relu"), name="total")
    other = op.multiply(op.exp(data, name="exp"), total, name="other")
    return ov.Model([op.result(op.sigmoid(other, name="sigmoid"))], [op.assign(total, "sum")], [data], "recurrent")


NETWORKS = {
    "branchy": build_branchy,
    "attention": attention,
    "gates": squeeze_excite,
    "fork": fork,
    "recurrent": recurrent,
}
