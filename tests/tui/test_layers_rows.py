from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from ovexplorer.analysis.align import align
from ovexplorer.analysis.layers import analyse
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import UNICODE
from ovexplorer.tui.screens import layers_panels as panels
from ovexplorer.tui.screens import layers_view as view
from ovexplorer.tui.screens.layers_board import Board
from ovexplorer.tui.screens.layers_columns import layer_columns, short_primitive, shown_name, signed_ms
from ovexplorer.tui.screens.layers_details import around, details, layout_with_words, limit_words
from ovexplorer.tui.screens.layers_fold import folded_rows, is_block
from ovexplorer.tui.screens.layers_live import Reference
from ovexplorer.tui.widgets.table_model import place
from tests.tui.layers_kit import LAYERS, SPEC, counted, layer, profile, with_times

PEAK = PeakFacts(
    gflops={"f32": 262.0}, gbps=20.0, threads=2, cpu_model=clean("CPU"), openvino=clean("2026"), measured_at=""
)


def text_of(lines) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in lines]


def conv1():
    return next(row for row in analyse(profile()).rows if row.layer.name == "conv1")


@pytest.mark.parametrize(
    ("width", "gone"),
    [
        (110, set()),
        (84, {"primitive"}),
        (74, {"primitive", "gflops"}),
        (68, {"primitive", "gflops", "cum"}),
        (62, {"primitive", "gflops", "cum", "bar"}),
        (56, {"primitive", "gflops", "cum", "bar", "precision"}),
        (42, {"primitive", "gflops", "cum", "bar", "precision", "type"}),
    ],
)
def test_columns_narrow_in_the_order_told_and_the_name_keeps_twenty_cells(width, gone) -> None:
    columns = layer_columns(analyse(profile()))
    placed = {entry.column.id: entry.width for entry in place(columns, width)}
    assert {column.id for column in columns} - set(placed) == gone
    assert placed["name"] >= 20


def test_rates_are_left_out_where_no_operations_are_known() -> None:
    columns = layer_columns(analyse(profile((layer(0, "a", 1.0),))))
    assert "gflops" not in {column.id for column in columns}


def test_names_and_figures_in_short() -> None:
    assert short_primitive("brgconv_avx512_1x1_bf16") == "brgconv avx512 1x1"
    assert short_primitive("undef") == "undef"
    assert shown_name(layer(0, "subgraph12: conv: a", 1.0)) == "12: conv: a"
    assert shown_name(layer(0, "subgraphs", 1.0)) == "subgraphs"
    assert (signed_ms(120_000, 2), signed_ms(-120_000, 2), signed_ms(-100, 2)) == ("+0.12", "−0.12", "0.00")
    assert layout_with_words("acdb, aBcd16b") == "acdb (channels last), aBcd16b (blocks of 16 channels)"


def test_a_folded_block_is_one_row_that_adds_up() -> None:
    analysis = analyse(profile())
    rows = folded_rows(analysis, frozenset({"layer1"}))
    (block,) = [row for row in rows if is_block(row)]
    assert block.layer.name == "layer1 · 2 layers"
    assert block.layer.mean_ns == 1_530_000
    assert block.layer.flop == 150_000_000
    assert block.layer.order == 3
    assert sum(row.layer.mean_ns for row in rows) == analysis.counted_ns
    assert block.cumulative == pytest.approx(1.53 / 4)
    assert folded_rows(analysis, frozenset()) is analysis.rows


def test_details_tell_origin_work_and_limit() -> None:
    analysis, row = analyse(profile()), conv1()
    lines = text_of(details(row, around(row, analysis, PEAK), (100, 9), UNICODE))
    assert "conv1 (Convolution), conv1.bias (Add), relu" in lines[0]
    assert "1x3x224x224 → 1x64x112x112" in lines[2]
    assert "64x3x7x7 f32, 37.6 kB" in lines[4]
    assert "236 MFLOP, 3.85 MB moved: 159 GFLOP/s, 2.60 GB/s" in lines[5]
    assert "compute bound, 61 % of the 262 GFLOP/s measured on this machine" in lines[6]


