"""Devices that behave otherwise while compiling than when they were asked."""

from dataclasses import replace

import openvino as ov
import pytest

from ovexplorer.engine.affinity import Affinities
from ovexplorer.engine.compiling import compile_prepared
from ovexplorer.engine.failure import EngineFailure
from ovexplorer.engine.intake import load, prepare, unreported
from ovexplorer.engine.stand_ins import StandIns
from ovexplorer.schema.spec import AffinityRule, ModelSpec, RunSpec


class Core:
    """A real core that counts questions and refuses to compile."""

    def __init__(self, says, missing=()):
        self._core = ov.Core()
        StandIns(self._core).register(("CPU_SIM",))
        self._says = says
        self._missing = missing
        self.asked = []

    def query_model(self, model, device):
        self.asked.append(device)
        found = self._core.query_model(model, device)
        return {name: own for name, own in found.items() if device == "CPU" or name not in self._missing}

    def compile_model(self, model, device, config):
        raise RuntimeError(f"Exception from src/inference/src/core.cpp:1:\n{self._says}")


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = ModelSpec(path="demo:relu")
    return prepare(load(ov.Core(), spec, unreported), spec, unreported)


def spec_of(**changes):
    return RunSpec(model=ModelSpec(path="demo:relu"), **{"device": "HETERO:CPU_SIM,CPU", **changes})


def failure(core, prepared, spec):
    with pytest.raises(EngineFailure) as caught:
        compile_prepared(core, Affinities(core), prepared, spec)
    return caught.value


def test_a_device_that_disappears_after_it_was_asked(prepared):
    core = Core('Device with "CPU_SIM" name is not registered in the OpenVINO Runtime')
    told = failure(core, prepared, spec_of())
    assert (told.kind, told.what.partition(":")[0]) == ("device_unusable", "the device HETERO")
    assert "ovexplorer devices" in told.hint
    assert core.asked == ["CPU_SIM", "CPU"]


def test_a_device_that_was_put_where_it_said_it_cannot(prepared):
    """It may work all the same, so it is tried; when it does not, the reason is known."""
    core = Core("cannot do that", missing=("relu",))
    rules = (AffinityRule(pattern="type:Relu", device="CPU_SIM"),)
    told = failure(core, prepared, spec_of(affinities=rules))
    assert told.hint == "CPU_SIM says it does not support Relu: give it to another device"
    assert "give it" not in failure(core, prepared, spec_of()).hint


def test_devices_are_asked_once_a_model(prepared):
    core = Core("no")
    affinities = Affinities(core)
    for lacks in ({}, {"CPU_SIM": ("Relu",)}, {}):
        affinities.split(prepared, spec_of(lacks=lacks))
    assert core.asked == ["CPU_SIM", "CPU"]
    # A stand-in is the CPU, so that is enough to ask.
    affinities.split(prepared, spec_of(stand_ins=("CPU_SIM",)))
    assert core.asked == ["CPU_SIM", "CPU"]


def test_a_device_that_could_not_be_asked_is_asked_again(prepared):
    core = Core("no")
    affinities = Affinities(core)
    for _ in range(2):
        (answer,) = affinities.support(prepared, ("NPU_X",), {})
        assert answer.failed
    assert core.asked == ["NPU_X", "NPU_X"]


def test_what_is_kept_of_models_is_bounded(prepared):
    core = Core("no")
    affinities = Affinities(core)
    before = [node.get_rt_info() for node in prepared.model.get_ops()]
    affinities.split(prepared, spec_of())
    assert all("affinity" not in info for info in before)
    for number in range(9):
        affinities.describe(replace(prepared, spec=ModelSpec(path=f"other{number}")))
    assert len(affinities._known) == 4
