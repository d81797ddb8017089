from __future__ import annotations

from typing import Any

import pytest

from ovexplorer.options.apply import default_spec
from ovexplorer.schema.facts import DeviceFacts, DeviceState, PropertyFacts
from ovexplorer.schema.protocol import DescribeDevices, DevicesDescribed
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import ASCII
from ovexplorer.tui.screens.builder import BuilderScreen

SIZES = [(60, 16), (80, 24), (160, 45)]
SPEC = default_spec(ModelSpec(path="demo:branchy"))
NOTHING = object()
PROPERTIES = (
    PropertyFacts(name="PERFORMANCE_HINT", access="RW", kind="choice", value=clean("LATENCY")),
    PropertyFacts(name="INFERENCE_PRECISION_HINT", access="RW", kind="text", value=clean("bf16")),
)


def device(name: str, state: DeviceState = "usable", reason: str = "", full: str = "") -> DeviceFacts:
    return DeviceFacts(
        name=name, full_name=clean(full or f"{name} here"), state=state, reason=clean(reason), properties=PROPERTIES
    )


DEVICES = (
    device("CPU", full="Intel(R) Xeon(R)"),
    device("GPU", "unusable", "no libOpenCL.so.1"),
    device("AUTO", "virtual"),
)


async def show(stage: Any, spec: RunSpec = SPEC, devices: tuple[DeviceFacts, ...] = DEVICES) -> list[Any]:
    results: list[Any] = [NOTHING]
    await stage.emit(DevicesDescribed(devices=devices))
    stage.app.push_screen(BuilderScreen(spec), lambda made: results.__setitem__(0, made))
    await stage.settle()
    return results


@pytest.mark.parametrize("size", SIZES)
async def test_devices_their_state_and_the_command_are_shown(open_app, size) -> None:
    async with open_app(size) as stage:
        await show(stage)
        text = stage.text()
        assert "● one device" in text
        assert "no libOpenCL" in text
        assert "AUTO here" not in text
        assert "Use CPU" in text
        assert "same as" in text
        assert "Precision" in text
        assert all(len(line) == size[0] for line in stage.frame())


async def test_a_stand_in_is_added_described_and_used(open_app) -> None:
    async with open_app((80, 24)) as stage:
        results = await show(stage)
        await stage.press("shift+tab", "l", "l", "l", "tab", "a", *(["backspace"] * 7), *"SI M")
        assert "is no name" in stage.text()
        await stage.press("enter", *(["backspace"] * 2), "M")
        assert "it is called CPU_SIM" in stage.text()
        await stage.press("enter")
        assert DescribeDevices(stand_ins=("CPU_SIM",)) in stage.sent
        assert "being looked at" in stage.text()
        await stage.emit(DevicesDescribed(devices=(*DEVICES, device("CPU_SIM", "stand_in"))))
        text = stage.text()
        assert "Use HETERO:CPU_SIM,CPU" in text
        assert "times show the cost of cuts" in text
        assert "--stand-in CPU_SIM" in text or "same as" in text
        await stage.press("J")
        assert "Use HETERO:CPU,CPU_SIM" in stage.text()
        await stage.press("u", "ctrl+g")
        assert results[0].device == "HETERO:CPU_SIM,CPU"
        assert results[0].stand_ins == ("CPU_SIM",)


async def test_an_unusable_device_is_refused_with_its_reason(open_app) -> None:
    async with open_app((80, 24)) as stage:
        results = await show(stage)
        await stage.press("j", "enter")
        assert "GPU: no libOpenCL.so.1" in stage.text()
        assert "Use CPU" in stage.text()
        await stage.press("k", "enter")
        assert "take a device in" in stage.text()
        await stage.press("ctrl+g")
        assert results == [NOTHING]


async def test_properties_are_stepped_typed_and_kept_for_their_device(open_app) -> None:
    async with open_app((80, 24)) as stage:
        results = await show(stage)
        await stage.press("tab", "j", "l")
        assert "Properties of CPU · 2 set" in stage.text()
        await stage.press("enter", *(["backspace"] * 4), *"wrong", "enter")
        assert isinstance(stage.app.screen, BuilderScreen)
        await stage.press("escape", "ctrl+g")
        assert results[0].properties == {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}


async def test_batch_has_size_and_wait(open_app) -> None:
    async with open_app((80, 24)) as stage:
        results = await show(stage)
        await stage.press(
            "shift+tab", "h", "tab", "tab", "g", "l", "l", "j", "enter", *(["backspace"] * 4), *"50", "enter", "ctrl+g"
        )
        assert results[0].device == "BATCH:CPU(2)"
        assert results[0].properties["AUTO_BATCH_TIMEOUT"] == "50"


async def test_escape_leaves_everything_as_it_was(open_app) -> None:
    async with open_app((80, 24)) as stage:
        results = await show(stage)
        await stage.press("a", "escape", "shift+tab", "l", "escape")
        assert results == [None]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ascii_only", [False, True])
async def test_hostile_drivers_are_shown_as_they_are(open_app, size, ascii_only) -> None:
    names = ("Conv[/x]", "\x1b[31mred\x9b", "a\u202eb", "n" * 10_000, "层" * 300)
    devices = tuple(device(f"GPU.{number}", full=name, reason=name) for number, name in enumerate(names))
    odd = device("[bold]\x1b[2J", "unusable", "[/]")
    more = {"glyphs": ASCII} if ascii_only else {}
    async with open_app(size, **more) as stage:
        await show(stage, devices=(*devices, odd))
        text = "\n".join(stage.frame()[2:-1])
        assert "Conv[/x]" in text
        assert not {"\x1b", "\x9b", "\u202e"} & set(text)
        assert text.isascii() or not ascii_only
        await stage.press("j", "enter", "j", "enter", "G", "k", "enter", "escape")
        assert not isinstance(stage.app.screen, BuilderScreen)
