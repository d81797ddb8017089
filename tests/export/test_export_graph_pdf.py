"""Graphs as PDF: a file that is whole, every name in it, pages that follow one another, and signs it lacks."""

import re
import zlib

import pytest

from ovexplorer.export.graph_pdf import graph_pdf
from ovexplorer.text import clean
from tests.export.hostile_graphs import NAMES, hostile_graph
from tests.graph.graph_kit import chain, cnn, fan, graph_of


def objects(data):
    """Objects by number, found as a reader of PDF finds them: from the table at the end."""
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", data)[1])
    head = re.match(rb"xref\n0 (\d+)\n0000000000 65535 f \n", data[start:])
    found = {}
    for number in range(1, int(head[1])):
        at = start + head.end() + 20 * (number - 1)
        entry = data[at : at + 20]
        assert entry.endswith(b" 00000 n \n")
        place = int(entry[:10])
        opening = b"%d 0 obj\n" % number
        assert data[place : place + len(opening)] == opening
        found[number] = data[place + len(opening) : data.index(b"\nendobj\n", place)]
    assert b"/Size %s " % head[1] in data[start:]
    return found


def pages(data):
    """The contents of the pages."""
    found = objects(data)
    kids = [int(number) for number in re.findall(rb"(\d+) 0 R", re.search(rb"/Kids \[([^]]*)\]", found[2])[1])]
    contents = []
    for number in kids:
        stream = found[int(re.search(rb"/Contents (\d+) 0 R", found[number])[1])]
        length = int(re.search(rb"/Length (\d+)", stream)[1])
        body = stream.partition(b"stream\n")[2].removesuffix(b"\nendstream")
        assert len(body) == length
        contents.append(zlib.decompress(body))
    return contents


def texts(content):
    """What a page shows, its escapes taken back."""
    found = re.findall(rb"Tm \(((?:[^()\\]|\\.)*)\) Tj ET\n", content)
    assert len(found) == content.count(b"BT ")
    return [re.sub(rb"\\(.)", rb"\1", text).decode("cp1252") for text in found]


@pytest.mark.parametrize(
    "graph",
    [graph_of([], 0), graph_of([(0, 0), (0, 1), (1, 0)]), chain(300), cnn(2_000), fan(400)],
    ids=["empty", "circle", "chain", "large", "fan"],
)
def test_every_node_is_on_a_page(graph):
    made = graph_pdf(graph)
    shown = [text for page in pages(made.data) for text in texts(page)]
    assert len(pages(made.data)) == made.pages
    assert {str(node.name) for node in graph.nodes} <= set(shown)
    # A box that is cut in two by a page would be there twice.
    assert sum(text.startswith("op_") and " " not in text for text in shown) == len(graph.nodes)


def test_hostile_names_stay_text_and_signs_that_are_missing_are_told():
    made = graph_pdf(hostile_graph())
    assert made.replaced
    (page,) = pages(made.data)
    shown = texts(page)
    assert all(
        clean(name).encode("cp1252", "replace").decode("cp1252") in shown for name in NAMES if 0 < len(name) < 40
    )
    operators = set(re.findall(rb"[A-Za-z]+$", re.sub(rb"\((?:[^()\\]|\\.)*\) Tj ET", b"", page), re.MULTILINE))
    assert operators <= {b"cm", b"w", b"S", b"f", b"B", b"Q", b"Tm"}


def test_a_title_stands_in_the_document():
    information = objects(graph_pdf(hostile_graph()).data)[5]
    text = bytes.fromhex(re.search(rb"<FEFF([0-9a-f]*)>", information)[1].decode()).decode("utf-16-be")
    assert text.startswith("</script><script>alert(1)</script>")


def test_pages_are_no_larger_than_readers_take():
    sides = re.findall(rb"/MediaBox \[0 0 (\d+) (\d+)\]", graph_pdf(fan(2_000)).data)
    assert max(int(side) for pair in sides for side in pair) <= 14_400


def test_plain_names_lack_nothing():
    assert not graph_pdf(chain(3)).replaced
