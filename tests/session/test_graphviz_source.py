"""Graphs that name files lose those names; everything else stays as it was, and Graphviz reads it."""

import json

import pytest

from ovexplorer.session.graphviz import run_dot
from ovexplorer.session.graphviz_source import LEFT_OUT, harmless

OUTSIDE = "/etc/passwd.png"


SPELLINGS = {
    "plain": lambda name: name,
    "quoted": lambda name: f'"{name}"',
    "put together": lambda name: f'"{name[:2]}" + /* so */ "{name[2:]}"',
    "on two lines": lambda name: f'"{name[:2]}\\\n{name[2:]}"',
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_names_of_files_are_taken_away_wherever_they_stand(spelling):
    names = [SPELLINGS[spelling](name) for name in sorted(LEFT_OUT)]
    text = "".join(
        f'{name}="{OUTSIDE}"; node [label=x {name} = "{OUTSIDE}"]; a [color=red,{name}/* why */=\n"{OUTSIDE}"]\n'
        f'subgraph cluster_a {{ {name}="{OUTSIDE}"; b }}; edge [{name}="{OUTSIDE}"]; a -> b;\n'
        for name in names
    )
    found = harmless(f"digraph {{ {text} }}").text
    assert not [name for name in names if name in found]
    document = json.loads(run_dot(found, "json0", engine="patchwork"))
    entries = [document, *document["objects"], *document["edges"]]
    assert len(entries) > 4
    assert not [name for name in LEFT_OUT for entry in entries if OUTSIDE in str(entry.get(name, ""))]


@pytest.mark.parametrize(
    "tag",
    ['<IMG SRC="/s"/>', "<img src='/s' scale='true'></img>", '<IMG\nSRC="/s"/>', '<I<IMG >MG SRC="/s"/>', "<Img>"],
)
def test_pictures_are_taken_out_of_html(tag):
    found = harmless(f"digraph {{ a [label=<<TABLE><TR><TD>{tag}</TD><TD>x</TD></TR></TABLE>>] }}").text
    assert "<img" not in found.lower()
    assert "<TD>x</TD>" in found


PLAIN = [
    "digraph { a -> b -> c; }",
    "strict graph g { image; shapefile -- image -- c [label=image] }",
    'digraph { "image" [label="fontname = x"]; a [tooltip="image=\\"y\\""] }',
    "digraph { // image=1 }\n/* image=2 } */\n# image=3 }\na }",
    'digraph { a [label="}"]; b [label="{ \\\\"]; c [label=<a &gt; <b>}</b>>] }',
    "digraph { myimage=1; image2=2; a [label=é] }",
]


@pytest.mark.parametrize("text", PLAIN)
def test_all_else_stays_as_it_was(text):
    found = harmless(text)
    assert found.text == text + "\n"
    assert not found.more
    run_dot(found.text, "json0", engine="patchwork")


@pytest.mark.parametrize("tail", ["digraph { b }", "garbage", "}", ' "'])
def test_only_the_first_graph_is_kept(tail):
    found = harmless(f"digraph {{ a {{ c }} }} /* so */ {tail}")
    assert found.text == "digraph { a { c } }\n"
    assert found.more
    assert not harmless("digraph { a } // the end").more


@pytest.mark.parametrize(
    "text", ["", "digraph {", 'digraph { a [label="', "digraph { a [label=<<b>", "digraph { /*", "//", "digraph { a +"]
)
def test_what_is_damaged_is_left_for_graphviz_to_tell(text):
    assert harmless(text).text == text


@pytest.mark.parametrize("piece", ["/*", '"', '"+', "<", "{", "//", '"a"+', '"\\', "image", "#\n", "<img"])
def test_what_is_repeated_costs_no_more_than_its_length(piece):
    # Squares of this length would take hours: the time limit of every test tells.
    harmless("digraph { " + piece * (400_000 // len(piece)))
