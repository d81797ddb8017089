from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovexplorer.schema.spec import AffinityRule
from ovexplorer.schema.topology import DeviceSupport
from ovexplorer.tui.glyphs import UNICODE
from ovexplorer.tui.screens import builder_affinity as affinity
from ovexplorer.tui.screens import builder_files as files
from ovexplorer.tui.screens import builder_form as builder
from ovexplorer.tui.screens.builder_figures import device_words, narrow_figures, picture, ticks
from ovexplorer.tui.screens.builder_operations import operation_rows
from ovexplorer.tui.screens.builder_outlook import Outlook, Question, look, supported_count
from ovexplorer.tui.screens.builder_rows import chips_of
from ovexplorer.tui.screens.builder_split_rows import NAMED, REST, rule_rows
from ovexplorer.tui.screens.builder_use import confirmation, refusal
from tests.tui.builder_kit import BOTH, DEVICES, LACKING, RELUS, SMALL, chain, hetero


def form(*rules: str, placements: dict[str, str] | None = None) -> builder.BuilderForm:
    return builder.form_of(hetero(*rules, placements=placements), DEVICES.devices)


def outlook(made: builder.BuilderForm, support: tuple[DeviceSupport, ...] = BOTH) -> Outlook:
    return look(Question(SMALL, made.used, support, made.rules_used, made.placements_used))


def test_a_spec_with_affinities_comes_back_as_it_was():
    spec = hetero("type:Relu=CPU", "a/relu_1=CPU_SIM", lacks=("Relu",), placements={"a/conv_1": "CPU"})
    assert builder.run_spec(builder.form_of(spec, ()), spec) == spec
    assert builder.form_of(spec, ()).who == "rules"


def test_affinities_wait_while_another_kind_or_the_order_decides():
    spec = hetero("type:Relu=CPU", placements={"a/conv_1": "CPU"})
    made = builder.form_of(spec, ())
    for waiting in (builder.with_kind(made, "AUTO"), affinity.with_who(made, "order")):
        asked = builder.run_spec(waiting, spec)
        assert (asked.affinities, asked.placements) == ((), {})
    assert builder.run_spec(builder.with_kind(builder.with_kind(made, "AUTO"), "HETERO"), spec) == spec


@pytest.mark.parametrize(
    ("text", "pattern", "device"),
    [
        ("type:Relu=CPU", "type:Relu", "CPU"),
        (" type:Relu = cpu_sim ", "type:Relu", "CPU_SIM"),
        ("type:Relu", "type:Relu", "CPU"),
        ("/relu_[12]/=CPU", "/relu_[12]/", "CPU"),
        ("/relu=?/", "/relu=?/", "CPU"),
        ("block:a=CPU", "block:a", "CPU"),
        ("range:a/conv_1..a/relu_2=CPU", "range:a/conv_1..a/relu_2", "CPU"),
        ("under:a/relu_1=CPU", "under:a/relu_1", "CPU"),
    ],
)
def test_rules_are_read_as_typed(text, pattern, device):
    rule, said = affinity.parse_rule(form(), SMALL, text)
    assert rule == AffinityRule(pattern=pattern, device=device)
    assert said.endswith(f"to {device}")


def test_a_name_may_hold_the_sign_itself():
    odd = chain(1, ("conv=GPU", "relu"))
    rule, _ = affinity.parse_rule(form(), odd, "conv=GPU")
    assert rule == AffinityRule(pattern="conv=GPU", device="CPU")
    rule, _ = affinity.parse_rule(form(), odd, "conv=GPU=CPU_SIM")
    assert rule == AffinityRule(pattern="conv=GPU", device="CPU_SIM")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a name, /regex/"),
        ("type:Relu=GPU", "GPU is none of CPU_SIM, CPU"),
        ("type:Relu=", "the device is none of"),
        ("nobody=CPU", "the model has no operation 'nobody'"),
        ("/(/=CPU", "/(/ is no regular expression"),
        ("type:Soft=CPU", "no operation matches"),
        ("type:Re=CPU", "no operation matches; type:Relu would"),
        ("block:b=CPU", "no operation matches"),
        ("range:a/conv_1=CPU", "the range"),
        ("\x1b[2J=CPU", "the model has no operation"),
    ],
)
def test_what_is_no_rule_says_why(text, why):
    rule, said = affinity.parse_rule(form(), SMALL, text)
    assert rule is None
    assert said.startswith(why)
    assert "\x1b" not in said


