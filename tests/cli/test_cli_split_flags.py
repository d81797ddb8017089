import json
import shlex

import msgspec
import pytest

from ovexplorer.cli.hetero import with_device
from ovexplorer.cli.parser import parse
from ovexplorer.cli.request import request_of
from ovexplorer.cli.sides import side_of
from ovexplorer.cli.split_flags import stand_ins_of
from ovexplorer.errors import UsageError
from ovexplorer.options.affinities import MOST_WRITTEN
from ovexplorer.options.command import affinity_file_name, arguments, same_as
from ovexplorer.schema.spec import AffinityRule

SPLIT = "m.xml -d HETERO:CPU_SIM,CPU --stand-in CPU_SIM"


def asked(text, command="bench"):
    return request_of(parse([command, *shlex.split(text)]))


def refused(text):
    with pytest.raises(UsageError) as caught:
        asked(text)
    assert caught.value.hint
    return caught.value.what


def test_a_stand_in_with_all_its_parts():
    spec = asked("m -d HETERO:CPU_SIM,CPU --stand-in CPU_SIM:no=Softmax,Add:threads=1").spec
    assert (spec.stand_ins, spec.lacks) == (("CPU_SIM",), {"CPU_SIM": ("Softmax", "Add")})
    assert spec.device_properties == {"CPU_SIM": {"INFERENCE_NUM_THREADS": "1"}}


def test_a_stand_in_without_cpu_in_its_name_is_renamed_everywhere():
    request = asked("m -d HETERO:SIM,CPU --stand-in SIM -nstreams SIM:2,CPU:1 --prop SIM:LOG_LEVEL=X --affinity a=SIM")
    spec = request.spec
    assert (spec.device, spec.stand_ins) == ("HETERO:CPU_SIM,CPU", ("CPU_SIM",))
    assert spec.device_properties["CPU_SIM"] == {"NUM_STREAMS": "2", "LOG_LEVEL": "X"}
    assert spec.affinities == (AffinityRule(pattern="/a/", device="CPU_SIM"),)
    assert any("SIM is called CPU_SIM" in notice for notice in request.notices)


def test_threads_of_a_stand_in_that_is_the_whole_device():
    spec = asked("m -d CPU_SIM --stand-in CPU_SIM:threads=1").spec
    assert spec.properties["INFERENCE_NUM_THREADS"] == "1"


def test_a_stand_in_that_is_not_used_is_said():
    request = asked("m --stand-in CPU_SIM:threads=1")
    assert any("CPU_SIM is not used" in notice for notice in request.notices)
    assert request.spec.device_properties == {}


def test_hetero_puts_stand_ins_first_when_no_device_is_named():
    spec = request_of(with_device(parse(["hetero", "m", "--stand-in", "sim:no=Add"]))).spec
    assert (spec.device, spec.lacks) == ("HETERO:CPU_SIM,CPU", {"CPU_SIM": ("Add",)})


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("relu", "/relu/"),
        ("/relu[12]$/", "/relu[12]$/"),
        ("type:Relu", "type:Relu"),
        ("block:layer3", "block:layer3"),
        ("range:a..b", "range:a..b"),
        ("under:a", "under:a"),
        ("name:conv=1", "conv=1"),
        ("/model.0/conv/Conv", "//model.0/conv/Conv/"),
    ],
)
def test_patterns(written, pattern):
    assert asked(f"{SPLIT} --affinity '{written}=CPU'").spec.affinities == (
        AffinityRule(pattern=pattern, device="CPU"),
    )


def test_rules_keep_their_order_and_single_placements_stand_apart():
    spec = asked(f"{SPLIT} --affinity type:Add=CPU --affinity '=conv=1=CPU_SIM' --affinity a=CPU_SIM").spec
    assert [rule.pattern for rule in spec.affinities] == ["type:Add", "/a/"]
    assert spec.placements == {"conv=1": "CPU_SIM"}


def test_an_affinity_file(tmp_path):
    path = tmp_path / "f.json"
    path.write_text(json.dumps({"relu": "SIM", "conv": "CPU"}))
    spec = asked(f"m -d HETERO:SIM,CPU --stand-in SIM --affinity-file {path} --affinity '=conv=SIM'").spec
    assert spec.placements == {"relu": "CPU_SIM", "conv": "CPU_SIM"}


@pytest.mark.parametrize("content", [b"[]", b"{", b'{"a": 1}', b"\xff\xfe{}", b'{"a": "CPU", "a": "CPU_SIM"}', b"{}"])
def test_a_wrong_affinity_file(tmp_path, content):
    path = tmp_path / "f.json"
    path.write_bytes(content)
    assert "f.json" in refused(f"{SPLIT} --affinity-file {path}")


