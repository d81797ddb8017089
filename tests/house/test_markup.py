"""No text reaches a widget as markup: names of models and layers would crash it or lie."""

import ast
from pathlib import Path

TUI = Path(__file__).parents[2] / "ovexplorer/tui"
SINKS = {"Static", "Label", "notify"}
TITLES = {"border_title", "border_subtitle"}


def trees():
    for path in sorted(TUI.rglob("*.py")):
        yield path.relative_to(TUI), ast.parse(path.read_text(encoding="utf-8"))


def name_of(call):
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_widgets_that_know_markup_are_told_not_to_look_for_it():
    loose = [
        f"{path}:{node.lineno}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and name_of(node) in SINKS
        and node.args
        and not any(
            word.arg == "markup" and isinstance(word.value, ast.Constant) and word.value.value is False
            for word in node.keywords
        )
    ]
    assert loose == []


def test_titles_are_literal_content():
    loose = [
        f"{path}:{node.lineno}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Attribute) and target.attr in TITLES for target in node.targets)
        and not any(isinstance(part, ast.Call) and name_of(part) == "Content" for part in ast.walk(node.value))
    ]
    assert loose == []


def test_nothing_makes_content_from_markup():
    assert not [path for path in TUI.rglob("*.py") if "from_markup" in path.read_text(encoding="utf-8")]
