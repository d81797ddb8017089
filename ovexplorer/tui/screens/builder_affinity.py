"""Who runs what in the builder: edits of affinity rules, of what a file says, and the question they make.

Pure; every edit gives another form.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ovexplorer.errors import UsageError
from ovexplorer.schema.placement import PATTERNS, matching
from ovexplorer.schema.spec import AffinityRule
from ovexplorer.schema.topology import Topology
from ovexplorer.text import clean
from ovexplorer.tui.screens.builder_form import BuilderForm, Who

MODES: Final[tuple[tuple[Who, str, str], ...]] = (
    ("order", "by order", "the first device that takes an operation runs it"),
    ("rules", "by rules", "rules say more, later ones win"),
    ("file", "by file", "a file names the device of operations"),
)
"""Who, title, what it means."""

MOST_RULES: Final = 200


def with_who(form: BuilderForm, who: Who) -> BuilderForm:
    """Another way to decide; what the others would say is kept."""
    return replace(form, who=who)


def parse_rule(form: BuilderForm, topology: Topology | None, text: str) -> tuple[AffinityRule | None, str]:
    """Understand `PATTERN=DEVICE`; without a device the rule sends to the last one of the list.

    Args:
        form: Its devices are the ones that can be named.
        topology: To look for operations; None takes every pattern.
        text: As typed.

    Returns:
        The rule, and what to say of it: how many operations match, or why there is no rule.
    """
    text = text.strip()
    if not text:
        return None, PATTERNS
    pattern, device = _parted(form, topology, text)
    if not form.used:
        return None, "take devices in first"
    if device not in form.used:
        return None, f"{clean(device, 24) or 'the device'} is none of {', '.join(form.used)}"
    if len(form.rules) >= MOST_RULES:
        return None, f"at most {MOST_RULES} rules"
    rule = AffinityRule(pattern=pattern, device=device)
    if topology is None:
        return rule, "operations are not known yet"
    try:
        found = matching(topology, pattern)
    except UsageError as error:
        return None, f"{error.what}: {error.hint}"
    if not found:
        return None, f"no operation matches{_meant(topology, pattern)}"
    return rule, f"{len(found):,} operation{'' if len(found) == 1 else 's'} to {device}"


def _meant(topology: Topology, pattern: str) -> str:
    """The type or block that begins like the one that was typed."""
    kind, _, word = pattern.partition(":")
    if kind not in ("type", "block") or not word:
        return ""
    there = {str(entry.type if kind == "type" else entry.block): None for entry in topology.operations}
    near = next((name for name in there if name.lower().startswith(word.lower()) and name != word), "")
    return f"; {kind}:{clean(near, 40)} would" if near else ""


def _parted(form: BuilderForm, topology: Topology | None, text: str) -> tuple[str, str]:
    """Pattern and device; a name or a regular expression may hold the sign itself."""
    last = form.used[-1] if form.used else ""
    pattern, sign, device = text.rpartition("=")
    device = device.strip()
    named = next((name for name in form.used if name.upper() == device.upper()), None)
    if sign and pattern.strip() and named is not None:
        return pattern.strip(), named
    whole = text.startswith("/") and text.endswith("/") and len(text) > 2
    exact = topology is not None and any(entry.raw_name == text for entry in topology.operations)
    if not sign or whole or exact:
        return text, last
    return pattern.strip(), device


def with_rule(form: BuilderForm, rule: AffinityRule) -> BuilderForm:
    """Add a rule at the end, where it wins; one with the same pattern is replaced."""
    kept = tuple(entry for entry in form.rules if entry.pattern != rule.pattern)
    return replace(form, rules=(*kept, rule), who="rules")


def without_rule(form: BuilderForm, place: int) -> BuilderForm:
    """Remove a rule."""
    return replace(form, rules=(*form.rules[:place], *form.rules[place + 1 :]))


def moved_rule(form: BuilderForm, place: int, by: int) -> BuilderForm:
    """Move a rule in the order; later ones win."""
    target = place + by
    if not (0 <= place < len(form.rules) and 0 <= target < len(form.rules)):
        return form
    rules = list(form.rules)
    rules[place], rules[target] = rules[target], rules[place]
    return replace(form, rules=tuple(rules))


def stepped_rule(form: BuilderForm, place: int, by: int) -> BuilderForm:
    """Send the operations of a rule to the next device of the list."""
    if not 0 <= place < len(form.rules) or not form.used:
        return form
    rule = form.rules[place]
    at = form.used.index(rule.device) if rule.device in form.used else -1
    stepped = AffinityRule(pattern=rule.pattern, device=form.used[(at + by) % len(form.used)])
    return replace(form, rules=(*form.rules[:place], stepped, *form.rules[place + 1 :]))


def without_names(form: BuilderForm) -> BuilderForm:
    """Forget devices of single operations that were set elsewhere."""
    return replace(form, by_name={})


def with_file(form: BuilderForm, file: str, placements: dict[str, str], notices: tuple[str, ...] = ()) -> BuilderForm:
    """Let a file decide; the notices are what is to be known about it."""
    return replace(form, who="file", file=file, from_file=placements, file_notices=notices)
