import io

import pytest

from ovexplorer.analysis.layer_filter import read_filter
from ovexplorer.analysis.layers import analyse
from ovexplorer.cli.console import Console
from ovexplorer.cli.layers import asked_of, write_counters
from ovexplorer.cli.layers_tables import _KEYS, View, layers_table, print_profile
from ovexplorer.cli.parser import help_text, parse
from ovexplorer.cli.request import _LAYER_SORTS
from ovexplorer.errors import RecordingError, UsageError
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.text import clean
from tests.cli.layers_kit import profile

PEAK = PeakFacts(
    gflops={"f32": 200.0}, gbps=20.0, threads=2, cpu_model=clean("x"), openvino=clean("1"), measured_at="2026"
)


def asked(*words):
    return asked_of(parse(["layers", "demo:relu", *words]))


def rows(view=None, peak=None):
    return layers_table(analyse(profile()), "title", view or View(), peak).rows


def names(view):
    return [row[1] for row in rows(view) if row[1] not in ("listed", "counted", "gap", "latency")]


def printed(view=None, peak=None, **more):
    out = io.StringIO()
    print_profile(Console(out, io.StringIO()), profile(**more), "title", view or View(), peak)
    return out.getvalue()


def test_rows_come_by_time_with_sum_gap_and_latency_below():
    assert names(View())[:2] == ["conv", clean("\x1b[2Jevil[bold]\u202e\nrow")]
    assert len(names(View())) == 4
    assert [(row[1], row[5], row[6]) for row in rows()[-3:]] == [
        ("counted", "900", "90.0 %"),
        ("gap", "100", "10.0 %"),
        ("latency", "1,000", "100 %"),
    ]


def test_what_did_not_run_is_listed_when_asked_for_or_searched():
    assert "relu" not in names(View(sort="order"))
    assert "relu" in names(View(sort="order", everything=True))
    assert names(View(wanted=read_filter("fused"))) == ["relu"]
    assert names(View(sort="executed")) == ["image_abcd_acdb_conv", "conv", names(View())[1]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("type:Conv", ["conv"]),
        (">20%", 2),
        ("!type:Reorder >1%", 2),
        ("/^image/", ["image_abcd_acdb_conv", "image"]),
        ("block:one prec:bf16", ["conv"]),
        ("nothing", []),
    ],
)
def test_the_filter_is_that_of_the_screen(text, found):
    listed = names(View(wanted=read_filter(text)))
    assert (len(listed) if isinstance(found, int) else listed) == found


def test_what_is_listed_is_summed_apart():
    assert [row[5] for row in rows(View(wanted=read_filter("type:Reorder")))][-4:] == ["100", "900", "100", "1,000"]


@pytest.mark.parametrize("sort", _LAYER_SORTS)
def test_any_column_can_be_sorted_by_and_loses_no_row(sort):
    assert sort in _KEYS
    assert sorted(names(View(sort=sort))) == sorted(names(View()))


def test_rates_and_the_roof_are_shown_where_they_are_known():
    table = layers_table(analyse(profile()), "title", View(), PEAK)
    titles = [column.title for column in table.columns]
    assert titles[7:10] == ["GFLOP/s", "GB/s", "of peak"]
    assert table.rows[0][7:10] == ("100", "5.00", "50 % compute")
    assert all(len(row) == len(titles) for row in table.rows)
    assert "f32 200 GFLOP/s, copy 20.0 GB/s, 2 threads" in printed(peak=PEAK)


@pytest.mark.parametrize("group", ["type", "primitive", "precision", "block"])
def test_a_roll_up_replaces_the_rows_and_adds_up(group):
    text = printed(View(group=group))
    assert f"by {group}" in text
    assert "layer " not in text.splitlines()[1]
    assert next(line.split()[1:3] for line in text.splitlines() if line.startswith("counted")) == ["4", "900"]


def test_the_gap_the_overhead_and_the_reorders_are_explained():
    text = printed(overhead=(0.01, 0.0, 0.02))
    assert "whole microseconds can hide 20.0 µs" in text
    assert "counting costs +1 % of the latency" in text
    assert "1 Reorders, 100 µs" in text
    assert "model input" in text
    assert "convolution as batches of small matrix products" in text


def test_layers_that_also_change_the_layout_are_listed_with_the_reorders():
    assert "also change the layout" not in printed()
    text = printed(View(reorders=True))
    (head,) = [at for at, line in enumerate(text.splitlines()) if "also change the layout" in line]
    assert "acdb → abcd" in text.splitlines()[head + 2]


def test_names_of_a_model_reach_the_terminal_clean():
    text = printed(View(everything=True))
    assert not any(character in text for character in "\x1b\u202e\r")
    assert "evil[bold]" in text


def test_flags_become_what_is_asked(tmp_path):
    found = asked("--group", "block", "--filter", "type:Conv >1%", "--all", "--reorders", "--peak", "-t", "3")
    assert (found.view.group, found.view.everything, found.view.reorders, found.peak) == ("block", True, True, True)
    assert len(found.view.wanted.tests) == 2
    assert (found.spec.duration_s, found.other, found.against) == (3.0, None, None)
    assert asked().spec.duration_s == 0


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--group", "colour"], "--group: 'colour' is not a choice"),
        (["--sort", "colour"], "--sort"),
        (["--filter", "/conv(/"], "--filter: "),
        (["--against", "precison=f32"], "--against: there is no option precison"),
        (["--against", "precision"], "is not KEY=VALUE"),
        (["--against", "precision=f32", "--group", "type"], "--group rolls one profile up"),
        (["--against", "nowhere.ovx"], "nowhere.ovx"),
    ],
)
def test_what_cannot_be_used_is_refused(words, what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((UsageError, RecordingError)) as caught:
        asked(*words)
    assert what in caught.value.what
    assert caught.value.hint


def test_the_help_names_every_flag():
    text = help_text("layers")
    assert all(flag in text for flag in ("--against", "--filter", "--group", "--peak", "--reorders", "--all", ">1%"))


def test_counters_are_written_as_benchmark_app_does(tmp_path):
    write_counters(tmp_path / "c.csv", profile())
    lines = (tmp_path / "c.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms)"
    assert lines[3] == "conv;Status.EXECUTED;Convolution;brgconv_avx512_bf16;0.500;0.500"
    assert lines[-2:] == ["Total;;;;0.900;0.900", ""]
