"""Names of operations: lists of them with commas inside, rows of HETERO, blocks of a model."""

import pytest

from ovexplorer.engine.layer_names import KnownNames, RowName, blocks_of, row_names


@pytest.mark.parametrize(
    ("joined", "known", "found"),
    [
        ("", ["a"], ()),
        ("a,b", ["a", "b"], ("a", "b")),
        ("a,b", ["a,b"], ("a,b",)),
        ("x,a,b,y", ["a,b", "x"], ("x", "a,b", "y")),
        ("a,b,c", ["a,b", "a,b,c"], ("a,b,c",)),
        ("a,b_12,c", ["a,b"], ("a,b_12", "c")),
        ("a,,b", ["a,,b"], ("a,,b",)),
        ("a,,b", ["z,z"], ("a", "b")),
        ("not,known", ["z,z"], ("not", "known")),
    ],
)
def test_lists_are_taken_apart_at_known_names(joined, known, found):
    assert KnownNames(known).split(joined) == found


def test_a_list_of_thousands_is_taken_apart_quickly():
    names = [f"block{number},layer" for number in range(5000)]
    assert KnownNames(names).split(",".join(names)) == tuple(names)


def test_the_part_of_hetero_is_taken_off_when_every_row_has_one():
    assert row_names(["subgraph0: a", "subgraph12: b: c"]) == (RowName(0, "a"), RowName(12, "b: c"))


def test_a_name_that_looks_like_a_part_stays_whole():
    assert row_names(["subgraph0: a", "b"]) == (RowName(0, "subgraph0: a"), RowName(0, "b"))
    assert row_names(["subgraphX: a"]) == (RowName(0, "subgraphX: a"),)
    assert row_names([]) == ()


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("layer1.0.conv1", "layer1.0"),
        ("layer1.0.conv1.bias", "layer1.0"),
        ("features.3.conv.0", "features.3"),
        ("encoder.layer.3.output.dense", "encoder.layer.3"),
        ("/model.2/cv1/conv/Conv", "model.2"),
        ("/layer1/layer1.0/conv1/Conv", "layer1.0"),
        ("/features/features.3/conv/conv.0/Conv", "features.3"),
        ("stem.conv", "stem"),
        ("Convolution_1234", ""),
        ("", ""),
        ("./.", ""),
    ],
)
def test_a_block_is_the_beginning_up_to_the_first_number(name, block):
    assert blocks_of([[name]]) == [block]


def test_a_root_that_all_share_is_left_out():
    names = ["__module.layer1.0.conv1/aten::conv/Conv", "__module.layer2.1.conv1/aten::conv/Conv"]
    assert blocks_of([[name] for name in names]) == ["layer1.0", "layer2.1"]
    assert blocks_of([["net50/a/x"], ["net50/b/x"]]) == ["a", "b"]


def test_the_first_operation_with_a_block_decides():
    assert blocks_of([["Add_1", "layer2.1.conv", "layer3.0.conv"], []]) == ["layer2.1", ""]
