"""What the timeline says beside the picture: titles, the request under the cursor, stages, advice. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ovexplorer import units
from ovexplorer.analysis.requests import LATE_NS, NOBODY, Request, RequestAnalysis
from ovexplorer.schema.spans import Spans
from ovexplorer.session.state import RunState, Segment
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.bars import bar
from ovexplorer.tui.widgets.lines import Line, wrap

if TYPE_CHECKING:
    from ovexplorer.analysis.request_advice import Advice
    from ovexplorer.schema.spec import RunSpec

STAGES = ("capture", "queue", "infer", "post")
RECORDS = "Timeline records while this screen is open."
_UNITS = {"us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9}
_SLOWER = re.compile(r">\s*([0-9]+(?:\.[0-9]*)?)\s*(us|µs|ms|s)?", re.ASCII)
_NUMBER = re.compile(r"#?([0-9]{1,15})", re.ASCII)


def unit_of(total_ns: float) -> tuple[str, float]:
    """The unit in which a request of this length is told, and its nanoseconds."""
    return ("ms", 1e6) if total_ns >= 1e6 else ("µs", 1e3)


def figure(ns: float, size: float) -> str:
    """A time in a unit: one decimal, two below one."""
    value = ns / size
    return f"{value:,.1f}" if value >= 1 or not value else f"{value:.2f}"


def length(ns: float) -> str:
    """A round time, such as the length of the axis."""
    return f"{ns / 1e9:g} s" if ns >= 2e9 else f"{ns / 1e6:g} ms"


def title(segment: Segment, lanes: int, tail: Sequence[str]) -> str:
    """Of the picture."""
    streams = segment.ready.streams if segment.ready else 0
    parts = ["Requests", f"{lanes} in flight"]
    if streams:
        parts.append(f"{streams} stream" + ("s" if streams != 1 else ""))
    return " · ".join([*parts, *(part for part in tail if part)])


def empty_lines(state: RunState, *, replay: bool, glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    """Why there is no picture, and what to do; lines and their roles."""
    segment = state.current
    if segment is None:
        return (("No run yet. 1 picks a model.", "m"),)
    if replay:
        return (("The recording holds no single requests of this configuration, or not yet.", "m"),)
    if segment.failed is not None:
        return ((f"{glyphs.bad} {segment.failed.what}", "b"), (f"  {segment.failed.hint}", "m"))
    if state.status in ("died", "idle", "finished"):
        return ((RECORDS, "m"), ("Nothing runs now. r on Live measures again.", "m"))
    if state.status == "paused":
        return ((RECORDS, "m"), ("The run is paused. space goes on.", "m"))
    return ((RECORDS, "m"), (f"{glyphs.working} waiting for the first requests", "w"))


def hidden_share(request: Request, others: Mapping[int, Request]) -> float | None:
    """Which share of its capture and post ran while others inferred; None when it has neither."""
    host = request.capture + request.post
    if host <= 0:
        return None
    covered = 0
    for begin, end in ((request.begin_ns, request.start_ns), (request.end_ns, request.done_ns)):
        at = begin
        running = sorted((o.infer_ns, o.end_ns) for o in others.values() if o.infer_ns < end and o.end_ns > begin)
        for began, ended in running:
            first, last = max(began, at), min(ended, end)
            if last > first:
                covered += last - first
                at = last
    return covered / host


def _waited(request: Request, stream: int) -> str:
    if request.waited_for != NOBODY:
        return f"request {request.waited_for:,} on stream {stream}"
    if request.begin_ns - request.due_ns > LATE_NS:
        return "a free request object"
    return "nobody: a stream was free"


def _blocked(request: Request, others: Mapping[int, Request]) -> str:
    behind = [other for other in others.values() if other.waited_for == request.number]
    return f"request {behind[0].number:,} queued behind it" if behind else "nobody"


def _due(request: Request, spec: RunSpec, size: float, unit: str) -> str:
    waited = f"{figure(max(0, request.begin_ns - request.due_ns), size)} {unit}"
    return f"{waited}, closed loop" if spec.load == "closed" else f"{waited} before it began, {spec.load} load"


def _share(part: float, whole: float) -> str:
    return f"{part / whole * 100:.0f} %" if whole else units.NOT_AVAILABLE


_BRIEF = ("latency", "queued", "waited for", "infer", "blocked", "hidden", "OpenVINO")
"""Rows of a panel that has room for few, most important first."""


def details(
    request: Request, stream: int, others: Mapping[int, Request], spec: RunSpec, width: int, height: int
) -> tuple[Line, ...]:
    """The request under the cursor: two columns of three rows in a flat panel, else a column with reasons.

    Args:
        request: The one.
        stream: As drawn.
        others: Those near it.
        spec: What runs.
        width: Cells of the panel.
        height: Its rows.
    """
    rows = _detail_rows(request, stream, others, spec)
    if height < 7 and width >= 76:
        by_name = dict(rows)
        pairs = (("due at", "waited for"), ("latency", "hidden"), ("queued", "OpenVINO"))
        return tuple(
            (
                (f" {left:<9}", "muted"),
                (f"{by_name[left]:<28}", "text"),
                (f"{right:<11}", "muted"),
                (by_name[right].partition(":")[0], "text"),
            )
            for left, right in pairs
        )
    if height < len(rows):
        rows = tuple((name, text) for wanted in _BRIEF for name, text in rows if name == wanted)
    return tuple(((f" {name:<11}", "muted"), (text, "text")) for name, text in rows[:height])


def _detail_rows(
    request: Request, stream: int, others: Mapping[int, Request], spec: RunSpec
) -> tuple[tuple[str, str], ...]:
    unit, size = unit_of(request.total)

    def said(ns: int, rest: str = "") -> str:
        return f"{figure(ns, size)} {unit}{rest}"

    hidden = hidden_share(request, others)
    overlap = units.NOT_AVAILABLE if hidden is None else f"{hidden * 100:.0f} % of capture and post"
    return (
        ("due at", _due(request, spec, size, unit)),
        ("capture", said(request.capture, " on the host thread")),
        ("queued", said(request.queue, f", {_share(request.queue, request.total)} of its life")),
        ("infer", said(request.infer, f" on stream {stream}")),
        ("post", said(request.post, " on the host thread")),
        ("latency", said(request.total, " from due to done")),
        ("OpenVINO", said(request.end_ns - request.start_ns, ": its own clock, no capture")),
        ("", ""),
        ("waited for", _waited(request, stream)),
        ("blocked", _blocked(request, others)),
        ("hidden", overlap),
    )


def stage_lines(analysis: RequestAnalysis, spec: RunSpec, width: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The table of stages, and what overlaps."""
    stages = analysis.stages
    _, size = unit_of(stages.total.p50)
    lines: list[Line] = [((f" {'stage':<11}{'p50':>6} {'p95':>7} {'max':>7} {'share':>6}", "muted"),)]
    for sign, name in zip(glyphs.stages, STAGES):
        stage = getattr(stages, name)
        figures = "".join(f"{figure(ns, size):>8}" for ns in (stage.p50, stage.p95, stage.max))[2:]
        share = f"{stage.share * 100:.0f} %"
        magnitude = bar(stage.share, max(1, width - 44), glyphs)
        lines.append(((f" {sign} {name:<9}", "muted"), (f"{figures} {share:>6}  ", "text"), (magnitude, "muted")))
    total = stages.total
    figures = "".join(f"{figure(ns, size):>8}" for ns in (total.p50, total.p95, total.max))[2:]
    lines += [((" due to done", "muted"), (f"{figures} {'100 %':>6}", "text")), ()]
    hidden = (
        units.NOT_AVAILABLE if analysis.hidden is None else f"{analysis.hidden * 100:.0f} % of capture and post hidden"
    )
    busy = ", ".join(f"{share * 100:.0f} %" for share in analysis.busy[:6])
    load = "closed loop" if spec.load == "closed" else f"{spec.load}, {spec.rate_fps:g} per second"
    rows = [
        ("overlap", hidden),
        ("streams", f"busy {busy}" + (" …" if len(analysis.busy) > 6 else "")),
        ("requests", f"{analysis.inferring:.1f} inferring, {analysis.waiting:.1f} waiting, in the mean"),
        ("arrivals", load),
    ]
    if spec.load != "closed":
        rows.append(("late", f"{units.share(analysis.late)} of starts, at most {units.duration(analysis.late_max_ns)}"))
    return (*lines, *(((f" {name:<11}", "muted"), (text, "text")) for name, text in rows))


