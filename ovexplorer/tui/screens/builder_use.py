"""Words of the device builder around its button: what is missing, what is refused, what should be known before use."""

from __future__ import annotations

from typing import Final

from ovexplorer.options.command import same_as
from ovexplorer.schema.protocol import Failed
from ovexplorer.schema.spec import RunSpec
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens.builder_affinity import without_names, without_rule
from ovexplorer.tui.screens.builder_figures import compile_words
from ovexplorer.tui.screens.builder_forecast import Known
from ovexplorer.tui.screens.builder_form import BuilderForm
from ovexplorer.tui.screens.builder_outlook import LONG_COMPILE_S, VERY_LONG_COMPILE_S, Outlook
from ovexplorer.tui.screens.builder_split_rows import NAMED, RuleRow
from ovexplorer.tui.widgets.form import words
from ovexplorer.tui.widgets.lines import Line

_FEW = 3

_HAPPENS = (
    " What happens: each device is asked what it supports, your rules are written into the model, it is compiled with",
    " them, so that the two dump files come out as one clean pair. Nothing is written next to your model.",
)

_KINDS: Final = {
    "AUTO": "AUTO takes the first device of the list that can run the model; the CPU serves until it is compiled.",
    "MULTI": "MULTI gives each request to a device that is free: it needs the async API and several requests.",
    "BATCH": "BATCH joins requests until the batch is full or the wait is over: one alone waits for the whole time.",
}
"""What is to be known of other kinds, where there is room."""


def waiting(
    form: BuilderForm, known: Known, state: RunState, failed: Failed | None, *, replay: bool
) -> tuple[str, bool]:
    """Why there is no prediction yet, and whether there will be none.

    Args:
        form: What is set.
        known: What the engine told.
        state: Of the session.
        failed: Why the last question could not be answered.
        replay: Whether a recording is shown.
    """
    if form.problem_of_devices:
        return "needs devices", True
    if known.to_ask(form) is None:
        return "being worked out", False
    if replay:
        return "the recording does not hold the operations of the model", True
    if state.died is not None:
        return "no engine is there to ask the devices", True
    if failed is not None:
        return f"{failed.what}. {failed.hint}", True
    return f"asking {', '.join(clean(name, 24) for name in form.used)} what they can run", False


def refusal(outlook: Outlook | None) -> str:
    """Why OpenVINO would not compile it; empty when nothing is known against it."""
    if outlook is None:
        return ""
    if outlook.prediction is None:
        return outlook.problem
    unplaced = outlook.prediction.unplaced
    if not unplaced:
        return ""
    names = ", ".join(clean(outlook.operations[key].name, 40) for key in unplaced[:_FEW])
    more = f" and {len(unplaced) - _FEW:,} more" if len(unplaced) > _FEW else ""
    have = "operation has" if len(unplaced) == 1 else "operations have"
    return f"OpenVINO would refuse it: {len(unplaced):,} {have} no device: {names}{more}"


def confirmation(outlook: Outlook | None) -> str:
    """What to ask before a compile that takes very long; empty when it does not."""
    prediction = outlook.prediction if outlook is not None else None
    if prediction is None or prediction.compile_s < VERY_LONG_COMPILE_S:
        return ""
    return (
        f"{len(prediction.split.submodels):,} submodels take {compile_words(prediction.compile_s)} to compile. "
        "esc cancels it then too."
    )


def notes(
    form: BuilderForm, said: tuple[str, str], problem: str, outlook: Outlook | None, glyphs: Glyphs
) -> tuple[Line, ...]:
    """Lines under the button, the most important first.

    Args:
        form: What is set.
        said: What the last key came to, and its role.
        problem: Why the form cannot be used.
        outlook: Of this very form.
        glyphs: Signs of the terminal.
    """
    found: list[Line] = []
    if said[0]:
        found.append(words(f" {glyphs.bad if said[1] == 'bad' else glyphs.look} {said[0]}", said[1]))
    if problem:
        found.append(words(f" {glyphs.bad} {problem}", "bad"))
    prediction = outlook.prediction if outlook is not None else None
    if prediction is not None and prediction.compile_s >= LONG_COMPILE_S:
        found.append(words(f" {glyphs.look} compiling takes {compile_words(prediction.compile_s)}", "warn"))
    return (*found, *(words(f" {glyphs.look} {text}", "warn") for text in form.warnings))


def over_button(form: BuilderForm, spec: RunSpec | str, *, boxed: bool) -> tuple[Line, ...]:
    """What stands over the button: the command line, or with HETERO what happens, where there is room.

    Args:
        form: What is set.
        spec: What the form asks for; empty when it cannot be used.
        boxed: Whether panels are boxes.
    """
    if form.splits:
        return tuple(words(line, "muted") for line in _HAPPENS) if boxed else ()
    if isinstance(spec, str):
        return ((),)
    command = clean(same_as(spec)).removeprefix("ovexplorer bench ")
    same: Line = ((" ", "text"), ("same as  ", "muted"), (command, "text"))
    return (same, words(f" {_KINDS[form.kind]}", "muted")) if boxed and form.kind in _KINDS else (same,)


def without_row(form: BuilderForm, row: RuleRow | None) -> tuple[BuilderForm, str]:
    """Remove what stands in a row of the rules; and why nothing was removed, empty when it was."""
    if row is None:
        return form, ""
    if row.key >= 0:
        return without_rule(form, row.key), ""
    if row.key == NAMED and form.who == "rules":
        return without_names(form), ""
    if row.key == NAMED:
        return form, "by order or by rules leaves the file"
    return form, "the order of devices is always there"
