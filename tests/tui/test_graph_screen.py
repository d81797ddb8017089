from __future__ import annotations

import json
import os
from pathlib import Path

import msgspec

from ovexplorer.schema.contest import Prepare
from ovexplorer.schema.counting import ProfileOther
from ovexplorer.schema.protocol import Failed, LayersMeasured, Profile
from ovexplorer.schema.spec import RunSpec
from ovexplorer.schema.splitting import DescribeSplit, DescribeTopology
from ovexplorer.schema.topology import Topology
from ovexplorer.settings import Settings
from ovexplorer.text import RawName, clean
from ovexplorer.tui.glyphs import ASCII
from tests.tui import split_kit as kit
from tests.tui.conftest import window

MANUAL = Settings(verify_toggle=False)
WINDOWS = [window(number=number) for number in range(3)]


def read(name):
    return Path(name).read_text(encoding="utf-8")


def overwrite(name, text):
    Path(name).write_text(text, encoding="utf-8")


def asked(stage, kind):
    return [command for command in stage.sent if isinstance(command, kind)]


async def test_before_a_run_one_sentence_says_what_would_be_here(open_app):
    async with open_app((80, 24)) as stage:
        await stage.press("4")
        assert "No run yet. 1 picks a model; its graph is shown here." in stage.text()
        assert "O opens a dump of HETERO" in stage.text()


async def test_what_is_missing_is_asked_for_once_and_one_thing_after_another(open_app):
    async with open_app((80, 24), spec=kit.SPLIT, settings=MANUAL) as stage:
        await stage.emit(kit.ready(), *WINDOWS)
        await stage.press("4")
        assert asked(stage, DescribeTopology)[-1].devices == ("CPU_SIM", "CPU")
        assert [command.segment for command in asked(stage, DescribeSplit)] == [1]
        assert len(asked(stage, Profile)) == 1
        assert not asked(stage, ProfileOther)
        await stage.emit(kit.DESCRIBED, kit.split_of(), LayersMeasured(profile=kit.profile_of()))
        await kit.joined(stage)
        assert [command.spec.device for command in asked(stage, ProfileOther)] == ["CPU"]
        await stage.settle()
        assert len(asked(stage, DescribeTopology)) == len(asked(stage, DescribeSplit)) == 1


async def test_a_split_is_shown_with_times_cuts_and_where_the_time_goes(open_app):
    async with open_app((160, 45), spec=kit.SPLIT, settings=MANUAL) as stage:
        await kit.answer(stage, WINDOWS)
        text = stage.text()
        assert "Submodels 5 · 3 CPU_SIM 2 CPU" in text
        assert "Cuts 6 · 0.4 MB" in text
        assert "Where 2.30 ms go" in text
        assert "lost to the split 0.800 ms, 34.8 %" in text
        assert "CPU alone" in text
        assert "run everything on CPU" in text


async def test_lists_of_submodels_and_cuts_point_at_each_other(open_app):
    async with open_app((160, 45), spec=kit.SPLIT, settings=MANUAL) as stage:
        await kit.answer(stage, WINDOWS)
        await stage.press("j")
        assert "▸0→1" in stage.text()
        await stage.press("]")
        assert stage.app.screen.selection.cut is not None
        assert any("▸" in line[:110] for line in stage.frame())


async def test_enter_on_a_submodel_opens_its_operations(open_app):
    async with open_app((80, 24), spec=kit.SPLIT, settings=MANUAL) as stage:
        await kit.answer(stage, WINDOWS)
        await stage.press("j", "enter")
        text = stage.text()
        assert "Operations 8 · constants folded" in text
        assert "cut 0→1" in text
        assert next(line for line in stage.frame() if "▌" in line[:2]).find("block0.relu") > 0


async def test_searching_lights_up_and_n_goes_on(open_app):
    async with open_app((80, 24), spec=kit.SPLIT, settings=MANUAL) as stage:
        await kit.answer(stage, WINDOWS)
        await stage.press("v", "slash", *"type:relu")
        assert "2 found" in stage.text()
        await stage.press("enter", "n")
        assert stage.app.screen.selection.operation == 6
        await stage.press("n")
        assert stage.app.screen.selection.operation == 3
        await stage.press("escape")
        assert "found" not in stage.text()


