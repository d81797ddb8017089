"""Rules about the CPUs themselves: how many may be used, of which kind, and at which clock."""

from __future__ import annotations

from collections.abc import Iterator

from ovexplorer.analysis.doctor_look import Finding, Look, cpus_in_words, not_told, some
from ovexplorer.units import share

THROTTLED_NOW = 0.05
"""Share of the look's periods that were throttled; see causes.THROTTLED."""
CLOCK_SPREAD = 1.2
"""Fastest over slowest allowed CPU at this moment from which they count as unequal."""


def quota(look: Look) -> Iterator[Finding]:
    """The cgroup's quota against the threads that will run."""
    machine = look.machine
    limit = machine.quota_cpus or look.environment.quota_cpus
    if not limit:
        if look.readable("cgroup"):
            yield Finding("quota", "good", "no CPU quota", f"the cgroup ({machine.cgroup}) sets no limit of CPU time")
        else:
            yield not_told("quota", "CPU quota", "a CPU cgroup")
        return
    threads = look.threads or len(look.allowed)
    chosen = "asked for or read back" if look.threads else "OpenVINO takes one a core and does not look at quotas"
    evidence = f"quota {limit:.2g} CPUs (cgroup {machine.cgroup or 'unknown'}), {some(threads, 'thread')}: {chosen}"
    if machine.throttled_ever > 0:
        evidence += f"; {machine.throttled_ever:,} periods throttled so far"
    if threads <= limit:
        yield Finding("quota", "good", f"quota {limit:.2g} CPUs is enough", evidence)
        return
    best = max(1, int(limit))
    yield Finding(
        "quota",
        "bad",
        f"quota {limit:.2g} CPUs, {some(threads, 'thread')}",
        evidence,
        "all threads are stopped together for the rest of each period (mostly 100 ms): a few inferences take 10 to "
        "100 ms longer, and the high percentiles with them",
        f"-nthreads {best}" + (", or give the container at least one CPU" if limit < 1 else f", or {threads} CPUs"),
    )


def throttling(look: Look) -> Iterator[Finding]:
    """Whether the quota bites just now."""
    now = look.machine.throttled_share
    if now > THROTTLED_NOW:
        yield Finding(
            "throttling",
            "bad",
            f"throttled {share(now)} of the time",
            f"{share(now)} of the cgroup's periods in the last {look.machine.seconds:.1f} s were throttled",
            "figures say what the quota allows, not what the configuration takes; a verdict is never valid then",
            "end what else runs in this container, use fewer threads, or raise the quota",
        )


def affinity(look: Look) -> Iterator[Finding]:
    """The CPU affinity mask against the machine and the threads asked for."""
    allowed, logical = len(look.allowed), look.logical
    if not allowed:
        yield not_told("affinity", "CPU affinity", "an affinity mask")
        return
    asked = look.asked_threads or 0
    evidence = f"affinity mask {cpus_in_words(look.allowed)} of {some(logical, 'CPU')}"
    if asked > allowed:
        yield Finding(
            "affinity",
            "bad",
            f"{asked} threads on {some(allowed, 'CPU')}",
            f"{evidence}; {asked} threads asked for",
            "OpenVINO takes the request back to what the mask allows: the figures are those of fewer threads",
            f"-nthreads {allowed}, or start it with more CPUs (taskset, cpuset of the container)",
        )
    elif allowed < logical:
        yield Finding(
            "affinity",
            "look",
            f"{allowed} of {logical} CPUs allowed",
            evidence,
            "OpenVINO sizes threads and streams by these CPUs; another machine or container gives other figures",
            "nothing when it is meant; else start it without taskset, or widen the container's cpuset",
        )
    else:
        yield Finding("affinity", "good", f"all {some(logical, 'CPU')} allowed", evidence)


def hyper_threads(look: Look) -> Iterator[Finding]:
    """Two threads on one core."""
    smt, cores, allowed = look.machine.smt, look.cores, len(look.allowed)
    if smt is None:
        yield not_told("smt", "SMT", "which CPUs share a core")
        return
    if not smt or not cores or cores == allowed:
        words = "no SMT" if not smt else "one thread a core allowed"
        yield Finding("smt", "good", words, f"{some(allowed, 'CPU')} allowed on {some(cores or allowed, 'core')}")
        return
    evidence = f"{some(allowed, 'CPU')} allowed on {some(cores, 'core')}"
    threads = look.threads or 0
    if threads > cores:
        yield Finding(
            "smt",
            "look",
            f"{threads} threads on {some(cores, 'core')}",
            f"{evidence}; {some(threads, 'thread')}",
            "two threads of one core share its vector units: latency mostly grows, throughput may win a little",
            f"measure it: toggle Hyper-thr. (--hyper_threading no), or -nthreads {cores}",
        )
    else:
        title = f"SMT: {allowed} CPUs, {some(cores, 'core')}"
        yield Finding("smt", "good", title, f"{evidence}; OpenVINO uses one thread a core for the latency hint")


