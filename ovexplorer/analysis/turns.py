"""The figures of one contestant of a comparison, from its turns.

While one contestant waits, the other runs, so time between turns never counts: fps = completed inferences x batch /
sum of the turns' lengths. Percentiles come from all turns together, with the rules of `summary`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.analysis.digest import Digest
from ovexplorer.analysis.stability import Verdict, verdict_of
from ovexplorer.analysis.summary import RunSummary, summary_of
from ovexplorer.schema.results import Window


def digest_of_turns(windows: Sequence[Window]) -> Digest:
    """The turns of one contestant condensed, oldest first, without the time between them."""
    digest = Digest(longest_gap_ns=0)
    digest.update(windows)
    return digest


def side_summary(windows: Sequence[Window], batch: int = 1) -> RunSummary:
    """The figures of one contestant.

    Args:
        windows: Its turns, as in `Segment.windows` of a contestant.
        batch: Items an inference counts for.
    """
    return summary_of(digest_of_turns(windows), batch)


def side_verdict(windows: Sequence[Window], batch: int = 1) -> Verdict:
    """Whether the turns of one contestant were steady among themselves; the comparison itself does not need it."""
    return verdict_of(digest_of_turns(windows), batch)
