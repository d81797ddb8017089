import json

import pytest

from ovexplorer.cli import config_file
from ovexplorer.cli.parser import parse
from ovexplorer.cli.request import request_of
from ovexplorer.errors import UsageError
from ovexplorer.options.apply import default_spec
from ovexplorer.schema.spec import ModelSpec

TEXT = "{CPU:{INFERENCE_PRECISION_HINT:f32,NUM_STREAMS:3},GPU:{NUM_STREAMS:5}}"


def written(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_simple_file(tmp_path):
    path = written(tmp_path / "c.json", {"CPU": {"NUM_STREAMS": "3", "PERF_COUNT": "NO"}, "GPU": {"X": "1"}})
    spec = request_of(parse(["bench", "m", "-load_config", str(path)])).spec
    assert spec.properties == {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "3", "PERF_COUNT": "NO"}


def test_the_command_line_wins_and_the_files_hint_beats_the_default(tmp_path):
    path = written(tmp_path / "c.json", {"CPU": {"NUM_STREAMS": "3", "PERFORMANCE_HINT": "THROUGHPUT"}})
    spec = request_of(parse(["bench", "m", "-load_config", str(path), "-nstreams", "1"])).spec
    assert spec.properties == {"PERFORMANCE_HINT": "THROUGHPUT", "NUM_STREAMS": "1"}
    assert spec.api == "async"


def test_device_properties_of_a_virtual_device(tmp_path):
    path = written(tmp_path / "c.json", {"AUTO": {"PERFORMANCE_HINT": "THROUGHPUT", "DEVICE_PROPERTIES": TEXT}})
    spec = request_of(parse(["bench", "m", "-d", "AUTO:GPU,CPU", "-load_config", str(path)])).spec
    assert spec.device_properties["CPU"] == {"INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": "3"}
    assert config_file.device_properties_text(config_file.parse_device_properties(TEXT)) == TEXT


def test_dump_can_be_loaded_again(tmp_path):
    spec = request_of(parse(["bench", "m", "-d", "AUTO:GPU,CPU", "-nstreams", "CPU:2,GPU:3"])).spec
    config_file.dump(tmp_path / "d.json", spec)
    again = config_file.load(tmp_path / "d.json", default_spec(ModelSpec(path="m"), "AUTO:GPU,CPU"))
    assert (again.properties, again.device_properties) == (spec.properties, spec.device_properties)


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"CPU": 3}', "[" * 100_000, '{"AUTO": {"DEVICE_PROPERTIES": "CPU"}}']
)
def test_damaged_files_are_usage_errors(tmp_path, content):
    path = written(tmp_path / "c.json", content)
    with pytest.raises(UsageError):
        config_file.load(path, default_spec(ModelSpec(path="m"), "AUTO:CPU"))


def test_a_huge_file_is_refused(tmp_path):
    path = written(tmp_path / "c.json", " " * (config_file.LARGEST_FILE + 1))
    with pytest.raises(UsageError, match="larger"):
        config_file.load(path, default_spec(ModelSpec(path="m")))
