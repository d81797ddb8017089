from __future__ import annotations

import threading

import msgspec
import pytest

from ovexplorer.clock import ManualClock
from ovexplorer.options.stand_ins import StandIn
from ovexplorer.schema.spec import AffinityRule, ModelSpec
from ovexplorer.schema.topology import DeviceSupport
from ovexplorer.tui.screens import builder_forecast as forecast
from ovexplorer.tui.screens import builder_form as builder
from ovexplorer.tui.screens.builder_forecast import Forecast, Known
from ovexplorer.tui.screens.builder_outlook import Question, look
from ovexplorer.tui.screens.builder_stand_ins import with_stand_in
from tests.tui.builder_kit import BOTH, DEVICES, LACKING, MODEL, SMALL, chain, described, hetero


def form(*rules: str, lacks: tuple[str, ...] = ()) -> builder.BuilderForm:
    return builder.form_of(hetero(*rules, lacks=lacks), DEVICES.devices)


def question(device: str = "CPU", topology=SMALL) -> Question:
    return Question(topology, ("CPU_SIM", "CPU"), BOTH, (AffinityRule(pattern="type:Relu", device=device),))


def test_devices_are_asked_once_for_each_thing_they_lack():
    known = Known(MODEL)
    assert known.to_ask(form()) == (("CPU_SIM", "CPU"), ())
    known.take(described())
    assert known.to_ask(form("type:Relu=CPU")) is None
    assert known.to_ask(form(lacks=("Relu",))) == (("CPU_SIM", "CPU"), (("CPU_SIM", ("Relu",)),))
    known.take(described(support=LACKING, lacks=("Relu",)))
    assert known.to_ask(form(lacks=("Relu",))) is None
    assert known.to_ask(form()) is None
    asked = known.question(form(lacks=("Relu",)))
    assert asked is not None
    assert asked.support == LACKING
    assert known.words(form(lacks=("Relu",))) == {"CPU_SIM": "3 of 6 ops", "CPU": "6 of 6 ops"}


def test_a_new_device_is_asked_and_until_then_nothing_is_predicted():
    known = Known(MODEL)
    known.take(described())
    made = with_stand_in(form(), StandIn("CPU_TWO"))
    assert known.to_ask(made) == (("CPU_TWO", "CPU_SIM", "CPU"), ())
    assert known.question(made) is None


def test_nothing_is_asked_for_what_does_not_split_or_has_no_devices():
    known = Known(MODEL)
    assert known.to_ask(builder.with_kind(form(), "AUTO")) is None
    assert known.question(builder.with_kind(form(), "AUTO")) is None
    empty, _ = builder.toggled(builder.toggled(form(), "CPU")[0], "CPU_SIM")
    assert known.to_ask(empty) is None


def test_answers_about_another_model_are_not_taken():
    known = Known(MODEL)
    known.take(msgspec.structs.replace(described(), model=ModelSpec(path="other.xml")))
    assert known.topology is None


def test_answers_about_the_file_before_it_changed_are_forgotten():
    known = Known(MODEL)
    known.take(described(support=LACKING, lacks=("Relu",)))
    known.take(described(chain(2)))
    assert known.to_ask(form()) is None
    assert known.to_ask(form(lacks=("Relu",))) is not None


def test_a_device_that_gave_no_answer_says_so():
    known = Known(MODEL)
    known.take(described(support=(DeviceSupport(device="CPU_SIM", failed="no driver"), BOTH[1])))
    assert known.words(form())["CPU_SIM"] == "no answer"
    assert known.question(form()) is not None


def test_a_small_model_is_predicted_at_once():
    seen = Forecast(ManualClock(), lambda: None)
    seen.want(question())
    assert seen.outlook == look(question())
    assert not seen.working
    seen.want(None)
    assert seen.outlook is None


@pytest.mark.parametrize("kept", ["CPU", "CPU_SIM"])
async def test_what_was_worked_out_for_an_older_form_is_dropped(monkeypatch, kept):
    """Three questions while the first one is worked out: only the first and the newest ever are."""
    clock, started, go_on = ManualClock(), threading.Event(), threading.Event()
    worked: list[str] = []

    def slowly(asked: Question):
        worked.append(asked.rules[0].device)
        started.set()
        assert go_on.wait(10)
        return look(asked)

    monkeypatch.setattr(forecast, "look", slowly)
    large = chain(forecast.AT_ONCE // 3 + 1)
    told: list[bool] = []
    seen = Forecast(clock, lambda: told.append(seen.stale))
    seen.want(question("CPU", large))
    seen.want(question("CPU_SIM", large))
    newest = question(kept, large)
    seen.want(newest)
    assert seen.outlook is None
    assert (seen.working, seen.stale) == (True, False)
    clock.advance(0.2)
    assert seen.stale
    go_on.set()
    await seen.settled()
    assert seen.outlook is not None
    assert seen.outlook.question.same(newest)
    assert not seen.working
    assert told[-1] is False
    assert worked == [kept]


async def test_a_forecast_that_was_closed_tells_nobody(monkeypatch):
    told: list[bool] = []
    seen = Forecast(ManualClock(), lambda: told.append(True))
    seen.want(question("CPU", chain(forecast.AT_ONCE)))
    seen.close()
    await seen.settled()
    assert told == []