def trying(advice: Advice, spec: RunSpec) -> str:
    """What `t` changes, in words: `2 requests`."""
    words = []
    if advice.change.get("api", spec.api) != spec.api:
        words.append(str(advice.change["api"]))
    requests = advice.change.get("requests")
    if requests is not None:
        words.append(f"{requests} request" + ("s" if requests != 1 else ""))
    return ", ".join(words)


def overlap_words(analysis: RequestAnalysis, spec: RunSpec) -> str:
    """What overlap would bring to a blocking request at most; empty where requests overlap already."""
    host = analysis.stages.capture.p50 + analysis.stages.post.p50
    total = analysis.stages.total.p50
    if spec.api != "sync" or not total:
        return ""
    return f"sync: overlap could hide {units.duration(host)} of {units.duration(total)}, {_share(host, total)}."


def says(advices: Sequence[Advice], spec: RunSpec, width: int, height: int, why_not: str = "") -> tuple[Line, ...]:
    """What the requests say, and the key that tries it.

    Args:
        advices: Most important first.
        spec: What runs.
        width: Cells of the panel.
        height: Its rows.
        why_not: Said where there is no advice.
    """
    lines: list[Line] = []
    for number, advice in enumerate(advices[: 1 if height < 5 else 3]):
        if lines:
            lines.append(())
        parts = wrap(advice.text, max(20, width - 2))
        lines += [((f" {part}", "text"),) for part in parts]
        hint = trying(advice, spec) if number == 0 else ""
        if not hint:
            continue
        piece = ((" t", "live*"), (f" tries {hint}", "text"))
        if len(lines) < height:
            lines += [(), piece] if height >= 5 else [piece]
        elif len(lines) == height and len(parts[-1]) + len(hint) + 12 <= width:
            lines[-1] = (*lines[-1], (" ", "text"), *piece)
        else:
            lines[height - 1 :] = [piece]
    return tuple(lines) if lines else (((f" {why_not}", "muted"),),)


