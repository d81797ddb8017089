"""Rules about requests, streams, inputs and the host around the inference."""

from __future__ import annotations

import msgspec

from ovexplorer import units
from ovexplorer.analysis.advice.model import Evidence, Fact, Finding, NotTold, Outcome, Passed, Rule, Try, level_of
from ovexplorer.analysis.advice.rules_moves import with_property
from ovexplorer.analysis.request_advice import FEWEST, advice_on
from ovexplorer.options.apply import describe_change
from ovexplorer.options.entries import links
from ovexplorer.schema.spec import RunSpec

HOST_SHARE = 0.05
_HINT = "PERFORMANCE_HINT"


def more_requests_than_streams(evidence: Evidence) -> Outcome:
    """Requests in flight beyond the streams only wait."""
    spec, requests, streams = evidence.spec, evidence.requests, evidence.streams
    if spec.api == "sync" or spec.load != "closed":
        return Passed("more_requests_than_streams", "no request waits for a stream")
    if not streams:
        return NotTold("more_requests_than_streams", "the device does not tell its streams")
    if requests <= streams:
        return Passed("more_requests_than_streams", f"{requests} requests fit {streams} streams")
    waits = evidence.latency_ns * (1 - streams / requests)
    tried = msgspec.structs.replace(spec, requests=streams)
    return Finding(
        "more_requests_than_streams",
        "look",
        f"{requests} requests share {streams} {'stream' if streams == 1 else 'streams'}",
        "those without a stream wait, and count it as latency",
        waits,
        (
            Fact("requests", str(requests), "in flight"),
            Fact("streams", str(streams), "work at once"),
            Fact("latency", units.duration(evidence.latency_ns), "with the waiting in it"),
        ),
        "As many requests as streams keep all of them busy. More help only where the host needs time between "
        "inferences, and make every request wait.",
        (Try(f"{streams} requests", tried, waits, "estimate", "nothing waits for a stream"),),
        links.THROUGHPUT,
        "timeline",
        "",
        f"{requests} requests on {streams} streams: fewer are not faster",
    )


def hint_against_api(evidence: Evidence) -> Outcome:
    """Streams made for many requests, and one blocking caller; or many requests and one stream."""
    spec, streams = evidence.spec, evidence.streams
    hint = spec.properties.get(_HINT, "").upper()
    if spec.api == "sync" and streams > 1:
        tried = with_property(with_property(spec, "NUM_STREAMS", ""), _HINT, "LATENCY")
        return Finding(
            "hint_against_api",
            "bad",
            f"One caller uses 1 of {streams} streams",
            "each inference has a fraction of the threads",
            None,
            (Fact("streams", str(streams)), Fact("callers", "1", "sync: one inference at a time")),
            "Streams divide the threads between inferences that run at once. With one blocking caller there is never "
            "a second one, so most threads stand idle.",
            (Try("latency hint", tried, None, "estimate", "all threads for the one inference"),),
            links.LATENCY,
            "live",
            "hint",
            f"{streams} streams do not slow one caller down",
        )
    cpus = len(evidence.environment.allowed_cpus) if evidence.environment else 0
    one = spec.api == "async" and evidence.requests > 1 and streams == 1 and cpus > 1 and spec.device == "CPU"
    if one and hint != "THROUGHPUT":
        tried = msgspec.structs.replace(with_property(spec, _HINT, "THROUGHPUT"), requests=0)
        return Finding(
            "hint_against_api",
            "look",
            f"{evidence.requests} requests run one after the other",
            "one stream; a throughput hint would run several at once",
            None,
            (Fact("requests", str(evidence.requests)), Fact("streams", "1"), Fact("CPUs", str(cpus))),
            "With one stream all threads work on one inference at a time. Small models use several streams of fewer "
            "threads better, at the price of the single latency.",
            (Try("throughput hint", tried, None, "estimate", "several streams"),),
            links.THROUGHPUT,
            "live",
            "hint",
            "one stream is right here",
        )
    return Passed("hint_against_api", "hint and API go together")


