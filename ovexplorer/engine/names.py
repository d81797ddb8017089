"""Names of operations are made good once, after reading, so that no later question about a name can fail.

OpenVINO keeps names as bytes and its bindings decode them at every call; a damaged model raises then and there. And
operations that a reader puts in without a name are called by a counter of the process, `Multiply_40`: another engine
would call them otherwise, and nothing that was kept by name would be found again.
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


def name_unnamed(model: ov.Model) -> None:
    """Give operations that have no name of their own one that is the same each time the model is read."""
    nodes = model.get_ordered_ops()
    # A node without a name is called by its unique one.
    unnamed = [node for node in nodes if node.get_friendly_name() == node.get_name()]
    if not unnamed:
        return
    taken = {node.get_friendly_name() for node in nodes} - {node.get_name() for node in unnamed}
    number = 0
    for node in unnamed:
        number += 1
        while (name := f"{node.get_type_name()}_{number}") in taken:
            number += 1
        taken.add(name)
        node.set_friendly_name(name)


def _decoded(error: UnicodeDecodeError) -> str:
    return bytes(error.object).decode("utf-8", errors="replace")
