"""AUTO's hand-over.

AUTO begins on the CPU only for a device that is no CPU, and every stand-in is one: on a machine without another device
the hand-over itself is played by a compiled model that answers like AUTO.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from engine_client import of_kind, spec_of, windows

from ovexplorer.engine.handover import HandOver
from ovexplorer.schema.protocol import ConfigurationReady, DevicesChanged


class Compiled:
    """Answers EXECUTION_DEVICES from a list, the last answer for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = 0

    def get_property(self, name):
        assert name == "EXECUTION_DEVICES"
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def run_of(compiled, *, segment=1, device="AUTO:GPU,CPU", told=("(CPU)",)):
    configuration = SimpleNamespace(compiled=compiled, execution_devices=told)
    return SimpleNamespace(
        segment=segment, workload=SimpleNamespace(configuration=configuration, spec=spec_of("m.xml", device=device))
    )


def looks(poller, run, count):
    return [poller.look(run, at) for at in range(count)]


def test_a_hand_over_is_told_once_with_its_time():
    run = run_of(Compiled(["(CPU)"], ["(CPU)"], ["GPU"], ["GPU"]))
    told = looks(HandOver(), run, 6)
    assert [event is not None for event in told] == [False, False, True, False, False, False]
    assert told[2] == DevicesChanged(segment=1, at_ns=2, execution_devices=("GPU",))


def test_a_device_that_fails_while_running_is_told_too():
    run = run_of(Compiled(["GPU"], ["CPU"]), told=("(CPU)",))
    assert [event.execution_devices for event in looks(HandOver(), run, 3) if event] == [("GPU",), ("CPU",)]


def test_each_segment_begins_with_what_its_configuration_said():
    poller = HandOver()
    assert poller.look(run_of(Compiled(["GPU"]), told=("GPU",)), 1) is None
    kept = run_of(Compiled(["GPU"]), segment=2, told=("(CPU)",))
    told = poller.look(kept, 2)
    assert (told.segment, told.execution_devices) == (2, ("GPU",))


@pytest.mark.parametrize("device", ["CPU", "GPU", "HETERO:GPU,CPU", "AUTOMATIC"])
def test_other_devices_are_not_asked(device):
    compiled = Compiled(["GPU"])
    assert looks(HandOver(), run_of(compiled, device=device), 3) == [None] * 3
    assert compiled.asked == 0


@pytest.mark.parametrize("answer", [RuntimeError("gone"), TypeError("no type"), [], [""]])
def test_what_cannot_be_read_is_no_hand_over(answer):
    assert looks(HandOver(), run_of(Compiled(answer)), 2) == [None, None]


def test_names_of_devices_are_cleaned():
    told = HandOver().look(run_of(Compiled(["G\x1bPU"])), 1)
    assert "\x1b" not in told.execution_devices[0]


def test_auto_on_stand_ins_is_polled_for_real_and_stays(engine):
    spec = spec_of("demo:relu", device="AUTO:CPU_SIM,CPU", stand_ins=("CPU_SIM",), duration_s=0.6, iterations=0)
    events = engine.run(1, spec)
    ready = of_kind(events, ConfigurationReady)[0]
    assert ready.execution_devices == ("CPU_SIM",)
    assert len(windows(events, 1)) >= 3
    assert not of_kind(events, DevicesChanged)
