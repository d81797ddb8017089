"""What tests of advice and tries make happen: a profiled run in bf16."""

from __future__ import annotations

from ovexplorer.schema.protocol import ConfigurationReady, LayersMeasured
from ovexplorer.schema.results import EffectiveProperty, LayerProfile, LayerTime
from ovexplorer.text import RawName, clean
from tests.tui.compare_kit import counted


def layer(key: int, name: str, kind: str, mean_ns: int, **more) -> LayerTime:
    """A layer that ran."""
    given = {
        "primitive": clean("brgconv_avx512_f32"),
        "precision": "f32",
        "input_precisions": "f32",
        "output_precisions": "f32",
        "layouts": "acdb",
        "shapes": "[1,64,56,56]",
        "status": "executed",
        **more,
    }
    return LayerTime(
        key=key, order=key, name=clean(name), raw_name=RawName(name), type=clean(kind), mean_ns=mean_ns, **given
    )


LAYERS = (
    layer(1, "image", "Parameter", 0, status="optimized_out"),
    layer(2, "image_abcd_acdb_conv0", "Reorder", 1_500_000, inputs=(1,)),
    layer(3, "conv0", "Convolution", 3_000_000, inputs=(2,)),
    layer(4, "conv1", "Convolution", 2_900_000, inputs=(3,)),
    layer(5, "conv2", "Convolution", 2_400_000, inputs=(4,)),
)


def profiled(segment: int = 1, latency_ns: int = 10_000_000, layers=LAYERS) -> LayersMeasured:
    """Layers of a configuration: a Reorder of 15 %, and 2 % that belongs to no layer."""
    return LayersMeasured(
        profile=LayerProfile(
            segment=segment,
            iterations=512,
            warm_up_removed=True,
            streams=1,
            latency_ns=latency_ns,
            layers=layers,
        )
    )


def ready_with(segment: int, precision: str = "bf16", requests: int = 1, streams: int = 1) -> ConfigurationReady:
    """A configuration that reads back its precision."""
    told = EffectiveProperty(
        device="CPU",
        property="INFERENCE_PRECISION_HINT",
        requested=None,
        effective=clean(precision),
        state="default",
    )
    return ConfigurationReady(
        segment=segment,
        at_ns=2_000_000_000,
        effective=(told,),
        loaded_from_cache=None,
        kept=False,
        requests=requests,
        streams=streams,
        batch=1,
        execution_devices=(clean("CPU"),),
    )


async def measured_run(stage, precision: str = "bf16", segment: int = 1) -> None:
    """A run of four seconds."""
    await stage.emit(ready_with(segment, precision), *(counted(segment, n) for n in range(4)))
