from __future__ import annotations

import pytest
from msgspec.structs import replace

from ovexplorer.schema.counting import MeasurePeak, PeakMeasured, ProfileOther, WatchLayers
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tui.screens.layers_live import Moves, follows, overhead_words, profile_of
from ovexplorer.tui.widgets.table_paint import different
from tests.tui.conftest import ready, window
from tests.tui.layers_kit import LAYERS, SPEC, counted, layer, measured, profile, with_times

PEAK = PeakFacts(
    gflops={"f32": 262.0}, gbps=20.0, threads=2, cpu_model=clean("CPU"), openvino=clean("2026"), measured_at=""
)


def live(times: dict[str, float], latency_ms: float = 4.0):
    return measured(with_times(times), latency_ms, live=True, iterations=60, overhead=None, plain_latency_ns=0)


def test_only_what_moves_by_more_than_its_noise_has_moved() -> None:
    moves = Moves()
    moves.begin(profile())
    moves.feed(profile(with_times({"conv1": 1.50, "pool": 0.80})))
    assert moves.moved == {5}
    assert moves.settled[5] == 800_000
    assert moves.settled[2] == 1_480_000
    moves.feed(profile(with_times({"conv1": 1.50, "pool": 0.80})))
    assert moves.moved == frozenset()


def test_a_value_that_always_differs_does_not_move_each_time() -> None:
    moves = Moves()
    moves.begin(profile())
    for number in range(12):
        moves.feed(profile(with_times({"pool": 0.41 + 0.08 * (number % 2)})))
    assert moves.moved == frozenset()
    moves.feed(profile(with_times({"pool": 2.0})))
    assert moves.moved == {5}


def test_other_layers_do_not_follow() -> None:
    assert follows(profile(), profile(with_times({"pool": 1.0})))
    assert not follows(None, profile())
    assert not follows(profile(), profile(segment=2))
    assert not follows(profile(), profile((*LAYERS[:-1], layer(7, "another", 0.1))))


def test_the_newest_profile_of_a_configuration_is_found() -> None:
    other = profile(spec=replace(SPEC, device="GPU"))
    newer = profile(iterations=7)
    assert profile_of((profile(), newer, other), SPEC) is newer
    assert profile_of((profile(),), replace(SPEC, device="NPU")) is None


def test_the_cost_of_counting_is_told_with_its_interval() -> None:
    assert overhead_words((0.009, 0.005, 0.013)) == "counting costs 0.9 % ±0.4"
    assert overhead_words((0.001, -0.004, 0.006)) == "counting costs nothing above 0.6 %"
    assert overhead_words((0.2, -0.5, 1.9)) == "cost of counting known to ±120 % only"
    assert overhead_words(None) == ""