def test_before_the_roof_is_measured_the_limit_says_so() -> None:
    row = conv1()
    lines = text_of(details(row, around(row, analyse(profile()), None), (100, 9), UNICODE))
    assert any("peak not measured yet" in line for line in lines)
    assert limit_words(layer(0, "a", 0, status="below_resolution"), None, PEAK) == "too short to be timed"


def test_three_lines_hold_two_things_each() -> None:
    row = conv1()
    lines = text_of(details(row, around(row, analyse(profile()), PEAK), (80, 3), UNICODE))
    assert len(lines) == 3
    assert "fused from" in lines[0]
    assert "weights" in lines[0]
    assert lines[2].rstrip().endswith("61 % compute")


def test_the_status_of_a_fused_row_is_its_origin() -> None:
    analysis = analyse(profile())
    row = next(row for row in analysis.rows if row.layer.status == "fused")
    lines = text_of(details(row, around(row, analysis, PEAK), (100, 9), UNICODE))
    assert "fused into conv1" in lines[0]


def test_the_matrix_counts_layers_by_precisions_and_sums_conversions() -> None:
    layers = (
        layer(0, "a", 1.0, output_precisions="bf16", precision="bf16"),
        layer(1, "b_bf16_f32_c", 0.2, "Reorder", output_precisions="f32"),
        layer(2, "c", 1.0),
    )
    lines = text_of(panels.transition_lines(analyse(profile(layers)), 8))
    assert lines[0].split() == ["from", "\\", "to", "f32", "bf16"] or lines[0].split()[-2:] == ["bf16", "f32"]
    assert any(line.split()[0] == "bf16" and "1" in line.split() for line in lines[1:])
    assert "Reorders among them: 0.200 ms" in lines[-1]
    assert text_of(panels.transition_lines(analyse(profile()), 8))[-1] == " no conversions"


def test_the_sum_says_how_far_it_is_from_the_run_and_why() -> None:
    near = view.PlainRun(4_020_000, 4_020_000)
    far = view.PlainRun(3_800_000, 3_800_000)
    assert view.apart_words(profile(), near) == ""
    assert view.apart_words(profile(), far).startswith("5.3 % over p50")
    skewed = view.PlainRun(3_800_000, 3_990_000)
    assert view.apart_words(profile(), skewed) == "5.3 % over p50: a mean, slow inferences count"
    costly = profile(overhead=(0.051, 0.045, 0.06))
    assert view.apart_words(costly, far) == "5.3 % over p50: counting costs 5.1 %"
    assert view.agreement(4_000_000, near, UNICODE) == ("✓ p50", "good")
    assert view.agreement(4_000_000, view.PlainRun(), UNICODE)[0] == ""


def test_the_gap_says_what_truncation_can_explain() -> None:
    assert "0.06 by whole µs" in view.gap_words(analyse(profile()), 2, 80)
    assert "whole µs hide 0.06" in view.gap_words(analyse(profile()), 2, 160)
    assert "whole" not in view.gap_words(analyse(profile(truncation_ns=0)), 2, 80)


def test_the_board_tells_refreshes_from_other_layers_and_keeps_the_cost_of_counting() -> None:
    board = Board()
    first = profile()
    assert board.take(first) == "other"
    assert board.take(first) == "same"
    assert board.take(profile(with_times({"pool": 1.0}), live=True, overhead=None)) == "values"
    assert board.overhead == (0.009, 0.005, 0.013)
    assert board.take(profile(segment=2, overhead=None)) == "other"
    assert board.overhead is None
    assert board.take(None) == "other"
    assert board.analysis is None


def test_differences_to_other_layers_are_aligned_by_operation() -> None:
    board = Board()
    before = (layer(0, "conv", 1.0), layer(1, "relu", 0.5, "Relu"), layer(2, "old", 0.2, "Add"))
    now = (layer(0, "conv", 1.1, fused_from=(clean("conv"), clean("relu"))), layer(1, "new", 0.3, "Multiply"))
    board.take(profile(now))
    board.hold_against(Reference("frozen", profile(before), "frozen 0:10"))
    found = board.differences()
    assert found is not None
    assert found.title == "frozen"
    assert found.by_key[0] == -400_000
    assert found.appeared == {1}
    assert 0 in found.sure


