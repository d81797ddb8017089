"""What the README says is true: its commands parse, its tables are current, its pictures and files exist."""

import re
import shlex
from pathlib import Path

import pytest

from ovexplorer.cli.flags import COMMANDS as COMMANDS_OF_THE_PARSER
from ovexplorer.cli.parser import parse
from ovexplorer.cli.request import request_of
from ovexplorer.errors import ExitCode
from ovexplorer.settings import Settings, parse_settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
LINES = [line for block in BLOCKS for line in block.splitlines() if line.strip()]
COMMANDS = [line for line in LINES if line.startswith("ovexplorer")]


@pytest.fixture
def tables(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "screenshots"))
    import readme_tables

    return readme_tables


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_parses(line):
    parsed = parse(shlex.split(line)[1:])
    if parsed.command in ("", "bench", "layers"):
        request_of(parsed, default_model="demo:relu")


def test_there_are_examples_of_every_command():
    assert {parse(shlex.split(line)[1:]).command for line in COMMANDS} == set(COMMANDS_OF_THE_PARSER)


def test_set_up_is_two_commands_and_ci_runs_the_second():
    first, second = (block.strip() for block in BLOCKS[:2])
    assert first.endswith("&& .venv/bin/ovexplorer demo:resnet50")
    assert "\n" not in first + second
    assert second in (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()


def test_tables_are_current(tables):
    assert tables.current(README) == README, "run: python screenshots/make.py --readme"


def test_every_setting_is_explained(tables):
    assert set(tables._SETTINGS) == set(Settings.__struct_fields__)


def test_the_example_of_settings_is_valid():
    (text,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert parse_settings(text, Path("settings.toml")) != Settings()


def test_every_exit_code_is_listed():
    section = README.partition("## Exit codes")[2].partition("##")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)} == {
        int(code) for code in ExitCode
    }


def test_every_picture_and_file_exists():
    named = set(re.findall(r"\]\(([^)#:]+)\)", README))
    named |= {word for line in LINES for word in line.split() if word.endswith(".py")}
    assert len(named) > 20
    assert {name for name in named if not (ROOT / name).is_file()} == set()


def test_every_schema_is_named():
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "ovexplorer/export").glob("*.py"))
    assert set(re.findall(r'SCHEMA = "(.+?)"', sources)) == set(re.findall(r"`(ovexplorer\.\w+/\d)`", README))


def test_every_variable_is_named():
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "ovexplorer").rglob("*.py"))
    assert set(re.findall(r'"(OVEXPLORER_(?!ENGINE)\w+)"', sources)) == set(re.findall(r"`(OVEXPLORER_\w+)`", README))
