"""Rules about what else is there: a hypervisor, other processes, memory; and about number formats."""

from __future__ import annotations

from collections.abc import Iterator

from ovexplorer.analysis.doctor_look import Finding, Level, Look, cpus_in_words, named, not_told, some
from ovexplorer.units import share, size

STEAL_LOOK = 0.005
STEAL_BAD = 0.02
"""Shares of the time; see causes.STEAL."""
OTHER_LOOK = 0.15
OTHER_BAD = 0.25
"""Cores from which other load is told; share of the allowed CPUs from which it spoils figures."""
OTHER_SHARE = 0.05
PRESSURE_LOOK = 0.1
MEMORY_LOOK = 0.75
MEMORY_BAD = 0.9
"""Shares of the memory that may be used."""
SWAP_LOOK_BYTES = 64_000_000
BUSY = 0.05
"""Cores from which another engine counts as measuring."""


def steal(look: Look) -> Iterator[Finding]:
    """Time that a hypervisor took."""
    taken = look.machine.steal
    if taken < 0:
        yield not_told("steal", "steal time", "CPU times")
        return
    evidence = f"{share(taken)} of the CPU time in {look.machine.seconds:.1f} s"
    if taken <= STEAL_LOOK:
        yield Finding("steal", "good", f"steal {share(taken)}", evidence)
        return
    yield Finding(
        "steal",
        "bad" if taken > STEAL_BAD else "look",
        f"steal {share(taken)}",
        evidence,
        "the hypervisor runs others on this CPU: latency jumps by whole scheduling turns, for reasons nobody sees here",
        "another time, a machine with dedicated cores, or A against B in turns",
    )


def other_load(look: Look) -> Iterator[Finding]:
    """CPU time of everything else."""
    cores, allowed = look.machine.other_cores, len(look.allowed)
    if cores < 0:
        yield not_told("other_load", "other load", "CPU times")
        return
    busiest = look.machine.neighbours[:1]
    evidence = f"{cores:.2f} of {some(allowed, 'CPU')} used by others in {look.machine.seconds:.1f} s"
    if look.machine.load_1min >= 0:
        evidence += f"; load average {look.machine.load_1min:.2g}"
    if busiest and busiest[0].cores > 0:
        evidence += f"; busiest {named(busiest[0])}"
    if cores <= max(OTHER_LOOK, OTHER_SHARE * allowed):
        part = cores / allowed if allowed else 0.0
        yield Finding("other_load", "good", f"other load {share(part)}", evidence)
        return
    title = f"{cores:.1f} cores of other load"
    if busiest and busiest[0].cores >= cores / 2:
        title = f"{str(busiest[0].name)[:18]} uses {busiest[0].cores:.1f} cores"
    yield Finding(
        "other_load",
        "bad" if cores > OTHER_BAD * allowed else "look",
        title,
        evidence,
        "threads of a run wait for each other, so one busy core slows all of them and p95 most",
        f"end {busiest[0].name} (pid {busiest[0].pid}) or wait for it" if busiest else "end it, or wait for it",
    )


def pressure(look: Look) -> Iterator[Finding]:
    """Tasks that waited for a CPU."""
    waited = look.machine.pressure
    if waited < 0:
        yield not_told("pressure", "CPU pressure", "pressure stall information (PSI)")
    elif waited > PRESSURE_LOOK:
        yield Finding(
            "pressure",
            "look",
            f"CPU pressure {share(waited)}",
            f"some task waited for a CPU in {share(waited)} of {look.machine.seconds:.1f} s",
            "there is more to run than CPUs: latency holds waiting time",
            "see the other findings: fewer threads, or less beside the run",
        )
    else:
        yield Finding("pressure", "good", f"CPU pressure {share(waited)}", "next to no task waited for a CPU")


def memory(look: Look) -> Iterator[Finding]:
    """Memory in use against what may be used, and swap."""
    machine = look.machine
    limit = machine.memory_limit_bytes or machine.memory_bytes
    if machine.memory_used_bytes < 0 or limit <= 0:
        yield not_told("memory", "memory in use", "memory in use")
    else:
        part = machine.memory_used_bytes / limit
        whose = "the cgroup's limit" if machine.memory_limit_bytes else "this machine's memory"
        evidence = f"{size(machine.memory_used_bytes)} of {size(limit)}, {whose}"
        if part <= MEMORY_LOOK:
            yield Finding("memory", "good", f"memory {share(part)} used", evidence)
        else:
            yield Finding(
                "memory",
                "bad" if part > MEMORY_BAD else "look",
                f"memory {share(part)} used",
                evidence,
                "compiling takes several times the size of a model for a moment: the engine may be killed or slowed",
                "end what uses it, raise the container's limit, or fewer streams and a smaller batch",
            )
    if machine.swap_used_bytes > SWAP_LOOK_BYTES:
        yield Finding(
            "swap",
            "look",
            f"{size(machine.swap_used_bytes)} in swap",
            f"{size(machine.swap_used_bytes)} of memory are swapped out",
            "weights that were swapped out come back page by page: single inferences take far longer",
            "end what uses memory, then sudo swapoff -a && sudo swapon -a",
        )


