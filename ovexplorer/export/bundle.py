"""What a report of a failure needs, in one file: versions, command, configuration, log, machine. Never the model."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from ovexplorer.errors import UsageError
from ovexplorer.export.run import Document
from ovexplorer.options.command import same_as
from ovexplorer.schema.codec import encode_hook
from ovexplorer.session.state import RunState

SCHEMA = "ovexplorer.bundle/1"


def bundle_document(state: RunState, version: str, when: datetime) -> Document:
    """Everything known about the newest configuration and how it failed; the host's name is left out."""
    segment = state.segments[-1] if state.segments else None
    machine = _plain(state.environment)
    machine.pop("hostname", None)
    return {
        "schema": SCHEMA,
        "when": when.isoformat(timespec="seconds"),
        "versions": {"ovexplorer": version, "openvino": state.openvino or machine.get("openvino", "")},
        "command": same_as(segment.spec) if segment else "",
        "configuration": _plain(segment.spec) if segment else {},
        "effective": [_plain(entry) for entry in segment.ready.effective] if segment and segment.ready else [],
        "phases": [_plain(entry) for entry in segment.phases] if segment else [],
        "failed": _plain(segment.failed) if segment else {},
        "died": _plain(state.died),
        "notices": [str(notice.text) for notice in state.notices],
        "machine": machine,
    }


def write_bundle(document: Document, folder: Path) -> Path:
    """Write a new file that only this user can read.

    Raises:
        UsageError: It cannot be written.
    """
    name = f"bundle-{document['when'].replace(':', '').replace('+0000', 'Z')}.json"
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}", "make the folder writable") from error
    return path


def _plain(value: object) -> dict[str, Any]:
    if value is None:
        return {}
    plain: dict[str, Any] = msgspec.to_builtins(value, enc_hook=encode_hook)
    return plain
