"""ONNX Runtime on the CPU, used as its documentation shows: a session, `run` with a dictionary of arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as native

from ovexplorer.engine.failure import from_openvino
from ovexplorer.engine.frameworks.inputs import Array, Port

_ERRORS_ONLY = 3
_TYPES = {
    "float": "f32",
    "double": "f64",
    "float16": "f16",
    "int8": "i8",
    "int16": "i16",
    "int32": "i32",
    "int64": "i64",
    "uint8": "u8",
    "uint16": "u16",
    "uint32": "u32",
    "uint64": "u64",
    "bool": "boolean",
}
_FAILURES = (
    RuntimeError,
    ValueError,
    native.EPFail,
    native.Fail,
    native.InvalidArgument,
    native.InvalidGraph,
    native.InvalidProtobuf,
    native.NoModel,
    native.NoSuchFile,
    native.NotImplemented,
    native.RuntimeException,
)
"""Its own exceptions have no base but Exception."""


class OnnxModel:
    """An ONNX file in a session."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            EngineFailure: ONNX Runtime refuses it.
        """
        self.failures: tuple[type[Exception], ...] = _FAILURES
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
        if 0 < allowed < (os.cpu_count() or 0):
            # Left alone it takes one thread for each core of the machine and pins it there, mask or not.
            options.intra_op_num_threads = allowed
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except _FAILURES as error:
            raise from_openvino(
                "model_unreadable",
                f"ONNX Runtime cannot open {path.name}",
                error,
                "check the file with onnx.checker, or install a newer onnxruntime",
            ) from error
        self.ports = tuple(_port(entry) for entry in self._session.get_inputs())

    def bind(self, arrays: Sequence[Array]) -> Callable[[], object]:
        """See FrameworkModel."""
        feed = {port.name: array for port, array in zip(self.ports, arrays)}
        run = self._session.run

        def infer() -> object:
            return run(None, feed)

        return infer


def _port(entry: Any) -> Port:
    kind = str(entry.type).removeprefix("tensor(").removesuffix(")")
    # A dimension that is open has a name, or nothing.
    sizes = tuple(size if isinstance(size, int) and size >= 0 else None for size in entry.shape)
    return Port(str(entry.name), _TYPES.get(kind, kind), sizes)
