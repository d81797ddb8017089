"""Keeps an exported program from running code when it is loaded. Knows no framework.

`torch.export.load` unpickles parts of the archive, evaluates expressions of dimensions, and looks operators up by
dotted names from the root of the torch package, from where everything can be reached. So expressions and operators are
held against lists before it is called, and while it runs nothing that a pickle names is looked up.
"""

from __future__ import annotations

import json
import os
import re
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from ovexplorer.engine.failure import EngineFailure
from ovexplorer.text import clean

_MOST_JSON_BYTES = 256 << 20
_OPERATOR = re.compile(
    r"torch\.ops\.(aten|prims|quantized|quantized_decomposed|torchvision|higher_order)(\._?[A-Za-z0-9]\w*){1,2}"
    r"|_operator\.(add|sub|mul|truediv|floordiv|mod|pow|neg|pos|getitem|lt|le|eq|ne|gt|ge|and_|or_|not_)"
    r"|math\.(ceil|floor|trunc|sqrt)"
    r"|torch\.sym_(int|float|max|min|not|sqrt|ite|sum)"
)
_SYMBOL = re.compile(r"'[a-z]+\d+'")
_WORD = re.compile(r"[A-Za-z_]\w*")
_WORDS = frozenset(
    {"Symbol", "positive", "nonnegative", "integer", "True", "False", "Max", "Min", "Mod", "PythonMod", "FloorDiv"}
    | {"CeilDiv", "CleanDiv", "ModularIndexing", "IntTrueDiv", "TruncToInt", "Eq", "Ne", "Lt", "Le", "Gt", "Ge"}
    | {"And", "Or", "Not", "oo", "int_oo", "Integer", "floor", "ceiling"}
)
_NAMED_SYMBOL = re.compile(r"[a-z]+\d+")
_SIGNS = re.compile(r"[\w\s+\-*/%(),.<>=!&|~]*")

_refusing = False
_hooked = False


def check_archive(path: Path) -> None:
    """Refuse an archive that names more than operators and arithmetic.

    Raises:
        EngineFailure: It does, or it is no archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if "/data/aotinductor/" in entry.filename or entry.filename.endswith(".so"):
                    _refuse(path, "it holds machine code")
                if entry.filename.endswith(".json"):
                    if entry.file_size > _MOST_JSON_BYTES:
                        _refuse(path, "its graph is too large")
                    _check(path, json.loads(archive.read(entry)))
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RecursionError) as error:
        raise EngineFailure(
            "model_unreadable",
            f"{path.name} is no exported program",
            "write one with torch.export.save",
            (clean(str(error)),),
        ) from error


def _check(path: Path, root: object) -> None:
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        if not isinstance(value, dict):
            continue
        waiting.extend(value.values())
        # Only of a node of the graph: elsewhere the word may be part of any dictionary.
        target = value.get("target")
        if isinstance(target, str) and "inputs" in value and not _OPERATOR.fullmatch(target):
            _refuse(path, f"its graph calls {clean(target, 80)}")
        expression = value.get("expr_str")
        if expression is not None and not (isinstance(expression, str) and _harmless(expression)):
            _refuse(path, f"a dimension is {clean(str(expression), 80)}")


def _harmless(expression: str) -> bool:
    bare = _SYMBOL.sub("0", expression)
    words = _WORD.findall(bare)
    return bool(_SIGNS.fullmatch(bare)) and all(word in _WORDS or _NAMED_SYMBOL.fullmatch(word) for word in words)


def _refuse(path: Path, why: str) -> NoReturn:
    raise EngineFailure(
        "model_unreadable",
        f"{path.name} is not loaded: {why}, which could run code",
        "export the model again with torch.export and without custom operators or objects",
    )


@contextmanager
def without_pickles() -> Iterator[None]:
    """While it lasts, no pickle of this process can name a class or a function, and torch reads plain weights only."""
    global _refusing, _hooked  # noqa: PLW0603 - an audit hook is one per process and cannot be taken back
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked = True
    os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    _refusing = True
    try:
        yield
    finally:
        _refusing = False


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if _refusing and event == "pickle.find_class":
        raise RuntimeError(f"the file holds a pickle that names {arguments}")
