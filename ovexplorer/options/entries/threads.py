"""Options about streams, threads and cores of a CPU."""

from __future__ import annotations

from ovexplorer.options.entries import links
from ovexplorer.options.model import AUTO, Choice, Option


def yes_no(auto: str, yes: str, no: str) -> tuple[Choice, ...]:
    """The three values of a property that is a switch."""
    return (
        Choice(AUTO, auto),
        Choice("yes", yes, "YES", ("true", "on", "1")),
        Choice("no", no, "NO", ("false", "off", "0")),
    )


OPTIONS: tuple[Option, ...] = (
    Option(
        id="streams",
        title="Streams",
        group="THREADS",
        kind="integer",
        default=AUTO,
        help="Inferences that the device works on at the same time; they share its threads.",
        helps="One stream for latency; several for throughput with as many requests in flight.",
        hurts="More streams than threads are cut down silently; with one request in flight all but one stay idle.",
        link=links.CPU_THREADS,
        property="NUM_STREAMS",
        choices=(
            Choice(AUTO, "from the hint"),
            *(Choice(str(n), f"{n} at the same time") for n in (1, 2, 4, 8, 16)),
        ),
        devices=("CPU", "GPU", "NPU"),
        flags=("-nstreams", "--nstreams", "--number_streams"),
        per_device=True,
    ),
    Option(
        id="threads",
        title="Threads",
        group="THREADS",
        kind="integer",
        default=AUTO,
        help="CPU threads for all streams together.",
        helps="Fewer threads leave cores to the rest of your program, and can be faster on small models.",
        hurts="More than there are cores is cut down silently. Two processes with one pinned thread each may land on "
        "the same core.",
        link=links.CPU_THREADS,
        property="INFERENCE_NUM_THREADS",
        choices=(
            Choice(AUTO, "all allowed cores"),
            *(Choice(str(n), f"{n} threads") for n in (1, 2, 4, 8, 16, 32, 64)),
        ),
        devices=("CPU",),
        flags=("-nthreads", "--nthreads", "--number_threads", "--threads"),
        per_device=True,
    ),
    Option(
        id="pinning",
        title="Pinning",
        group="THREADS",
        kind="boolean",
        default=AUTO,
        help="Whether each thread stays on one core.",
        helps="Pinned threads keep their caches; latency scatters less on a quiet machine.",
        hurts="Pinned processes that do not know of each other choose the same cores and halve their speed; "
        "unpinned ones spread out.",
        link=links.CPU_THREADS,
        property="ENABLE_CPU_PINNING",
        choices=yes_no("the device decides", "each thread on one core", "the system moves them"),
        devices=("CPU",),
        flags=("-pin", "--pin", "--infer_threads_pinning", "--pinning"),
        per_device=True,
    ),
    Option(
        id="hyper_threading",
        title="Hyper-thr.",
        group="THREADS",
        kind="boolean",
        default=AUTO,
        help="Whether both hardware threads of a core are used.",
        helps="yes can help throughput with many streams.",
        hurts="Two threads of one core share its vector units: latency rarely gains. It does nothing on CPUs without "
        "hyper-threading.",
        link=links.CPU_THREADS,
        property="ENABLE_HYPER_THREADING",
        choices=yes_no("the device decides", "both threads of a core", "one thread a core"),
        devices=("CPU",),
        flags=("--hyper_threading", "--hyper-threading"),
        per_device=True,
    ),
    Option(
        id="core_type",
        title="Core type",
        group="THREADS",
        kind="choice",
        default=AUTO,
        help="Which cores of a hybrid CPU may be used.",
        helps="pcore steadies latency: no thread waits for a slow core.",
        hurts="ecore leaves the fast cores idle. On a CPU with one kind of core it changes nothing and reads back as "
        "any.",
        link=links.CPU_THREADS,
        property="SCHEDULING_CORE_TYPE",
        choices=(
            Choice(AUTO, "the device decides from the hint"),
            Choice("any", "all cores", "ANY_CORE"),
            Choice("pcore", "performance cores only", "PCORE_ONLY"),
            Choice("ecore", "efficiency cores only", "ECORE_ONLY"),
        ),
        devices=("CPU",),
        flags=("--core_type", "--core-type"),
        per_device=True,
    ),
    Option(
        id="reservation",
        title="Reserve CPU",
        group="THREADS",
        kind="boolean",
        default=AUTO,
        help="Whether the cores of this model are kept away from other models of the same process.",
        helps="Two models in one process no longer fight for cores.",
        hurts="While such a model lives no other can be compiled if it took all cores, so kept configurations are "
        "dropped first and going back takes a compile.",
        link=links.CPU_THREADS,
        property="ENABLE_CPU_RESERVATION",
        choices=yes_no("the device's default, which is no", "cores kept for this model", "cores shared"),
        devices=("CPU",),
        flags=("--reservation", "--cpu_reservation"),
        per_device=True,
    ),
)