def read_find(text: str) -> tuple[str, float] | None:
    """What to look for: `slower` than nanoseconds, `number`, or `late`; None when it is not understood."""
    wanted = text.strip().lower()
    if wanted == "late":
        return "late", 0.0
    if found := _SLOWER.fullmatch(wanted):
        return "slower", float(found[1]) * _UNITS[found[2] or "ms"]
    if found := _NUMBER.fullmatch(wanted):
        return "number", float(found[1])
    return None


def hits(spans: Sequence[Spans], wanted: tuple[str, float]) -> list[tuple[int, int, int]]:
    """Requests that are looked for, as (number, lane, end); oldest first."""
    kind, limit = wanted
    found = []
    for entry in spans:
        if kind == "number":
            at = int(limit) - entry.first
            chosen = [at] if 0 <= at < len(entry.lane) else []
        elif kind == "late":
            pairs = zip(entry.due_ns, entry.begin_ns)
            chosen = [at for at, (due, begin) in enumerate(pairs) if begin - due > LATE_NS]
        else:
            pairs = zip(entry.due_ns, entry.done_ns)
            chosen = [at for at, (due, done) in enumerate(pairs) if done - due > limit]
        found += [(entry.first + at, entry.lane[at], entry.done_ns[at]) for at in chosen]
    return found


def as_json(request: Request, stream: int) -> str:
    """A request for the clipboard; nanoseconds of the engine clock."""
    moments = ("due_ns", "begin_ns", "start_ns", "infer_ns", "end_ns", "done_ns")
    document = {
        "request": request.number,
        "lane": request.lane,
        "stream": stream,
        **{name: getattr(request, name) for name in moments},
        **{f"{name}_duration_ns": getattr(request, name) for name in STAGES},
        "latency_ns": request.total,
        "waited_for": None if request.waited_for == NOBODY else request.waited_for,
    }
    return json.dumps(document)
