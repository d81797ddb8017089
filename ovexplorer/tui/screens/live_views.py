"""What the widgets of the Live screen show, made from a state and its figures. Pure functions."""

from __future__ import annotations

import math

from ovexplorer import units
from ovexplorer.analysis import summary
from ovexplorer.analysis.compare import Delta
from ovexplorer.options.apply import read
from ovexplorer.options.catalogue import CATALOGUE
from ovexplorer.schema.histogram import GAMMA
from ovexplorer.schema.results import Phase
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui.figures import Figures, RunFigures
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.paired_words import drift_piece, quads_words, shown_delta
from ovexplorer.tui.widgets.cores import CoresView
from ovexplorer.tui.widgets.now import Against, Figure, NowView, Progress
from ovexplorer.tui.widgets.spread import Percentile, SpreadView
from ovexplorer.tui.widgets.startup import Amount, StartupView

HINT_AFTER_S = 10.0
"""Seconds of compiling after which the way back is spelled out."""


def half_text(value: str, half: float | None) -> str:
    """`±0.1`, with as many digits after the point as the figure it belongs to."""
    if half is None:
        return ""
    decimals = len(value.partition(".")[2])
    # Rounded up: an uncertainty is never made smaller than it is.
    return f"±{math.ceil(half * 10**decimals - 1e-9) / 10**decimals:.{decimals}f}"


def figure(label: str, value: float, half: float | None) -> Figure:
    """A large figure in its unit."""
    text = units.significant(value)
    return Figure(label, text, half_text(text, half))


def now_view(figures: Figures | None, third: Against | Progress, *, stale: bool, wide: bool) -> NowView:
    """The large figures."""
    latency = "p50 latency ms" if wide and not stale else "p50 ms"
    if figures is None or not figures.summary.iterations:
        return NowView(Figure(latency), Figure("FPS"), Figure("p95 ms"), third)
    p95 = figures.summary.percentile(95.0).value_ns
    return NowView(
        figure(latency, figures.p50_ms, figures.p50_half_ms),
        figure("FPS", figures.summary.fps or 0.0, figures.fps_half),
        figure("p95 ms", p95 / 1e6, None) if p95 is not None else Figure("p95 ms"),
        third,
        valid=figures.verdict.valid,
        stale=stale,
    )


def against(shown: Segment, live: RunFigures, glyphs: Glyphs) -> Against:
    """The delta to the baseline, a speed-up where positive is better: from turns with it, before that sequential."""
    baseline, figures = live.baseline, live.of(shown.number)
    if baseline is None or figures is None:
        return Against("no baseline yet", word="first valid run", change="becomes A · b now")
    if shown.spec == baseline.spec:
        return Against("baseline A", word="this is A", change=f"p50 {units.significant(baseline.figures.p50_ms)}")
    title = f"against A · {difference(baseline.spec, shown.spec)}"
    change = f"{units.significant(baseline.figures.p50_ms)} → {units.significant(figures.p50_ms)}"
    paired = live.paired(shown.spec)
    drift, drift_role = drift_piece(paired.drift, paired.baseline_drift) if paired is not None else ("", "muted")
    moved = (drift, _DRIFT_ROLES[drift_role])
    checked = shown_delta(paired.estimate) if paired is not None else None
    if checked is not None:
        how = f"{glyphs.working} paired" if paired is not None and paired.running else "paired"
        return _delta(title, checked, change, how, moved, glyphs)
    turns = quads_words(paired.estimate.quads, glyphs) if paired is not None and paired.running else ""
    waiting = f"seq {turns}".rstrip()
    delta = live.against_baseline(shown.number)
    if delta is not None:
        return _delta(title, delta, change, waiting, moved, glyphs)
    left = figures.verdict.seconds_needed
    word = turns or (f"in {coarse(left)}" if left else "measuring")
    return Against(title, word=word, change=change, drift=drift, drift_role=moved[1])


_DRIFT_ROLES = {"muted": "m", "text": " ", "warn": "w", "bad": "b"}


def _delta(title: str, delta: Delta, change: str, how: str, drift: tuple[str, str], glyphs: Glyphs) -> Against:
    if delta.direction == "same":
        return Against(title, "", delta.text(), glyphs.same, "no difference", "m", change, how, *drift)
    percent, _, half = delta.text().partition(" % ")
    better = delta.direction == "faster"
    sign, role = (glyphs.better, "g") if better else (glyphs.worse, "b")
    return Against(title, percent, half, sign, delta.direction, role, change, how, *drift)


