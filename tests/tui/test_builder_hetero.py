"""The builder with HETERO on screen: rules, files, what comes of them, and what is asked of the engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ovexplorer.schema.protocol import DevicesDescribed, Failed
from ovexplorer.schema.spec import RunSpec
from ovexplorer.schema.splitting import DescribeTopology, TopologyDescribed
from ovexplorer.schema.topology import DeviceSupport
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import ASCII
from ovexplorer.tui.screens.builder import BuilderScreen
from ovexplorer.tui.screens.builder_operations import OperationsScreen
from ovexplorer.tui.screens.prompt import PromptScreen
from tests.tui.builder_kit import BOTH, DEVICES, LACKING, MODEL, RELUS, chain, described, device, hetero

NOTHING = object()
KEYS = {":": "colon", "=": "equals_sign", "/": "slash", ".": "full_stop", ",": "comma", "_": "underscore"}
RULES = ("tab", "tab", "tab")
"""From the devices to the list of rules."""


def typed(text: str) -> list[str]:
    return [KEYS.get(letter, letter) for letter in text]


def write(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8")


def read(name: str) -> str:
    return Path(name).read_text(encoding="utf-8")


async def show(
    stage: Any, spec: RunSpec | None = None, told: TopologyDescribed | None = None, devices: DevicesDescribed = DEVICES
) -> list[Any]:
    results: list[Any] = [NOTHING]
    await stage.emit(devices)
    stage.app.push_screen(BuilderScreen(spec or hetero()), lambda made: results.__setitem__(0, made))
    await stage.settle()
    if told is not None:
        await stage.emit(told)
    return results


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (100, 30), (160, 45)])
async def test_the_operations_are_asked_for_and_what_comes_of_them_is_shown(open_app, size):
    async with open_app(size) as stage:
        await show(stage, hetero("type:Relu=CPU"))
        assert DescribeTopology(model=MODEL, devices=("CPU_SIM", "CPU"), stand_ins=("CPU_SIM",)) in stage.sent
        assert "asking CPU_SIM, CPU" in stage.text()
        await stage.emit(described())
        text = stage.text()
        assert "asking" not in text
        if size[0] < 160:
            assert "6 submodels, 5 cuts, 5.00 MB" in text
        else:
            assert "3 on CPU_SIM, 3 on CPU" in text
            assert "S──C──S──C──S──C" in text
            assert "6 of 6 ops" in text
        assert "Use HETERO:CPU_SIM,CPU" in text
        assert all(len(line) == size[0] for line in stage.frame())
        assert sum(isinstance(command, DescribeTopology) for command in stage.sent) == 1


async def test_at_80x24_everything_of_the_drawing_has_its_row(open_app):
    async with open_app((80, 24)) as stage:
        await show(stage, hetero("type:Relu=CPU"), described())
        frame = stage.frame()
        assert frame[10].startswith("─ Who runs what · ○ by order  ● by rules  ○ by file ──")
        assert frame[12].split() == [
            "▌",
            "everything",
            "else",
            "3",
            "ops",
            "S",
            "CPU_SIM",
            "CPU_SIM",
            "yes,",
            "CPU",
            "yes",
        ]
        assert frame[13].split()[:6] == ["1", "type:Relu", "3", "ops", "C", "CPU"]
        assert "a adds a rule" in frame[14]
        assert frame[17].startswith(" rules      ! 6 submodels")
        assert frame[18].startswith(" picture    S C S C S C  in running order")
        assert frame[19].startswith(" same as    -d HETERO:CPU_SIM,CPU")
        assert "times show the cost of cuts" in frame[22]


async def test_a_rule_is_typed_counted_stepped_moved_and_taken_back(open_app):
    async with open_app((80, 24)) as stage:
        results = await show(stage, told=described())
        assert "1 submodel, 0 cuts" in stage.text()
        await stage.press(*RULES, "a", *typed("type:Relu=CP"))
        assert "CP is none of CPU_SIM, CPU" in stage.text()
        await stage.press("U")
        assert "3 operations to CPU" in stage.text()
        await stage.press("enter")
        assert "6 submodels" in stage.text()
        assert "● by rules" in stage.text()
        await stage.press("l")
        assert "1 submodel, 0 cuts" in stage.text()
        await stage.press(
            "enter", "a", *typed("a/relu"), "underscore", *typed("1=CPU"), "underscore", *typed("SIM"), "enter"
        )
        assert "4 submodels" in stage.text()
        await stage.press("K")
        assert "6 submodels" in stage.text()
        await stage.press("u")
        assert "4 submodels" in stage.text()
        await stage.press("ctrl+r", "delete")
        assert "a/relu_1" not in stage.text()
        await stage.press("ctrl+g")
        assert [(rule.pattern, rule.device) for rule in results[0].affinities] == [("type:Relu", "CPU")]


async def test_the_order_of_devices_decides_again_and_rules_are_kept(open_app):
    async with open_app((80, 24)) as stage:
        results = await show(stage, hetero("type:Relu=CPU"), described())
        await stage.press("tab", "tab", "h")
        assert "● by order" in stage.text()
        assert "1 submodel" in stage.text()
        await stage.press("l", "h", "ctrl+g")
        assert results[0].affinities == ()


async def test_a_stand_in_that_lacks_types_falls_back_and_says_so(open_app):
    async with open_app((80, 24)) as stage:
        spec = RunSpec(model=MODEL, device="HETERO:CPU")
        bare = DevicesDescribed(devices=DEVICES.devices[:-1])
        results = await show(stage, spec, described(support=BOTH[1:]), bare)
        text = "SIM:no=relu:threads=1"
        await stage.press("a", *(["backspace"] * 7), *typed(text))
        assert "it is called CPU_SIM" in stage.text()
        await stage.press("enter")
        assert sum(isinstance(command, DescribeTopology) for command in stage.sent) == 1
        await stage.emit(DEVICES)
        assert stage.sent[-1] == DescribeTopology(
            model=MODEL, devices=("CPU_SIM", "CPU"), stand_ins=("CPU_SIM",), lacks={"CPU_SIM": ("Relu",)}
        )
        await stage.emit(described(support=LACKING, lacks=("Relu",)))
        assert "6 submodels" in stage.text()
        await stage.press(*RULES, "enter")
        assert isinstance(stage.app.screen, OperationsScreen)
        assert stage.text().index("a/relu_1") < stage.text().index("a/conv_1")
        await stage.press("escape", "ctrl+g")
        assert results[0].lacks == {"CPU_SIM": ("Relu",)}
        assert results[0].device_properties == {"CPU_SIM": {"INFERENCE_NUM_THREADS": "1"}}


async def test_an_operation_without_a_device_disables_the_button_and_says_why(open_app):
    nowhere = (LACKING[0], DeviceSupport(device="CPU", missing=RELUS))
    async with open_app((80, 24)) as stage:
        results = await show(stage, told=described(support=nowhere))
        assert "OpenVINO would refuse it: 3 operations have no device: a/relu_1" in stage.text()
        await stage.press("ctrl+g")
        assert results == [NOTHING]
        await stage.press(*RULES, "a", *typed("type:Relu=CPU"), "enter", "ctrl+g")
        assert results[0].affinities[0].pattern == "type:Relu"


async def test_a_rule_of_thumb_opens_with_its_operations_and_fix(open_app):
    async with open_app((80, 24)) as stage:
        await show(stage, hetero("type:Relu=CPU"), described())
        await stage.press(*RULES, "tab", "enter")
        text = stage.text()
        assert "fix: place them on the device of their neighbours" in text
        assert "a/relu_1" in text
        await stage.press("escape")
        assert isinstance(stage.app.screen, BuilderScreen)
        await stage.press("l", "l", "enter")
        assert "✓" in stage.text()


async def test_a_file_is_read_checked_and_used(open_app):
    write("mine.json", json.dumps({"a/relu_1": "CPU"}))
    write("wrong.json", json.dumps({"a/relu_1": "GPU"}))
    async with open_app((80, 24)) as stage:
        results = await show(stage, told=described())
        await stage.press("tab", "tab", "h", "a", *typed("wrong.json"), "enter")
        assert "which is not in HETERO" in stage.text()
        await stage.press(*(["backspace"] * 10), *typed("mine.json"), "enter")
        assert "● by file" in stage.text()
        assert "5 operations have no affinity" in stage.text()
        assert "3 submodels" in stage.text()
        await stage.press("ctrl+g")
        assert results[0].placements == {"a/relu_1": "CPU"}


async def test_affinities_are_written_and_never_over_others_unasked(open_app):
    write("branchy.affinity.json", "mine")
    async with open_app((80, 24)) as stage:
        await show(stage, hetero("type:Relu=CPU"), described())
        await stage.press("e")
        assert "branchy-2.affinity.json" in stage.text()
        await stage.press(*(["backspace"] * 30), *typed("branchy.affinity.json"), "enter")
        assert "enter again replaces" in stage.text()
        assert read("branchy.affinity.json") == "mine"
        await stage.press("enter")
        assert json.loads(read("branchy.affinity.json"))["a/relu_2"] == "CPU"
        assert "CPU_SIM" in read("branchy.affinity.py")
        assert "written:" in stage.text()


async def test_a_compile_of_many_seconds_is_asked_about_first(open_app):
    async with open_app((80, 24)) as stage:
        results = await show(stage, hetero("type:Relu=CPU"), described(chain(400)))
        assert "compiling takes about" in stage.text()
        await stage.press("ctrl+g")
        assert isinstance(stage.app.screen, PromptScreen)
        await stage.press("escape")
        assert results == [NOTHING]
        await stage.press("ctrl+g", "enter")
        assert results[0] == hetero("type:Relu=CPU")


async def test_what_cannot_be_told_says_why_and_the_form_can_be_used_all_the_same(open_app):
    async with open_app((80, 24)) as stage:
        results = await show(stage)
        await stage.emit(
            Failed(
                segment=0, kind="model_unreadable", phase="split", what=clean("it is unreadable"), hint=clean("look")
            )
        )
        assert "it is unreadable. look" in stage.text()
        await stage.press("ctrl+g")
        assert results[0] == hetero()


async def test_only_hetero_has_rules(open_app):
    async with open_app((80, 24)) as stage:
        await show(stage, told=described())
        await stage.press("shift+tab", "l")
        assert "Who runs what" not in stage.text()
        assert "same as" in stage.text()
        await stage.press("e")
        assert "only HETERO has affinities" in stage.text()


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 45)])
@pytest.mark.parametrize("ascii_only", [False, True])
async def test_hostile_models_are_shown_as_they_are(open_app, size, ascii_only):
    odd = chain(3, ("[/red]\x1b[2J{}", "层\u202e" * 30 + "{}" + "n" * 3_000))
    more = {"glyphs": ASCII} if ascii_only else {}
    support = (DeviceSupport(device="CPU_SIM", failed=clean("\x1b[31m no [/]")), DeviceSupport(device="CPU"))
    strange = DevicesDescribed(devices=(*DEVICES.devices, device("[bold]", "unusable", "[/]")))
    async with open_app(size, **more) as stage:
        await show(stage, hetero("/[/]|x/=CPU"), described(odd, support), strange)
        await stage.press(*RULES, "enter")
        body = "\n".join(stage.frame()[2:-1])
        assert not {"\x1b", "\x9b", "\u202e"} & set(body)
        assert body.isascii() or not ascii_only
        await stage.press("escape", "tab", "enter", "escape", "escape")
        assert not isinstance(stage.app.screen, BuilderScreen)
