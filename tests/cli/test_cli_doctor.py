"""`ovexplorer doctor` as a user starts it, and what a verdict says about causes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ovexplorer.analysis.doctor_look import Finding
from ovexplorer.cli.doctor import doctor, findings_table
from ovexplorer.cli.parser import parse
from ovexplorer.cli.tables import plain
from ovexplorer.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]


def run(tmp_path, *words):
    temp = tmp_path / "temp"
    temp.mkdir(exist_ok=True)
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    done = subprocess.run(
        [sys.executable, "-m", "ovexplorer", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TMPDIR": str(temp)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert list(temp.iterdir()) == []
    return done.returncode, done.stdout, done.stderr


def test_the_json_holds_findings_worst_first_and_the_facts(tmp_path):
    code, out, _ = run(tmp_path, "doctor", "-nthreads", "4096", "--seconds", "0.2", "--json")
    assert code == 0
    document = json.loads(out)
    assert document["schema"] == "ovexplorer.doctor/1"
    levels = [finding["level"] for finding in document["findings"]]
    assert levels == sorted(levels, key=["bad", "look", "unknown", "good"].index)
    affinity = next(finding for finding in document["findings"] if finding["code"] == "affinity")
    assert affinity["title"].startswith("4096 threads on ")
    assert document["troubles"] == sum(level in ("bad", "look") for level in levels)
    assert document["machine"]["allowed_cpus"] == document["environment"]["allowed_cpus"]


def test_the_table_of_a_pipe_is_plain(tmp_path):
    code, out, err = run(tmp_path, "doctor", "--seconds", "0.1")
    assert (code, err) == (0, "")
    first, *rest = out.splitlines()
    assert first.endswith("checks")
    assert all(line[:1] in "✗!?✓ " for line in rest)


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "1e9", "soon"])
def test_a_length_that_is_none_is_refused(seconds):
    with pytest.raises(UsageError, match="--seconds"):
        doctor(parse(["doctor", "--seconds", seconds]), None)


def test_options_of_the_catalogue_are_taken_and_wrong_ones_refused():
    line = parse(["doctor", "model.xml", "-d", "CPU", "-nthreads", "4"])
    assert [option.id for option, _ in line.options] == ["device", "threads"]
    with pytest.raises(UsageError):
        parse(["doctor", "--speed", "3"])


def test_effect_and_what_to_do_stand_below_the_evidence():
    found = (Finding("steal", "bad", "steal 20 %", "20 % of the time", "it jumps", "dedicated cores"),)
    assert plain(findings_table(found)) == [
        "1 to look at, 1 checks",
        "✗ steal 20 %  20 % of the time",
        "              it jumps",
        "              dedicated cores",
    ]
