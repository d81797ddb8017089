"""Profiles with known sums for the tests of `layers`."""

from ovexplorer.options.apply import default_spec
from ovexplorer.schema.results import LayerProfile, LayerTime
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.text import RawName, clean

SPEC = default_spec(ModelSpec(path="demo:relu"))
HOSTILE = "\x1b[2Jevil[bold]\u202e\nrow"


def layer(key, name, us=0.0, kind="Convolution", inputs=(), **more):
    status = more.pop("status", "executed")
    return LayerTime(
        key=key,
        order=-1 if status == "fused" else key,
        name=clean(name),
        raw_name=RawName(name),
        type=clean(kind),
        primitive=clean(more.pop("primitive", "brgconv_avx512_bf16")),
        precision=more.pop("precision", "f32"),
        input_precisions="f32",
        output_precisions=more.pop("output", "f32"),
        layouts=more.pop("layouts", "abcd"),
        shapes="[1]",
        status=status,
        mean_ns=round(us * 1000),
        inputs=inputs,
        block=clean(more.pop("block", "")),
        fused_into=clean(more.pop("into", "")),
        fused_from=tuple(clean(part) for part in more.pop("origin", ())),
        **more,
    )


LAYERS = (
    layer(0, "image", kind="Parameter", status="below_resolution", primitive="unknown_f32"),
    layer(1, "image_abcd_acdb_conv", 100, "Reorder", (0,), primitive="jit_uni_f32", layouts="acdb"),
    layer(
        2, "conv", 500, inputs=(1,), block="one", precision="bf16", layouts="acdb", origin=("conv", "relu"),
        flop=50_000_000, read_bytes=2_000_000, written_bytes=500_000, error_ns=2_000,
    ),
    layer(3, "relu", kind="Relu", status="fused", into="conv", primitive="undef"),
    layer(4, HOSTILE, 300, "Eltwise", (2,), block="one", primitive="jit_avx512_f32"),
)  # fmt: skip


def profile(layers=LAYERS, latency_us=1000, segment=1, **more):
    return LayerProfile(
        segment=segment,
        iterations=200,
        warm_up_removed=True,
        streams=1,
        latency_ns=latency_us * 1000,
        layers=tuple(layers),
        truncation_ns=more.pop("truncation_us", 20) * 1000,
        **more,
    )
