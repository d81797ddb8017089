import pytest

from ovexplorer.cli import curtain


def test_two_rows_are_written_at_once(capsys):
    with curtain.raised("Pick a model, press enter."):
        shown = capsys.readouterr().out
        assert shown.startswith("\x1b[?1049h")
        assert " ovexplorer\r\n Pick a model, press enter." in shown
    assert capsys.readouterr().out == ""


def test_a_failed_start_gives_the_terminal_back(capsys):
    with pytest.raises(ValueError, match="no start"), curtain.raised("x"):
        raise ValueError("no start")
    assert capsys.readouterr().out.endswith("\x1b[?1049l")


def test_foreign_names_reach_the_terminal_clean(capsys):
    with curtain.raised("a\x1b]0;title\x07\x9b31m\u202eb" + "x" * 10_000):
        row = capsys.readouterr().out.partition("\r\n")[2]
    assert row.isascii()
    assert row.isprintable()
    assert len(row) < 60
