"""Rules about the machine and how the configuration uses it: precision, threads, start, steadiness."""

from __future__ import annotations

from ovexplorer import units
from ovexplorer.analysis.advice.model import Evidence, Fact, Finding, Measured, NotTold, Outcome, Passed, Rule, Try
from ovexplorer.analysis.advice.rules_moves import with_property
from ovexplorer.options.entries import links

PRECISION = "INFERENCE_PRECISION_HINT"
THREADS = "INFERENCE_NUM_THREADS"

SLOW_COMPILE_NS = 500_000_000
SLOW_FIRST = 5.0
"""A first inference that takes so many times the median does something that the others do not."""

_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})


def slow_bf16(evidence: Evidence) -> Outcome:
    """An f32 model that the device runs in bf16: on some CPUs that is twice as fast, on others slower."""
    precision = evidence.read_back(PRECISION).lower()
    if not precision:
        return NotTold("slow_bf16", "the device does not tell its precision")
    if precision == "bf16":
        return _runs_in_bf16(evidence)
    known = _in_precision(evidence, "bf16")
    if known is not None and known.settled:
        return Passed("slow_bf16", f"{precision} is right on this CPU: bf16 is not faster")
    flags = set(evidence.environment.cpu_flags) if evidence.environment else set()
    if precision != "f32" or not flags & _BF16_FLAGS or evidence.spec.device != "CPU":
        return Passed("slow_bf16", f"the model runs in {precision}")
    return Finding(
        "slow_bf16",
        "note",
        "Would bf16 be faster?",
        "this CPU knows bf16; nobody can tell before it is measured",
        None,
        (Fact("runs in", precision), Fact("the CPU knows", ", ".join(sorted(flags & _BF16_FLAGS)))),
        "With AMX tiles bf16 can be twice as fast as f32. CPUs that know bf16 but have no fast unit for it are slower "
        "with it. Outputs move by about 1e-3; the try shows by how much.",
        (Try("infer in bf16", with_property(evidence.spec, PRECISION, "bf16"), None, "estimate", "a question"),),
        links.PRECISION,
        "live",
        "precision",
        f"{precision} is right on this CPU: bf16 is not faster",
    )


def _in_precision(evidence: Evidence, precision: str) -> Measured | None:
    """The same configuration in another precision, asked for or chosen by the device."""
    wanted = with_property(evidence.spec, PRECISION, precision)
    for entry in evidence.measured:
        same = with_property(entry.spec, PRECISION, precision) == wanted
        if entry.spec == wanted or (same and entry.precision.lower() == precision):
            return entry
    return None


def _runs_in_bf16(evidence: Evidence) -> Outcome:
    tried = with_property(evidence.spec, PRECISION, "f32")
    known = _in_precision(evidence, "f32")
    if known is not None and known.faster:
        return _bf16_is_slower(evidence, known)
    return Finding(
        "slow_bf16",
        "note",
        "Is bf16 the faster one here?",
        "the device chose it; on some CPUs f32 is faster",
        None,
        (
            Fact(
                "runs in", "bf16", "chosen by the device" if PRECISION not in evidence.spec.properties else "asked for"
            ),
        ),
        "Some CPUs that know bf16 have no AMX and no fast unit for it: there it is the default and yet slower than "
        "f32. On others it is twice as fast. Only measuring tells.",
        (Try("infer in f32", tried, None, "estimate", "a question"),),
        links.PRECISION,
        "live",
        "precision",
        "bf16 is right on this CPU: f32 is not faster",
    )


def _bf16_is_slower(evidence: Evidence, known: Measured) -> Finding:
    point = known.estimate.point or 1.0
    effect = evidence.latency_ns * (1 - 1 / point)
    return Finding(
        "slow_bf16",
        "bad",
        f"bf16 is {(point - 1) * 100:.0f} % slower than f32",
        "measured in turns in this session",
        effect,
        (
            Fact("bf16", units.duration(evidence.latency_ns), "runs now"),
            Fact("f32", units.duration(evidence.latency_ns / point), f"{known.estimate.quads} quads in turns"),
        ),
        "This CPU knows bf16 but has no fast unit for it, and every border between bf16 and f32 is a conversion.",
        (Try("infer in f32", known.spec, effect, "measured", "measured in turns"),),
        links.PRECISION,
        "live",
        "precision",
    )


