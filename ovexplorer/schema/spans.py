"""What single requests waited for: the raw material of the request timeline."""

from __future__ import annotations

from ovexplorer.schema.base import Data


class Spans(Data, frozen=True, kw_only=True):
    """Consecutive requests, one entry each in every column; engine clock in nanoseconds.

    Capture (host work before) lasts from `begin_ns` to `start_ns`, queue and inference from `start_ns` to `end_ns`,
    post (host work after) from `end_ns` to `done_ns`. Where the inference itself began is not told by OpenVINO; it is
    worked out from the order on the streams.
    """

    segment: int
    """Which configuration."""
    first: int
    """Number of the first request in the segment, counted from 0."""
    lane: tuple[int, ...]
    """Which request object."""
    due_ns: tuple[int, ...]
    """When it should have started: the intended arrival; in a closed loop the moment its lane was free."""
    begin_ns: tuple[int, ...]
    """When the host began to work for it."""
    start_ns: tuple[int, ...]
    """When the inference was handed to OpenVINO."""
    end_ns: tuple[int, ...]
    """When the inference was done, by OpenVINO's own clock."""
    done_ns: tuple[int, ...]
    """When the host had seen and taken the result."""
    dropped: int = 0
    """Requests left out before these because they came too fast to be told one by one."""
