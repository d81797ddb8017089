"""A graph as PDF from our own layout, for where Graphviz itself is not installed: vectors on as many pages as it takes.

Fonts are those that every reader of PDF has, so signs outside Western European ones are shown as `?`.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ovexplorer.export.graph_looks import cells_of, legend_word
from ovexplorer.export.graph_paper import CELL_X, CELL_Y, HEAD, MARGIN, Paper, lay_on_paper
from ovexplorer.graph.drawing.layout import Layout, Way
from ovexplorer.graph.model import Graph

_WIDEST_PAGE: Final = 14_400.0
"""Units of a page's side that every reader takes; a wider drawing is scaled down."""
_LOWEST_PAGE: Final = 1_000.0
_SHAPE: Final = 1.414
"""Height of a page by its width."""
_ENCODING: Final = "cp1252"
_DARK: Final = "0.1 g /F1 11 Tf"


@dataclass(frozen=True)
class Pdf:
    """A document."""

    data: bytes
    pages: int
    replaced: bool
    """Whether some signs could not be shown."""


@dataclass(frozen=True)
class _Item:
    """A piece of the drawing and the heights it spans, from the top of the drawing."""

    top: float
    bottom: float
    code: bytes


def graph_pdf(graph: Graph) -> Pdf:
    """Draw a graph."""
    paper = lay_on_paper(graph)
    height = max(_LOWEST_PAGE, paper.width * _SHAPE)
    starts = _page_starts(paper.layout, height)
    shown = _by_page([*_edges(paper.layout.ways), *_boxes(paper)], starts)
    head = _head(paper)
    pages = [
        _page_code(shown[number], head if not number else b"", start, height) for number, start in enumerate(starts)
    ]
    words = " ".join((paper.title, *(line for entry in paper.lines for line in entry)))
    return Pdf(_document(pages, paper.title, (paper.width, height)), len(pages), _has_others(words))


def _has_others(text: str) -> bool:
    return text.encode(_ENCODING, "replace") != text.encode(_ENCODING, "ignore")


def _page_starts(layout: Layout, height: float) -> list[float]:
    """Where pages begin: at a row of boxes, so that none is cut unless it is alone."""
    starts = [0.0]
    room = height - HEAD - 2 * MARGIN
    for layer in layout.layers:
        if not layer:
            continue
        top = layout.boxes[layer[0]].y * CELL_Y
        bottom = max(layout.boxes[key].y + layout.boxes[key].height for key in layer) * CELL_Y
        if bottom - starts[-1] > room and top > starts[-1]:
            starts.append(top)
    return starts


def _by_page(items: Sequence[_Item], starts: Sequence[float]) -> list[list[bytes]]:
    """What each page shows; an edge that goes on stands on several."""
    pages: list[list[bytes]] = [[] for _ in starts]
    for item in items:
        first = bisect_right(starts, item.top) - 1
        end = max(first + 1, bisect_left(starts, item.bottom))
        for number in range(first, end):
            pages[number].append(item.code)
    return pages


# What is drawn; heights count from the top down, a page turns them round.


def _edges(ways: Sequence[Way]) -> Iterator[_Item]:
    for way in ways:
        (start, top), (end, bottom) = way.start, way.end
        x, y = start * CELL_X + 3, top * CELL_Y
        to, down = end * CELL_X + 3, (bottom + 1) * CELL_Y
        lane = way.lane * CELL_Y + 7
        bend = f"{x:.0f} {lane:.0f} l {to:.0f} {lane:.0f} l " if start != end else ""
        code = f"0.42 G {x:.0f} {y:.0f} m {bend}{to:.0f} {down:.0f} l S\n"
        if way.last:
            code += f"0.42 g {to:.0f} {down:.0f} m {to - 3:.0f} {down - 6:.0f} l {to + 3:.0f} {down - 6:.0f} l f\n"
        yield _Item(y, down, code.encode("ascii"))


def _boxes(paper: Paper) -> Iterator[_Item]:
    colours = {device: f"{_rgb(look.fill)} rg {_rgb(look.border)} RG" for device, look in paper.looks.items()}
    for layer in paper.layout.layers:
        for place, key in enumerate(layer):
            box = paper.layout.boxes[key]
            x, y = box.x * CELL_X, box.y * CELL_Y
            width, height = (box.width - 1) * CELL_X, box.height * CELL_Y
            colour = colours[str(paper.graph.nodes[key].device)]
            code = f"{colour} {x} {y} {width} {height} re B\n".encode("ascii")
            for number, line in enumerate(paper.lines[key]):
                code += _text(line, x + 5, y + 17 + number * CELL_Y, "0.33 g /F1 11 Tf" if number else _DARK)
            for left, top, words in paper.asides(layer, place):
                code += _text(words, left, top, "0.33 g /F1 9 Tf")
            yield _Item(y, y + height, code)


def _head(paper: Paper) -> bytes:
    code = _text(paper.title, 0, 11 - HEAD, "0.1 g /F2 11 Tf")
    x = 0
    for device, look in paper.looks.items():
        if device:
            word = legend_word(device)
            box = f"{_rgb(look.fill)} rg {_rgb(look.border)} RG {x} {22 - HEAD} 14 12 re B\n"
            code += box.encode("ascii") + _text(word, x + 19, 32 - HEAD, _DARK)
            x += (cells_of(word) + 5) * CELL_X
    return code


def _text(text: str, x: int, y: int, look: str) -> bytes:
    """A line of text, turned back: the page is upside down."""
    raw = text.encode(_ENCODING, "replace")
    for sign in (b"\\", b"(", b")"):
        raw = raw.replace(sign, b"\\" + sign)
    return b"BT %s 1 0 0 -1 %d %d Tm (%s) Tj ET\n" % (look.encode("ascii"), x, y, raw)


def _rgb(colour: str) -> str:
    return " ".join(f"{int(colour[at : at + 2], 16) / 255:.3f}" for at in (1, 3, 5))


# The file


def _page_code(shown: Sequence[bytes], head: bytes, start: float, height: float) -> bytes:
    """What is on a page: the drawing from a height on, below the margin."""
    top = height - MARGIN - HEAD + start
    place = f"q 1 0 0 -1 {MARGIN:.0f} {top:.0f} cm 0.8 w\n".encode("ascii")
    return place + head + b"".join(shown) + b"Q\n"


def _document(pages: Sequence[bytes], title: str, size: tuple[float, float]) -> bytes:
    scale = min(1.0, _WIDEST_PAGE / max(size))
    box = f"0 0 {size[0] * scale:.0f} {size[1] * scale:.0f}"
    first = 6
    kids = " ".join(f"{first + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode("ascii"),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier-Bold /Encoding /WinAnsiEncoding >>",
        # UTF-16 in hexadecimal: nothing in it has to be escaped.
        b"<< /Producer (ovexplorer) /Title <FEFF%s> >>" % title.encode("utf-16-be", "replace").hex().encode("ascii"),
    ]
    for number, code in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents {first + 2 * number + 1} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>".encode("ascii")
        )
        packed = zlib.compress((f"{scale:.6f} 0 0 {scale:.6f} 0 0 cm\n".encode("ascii")) + code)
        objects.append(b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream" % (len(packed), packed))
    return _file(objects)


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
