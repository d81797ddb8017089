from __future__ import annotations

from pathlib import Path

import pytest

from ovexplorer.errors import SettingsError
from ovexplorer.settings import LARGEST_FILE, Settings, config_dir, load_settings, parse_settings, settings_path

FILE = Path("/etc/settings.toml")


def test_a_missing_file_means_the_defaults(tmp_path):
    assert load_settings(tmp_path / "none.toml") == Settings()


def test_the_variable_names_the_folder(tmp_path):
    assert settings_path({"OVEXPLORER_CONFIG_DIR": str(tmp_path)}) == tmp_path / "settings.toml"
    assert config_dir({}).name == "ovexplorer"


def test_every_key_can_be_set():
    text = 'theme = "ovx-light"\nsymbols = "ascii"\nrefresh_hz = 2\n[keymap]\n"run.pause" = "p"\n'
    found = parse_settings(text, FILE)
    assert found.theme == "ovx-light"
    assert found.refresh_hz == 2.0
    assert found.keymap == {"run.pause": "p"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('thme = "x"', "settings.toml, line 1: thme: there is no such setting"),
        ("# first\nrefresh_hz = 99", "line 2: refresh_hz: Expected `float` <= 30.0"),
        ('symbols = "emoji"', "line 1: symbols: Invalid enum value 'emoji'"),
        ('kept_configurations = "yes"', "line 1: kept_configurations: Expected `int`, got `str`"),
        ("kept_configurations = 0", "kept_configurations: Expected `int` >= 1"),
        ('[keymap]\n"run.pause" = 3', "line 1: keymap"),
        ("theme = ", "not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_key(text, words):
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, FILE)
    assert words in caught.value.what
    assert caught.value.what.startswith("/etc/settings.toml")
    assert caught.value.hint


def test_a_huge_or_binary_file_is_refused(tmp_path):
    huge = tmp_path / "huge.toml"
    huge.write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(SettingsError, match="larger than"):
        load_settings(huge)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match=r"binary\.toml"):
        load_settings(binary)
