"""What each front end may load, looked at in a process of its own: a contract on imports alone can be got round."""

import json
import subprocess
import sys

import pytest

CASES = [
    ("import ovexplorer.tui.app", ("openvino", "numpy", "ovexplorer.engine")),
    ("import ovexplorer.tui.launch", ("openvino", "numpy", "ovexplorer.engine")),
    ("import ovexplorer.cli.main", ("openvino", "numpy", "textual", "ovexplorer.engine")),
    ("import ovexplorer.session.session", ("openvino", "numpy", "textual", "ovexplorer.engine")),
    ("import ovexplorer.schema.codec", ("openvino", "numpy", "textual", "rich")),
    ("import ovexplorer", ("msgspec", "rich", "openvino")),
]


def loaded_after(code):
    script = f"{code}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(("code", "forbidden"), CASES, ids=[case[0] for case in CASES])
def test_front_ends_load_only_what_they_may(code, forbidden):
    assert loaded_after(code).isdisjoint(forbidden)


def test_help_of_bench_loads_neither_openvino_nor_textual():
    code = (
        "import sys\nfrom ovexplorer.cli.main import main\n"
        "try:\n    main(['bench', '--help'])\nexcept SystemExit:\n    pass"
    )
    assert loaded_after(code).isdisjoint(("openvino", "numpy", "textual"))
