import shlex
import shutil
import subprocess

import pytest

from ovexplorer.options.command import quoted, same_as
from ovexplorer.schema.spec import ModelSpec, RunSpec

NASTY = "a\x1b]0;title\x07'\\ \n\u202e\x9b é $HOME"


def test_words_that_can_be_shown_are_quoted_as_ever():
    command = same_as(RunSpec(model=ModelSpec(path="my model's é.onnx")))
    assert shlex.split(command)[2] == "my model's é.onnx"


def test_what_a_terminal_would_obey_is_escaped():
    assert quoted(NASTY).isprintable()
    assert same_as(RunSpec(model=ModelSpec(path=NASTY))).isprintable()
    assert quoted("\udcff\n") == r"$'\377\012'"


BASH = shutil.which("bash")


@pytest.mark.skipif(BASH is None, reason="asks a shell")
def test_a_shell_reads_it_back():
    done = subprocess.run([BASH, "-c", f"printf %s {quoted(NASTY)}"], capture_output=True, check=True)
    assert done.stdout.decode() == NASTY
