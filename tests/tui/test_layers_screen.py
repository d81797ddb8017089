from __future__ import annotations

import pytest

from ovexplorer.schema.protocol import Failed, LayersMeasured, PhaseFinished, PhaseStarted, Profile
from ovexplorer.schema.results import LayerProfile, LayerStatus, LayerTime
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import RawName, clean
from ovexplorer.tui.glyphs import ASCII
from ovexplorer.tui.screens.layers import LayersScreen
from tests.tui.conftest import ready, window

SPEC = RunSpec(model=ModelSpec(path="demo:resnet50"))
HOSTILE = ("Conv[/x] y[NCHW]", "\x1b[31mred\x9b[0m", "abc\u202edef", "n" * 10_000, "层" * 300, "[bold")
SIZES = [(60, 16), (80, 24), (160, 45)]


def layer(
    key: int, name: str, ms: float, kind: str = "Convolution", status: LayerStatus = "executed", into: str = ""
) -> LayerTime:
    ran = status == "executed"
    return LayerTime(
        key=key,
        order=key if ran else -1,
        name=clean(name),
        raw_name=RawName(name),
        type=clean(kind),
        primitive=clean("brgconv_avx512_f32" if kind == "Convolution" else "jit_avx512_f32"),
        precision="f32",
        input_precisions="f32",
        output_precisions="f32",
        layouts="aBcd16b",
        shapes="[1,64,112,112]",
        status=status,
        mean_ns=round(ms * 1e6),
        fused_into=clean(into),
        fused_from=(clean(name), clean("bias")) if ran else (),
        inputs=(key - 1,) if key else (),
    )


LAYERS = (
    layer(0, "image", 0.01, "Reorder"),
    layer(1, "conv1", 20.0),
    layer(2, "pool", 5.0, "Pooling"),
    layer(3, "layer4.0.conv2", 15.0),
    layer(4, "relu", 0, "Relu", "fused", "conv1"),
)


def measured(layers: tuple[LayerTime, ...] = LAYERS, latency_ms: float = 41.2, segment: int = 1) -> LayersMeasured:
    return LayersMeasured(
        profile=LayerProfile(
            segment=segment,
            iterations=512,
            warm_up_removed=True,
            streams=1,
            latency_ns=round(latency_ms * 1e6),
            layers=layers,
        )
    )


async def run(stage) -> None:
    await stage.emit(ready(1), window(1, 0), window(1, 1))
    stage.app.action_app_screen("layers")
    await stage.settle()


@pytest.mark.parametrize("size", SIZES)
async def test_the_first_visit_counts_and_shows_where_the_time_goes(open_app, size) -> None:
    async with open_app(size, spec=SPEC) as stage:
        await run(stage)
        assert [command for command in stage.sent if isinstance(command, Profile)] == [Profile()]
        await stage.emit(PhaseStarted(phase="profile", segment=1, at_ns=5_000_000_000))
        assert "compiling with counters" in stage.text()
        await stage.emit(PhaseFinished(phase="profile", segment=1, at_ns=6_000_000_000, duration_ns=10**9), measured())
        text = stage.text()
        assert "4 ran, 1 fused hidden" in text
        lines = stage.frame()
        first = next(line for line in lines if "conv1" in line and "20.00" in line)
        assert "48.5 %" in first
        assert lines.index(first) < next(n for n, line in enumerate(lines) if "layer4.0.conv2" in line)
        assert "gap: latency" in text
        assert "41.20" in text
        assert "✓ p50" in text or size[0] == 60
        assert len([command for command in stage.sent if isinstance(command, Profile)]) == 1
        assert all(len(line) == size[0] for line in lines)


async def test_without_a_run_it_says_what_to_do(open_app) -> None:
    async with open_app((80, 24)) as stage:
        await stage.press("3")
        assert "No run yet. 1 picks a model." in stage.text()
        assert not [command for command in stage.sent if isinstance(command, Profile)]


