import io
import json

import pytest

from ovexplorer.cli.console import Console
from ovexplorer.cli.tables import Column, Table, pairs, plain
from ovexplorer.errors import UsageError
from ovexplorer.text import clean

TABLE = Table((Column("layer"), Column("µs", True)), (("conv", "1.5"), ("a[red]b", "12")), "rows")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def console(**kwargs):
    out, err = io.StringIO(), io.StringIO()
    return Console(out, err, **kwargs), out, err


def test_plain_tables_are_aligned():
    assert plain(TABLE) == ["rows", "layer     µs", "conv     1.5", "a[red]b   12"]
    assert plain(pairs("", [("a", "1")])) == ["a  1"]


def test_data_and_narration_go_to_different_streams():
    shown, out, err = console()
    shown.table(TABLE)
    shown.notice("on the side")
    assert "conv" in out.getvalue()
    assert err.getvalue() == "on the side\n"


def test_errors_are_two_lines_and_cleaned():
    shown, _, err = console()
    shown.error("bad \x1b[31m name", "do\nthis")
    assert err.getvalue().splitlines() == ["error: bad ␛[31m name", "hint: do␊this"]


def test_ascii_replaces_signs_but_not_json():
    shown, out, _ = console(ascii_only=True)
    shown.table(TABLE)
    assert out.getvalue().isascii()
    shown.json({"name": "µ"})
    assert "µ" in out.getvalue()


def test_progress_needs_a_terminal_and_goes_away(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    shown, _, err = console()
    shown.progress("compiling")
    assert err.getvalue() == ""
    out, err = io.StringIO(), Terminal()
    shown = Console(out, err)
    shown.progress("compiling \x1b[2J")
    shown.data("done")
    assert err.getvalue() == "\rcompiling ␛[2J\x1b[K\r\x1b[K"


def test_tables_on_a_terminal_show_markup_as_it_is(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    out = Terminal()
    Console(out, io.StringIO(), color=False).table(TABLE)
    assert "a[red]b" in out.getvalue()
    assert "─" in out.getvalue()


def test_json_takes_cleaned_text():
    shown, out, _ = console()
    shown.json({"name": clean("x")})
    assert '"x"' in out.getvalue()


def test_a_stream_that_knows_only_ascii_still_gets_the_data():
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    Console(out, io.StringIO()).data("5 µs")
    assert raw.getvalue() == b"5 ?s\n"


def test_json_holds_no_character_that_a_terminal_could_obey():
    name = "a\x1b[31m\x7f\x9b\u202e\u2028é\U000e0001"
    shown, out, _ = console()
    shown.json({"name": name})
    assert json.loads(out.getvalue()) == {"name": name}
    assert out.getvalue().replace("\n", "").isprintable()
    assert "é" in out.getvalue()


class FullDisk(io.StringIO):
    def flush(self):
        raise OSError(28, "No space left on device")


def test_data_that_finds_no_room_is_an_error_and_narration_is_not():
    with pytest.raises(UsageError, match="No space left"):
        Console(FullDisk(), io.StringIO()).data("figures")
    out = io.StringIO()
    shown = Console(out, FullDisk())
    shown.notice("on the side")
    shown.data("figures")
    assert out.getvalue() == "figures\n"
