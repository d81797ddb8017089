"""Devices with their properties as the document `ovexplorer.devices/1`."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.export.run import Document, builtins_of
from ovexplorer.schema.facts import DeviceFacts

SCHEMA = "ovexplorer.devices/1"


def devices_document(devices: Sequence[DeviceFacts]) -> Document:
    """The document of what DescribeDevices found."""
    return {"schema": SCHEMA, "devices": [builtins_of(device) for device in devices]}