def fewer_streams_than_cpus(evidence: Evidence) -> Outcome:
    """For throughput, fewer streams than CPUs may leave some idle."""
    spec, streams = evidence.spec, evidence.streams
    if spec.api != "async" or spec.device != "CPU" or spec.properties.get(_HINT, "").upper() != "THROUGHPUT":
        return Passed("fewer_streams_than_cpus", "not a throughput run on the CPU")
    cpus = len(evidence.environment.allowed_cpus) if evidence.environment else 0
    if not streams or not cpus:
        return NotTold("fewer_streams_than_cpus", "the device does not tell its streams")
    if streams >= cpus:
        return Passed("fewer_streams_than_cpus", f"{streams} streams for {cpus} CPUs")
    tried = msgspec.structs.replace(with_property(spec, "NUM_STREAMS", str(cpus)), requests=0)
    return Finding(
        "fewer_streams_than_cpus",
        "note",
        f"{streams} {'stream' if streams == 1 else 'streams'} for {cpus} CPUs",
        "one stream a CPU is often the most for small models",
        None,
        (Fact("streams", str(streams)), Fact("CPUs allowed", str(cpus)), Fact("requests", str(evidence.requests))),
        "Threads of one stream wait for one another at the end of each layer. One thread a stream never waits, but "
        "every stream needs its own memory.",
        (Try(f"{cpus} streams", tried, None, "estimate", "one thread a stream"),),
        links.CPU_THREADS,
        "live",
        "streams",
        f"{streams} streams are right here",
    )


def batch_waits(evidence: Evidence) -> Outcome:
    """One request in flight never fills a batch, so it waits for the timeout each time."""
    spec = evidence.spec
    if not spec.device.startswith("BATCH"):
        return Passed("batch_waits", "nothing waits for a batch")
    if spec.api == "async" and evidence.requests > 1:
        return Passed("batch_waits", f"{evidence.requests} requests fill the batch")
    device = spec.device.partition(":")[2].partition("(")[0] or "CPU"
    return Finding(
        "batch_waits",
        "bad",
        "One request waits for a batch that never fills",
        "the automatic batching timeout is in every inference",
        None,
        (Fact("device", spec.device), Fact("in flight", "1"), Fact("latency", units.duration(evidence.latency_ns))),
        "BATCH collects requests and runs them at once. With one in flight nothing joins it, and it starts only when "
        "the timeout is over.",
        (Try(f"{device} alone", msgspec.structs.replace(spec, device=device), None, "estimate", "no timeout"),),
        links.BATCHING,
        "live",
        "device",
    )


def requests_wait(evidence: Evidence) -> Outcome:
    """What the timeline saw of single requests."""
    spans, spec = evidence.spans, evidence.spec
    if spans is None or spans.counted < FEWEST:
        return NotTold("requests_wait", "requests were not traced: Timeline (8) does it")
    found = next(iter(advice_on(spans, spec)), None)
    if found is None or found.code == "well_used":
        return Passed("requests_wait", found.text if found is not None else "no request waits")
    stages = spans.stages
    tried = found.applied(spec)
    tries: tuple[Try, ...] = ()
    if found.change:
        own = tried.api == spec.api
        tries = (Try(describe_change(spec, tried), tried, None, "estimate", "seen on the timeline", own_goal=own),)
    waits = stages.queue.mean if found.code in ("too_many_requests", "over_capacity", "idle_streams") else None
    return Finding(
        "requests_wait",
        level_of(waits, stages.total.mean) if waits is not None else "look",
        found.text.partition(". ")[0].partition(": ")[0],
        "",
        waits,
        (
            Fact("capture", units.duration(stages.capture.mean), "the host before the inference"),
            Fact("queue", units.duration(stages.queue.mean), "due, but no stream or caller is free"),
            Fact("infer", units.duration(stages.infer.mean)),
            Fact("post", units.duration(stages.post.mean), "until the host took the result"),
            Fact("streams busy", units.share(spans.busy_share)),
        ),
        found.text,
        tries,
        links.REQUESTS,
        "timeline",
    )


