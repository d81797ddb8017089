"""Which other frameworks can be measured beside OpenVINO: looked for, not imported."""

from __future__ import annotations

from importlib.util import find_spec

PACKAGES = {"onnxruntime": "onnxruntime", "pytorch": "torch"}
"""Framework to the package that it needs; the names are also those of the extras."""

SUFFIXES = {"onnxruntime": ".onnx", "pytorch": ".pt2"}
"""The only files that each is given: others could run code when they are loaded."""


def usable_frameworks() -> dict[str, str]:
    """Each framework with the reason why it cannot be used; empty when it can."""
    return {
        name: "" if _installed(package) else f"not installed: pip install 'ovexplorer[{name}]'"
        for name, package in PACKAGES.items()
    }


def _installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):
        return False
