"""Graphs as a page: nothing in it is run but its own script, nothing is loaded, and names are text."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from ovexplorer.export.graph_html import graph_html
from ovexplorer.text import clean
from tests.export.hostile_graphs import NAMES, hostile_graph
from tests.graph.graph_kit import chain, graph_of


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.contents = {}
        self._inside = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "input", "path", "rect"):
            self._inside.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self._inside.pop() == tag

    def handle_data(self, data):
        if self._inside:
            self.contents.setdefault(self._inside[-1], []).append(data)

    def of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def hostile():
    text = graph_html(hostile_graph())
    # A path has a title inside where it is told apart: html.parser does not know that it is no empty element.
    return text, Page(re.sub(r"<path [^>]*><title>[^<]*</title></path>", "", text))


def data_of(text):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def test_only_known_elements_and_attributes_are_in_it(hostile):
    _, page = hostile
    assert {tag for tag, _ in page.elements} == {
        "html", "head", "meta", "title", "style", "body", "header", "b", "input", "span", "button", "main", "svg",
        "rect", "text", "g", "path", "aside", "script",
    }  # fmt: skip
    names = {name for _, attributes in page.elements for name in attributes}
    assert not any(name.startswith("on") or name in ("src", "href", "style") for name in names)


def test_there_are_two_scripts_and_one_holds_data(hostile):
    _, page = hostile
    assert page.of("script") == [{"type": "application/json", "id": "data"}, {}]


def test_the_policy_allows_our_script_and_styles_alone(hostile):
    text, page = hostile
    policy = next(meta["content"] for meta in page.of("meta") if "http-equiv" in meta)
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    run = re.findall(r"<script>(.*?)</script>|<style>(.*?)</style>", text, re.DOTALL)
    hashes = {base64.b64encode(hashlib.sha256("".join(pair).encode()).digest()).decode() for pair in run}
    assert allowed == hashes
    assert len(hashes) == 3
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy


def test_nothing_is_loaded(hostile):
    text, _ = hostile
    assert set(re.findall(r"https?://[^\"' ]+", text)) == {"http://www.w3.org/2000/svg"}


def test_names_are_in_the_data_and_nothing_ends_it_early(hostile):
    text, _ = hostile
    data = data_of(text)
    assert [node["name"] for node in data["nodes"]] == [clean(name) for name in NAMES]
    assert data["problems"] == [clean(NAMES[3])]
    block = text.partition('id="data">')[2].partition("</script>")[0]
    assert not set("<>&\u2028\u2029") & set(block)


def test_data_and_drawing_name_the_same_nodes():
    text = graph_html(chain(30))
    drawn = set(re.findall(r' id="n(\d+)"', text))
    assert drawn == {str(key) for key in range(len(data_of(text)["nodes"]))}
    assert set(re.findall(r' id="e(\d+)"', text)) == {str(at) for at in range(len(data_of(text)["edges"]))}


def test_every_element_that_the_script_asks_for_is_there():
    text = graph_html(graph_of([(0, 1)]))
    script = text.rpartition("<script>")[2]
    wanted = set(re.findall(r'getElementById\("(\w+)"\)', script)) | set(
        re.findall(r"^    (\w+): \(\) =>", script, re.MULTILINE)
    )
    assert {"data", "view", "query", "next"} <= wanted
    assert wanted <= set(re.findall(r'id="(\w+)"', text))


def test_the_script_makes_no_markup():
    script = graph_html(graph_of([], 0)).rpartition("<script>")[2]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(", script)


def test_an_empty_graph_is_a_page_too():
    assert data_of(graph_html(graph_of([], 0)))["nodes"] == []
