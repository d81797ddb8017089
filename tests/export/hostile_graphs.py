"""Graphs whose names try to break out of every format."""

from ovexplorer.graph.model import Edge, Graph, Node
from ovexplorer.text import RawName, clean

NAMES = (
    "plain",
    "",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "]]>",
    "--!><!--",
    "</title></style></svg><svg onload=alert(1)>",
    "quote \" and ' and ` and \\",
    "ends in a backslash \\",
    '"]; n0 -> n1; x [label="',
    "\\N \\G \\L &amp; &lt; &#65; #35; #quot;",
    "two\nlines\r\nand a tab\t",
    "line separators \u2028 and \u2029",
    "nul \0 and escape \x1b[2J",
    "half of a pair \ud800",
    "bidi \u202e evil",
    "emoji \U0001f600 and 漢字 and é",
    'end\nn9["injected"] --> n0; click n0 "javascript:alert(1)"',
    "a --> b; subgraph c; %%{init: {}}%%",
    "x" * 10_000,
)


def hostile_graph(names=NAMES):
    """A node for each name, used wherever a text can stand; a chain with a circle, a repeated edge and a loop."""
    nodes = tuple(
        Node(
            key=key,
            name=clean(name),
            raw_name=RawName(name),
            id=RawName(f"{name}/{key}"),
            type=clean(name, 80),
            device=clean(name, 80) if key % 3 else clean(""),
            submodel=key // 4 - 1,
            shape=clean("[1,64]"),
            precision=clean("f32"),
            time_ns=key * 1_500 if key % 2 else -1,
            status=clean(name, 200),
            details=((clean("detail"), clean(name)),),
        )
        for key, name in enumerate(names)
    )
    last = len(names) - 1
    pairs = [*((key, key + 1) for key in range(last)), (last, 0), (0, 1), (3, 3)]
    edges = tuple(
        Edge(source=a, target=b, shape=clean(names[a], 80), size_bytes=10 * a, target_port=at)
        for at, (a, b) in enumerate(pairs)
    )
    return Graph("graphviz", clean(NAMES[2]), nodes, edges, (clean(NAMES[3]),))
