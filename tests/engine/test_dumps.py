import shutil
from pathlib import Path

import pytest

from ovexplorer.engine import dumps


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder, *names, text="digraph"):
    for name in names:
        (folder / name).write_text(text)


def test_dumps_are_moved_away_so_that_the_next_compile_cannot_overwrite_them(here):
    write(here, "hetero_affinity_net.dot", "hetero_subgraphs_net.dot", "other.dot", "hetero_notes.txt")
    first = dumps.collect()
    write(here, "hetero_affinity_net.dot", "hetero_subgraphs_net.dot", text="second")
    second = dumps.collect()
    assert [file.text for file in first.files()] == ["digraph", "digraph"]
    assert [file.text for file in second.files()] == ["second", "second"]
    assert sorted(path.name for path in here.glob("*.*")) == ["hetero_notes.txt", "other.dot"]
    dumps.discard(first)
    assert first.files() == ()
    assert len(list((here / "dumps").iterdir())) == 1
    assert len(second.files()) == 2


def test_kinds_the_submodels_first(here):
    names = ("hetero_affinity_a.dot", "hetero_affinity_a_node_If_subgraph_#0.dot", "hetero_subgraphs_a.dot")
    write(here, *names)
    found = dumps.collect().files()
    assert [(file.kind, file.name) for file in found] == [
        ("submodels", names[2]),
        ("affinity", names[0]),
        ("body", names[1]),
    ]
    assert all(file.size_bytes == 7 for file in found)


def test_the_first_pass_stands_before_later_ones(here):
    write(here, "hetero_subgraphs_Model55.dot", "hetero_subgraphs_net.dot", "hetero_affinity_net.dot")
    names = [file.name for file in dumps.collect().files()]
    assert names[:2] == ["hetero_subgraphs_net.dot", "hetero_subgraphs_Model55.dot"]


def test_what_an_earlier_compile_left_is_removed(here):
    write(here, "hetero_affinity_net.dot")
    dumps.clear()
    assert dumps.collect().note.startswith("OpenVINO wrote no dump")


def test_a_dump_that_is_too_large_keeps_its_path(here, monkeypatch):
    monkeypatch.setattr(dumps, "LARGEST_TEXT", 20)
    write(here, "hetero_affinity_net.dot")
    write(here, "hetero_subgraphs_net.dot", text="x" * 21)
    large, small = dumps.collect().files()
    assert (large.text, large.size_bytes, Path(large.path).exists()) == ("", 21, True)
    assert small.text == "digraph"


def test_many_large_dumps_are_sent_as_far_as_a_message_holds_them(here, monkeypatch):
    monkeypatch.setattr(dumps, "_ALL_TEXT", 10)
    write(here, "hetero_affinity_net.dot", "hetero_subgraphs_net.dot")
    assert [file.text for file in dumps.collect().files()] == ["digraph", ""]


def test_two_thousand_bodies_are_no_message_without_end(here):
    write(here, *(f"hetero_affinity_a_node_If_subgraph_#{number}.dot" for number in range(dumps.MOST_FILES + 5)))
    write(here, "hetero_subgraphs_a.dot")
    found = dumps.collect().files()
    assert len(found) == dumps.MOST_FILES
    assert found[0].kind == "submodels"


def test_bytes_that_are_no_text_do_not_stop_it(here):
    (here / "hetero_affinity_net.dot").write_bytes(b'label="\xff\xfe"')
    assert dumps.collect().files()[0].text == 'label="��"'


def test_a_directory_that_is_gone_costs_only_the_dumps(here):
    shutil.rmtree(here)
    dumps.clear()
    found = dumps.collect()
    assert "could not be kept" in found.note
    dumps.discard(found)


def test_a_directory_that_cannot_be_made_is_told(here):
    write(here, "hetero_affinity_net.dot", "dumps")
    found = dumps.collect()
    assert (found.files(), "could not be kept" in found.note) == ((), True)
