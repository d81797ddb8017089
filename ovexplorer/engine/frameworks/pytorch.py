"""PyTorch on the CPU, eager: an exported program (`.pt2`), called in inference mode.

Older files are pickles and are not opened at all; what may be in an exported program is checked by `exported`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from pickle import PickleError
from typing import Any

import torch

from ovexplorer.engine.failure import EngineFailure, from_openvino
from ovexplorer.engine.frameworks.exported import check_archive, without_pickles
from ovexplorer.engine.frameworks.inputs import Array, Port
from ovexplorer.text import clean_lines

_TYPES = {
    torch.float32: "f32",
    torch.float64: "f64",
    torch.float16: "f16",
    torch.int8: "i8",
    torch.int16: "i16",
    torch.int32: "i32",
    torch.int64: "i64",
    torch.uint8: "u8",
    torch.bool: "boolean",
}
_FAILURES = (RuntimeError, ValueError, TypeError, AssertionError, NotImplementedError)


class TorchModel:
    """An exported program."""

    def __init__(self, path: Path) -> None:
        """Load it.

        Raises:
            EngineFailure: It is no exported program, holds what could run code, or takes more than tensors.
        """
        self.failures: tuple[type[Exception], ...] = _FAILURES
        if hasattr(os, "sched_getaffinity"):
            torch.set_num_threads(min(torch.get_num_threads(), len(os.sched_getaffinity(0))))
        check_archive(path)
        try:
            with without_pickles():
                program = torch.export.load(str(path))
            self._module = program.module()
        except PickleError as error:
            raise EngineFailure(
                "model_unreadable",
                f"{path.name} is not loaded: it holds a pickle of more than tensors, which could run code",
                "export the model again with torch.export, with tensors as example inputs",
                clean_lines(str(error)),
            ) from error
        except (*_FAILURES, OSError, LookupError, ArithmeticError, AttributeError, ImportError, SyntaxError) as error:
            raise from_openvino(
                "model_unreadable",
                f"PyTorch cannot load {path.name}",
                error,
                "export it again with the PyTorch release that is installed here",
            ) from error
        self.ports = _ports(program)

    def bind(self, arrays: Sequence[Array]) -> Callable[[], object]:
        """See FrameworkModel."""
        tensors = [torch.from_numpy(array) for array in arrays]
        module = self._module

        def infer() -> object:
            with torch.inference_mode():
                return module(*tensors)

        return infer


def _ports(program: Any) -> tuple[Port, ...]:
    names = [name for name in program.graph_signature.user_inputs if isinstance(name, str)]
    nodes = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    examples = program.example_inputs
    nested = examples is not None and (examples[1] or not all(isinstance(one, torch.Tensor) for one in examples[0]))
    if nested or len(names) != len(program.graph_signature.user_inputs) or not set(names) <= set(nodes):
        raise EngineFailure(
            "model_unreadable",
            "the exported program takes more than tensors one after the other",
            "export a wrapper whose forward takes plain tensors",
        )
    return tuple(_port(name, nodes[name].meta["val"]) for name in names)


def _port(name: str, value: Any) -> Port:
    # A dimension that is open is a symbol and no int.
    sizes = tuple(int(size) if isinstance(size, int) else None for size in value.shape)
    return Port(name, _TYPES.get(value.dtype, str(value.dtype)), sizes)
