"""Options about where and in what manner a model runs."""

from __future__ import annotations

from ovexplorer.options.entries import links
from ovexplorer.options.model import AUTO, Choice, Option

OPTIONS: tuple[Option, ...] = (
    Option(
        id="device",
        title="Device",
        group="DEVICE",
        kind="text",
        default="CPU",
        help="Where the model runs. A virtual device combines several: AUTO picks one, HETERO splits the model, "
        "MULTI shares the requests, BATCH groups them.",
        helps="A GPU or NPU takes large models off the CPU; AUTO starts on the CPU while a slower compile goes on.",
        hurts="Every cut of HETERO copies and reorders tensors. One sync request on BATCH:CPU(4) waits for the whole "
        "batching timeout.",
        link=links.DEVICES,
        field="device",
        choices=(
            Choice("CPU", "the processor itself"),
            Choice("GPU", "Intel graphics"),
            Choice("NPU", "neural processing unit of a Core Ultra"),
            Choice("AUTO", "OpenVINO picks; `AUTO:GPU,CPU` gives the order"),
        ),
        flags=("-d", "--device", "--target_device"),
    ),
    Option(
        id="hint",
        title="Hint",
        group="DEVICE",
        kind="choice",
        default="latency",
        unset="none",
        help="The goal you state; the device chooses streams, threads and requests for it.",
        helps="latency: one answer as soon as possible. throughput: as many answers as possible, several at once.",
        hurts="throughput gains nothing with one request in flight: each inference then has a fraction of the threads "
        "and takes longer.",
        link=links.HINTS,
        property="PERFORMANCE_HINT",
        choices=(
            Choice("latency", "one inference at a time, all threads for it", "LATENCY"),
            Choice("throughput", "many in flight, several streams", "THROUGHPUT", ("tput",)),
            Choice(
                "cumulative_throughput",
                "AUTO uses all its devices at once; a CPU treats it as throughput",
                "CUMULATIVE_THROUGHPUT",
                ("cumulative", "ctput"),
            ),
            Choice("none", "no hint: the device's own default"),
        ),
        flags=("-hint", "--hint", "--perf_hint"),
    ),
    Option(
        id="precision",
        title="Precision",
        group="DEVICE",
        kind="choice",
        default=AUTO,
        help="Number format of the maths inside the model; weights and inputs keep theirs.",
        helps="bf16 and f16 halve memory traffic and run fast where there are units for them: AMX tiles, a GPU, the "
        "bf16 units of some CPUs.",
        hurts="Some CPUs that know bf16 have no AMX and no fast unit for it: there it is the default and yet slower "
        "than f32, often by a third or more. Outputs move by about 1e-3. Toggle it and look.",
        link=links.PRECISION,
        property="INFERENCE_PRECISION_HINT",
        choices=(
            Choice(AUTO, "what the device prefers, read back after the compile"),
            Choice("f32", "single precision: the reference"),
            Choice("bf16", "half the bytes, range of f32; fast where the CPU has units for it"),
            Choice("f16", "half the bytes, finer but smaller range; fast on a GPU"),
            Choice("dynamic", "each operation keeps the model's own type"),
        ),
        flags=("-infer_precision", "--infer_precision", "--precision"),
        per_device=True,
    ),
    Option(
        id="mode",
        title="Mode",
        group="DEVICE",
        kind="choice",
        default=AUTO,
        help="Whether the device may trade accuracy for speed where no precision is asked for.",
        helps="accuracy keeps the model's own types; on a CPU that defaults to a slow bf16 it is also faster.",
        hurts="accuracy gives up the half-precision units of GPUs and AMX. An explicit precision wins over it.",
        link=links.PRECISION,
        property="EXECUTION_MODE_HINT",
        choices=(
            Choice(AUTO, "the device's default, which is performance"),
            Choice("performance", "lower precision allowed", "PERFORMANCE"),
            Choice("accuracy", "types of the model kept", "ACCURACY"),
        ),
        flags=("--mode", "--execution_mode"),
    ),
)
