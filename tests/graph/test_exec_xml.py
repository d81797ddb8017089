"""OpenVINO's own XML by hand: execution graphs, models, and what is neither."""

import pytest

from ovexplorer.errors import InterruptedRunError, UsageError
from ovexplorer.graph import exec_xml
from ovexplorer.graph.exec_xml import DEEPEST, read_exec_xml

PORT = '<port id="{}" precision="{}">{}</port>'


def port(number, precision="FP32", *sizes):
    return PORT.format(number, precision, "".join(f"<dim>{size}</dim>" for size in sizes))


def layer(number, name, kind="Convolution", data="", inputs="", outputs=""):
    parts = "".join(f"<{tag}>{text}</{tag}>" for tag, text in (("input", inputs), ("output", outputs)) if text)
    return f'<layer id="{number}" name="{name}" type="{kind}"><data {data}/>{parts}</layer>'


def edge(source, source_port, target, target_port):
    return f'<edge from-layer="{source}" from-port="{source_port}" to-layer="{target}" to-port="{target_port}"/>'


def net(*layers, edges=(), name="m"):
    return (
        f'<?xml version="1.0"?>\n<net name="{name}" version="11"><layers>{"".join(layers)}</layers>'
        f"<edges>{''.join(edges)}</edges></net>"
    )


RUN = net(
    layer(7, "x", "Input", 'execTimeMcs="not_executed" execOrder="0"', outputs=port(0, "FP32", 1, 3)),
    layer(
        2,
        "conv",
        data='execTimeMcs="120" originalLayersNames="conv,relu" outputLayouts="acdb" primitiveType="jit_avx512" '
        'runtimePrecision="BF16" secret="no"',
        inputs=port(0, "FP32", 1, 3),
        outputs=port(1, "FP32", 1, 8) + port(2, "I64", 4),
    ),
    layer(3, "y", "Output", 'execTimeMcs="0"', inputs=port(0, "I64", 4)),
    edges=(edge(7, 0, 2, 0), edge(2, 2, 3, 0)),
)


def test_an_execution_graph_tells_times_primitives_and_what_layers_stand_for():
    graph = read_exec_xml(RUN)
    assert (graph.kind, graph.title, graph.problems) == ("exec_xml", "m", ())
    assert [(str(node.name), node.role, node.time_ns) for node in graph.nodes] == [
        ("x", "parameter", -1),
        ("conv", "operation", 120_000),
        ("y", "result", 0),
    ]
    conv = graph.nodes[1]
    assert (conv.precision, conv.layout, conv.shape) == ("BF16", "acdb", "[1,8]")
    assert dict(conv.details)["originalLayersNames"] == "conv,relu"
    assert dict(conv.details)["primitiveType"] == "jit_avx512"
    assert "secret" not in dict(conv.details)
    assert graph.nodes[0].status == "not executed, or under 1 µs"


def test_edges_join_ports_by_their_numbers():
    edges = read_exec_xml(RUN).edges
    assert [(e.source, e.source_port, e.target, e.target_port, e.precision, e.shape, e.size_bytes) for e in edges] == [
        (0, 0, 1, 0, "f32", "[1,3]", 12),
        (1, 1, 2, 0, "i64", "[4]", 32),
    ]


def test_without_times_it_is_a_model_and_bodies_are_left_out():
    body = f"<body><layers>{layer(0, 'inner')}</layers><edges>{edge(0, 0, 0, 0)}</edges></body>"
    loop = f'<layer id="1" name="loop" type="Loop">{body}</layer>'
    graph = read_exec_xml(net(layer(0, "w", "Const", outputs=port(0, "BOOL", -1)), loop))
    assert graph.kind == "model"
    assert [(str(node.name), node.role, str(node.shape)) for node in graph.nodes] == [
        ("w", "constant", "[?]"),
        ("loop", "operation", ""),
    ]
    assert graph.edges == ()
    assert all(not node.status for node in graph.nodes)


def test_names_are_cleaned_for_showing_and_kept_for_joins():
    graph = read_exec_xml(net(layer(0, "a&#x85;&lt;b&gt;&#x202e;")), "title")
    assert graph.nodes[0].raw_name == "a\x85<b>\u202e"
    assert graph.nodes[0].name.isprintable()
    assert graph.title == "title"


def test_numbers_that_are_none_are_survived():
    odd = (
        layer("", "a", data='execTimeMcs="1e9"', outputs=port("x", "", "huge")),
        layer("", "b", data=f'execTimeMcs="{"9" * 40}"'),
    )
    graph = read_exec_xml(net(*odd, edges=(edge("", "y", "", 99999999999), edge(1, 0, 2, 0))))
    assert [node.time_ns for node in graph.nodes] == [-1, -1]
    assert len(graph.edges) == 1
    assert graph.problems == ("1 edge with layers that are not in the file",)


BOMB = '<!DOCTYPE net [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><net name="&b;"/>'
OUTSIDE = '<!DOCTYPE net SYSTEM "file:///etc/passwd"><net/>'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOMB, "document type"),
        (OUTSIDE, "document type"),
        ("<net>&outside;</net>", "damaged"),
        (RUN[: len(RUN) // 2], "damaged"),
        (RUN + "<more/>", "damaged"),
        ("", "damaged"),
        ("hello", "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        ("<html><layers><layer/></layers></html>", "no layers"),
        ("<net><layers/></net>", "no layers"),
        ("<a>" * (DEEPEST + 1), "nested too deeply"),
    ],
)
def test_what_is_no_such_file_is_told(text, says):
    with pytest.raises(UsageError, match=says) as caught:
        read_exec_xml(text)
    assert caught.value.hint


def test_more_layers_than_can_be_shown_are_refused(monkeypatch):
    monkeypatch.setattr(exec_xml, "MOST_LAYERS", 2)
    with pytest.raises(UsageError, match="too many layers"):
        read_exec_xml(net(*(layer(at, "a") for at in range(3))))


def test_reading_in_pieces_gives_the_same_and_can_be_given_up(monkeypatch):
    whole = read_exec_xml(RUN)
    monkeypatch.setattr(exec_xml, "_PIECE", 7)
    assert read_exec_xml(RUN).nodes == whole.nodes
    assert read_exec_xml(RUN.encode()).edges == whole.edges
    answers = iter((False, False, True))
    with pytest.raises(InterruptedRunError):
        read_exec_xml(RUN, cancel=lambda: next(answers))
