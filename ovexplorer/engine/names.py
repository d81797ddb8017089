"""Names that are not UTF-8 are repaired once, after reading, so that no later question about a name can fail.

OpenVINO keeps names as bytes and its bindings decode them at every call; a damaged model raises then and there.
"""

from __future__ import annotations

import openvino as ov


def repair_names(model: ov.Model) -> None:
    """Give every operation and tensor whose name cannot be decoded one with replacement characters."""
    for node in model.get_ops():
        try:
            node.get_friendly_name()
        except UnicodeDecodeError as error:
            node.set_friendly_name(_decoded(error))
        for port in node.outputs():
            try:
                port.get_names()
            except UnicodeDecodeError as error:
                # A set is decoded as a whole: the other names of this tensor cannot be read either.
                port.set_names({_decoded(error)})


def _decoded(error: UnicodeDecodeError) -> str:
    return bytes(error.object).decode("utf-8", errors="replace")
