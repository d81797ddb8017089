"""What `--require-valid` says: the reasons, and the most likely cause."""

from types import SimpleNamespace

import pytest

from ovexplorer.analysis.causes import Cause
from ovexplorer.analysis.stability import Reason, Verdict
from ovexplorer.analysis.summary import summarise
from ovexplorer.cli.bench import _exit_code
from ovexplorer.cli.request import Request
from ovexplorer.errors import ExitCode, NotValidError
from ovexplorer.export.run import Measured
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.state import RunState, Segment

SPEC = default_spec(ModelSpec(path="demo:relu"))
NOBODY = SimpleNamespace(asked=False)
"""Nobody pressed ctrl+c."""
REQUEST = Request(spec=SPEC, require_valid=True)


def run(verdict, *causes):
    segment = Segment(number=1, spec=SPEC, title="")
    return Measured(RunState(segments=(segment,)), segment, summarise(()), verdict, causes)


def refused(verdict, *causes):
    with pytest.raises(NotValidError) as caught:
        _exit_code(REQUEST, [run(verdict, *causes)], NOBODY)
    assert caught.value.exit_code == ExitCode.NOT_VALID
    return caught.value


def test_a_valid_run_passes_whatever_was_seen_beside_it():
    assert _exit_code(REQUEST, [run(Verdict("valid"), Cause("steal", "stolen"))], NOBODY) == ExitCode.DONE


def test_the_likeliest_cause_is_mentioned_and_the_doctor_too():
    unstable = Verdict("unstable", (Reason("trend", "latency rose"),))
    error = refused(unstable, Cause("steal", "stolen 5 %"), Cause("pressure", "waited"))
    assert error.what == "the result is not valid: latency rose; most likely cause: stolen 5 %"
    assert "ovexplorer doctor" in error.hint


def test_throttling_is_said_once_and_otherwise_comes_first():
    cause = Cause("throttled", "stopped by the quota")
    throttled = Verdict("unstable", (Reason("throttled", "throttled 40 %"),))
    assert refused(throttled, cause).what == "the result is not valid: throttled 40 %"
    short = Verdict("too_short", (Reason("too_few_inferences", "3 of 100"),))
    assert refused(short, cause).what.endswith("most likely cause: stopped by the quota")
