"""What the option panel says: rows with asked and got, and the help of one option. Pure functions over a state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from ovexplorer.options.apply import read
from ovexplorer.options.catalogue import options_for
from ovexplorer.options.dynamic import effective_of, effective_text, options_of
from ovexplorer.options.model import Option
from ovexplorer.schema.facts import DeviceFacts
from ovexplorer.schema.results import EffectiveProperty
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState, Segment
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.widgets.option_help import HelpView
from ovexplorer.tui.widgets.option_list import VALUE, EditKind, OptionRow

DIFFERS = "differs"
"""As a filter: only the options whose asked and effective values differ."""

_NUMERIC = ("integer", "real")


@dataclass(frozen=True)
class PanelState:
    """What the rows are made from; compared by value, so rows are made again only when it changed."""

    asked: RunSpec
    """What toggles start from."""
    device: DeviceFacts | None
    """Of `asked.device`, for its further properties."""
    effective: tuple[EffectiveProperty, ...] = ()
    """As read back; of the configuration before while one is being compiled."""
    before: RunSpec | None = None
    """The configuration that is measured while another one compiles."""
    refused: RunSpec | None = None
    """The last change, when it could not be done."""
    refused_why: str = ""
    baseline: RunSpec | None = None


def panel_state(state: RunState, asked: RunSpec, baseline: RunSpec | None) -> PanelState:
    """Pick what concerns the panel out of a state."""
    active = segment_of(state, state.active) or state.current
    newest = state.current
    ready = active.ready if active and active.spec == asked else None
    before = None
    if active and ready is None and not active.failed:
        measured = [s for s in state.segments if s.windows and not s.withdrawn and s.number < active.number]
        if measured:
            # What the device told of the last configuration stands until it tells of the new one.
            before, ready = measured[-1].spec, measured[-1].ready
    failed = newest.failed if newest else None
    return PanelState(
        asked=asked,
        device=device_of(state, asked.device),
        effective=ready.effective if ready else (),
        before=before,
        refused=newest.spec if newest and failed and failed.continues else None,
        refused_why=failed.what if failed else "",
        baseline=baseline,
    )


def segment_of(state: RunState, number: int) -> Segment | None:
    """The segment of a number."""
    return next((segment for segment in reversed(state.segments) if segment.number == number), None)


def device_of(state: RunState, name: str) -> DeviceFacts | None:
    """Facts of a device; of a virtual one those of its head."""
    heads = (name, name.partition(":")[0])
    return next((device for head in heads for device in state.devices if device.name == head), None)


def all_options(panel: PanelState) -> list[tuple[str, tuple[Option, ...]]]:
    """Heading and options of each group."""
    options = options_for(panel.asked.device)
    named = ("DEVICE", "RUN", "THREADS", "MODEL")
    groups = [(name, tuple(option for option in options if option.group == name)) for name in named]
    other = [option for option in options if option.group == "OTHER"]
    other += options_of(panel.device) if panel.device else ()
    head = clean(panel.asked.device.partition(":")[0], 20)
    groups.append((f"EVERY OTHER PROPERTY OF {head}", tuple(other)))
    return groups


def find_option(panel: PanelState, option_id: str) -> Option | None:
    """The option of a row."""
    return next((option for _, options in all_options(panel) for option in options if option.id == option_id), None)


def option_rows(panel: PanelState, glyphs: Glyphs, *, headings: bool, wanted: str = "") -> tuple[OptionRow, ...]:
    """All rows, or those that a filter leaves.

    Args:
        panel: What the rows are made from.
        glyphs: Signs to use.
        headings: Whether all groups are named; the last one always is.
        wanted: Words that must occur in title, property, id or help; `differs` is special.
    """
    rows: list[OptionRow] = []
    for name, options in all_options(panel):
        found = [_row(option, panel, glyphs) for option in options if _matches(option, wanted)]
        if wanted == DIFFERS:
            found = [row for row in found if row.mark in (glyphs.differs, glyphs.ignored, glyphs.bad)]
        if found and (headings or name.startswith("EVERY")):
            rows.append(OptionRow("", name))
        rows += found
    return tuple(rows)


def counts(rows: Sequence[OptionRow], glyphs: Glyphs) -> tuple[int, int]:
    """How many options are set by the user, and how many differ from what was asked."""
    differing = sum(row.mark in (glyphs.differs, glyphs.ignored) for row in rows)
    return sum(bool(row.id) and row.asked for row in rows), differing


def help_view(option: Option, panel: PanelState) -> HelpView:
    """The help of the option under the cursor."""
    value = clean(read(option, panel.asked))
    entries = effective_of(option, panel.effective)
    got = effective_text(option, panel.effective)
    if panel.before is not None:
        answer = "compiling"
    elif got:
        answer = f"got {got}"
    else:
        answer = "not told" if option.property else "taken as it is"
    bad = any(entry.state in ("changed", "ignored") for entry in entries)
    names = " ".join(choice.value for choice in option.choices)
    return HelpView(
        text=option.help,
        helps=option.helps,
        hurts=option.hurts,
        property=option.property or option.field,
        asked=f"asked {value} · {answer}",
        asked_role="w" if bad else "m",
        why=next((str(entry.why) for entry in entries if entry.why and bad), ""),
        choices=f"choices {names}" if names else "",
        flag=f"CLI  {option.flags[0]}" if option.flags else f"CLI  --prop {clean(option.property)}=…",
    )


def _matches(option: Option, wanted: str) -> bool:
    if not wanted or wanted == DIFFERS:
        return True
    text = " ".join((option.title, option.property, option.id, option.help)).lower()
    return all(word in text for word in wanted.lower().split())


def _row(option: Option, panel: PanelState, glyphs: Glyphs) -> OptionRow:
    value = clean(read(option, panel.asked), 60)
    edit: EditKind = "digits" if option.kind in _NUMERIC else "text" if option.kind in ("text", "path") else "none"
    asked = value != option.default
    row = OptionRow(option.id, option.title, value, edit=edit, asked=asked)
    before = clean(read(option, panel.before), 60) if panel.before else value
    if before != value:
        return row.with_value(f"{before} → {value}", "w", glyphs.working, "w")
    refused = clean(read(option, panel.refused), 60) if panel.refused else value
    if refused != value:
        return row.with_value(f"{refused} → {value}", "b", glyphs.bad, "b", clean(panel.refused_why, 120))
    entries = effective_of(option, panel.effective)
    got = effective_text(option, panel.effective)
    told = _told(entries)
    if told is not None and told.state == "ignored":
        return row.with_value(value, "b", glyphs.ignored, "b", str(told.why) or "ignored by the device")
    if told is not None and told.state == "changed":
        return row.with_value(f"{value} → {got}", "w", glyphs.differs, "w", str(told.why))
    if not asked or value == option.nothing:
        if got and got != value:
            why = next((str(entry.why) for entry in entries if entry.why), "the device's default")
            if cell_len(value) + cell_len(got) + 3 >= VALUE:
                return row.with_value(got, "m", "", " ", f"{value}, {why}")
            return row.with_value(f"{value} → {got}", "m", "", " ", why)
        return row if not asked else row.with_value(value, " ", glyphs.set_by_user, "l")
    return row.with_value(value, " ", glyphs.set_by_user, "l", _against_baseline(option, value, panel))


def _told(entries: Iterable[EffectiveProperty]) -> EffectiveProperty | None:
    """The entry that says most: an ignored one, else a changed one."""
    ordered = sorted(entries, key=lambda entry: ("ignored", "changed", "as_requested", "default").index(entry.state))
    return ordered[0] if ordered else None


def _against_baseline(option: Option, value: str, panel: PanelState) -> str:
    if panel.baseline is None:
        return ""
    base = clean(read(option, panel.baseline), 40)
    return f"was {base} (A)" if base != value else ""
