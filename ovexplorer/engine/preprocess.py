"""Pre-processing of images, in the graph or in Python: the same arithmetic, so that the two can be compared.

A u8 image in NHWC becomes the model's input: converted to real numbers, resized (bilinear, pixel centres at half
positions), the mean subtracted, divided by the scale, turned to the model's layout.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import openvino as ov
from openvino.preprocess import PrePostProcessor, ResizeAlgorithm

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.formats import OPENVINO_ERRORS, refused
from ovexplorer.engine.plan import HostImage, InputPlan, match_entries
from ovexplorer.engine.shapes import is_image, layout_text, parse_layout, port_name
from ovexplorer.schema.spec import InputSpec, ModelSpec
from ovexplorer.text import clean

IMAGE_LAYOUT = "NHWC"
"""Of the image as it is fed."""


def element_type(name: str) -> ov.Type:
    """A type by OpenVINO's short name; the words of benchmark_app (FP16, U8) work too.

    Raises:
        EngineFailure: There is no such type.
    """
    short = name.strip().lower()
    short = {"fp64": "f64", "fp32": "f32", "fp16": "f16", "bool": "boolean"}.get(short, short)
    found = getattr(ov.Type, short, None)
    if not isinstance(found, ov.Type):
        hint = "use f32, f16, bf16, i64, i32, i8, u8 or boolean"
        raise EngineFailure("input_refused", f"{clean(name, 40)!r} is not an element type", hint)
    return found


def build_in_graph(model: ov.Model, spec: ModelSpec, layouts: Sequence[str] = ()) -> ov.Model:
    """Build conversions, and with preprocess="graph" the whole way from an image, into a model.

    Args:
        model: Changed in place.
        spec: What is asked for.
        layouts: Of the model's inputs, as known or guessed.

    Returns:
        The model that takes the new inputs; the same one when nothing is asked for.

    Raises:
        EngineFailure: No input is an image, or the model refuses.
    """
    entries = match_entries(spec, model.inputs)
    known = [*layouts, *[""] * (len(entries) - len(layouts))]
    steps = PrePostProcessor(model)
    in_graph = spec.preprocess != "host"
    images = [
        spec.preprocess == "graph"
        and is_image(layout, len(port.partial_shape) if port.partial_shape.rank.is_static else 0)
        for layout, port in zip(known, model.inputs)
    ]
    if spec.preprocess == "graph" and not any(images):
        raise no_image(model.inputs)
    touched = any(images)
    for index, entry in enumerate(entries):
        wanted = asked_type(spec, model.inputs[index], entry)
        turned = fed_layout(entry, known[index], model.inputs[index]) != known[index]
        scaled = in_graph and bool(entry.mean or entry.scale)
        if images[index]:
            _image_input(steps, index, spec, entry, known[index], model.inputs[index])
        elif wanted or scaled or turned:
            kept = entry if scaled else InputSpec(tensor_layout=entry.tensor_layout)
            _plain_input(steps, index, wanted, kept, known[index], model.inputs[index])
        touched = touched or bool(wanted) or scaled or turned
    for index, port in enumerate(model.outputs):
        wanted = _by_name(spec, port) or spec.output_type
        if wanted:
            steps.output(index).tensor().set_element_type(element_type(wanted))
            touched = True
    if not touched:
        return model
    try:
        return steps.build()
    except OPENVINO_ERRORS as error:
        hint = "check types, layouts, the number of mean and scale values, and the image size"
        raise refused("input_refused", "pre-processing does not fit the model", error, hint) from error


def asked_type(spec: ModelSpec, port: ov.Output, entry: InputSpec) -> str:
    """The element type asked for an input, empty when none is."""
    return _by_name(spec, port) or entry.element_type


def fed_layout(entry: InputSpec, layout: str, port: ov.Output) -> str:
    """The layout of the tensor that is fed: the asked one, else the model's.

    Raises:
        EngineFailure: It is no other order of the model's dimensions.
    """
    if not entry.tensor_layout:
        return layout
    try:
        asked = layout_text(parse_layout(entry.tensor_layout))
    except ValueError:
        asked = ""
    if not asked or sorted(asked) != sorted(layout) or len(set(asked)) != len(asked):
        name = clean(port_name(port), 60)
        what = (
            f"{name} cannot be fed as {clean(entry.tensor_layout, 40)}: the model takes {layout or 'no known layout'}"
        )
        raise EngineFailure("input_refused", what, "name the same dimensions in another order, such as NHWC for NCHW")
    return asked


def no_image(ports: Sequence[ov.Output]) -> EngineFailure:
    """The failure for pre-processing without an image."""
    names = ", ".join(clean(port_name(port), 60) for port in ports[:8])
    hint = "give the layout of the image, such as -layout NCHW, or turn pre-processing off"
    return EngineFailure("input_refused", f"pre-processing needs an image, and none of {names} looks like one", hint)


def _by_name(spec: ModelSpec, port: ov.Output) -> str:
    names = {*port.get_names(), port.get_node().get_friendly_name(), port_name(port)}
    return next((kind for name, kind in spec.port_types.items() if name in names), "")


def _image_input(
    steps: PrePostProcessor, index: int, spec: ModelSpec, entry: InputSpec, layout: str, port: ov.Output
) -> None:
    info = steps.input(index)
    channels_last = IMAGE_LAYOUT if "N" in layout else IMAGE_LAYOUT[1:]
    info.tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout(channels_last))
    info.model().set_layout(parse_layout(layout))
    chain = info.preprocess().convert_element_type(ov.Type.f32)
    if all(spec.image_size):
        info.tensor().set_spatial_static_shape(*spec.image_size)
        chain = chain.resize(ResizeAlgorithm.RESIZE_LINEAR)
    _normalise(chain, entry)
    if port.get_element_type() != ov.Type.f32:
        chain.convert_element_type(port.get_element_type())


def _plain_input(
    steps: PrePostProcessor, index: int, wanted: str, entry: InputSpec, layout: str, port: ov.Output
) -> None:
    info = steps.input(index)
    own = port.get_element_type()
    if wanted:
        info.tensor().set_element_type(element_type(wanted))
    if layout:
        info.tensor().set_layout(parse_layout(fed_layout(entry, layout, port)))
        info.model().set_layout(parse_layout(layout))
    if entry.mean or entry.scale:
        real = own if own.is_real() else ov.Type.f32
        _normalise(info.preprocess().convert_element_type(real), entry)
        info.preprocess().convert_element_type(own)


def _normalise(chain: object, entry: InputSpec) -> None:
    for step, values in (("mean", entry.mean), ("scale", entry.scale)):
        if values:
            # One value needs no layout, several need its C.
            getattr(chain, step)(values[0] if len(values) == 1 else list(values))


Array = npt.NDArray[np.generic]


class HostStep:
    """Turns one raw image into the input array it stands for, in place; tables are made once, as a program would."""

    def __init__(self, plan: InputPlan, image: HostImage, source: Array, target: Array) -> None:
        self._source = source
        self._target = target
        # From NHWC to the model's order; without N the images have none either.
        batched = "N" in plan.layout
        order = IMAGE_LAYOUT if batched else IMAGE_LAYOUT[1:]
        self._axes = tuple(order.index(letter) for letter in plan.layout)
        sizes = dict(zip(plan.layout, target.shape))
        self._row_axis = order.index("H")
        self._rows = _taps(image.height, sizes["H"])
        self._columns = _taps(image.width, sizes["W"])
        self._mean = np.asarray(image.mean, dtype=np.float32)
        self._scale = np.asarray(image.scale, dtype=np.float32)

    def __call__(self) -> None:
        """Do it once more."""
        value = self._source.astype(np.float32)
        for axis, taps in ((self._row_axis, self._rows), (self._row_axis + 1, self._columns)):
            if taps is not None:
                value = _blend(value, axis, *taps)
        if self._mean.size:
            value -= self._mean
        if self._scale.size:
            value /= self._scale
        np.copyto(self._target, value.transpose(self._axes), casting="unsafe")


Taps = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]


def _taps(source: int, target: int) -> Taps | None:
    """Two source positions and the weight of the second for each target position; None when nothing changes."""
    if source == target:
        return None
    centres = np.clip((np.arange(target) + 0.5) * (source / target) - 0.5, 0, source - 1)
    low = np.floor(centres).astype(np.int64)
    return low, np.minimum(low + 1, source - 1), (centres - low).astype(np.float32)


def _blend(
    value: npt.NDArray[np.float32],
    axis: int,
    low: npt.NDArray[np.int64],
    high: npt.NDArray[np.int64],
    weight: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    shape = [1] * value.ndim
    shape[axis] = -1
    first = value.take(low, axis)
    first += (value.take(high, axis) - first) * weight.reshape(shape)
    return first


def run_all(steps: Sequence[HostStep]) -> Callable[[], None]:
    """One call for all images of an input set."""

    def run() -> None:
        for step in steps:
            step()

    return run
