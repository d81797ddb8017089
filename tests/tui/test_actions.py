from __future__ import annotations

import pytest

from ovexplorer.errors import SettingsError
from ovexplorer.tui.actions import ACTIONS, EVERYWHERE, TABS, app_bindings, bindings_for
from ovexplorer.tui.footers import FOOTERS
from ovexplorer.tui.glyphs import ASCII, BLOCKS, UNICODE, pick_glyphs
from ovexplorer.tui.keymap import check_keymap

SCREEN_CLASSES = {
    "open": ("open", "OpenScreen"),
    "live": ("live", "LiveScreen"),
    "layers": ("layers", "LayersScreen"),
    "advice": ("advice", "AdviceScreen"),
    "error": ("error", "ErrorScreen"),
}


@pytest.mark.parametrize("screen", EVERYWHERE)
def test_no_key_has_two_actions_on_a_screen(screen):
    taken = {}
    for action in ACTIONS:
        if screen in action.where:
            for key in action.keys:
                assert taken.setdefault(key, action.id) == action.id


@pytest.mark.parametrize("screen", SCREEN_CLASSES)
def test_every_registered_action_of_a_screen_does_something(screen):
    from importlib import import_module

    from ovexplorer.tui.app import OvexplorerApp

    module, name = SCREEN_CLASSES[screen]
    owner = getattr(import_module(f"ovexplorer.tui.screens.{module}"), name)
    for action in ACTIONS:
        if screen in action.where and action.at == "screen":
            assert hasattr(owner, f"action_{action.method}"), f"{name} lacks {action.id}"
        if action.at == "app":
            assert hasattr(OvexplorerApp, f"action_{action.method}")


def test_bindings_carry_ids_and_tooltips():
    for binding in (*app_bindings(), *bindings_for("live")):
        check_keymap({binding.id: "f9"})
        assert binding.tooltip


def test_footers_name_registered_actions_that_work_there():
    for screen, hints in FOOTERS.items():
        for hint in hints:
            action = next(action for action in ACTIONS if action.id == hint.action)
            assert screen in action.where, f"{hint.action} in the footer of {screen}"


def test_only_screens_of_the_registry_have_tabs():
    assert [title for _, _, title in TABS] == ["Open", "Live", "Layers", "Graph", "Compare", "Advice", "Timeline"]


def test_a_keymap_may_move_a_key():
    check_keymap({"run.pause": "P", "app.help": "f2,f3"})


@pytest.mark.parametrize(
    ("keymap", "words"),
    [
        ({"run.puase": "p"}, "run.puase: there is no such action"),
        ({"run.pause": "u"}, "run.pause: u already belongs to run.undo"),
        ({"run.pause": "ctrl+s"}, "ctrl+s is needed by terminals"),
        ({"run.pause": " , "}, "no key is named"),
        ({"app.screen": "9"}, "there is no such action"),
        ({"app.screen.live": "1"}, "already belongs to"),
    ],
)
def test_a_keymap_that_cannot_work_is_refused_with_file_and_key(keymap, words):
    with pytest.raises(SettingsError, match=r"settings\.toml") as caught:
        check_keymap(keymap)
    assert words in caught.value.what
    assert caught.value.hint


def test_a_wrong_keymap_line_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("OVEXPLORER_CONFIG_DIR", str(tmp_path))
    (tmp_path / "settings.toml").write_text('theme = "ovx-dark"\n[keymap]\n"run.puase" = "p"\n')
    with pytest.raises(SettingsError, match="line 3"):
        check_keymap({"run.puase": "p"})


def test_every_sign_is_one_cell_and_ascii_is_ascii():
    names = [name for name in ASCII.__dataclass_fields__ if name not in ("name", "chart", "twins")]
    for name in names:
        assert len(getattr(ASCII, name)) == len(getattr(UNICODE, name)), name
        assert getattr(ASCII, name).isascii(), name
        assert getattr(BLOCKS, name) == getattr(UNICODE, name), name
        assert ASCII.show(getattr(UNICODE, name)).isascii(), name


def test_the_locale_decides_when_nothing_is_set():
    assert pick_glyphs("auto", "UTF-8") is UNICODE
    assert pick_glyphs("auto", "ANSI_X3.4-1968") is ASCII
    assert pick_glyphs("blocks", "ANSI_X3.4-1968") is BLOCKS