def test_matches_are_counted_while_typing():
    assert affinity.parse_rule(form(), SMALL, "type:Relu=CPU")[1] == "3 operations to CPU"
    assert affinity.parse_rule(form(), SMALL, "a/relu_1")[1] == "1 operation to CPU"
    assert affinity.parse_rule(form(), None, "type:Relu=CPU")[1] == "operations are not known yet"


def test_rules_are_added_moved_stepped_and_removed():
    made = affinity.with_rule(
        affinity.with_who(form("type:Relu=CPU"), "order"), AffinityRule(pattern="x", device="CPU")
    )
    assert made.who == "rules"
    assert [rule.pattern for rule in made.rules] == ["type:Relu", "x"]
    assert [rule.pattern for rule in affinity.moved_rule(made, 1, -1).rules] == ["x", "type:Relu"]
    assert affinity.moved_rule(made, 1, 1) == made
    assert affinity.stepped_rule(made, 0, 1).rules[0].device == "CPU_SIM"
    assert affinity.stepped_rule(made, 0, -1).rules[0].device == "CPU_SIM"
    assert [rule.pattern for rule in affinity.without_rule(made, 0).rules] == ["x"]
    replaced = affinity.with_rule(made, AffinityRule(pattern="type:Relu", device="CPU_SIM"))
    assert [rule.pattern for rule in replaced.rules] == ["x", "type:Relu"]


def test_a_rule_for_a_device_that_is_out_is_a_problem():
    made, _ = builder.toggled(form("type:Relu=CPU_SIM"), "CPU_SIM")
    assert made.problem == "rule 1 sends operations to CPU_SIM, which is not taken in"
    placed, _ = builder.toggled(form(placements={"a/relu_1": "CPU_SIM"}), "CPU_SIM")
    assert placed.problem == "operations are placed on CPU_SIM, which is not taken in"
    assert affinity.with_who(made, "order").problem == ""
    assert affinity.with_who(form(), "file").problem.startswith("no file is read yet")


def test_the_outlook_counts_what_each_rule_names_and_what_is_left():
    told = outlook(form("type:Relu=CPU", "a/relu_1=CPU_SIM"))
    assert [share.keys for share in told.rules] == [RELUS, RELUS[:1]]
    assert told.rest is not None
    assert len(told.rest.keys) == 3
    assert told.prediction is not None
    assert len(told.prediction.split.submodels) == 4
    assert told.named is None


def test_a_rule_that_names_nothing_any_more_is_the_problem():
    told = outlook(form("gone=CPU"))
    assert told.prediction is None
    assert refusal(told) == "rule 1: the model has no operation 'gone'"


def test_rows_say_who_supports_what():
    made = form("type:Relu=CPU_SIM", placements={"a/conv_1": "CPU"})
    rows = rule_rows(made, outlook(made, LACKING), chips_of(made), UNICODE)
    assert [row.key for row in rows] == [REST, 0, NAMED]
    rest, rule, named = rows
    assert (rest.title, rest.matches, rest.chip, rest.device) == ("everything else", "2 ops", "S", "CPU_SIM")
    assert (rule.supported, rule.note, rule.role) == ("CPU_SIM no, CPU yes", "3 not supported", "warn")
    assert (named.title, named.matches, named.device) == ("single operations", "1 op", "CPU")


def test_what_falls_back_is_counted():
    made = form()
    (row,) = rule_rows(made, outlook(made, LACKING), chips_of(made), UNICODE)
    assert (row.title, row.matches, row.device, row.note) == ("everything", "6 ops", "3S 3C", "3 fall back")
    assert row.supported == "CPU_SIM 3 of 6, CPU yes"


def test_rows_without_an_outlook_say_nothing_of_it():
    made = form("type:Relu=CPU")
    rows = rule_rows(made, None, chips_of(made), UNICODE)
    assert [(row.matches, row.supported) for row in rows] == [("—", ""), ("—", "")]


def test_operations_say_which_devices_support_them():
    told = outlook(form(), LACKING)
    rows = operation_rows(told, (RELUS[0], RELUS[0] - 1))
    assert [(row.name, row.device, row.supported) for row in rows] == [
        ("a/relu_1", "CPU", "CPU"),
        ("a/conv_1", "CPU_SIM", "CPU_SIM, CPU"),
    ]
    assert supported_count(SMALL, LACKING[0]) == (3, 6)


def test_an_operation_without_a_device_is_refused_by_name():
    nowhere = (LACKING[0], DeviceSupport(device="CPU", missing=RELUS))
    told = outlook(form(), nowhere)
    assert refusal(told) == ("OpenVINO would refuse it: 3 operations have no device: a/relu_1, a/relu_2, a/relu_3")
    assert operation_rows(told, RELUS[:1])[0].supported == "none of them"
    assert refusal(outlook(form())) == refusal(None) == ""


