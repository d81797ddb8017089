"""Affinities as a file, both ways, and as the Python code that applies them.

The file is plain JSON, `{"operation name": "DEVICE"}` with names as the model spells them, so that any other program
can write or read it too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from ovexplorer.errors import UsageError
from ovexplorer.schema.placement import devices_in_order
from ovexplorer.schema.spec import DEMO_PREFIX, RunSpec
from ovexplorer.schema.topology import Topology
from ovexplorer.text import clean

LARGEST_FILE = 64_000_000
"""Characters of an affinity file; a larger one is refused."""

_FEW = 3
"""Names told in a message."""
_SHAPE = 'such as {"conv_1": "CPU", "relu_1": "GPU"}'


def affinity_json(topology: Topology, placed: Sequence[str]) -> str:
    """The affinity file of a placement: every operation that has a device, producers first.

    Args:
        topology: The model.
        placed: Device of each operation by key; empty where none takes it.
    """
    entries = {str(entry.raw_name): device for entry, device in zip(topology.operations, placed) if device}
    return json.dumps(entries, indent=1, ensure_ascii=True) + "\n"


def read_affinity(text: str, title: str = "the affinity file") -> dict[str, str]:
    """Device by operation name.

    Args:
        text: What is in the file; untrusted.
        title: What to call it in a message.

    Raises:
        UsageError: It is not such a file.
    """
    if len(text) > LARGEST_FILE:
        raise UsageError(f"{title} is too large: {len(text):,} characters", f"a JSON object {_SHAPE}")
    repeated: list[str] = []

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found and found[key] != value:
                repeated.append(key)
            found[key] = value
        return found

    try:
        read = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{title} is not JSON: {clean(str(error), 200)}", f"a JSON object {_SHAPE}") from error
    if not isinstance(read, dict):
        raise UsageError(f"{title} holds no object of names and devices", f"a JSON object {_SHAPE}")
    if repeated:
        raise UsageError(f"{title} names {clean(repeated[0], 120)!r} twice, with two devices", "keep one of them")
    wrong = next((name for name, device in read.items() if not isinstance(device, str) or not device.strip()), None)
    if wrong is not None:
        raise UsageError(
            f"{title}: the device of {clean(str(wrong), 120)!r} is {clean(json.dumps(read[wrong]), 60)}",
            'a device is a text: "CPU"',
        )
    if not read:
        raise UsageError(f"{title} names no operation", f"a JSON object {_SHAPE}")
    return {str(name): str(device).strip() for name, device in read.items()}


def affinity_notices(topology: Topology, devices: Sequence[str], placements: Mapping[str, str]) -> tuple[str, ...]:
    """What is to be said about placements before they are compiled: half-covered models, names that are not there.

    Args:
        topology: The model that they are for.
        devices: Devices of the split, in order.
        placements: Device by operation name, as read.

    Raises:
        UsageError: They are for another model, or name a device that is not in the list.
    """
    if not placements:
        return ()
    strange = sorted({device for device in placements.values() if device not in devices})
    if strange:
        raise UsageError(
            f"affinities name {_some(strange)}, which is not in HETERO:{','.join(devices)}",
            "add it to -d, or change the device in the affinities",
        )
    operations = [entry for entry in topology.operations if entry.role != "constant"]
    names = {entry.raw_name for entry in topology.operations}
    unknown = [name for name in placements if name not in names]
    if len(unknown) == len(placements):
        raise UsageError(
            f"no operation of {topology.model} is named in the affinities: they are for another model",
            f"it names {_some(unknown)}; the model has {_some([entry.raw_name for entry in operations])}",
        )
    said = []
    if unknown:
        said.append(f"{len(unknown):,} of {len(placements):,} affinities name nothing in this model: {_some(unknown)}")
    left = [entry.raw_name for entry in operations if entry.role == "operation" and entry.raw_name not in placements]
    if left:
        have = "operation has" if len(left) == 1 else "operations have"
        said.append(f"{len(left):,} {have} no affinity: the order of devices decides: {_some(left)}")
    return tuple(said)


def affinity_python(spec: RunSpec, affinity_file: str) -> str:
    """A program that compiles the model with the affinities of a file that lies beside it.

    Args:
        spec: What was measured: model, shapes, device, stand-ins, properties.
        affinity_file: Name of the affinity file, without its folder.
    """
    devices = devices_in_order(spec.device)
    parts = [
        f'"""Compiles a model split over {_literal(spec.device)[1:-1]} by the affinities in a file; needs openvino."""',
        "import json\nfrom pathlib import Path\n\nimport openvino as ov",
        f"DEVICE = {_literal(spec.device)}\nAFFINITIES = Path(__file__).with_name({_literal(affinity_file)})",
        "core = ov.Core()",
        *_stand_ins(spec),
        _model(spec),
        *_shapes(spec),
        _APPLY if devices else "",
        f"compiled = core.compile_model(model, DEVICE, {_config(spec)})",
        'print("compiled for", *compiled.get_property("EXECUTION_DEVICES"))',
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


_APPLY = """\
affinities = json.loads(AFFINITIES.read_text(encoding="utf-8"))
operations = model.get_ordered_ops()
# From the end: a constant without an affinity of its own follows the operation that it is for.
for operation in reversed(operations):
    device = affinities.get(operation.get_friendly_name())
    if device is None:
        consumers = [port.get_node() for output in operation.outputs() for port in output.get_target_inputs()]
        device = next((str(node.rt_info["affinity"].value) for node in consumers if "affinity" in node.rt_info), None)
    operation.rt_info["affinity"] = device or DEVICE.partition(":")[2].split(",")[0]"""


def _stand_ins(spec: RunSpec) -> list[str]:
    if not spec.stand_ins:
        return []
    lines = ["# Stand-ins: the CPU plugin again under other names. Leave them out where the real devices are there."]
    lines += [f'core.register_plugin("openvino_intel_cpu_plugin", {_literal(name)})' for name in spec.stand_ins]
    return ["\n".join(lines)]


def _model(spec: RunSpec) -> str:
    path = spec.model.path
    lines = [f"core.add_extension({_literal(name)})" for name in spec.model.extensions]
    if path.startswith(DEMO_PREFIX):
        # Demos are no files: they are built by the package they come with.
        lines.append("from ovexplorer.engine.demo.library import open_demo  # pip install ovexplorer")
        lines.append(f"\nmodel = open_demo(core, {_literal(path.removeprefix(DEMO_PREFIX))})")
    else:
        lines.append(f"model = core.read_model({_literal(path)})")
    return "\n".join(lines)


def _shapes(spec: RunSpec) -> list[str]:
    model = spec.model
    shaped = [(entry.name, entry.shape) for entry in model.inputs if entry.shape]
    lines = []
    if shaped and all(name for name, _ in shaped):
        inner = ", ".join(f"{_literal(name)}: ov.PartialShape({_literal(_shape(text))})" for name, text in shaped)
        lines.append(f"model.reshape({{{inner}}})")
    elif shaped:
        lines.append(f"model.reshape(ov.PartialShape({_literal(_shape(shaped[0][1]))}))")
    if model.batch:
        lines.append(f"ov.set_batch(model, {model.batch})")
    if model.preprocess != "none" or model.port_types or model.output_type:
        lines.append("# Pre-processing and types of inputs and outputs were set too; see openvino.preprocess.")
    return ["\n".join(lines)] if lines else []


def _shape(text: str) -> str:
    return text.strip().removeprefix("[").removesuffix("]")


def _config(spec: RunSpec) -> str:
    config: dict[str, object] = dict(spec.properties)
    if spec.device_properties:
        config["DEVICE_PROPERTIES"] = {device: dict(own) for device, own in spec.device_properties.items()}
    return json.dumps(config)


def _literal(text: str) -> str:
    r"""A text as Python writes it; JSON's escapes are Python's too, but for half a surrogate pair, which both keep."""
    return json.dumps(text)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(repr(str(clean(name, 60))) for name in names[:_FEW])
    return f"{shown} and {len(names) - _FEW:,} more" if len(names) > _FEW else shown


def python_name(affinity_file: PurePath) -> PurePath:
    """Name of the program that goes with an affinity file: `m.affinity.json` gives `m.affinity.py`."""
    return affinity_file.with_suffix(".py") if affinity_file.suffix == ".json" else PurePath(f"{affinity_file}.py")