def difference(base: RunSpec, spec: RunSpec) -> str:
    """What the baseline has that is different, in a word: `bf16`; its number of differences when there are several."""
    changed = [clean(read(option, base), 24) for option in CATALOGUE if read(option, base) != read(option, spec)]
    if len(changed) == 1:
        return changed[0]
    return f"{len(changed)} options" if changed else "other settings"


def progress(state: RunState, segment: Segment, elapsed_s: float, back_to: Segment | None) -> Progress:
    """A configuration on its way."""
    running = segment.running_phase
    title = _PHASES.get(running.phase, "working") if running else "waiting"
    estimate = estimate_s(state, segment)
    goal = ""
    if back_to is not None:
        word = difference(back_to.spec, segment.spec)
        goal = f"esc back to {word}" if word[:1].isalpha() and len(word) <= 8 else "esc goes back"
        if elapsed_s >= HINT_AFTER_S:
            goal = "esc: back, kept"
    if estimate is None:
        return Progress(title, f"{elapsed_s:.1f} s", None, goal)
    # Longer than the last time is no reason to show a full bar.
    return Progress(title, f"{elapsed_s:.1f} of ~{estimate:.1f} s", min(elapsed_s / estimate, 0.97), goal)


_PHASES: dict[Phase, str] = {
    "import": "starting engine",
    "devices": "listing devices",
    "build": "building",
    "read": "reading",
    "reshape": "reshaping",
    "compile": "compiling",
    "first_inference": "first inference",
    "warm_up": "warming up",
    "profile": "profiling",
    "split": "asking the devices",
    "drift": "measuring drift",
    "peak": "measuring the machine's peak",
    "save": "saving the model",
}


def estimate_s(state: RunState, segment: Segment) -> float | None:
    """How long the last compile of this model took from the request to the first sample; None without one."""
    for other in reversed(state.segments):
        if other.number != segment.number and other.ready and not other.ready.kept:
            total = sum(
                p.duration_ns or 0 for p in other.phases if p.phase in ("compile", "first_inference", "warm_up")
            )
            return total / 1e9 if total else None
    return None


def spread_view(figures: Figures | None, bins: int, *, stale: bool) -> SpreadView:
    """Percentiles and histogram of a segment."""
    if figures is None or not figures.summary.iterations:
        return SpreadView(empty="no samples yet")
    run = figures.summary
    low, high, clipped = _bounds(run)
    return SpreadView(
        percentiles=tuple(_percentile(entry, figures) for entry in run.percentiles),
        extremes=(
            ("min", units.ms_number(run.min_ns or 0)),
            ("mean", units.ms_number(run.mean_ns or 0)),
            ("max", units.ms_number(run.max_ns or 0)),
        ),
        counts=_bins(figures, bins, low, high),
        low=units.ms_number(low),
        high=f"{units.ms_number(high)}{'+' if clipped else ''}",
        stale=stale,
    )


def _percentile(entry: summary.Percentile, figures: Figures) -> Percentile:
    if entry.value_ns is None:
        known = entry.seconds is not None
        return Percentile(entry.name, f"in {coarse(entry.seconds or 0)}" if known else units.NOT_AVAILABLE, known=False)
    value = units.ms_number(entry.value_ns)
    return Percentile(entry.name, value, half_text(value, figures.p50_half_ms) if entry.percent == 50 else "")


def coarse(seconds: float) -> str:
    """A time to wait in few digits, so that it does not change with every look."""
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 120:
        return f"{round(seconds / 5) * 5} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h"


def _bounds(run: summary.RunSummary) -> tuple[float, float, bool]:
    """From the smallest to the largest, unless few stragglers would press all others into one bin."""
    low, high, median = float(run.min_ns or 0), float(run.max_ns or 0), run.p50_ns or 0.0
    # While a run is short, p90 has to stand for the tail; before that nothing is known of it.
    tail = run.percentile(95.0).value_ns or run.percentile(90.0).value_ns or high
    reach = median + 6 * max(tail - median, median * 0.01)
    return (low, reach, True) if high > reach * 1.1 else (low, max(high, low * 1.001), False)