def test_a_file_of_affinities_that_is_not_there_or_too_large(tmp_path, monkeypatch):
    assert "cannot be read" in refused(f"{SPLIT} --affinity-file {tmp_path}/none.json")
    assert "cannot be read" in refused(f"{SPLIT} --affinity-file {tmp_path}")
    path = tmp_path / "large.json"
    path.write_text('{"a": "CPU"}')
    monkeypatch.setattr("ovexplorer.cli.split_flags.LARGEST_FILE", 2)
    assert "too large" in refused(f"{SPLIT} --affinity-file {path}")


@pytest.mark.parametrize(
    "text",
    [
        "m --stand-in CPU",
        "m --stand-in :no=Add",
        "m --stand-in CPU_SIM:no=",
        "m --stand-in CPU_SIM:no=A-B",
        "m --stand-in CPU_SIM:threads=0",
        "m --stand-in CPU_SIM:threads=99999999",
        "m --stand-in CPU_SIM:slow",
        "m --stand-in CPU_SIM --stand-in SIM",
        f"{SPLIT} --affinity relu",
        f"{SPLIT} --affinity =CPU",
        f"{SPLIT} --affinity '(=CPU'",
        f"{SPLIT} --affinity relu=NPU",
        f"{SPLIT} --affinity relu=",
        f"{SPLIT} --splitter mine",
        f"{SPLIT} --splitter openvino --affinity relu=CPU",
        "m --affinity relu=CPU",
    ],
)
def test_what_cannot_be_split_so(text):
    assert refused(text)


def test_a_side_that_does_not_split_leaves_affinities_out():
    line = parse(["ab", *shlex.split(f'{SPLIT} --affinity relu=CPU --a "device=CPU" --b "precision=f32"')])
    assert side_of(line, "a").spec.affinities == ()
    assert len(side_of(line, "b").spec.affinities) == 1


def test_sides_may_be_split_each_in_its_own_way(tmp_path):
    path = tmp_path / "f.json"
    path.write_text('{"conv": "CPU_SIM"}')
    a = "splitter=openvino"
    b = f"affinity=type:Relu=CPU,affinity=relu1=CPU_SIM,affinity_file={path},precision=f32"
    line = parse(["ab", *shlex.split(SPLIT), "--a", a, "--b", b])
    assert (side_of(line, "a").spec.splitter, side_of(line, "a").spec.affinities) == ("openvino", ())
    spec = side_of(line, "b").spec
    assert [rule.pattern for rule in spec.affinities] == ["type:Relu", "/relu1/"]
    assert spec.placements == {"conv": "CPU_SIM"}
    assert spec.properties["INFERENCE_PRECISION_HINT"] == "f32"


def test_a_side_may_have_a_stand_in_of_its_own():
    line = parse(["ab", "m", "--a", "device=CPU", "--b", "device=HETERO:SIM,CPU,stand_in=SIM:no=Add,Softmax"])
    spec = side_of(line, "b").spec
    assert (spec.device, spec.lacks) == ("HETERO:CPU_SIM,CPU", {"CPU_SIM": ("Add", "Softmax")})
    assert side_of(line, "a").spec.stand_ins == ()


def test_devices_take_stand_ins_with_what_they_lack():
    found = stand_ins_of(parse(["devices", "--stand-in", "sim:no=Add,Softmax"]))
    assert (found.names, found.lacks) == (("CPU_SIM",), {"CPU_SIM": ("Add", "Softmax")})


ROUND_TRIPS = [
    "m -d HETERO:CPU_SIM,CPU --stand-in CPU_SIM:no=Softmax,Add:threads=2",
    "m -d CPU_SIM --stand-in CPU_SIM:threads=1",
    f"{SPLIT} --affinity 'a b=CPU' --affinity type:Add=CPU_SIM --affinity name:x=CPU --affinity '=-y=z=CPU'",
    f"{SPLIT} --splitter openvino",
]


@pytest.mark.parametrize("text", ROUND_TRIPS)
def test_the_written_command_line_asks_for_the_same(text):
    spec = asked(text).spec
    assert request_of(parse(["bench", *arguments(spec)])).spec == spec
    assert request_of(parse(shlex.split(same_as(spec))[1:])).spec == spec


def test_many_placements_are_a_file():
    spec = asked(SPLIT).spec
    spec = msgspec.structs.replace(spec, placements={f"op{number}": "CPU" for number in range(MOST_WRITTEN + 1)})
    words = arguments(spec)
    assert words[words.index("--affinity-file") + 1] == affinity_file_name(spec) == "m.affinity.json"
    assert not any(word.startswith("--affinity=") for word in words)
