import pytest
from engine_client import EngineClient, spec_of
from split_models import NASTY, nastily_named, shape_chain, twins, with_branches
from tiny_models import save_ir, stateful_model

from ovexplorer.analysis.split.predict import predict
from ovexplorer.schema.contest import DivergenceFound, FindDivergence, Prepare, Release
from ovexplorer.schema.placement import devices_in_order, resolve
from ovexplorer.schema.protocol import (
    ConfigurationReady,
    DescribeDevices,
    DevicesDescribed,
    Failed,
    LayersMeasured,
    Noticed,
    Profile,
    StartRun,
)
from ovexplorer.schema.spec import AffinityRule, ModelSpec
from ovexplorer.schema.splitting import DescribeSplit, DescribeTopology, SplitDescribed, TopologyDescribed

SPLIT = {"device": "HETERO:CPU_SIM,CPU", "stand_ins": ("CPU_SIM",), "iterations": 0, "duration_s": 0.0}
BOTH = ("CPU_SIM", "CPU")


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    directory = tmp_path_factory.mktemp("home") / "engine"
    directory.mkdir()
    client = EngineClient(directory)
    yield client
    client.close()
    assert not directory.exists()


class Numbers:
    def __init__(self):
        self.last = 0

    def next(self):
        self.last += 1
        return self.last


NUMBERS = Numbers()


def started(engine, spec):
    """The segment of a run, or why it failed."""
    segment = NUMBERS.next()
    seen = len(engine.events)
    engine.send(StartRun(segment=segment, spec=spec))
    told = engine.until((ConfigurationReady, Failed), seen, lambda event: event.segment == segment)
    return segment, told


def split(engine, spec, check=False):
    segment, told = started(engine, spec)
    assert isinstance(told, ConfigurationReady), told
    seen = len(engine.events)
    engine.send(DescribeSplit(segment=segment, check=check))
    return engine.until((SplitDescribed, Failed), seen)


def topology(engine, path, devices=BOTH, lacks=None):
    seen = len(engine.events)
    engine.send(
        DescribeTopology(model=ModelSpec(path=str(path)), devices=devices, stand_ins=("CPU_SIM",), lacks=lacks or {})
    )
    return engine.until((TopologyDescribed, Failed), seen)


def refused(engine, spec):
    _, told = started(engine, spec)
    assert isinstance(told, Failed), told
    return f"{told.what} | {told.hint}"


def branchy(**changes):
    return spec_of("demo:branchy", **{**SPLIT, **changes})


RELUS = (AffinityRule(pattern="/./", device="CPU"), AffinityRule(pattern="type:relu", device="CPU_SIM"))


def test_a_split_by_rules_gives_one_clean_pair_of_dumps(engine):
    told = split(engine, branchy(affinities=RELUS), check=True)
    assert [dump.kind for dump in told.dumps] == ["submodels", "affinity"]
    assert all(dump.name.startswith("hetero_") and dump.text.startswith("digraph") for dump in told.dumps)
    assert told.note == ""

    described = topology(engine, "demo:branchy")
    operations = described.topology.operations
    assert {told.placed[entry.raw_name] for entry in operations if entry.type == "Relu"} == {"CPU_SIM"}
    assert {told.placed[entry.raw_name] for entry in operations if entry.type == "Convolution"} == {"CPU"}
    predicted = predict(described.topology, [told.placed[entry.raw_name] for entry in operations], BOTH)
    assert told.submodels == len(told.devices) == len(predicted.submodels) > 3
    assert sorted(told.devices) == sorted(submodel.device for submodel in predicted.submodels)
    assert {link.source for link in told.links} < set(range(told.submodels))


def test_layers_of_a_split_are_numbered_by_submodel(engine):
    segment, _ = started(engine, branchy(affinities=RELUS))
    seen = len(engine.events)
    engine.send(Profile(seconds=0.1, iterations=2))
    profile = engine.until(LayersMeasured, seen).profile
    told_at = len(engine.events)
    engine.send(DescribeSplit(segment=segment))
    told = engine.until(SplitDescribed, told_at)
    numbers = {layer.raw_name.partition(":")[0] for layer in profile.layers}
    assert len(numbers) == told.submodels
    # The profile is a compile of its own, which writes the same files: those of the run are still there.
    assert len(told.dumps) == 2


