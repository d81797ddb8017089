"""Which program draws a graph, what is refused, and what happens when Graphviz is not here or fails."""

import json
import struct
from pathlib import Path
from typing import get_args

import pytest

from ovexplorer.errors import InterruptedRunError, UsageError
from ovexplorer.export import graph_render
from ovexplorer.export.graph_render import ENDINGS, FORMS, MOST_IN_PICTURE, MOST_LINES, MOST_PIXELS, Form, make
from tests.graph.graph_kit import chain, graph_of

SMALL = graph_of([(0, 1), (1, 2)], device="CPU")
SYSTEM, PACKAGED = Path("/usr/bin/dot"), Path("/venv/bin/graphviz-pure")


@pytest.fixture
def graphviz(monkeypatch):
    """Takes the place of Graphviz: a function that answers, and where it is found."""

    def use(run=None, where=SYSTEM):
        asked = []

        def run_dot(source, output, **how):
            asked.append((source, output, how))
            return run(source, output, **how) if run is not None else b"drawn"

        monkeypatch.setattr(graph_render, "find_dot", lambda: where)
        monkeypatch.setattr(graph_render, "run_dot", run_dot)
        return asked

    return use


def png(width, height):
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x06\0\0\0"


def test_every_format_has_an_ending():
    assert set(ENDINGS.values()) == set(FORMS) == set(get_args(Form))


@pytest.mark.parametrize(
    ("form", "start"),
    [("svg", b"<?xml"), ("png", b"\x89PNG"), ("html", b"<!DOCTYPE html>"), ("dot", b"//"), ("mermaid", b"flowchart"),
     ("json", b"{"), ("pdf", b"%PDF-")],
)  # fmt: skip
def test_every_format_is_made(form, start):
    made = make(SMALL, form)
    assert made.data.startswith(start)
    assert made.notice == ""


def test_small_graphs_are_drawn_by_graphviz_and_large_ones_by_us(graphviz):
    asked = graphviz()
    assert make(SMALL, "svg").by == "dot"
    assert len(asked) == 1
    assert make(chain(MOST_IN_PICTURE + 1), "svg").by == "ovexplorer"
    assert make(graph_of([(0, 1)] * (MOST_LINES + 1)), "svg").by == "ovexplorer"
    assert len(asked) == 1


def test_whoever_is_asked_for_draws(graphviz):
    asked = graphviz()
    assert make(SMALL, "svg", painter="own").by == "ovexplorer"
    assert not asked
    assert make(chain(MOST_IN_PICTURE + 1), "svg", painter="dot").by == "dot"


def test_without_graphviz_we_draw_and_say_so_where_it_was_asked_for(graphviz):
    graphviz(where=None)
    assert make(SMALL, "svg").notice == ""
    made = make(SMALL, "svg", painter="dot")
    assert made.data.startswith(b"<?xml")
    assert "graphviz-pure" in made.notice


@pytest.mark.parametrize("form", ["svg", "pdf"])
def test_when_graphviz_fails_we_draw_and_say_why(graphviz, form):
    def fails(*_, **__):
        raise UsageError("Graphviz took more than 60 s", "draw a part of it")

    graphviz(fails)
    made = make(SMALL, form)
    assert (made.by, made.notice) == ("ovexplorer", "Graphviz took more than 60 s: drawn by ovexplorer instead")
    with pytest.raises(UsageError, match="more than 60 s"):
        make(SMALL, "png")


def test_who_cancels_gets_nothing(graphviz):
    def cancelled(*_, cancel, **__):
        assert cancel()
        raise InterruptedRunError("the drawing was given up")

    graphviz(cancelled)
    for form in ("svg", "png", "pdf"):
        with pytest.raises(InterruptedRunError):
            make(SMALL, form, cancel=lambda: True)


def test_large_png_is_refused_before_anything_runs(graphviz):
    asked = graphviz()
    for graph in (chain(MOST_IN_PICTURE + 1), graph_of([(0, 1)] * (MOST_LINES + 1)), graph_of([], 0)):
        with pytest.raises(UsageError) as caught:
            make(graph, "png")
        assert "--svg" in caught.value.hint
    assert not asked


def test_png_needs_graphviz(graphviz):
    graphviz(where=None)
    with pytest.raises(UsageError, match="needs Graphviz") as caught:
        make(SMALL, "png")
    assert "install" in caught.value.hint


@pytest.mark.parametrize("where", [None, PACKAGED], ids=["without Graphviz", "with the package"])
def test_pdf_is_drawn_by_us_where_graphviz_itself_is_not(graphviz, where):
    asked = graphviz(where=where)
    made = make(SMALL, "pdf")
    assert (made.data[:5], made.by, made.notice) == (b"%PDF-", "ovexplorer", "")
    assert "drawn by ovexplorer" in make(SMALL, "pdf", painter="dot").notice
    assert not asked


def test_pdf_is_drawn_by_the_system_s_graphviz(graphviz):
    graphviz(where=SYSTEM)
    assert make(SMALL, "pdf").data == b"drawn"
    assert make(chain(MOST_IN_PICTURE + 1), "pdf").by == "ovexplorer"


def test_pdf_says_when_it_lacks_signs(graphviz):
    graphviz(where=None)
    assert "shown as ?" in make(graph_of([(0, 1)], type="漢"), "pdf").notice


def test_a_png_is_bounded_in_pixels(graphviz):
    asked = graphviz(lambda *_, **__: png(300, 400))
    assert make(SMALL, "png").notice == ""
    settings = asked[0][2]["settings"]
    dpi, size = settings[0].removeprefix("-Gdpi="), settings[1].removeprefix("-Gsize=")
    assert tuple(int(dpi) * int(inches) for inches in size.split(",")) == MOST_PIXELS


def test_a_png_that_was_scaled_down_says_so(graphviz):
    graphviz(lambda *_, **__: png(45, MOST_PIXELS[1]))
    assert "scaled down to 45 x 15,360 pixels" in make(SMALL, "png").notice


def test_a_long_chain_is_scaled_down_by_the_real_graphviz():
    made = make(chain(400), "png")
    width, height = struct.unpack(">II", made.data[16:24])
    assert width <= MOST_PIXELS[0]
    assert height <= MOST_PIXELS[1]
    assert "scaled down" in made.notice


def test_json_is_that_of_the_command():
    assert json.loads(make(SMALL, "json").data)["schema"] == "ovexplorer.graph/1"
