"""The panels under a ladder: the step under the cursor, what was learned, start-up in figures. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ovexplorer import units
from ovexplorer.analysis.paired import MOST_QUADS, PairEstimate
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens import ladder_words as words
from ovexplorer.tui.widgets.lines import Line, wrap
from ovexplorer.tuning.steps import LadderState, StepResult

LABEL: Final = 11
"""Cells of the labels in the panel of a step."""

CELL: Final = 11
"""Cells of a phase in the table of start-ups."""

MOST_NAMES: Final = 4
"""Steps that a sentence names at most."""


@dataclass(frozen=True)
class _Block:
    """Lines that are shown together or not at all; the lowest rank goes in first."""

    rank: int
    lines: tuple[Line, ...]


def step_title(state: LadderState, index: int) -> str:
    """`step 14 · batch 4 · 25.4 FPS`; without the figure while it changes, because a new title repaints the panel."""
    result = state.results[index]
    value = words.value_of(result) if result.status != "running" else None
    unit = "ms" if words.lower_is_better(result) else "FPS"
    figure = f" · {units.significant(value)} {unit}" if value is not None else ""
    return f"step {index + 1} · {clean(result.step.title, 40)}{figure}"


def step_lines(state: LadderState, index: int, glyphs: Glyphs, width: int, height: int) -> tuple[Line, ...]:
    """What a step does, when it helps, its turns, the command that does the same, and a sentence to say aloud.

    What does not fit is left out whole, the least needed first; in the guided mode the sentence is needed most.
    """
    result = state.results[index]
    room = max(20, width - 2)
    blocks = [
        _text(1, result.step.what, room, "text"),
        _text(3, result.step.helps, room, "muted"),
        _text(2, _plight(result), room, "bad" if result.status == "failed" else "warn"),
        _labelled(4, "turns", _turns(result, glyphs), room),
        _labelled(6, "drift", _drift(result), room),
        _labelled(7, "note", clean(result.note, 200), room),
        _labelled(5, "same as", clean(result.command, 400), room),
        _text(0 if state.guided else 2, _said(result), room, "live*" if state.guided else "text*"),
    ]
    return _fit([block for block in blocks if block.lines], height)


def _fit(blocks: Sequence[_Block], height: int) -> tuple[Line, ...]:
    kept: set[int] = set()
    left = height
    for at, block in sorted(enumerate(blocks), key=lambda entry: entry[1].rank):
        if len(block.lines) <= left:
            kept.add(at)
            left -= len(block.lines)
    # With room to spare the blocks stand apart.
    spaced = left >= len(kept)
    lines: list[Line] = []
    for at in sorted(kept):
        lines += blocks[at].lines
        if spaced:
            lines.append(())
    return tuple(lines[:height])


def _text(rank: int, text: str, width: int, role: str) -> _Block:
    return _Block(rank, tuple(((f" {part}", role),) for part in wrap(clean(text, 400), width)))


def _labelled(rank: int, label: str, text: str, width: int) -> _Block:
    parts = wrap(text, max(10, width - LABEL))
    lines = tuple(
        ((f" {label if n == 0 else '':<{LABEL - 1}}", "muted"), (part, "text")) for n, part in enumerate(parts)
    )
    return _Block(rank, lines)


def _said(result: StepResult) -> str:
    return f"To say aloud: “{result.step.say}”" if result.step.say else ""


def _plight(result: StepResult) -> str:
    if result.status == "failed":
        return f"It could not be measured: {result.reason}"
    return f"Left out: {result.reason or result.step.skipped}" if result.status == "skipped" else ""


def _turns(result: StepResult, glyphs: Glyphs) -> str:
    if not result.quads:
        return ""
    shown = min(result.quads, 6)
    judged = result.against_first
    interval = ""
    if judged is not None and judged.detectable is not None and judged.point is not None:
        half = max((judged.high or judged.point) - judged.point, judged.point - (judged.low or judged.point))
        # Where no difference is shown the list says what could have been seen.
        half = judged.detectable if judged.verdict == "no_difference" else half
        interval = f", {glyphs.plus_minus}{units.significant(half * 100, 2)} % so far"
    dots = "···" if result.status == "running" else ""
    total = f"{result.quads} of at most {MOST_QUADS} quads" if dots else f"{result.quads} quads"
    return f"{'ABBA' * shown}{dots}  {total}{interval if dots else interval.replace(' so far', '')}"


def _drift(result: StepResult) -> str:
    drift = result.drift
    if drift is None:
        return ""
    if drift.state == "unavailable":
        return clean(f"{units.NOT_AVAILABLE} {drift.why}", 200)
    text, _ = words.drift_words(drift)
    against = drift.reference or "f32"
    rows = sum(output.top1_of for output in drift.outputs)
    changed = sum(output.top1_changed for output in drift.outputs)
    top = f", top-1 changed {changed} of {rows}" if rows else ""
    return clean(f"{text} against {against} on the same {drift.inputs} inputs{top}", 200)


# What was learned.


def taught_lines(state: LadderState, glyphs: Glyphs, width: int) -> tuple[Line, ...]:
    """The biggest win, what made no difference, what was left out, and the best step of each part."""
    learned = [*_wins(state, glyphs), *_sames(state, glyphs)]
    found = [*learned, *_counts(state)] if learned else []
    lines: list[Line] = []
    for text, role in found:
        sign, _, rest = text.partition(" ")
        for n, part in enumerate(wrap(rest, max(10, width - 4))):
            lines.append(((f" {sign if n == 0 else ' '} ", role), (part, "text")))
    if not lines:
        return (((" nothing yet: the second bar of a part says the first thing", "muted"),),)
    best = _bests(state)
    return (*lines, (), *best) if best else tuple(lines)


def _wins(state: LadderState, glyphs: Glyphs) -> list[tuple[str, str]]:
    """The largest change of each part, and what made things worse."""
    found = []
    for part in dict.fromkeys(result.step.part for result in state.results):
        changes = _changes(state, part)
        if not changes:
            continue
        most, least = max(changes), min(changes)
        if part == "slower":
            if least.gain < 0:
                found.append((f"{glyphs.worse} {least.words(state)} the biggest cost", "bad"))
            continue
        if most.gain > 0:
            found.append((f"{glyphs.better} {most.words(state)} the biggest win", "good"))
        if least.gain < 0:
            found.append((f"{glyphs.worse} {least.words(state)} worse", "bad"))
    return found


@dataclass(frozen=True, order=True)
class _Change:
    """What a step made of what was there before it."""

    gain: float
    """How much better it is, in milliseconds or frames a second; negative when it is worse."""
    index: int
    base: float

    def words(self, state: LadderState) -> str:
        """`precision f32: −15.7 ms on 56.9,`."""
        result = state.results[self.index]
        lower = words.lower_is_better(result)
        change = words.signed_ms(-self.gain if lower else self.gain)
        return f"{_name(result)}: {change} {'ms' if lower else 'FPS'} on {units.significant(self.base)},"


def _changes(state: LadderState, part: str) -> list[_Change]:
    """The change of each step that differs from what it began with."""
    found: list[_Change] = []
    base: int | None = None
    for index, result in enumerate(state.results):
        value = words.value_of(result)
        if result.step.part != part or value is None or result.status != "done":
            continue
        before = words.value_of(state.results[base]) if base is not None else None
        if base is not None and before is not None:
            gain = before - value if words.lower_is_better(result) else value - before
            if part == "slower":
                gain = -result.added_ms if result.added_ms is not None else gain
                differs = not result.equals and _shown(result.against_previous)
            else:
                differs = part == "startup" or _shown(words.against(state, index, {part: base}))
            if differs:
                found.append(_Change(gain, index, before))
        # Latency steps and costs keep what is before them, but for other frameworks and alternatives; all others
        # begin with the first bar.
        if base is None or part == "slower" or (part == "latency" and _is_kept(result)):
            base = index
    return found


def _is_kept(result: StepResult) -> bool:
    step = result.step
    return step.how != "framework" and step.id != "auto" and not step.id.startswith("precision_")


def _shown(judged: PairEstimate | None) -> bool:
    """Whether a comparison shows a difference; without an interval nothing is denied."""
    return judged is None or judged.low is None or judged.verdict != "no_difference"


def _sames(state: LadderState, glyphs: Glyphs) -> list[tuple[str, str]]:
    same = [result for result in state.results if result.status == "done" and result.equals]
    if not same:
        return []
    names = ", ".join(_name(result) for result in same[:MOST_NAMES])
    more = f" and {len(same) - MOST_NAMES} more" if len(same) > MOST_NAMES else ""
    seen = [half for result in same if (half := words.half_width(result)) is not None]
    above = f" above {units.significant(max(seen) * 100, 2)} %" if seen and max(seen) < 1 else ""
    return [(f"{glyphs.same} {names}{more}: no change{above}", "muted")]


def _counts(state: LadderState) -> list[tuple[str, str]]:
    found = []
    done = any(result.status == "done" for result in state.results)
    skipped = sum(result.status == "skipped" for result in state.results)
    failed = sum(result.status == "failed" for result in state.results)
    if skipped and done:
        reason = "with its reason" if skipped == 1 else "each with its reason"
        found.append((f"· {skipped} step{'s' if skipped != 1 else ''} skipped, {reason}", "muted"))
    if failed:
        found.append((f"✗ {failed} step{'s' if failed != 1 else ''} failed", "bad"))
    total = words.added_total(state) if state.kind == "slower" else None
    if total is not None:
        found.append((f"· all of it together adds {words.signed_ms(total)} ms", "text*"))
    return found


def _bests(state: LadderState) -> list[Line]:
    if state.kind == "slower":
        return []
    lines: list[Line] = []
    for part, index in words.best_of_parts(state).items():
        result = state.results[index]
        unit = "ms" if words.lower_is_better(result) else "FPS"
        figure = f"{units.significant(words.value_of(result) or 0.0)} {unit}"
        lines.append(
            (
                (f" {f'best {clean(part, 20)}':<18}", "muted"),
                (f"{figure:<11}", "good*"),
                (f"step {index + 1}{_equal_words(state, index)}", "text"),
            )
        )
    return lines


def _equal_words(state: LadderState, index: int) -> str:
    equal = words.number_of(state, state.results[index].equals) if state.results[index].equals else None
    return f", same as {equal}" if equal is not None else ""


def _name(result: StepResult) -> str:
    return clean(result.step.title, 40)


# Start-up.


def startup_lines(state: LadderState, run: RunState, glyphs: Glyphs, width: int) -> tuple[Line, ...]:
    """Phases of each start-up in milliseconds with half of their spread, and when AUTO went over to another device."""
    names = words.PHASES if width >= 90 else words.PHASES[1:]
    label = 16 if width >= 72 else 9
    head = f" {'median ms':<{label}}" + "".join(f"{name:>{CELL}}" for name in names)
    lines: list[Line] = [((f"{head}  cache", "muted"),)]
    for result in state.results:
        if not result.startups:
            continue
        figures = "".join(f"{_phase(result, name, glyphs):>{CELL}}" for name in names)
        lines.append(((f" {_short(result, label):<{label}}", "muted"), (figures, "text"), _cache(result)))
    if len(lines) == 1:
        lines = [((" nothing yet: every start-up runs in a process of its own", "muted"),)]
    else:
        runs = max(len(result.startups) for result in state.results)
        lines.append(((f" {runs} start-ups each, {glyphs.plus_minus} half of their spread", "muted"),))
    return (*lines, *handover_lines(run, glyphs))


def _phase(result: StepResult, phase: str, glyphs: Glyphs) -> str:
    found = words.phase_ms(result, phase)
    if found is None:
        return units.NOT_AVAILABLE
    middle = units.significant(found[0])
    decimals = len(middle.partition(".")[2])
    with_spread = f"{middle} {glyphs.plus_minus}{found[1]:.{decimals}f}"
    return with_spread if len(result.startups) > 1 and len(with_spread) < CELL else middle


def _short(result: StepResult, width: int) -> str:
    title = clean(result.step.title)
    return title if len(title) < width else f"{title[: width - 2].rstrip()}…"


def _cache(result: StepResult) -> tuple[str, str]:
    last = result.startups[-1]
    if not last.cache_bytes and not last.loaded_from_cache:
        return "  off", "muted"
    loaded = [startup.loaded_from_cache for startup in result.startups]
    text = "  read" if all(loaded) else "  written" if not any(loaded) else "  partly read"
    return f"{text}, {units.size(last.cache_bytes)}", "good" if all(loaded) else "muted"


def handover_lines(run: RunState, glyphs: Glyphs) -> tuple[Line, ...]:
    """When AUTO went over from the device that starts at once to the one it chose, of the run that is shown."""
    segment = run.current
    if segment is None or not segment.spec.device.startswith("AUTO"):
        return ()
    if not segment.handovers:
        devices = ", ".join(clean(name, 20) for name in (segment.ready.execution_devices if segment.ready else ()))
        on = f", it runs on {devices}" if devices else ""
        return (((f" AUTO has not handed over{on}", "muted"),),)
    began = next((entry.started_ns for entry in segment.phases if entry.phase == "compile"), None)
    lines: list[Line] = []
    before = ", ".join(clean(n, 20) for n in (segment.ready.execution_devices if segment.ready else ())) or "CPU"
    for change in segment.handovers:
        after = ", ".join(clean(name, 20) for name in change.execution_devices)
        when = f" {units.duration(change.at_ns - began)} after the compile began" if began is not None else ""
        lines.append(((" AUTO went over ", "muted"), (f"{before} {glyphs.right} {after}", "text*"), (when, "text")))
        before = after
    return tuple(lines)