def test_the_fallback_order_decides_without_rules(engine):
    told = split(engine, branchy())
    assert (told.submodels, set(told.placed.values())) == (1, {"CPU_SIM"})


def test_what_a_stand_in_lacks_falls_back(engine):
    told = split(engine, branchy(lacks={"CPU_SIM": ("relu", "Add")}))
    described = topology(engine, "demo:branchy", lacks={"CPU_SIM": ("relu", "Add")})
    support = {entry.device: entry for entry in described.support}
    missing = {described.topology.operations[key].type for key in support["CPU_SIM"].missing}
    assert missing == {"Relu", "Add"}
    assert support["CPU"].missing == ()
    expected = resolve(described.topology, devices_in_order("HETERO:CPU_SIM,CPU"), described.support)
    assert [told.placed[entry.raw_name] for entry in described.topology.operations] == list(expected)


def test_a_stand_in_that_lacks_types_cannot_run_the_model_alone(engine):
    told = refused(engine, branchy(device="CPU_SIM", lacks={"CPU_SIM": ("Relu",)}))
    assert "pretends not to support Relu" in told
    assert "HETERO:CPU_SIM,CPU" in told


def test_a_device_that_is_not_here(engine):
    told = refused(engine, branchy(device="HETERO:GPU,CPU"))
    assert told.startswith("GPU cannot be used: ")
    assert "/" not in told.partition(";")[0]
    described = topology(engine, "demo:branchy", devices=("GPU", "CPU"))
    assert [bool(entry.failed) for entry in described.support] == [True, False]
    assert "the device HETERO:GPU,CPU cannot be used here" in refused(
        engine, branchy(device="HETERO:GPU,CPU", splitter="openvino")
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"device": "HETERO"}, "HETERO needs a list"),
        ({"affinities": (AffinityRule(pattern="type:Relu", device="NPU"),)}, "names NPU, which is not in HETERO"),
        ({"affinities": (AffinityRule(pattern="nowhere", device="CPU"),)}, "no operation 'nowhere'"),
        ({"affinities": (AffinityRule(pattern="/(/", device="CPU"),)}, "no regular expression"),
        ({"placements": {"conv_of_another_model": "CPU"}}, "no affinity names an operation of branchy"),
        ({"device": "HETERO:CPU_SIM", "lacks": {"CPU_SIM": ("Relu",)}}, "no device of the list takes"),
        (
            {
                "lacks": {"CPU_SIM": ("Relu",)},
                "affinities": (AffinityRule(pattern="type:Relu", device="CPU_SIM"),),
            },
            "CPU_SIM pretends to lack Relu",
        ),
    ],
)
def test_affinities_that_cannot_be_followed(engine, changes, words):
    assert words in refused(engine, branchy(**changes))


def test_a_half_covering_file_leaves_the_rest_to_the_order_and_tells_strange_names(engine):
    described = topology(engine, "demo:branchy")
    relu = next(entry.raw_name for entry in described.topology.operations if entry.type == "Relu")
    told = split(engine, branchy(placements={relu: "CPU", "elsewhere": "CPU"}))
    assert told.placed[relu] == "CPU"
    assert any(event.code == "affinities" for event in engine.events if isinstance(event, Noticed))
    assert "1 of 2 affinities name operations that the model does not have: elsewhere" in told.note


def test_openvino_splits_by_itself_when_asked(engine):
    told = split(engine, branchy(splitter="openvino"))
    assert (told.submodels, told.placed) == (1, {})
    # One pair for each device it asks in turn.
    assert {dump.kind for dump in told.dumps} >= {"affinity", "submodels"}


def test_affinities_wait_where_they_mean_nothing(engine):
    told = split(engine, branchy(splitter="openvino", affinities=RELUS))
    assert (told.submodels, told.note) == (1, "OpenVINO splits by itself: affinities are left out")
    _, ready = started(engine, branchy(device="CPU", affinities=RELUS))
    _, again = started(engine, branchy(device="CPU"))
    assert (ready.execution_devices, again.kept) == (("CPU",), True)