def host_work(evidence: Evidence) -> Outcome:
    """Copies and pre-processing in Python beside each inference."""
    host, latency = evidence.figures.host_ns_per_inference, evidence.latency_ns
    if host is None or not latency:
        return NotTold("host_work", "nothing was counted yet")
    if host < HOST_SHARE * latency:
        return Passed("host_work", f"Python takes {units.duration(host)} an inference beside it")
    return Finding(
        "host_work",
        level_of(host, latency + host),
        f"Python takes {units.share(host / (latency + host))} beside the inference",
        "copies and pre-processing, outside the latency",
        host,
        (
            Fact("host", units.duration(host), "an inference, outside the latency"),
            Fact("latency", units.duration(latency)),
            Fact("inputs", evidence.spec.inputs),
            Fact("outputs", evidence.spec.outputs),
            Fact("pre-processing", evidence.spec.model.preprocess),
        ),
        "It does not count into the latency, but it takes the caller's time. Pre-processing in the graph, inputs read "
        "in place and results left in the request's memory save it.",
        _host_tries(evidence.spec),
        links.PREPROCESSING,
        "live",
        "preprocess" if evidence.spec.model.preprocess == "host" else "inputs",
    )


def _host_tries(spec: RunSpec) -> tuple[Try, ...]:
    changes: list[tuple[str, RunSpec, str]] = []
    if spec.model.preprocess == "host":
        model = msgspec.structs.replace(spec.model, preprocess="graph")
        changed = msgspec.structs.replace(spec, model=model)
        changes.append(("pre-process in the graph", changed, "compiled with the model"))
    if spec.inputs == "copy":
        changes.append(("read inputs in place", msgspec.structs.replace(spec, inputs="shared"), "no copy"))
    if spec.outputs == "copy":
        changes.append(("leave results in place", msgspec.structs.replace(spec, outputs="leave"), "no copy"))
    # Not in the latency, so the time for one completion is what is compared.
    return tuple(
        Try(title, changed, None, "estimate", because, metric="throughput") for title, changed, because in changes
    )


def dynamic_shapes(evidence: Evidence) -> Outcome:
    """Shapes that change make the device prepare layers anew."""
    spec, model = evidence.spec, evidence.model
    turns = max((len(entry.data_shapes) for entry in spec.model.inputs), default=0)
    dynamic = turns > 0 or any("?" in entry.shape or ".." in entry.shape for entry in spec.model.inputs)
    if not dynamic:
        static = model is not None and not model.dynamic
        return Passed("dynamic_shapes", "all shapes are static" if static else "shapes are fixed for this run")
    facts = [
        Fact(f"shape {index + 1}", units.duration(ns), "median") for index, ns in sorted(evidence.by_shape.items())
    ]
    if evidence.first_inference_ns:
        facts.append(Fact("first inference", units.duration(evidence.first_inference_ns), "prepares the first shape"))
    cache_off = spec.properties.get("CPU_RUNTIME_CACHE_CAPACITY") == "0"
    tries = []
    if cache_off:
        changed = with_property(spec, "CPU_RUNTIME_CACHE_CAPACITY", "")
        tries.append(
            Try("keep prepared layers", changed, None, "estimate", "a shape seen before is not prepared again")
        )
    if turns <= 1 and _fixed(spec) != spec:
        tries.append(Try("fix the shape", _fixed(spec), None, "estimate", "kernels for exactly this shape"))
    return Finding(
        "dynamic_shapes",
        "look" if turns > 1 or cache_off else "note",
        f"{turns} shapes take turns" if turns > 1 else "The model stays dynamic for one shape",
        "each new shape is prepared when it first comes" if turns > 1 else "a fixed shape lets the device plan ahead",
        None,
        tuple(facts),
        "With dynamic shapes memory and kernels are chosen when a shape comes, and kept for a while. Fixed shapes are "
        "planned once at compile; a few compiled models, one a shape, often win over one dynamic model.",
        tuple(tries),
        links.SHAPES,
        "live",
        "shape",
        "a fixed shape is not faster here",
    )


def _fixed(spec: RunSpec) -> RunSpec:
    inputs = tuple(
        msgspec.structs.replace(entry, shape=entry.data_shapes[0], data_shapes=()) if entry.data_shapes else entry
        for entry in spec.model.inputs
    )
    return msgspec.structs.replace(spec, model=msgspec.structs.replace(spec.model, inputs=inputs))


REQUEST_RULES: tuple[Rule, ...] = (
    more_requests_than_streams,
    hint_against_api,
    fewer_streams_than_cpus,
    batch_waits,
    requests_wait,
    host_work,
    dynamic_shapes,
)