def kinds(look: Look) -> Iterator[Finding]:
    """Performance and efficiency cores."""
    if not look.readable("topology"):
        yield not_told("core_types", "P and E cores", "the kinds of its cores")
        return
    fast = [cpu.number for cpu in look.allowed_facts if cpu.kind == "P"]
    slow = [cpu.number for cpu in look.allowed_facts if cpu.kind == "E"]
    if fast and slow:
        yield Finding(
            "core_types",
            "look",
            f"{len(fast)} P and {len(slow)} E CPUs",
            f"P {cpus_in_words(tuple(fast))}; E {cpus_in_words(tuple(slow))}",
            "threads on both wait for the slower ones, and latency depends on where a thread lands",
            "measure it: toggle Core type (--core_type pcore against any)",
        )
    else:
        only = " P" if fast else " E" if slow else ""
        words = f"only{only} cores allowed" if only else "all cores alike"
        yield Finding("core_types", "good", words, f"{some(len(look.allowed), 'CPU')} allowed, no mix of P and E cores")


def numa(look: Look) -> Iterator[Finding]:
    """Memory that is near some cores and far from others."""
    nodes = sorted({cpu.node for cpu in look.allowed_facts if cpu.node >= 0})
    if not nodes:
        yield not_told("numa", "NUMA", "NUMA nodes")
    elif len(nodes) == 1:
        yield Finding("numa", "good", "one NUMA node", f"all allowed CPUs are on node {nodes[0]}")
    else:
        yield Finding(
            "numa",
            "look",
            f"{len(nodes)} NUMA nodes",
            f"the allowed CPUs are on nodes {', '.join(map(str, nodes[:8]))}",
            "weights that lie on one node are slow to read from the others; a run may land on either",
            f"run it on one node: numactl --cpunodebind={nodes[0]} --membind={nodes[0]} ovexplorer …; "
            "for throughput one process a node",
        )


def clock(look: Look) -> Iterator[Finding]:
    """Governor and turbo."""
    governors = sorted({str(cpu.governor) for cpu in look.allowed_facts if cpu.governor})
    if not governors and look.environment.governor:
        governors = [str(look.environment.governor)]
    turbo = {True: "turbo on", False: "turbo off", None: "turbo not told"}[look.machine.turbo]
    if not governors and look.machine.turbo is None:
        yield not_told("clock", "governor, turbo", "how the clock is governed (cpufreq)")
        return
    names = ", ".join(governors) or "not told"
    speeds = [cpu.now_mhz for cpu in look.allowed_facts if cpu.now_mhz > 0]
    evidence = f"governor {names}, {turbo}"
    if speeds:
        evidence += f", now {min(speeds) / 1000:.2f} to {max(speeds) / 1000:.2f} GHz"
    if governors not in ([], ["performance"]):
        yield Finding(
            "clock",
            "look",
            f"governor {names}",
            evidence,
            "the clock follows the load: the first inferences, paced ones and short runs come out slower",
            "sudo cpupower frequency-set -g performance; or measure longer and compare only A against B in turns",
        )
    elif look.machine.turbo is False:
        yield Finding(
            "clock",
            "look",
            "turbo off",
            evidence,
            "steady figures, but slower than the same CPU with turbo: mind it when figures are compared",
            "nothing when it is meant; else allow turbo again (intel_pstate/no_turbo, cpufreq/boost)",
        )
    else:
        yield Finding("clock", "good", f"governor {names}, {turbo}", evidence)


def heat(look: Look) -> Iterator[Finding]:
    """Thermal throttling during the look."""
    events = look.machine.thermal_throttles
    if events < 0:
        yield not_told("thermal", "thermal throttling", "counters of thermal throttling")
    elif events:
        yield Finding(
            "thermal",
            "bad",
            "the CPU throttles for heat",
            f"{some(events, 'throttle event')} in {look.machine.seconds:.1f} s",
            "the clock falls while it runs: what is measured later comes out slower, whatever it is",
            "let it cool, plug it in, clean the fan; compare A against B in turns only",
        )
    else:
        yield Finding("thermal", "good", "no thermal throttling", f"no event in {look.machine.seconds:.1f} s")
