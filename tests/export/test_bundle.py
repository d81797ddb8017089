from __future__ import annotations

import json
import stat
from datetime import datetime, timezone

import pytest

from ovexplorer.errors import UsageError
from ovexplorer.export.bundle import bundle_document, write_bundle
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.facts import EnvironmentFacts
from ovexplorer.schema.protocol import PROTOCOL_VERSION, EngineDied, Hello, PhaseStarted
from ovexplorer.schema.recorded import Asked
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.store import Store
from ovexplorer.text import clean

WHEN = datetime(2026, 11, 22, 12, 0, 1, tzinfo=timezone.utc)
FACTS = EnvironmentFacts(
    hostname=clean("secret-host"),
    cpu_model=clean("Xeon"),
    cpu_flags=(),
    logical_cpus=2,
    allowed_cpus=(0, 1),
    quota_cpus=0.0,
    memory_bytes=1,
    memory_limit_bytes=0,
    kernel=clean("Linux"),
    virtualisation=clean(""),
    governor=clean(""),
    openvino=clean("2026.4.1"),
    python=clean("3.11"),
)


def died():
    store = Store()
    for event in (
        Hello(protocol=PROTOCOL_VERSION, pid=9, clock_ns=1, import_ns=1, openvino=clean("2026.4.1"), environment=FACTS),
        Asked(segment=1, spec=default_spec(ModelSpec(path="/m/net.onnx")), title=clean(""), at_ns=2, new_run=True),
        PhaseStarted(phase="compile", segment=1, at_ns=3),
        EngineDied(exit_code=-11, while_doing="compile", expected=False, stderr=(clean("Segmentation fault"),)),
    ):
        store.apply(event)
    return store.state


def test_a_bundle_says_what_ran_where_and_how_it_ended(tmp_path):
    path = write_bundle(bundle_document(died(), "0.1", WHEN), tmp_path / "new")
    told = json.loads(path.read_text())
    assert path.name == "bundle-2026-11-22T120001Z.json"
    assert told["versions"] == {"ovexplorer": "0.1", "openvino": "2026.4.1"}
    assert told["command"].startswith("ovexplorer bench /m/net.onnx ")
    assert told["died"]["stderr"] == ["Segmentation fault"]
    assert [phase["phase"] for phase in told["phases"]] == ["compile"]
    assert told["machine"]["cpu_model"] == "Xeon"
    assert "secret-host" not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_known_is_a_bundle_too(tmp_path):
    told = json.loads(write_bundle(bundle_document(Store().state, "0.1", WHEN), tmp_path).read_text())
    assert told["configuration"] == {}
    assert told["machine"] == {}


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot write"):
        write_bundle(bundle_document(died(), "0.1", WHEN), tmp_path / "file")