def _bins(figures: Figures, bins: int, low: float, high: float) -> tuple[float, ...]:
    counts = [0.0] * max(bins, 0)
    if not counts or high <= low:
        return ()
    per_ns = bins / (high - low)
    for bucket, count in figures.histogram.items():
        # A bucket may be wider than a bin: its samples are shared out over the bins that it covers.
        top = GAMMA**bucket
        first = min(max((top / GAMMA - low) * per_ns, 0.0), bins - 0.001)
        last = min(max((top - low) * per_ns, first + 0.001), float(bins))
        for index in range(int(first), min(int(last), bins - 1) + 1):
            part = min(last, index + 1) - max(first, index)
            counts[index] += count * part / (last - first)
    return tuple(counts)


_AMOUNTS: tuple[tuple[Phase, str, str], ...] = (
    ("build", "build", "built"),
    ("read", "read", "read"),
    ("compile", "compile", "compile"),
    ("first_inference", "first infer", "first"),
)

_AFTER = {"start": "start", "read": "read", "compile": "compile", "first_inference": "first infer", "run": "running"}


def startup_view(state: RunState, segment: Segment, figures: Figures | None, glyphs: Glyphs) -> StartupView:
    """Times and memory by phase of the configuration shown; reading is taken from the first one."""
    first = state.segments[0]
    times: list[tuple[str, str, int | None, bool]] = []
    for phase, name, short in _AMOUNTS:
        owner = segment if any(entry.phase == phase for entry in segment.phases) else first
        entry = next((e for e in reversed(owner.phases) if e.phase == phase), None)
        if entry is not None:
            times.append((name, short, entry.duration_ns, entry.duration_ns is None))
    if any(short == "read" for _, short, _, _ in times):
        times = [entry for entry in times if entry[1] != "built"]
    if figures is not None and figures.summary.p50_ns:
        times.append(("steady", "", round(figures.summary.p50_ns), False))
    longest = max((ns or 0 for _, _, ns, _ in times), default=0) or 1
    phases = tuple(
        Amount(name, short, glyphs.working if running else _phase_ms(name, ns or 0), (ns or 0) / longest)
        for name, short, ns, running in times
    )
    memory, rss, note = _memory(state, segment)
    return StartupView(phases, memory, rss, note, cores=state.load.cores if state.load else ())


def _phase_ms(name: str, ns: int) -> str:
    """Whole milliseconds for what happens once, three digits for what is measured."""
    return f"{ns / 1e6:,.0f}" if ns >= 10_000_000 and name != "steady" else units.ms_number(ns)


def _memory(state: RunState, segment: Segment) -> tuple[tuple[Amount, ...], str, str]:
    owner = segment if segment.memory else next((s for s in reversed(state.segments) if s.memory), segment)
    if not owner.memory:
        return (), "", ""
    peak = max(max(use.peak_rss_bytes, use.rss_bytes) for use in owner.memory)
    entries = [
        Amount(_AFTER[use.after], use.after, units.size(use.rss_bytes), use.rss_bytes / peak) for use in owner.memory
    ]
    if any(use.peak_rss_bytes for use in owner.memory):
        entries.append(Amount("peak", "peak", units.size(peak), 1.0))
    note = "" if owner.memory_fresh else "RSS, shared with kept ones"
    return tuple(entries), units.size(owner.memory[-1].rss_bytes), note


def cores_view(state: RunState) -> CoresView:
    """Load of the machine."""
    load, environment = state.load, state.environment
    if load is None:
        return CoresView(empty="no load told yet")
    facts = [("engine", f"{load.engine_cores:.1f} cores"), ("other load", f"{load.other_cores:.1f} cores")]
    if load.frequency_mhz:
        facts.append(("clock", f"{load.frequency_mhz / 1000:.2f} GHz"))
    facts.append(("steal", units.share(load.steal)))
    facts.append(("switches", f"{load.involuntary_switches}/s unasked"))
    if environment and environment.governor:
        facts.append(("governor", environment.governor))
    if state.engine_pid:
        facts.append(("engine pid", str(state.engine_pid)))
    return CoresView(load.cores, tuple(facts))


def nothing_yet(state: RunState) -> Against:
    """In place of the delta while nothing is measured."""
    failed = state.current.failed if state.current else None
    if failed is not None:
        return Against("not measured", word=failed.what)
    return Against("nothing measured", word="the engine was stopped" if state.current else "")
