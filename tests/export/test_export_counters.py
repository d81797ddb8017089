import io

from ovexplorer.export.counters import counters_csv
from ovexplorer.export.raw import RawWriter
from ovexplorer.schema.results import LayerTime, Samples
from ovexplorer.text import RawName, clean


def layer(name, status="executed", mean_ns=1_500_000):
    return LayerTime(
        key=1,
        order=0,
        name=clean(name),
        raw_name=RawName(name),
        type=clean("Convolution"),
        primitive=clean("jit"),
        precision="f32",
        input_precisions="f32",
        output_precisions="f32",
        layouts="abcd",
        shapes="[1]",
        status=status,
        mean_ns=mean_ns,
    )


def test_rows_and_total_in_benchmark_apps_format():
    text = counters_csv([layer("a;b"), layer("c", "fused", 0)])
    assert text.splitlines() == [
        "layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms)",
        "a,b;Status.EXECUTED;Convolution;jit;1.500;1.500",
        "c;Status.OPTIMIZED_OUT;Convolution;jit;0.000;0.000",
        "Total;;;;1.500;1.500",
        "",
    ]


def test_a_name_cannot_begin_another_row():
    lines = counters_csv([layer("a\nb\x1b[2J;c"), layer("d", "below_resolution", 0)]).splitlines()
    assert [line.count(";") for line in lines] == [5, 5, 5, 5, 0]
    assert lines[2].startswith("d;Status.NOT_RUN;")
    assert "\x1b" not in "".join(lines)


def test_raw_latencies_with_and_without_the_run():
    samples = Samples(segment=1, start_ns=(10, 20), latency_ns=(5, 6))
    out = io.StringIO()
    RawWriter(out).write(samples)
    assert out.getvalue() == "start_ns,latency_ns\n10,5\n20,6\n"
    out = io.StringIO()
    writer = RawWriter(out, run_column=True)
    writer.write(samples, 2)
    assert out.getvalue() == "run,start_ns,latency_ns\n2,10,5\n2,20,6\n"
    assert writer.count == 2


class FullDisk(io.StringIO):
    def flush(self):
        raise OSError(28, "No space left on device")


def test_a_full_disk_ends_the_raw_latencies_once_and_in_words():
    samples = Samples(segment=1, start_ns=(10,), latency_ns=(5,))
    writer = RawWriter(FullDisk())
    assert writer.write(samples) == "No space left on device"
    assert writer.write(samples) == ""
    assert writer.count == 0