def test_a_rule_that_names_nothing_is_told(engine):
    rules = (AffinityRule(pattern="/nowhere/", device="CPU"), AffinityRule(pattern="/./", device="CPU"))
    assert split(engine, branchy(affinities=rules)).note == "no operation matches /nowhere/"


def test_types_that_the_model_does_not_have_are_told(engine):
    told = split(engine, branchy(lacks={"CPU_SIM": ("Sofmax",)}))
    assert told.note == "the model has no Sofmax to lack"


def test_a_stand_in_can_be_slower(engine):
    _, told = started(engine, branchy(device_properties={"CPU_SIM": {"INFERENCE_NUM_THREADS": "1"}}))
    rows = {(row.device, row.property): row.effective for row in told.effective}
    assert rows["CPU_SIM", "INFERENCE_NUM_THREADS"] == "1"
    # Registered but not used, its threads are nobody else's.
    _, told = started(engine, branchy(device="CPU", device_properties={"CPU_SIM": {"NUM_STREAMS": "2"}}))
    rows = {(row.device, row.property): row.effective for row in told.effective}
    assert rows["CPU", "NUM_STREAMS"] == "1"


def test_devices_tell_what_they_pretend(engine):
    seen = len(engine.events)
    engine.send(DescribeDevices(stand_ins=("CPU_SIM",), lacks={"CPU_SIM": ("Softmax", "Add")}))
    found = {device.name: device for device in engine.until(DevicesDescribed, seen).devices}
    assert found["CPU_SIM"].state == "stand_in"
    assert "pretends to lack Softmax, Add" in found["CPU_SIM"].full_name


@pytest.mark.parametrize(
    ("device", "hint"), [("MULTI:CPU_SIM,CPU", "THROUGHPUT"), ("AUTO:CPU_SIM,CPU", "CUMULATIVE_THROUGHPUT")]
)
def test_a_device_that_gets_no_requests_is_told(engine, device, hint):
    seen = len(engine.events)
    spec = branchy(device=device, properties={"PERFORMANCE_HINT": hint}, api="async")
    _, ready = started(engine, spec)
    told = engine.until(Noticed, seen, lambda event: event.code == "device_shares")
    assert ready.execution_devices == ("CPU",)
    assert told.text == f"{device}: OpenVINO uses CPU only; CPU_SIM gets no requests"


def test_another_device_is_not_split(engine):
    told = split(engine, spec_of("demo:relu", duration_s=0.0, iterations=0))
    assert (told.submodels, told.dumps) == (0, ())
    assert "does not split" in told.note


def test_bodies_have_dumps_of_their_own(engine, tmp_path):
    path = save_ir(with_branches(), tmp_path / "branches.xml")
    rules = (AffinityRule(pattern="type:Exp", device="CPU"),)
    told = split(engine, spec_of(str(path), affinities=rules, **SPLIT))
    assert (told.submodels, [dump.kind for dump in told.dumps].count("body")) == (2, 4)
    choice = next(entry for entry in topology(engine, path).topology.operations if entry.type == "If")
    assert choice.bodies == 2


def test_names_that_look_like_parts_of_a_dump(engine, tmp_path):
    path = save_ir(nastily_named(), tmp_path / "nasty.xml")
    rules = (AffinityRule(pattern="type:Tanh", device="CPU"),)
    told = split(engine, spec_of(str(path), affinities=rules, **SPLIT), check=True)
    assert set(NASTY) < set(told.placed)
    assert [dump.kind for dump in told.dumps] == ["submodels", "affinity"]
    assert len(told.devices) == told.submodels == 5


def test_a_model_file_with_a_strange_name_is_dumped_all_the_same(engine, tmp_path):
    path = save_ir(nastily_named(), tmp_path / 'a "b" {c}.xml')
    told = split(engine, spec_of(str(path), **SPLIT))
    assert len(told.dumps) == 2
    assert all('"' not in dump.name for dump in told.dumps)


def test_operations_that_share_a_name_are_told_apart(engine, tmp_path):
    path = save_ir(twins(), tmp_path / "twins.xml")
    told = split(engine, spec_of(str(path), placements={"same#2": "CPU"}, **SPLIT))
    assert (told.placed["same"], told.placed["same#2"]) == ("CPU_SIM", "CPU")
    assert told.submodels == 3


