import pytest

from ovexplorer.cli.parser import parse
from ovexplorer.cli.request import request_of
from ovexplorer.errors import UsageError
from ovexplorer.options.apply import default_spec
from ovexplorer.options.command import arguments
from ovexplorer.schema.spec import ModelSpec


def asked(text, command="bench"):
    return request_of(parse([command, *text.split()]))


def test_defaults():
    spec = asked("m.xml").spec
    assert spec.properties == {"PERFORMANCE_HINT": "LATENCY"}
    assert (spec.api, spec.duration_s, spec.iterations) == ("sync", 10.0, 0)


def test_a_pasted_benchmark_app_line():
    request = asked(
        "-m x.onnx -d CPU -hint throughput -nireq 4 -t 5"
        " -pc -report_type average_counters -report_folder out -json_stats"
    )
    assert request.spec.model.path == "x.onnx"
    assert (request.spec.api, request.spec.requests, request.spec.duration_s) == ("async", 4, 5.0)
    assert request.spec.properties == {"PERFORMANCE_HINT": "THROUGHPUT"}
    assert request.counters
    assert request.json_stats
    assert str(request.report_folder) == "out"
    assert any("async" in notice for notice in request.notices)


@pytest.mark.parametrize(
    ("text", "api"),
    [
        ("m -hint throughput", "async"),
        ("m -hint ctput", "async"),
        ("m -hint throughput -api sync", "sync"),
        ("m -hint latency", "sync"),
        ("m -hint latency -nireq 4", "sync"),
        ("m -nireq 4", "async"),
        ("m -nireq 1", "sync"),
        ("m -hint none", "sync"),
    ],
)
def test_api_follows_benchmark_app(text, api):
    assert asked(text).spec.api == api


def test_hint_none_leaves_no_hint():
    assert asked("m -hint none").spec.properties == {}


def test_iterations_replace_the_default_time():
    assert (asked("m -niter 7").spec.duration_s, asked("m -niter 7").spec.iterations) == (0.0, 7)
    assert asked("m -niter 0").compile_only


def test_device_forms_of_a_virtual_device():
    spec = asked("m -d AUTO:GPU,CPU -nstreams CPU:2,GPU:3 -infer_precision CPU:f32 --prop CPU:LOG_LEVEL=LOG_INFO").spec
    assert spec.device_properties == {
        "CPU": {"NUM_STREAMS": "2", "INFERENCE_PRECISION_HINT": "f32", "LOG_LEVEL": "LOG_INFO"},
        "GPU": {"NUM_STREAMS": "3"},
    }


def test_files_map_to_inputs():
    model = asked("-m m -i a:x.npy,y.npy,b:z.bin").spec.model
    assert {entry.name: entry.paths for entry in model.inputs} == {"a": ("x.npy", "y.npy"), "b": ("z.bin",)}
    assert {entry.fill for entry in model.inputs} == {"file"}


def test_types_extensions_and_more():
    spec = asked("m -ip FP16 -op f32 -iop in:0:f16,out:f32 -extensions a.so,b.so -lfile -no_warmup --seed 3").spec
    model = spec.model
    assert model.inputs[0].element_type == "f16"
    assert model.port_types == {"in:0": "f16", "out": "f32"}
    assert (model.output_type, model.extensions, model.compile_from_path) == ("f32", ("a.so", "b.so"), True)
    assert (spec.warm_up, spec.seed) == (False, 3)


def test_what_is_not_done_is_said():
    assert any("not supported" in notice for notice in asked("m -exec_graph_path g.xml").notices)
    assert any("whichever" in notice for notice in asked("m -t 5 -niter 5").notices)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "a -m b",
        "m -t 0",
        "m -t nan",
        "m -t x",
        "m -niter -1",
        "m -niter 1.5",
        "m -latency_percentile 101",
        "m --runs 0",
        "m -pcsort up",
        "m -report_type all",
        "m --prop KEY",
        "m --prop =1",
        "m --prop GPU:KEY=1",
        "m --stand-in CPU.1",
        "m -iop f16",
        "m -op f33",
        "m --fill ghosts",
        "m -nstreams GPU:2",
        "m -load_config /no/such.json",
        "m -pc=perhaps",
    ],
)
def test_wrong_values_are_usage_errors_with_a_hint(text):
    with pytest.raises(UsageError) as caught:
        asked(text)
    assert caught.value.hint


ROUND_TRIPS = [
    "demo:relu",
    "m -d HETERO:CPU_SIM,CPU --stand-in CPU_SIM -infer_precision CPU:f32,CPU_SIM:bf16 --prop CPU:LOG_LEVEL=LOG_INFO",
    "m.xml -hint throughput -nireq 4 -nstreams 2 -nthreads 2 -pin NO --core_type pcore",
    "m.xml -hint throughput -api sync",
    "m.xml -hint none -api async -max_irate 30 --inputs copy --call pass -no_warmup",
    "m.xml -b 4 -shape a[1,3,?,?],b[1..4,2] -data_shape a[1,3,4,4][1,3,8,8],b[1,2] -layout [NCHW] -ip u8",
    "m.xml --mean_values [1,2,3] --scale_values a[2,2,2] --preprocess graph --image_size 480x640 -cdir cache",
    "m.xml -i a:x.npy,b:y.npy -op f16 -iop a:f16 -extensions e.so -lfile --seed 9 -niter 20",
    "m.xml --fill a[ids],b[zeros] --prop SNIPPETS_MODE=DISABLE -t 2.5",
]


@pytest.mark.parametrize("text", ROUND_TRIPS)
def test_the_written_command_line_asks_for_the_same(text):
    spec = asked(text).spec
    assert request_of(parse(["bench", *arguments(spec)])).spec == spec


def test_awkward_names_survive_the_round_trip():
    spec = default_spec(ModelSpec(path="-odd name's.xml"))
    assert request_of(parse(["bench", *arguments(spec), "-niter", "0"])).spec.model.path == "-odd name's.xml"