async def test_the_outline_opens_closes_and_adds_up(open_app):
    async with open_app((80, 24), spec=kit.SPLIT, settings=MANUAL) as stage:
        await kit.answer(stage, WINDOWS)
        await stage.press("V")
        assert "Outline · 8 operations · 1.86 ms" in stage.text()
        assert "block0.relu" not in stage.text()
        await stage.press("f")
        assert "block0.relu" in stage.text()
        await stage.press("f", "j", "l")
        assert "block0.conv" in stage.text()


async def test_an_operation_is_assigned_undone_and_tried(open_app):
    async with open_app((160, 45), spec=kit.SPLIT, settings=MANUAL) as stage:
        await kit.answer(stage, WINDOWS)
        await stage.press("j", "a")
        assert "Device of 1 operation" in stage.text()
        await stage.press("k", "enter")
        assert "1 changes" in stage.text()
        assert "1 operations go elsewhere, not compiled yet" in stage.text()
        await stage.press("u")
        assert "changes" not in stage.text().split("Cuts")[0]
        await stage.press("ctrl+r", "t")
        tried = asked(stage, Prepare)[-1].spec
        assert tried.placements == {"block0.relu": "CPU_SIM"}


async def test_marks_are_what_an_assignment_is_about(open_app):
    async with open_app((80, 24), spec=kit.SPLIT, settings=MANUAL) as stage:
        await kit.answer(stage, WINDOWS)
        await stage.press("v", "j", "m", "j", "j", "j", "m")
        assert "2 marked" in stage.text()
        await stage.press("a")
        assert "Device of 2 operations" in stage.text()


async def test_a_run_on_one_device_begins_with_its_operations(open_app):
    spec = RunSpec(model=kit.MODEL)
    async with open_app((80, 24), spec=spec, settings=MANUAL) as stage:
        await stage.emit(kit.ready(), *WINDOWS)
        await stage.press("4")
        assert asked(stage, DescribeTopology)[-1].devices == ()
        await stage.emit(msgspec.structs.replace(kit.DESCRIBED, support=()))
        await kit.joined(stage)
        assert "Operations 8 · constants folded" in stage.text()
        await stage.press("a")
        assert "nothing to assign here" in stage.text()


async def test_a_question_that_failed_is_told_with_what_to_do(open_app):
    async with open_app((80, 24), spec=kit.SPLIT, settings=MANUAL) as stage:
        await stage.emit(kit.ready(), *WINDOWS)
        await stage.press("4")
        words = clean("blob.blob cannot be split by affinities")
        await stage.emit(
            Failed(segment=0, kind="compile_failed", phase="split", what=words, hint=clean("give the model"))
        )
        assert "blob.blob cannot be split by affinities. give the model" in stage.text()


async def test_hostile_names_are_shown_as_they_are(open_app):
    hostile = "[/x] \x1b[31m\u202ename[NCHW]"
    operations = list(kit.TOPOLOGY.operations)
    operations[3] = msgspec.structs.replace(operations[3], name=clean(hostile), raw_name=RawName(hostile))
    named = msgspec.structs.replace(kit.DESCRIBED, topology=Topology(model=clean("m"), operations=tuple(operations)))
    async with open_app((160, 45), spec=kit.SPLIT, settings=MANUAL) as stage:
        await stage.emit(kit.ready(), *WINDOWS)
        await stage.press("4")
        await stage.emit(named, kit.split_of())
        await kit.joined(stage)
        await stage.press("v")
        text = stage.text()
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "[/x]" in text


async def test_ascii_draws_nothing_else(open_app):
    async with open_app((80, 24), spec=kit.SPLIT, settings=MANUAL, glyphs=ASCII) as stage:
        await kit.answer(stage, WINDOWS)
        for keys in ("v", "V", "V"):
            assert stage.text().isascii()
            await stage.press(keys)


async def test_capital_t_tries_the_best_suggestion_first(open_app):
    async with open_app((80, 24), spec=kit.SPLIT, settings=MANUAL) as stage:
        await kit.answer(stage, WINDOWS)
        await stage.press("T")
        assert asked(stage, Prepare)[-1].spec.device in ("CPU", "CPU_SIM")
        assert "run everything on CPU" in stage.text()


