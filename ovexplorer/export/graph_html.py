"""A graph as one HTML page that needs nothing else: the drawing with search, details, pan and zoom.

The page may load nothing and run nothing but its own script, which is named by its hash; names from the graph are text
in it wherever they stand. Without scripts it still shows the drawing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from typing import Final

from ovexplorer.analysis.split.words import counted
from ovexplorer.export.graph_looks import edge_words, headline_of, markup, told_of
from ovexplorer.export.graph_svg import draw_svg
from ovexplorer.graph.model import Graph
from ovexplorer.graph.quotient import quotient
from ovexplorer.units import duration

_KEYS: Final = (
    ("/", "search: words, /regex/, type:Conv, dev:CPU, sub:4, prec:f32, >0.1ms"),
    ("n N", "next, previous"),
    ("+ - 0 1", "zoom, whole, real size; also Ctrl and wheel"),
    ("drag", "moves"),
    ("click", "details"),
    ("Esc", "clears"),
)
_MOST_SUBMODELS: Final = 100
_BUTTONS: Final = (
    ("previous", "‹", "previous (N)"),
    ("next", "›", "next (n)"),
    ("smaller", "−", "smaller (-)"),
    ("larger", "+", "larger (+)"),
    ("whole", "whole", "the whole graph (0)"),
    ("real", "1:1", "real size (1)"),
)


def graph_html(graph: Graph) -> str:
    """Write a page."""
    page = files("ovexplorer.export")
    script = page.joinpath("graph_page.js").read_text(encoding="utf-8")
    style = page.joinpath("graph_page.css").read_text(encoding="utf-8")
    drawn = draw_svg(graph, told_apart=True)
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)} {_hash(drawn.style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    title = markup(headline_of(graph))
    buttons = "".join(f'<button id="{id_}" title="{told}">{sign}</button>' for id_, sign, told in _BUTTONS)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<header><b>{title}</b><input id="query" type="search" placeholder="search ( / )" aria-label="search">'
        f'<span id="found" role="status"></span>{buttons}</header>\n'
        f'<main id="view" tabindex="0">\n{drawn.text}</main>\n<aside id="panel"></aside>\n'
        f'<script type="application/json" id="data">{_data(graph)}</script>\n'
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _data(graph: Graph) -> str:
    """What the script needs, as JSON that cannot end the element it stands in."""
    nodes = [
        {
            "name": str(node.name),
            "type": str(node.type),
            "device": str(node.device),
            "submodel": node.submodel,
            "precision": str(node.precision),
            "time": node.time_ns,
            "told": told_of(node),
        }
        for node in graph.nodes
    ]
    document = {
        "title": headline_of(graph),
        "summary": _summary(graph),
        "problems": [str(problem) for problem in graph.problems],
        "keys": _KEYS,
        "nodes": nodes,
        "edges": [[edge.source, edge.target, edge_words(edge)] for edge in graph.edges],
    }
    text = json.dumps(document, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _summary(graph: Graph) -> list[tuple[str, str]]:
    parts = quotient(graph).parts
    rows = [("submodels", f"{len(parts):,}")] if parts else []
    for part in parts[:_MOST_SUBMODELS]:
        time = f" · {duration(part.time_ns)}" if part.time_ns >= 0 else ""
        rows.append((f"#{part.number}", f"{part.device} · {counted(len(part.nodes), 'operation')}{time}"))
    return rows
