import pytest

from ovexplorer.cli import main as program
from ovexplorer.cli.open import refuse_terminal
from ovexplorer.errors import ExitCode, ModelError, TerminalError


def test_usage_errors_are_two_lines_and_exit_2(capsys):
    assert program.main(["bench"]) == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.partition(":")[0] for line in err.splitlines()] == ["error", "hint"]


def test_help_and_version(capsys):
    assert program.main(["bench", "--help"]) == ExitCode.DONE
    assert "usage: ovexplorer bench" in capsys.readouterr().out
    assert program.main(["--version"]) == ExitCode.DONE
    assert capsys.readouterr().out.startswith("ovexplorer ")


def raiser(error):
    def dispatch(*_):
        raise error

    return dispatch


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ModelError("no", "hint"), ExitCode.MODEL),
        (RuntimeError("oops"), ExitCode.INTERNAL),
        (KeyboardInterrupt(), ExitCode.INTERRUPTED),
    ],
)
def test_errors_become_exit_codes_without_a_traceback(monkeypatch, capsys, error, code):
    monkeypatch.setattr(program, "_dispatch", raiser(error))
    assert program.main(["devices"]) == code
    assert "Traceback" not in capsys.readouterr().err


def test_debug_shows_the_traceback_and_the_details(monkeypatch, capsys):
    monkeypatch.setattr(program, "_dispatch", raiser(ModelError("no", "hint", ("native line",))))
    assert program.main(["devices", "--debug"]) == ExitCode.MODEL
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "native line" in err


@pytest.mark.parametrize(("term", "size"), [("dumb", (200, 60)), ("xterm", (59, 16)), ("xterm", (60, 15))])
def test_terminals_that_cannot_show_the_tui_are_told_the_headless_command(term, size):
    with pytest.raises(TerminalError) as caught:
        refuse_terminal(term, size)
    assert "ovexplorer bench" in caught.value.hint


def test_the_smallest_terminal_is_good_enough():
    refuse_terminal("xterm", (60, 16))
