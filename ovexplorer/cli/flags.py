"""The flags of benchmark_app that are no option of the catalogue, and our own: declared once, used by the parser.

benchmark_app spells long flags with one dash. Every one it has is here or in the catalogue, so a command line can be
pasted with only its first word changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Takes = Literal["nothing", "value", "values", "maybe"]


@dataclass(frozen=True)
class Flag:
    """One flag that is no option of the catalogue."""

    name: str
    """Attribute that the parser fills."""
    spellings: tuple[str, ...]
    group: str
    """Heading in the help."""
    help: str
    takes: Takes = "value"
    """`maybe` stands for yes and no, where the flag alone means yes; `values` for several, repeated or not."""
    metavar: str = "VALUE"


MODEL = "Model and inputs"
RUN = "The run"
OUTPUT = "What is written"
COUNTERS = "Counters, as benchmark_app has them"
GENERAL = "General"

MODEL_FLAGS = (
    Flag(
        "model", ("-m", "--model", "--path_to_model"), MODEL, "the model, instead of naming it first", "value", "MODEL"
    ),
    Flag(
        "files",
        ("-i", "--paths_to_input"),
        MODEL,
        "files or folders for the inputs: .npy, .bin, images; `name:file,file` maps them",
        "values",
        "FILE",
    ),
    Flag("fill", ("--fill",), MODEL, "how inputs are filled: auto normal ids ones zeros, or `name[ids]`"),
    Flag("output_type", ("-op", "--output_precision"), MODEL, "element type of all outputs", "value", "TYPE"),
    Flag("port_types", ("-iop", "--input_output_precision"), MODEL, "element types by name: `input:f16,output:f32`"),
    Flag("extensions", ("-extensions", "--extensions"), MODEL, "libraries with extra operations", "value", "FILES"),
    Flag("from_file", ("-lfile", "--load_from_file"), MODEL, "compile the file without reading it first", "maybe"),
    Flag(
        "stand_in",
        ("--stand-in",),
        MODEL,
        "register the CPU plugin again under a name such as CPU_SIM; :no=Softmax,Add pretends to lack types, "
        ":threads=1 slows it down",
        "values",
        "NAME",
    ),
    Flag(
        "affinity",
        ("--affinity",),
        MODEL,
        "with HETERO: operations that match run on a device; REGEX, type:T, block:B, range:A..B or under:A; "
        "later ones win",
        "values",
        "PATTERN=DEVICE",
    ),
    Flag(
        "affinity_file",
        ("--affinity-file",),
        MODEL,
        "with HETERO: device by operation name as JSON; wins over --affinity",
        "value",
        "FILE",
    ),
    Flag("splitter", ("--splitter",), MODEL, "who splits for HETERO: ours (default) or openvino", "value", "WHO"),
    Flag("prop", ("--prop",), MODEL, "any other property: KEY=VALUE, or DEVICE:KEY=VALUE", "values", "KEY=VALUE"),
    Flag("seed", ("--seed",), MODEL, "seed of the random inputs", "value", "NUMBER"),
    Flag("load_config", ("-load_config", "--load_config"), MODEL, "properties from a JSON file", "value", "FILE"),
)

RUN_FLAGS = (
    Flag(
        "duration",
        ("-t", "--duration", "--time"),
        RUN,
        "seconds of counted time; 10 unless -niter is given",
        "value",
        "S",
    ),
    Flag("iterations", ("-niter", "--iterations", "--number_iterations"), RUN, "counted inferences; 0 compiles only"),
    Flag("no_warm_up", ("-no_warmup", "--no_warmup"), RUN, "count from the very first inference", "nothing"),
    Flag(
        "inference_only",
        ("-inference_only", "--inference_only"),
        RUN,
        "no: fill the inputs before each inference",
        "maybe",
    ),
)

BENCH_FLAGS = (
    Flag("runs", ("--runs",), RUN, "repeat in so many fresh engines; gives the interval between runs", "value", "N"),
    Flag("until_stable", ("--until-stable",), RUN, "go on until the result is valid, at most six times -t", "nothing"),
    Flag(
        "find_rate",
        ("--find-rate",),
        RUN,
        "search the highest rate of --load (poisson) with p99 under so many ms; -t is the time for all trials",
        "value",
        "MS",
    ),
    Flag("rate_percentile", ("--percentile",), RUN, "the percentile of --find-rate instead of 99", "value", "P"),
    Flag("require_valid", ("--require-valid",), RUN, "exit code 5 when the result is not valid", "nothing"),
    Flag("json", ("--json",), OUTPUT, "the result as JSON on stdout", "nothing"),
    Flag("trace", ("--trace",), OUTPUT, "single requests with their stages, as Chrome trace JSON", "value", "FILE"),
    Flag("raw", ("--raw",), OUTPUT, "every latency with its start time, as CSV", "value", "FILE"),
    Flag("record", ("--record",), OUTPUT, "the stream of events, for `ovexplorer replay`", "value", "FILE"),
    Flag(
        "percentile",
        ("-latency_percentile", "--latency_percentile"),
        OUTPUT,
        "one more percentile, 1 to 100",
        "value",
        "P",
    ),
    Flag("dump_config", ("-dump_config", "--dump_config"), OUTPUT, "the properties as a JSON file", "value", "FILE"),
    Flag("counters", ("-pc", "--perf_counts"), COUNTERS, "also print the time of each layer", "maybe"),
    Flag(
        "counters_sort",
        ("-pcsort", "--perf_counts_sort"),
        COUNTERS,
        "sort (by time), no_sort, simple_sort (executed ones in order)",
    ),
    Flag("per_shape", ("-pcseq", "--pcseq"), COUNTERS, "one line of latencies for each data shape", "maybe"),
    Flag(
        "report_type", ("-report_type", "--report_type"), COUNTERS, "no_counters, average_counters, detailed_counters"
    ),
    Flag(
        "report_folder",
        ("-report_folder", "--report_folder"),
        COUNTERS,
        "where benchmark_report.csv goes",
        "value",
        "DIR",
    ),
    Flag("json_stats", ("-json_stats", "--json_stats"), COUNTERS, "write the report as JSON", "maybe"),
    Flag(
        "exec_graph", ("-exec_graph_path", "--exec_graph_path"), COUNTERS, "accepted; not written yet", "value", "FILE"
    ),
    Flag(
        "gpu_kernels",
        ("-c", "--path_to_cldnn_config"),
        COUNTERS,
        "GPU kernels file, passed as CONFIG_FILE",
        "value",
        "FILE",
    ),
)

LAYERS_FLAGS = (
    Flag("json", ("--json",), OUTPUT, "the profile as JSON on stdout", "nothing"),
    Flag("csv", ("--csv",), OUTPUT, "the rows as CSV, in benchmark_app's format", "value", "FILE"),
    Flag(
        "sort",
        ("--sort",),
        OUTPUT,
        "time (default), order, or any column: name type primitive precision layout shape block status error flop "
        "bytes gflops gbps peak",
    ),
    Flag("group", ("--group",), OUTPUT, "roll rows up by type, primitive, precision or block"),
    Flag(
        "filter",
        ("--filter",),
        OUTPUT,
        "rows to list, as in the layers screen: words, /regex/, type:Conv, >1%, >0.5ms, !f32",
        "value",
        "TEXT",
    ),
    Flag("all", ("--all",), OUTPUT, "also list what did not run: fused, optimised out", "nothing"),
    Flag(
        "reorders",
        ("--reorders",),
        OUTPUT,
        "every Reorder with its cause; with HETERO also those that CPU alone does not need",
        "nothing",
    ),
    Flag("peak", ("--peak",), RUN, "measure what this machine reaches, and judge layers by it", "nothing"),
    Flag(
        "against",
        ("--against",),
        RUN,
        "compare with the same model under other options, as --b of ab, or with a recording (.ovx)",
        "values",
        "KEY=VALUE,…",
    ),
    Flag("record", ("--record",), OUTPUT, "the stream of events, for `ovexplorer replay`", "value", "FILE"),
)

HETERO_FLAGS = (
    Flag("json", ("--json",), OUTPUT, "the split with its costs as JSON on stdout", "nothing"),
    Flag("all", ("--all",), OUTPUT, "every row of every table", "nothing"),
    Flag("dump_dir", ("--dump-dir",), OUTPUT, "keep the .dot files that HETERO writes there", "value", "DIR"),
    Flag(
        "write_affinity",
        ("--write-affinity",),
        OUTPUT,
        "the affinities of the best split as JSON, with the Python program that applies them beside it",
        "value",
        "FILE",
    ),
    Flag("record", ("--record",), OUTPUT, "the stream of events, for `ovexplorer replay`", "value", "FILE"),
    Flag("improve", ("--improve",), RUN, "try better splits, each in turns with the best before it", "nothing"),
    Flag("budget", ("--budget",), RUN, "seconds for --improve; 60 by default", "value", "S"),
)

GRAPH = "What is shown"

GRAPH_FLAGS = (
    Flag("view", ("--view",), GRAPH, "submodels, lanes or outline, instead of all that is known"),
    Flag(
        "find",
        ("--find",),
        GRAPH,
        "list what matches: words, /regex/, type:Conv, dev:CPU, sub:4, prec:f32, >0.1ms",
        "value",
        "QUERY",
    ),
    Flag("select", ("--select",), GRAPH, "only what matches, with its neighbours", "value", "QUERY"),
    Flag("hops", ("--hops",), GRAPH, "how far neighbours come along with --select; 1 by default", "value", "N"),
    Flag("submodel", ("--submodel",), GRAPH, "only one submodel", "value", "N"),
    Flag("constants", ("--constants",), GRAPH, "constants as nodes of their own", "nothing"),
    Flag("runtime", ("--runtime",), GRAPH, "the layers of the compiled model with their times", "nothing"),
    Flag("max", ("--max",), GRAPH, "rows of a table; 30 by default, 0 lists all", "value", "N"),
    Flag("plain", ("--plain",), GRAPH, "tables, also where the TUI could show it", "nothing"),
    Flag("json", ("--json",), OUTPUT, "the graph as JSON on stdout", "nothing"),
    Flag("svg", ("--svg",), OUTPUT, "a drawing; - is stdout, here and below", "value", "OUT"),
    Flag("html", ("--html",), OUTPUT, "a page with search and details that needs nothing else", "value", "OUT"),
    Flag("png", ("--png",), OUTPUT, "a picture, of up to 1,000 nodes", "value", "OUT"),
    Flag("pdf", ("--pdf",), OUTPUT, "a document of as many pages as it takes", "value", "OUT"),
    Flag("dot", ("--dot",), OUTPUT, "valid Graphviz", "value", "OUT"),
    Flag("mermaid", ("--mermaid",), OUTPUT, "Mermaid, of up to 150 nodes", "value", "OUT"),
    Flag("drawn_by", ("--drawn-by",), OUTPUT, "who draws SVG and PDF: auto (default), dot or own"),
    Flag("force", ("--force",), OUTPUT, "replace files that are there", "nothing"),
)

COMPARING = "The comparison"

AB_FLAGS = (
    Flag(
        "a",
        ("--a",),
        COMPARING,
        "what side A has: options by id, PROPERTY=VALUE or model=FILE, comma separated",
        "values",
        "KEY=VALUE,…",
    ),
    Flag("b", ("--b",), COMPARING, "the same for side B; may be repeated, as --a", "values", "KEY=VALUE,…"),
    Flag("metric", ("--metric",), COMPARING, "latency or throughput; by default what the API is good for"),
    Flag("budget", ("--budget",), COMPARING, "seconds for the turns, at most; 20 by default", "value", "S"),
    Flag("no_drift", ("--no-drift",), COMPARING, "do not compare outputs with the f32 reference", "nothing"),
    Flag("no_warm_up", ("-no_warmup", "--no_warmup"), COMPARING, "count from the very first inference", "nothing"),
    Flag("json", ("--json",), OUTPUT, "the comparison as JSON on stdout", "nothing"),
    Flag("record", ("--record",), OUTPUT, "the stream of events, for `ovexplorer replay`", "value", "FILE"),
)

LADDER_FLAGS = (
    Flag("kind", ("--kind",), COMPARING, "tricks (default), slower (the costs of an application), startup"),
    Flag("budget", ("--budget",), COMPARING, "seconds for the turns of one step, at most; 8 by default", "value", "S"),
    Flag("runs", ("--runs",), COMPARING, "starts of each kind with --kind startup; 3 by default", "value", "N"),
    Flag("json", ("--json",), OUTPUT, "the ladder as JSON on stdout", "nothing"),
    Flag("csv", ("--csv",), OUTPUT, "the steps as CSV", "value", "FILE"),
    Flag("record", ("--record",), OUTPUT, "the stream of events, for `ovexplorer replay`", "value", "FILE"),
)

TUI_FLAGS = (Flag("record", ("--record",), OUTPUT, "the stream of events, for `ovexplorer replay`", "value", "FILE"),)

DEVICES_FLAGS = (
    Flag("device", ("-d", "--device"), "Devices", "show every property of one", "value", "NAME"),
    Flag(
        "stand_in",
        ("--stand-in",),
        "Devices",
        "register the CPU plugin again under a name; NAME:no=Softmax,Add pretends to lack types",
        "values",
        "NAME",
    ),
    Flag("json", ("--json",), OUTPUT, "devices with properties as JSON on stdout", "nothing"),
)

DOCTOR_FLAGS = (
    Flag("seconds", ("--seconds",), "Doctor", "how long to look, up to 5; 1 unless given", "value", "S"),
    Flag("json", ("--json",), OUTPUT, "findings and facts as JSON on stdout", "nothing"),
)

REPLAY_FLAGS = (
    Flag("speed", ("--speed",), "Replay", "how fast: 1 is as recorded", "value", "N"),
    Flag("json", ("--json",), OUTPUT, "the document of `bench`, computed from the recording", "nothing"),
)

GENERAL_FLAGS = (
    Flag("help", ("-h", "--help"), GENERAL, "show this", "nothing"),
    Flag("debug", ("--debug",), GENERAL, "show details and tracebacks of errors", "nothing"),
    Flag("no_color", ("--no-color",), GENERAL, "no colours", "nothing"),
    Flag("ascii", ("--ascii",), GENERAL, "only ASCII signs", "nothing"),
)

COMMANDS: dict[str, tuple[str, tuple[Flag, ...]]] = {
    "": ("[MODEL] [options]", (*MODEL_FLAGS, *RUN_FLAGS, *BENCH_FLAGS)),
    "bench": ("MODEL [options]", (*MODEL_FLAGS, *RUN_FLAGS, *BENCH_FLAGS)),
    "ab": ("MODEL --a KEY=VALUE,… --b KEY=VALUE,… [options]", (*MODEL_FLAGS, *AB_FLAGS)),
    "ladder": ("MODEL [--kind KIND] [options]", (*MODEL_FLAGS, *LADDER_FLAGS)),
    "layers": ("MODEL [options]", (*MODEL_FLAGS, *RUN_FLAGS, *LAYERS_FLAGS)),
    "hetero": ("MODEL|FILE.dot -d HETERO:A,B [options]", (*MODEL_FLAGS, *RUN_FLAGS, *HETERO_FLAGS)),
    "graph": ("FILE.dot|FILE.xml|FOLDER|MODEL [options]", (*MODEL_FLAGS, *RUN_FLAGS, *GRAPH_FLAGS)),
    "devices": ("[-d NAME] [--json]", DEVICES_FLAGS),
    "doctor": ("[MODEL] [options] [--json]", (*MODEL_FLAGS, *RUN_FLAGS, *DOCTOR_FLAGS)),
    "replay": ("FILE [--speed N] [--json]", REPLAY_FLAGS),
}
"""Usage and flags by command; the empty name is the TUI. A command with MODEL takes the catalogue's options too."""

SUMMARIES = {
    "": "Measure OpenVINO models live in the terminal, or headless when stdout is no terminal.",
    "bench": "Measure one model once and print the result.",
    "ab": "Compare two configurations, or two models, in turns.",
    "ladder": "Try one trick after another, each in turns with the first bar.",
    "layers": "Count the time of each layer, with roll-ups and Reorders.",
    "hetero": "Show what a split over devices costs, cut by cut, and look for a better one.",
    "graph": "Show a dump, any Graphviz file, an execution graph or a model as a graph, or write it.",
    "devices": "List devices, whether they work here, and their properties.",
    "doctor": "Say what in this machine or container can spoil figures.",
    "replay": "Show a recording again, or compute its result.",
}
