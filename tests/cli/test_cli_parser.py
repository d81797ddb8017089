import pytest

from ovexplorer.cli.flags import COMMANDS
from ovexplorer.cli.parser import help_text, parse, split_command
from ovexplorer.errors import UsageError

BENCHMARK_APP = [
    *("-m x.xml", "-d CPU", "-hint none", "-niter 5", "-max_irate 3", "-t 5", "-b 2", "-shape [1,2]", "-i a.npy b.npy"),
    *("-data_shape [1,2][1,3]", "-layout [NC]", "-extensions a.so,b.so", "-c k.xml", "-cdir c", "-lfile", "-api async"),
    *("-nireq 4", "-nstreams 2", "-inference_only", "-inference_only false", "-no_warmup", "-infer_precision f32"),
    *("-ip u8", "-op f32", "-iop a:f16,b:f32", "--mean_values [1,2,3]", "--scale_values [1,2,3]", "-nthreads 2"),
    *("-pin YES", "-latency_percentile 90", "-report_type no_counters", "-report_folder out", "-json_stats", "-pc"),
    *("-json_stats true", "-pc false", "-pcsort sort", "-pcseq", "-exec_graph_path g.xml", "-dump_config d.json"),
    *("-load_config l.json", "--path_to_model x.xml", "--target_device CPU", "--perf_hint none", "--time 5"),
    *("--number_iterations 5", "--maximum_inference_rate 3", "--batch_size 2", "--cache_dir c", "--load_from_file"),
    *("--api_type async", "--number_infer_requests 4", "--number_streams 2", "--number_threads 2"),
    *("--infer_threads_pinning NO", "--input_precision u8", "--output_precision f32", "--perf_counts"),
    *("--input_output_precision a:f16", "--perf_counts_sort sort", "--paths_to_input a.npy", "--pcseq"),
    *("--path_to_cldnn_config k.xml", "--report_type no_counters", "--report_folder o", "--exec_graph_path g.xml"),
]


@pytest.mark.parametrize("words", BENCHMARK_APP)
def test_every_flag_of_benchmark_app_is_taken(words):
    line = parse(["bench", *words.split()])
    assert line.words == ()
    assert line.values or line.lists or line.options or line.switches or line.off


@pytest.mark.parametrize(
    "argv", [["bench", "-d", "CPU", "m.xml", "-t", "2"], ["bench", "m.xml"], ["bench", "-pc", "m.xml"]]
)
def test_the_model_may_stand_anywhere(argv):
    assert parse(argv).words == ("m.xml",)


def test_commands_and_flags_before_them():
    assert split_command(["--debug", "bench", "x"]) == ("bench", ["--debug", "x"])
    assert split_command(["x.xml", "bench"]) == ("", ["x.xml", "bench"])
    assert parse(["-m", "bench"]).values["model"] == "bench"


def test_options_come_in_the_order_of_the_catalogue():
    line = parse(["bench", "x", "-nthreads", "2", "-d", "CPU"])
    assert [(option.id, value) for option, value in line.options] == [("device", "CPU"), ("threads", "2")]


def test_yes_no_flags():
    line = parse(["bench", "x", "-pc", "-json_stats", "no", "-pcseq", "true"])
    assert line.switches == {"counters", "per_shape"}
    assert line.off == {"json_stats"}


@pytest.mark.parametrize(
    ("word", "hint"),
    [("-hnit", "-hint"), ("-inputs", "--inputs"), ("--preciison", "--precision"), ("-zzz", "--prop"), ("--json=1", "")],
)
def test_unknown_flags_are_refused_with_the_nearest_one(word, hint):
    with pytest.raises(UsageError) as caught:
        parse(["bench", "x", word, "1"])
    assert hint in caught.value.hint


def test_glued_values_are_understood():
    line = parse(["bench", "x", "-t5", "-dCPU"])
    assert line.values["duration"] == "5"
    assert [value for _, value in line.options] == ["CPU"]


def test_a_flag_without_its_value_is_refused():
    with pytest.raises(UsageError, match="expected one argument"):
        parse(["bench", "-d"])


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_grouped_and_names_every_flag(command):
    text = help_text(command)
    for flag in COMMANDS[command][1]:
        assert flag.spellings[0] in text
    assert "General:" in text
    assert max(map(len, text.splitlines())) <= 160