def test_differences_of_a_folded_block_are_those_of_its_layers() -> None:
    board = Board()
    board.take(profile())
    board.hold_against(Reference("frozen", profile(), "frozen 0:10"))
    board.take(profile(with_times({"layer1.conv1": 1.23, "layer1.conv2": 0.6}), live=True))
    row = next(row for row in board.rows() if row.layer.name == "layer1.conv1")
    assert board.fold(row) == "layer1"
    block = next(row for row in board.rows() if is_block(row))
    found = board.differences()
    assert found is not None
    assert found.by_key[block.layer.key] == 300_000


def test_the_panel_lists_the_largest_differences_and_counts_the_rest() -> None:
    alignment = align(profile(), profile(with_times({"conv1": 0.74, "pool": 0.82})))
    lines = text_of(panels.against_lines(alignment, 5, UNICODE))
    assert "▲ +100 %" in lines[0]
    assert "▼ −50 %" in lines[1]
    many = align(profile(), profile(tuple(replace(entry, mean_ns=entry.mean_ns * 3) for entry in LAYERS)))
    assert text_of(panels.against_lines(many, 3, UNICODE))[-1].endswith("v shows them all")


async def test_f_folds_the_block_and_unfolds_it(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await counted(stage)
        await stage.press("j", "f")
        assert any(line.startswith("▌") and "layer1 · 2 layers" in line and "1.53" in line for line in stage.frame())
        await stage.press("f")
        assert "layer1.conv2" in stage.text()
        await stage.press("slash", *"pool", "enter", "f")
        assert "pool" in stage.text()


async def test_an_original_operation_finds_the_layer_that_took_it_in(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await counted(stage)
        await stage.press("slash", *"relu", "enter")
        assert "1 of 6 · relu" in stage.text()
        assert stage.app.screen.table.current.layer.name == "conv1"


async def test_blocks_roll_up_and_enter_shows_their_layers(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await counted(stage)
        await stage.press("v", "v", "v", "v")
        assert "By block of the model · 3" in stage.text()
        assert any("layer1" in line and "1.53" in line for line in stage.frame())
        await stage.press("enter")
        assert "2 of 6 · block:layer1" in stage.text()


async def test_enter_enlarges_the_details_of_a_layer(open_app) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await counted(stage)
        assert "status" not in stage.text()
        await stage.press("enter")
        await stage.settle()
        assert "status" in stage.text()
        await stage.press("escape")
        await stage.settle()
        assert "status" not in stage.text()


async def test_what_is_shown_is_exported_and_nothing_is_replaced_silently(open_app, tmp_path) -> None:
    async with open_app((80, 24), spec=SPEC) as stage:
        await counted(stage)
        await stage.press("slash", *"conv", "enter", "e")
        assert "layers-resnet50.csv" in stage.text()
        await stage.press("enter")
        written = tmp_path / "cwd" / "layers-resnet50.csv"
        rows = written.read_text().splitlines()
        assert rows[0].startswith("layerName;execStatus")
        assert [row.split(";")[0] for row in rows[1:] if row] == [
            "conv1", "layer1.conv1", "layer1.conv2", "image_abcd_acdb_conv1", "Total",
        ]  # fmt: skip
        await stage.press("e")
        assert "layers-resnet50-2.csv" in stage.text()
        field = stage.app.screen.query_one("#layers-export #ask-field")
        field.value = str(written)
        before = written.read_bytes()
        await stage.press("enter")
        assert "enter again replaces it" in stage.text()
        assert written.read_bytes() == before
        field.value = str(tmp_path / "all.json")
        await stage.press("enter")
        assert json.loads((tmp_path / "all.json").read_bytes())["schema"] == "ovexplorer.layers/1"
