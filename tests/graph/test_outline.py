"""The tree of names."""

from ovexplorer.graph.model import Graph
from ovexplorer.graph.outline import DEEPEST, Branch, outline, visible
from ovexplorer.text import clean
from tests.graph.graph_kit import node


def tree(*named):
    """From names with times and devices."""
    nodes = tuple(node(at, name, time_ns=time, device=clean(device)) for at, (name, time, device) in enumerate(named))
    return outline(Graph("model", clean("m"), nodes, ()))


def shown(root, *opened):
    return [entry.prefix if isinstance(entry, Branch) else entry for entry in visible(root, frozenset(opened))]


TREE = tree(
    ("/model/layers.0/mlp/up", 10, "CPU"),
    ("/model/layers.0/mlp/down", -1, "CPU"),
    ("/model/layers.1/mlp/up", 30, "GPU"),
    ("/head", -1, ""),
)


def test_dots_and_slashes_part_names_and_totals_add_up():
    layers = TREE.branches["model"].branches["layers"]
    assert (layers.prefix, layers.depth, layers.count, layers.time_ns) == ("model/layers", 2, 3, 40)
    assert layers.devices == {"CPU": 2, "GPU": 1}
    assert layers.branches["0"].branches["mlp"].nodes == [0, 1]
    assert (TREE.count, TREE.nodes, TREE.timed) == (4, [3], True)


def test_branches_that_nobody_measured_say_so():
    assert not tree(("a.b", -1, "")).timed
    assert tree(("a.b", 0, "")).timed


def test_only_what_is_open_is_seen():
    assert shown(TREE) == ["model", 3]
    assert shown(TREE, "model") == ["model", "model/layers", 3]
    whole = shown(TREE, "model", "model/layers", "model/layers/0", "model/layers/0/mlp", "model/layers/1")
    assert whole == [
        "model", "model/layers", "model/layers/0", "model/layers/0/mlp", 0, 1, "model/layers/1", "model/layers/1/mlp",
        3,
    ]  # fmt: skip


def test_very_deep_and_odd_names_are_survived():
    root = tree((".".join("a" * 5_000), 1, ""), ("....", 1, ""), ("", 1, ""), ("x//..y", 1, ""))
    depth, branch = 0, root
    while branch.branches.get("a"):
        depth, branch = depth + 1, branch.branches["a"]
    assert depth == DEEPEST
    assert sorted(root.nodes) == [1, 2]
    assert root.count == 4


def test_constants_do_not_count():
    nodes = (node(0, "a.w", role="constant"), node(1, "a.conv"))
    assert outline(Graph("model", clean("m"), nodes, ())).count == 1
