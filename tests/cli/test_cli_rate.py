"""`bench --find-rate` and `bench --trace`, against a scripted engine and once against a real one."""

import json

import msgspec
import pytest
from test_cli_runner import HELLO, READY, connect

from ovexplorer.cli.interrupts import Interrupts
from ovexplorer.cli.main import main
from ovexplorer.cli.parser import parse
from ovexplorer.cli.rate import run_search, sentence, trials_table
from ovexplorer.cli.request import request_of
from ovexplorer.errors import EngineDiedError, UsageError
from ovexplorer.export.rate import rate_document
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.histogram import histogram_of
from ovexplorer.schema.protocol import ChangeSpec, EngineDied, StartRun, WindowMeasured
from ovexplorer.schema.results import Window
from ovexplorer.schema.spec import ModelSpec
from ovexplorer.session.fake import FakeSource
from ovexplorer.tuning.rate_search import RatePlan, RateSearch

SPEC = default_spec(ModelSpec(path="demo:relu"))
MS = 1_000_000


class Device(FakeSource):
    """Takes 10 ms up to 60 arrivals a second and 90 ms above; dies at a chosen command."""

    def __init__(self, dies_at=0):
        super().__init__()
        self._queue.put_nowait(HELLO)
        self._dies_at = dies_at

    async def send(self, command):
        await super().send(command)
        if not isinstance(command, StartRun | ChangeSpec):
            return
        if self._dies_at == len(self.sent):
            self._queue.put_nowait(EngineDied(exit_code=-11, while_doing="run", expected=False))
            return
        self._queue.put_nowait(msgspec.structs.replace(READY, segment=command.segment))
        spec = command.spec
        rate = 100.0 if spec.load == "closed" else spec.rate_fps
        latency = (10 if spec.load == "closed" or rate <= 60 else 90) * MS
        count = round(rate)
        for second in range(60):
            window = Window(
                segment=command.segment,
                start_ns=second * 1000 * MS,
                end_ns=(second + 1) * 1000 * MS,
                count=count,
                sum_ns=latency * count,
                min_ns=latency,
                max_ns=latency,
                median_ns=latency,
                histogram=histogram_of([latency] * count),
                service_ns=0 if spec.load == "closed" else 10 * MS * count,
            )
            self._queue.put_nowait(WindowMeasured(window=window))


async def search(source, stop=None, **changes):
    plan = RatePlan(**{"spec": SPEC, "bound_ms": 50.0, "budget_s": 1000.0, **changes})
    return await run_search(plan, stop or Interrupts(), lambda _text: None, connect=connect(source))


async def test_a_search_ends_between_what_passed_and_what_failed():
    found, state = await search(Device())
    assert found.capacity_fps == pytest.approx(100)
    assert 56 < found.passed_fps <= 60 < found.failed_fps < 64
    assert sentence(found).startswith("p99 under 50 ms at 5")
    document = json.loads(json.dumps(rate_document(found, state)))
    assert document["schema"] == "ovexplorer.rate/1"
    assert document["passed_fps"] == found.passed_fps
    assert document["stopped"] == "precise"
    for trial in document["trials"]:
        assert trial["outcome"].startswith("passed" if trial["rate_fps"] <= 60 else "failed")
        assert trial["value_ms"] == pytest.approx(10 if trial["rate_fps"] <= 60 else 90, rel=0.01)
    rows = trials_table(found).rows
    assert rows[0][0] == "70.0"
    assert rows[0][5].startswith("over the bound")
    assert rows[1][5] == "passed"
    assert len(rows) == len(found.trials)


async def test_an_engine_that_dies_is_named():
    with pytest.raises(EngineDiedError) as died:
        await search(Device(dies_at=2))
    assert "SIGSEGV" in died.value.what


async def test_an_interrupt_before_the_first_trial_keeps_nothing():
    stop = Interrupts()
    stop.ask()
    stopping = FakeSource()
    stopping._queue.put_nowait(HELLO)
    found, _ = await search(stopping, stop)
    assert found is None


def test_sentences_of_searches_without_an_interval():
    plan = RatePlan(spec=SPEC, bound_ms=5.0, percentile=95.0)
    assert sentence(RateSearch(plan, 100.0)) == "nothing was tried to the end"


def request(text):
    return request_of(parse(["bench", "demo:relu", *text.split()]))


def test_flags_of_loads_reach_the_spec():
    spec = request("--load poisson --rate 45 --burst 4 --outputs copy").spec
    assert (spec.load, spec.rate_fps, spec.burst, spec.outputs) == ("poisson", 45.0, 4, "copy")
    assert request("-max_irate 20").spec.max_rate_fps == 20.0
    assert request("-max_irate 20").spec.load == "closed"


def test_flags_of_the_search():
    asked = request("--find-rate 20 --percentile 95 -t 60")
    assert (asked.find_rate_ms, asked.rate_percentile, asked.search_s) == (20.0, 95.0, 60.0)
    plain = request("")
    assert (plain.find_rate_ms, plain.search_s, plain.trace) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("--find-rate 0", "milliseconds"),
        ("--find-rate fast", "milliseconds"),
        ("--find-rate 20 --percentile 100", "99.99"),
        ("--find-rate 20 --percentile 20", "50"),
        ("--percentile 95", "--find-rate"),
        ("--rate 0", "rate"),
        ("--load camera", "poisson"),
    ],
)
def test_values_that_cannot_be_used_are_refused(text, hint):
    with pytest.raises(UsageError) as refused:
        request(text)
    assert hint in refused.value.hint


def test_a_trace_has_every_request_of_a_short_run(tmp_path, capsys):
    path = tmp_path / "trace.json"
    words = ["bench", "demo:relu", "-niter", "200", "-api", "async", "-nireq", "2", "--trace", str(path), "--json"]
    assert main(words) == 0
    document = json.loads(path.read_text(encoding="utf-8"))
    assert document["otherData"]["requests"] == 200
    assert document["otherData"]["left_out"] == 0
    names = {event["name"] for event in document["traceEvents"] if event["ph"] == "X" and event["pid"] == 1}
    assert {"capture", "infer"} <= names
    assert json.loads(capsys.readouterr().out)["result"]["arrivals"] is None