async def test_a_cut_leads_to_its_reorders_and_a_reorder_back_to_its_cut(open_app):
    async with open_app((160, 45), spec=kit.SPLIT, settings=MANUAL) as stage:
        await kit.answer(stage, WINDOWS)
        await stage.press("right_square_bracket")
        cut = stage.app.screen.selection.cut
        reorder = stage.app.graphing.content.split.cuts[cut].reorders[0]
        await stage.press("o")
        await stage.settle()
        assert "▐3 Layers▌" in stage.text()
        assert stage.app.screen.table.current_key == reorder
        stage.app.screen.table.move_to_key(1)
        await stage.press("o")
        await stage.settle()
        assert "▐4 Graph▌" in stage.text()
        shown = stage.app.screen.selection.cut
        assert 1 in stage.app.graphing.content.split.cuts[shown].reorders


async def test_a_file_is_shown_without_a_run_and_again_when_it_is_rewritten(open_app, tmp_path):
    path = tmp_path / "some.dot"
    path.write_text("digraph { first -> second }")
    async with open_app((80, 24), graph=path, hello=False) as stage:
        await kit.joined(stage)
        assert not stage.sources
        assert "Operations 2 · from a file, no times" in stage.text()
        path.write_text("digraph { first -> second -> third }")
        stage.clock.advance(2)
        await stage.settle()
        stage.app.screen.redraw()
        await kit.joined(stage)
        assert "third" in stage.text()


async def test_of_a_folder_the_dump_written_last_is_shown(open_app, tmp_path):
    folder = tmp_path / "dumps"
    folder.mkdir()
    for number, name in enumerate(("hetero_affinity_m.dot", "hetero_subgraphs_m.dot", "zz.dot")):
        (folder / name).write_text(f"digraph {{ n{number} -> m }}")
    async with open_app((80, 24), graph=folder, hello=False) as stage:
        await kit.joined(stage)
        assert stage.app.graphing.path.name == "hetero_subgraphs_m.dot"
        (folder / "hetero_subgraphs_new.dot").write_text("digraph { newest -> m }")
        os.utime(folder / "hetero_subgraphs_new.dot", ns=(2**62, 2**62))
        stage.clock.advance(2)
        stage.app.screen.redraw()
        await kit.joined(stage)
        assert "newest" in stage.text()


async def test_a_file_that_holds_no_graph_is_told_in_words(open_app, tmp_path):
    path = tmp_path / "some.dot"
    path.write_text("no graph at all")
    async with open_app((80, 24), graph=path, hello=False) as stage:
        await kit.joined(stage)
        assert "some.dot holds no graph" in stage.text()


async def test_a_dump_is_opened_by_its_path(open_app, tmp_path):
    path = tmp_path / "d.dot"
    node = r'    {0}_1 [shape=box label="{0}_1\nopset1::{0}\nsubgraph={1}\ndevice={2}" fillcolor=a style=filled]'
    lines = [node.format("Conv", 40, "CPU_SIM"), node.format("Relu", 43, "CPU"), "    Conv_1 -> Relu_1"]
    path.write_text("\n".join(["digraph ", "{", *lines, "}"]))
    async with open_app((160, 45), spec=kit.SPLIT, settings=MANUAL) as stage:
        await kit.answer(stage, WINDOWS)
        await stage.press("O", "G", "enter", *str(path), "enter")
        await kit.joined(stage)
        assert "Submodels 2 · 1 CPU_SIM 1 CPU · from a file, no times" in stage.text()


async def test_a_graph_is_exported_and_nothing_is_replaced_unasked(open_app):
    async with open_app((120, 30), spec=kit.SPLIT, settings=MANUAL) as stage:
        await kit.answer(stage, WINDOWS)
        await stage.press("e", *(["backspace"] * len("branchy.svg")), *"g.json", "enter")
        while stage.app.screen.query_one("#graph-export").writes:
            await stage.settle()
        assert json.loads(read("graph-g.json"))["schema"] == "ovexplorer.graph/1"
        overwrite("graph-g.json", "mine")
        stage.app.clear_notifications()
        await stage.press("e", *(["backspace"] * len("branchy.svg")), *"g.json", "enter")
        assert "it exists; enter again replaces it" in stage.text()
        assert read("graph-g.json") == "mine"