def threads(evidence: Evidence) -> Outcome:
    """Threads against the CPUs the process may use."""
    environment, told = evidence.environment, evidence.read_back(THREADS)
    if environment is None or not told.isdigit() or not int(told):
        return NotTold("threads", "the device does not tell its threads")
    count, allowed = int(told), len(environment.allowed_cpus) or environment.logical_cpus
    limit = min(allowed, int(environment.quota_cpus)) if environment.quota_cpus >= 1 else allowed
    if count == limit or not limit:
        return Passed("threads", f"{count} threads fit the {limit} CPUs allowed")
    if count < limit and THREADS not in evidence.spec.properties:
        # The device left hyper-threads or efficient cores out on purpose.
        return Passed("threads", f"the device took {count} of {limit} CPUs")
    spec = with_property(evidence.spec, THREADS, str(limit))
    more = count > limit
    return Finding(
        "threads",
        "look",
        f"{count} threads on {limit} CPUs",
        "they take turns on the CPUs" if more else "CPUs stand idle",
        None,
        (
            Fact("threads", told, "of all streams together"),
            Fact("CPUs allowed", str(allowed)),
            Fact("quota", f"{environment.quota_cpus:g} CPUs" if environment.quota_cpus else "none"),
        ),
        "More threads than CPUs wait for one another in every layer; fewer leave CPUs idle, which is right when other "
        "work needs them.",
        (Try(f"{limit} threads", spec, None, "estimate", "as many as there are CPUs"),),
        links.CPU_THREADS,
        "live",
        "threads",
        f"{count} threads are no slower than {limit}",
    )


def first_inference(evidence: Evidence) -> Outcome:
    """What the start costs without a cache."""
    compile_ns, first_ns, latency = evidence.compile_ns, evidence.first_inference_ns, evidence.latency_ns
    if compile_ns is None:
        return NotTold("first_inference", "its compile was not timed")
    cached = bool(evidence.loaded_from_cache) or bool(evidence.spec.properties.get("CACHE_DIR"))
    slow_first = first_ns is not None and latency > 0 and first_ns > SLOW_FIRST * latency
    if cached or (compile_ns < SLOW_COMPILE_NS and not slow_first):
        words = "the cache is on" if cached else f"compile takes {units.duration(compile_ns)}"
        return Passed("first_inference", words)
    first = f"First inference {first_ns / latency:.0f}x slower, no cache" if first_ns and slow_first else ""
    facts = [Fact("compile", units.duration(compile_ns), "at each start")]
    if first_ns is not None:
        facts.append(Fact("first inference", units.duration(first_ns), f"later ones {units.duration(latency)}"))
    return Finding(
        "first_inference",
        "look" if compile_ns >= SLOW_COMPILE_NS else "note",
        first or f"Each start compiles for {units.duration(compile_ns)}",
        f"compile {units.duration(compile_ns)} at each start, the cache is off",
        None,
        tuple(facts),
        "Compiling packs weights and picks kernels anew at each start; CACHE_DIR keeps the result. The first inference "
        "also allocates memory, so one uncounted inference at the start takes that off the first user. It changes no "
        "later inference, so nothing is tried in turns: the start-up view of Compare measures it.",
        (),
        links.CACHING,
        "compare",
        "startup",
    )


def unstable(evidence: Evidence) -> Outcome:
    """Figures that cannot be trusted make every other finding doubtful."""
    verdict = evidence.verdict
    if verdict.verdict == "too_short":
        return NotTold("unstable", "the run is too short for a verdict")
    if verdict.valid:
        return Passed("unstable", "the figures are steady")
    return Finding(
        "unstable",
        "look",
        "The figures are not steady",
        verdict.reasons[0].text if verdict.reasons else "",
        None,
        (
            *(Fact("why", "", reason.text) for reason in verdict.reasons),
            *(Fact("seen beside it", "", text) for text in evidence.causes[:3]),
        ),
        "Something moves the figures while nothing is changed. Deltas measured in turns hold all the same; plain "
        "medians of such a run do not. The doctor (D) looks at the machine.",
        (),
        links.GENERAL,
        "doctor",
    )


MACHINE_RULES: tuple[Rule, ...] = (slow_bf16, threads, first_inference, unstable)
