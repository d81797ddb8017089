"""The doctor over a screen, and its strip on Live."""

from __future__ import annotations

import msgspec
import pytest

from ovexplorer.options.apply import default_spec
from ovexplorer.schema.machine import CpuFacts, MachineFacts, NeighbourFacts
from ovexplorer.schema.protocol import Examine, LoadMeasured, MachineExamined, StartRun
from ovexplorer.schema.results import Load
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import ASCII
from ovexplorer.tui.screens.doctor import DoctorList, DoctorScreen
from tests.tui.conftest import ready, window

SPEC = default_spec(ModelSpec(path="demo:resnet50"))

MACHINE = MachineFacts(
    at_ns=1_100_000_000,
    seconds=0.5,
    cpus=tuple(
        CpuFacts(
            number=number,
            core=number,
            package=0,
            node=0,
            kind="",
            governor=clean("performance"),
            minimum_mhz=800.0,
            maximum_mhz=3000.0,
            now_mhz=2800.0,
        )
        for number in range(8)
    ),
    allowed_cpus=(0, 1),
    quota_cpus=0.0,
    cgroup="v2",
    throttled_share=-1.0,
    throttled_ever=-1,
    pressure=0.0,
    memory_bytes=24_000_000_000,
    memory_limit_bytes=0,
    memory_used_bytes=1_000_000_000,
    swap_used_bytes=0,
    smt=False,
    turbo=True,
    thermal_throttles=-1,
    steal=0.0,
    load_1min=0.1,
    other_cores=0.02,
    neighbours=(),
    virtualisation=clean(""),
    cpu_flags=("avx2", "avx512f", "avx512_bf16"),
    default_precision="bf16",
    readable=("psi", "cgroup", "cpufreq", "topology", "stat", "processes"),
)


def examined(**fields):
    return MachineExamined(machine=msgspec.structs.replace(MACHINE, **fields))


def looks(stage):
    return [command for command in stage.sent if isinstance(command, Examine)]


async def opened(stage, *events):
    await stage.emit(*events)
    await stage.press("D")
    assert isinstance(stage.app.screen, DoctorScreen)


async def test_the_first_look_comes_before_the_first_compile(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        kinds = [type(command) for command in stage.sent]
        assert kinds.index(Examine) < kinds.index(StartRun)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 45)])
async def test_all_checks_are_shown_with_what_to_do_at_every_size(open_app, size):
    async with open_app(size, spec=SPEC) as stage:
        await opened(stage, examined())
        text = stage.text()
        assert "Doctor · 3 to look at, 15 checks" in text
        assert "! 2 of 8 CPUs allowed" in text
        assert {len(line) for line in stage.frame()} == {size[0]}
        await stage.press("G")
        assert "AVX-512 bf16" in stage.text()
        listed = stage.app.screen.query_one(DoctorList)
        assert any(row.text.startswith("→ measure it: toggle Precision") for row in listed.rows)
        await stage.press("escape")
        assert not isinstance(stage.app.screen, DoctorScreen)


async def test_without_a_look_it_looks_and_says_so(open_app):
    async with open_app((80, 24)) as stage:
        before = len(looks(stage))
        await opened(stage)
        assert len(looks(stage)) == before + 1
        assert "◐ looking at this machine" in stage.text()
        await stage.press("r")
        assert len(looks(stage)) == before + 1
        await stage.emit(examined())
        assert "looking at" not in stage.text()
        assert "2 of 8 CPUs allowed" in stage.text()


async def test_r_looks_again_and_shows_what_changed(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await opened(stage, examined())
        before = len(looks(stage))
        await stage.press("r")
        assert len(looks(stage)) == before + 1
        assert "◐ looking at this machine" in stage.text()
        assert "2 of 8 CPUs allowed" in stage.text()
        await stage.emit(examined(quota_cpus=0.5))
        assert "✗ quota 0.5 CPUs, 2 threads" in stage.text()


async def test_y_copies_all_findings(open_app, monkeypatch):
    async with open_app((80, 24), spec=SPEC) as stage:
        copied: list[str] = []
        monkeypatch.setattr(stage.app, "copy_to_clipboard", copied.append)
        await opened(stage, examined())
        await stage.press("y")
        assert "! 2 of 8 CPUs allowed\n  affinity mask 0-1 of 8 CPUs" in copied[0]


async def test_hostile_names_stay_text(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        loud = NeighbourFacts(pid=7, name=clean("[red]\x1b[31m"), cores=1.5, cpus=(), ovexplorer=False)
        await opened(stage, examined(other_cores=1.5, neighbours=(loud,)))
        assert "[red]" in stage.text()
        assert "\x1b" not in stage.text()


async def test_signs_of_a_plain_terminal(open_app):
    async with open_app((80, 24), spec=SPEC, glyphs=ASCII) as stage:
        await opened(stage, examined(quota_cpus=0.5))
        rows = stage.app.screen.query_one(DoctorList).rows
        assert [rows[0].sign, rows[-1].sign or rows[-2].sign] == ["x", "+"]
        assert [c for c in stage.text() if not c.isascii()] == []


async def test_the_verdict_of_the_run_stands_first_with_its_causes(open_app):
    async with open_app((160, 45), spec=SPEC) as stage:
        loads = [
            LoadMeasured(
                load=Load(
                    at_ns=(number + 3) * 1_000_000_000,
                    cores=((0, 1.0), (1, 1.0)),
                    engine_cores=1.0,
                    other_cores=0.0,
                    steal=0.1,
                    involuntary_switches=30,
                    frequency_mhz=0.0,
                    throttled=0.5,
                )
            )
            for number in range(30)
        ]
        slices = [window(1, number) for number in range(30)]
        await stage.emit(ready(1), *loads[:3], *slices, *loads[3:], window(1, 30), window(1, 31))
        assert "throttled" in stage.frame()[1] or "unstable" in stage.frame()[1]
        await opened(stage, examined())
        text = stage.text()
        assert "▌! this run is unstable" in text
        assert "the cgroup's quota stopped the run in 50 % of its periods" in text
        rows = " ".join(row.text for row in stage.app.screen.query_one(DoctorList).rows)
        assert "the hypervisor took CPU time: 10 %" in rows


async def test_the_strip_shows_the_worst_finding_in_one_row(open_app):
    async with open_app((80, 24), spec=SPEC) as stage:
        await stage.emit(ready(1), *[window(1, number) for number in range(3)])
        assert "D looks at this machine" in stage.text()
        await stage.emit(examined())
        assert stage.frame()[21].startswith("─ Doctor · 3 ─")
        assert stage.frame()[22].startswith(" ! 2 of 8 CPUs allowed")
        await stage.emit(examined(quota_cpus=0.5))
        assert stage.frame()[22].startswith(" ✗ quota 0.5 CPUs, 2 threads")


async def test_the_strip_has_several_rows_on_a_large_screen(open_app):
    async with open_app((160, 45), spec=SPEC) as stage:
        await stage.emit(ready(1), *[window(1, number) for number in range(3)], examined())
        text = stage.text()
        assert "╭─ Doctor · 3 ─" in text
        assert "─ D all 15 checks ─" in text
        for words in ("! 2 of 8 CPUs allowed", "! bf16 by default, no AMX", "✓ "):
            assert words in text
        await stage.pilot.click("#doctor-strip")
        await stage.settle()
        assert isinstance(stage.app.screen, DoctorScreen)