def collisions(look: Look) -> Iterator[Finding]:
    """Other processes pinned to our CPUs, or about to be."""
    allowed = set(look.allowed)
    sharing = [entry for entry in look.machine.neighbours if entry.cpus and allowed & set(entry.cpus)]
    ours = "our threads are pinned too" if look.pinning else "our threads are not pinned"
    if sharing:
        first = sharing[0]
        shared = tuple(sorted(allowed & set(first.cpus)))
        both = look.pinning and (first.ovexplorer or first.benchmark)
        yield Finding(
            "pinning",
            "bad" if both else "look",
            f"{str(first.name)[:18]} pinned to our CPUs",
            f"{named(first)}, is pinned to CPUs {cpus_in_words(shared)}; {ours}",
            "the scheduler cannot move either away: both get half of these CPUs while others idle",
            "give each process CPUs of its own before it imports openvino (taskset -c 0,1 …) and no thread count, "
            "or -pin no",
        )
        return
    others = [entry for entry in look.machine.neighbours if entry.ovexplorer or entry.benchmark]
    few = look.threads is not None and look.threads < len(look.allowed)
    if others and few and look.pinning:
        yield Finding(
            "pinning",
            "look",
            "pinned beside OpenVINO",
            f"{named(others[0])}, uses OpenVINO too; {some(look.threads or 0, 'thread')} of ours will be pinned",
            "every process begins to pin at the same core: two with one thread each share it and run at half speed",
            "give each process CPUs of its own before it imports openvino and no thread count, or -pin no",
        )
    elif look.readable("processes"):
        yield Finding("pinning", "good", "no pinning collisions", f"no process pinned to our CPUs was seen; {ours}")
    else:
        yield not_told("pinning", "pinning collisions", "other processes")


def second_ovexplorer(look: Look) -> Iterator[Finding]:
    """Another measurement at the same time."""
    for entry in look.machine.neighbours:
        if not (entry.ovexplorer or entry.benchmark):
            continue
        measuring = entry.cores >= BUSY
        what = "another ovexplorer" if entry.ovexplorer else f"{str(entry.name)[:18]}"
        yield Finding(
            "second_measurement",
            "bad" if measuring else "look",
            f"{what} {'measures' if measuring else 'is open'}",
            named(entry),
            "two measurements slow each other, and neither can tell"
            if measuring
            else "idle now; when it measures, both slow each other",
            f"end one of them, or pause it (pid {entry.pid})",
        )


def precision(look: Look) -> Iterator[Finding]:
    """Which number format the CPU takes unasked, and what that costs."""
    default, flags = look.machine.default_precision, set(look.machine.cpu_flags or look.environment.cpu_flags)
    if not default:
        yield not_told("precision", "default precision", "a CPU device of OpenVINO")
        return
    asked = look.of_cpu("INFERENCE_PRECISION_HINT")
    evidence = f"the CPU device computes in {default} when nothing is asked"
    if asked:
        evidence += f"; this run: {asked}"
    if default == "f32":
        yield Finding("precision", "good", "f32 by default", evidence)
        return
    amx = any(flag.startswith("amx_") for flag in flags)
    yield Finding(
        "precision",
        "good" if amx else "look",
        f"{default} by default{', AMX' if amx else ', no AMX'}",
        evidence + ("; AMX computes it" if amx else "; there is no AMX here"),
        "outputs differ a little from f32"
        + ("" if amx else f"; without AMX {default} is faster than f32 on some CPUs and slower on others"),
        "measure it: toggle Precision (-infer_precision f32), and look at the drift",
    )


def instructions(look: Look) -> Iterator[Finding]:
    """Vector and matrix instructions."""
    flags = set(look.machine.cpu_flags or look.environment.cpu_flags)
    if not flags:
        yield not_told("instructions", "instructions", "the CPU's instructions")
        return
    wide = sorted(flag.removeprefix("avx512_") for flag in flags if flag.startswith("avx512_"))
    if any(flag.startswith("amx_") for flag in flags):
        title = "AMX and AVX-512"
    elif "avx512f" in flags:
        title = f"AVX-512 {' '.join(wide)}".strip()
    elif "avx2" in flags:
        title = "AVX2, no AVX-512"
    else:
        title = "SVE" if "sve" in flags else "Neon" if "asimd" in flags else "no AVX2"
    level: Level = "look" if title == "no AVX2" else "good"
    effect = "OpenVINO has slow fall-backs only for such a CPU" if level == "look" else ""
    yield Finding("instructions", level, title, f"{look.environment.cpu_model}: {', '.join(sorted(flags))}", effect)


def guest(look: Look) -> Iterator[Finding]:
    """Virtual machines and containers."""
    words = look.machine.virtualisation or look.environment.virtualisation
    if words:
        yield Finding(
            "virtual",
            "look",
            str(words),
            f"{words}: CPUs, caches and the clock are shared with guests nobody sees from here",
            "levels of latency come and go without a visible cause",
            "--runs 5 for figures that repeat, A against B in turns for differences",
        )
    elif look.readable("stat"):
        yield Finding("virtual", "good", "no virtual machine", "no sign of a hypervisor or container")
    else:
        yield not_told("virtual", "virtual machine", "whether there is a hypervisor")
