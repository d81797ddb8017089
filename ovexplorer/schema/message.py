"""The two bases of all messages between engine and session."""

from __future__ import annotations

from ovexplorer.schema.base import Data


class Command(Data, tag=True, frozen=True, kw_only=True):
    """Base of what the engine is told."""


class Event(Data, tag=True, frozen=True, kw_only=True):
    """Base of what the engine tells."""