async def test_a_device_without_counters_says_so_and_r_asks_again(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        await stage.emit(
            Failed(
                segment=1, kind="profile_failed", phase="profile", what=clean("this device reports no times per layer"),
                hint=clean("profile on another device"), continues=1,
            )
        )  # fmt: skip
        assert "this device reports no times per layer" in stage.text()
        await stage.press("r")
        assert len([command for command in stage.sent if isinstance(command, Profile)]) == 2


async def test_a_counted_run_that_differs_is_pointed_out(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        await stage.emit(measured(latency_ms=45.0))
        assert "! 9 %" in stage.text()


async def test_filter_as_you_type_counts_matches_and_escape_clears_it(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        await stage.emit(measured())
        await stage.press("slash", *"conv")
        assert "2 of 4 · conv" in stage.text()
        await stage.press("enter")
        assert "2 of 4 · conv" in stage.text()
        await stage.press("escape")
        assert "4 ran, 1 fused hidden" in stage.text()
        await stage.press("slash", *"fused")
        assert "fused into conv1" in stage.text()
        await stage.press("escape")
        assert "fused into" not in stage.text()


async def test_sorting_moves_the_arrow_and_keeps_the_cursor_on_its_layer(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        await stage.emit(measured())
        assert "ms ▾" in stage.text()
        await stage.press("j")
        assert any(line.startswith("▌") and "layer4.0.conv2" in line for line in stage.frame())
        await stage.press("S")
        assert "ms ▴" in stage.text()
        assert any(line.startswith("▌") and "layer4.0.conv2" in line for line in stage.frame())
        await stage.press("s")
        assert "share ▾" in stage.text()


async def test_views_roll_up_and_enter_opens_the_layers_of_one(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        await stage.emit(measured())
        await stage.press("v")
        assert "By type · 3" in stage.text()
        assert any("Convolution" in line and "35.00" in line and "85.0 %" in line for line in stage.frame())
        await stage.press("enter")
        assert "2 of 4 · type:Convolution" in stage.text()
        await stage.press("escape", "v", "v", "v")
        assert "By precision · 1" in stage.text()
        await stage.press("v", "v", "v", "v")
        assert "Layers · 4 ran" in stage.text()


async def test_wide_screens_show_the_roll_ups_beside_the_table(open_app) -> None:
    async with open_app((160, 45), spec=SPEC) as stage:
        await run(stage)
        await stage.emit(measured())
        text = stage.text()
        for title in ("By type", "By primitive", "Precision transitions", "Reorder doctor · 1"):
            assert title in text
        assert "brgconv avx512" in text
        await stage.press("z")
        assert "By primitive" not in stage.text()


async def test_a_new_configuration_is_counted_anew(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        await stage.emit(measured())
        await stage.session.change(RunSpec(model=SPEC.model, api="async"), "API")
        await stage.emit(ready(2, 4_000_000_000), window(2, 3))
        assert len([command for command in stage.sent if isinstance(command, Profile)]) == 2
        assert "20.00" not in stage.text()


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_names_are_shown_as_they_are(open_app, size) -> None:
    layers = tuple(layer(number, name, 10.0 - number) for number, name in enumerate(HOSTILE))
    async with open_app(size, spec=SPEC) as stage:
        await run(stage)
        await stage.emit(measured(layers))
        for _ in HOSTILE:
            text = stage.text()
            assert "Conv[/x] y[NCHW]" in text
            assert not {"\x1b", "\x9b", "\u202e"} & set(text)
            await stage.press("j")
        await stage.press("v", "v", "v", "v", "y", "slash", "left_square_bracket", "enter")
        assert isinstance(stage.app.screen, LayersScreen)


@pytest.mark.parametrize("size", SIZES)
async def test_ascii_terminals_get_ascii_only(open_app, size) -> None:
    layers = tuple(layer(number, name, 10.0 - number) for number, name in enumerate(HOSTILE))
    async with open_app(size, spec=SPEC, glyphs=ASCII) as stage:
        await run(stage)
        await stage.emit(measured(layers))
        body = stage.frame()[2:-1]
        assert [line for line in body if not line.isascii()] == []
        assert "ms v" in stage.text()


async def test_a_model_below_the_resolution_of_the_counters_lists_its_rows(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await run(stage)
        await stage.emit(measured((layer(0, "relu", 0, "Relu", "below_resolution"),), latency_ms=0.007))
        text = stage.text()
        assert "none took a microsecond" in text
        assert "below 1 µs" in text