def test_a_compile_of_many_seconds_is_asked_about():
    assert confirmation(outlook(form())) == confirmation(None) == ""
    many = chain(400)
    rule = (AffinityRule(pattern="type:Relu", device="CPU"),)
    told = look(Question(many, ("CPU_SIM", "CPU"), BOTH, rule))
    assert confirmation(told).startswith("800 submodels take about")


def test_the_picture_shows_devices_in_running_order_as_far_as_there_is_room():
    made = form("type:Relu=CPU")
    told = outlook(made)
    assert told.prediction is not None
    split, chips = told.prediction.split, chips_of(made)
    text = "".join(piece for piece, _ in picture(split, chips, 40, between=" ", old=False))
    assert text == "S C S C S C"
    assert ticks(split, 40, 2) == "0       4"
    short = "".join(piece for piece, _ in picture(split, chips, 20, between="──", old=False))
    assert short == "S──C──S──C──S──C"
    cut = "".join(piece for piece, _ in picture(split, chips, 15, between="──", old=False))
    assert cut == "S──C … 6 in all"
    figures = "".join(piece for piece, _ in narrow_figures(told, old=False))
    assert "6 submodels, 5 cuts, 5.00 MB per inference, compile about 0." in figures


def test_the_command_line_is_about_devices_only():
    words = device_words(hetero("type:Relu=CPU"))
    assert words.startswith("-d HETERO:CPU_SIM,CPU")
    assert "--stand-in CPU_SIM" in words
    assert "-hint" not in words
    assert "demo:branchy" not in words


def test_a_file_decides_once_it_was_read(tmp_path):
    path = tmp_path / "small.affinity.json"
    path.write_text(json.dumps({"a/relu_1": "CPU", "nobody": "CPU_SIM"}))
    read = files.read_file(str(path), SMALL, ("CPU_SIM", "CPU"))
    assert read.problem == ""
    assert any("nobody" in notice for notice in read.notices)
    made = affinity.with_file(form("type:Relu=CPU"), str(path), read.placements, read.notices)
    spec = builder.run_spec(made, hetero())
    assert (spec.affinities, spec.placements) == ((), {"a/relu_1": "CPU", "nobody": "CPU_SIM"})
    assert made.warnings[0] == read.notices[0]
    row = rule_rows(made, outlook(made), chips_of(made), UNICODE)[-1]
    assert (row.matches, row.note) == ("1 op", "from a file")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "is not JSON"),
        ("[]", "holds no object"),
        ('{"a/relu_1": "GPU"}', "GPU"),
        ('{"x": "CPU"}', "another model"),
        ('{"a/relu_1": 3}', "the device of"),
        (None, "No such file"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, content, why):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_text(content)
    assert why in files.read_file(str(path), SMALL, ("CPU_SIM", "CPU")).problem


def test_a_file_for_a_model_not_known_yet_is_checked_for_devices(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"anything": "GPU"}')
    assert "GPU" in files.read_file(str(path), None, ("CPU",)).problem
    assert files.read_file(str(path), None, ("GPU",)).placements == {"anything": "GPU"}


def test_files_are_written_beside_what_is_there_and_read_back():
    told = outlook(form("type:Relu=CPU"))
    assert told.prediction is not None
    placed = told.prediction.split.placed
    name = files.proposed_path(hetero())
    assert name == "branchy.affinity.json"
    assert files.write_files(name, hetero(), SMALL, placed, replace=False) == ""
    assert files.read_file(name, SMALL, ("CPU_SIM", "CPU")).placements["a/relu_1"] == "CPU"
    assert "HETERO:CPU_SIM,CPU" in Path("branchy.affinity.py").read_text()
    assert files.proposed_path(hetero()) == "branchy-2.affinity.json"
    assert files.taken(name) == (
        "enter again replaces branchy.affinity.json and branchy.affinity.py",
        True,
    )
    assert files.write_files(name, hetero(), SMALL, placed, replace=False) == "File exists"
    assert files.write_files(name, hetero(), SMALL, placed, replace=True) == ""


def test_paths_that_nothing_can_be_written_to_are_told(tmp_path):
    for nowhere in ("", str(tmp_path)):
        assert files.taken(nowhere) == ("a file name is needed", False)
    assert files.path_problem(str(tmp_path)) == "a folder: go on typing"
    assert files.path_problem("nothing.json") == "no such file yet"
    told = outlook(form())
    assert told.prediction is not None
    said = files.write_files(
        str(tmp_path / "no" / "a.json"), hetero(), SMALL, told.prediction.split.placed, replace=False
    )
    assert said == "No such file or directory"
