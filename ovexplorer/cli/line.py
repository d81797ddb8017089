"""A command line taken apart, and the empty one: all that the picker needs to start."""

from __future__ import annotations

from dataclasses import dataclass, field

from ovexplorer.options.model import Option

DEFAULT_DEMO = "demo:resnet50"
"""What runs where a model is needed and none was named."""


@dataclass(frozen=True)
class CommandLine:
    """A command line taken apart."""

    command: str = ""
    """`bench`, `layers` …; empty for the TUI."""
    words: tuple[str, ...] = ()
    """What stood without a flag: the model, or the recording."""
    values: dict[str, str] = field(default_factory=dict)
    """Flags with one value, by name."""
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Flags with several values, by name."""
    options: tuple[tuple[Option, str], ...] = ()
    """Options of the catalogue that were given, in the order of the catalogue."""
    switches: frozenset[str] = frozenset()
    """Flags that were given without a value, or with yes."""
    off: frozenset[str] = frozenset()
    """Flags that were given with no."""
