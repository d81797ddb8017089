"""Which rows of the timeline have room. Pure."""

from __future__ import annotations

from dataclasses import dataclass

BELOW = 3
"""Rows under the lanes that are always there: axis, its labels, legend."""


@dataclass(frozen=True)
class Plan:
    """What is shown in a given height."""

    lanes: int
    """Lanes that have room."""
    height: int = 1
    """Rows of a lane."""
    gap: int = 0
    """Blank rows after a lane."""
    streams: bool = False
    cores: bool = False
    air: int = 0
    """Blank rows between the groups."""


def plan_rows(height: int, *, lanes: int, streams: int, cores: int, due: bool, wide: bool) -> Plan:
    """Choose what has room: blank rows go first, then cores, then streams, then lanes.

    Args:
        height: Rows of the picture.
        lanes: How many there are.
        streams: Rows of streams.
        cores: Rows of cores; 0 leaves them out.
        due: Whether there is a row of intended starts.
        wide: Whether lanes may be two rows high with air between the groups.
    """
    roomy: tuple[Plan, ...] = (Plan(lanes, 2, 1, True, True, 1), Plan(lanes, 1, 1, True, True, 1)) if wide else ()
    candidates: tuple[Plan, ...] = (
        *roomy,
        Plan(lanes, 1, 1, True, True),
        Plan(lanes, 1, 0, True, True),
        Plan(lanes, 1, 0, True),
        Plan(lanes),
    )
    for plan in candidates:
        rows = lanes * (plan.height + plan.gap) + BELOW + due + plan.air * 3
        rows += streams * plan.streams + (cores + plan.air) * (plan.cores and cores > 0)
        if rows <= height:
            return plan
    # One row says how many lanes are not there.
    return Plan(max(1, height - BELOW - due - 1))
