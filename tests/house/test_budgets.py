"""Sizes of modules and functions: one that outgrows its budget is two ideas."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULE_LINES = 400
APP_LINES = 250
FUNCTION_LINES = 60


def sources():
    return sorted((ROOT / "ovexplorer").rglob("*.py"))


def test_modules_keep_their_budget():
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in [*sources(), *(ROOT / "tests").rglob("*.py")]
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MODULE_LINES
    }
    assert too_long == {}
    assert len((ROOT / "ovexplorer/tui/app.py").read_text(encoding="utf-8").splitlines()) <= APP_LINES


def test_functions_keep_their_budget():
    too_long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.end_lineno - node.lineno + 1 > FUNCTION_LINES
    ]
    assert too_long == []


def test_broad_excepts_are_only_at_process_entries():
    broad = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
    ]
    assert all(place.startswith(("ovexplorer/cli/main.py", "ovexplorer/engine/__main__.py")) for place in broad), broad


def test_package_roots_are_empty():
    for path in (ROOT / "ovexplorer").rglob("__init__.py"):
        assert path.read_text(encoding="utf-8").strip() == "", path