def test_states(engine, tmp_path):
    path = save_ir(stateful_model(), tmp_path / "state.xml")
    described = topology(engine, path)
    assert {entry.type for entry in described.topology.operations if entry.variable == "sum"} == {"ReadValue", "Assign"}
    told = split(engine, spec_of(str(path), affinities=(AffinityRule(pattern="/./", device="CPU"),), **SPLIT))
    assert told.submodels == 1
    torn = refused(engine, spec_of(str(path), affinities=(AffinityRule(pattern="type:Assign", device="CPU"),), **SPLIT))
    assert "ReadValue" in torn


def test_a_chain_that_computes_a_shape_is_folded_when_shapes_are_known(engine, tmp_path):
    path = save_ir(shape_chain(), tmp_path / "chain.xml")
    types = [entry.type for entry in topology(engine, path).topology.operations]
    assert "ShapeOf" not in types
    told = split(engine, spec_of(str(path), affinities=(AffinityRule(pattern="flat", device="CPU"),), **SPLIT))
    assert told.submodels == 3


def test_dynamic_shapes_are_split_too(engine, tmp_path):
    path = save_ir(shape_chain((-1, 3, 4)), tmp_path / "dynamic.xml")
    described = topology(engine, path)
    assert described.topology.dynamic
    assert "ShapeOf" in [entry.type for entry in described.topology.operations]
    relu = next(entry for entry in described.topology.operations if entry.type == "Relu")
    assert (relu.shapes, relu.sizes) == (("[?,3,4]",), (0,))


def test_what_comes_out_of_the_cache_was_not_dumped(engine, tmp_path):
    rules = (AffinityRule(pattern="block:block4", device="CPU"),)
    cache = {"CACHE_DIR": str(tmp_path)}
    written = split(engine, branchy(affinities=rules, properties=cache))
    read = split(engine, branchy(affinities=rules, properties={**cache, "INFERENCE_PRECISION_HINT": "f32"}))
    assert (len(written.dumps), len(read.dumps)) == (2, 0)
    assert (written.note, "out of the model cache" in read.note) == ("", True)
    assert read.submodels == written.submodels
    # Other affinities are another model for the cache.
    assert split(engine, branchy(affinities=RELUS, properties=cache)).submodels > read.submodels


def test_what_is_gone_is_told(engine):
    seen = len(engine.events)
    engine.send(DescribeSplit(segment=9_999))
    told = engine.until((SplitDescribed, Failed), seen)
    assert "not compiled any more" in told.what
    assert told.phase == "split"


def test_contestants_are_split_in_the_same_way(engine):
    _, told = started(engine, branchy())
    assert isinstance(told, ConfigurationReady)
    segment, seen = NUMBERS.next(), len(engine.events)
    engine.send(Prepare(segment=segment, spec=branchy(affinities=RELUS)))
    assert isinstance(engine.until((ConfigurationReady, Failed), seen), ConfigurationReady)
    seen = len(engine.events)
    engine.send(DescribeSplit(segment=segment))
    told = engine.until((SplitDescribed, Failed), seen)
    assert (told.segment, len(told.dumps)) == (segment, 2)
    assert told.submodels > 1
    engine.send(Release(segments=(segment,)))


def test_where_results_leave_the_reference_is_found_in_a_split_too(engine):
    """It compiles the model with more outputs, which is another one than what is known by its name."""
    plain = spec_of("demo:branchy", device="CPU", properties={"INFERENCE_PRECISION_HINT": "f32"})
    seen = len(engine.events)
    block = (AffinityRule(pattern="block:block4", device="CPU"),)
    other = branchy(affinities=block, properties={"INFERENCE_PRECISION_HINT": "bf16"})
    segment, told = started(engine, other)
    assert isinstance(told, ConfigurationReady)
    engine.send(FindDivergence(segment=segment, spec=other, against=plain, threshold=1e-9))
    found = engine.until((DivergenceFound, Failed), seen).divergence
    assert len(found.path) > 1, found
    assert found.first is not None
