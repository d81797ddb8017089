"""Options about how inferences are started: none of them changes what is compiled, except through the request count."""

from __future__ import annotations

from ovexplorer.options.entries import links
from ovexplorer.options.model import AUTO, Choice, Option

OPTIONS: tuple[Option, ...] = (
    Option(
        id="api",
        title="API",
        group="RUN",
        kind="choice",
        default="sync",
        help="Whether one blocking request runs at a time or several are in flight.",
        helps="async with the throughput hint keeps every stream busy. sync gives the latency of one caller.",
        hurts="async latency includes waiting for a free stream, so it grows with requests that have none. On a tiny "
        "model starting and waiting costs more than a blocking call.",
        link=links.GENERAL,
        field="api",
        choices=(
            Choice("sync", "infer(), one at a time"),
            Choice("async", "start_async(), several in flight"),
        ),
        flags=("-api", "--api", "--api_type"),
        recompiles=False,
    ),
    Option(
        id="requests",
        title="Requests",
        group="RUN",
        kind="integer",
        default=AUTO,
        help="Inferences in flight with the async API; auto is what the device calls optimal.",
        helps="As many as there are streams fills the device; one or two more hide the host's own work.",
        hurts="More than that only queue: latency grows in step and throughput does not.",
        link=links.THROUGHPUT,
        field="requests",
        choices=(
            Choice(AUTO, "what the device calls optimal"),
            *(Choice(str(n), f"{n} in flight") for n in (1, 2, 4, 8, 16, 32)),
        ),
        flags=("-nireq", "--nireq", "--number_infer_requests"),
        recompiles=False,
    ),
    Option(
        id="inputs",
        title="Inputs",
        group="RUN",
        kind="choice",
        default="shared",
        help="Whether a request reads your arrays in place or gets a copy before each inference.",
        helps="shared saves the copy, which counts with large images and short inferences.",
        hurts="shared is only right while nobody writes into the array during the inference.",
        link=links.GENERAL,
        field="inputs",
        choices=(
            Choice("shared", "read in place, nothing is copied"),
            Choice("copy", "copied into the request's own tensor before each inference"),
        ),
        flags=("--inputs",),
        recompiles=False,
    ),
    Option(
        id="call",
        title="Call",
        group="RUN",
        kind="choice",
        default="preset",
        help="Whether inputs are set once (write into get_input_tensor() and call infer()) or passed with each call.",
        helps="preset roughly halves the overhead of a Python call: some 10 µs, visible on models under 1 ms.",
        hurts="pass checks and binds every input each time; with large models the difference disappears.",
        link=links.REQUESTS,
        field="call",
        choices=(
            Choice("preset", "inputs set once, infer() without arguments"),
            Choice("pass", "infer(inputs) with each call"),
        ),
        flags=("--call",),
        recompiles=False,
    ),
    Option(
        id="load",
        title="Load",
        group="RUN",
        kind="real",
        default="closed loop",
        help="Starts a second at most. A closed loop starts the next inference as soon as one ends.",
        helps="A fixed rate shows the latency your camera or clients would see, and leaves the machine cooler.",
        hurts="Below the device's speed FPS is the rate you asked for and says nothing about what it could do.",
        link=links.LATENCY,
        field="max_rate_fps",
        choices=(
            Choice("closed loop", "back to back"),
            *(Choice(rate, f"at most {rate} starts a second") for rate in ("5", "10", "15", "25", "30", "60", "120")),
        ),
        flags=("-max_irate", "--max_irate", "--maximum_inference_rate"),
        recompiles=False,
        unit="FPS",
    ),
)
