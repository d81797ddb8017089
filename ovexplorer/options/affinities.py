"""How affinities are written on a command line, `PATTERN=DEVICE`, and read back from a spec.

What is none of the kinds of `schema.placement` is a regular expression: `relu=CPU` means `/relu/=CPU`. A rule for
exactly one name is `name:conv_1=CPU`; a single placement, which wins over all rules, is `=conv_1=CPU`.
"""

from __future__ import annotations

import re

from ovexplorer.errors import UsageError
from ovexplorer.schema.placement import LONGEST_PATTERN
from ovexplorer.schema.spec import AffinityRule, RunSpec
from ovexplorer.text import clean

MOST_WRITTEN = 40
"""Placements up to which each is written as a flag of its own; more are a file."""

_KINDS = ("type:", "block:", "range:", "under:")
_NAME = "name:"
_HINT = "write 'relu=CPU' (a regular expression), 'type:Softmax=CPU', 'block:layer3=CPU' or 'range:first..last=CPU'"


def parse_affinity(text: str) -> AffinityRule | tuple[str, str]:
    """A rule, or the name and device of a single placement.

    Raises:
        UsageError: It cannot be understood.
    """
    pattern, equals, device = text.rpartition("=")
    device = device.strip()
    if not equals or not device or not pattern.strip() or len(pattern) > LONGEST_PATTERN:
        raise UsageError(f"--affinity {clean(text, 80)!r} is not PATTERN=DEVICE", _HINT)
    if pattern.startswith("="):
        return pattern[1:], device
    if pattern.startswith(_NAME):
        return AffinityRule(pattern=pattern.removeprefix(_NAME), device=device)
    if pattern.startswith(_KINDS):
        return AffinityRule(pattern=pattern, device=device)
    if not _is_regex(pattern):
        pattern = f"/{pattern}/"
    try:
        re.compile(pattern[1:-1])
    except (re.error, RecursionError, OverflowError) as error:
        raise UsageError(f"--affinity {clean(text, 80)!r} is no regular expression: {error}", _HINT) from error
    return AffinityRule(pattern=pattern, device=device)


def _is_regex(pattern: str) -> bool:
    return len(pattern) > 2 and pattern[0] == pattern[-1] == "/"


def affinity_words(spec: RunSpec, file_name: str) -> list[str]:
    """The flags that ask for the affinities of a spec.

    Args:
        spec: With any affinities.
        file_name: Named when there are more than `MOST_WRITTEN` placements; it has to be written by someone.
    """
    words: list[str] = []
    for rule in spec.affinities:
        plain = not rule.pattern.startswith(_KINDS) and not _is_regex(rule.pattern)
        words.append(f"--affinity={_NAME if plain else ''}{rule.pattern}={rule.device}")
    if len(spec.placements) > MOST_WRITTEN:
        words += ["--affinity-file", file_name]
    else:
        words += [f"--affinity=={name}={device}" for name, device in spec.placements.items()]
    if spec.splitter != "ours":
        words += ["--splitter", spec.splitter]
    return words


def describe_affinities(old: RunSpec, new: RunSpec) -> list[str]:
    """What is different in how two specs split a model, in words."""
    changes = []
    for name in sorted({*old.lacks, *new.lacks}):
        before, after = (",".join(spec.lacks.get(name, ())) or "nothing" for spec in (old, new))
        if before != after:
            changes.append(f"{name} lacks {before}→{after}")
    if old.affinities != new.affinities:
        added = [rule for rule in new.affinities if rule not in old.affinities]
        gone = [rule for rule in old.affinities if rule not in new.affinities]
        if len(added) + len(gone) == 1:
            sign, rule = ("+", added[0]) if added else ("−", gone[0])
            changes.append(f"affinity {sign}{clean(rule.pattern, 60)}={rule.device}")
        else:
            changes.append(f"affinity rules {len(old.affinities) or 'none'}→{len(new.affinities) or 'none'}")
    if old.placements != new.placements:
        changes.append(_placed(old, new))
    if old.splitter != new.splitter:
        changes.append(f"splitter {old.splitter}→{new.splitter}")
    return changes


def _placed(old: RunSpec, new: RunSpec) -> str:
    moved = [
        name
        for name in dict.fromkeys((*old.placements, *new.placements))
        if old.placements.get(name) != new.placements.get(name)
    ]
    if len(moved) > 1:
        return f"{len(moved):,} operations placed anew"
    before, after = (spec.placements.get(moved[0], "by rule") for spec in (old, new))
    return f"{clean(moved[0], 60)} {before}→{after}"
