"""Which `dot` is taken, and the limits within which it runs."""

import os
import stat
import sys
import sysconfig
from pathlib import Path

import pytest

from ovexplorer.errors import InterruptedRunError, UsageError
from ovexplorer.session import graphviz
from ovexplorer.session.graphviz import find_dot, is_packaged, run_dot, version_words

unix = pytest.mark.skipif(sys.platform == "win32", reason="programs that are scripts")
linux = pytest.mark.skipif(sys.platform != "linux", reason="limits are put on from outside")


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Takes the place of `dot`: a script that does what a test says."""

    def use(script):
        path = tmp_path / "dot"
        path.write_text(f"#!{sys.executable}\n{script}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(graphviz, "find_dot", lambda: path)

    return use


def test_the_system_s_program_comes_before_the_packaged_one(monkeypatch):
    monkeypatch.setattr(graphviz.shutil, "which", {"dot": "/opt/bin/dot"}.get)
    assert find_dot() == Path("/opt/bin/dot")
    assert not is_packaged(Path("/opt/bin/dot"))
    assert version_words() == "dot"


def test_the_packaged_program_is_found_though_it_is_not_on_the_path(monkeypatch):
    monkeypatch.setattr(graphviz.shutil, "which", lambda _: None)
    found = find_dot()
    assert found is not None
    assert found.parent == Path(sysconfig.get_path("scripts"))
    assert is_packaged(found)
    assert version_words() == "graphviz-pure (package)"


def test_without_either_there_is_none(monkeypatch, tmp_path):
    monkeypatch.setattr(graphviz.shutil, "which", lambda _: None)
    monkeypatch.setattr(graphviz.sysconfig, "get_path", lambda _: str(tmp_path))
    assert find_dot() is None
    assert version_words() == "none"
    with pytest.raises(UsageError, match="is not here"):
        run_dot("digraph {}", "svg")


@unix
def test_it_gets_the_text_no_arguments_from_outside_and_nothing_of_our_environment(program, monkeypatch):
    monkeypatch.setenv("OVX_TEST", "mine")
    monkeypatch.setenv("GV_FILE_PATH", "/")
    program(
        "import os, sys\nprint(sys.argv[1:], sorted(os.environ), os.environ['SERVER_NAME'], os.listdir('.'),"
        " sys.stdin.read())"
    )
    said = run_dot("digraph { é }", "svg", settings=("-Gdpi=10",)).decode()
    words, names = said.split("] ", 1)
    assert words == "['-Kdot', '-Tsvg', '-Gdpi=10'"
    assert "OVX_TEST" not in names
    assert "GV_FILE_PATH" not in names
    assert names.rstrip().endswith("ovexplorer [] digraph { é }")


@unix
def test_half_of_a_pair_is_survived(program):
    program("import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())")
    assert run_dot('digraph { "\ud800" }', "svg") == b'digraph { "?" }'


@unix
def test_what_it_says_is_cleaned_and_told(program):
    program(r"import sys; sys.stderr.write('Error: \x1b[2J syntax error\n'); sys.exit(1)")
    with pytest.raises(UsageError, match="syntax error") as caught:
        run_dot("digraph {", "svg")
    assert "\x1b" not in caught.value.what
    assert caught.value.hint


@unix
def test_who_reads_gets_what_was_read_though_it_complains(program):
    program("import sys; print('{}'); sys.exit(1)")
    assert run_dot("digraph {}", "json0") == b"{}\n"
    with pytest.raises(UsageError, match="ended with 1"):
        run_dot("digraph {}", "svg")


@unix
def test_giving_up_ends_the_program(program, tmp_path):
    program(f"import os, time; open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(600)")
    pid = tmp_path / "pid"
    with pytest.raises(InterruptedRunError):
        run_dot("digraph {}", "svg", cancel=lambda: pid.exists() and bool(pid.read_text()))
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


@unix
def test_too_much_output_is_told(program, monkeypatch):
    monkeypatch.setattr(graphviz, "LARGEST_OUTPUT", 100_000)
    program("import sys\nwhile True: sys.stdout.write('x' * 10_000)")
    with pytest.raises(UsageError, match="larger than 0 MB") as caught:
        run_dot("digraph {}", "svg")
    assert "part" in caught.value.hint


@linux
def test_too_much_memory_is_told(program, monkeypatch):
    monkeypatch.setattr(graphviz, "LARGEST_MEMORY", 200_000_000)
    program(
        "import os, sys, time\n"
        "import resource\n"
        "while resource.getrlimit(resource.RLIMIT_AS)[0] < 0: time.sleep(0.01)\n"
        "try: bytearray(400_000_000)\n"
        "except MemoryError: os.abort()"
    )
    with pytest.raises(UsageError, match="ended by signal 6: the graph may need too much memory"):
        run_dot("digraph {}", "svg")


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(graphviz.tempfile, "tempdir", str(tmp_path))
    assert run_dot("digraph { a -> b }", "svg").startswith(b"<?xml")
    assert list(tmp_path.iterdir()) == []
