"""Profiles for the tests of the layers screen."""

from __future__ import annotations

import msgspec

from ovexplorer.schema.protocol import LayersMeasured
from ovexplorer.schema.results import LayerProfile, LayerStatus, LayerTime
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import RawName, clean
from tests.tui.conftest import ready, window

SPEC = RunSpec(model=ModelSpec(path="demo:resnet50"))


def layer(
    key: int,
    name: str,
    ms: float,
    kind: str = "Convolution",
    *,
    status: LayerStatus = "executed",
    inputs: tuple[int, ...] | None = None,
    **more: object,
) -> LayerTime:
    ran = status in ("executed", "below_resolution")
    made = LayerTime(
        key=key,
        order=key if ran else -1,
        name=clean(name),
        raw_name=RawName(name),
        type=clean(kind),
        primitive=clean("brgconv_avx512_f32" if kind == "Convolution" else "jit_avx512_f32"),
        precision="f32",
        input_precisions="f32",
        output_precisions="f32",
        layouts="acdb",
        shapes="[1,64,112,112]",
        status=status,
        mean_ns=round(ms * 1e6),
        error_ns=10_000,
        inputs=((key - 1,) if key else ()) if inputs is None else inputs,
    )
    return msgspec.structs.replace(made, **more)


LAYERS = (
    layer(0, "image", 0, "Parameter", status="below_resolution", layouts="abcd"),
    layer(1, "image_abcd_acdb_conv1", 0.13, "Reorder", read_bytes=602_112, written_bytes=602_112),
    layer(
        2, "conv1", 1.48, fused_from=(clean("conv1"), clean("conv1.bias"), clean("relu")), flop=236_027_904,
        read_bytes=640_000, written_bytes=3_211_264, weights="[64,3,7,7] f32", block=clean("stem"),
        input_shapes="[1,3,224,224]", input_layouts="acdb",
    ),
    layer(3, "layer1.conv1", 1.03, block=clean("layer1"), flop=100_000_000),
    layer(4, "layer1.conv2", 0.5, block=clean("layer1"), flop=50_000_000),
    layer(5, "pool", 0.41, "Pooling"),
    layer(6, "tail_abcd_acdb_head", 0.05, "Reorder"),
    layer(7, "conv1.bias", 0, "Add", status="fused", fused_into=clean("conv1"), inputs=()),
)  # fmt: skip


def profile(layers: tuple[LayerTime, ...] = LAYERS, latency_ms: float = 4.0, **more: object) -> LayerProfile:
    made = LayerProfile(
        segment=1,
        iterations=512,
        warm_up_removed=True,
        streams=1,
        latency_ns=round(latency_ms * 1e6),
        layers=layers,
        plain_latency_ns=round(latency_ms * 1e6),
        overhead=(0.009, 0.005, 0.013),
        truncation_ns=60_000,
        spec=SPEC,
    )
    return msgspec.structs.replace(made, **more)


def measured(*args: object, **more: object) -> LayersMeasured:
    return LayersMeasured(profile=profile(*args, **more))  # type: ignore[arg-type]


def with_times(times: dict[str, float], layers: tuple[LayerTime, ...] = LAYERS) -> tuple[LayerTime, ...]:
    """The same layers, some with other times in milliseconds."""
    return tuple(
        msgspec.structs.replace(entry, mean_ns=round(times[entry.name] * 1e6)) if entry.name in times else entry
        for entry in layers
    )


async def counted(stage, *args: object, **more: object) -> None:
    """A run of 4 ms whose layers are counted, on the layers screen."""
    await stage.emit(ready(1), window(1, 0, 4_000_000), window(1, 1, 4_000_000))
    stage.app.action_app_screen("layers")
    await stage.settle()
    await stage.emit(measured(*args, **more))
