"""Titles of the layers screen, and what stands there while there is nothing to show. Pure functions."""

from __future__ import annotations

from ovexplorer.analysis.layers import LayerAnalysis
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tui.glyphs import Glyphs
from ovexplorer.tui.screens import layers_view as view
from ovexplorer.tui.screens.layers_board import Board
from ovexplorer.tui.screens.layers_doctor import reorder_words
from ovexplorer.tui.screens.layers_live import overhead_words
from ovexplorer.tui.widgets.form import words
from ovexplorer.tui.widgets.lines import Line


def title(board: Board, analysis: LayerAnalysis, shown: int) -> str:
    """Title of the table: view, how many rows, and what they are held against."""
    parts = [view.TITLES[board.view]]
    if board.view == "layers":
        if board.filter.text:
            ran = sum(row.layer.status == "executed" for row in board.rows())
            parts += [f"{shown:,} of {ran:,}", clean(board.filter.text, 24)]
        else:
            parts.append(view.count_words(analysis))
    elif board.view == "reorders":
        parts.append(reorder_words(analysis))
    elif board.view == "difference":
        parts.append(difference_words(board))
    else:
        parts.append(f"{shown:,}")
    if board.reference is not None and board.view != "difference":
        parts.append(board.reference.title if board.reference.kind == "frozen" else f"against {board.reference.title}")
    return " · ".join(parts)


def difference_words(board: Board) -> str:
    """How many rows of each kind: `3 faster, 1 slower against frozen 1:51`."""
    alignment = board.alignment()
    if alignment is None or board.reference is None:
        return "F freezes what to hold against"
    kinds = (("faster", "faster"), ("slower", "slower"), ("appeared", "appeared"), ("vanished", "gone"))
    counts = [(len(alignment.of_kind(kind)), word) for kind, word in kinds]  # type: ignore[arg-type]
    found = ", ".join(f"{count:,} {word}" for count, word in counts if count) or "nothing beyond noise"
    return f"{found} against {board.reference.title}"


def mean_words(analysis: LayerAnalysis) -> str:
    """How many inferences the means cover."""
    profile = analysis.profile
    # A title that changes repaints its whole panel, so that of a refresh says no number; the sum row does.
    return "live" if profile.live else f"mean of {profile.iterations:,}"


def title_with_mean(board: Board, analysis: LayerAnalysis, shown: int, width: int) -> str:
    """The title with what fits beside it: the mean, and what counting costs."""
    text = title(board, analysis, shown)
    for more in (mean_words(analysis), overhead_words(board.overhead)):
        if more and len(text) + len(more) + 8 <= width:
            text = f"{text} · {more}"
    return text


def subtitle(board: Board, analysis: LayerAnalysis, keys: str) -> str:
    """Under a boxed table."""
    live = analysis.profile.live
    inferences = "live, the last seconds" if live else f"{mean_words(analysis)} inferences"
    return " · ".join(part for part in (inferences, overhead_words(board.overhead), keys) if part)


def empty_lines(state: RunState, glyphs: Glyphs, *, replay: bool, asked: bool) -> tuple[Line, ...]:
    """Why there is no table."""
    failed, segment = state.profile_failed, state.current
    if segment is None:
        return ((), words("  No run yet. 1 picks a model.", "muted"))
    if state.profiling and state.extra.get("speed") != "ended":
        said = f"  {glyphs.working} compiling with counters"
        return ((), ((said, "warn"), ("   esc cancels; the run goes on after it", "muted")))
    if failed is not None:
        return (
            (),
            words(f"  {glyphs.bad} {failed.what}", "bad"),
            words(f"    {failed.hint}", "muted"),
            words("    r counts again", "muted"),
        )
    if replay:
        return ((), words("  The recording holds no counters of this configuration, or not yet.", "muted"))
    if state.contest is not None:
        return ((), words("  A comparison runs; the layers are counted when it is over.", "muted"))
    if segment.failed is not None:
        return ((), words(f"  {glyphs.bad} {segment.failed.what}", "bad"), words(f"    {segment.failed.hint}", "muted"))
    if asked:
        return ((), words("  No counters: it was cancelled. r counts again.", "muted"))
    return ((), words(f"  {glyphs.working} waiting for the first inference", "muted"))