async def test_layers_are_watched_while_the_screen_is_open_and_the_roof_is_measured_once(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await counted(stage)
        await stage.settle()
        assert [command.enabled for command in stage.sent if isinstance(command, WatchLayers)] == [True]
        assert [command for command in stage.sent if isinstance(command, MeasurePeak)] == []
        await stage.emit(*(window(1, number, 4_000_000) for number in range(2, 30)))
        await stage.emit(live({}))
        assert len([command for command in stage.sent if isinstance(command, MeasurePeak)]) == 1
        assert "not measured yet" in stage.text()
        await stage.emit(PeakMeasured(peak=PEAK))
        assert "compute" in stage.text()
        assert "61 %" in stage.text()
        await stage.press("2")
        assert [command.enabled for command in stage.sent if isinstance(command, WatchLayers)] == [True, False]
        await stage.press("3")
        await stage.settle()
        assert [command.enabled for command in stage.sent if isinstance(command, WatchLayers)] == [True, False, True]
        assert len([command for command in stage.sent if isinstance(command, MeasurePeak)]) == 1


def style_of(stage, text: str):
    for strip in stage.app.screen._compositor.render_strips():
        for segment in strip:
            if text in segment.text:
                return segment.style
    raise AssertionError(f"{text} is not on screen")


async def test_a_moved_value_is_bold_for_one_refresh_and_rows_keep_their_place(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await counted(stage)
        await stage.press("j")
        await stage.emit(live({"conv1": 1.49, "pool": 0.90}))
        assert style_of(stage, "0.90").bold
        assert not style_of(stage, "1.49").bold
        assert "· live ·" in stage.text()
        assert "counting costs 0.9 %" in stage.text()
        assert any(line.startswith("▌") and "layer1.conv1" in line for line in stage.frame())
        await stage.emit(live({"conv1": 1.49, "pool": 0.91}))
        assert not style_of(stage, "0.91").bold


async def test_a_refresh_repaints_only_the_cells_that_changed(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await counted(stage)
        await stage.emit(live({}))
        table = stage.app.screen.table
        await stage.pilot.pause()
        seen = []
        refresh = table.refresh
        table.refresh = lambda *regions, **more: (seen.append(regions), refresh(*regions, **more))[1]
        await stage.emit(live({"pool": 0.42}))
        rows = [region for regions in seen for region in regions]
        assert seen
        assert all(regions for regions in seen)
        assert {region.height for region in rows} == {1}
        assert all(region.x > 20 for region in rows)


def test_lines_that_are_the_same_differ_nowhere() -> None:
    from rich.segment import Segment
    from textual.strip import Strip

    line = Strip([Segment("abc"), Segment("1.0"), Segment("xyz")])
    assert different(line, Strip(list(line))) == (0, 0)
    assert different(line, Strip([Segment("abc"), Segment("1.1"), Segment("xyz")])) == (3, 6)
    assert different(line, Strip([Segment("abc"), Segment("1.1")])) == (3, 9)


async def test_f_holds_the_present_profile_and_shows_what_changes(open_app) -> None:
    async with open_app((160, 45), spec=SPEC) as stage:
        await counted(stage)
        assert "Against" not in stage.text()
        await stage.press("F")
        assert "· frozen 0:0" in stage.text()
        assert "no layer differs by more than noise" in stage.text()
        await stage.emit(live({"conv1": 2.48}))
        line = next(line for line in stage.frame() if "conv1 " in line and "2.48" in line)
        assert "+1.00" in line
        assert "Against frozen" in stage.text()
        assert "1.48 →    2.48" in stage.text()
        await stage.press("v", "v", "v", "v", "v", "v")
        assert "Difference · 1 slower against frozen" in stage.text()
        await stage.press("F")
        assert "F freezes what to hold against" in stage.text()


async def test_baseline_a_is_counted_on_demand_and_held_against(open_app) -> None:
    other = replace(SPEC, properties={"INFERENCE_PRECISION_HINT": "f32"})
    async with open_app((160, 45), spec=SPEC) as stage:
        await stage.emit(ready(1), window(1, 0, 4_000_000), window(1, 1, 4_000_000))
        stage.app.figures.feed(stage.session.state)
        assert stage.app.figures.set_baseline(stage.session.state.current)
        await stage.session.change(other, "Precision")
        stage.app.action_app_screen("layers")
        await stage.emit(ready(2, 4_000_000_000), window(2, 3, 4_000_000))
        await stage.emit(measured(segment=2, spec=other))
        await stage.press("F", "F")
        asked = [command for command in stage.sent if isinstance(command, ProfileOther)]
        assert [command.spec for command in asked] == [SPEC]
        assert "frozen" in stage.text()
        await stage.emit(measured(with_times({"conv1": 0.5}), segment=asked[0].segment))
        assert "against A" in stage.text()
        assert "vs A" in stage.text()
        assert any("conv1" in line and "+0.98" in line for line in stage.frame())
        await stage.press("F")
        assert "vs A" not in stage.text()


@pytest.mark.parametrize("size", [(60, 16), (80, 24)])
async def test_a_refresh_of_other_layers_shows_them(open_app, size) -> None:
    async with open_app(size, spec=SPEC) as stage:
        await counted(stage)
        await stage.emit(measured((layer(0, "only", 3.0),), live=True))
        assert "only" in stage.text()
        assert "layer1.conv1" not in stage.text()
        assert isinstance(stage.session.state, RunState)


async def test_refreshes_are_asked_for_again_when_another_configuration_runs(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await counted(stage)
        await stage.settle()
        await stage.session.change(replace(SPEC, api="async"), "API")
        await stage.emit(ready(2, 4_000_000_000), window(2, 3, 4_000_000))
        await stage.emit(measured(segment=2))
        await stage.settle()
        assert [command.enabled for command in stage.sent if isinstance(command, WatchLayers)] == [True, False, True]
