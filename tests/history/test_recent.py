from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from ovexplorer.history.recent import (
    MOST,
    STATE_VARIABLE,
    RecentModel,
    forget,
    load_recent,
    remember,
    state_directory,
)
from ovexplorer.text import clean

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


def model(path: str, p50_ns: float = 1e6, options: str = "f32 · latency") -> RecentModel:
    return RecentModel(path=path, device="CPU", options=clean(options), p50_ns=p50_ns, fps=5.0, when=NOON)


def test_nothing_is_remembered_at_first(tmp_path: Path) -> None:
    assert load_recent(tmp_path / "new") == ()


def test_the_newest_comes_first_and_replaces_its_older_figure(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    assert remember(model("a"), folder)
    assert remember(model("b"), folder)
    assert remember(model("a", 2e6), folder)
    assert remember(model("a", 3e6, "bf16"), folder)
    assert [(entry.path, entry.p50_ns) for entry in load_recent(folder)] == [("a", 3e6), ("a", 2e6), ("b", 1e6)]
    assert forget(model("a"), folder)
    assert [(entry.path, entry.p50_ns) for entry in load_recent(folder)] == [("a", 3e6), ("b", 1e6)]


def test_the_list_is_bounded(tmp_path: Path) -> None:
    for number in range(MOST + 5):
        remember(model(str(number)), tmp_path)
    assert [entry.path for entry in load_recent(tmp_path)] == [str(n) for n in range(MOST + 4, 4, -1)]


def test_times_come_back(tmp_path: Path) -> None:
    remember(model("a"), tmp_path)
    assert load_recent(tmp_path)[0].when - NOON == timedelta(0)


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"version":9,"models":[]}', b"x" * 1_000_001]
)
def test_a_damaged_file_is_kept_aside(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "recent.json"
    path.write_bytes(damage)
    assert load_recent(tmp_path) == ()
    assert (tmp_path / "recent.json.damaged").read_bytes() == damage
    path.write_bytes(b"again")
    assert load_recent(tmp_path) == ()
    assert (tmp_path / "recent.json.damaged").read_bytes() == damage
    assert (tmp_path / "recent.json.damaged.1").read_bytes() == b"again"
    assert remember(model("a"), tmp_path)
    assert len(load_recent(tmp_path)) == 1


def test_a_place_that_cannot_be_written_costs_only_the_list(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert not remember(model("a"), blocked)
    assert load_recent(blocked) == ()


def test_nothing_but_the_list_is_left_in_the_folder(tmp_path: Path) -> None:
    remember(model("a"), tmp_path)
    remember(model("b"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["recent.json"]


def test_the_place_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path))
    assert state_directory() == tmp_path
    remember(model("a"))
    assert (tmp_path / "recent.json").exists()
