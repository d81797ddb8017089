"""Pictures are drawn from recordings alone: the same bytes each time. Those in the repository are current."""

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ovexplorer.history.recording import read_recording

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "screenshots"
DRAWN = ("live-compiling", "builder")
SIZES = ("80x24", "160x45")


def draw(folder, time_zone):
    """Draw the two scenes as another machine would: other time zone, home and hash seed."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "TZ": time_zone,
        "NO_COLOR": "1",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, str(PICTURES / "make.py"), "--into", str(folder), "--only", *DRAWN]
    subprocess.run(command, check=True, timeout=60, cwd=folder, env=environment)


def words(picture):
    return [
        html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text(encoding="utf-8"))
    ]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folders = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("two")
    for folder, time_zone in zip(folders, ("UTC", "Asia/Tokyo")):
        draw(folder, time_zone)
    return folders


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", DRAWN)
def test_drawing_twice_gives_the_same_bytes(drawn, scene, size):
    first, second = ((folder / f"{scene}-{size}.svg").read_bytes() for folder in drawn)
    assert first == second


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scene", DRAWN)
def test_pictures_in_the_repository_are_current(drawn, scene, size):
    name = f"{scene}-{size}.svg"
    assert words(PICTURES / name) == words(drawn[0] / name), "run: python screenshots/make.py"


def test_every_scene_is_in_the_repository():
    source = (PICTURES / "make.py").read_text(encoding="utf-8")
    scenes = re.findall(r'^    "([a-z-]+)": Scene\("([a-z]+)"', source, re.MULTILINE)
    assert len(scenes) >= 9
    assert {f"{name}-{size}.svg" for name, _ in scenes for size in SIZES} == {
        path.name for path in PICTURES.glob("*.svg")
    }
    assert {recording for _, recording in scenes} == {path.stem for path in (ROOT / "assets").glob("*.ovx")}


@pytest.mark.parametrize("path", sorted((ROOT / "assets").glob("*.ovx")), ids=lambda path: path.stem)
def test_recordings_are_small_whole_and_name_no_machine(path):
    assert path.stat().st_size < 300_000
    recording = read_recording(path)
    hosts = {entry.message.environment.hostname for entry in recording.entries if hasattr(entry.message, "environment")}
    assert hosts == {"edge-07"}
    assert not recording.cut_off
    assert not re.search(rb"/(home|root|Users)/", path.read_bytes())
