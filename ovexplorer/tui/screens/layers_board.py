"""What the layers screen knows and shows now: profile, view, filter, folded blocks, reference. No terminal in here.

Everything that is worked out from a profile is kept until the profile is another one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ovexplorer.analysis.align import AlignedRow, Alignment, align
from ovexplorer.analysis.layer_filter import LayerFilter, read_filter
from ovexplorer.analysis.layers import Group, LayerAnalysis, LayerRow, analyse
from ovexplorer.analysis.reorders import Reorder, is_move
from ovexplorer.schema.results import LayerProfile
from ovexplorer.tui.screens import layers_columns as columns
from ovexplorer.tui.screens import layers_view as view
from ovexplorer.tui.screens.layers_fold import folded_rows, is_block
from ovexplorer.tui.screens.layers_live import Moves, Reference, align_same, changes, follows
from ovexplorer.tui.widgets.table_model import Column

News = Literal["same", "other", "values"]


@dataclass(frozen=True)
class Content:
    """What a table is given."""

    columns: tuple[Column[Any], ...]
    rows: Sequence[Any]
    key: Callable[[Any], Hashable]
    accept: Callable[[Any], bool] | None = None


class Board:
    """Follows one profile after another.

    Attributes:
        view: Which table is shown.
        filter: Of the layers.
        run: The run without counters.
        reference: What the profile is held against; None most of the time.
        full: The last profile that is not a refresh: it alone tells what counting costs.
    """

    def __init__(self) -> None:
        self.view: view.ViewName = "layers"
        self.filter = LayerFilter()
        self.run = view.PlainRun()
        self.reference: Reference | None = None
        self.full: LayerProfile | None = None
        self._folded: frozenset[str] = frozenset()
        self._moves = Moves()
        self._analysis: LayerAnalysis | None = None
        self._alignment: Alignment | None = None
        self._before: tuple[LayerProfile, LayerAnalysis] | None = None
        self._rows: tuple[tuple[LayerAnalysis, frozenset[str]], tuple[LayerRow, ...]] | None = None

    @property
    def analysis(self) -> LayerAnalysis | None:
        """The present profile, added up; None before there is one."""
        return self._analysis

    @property
    def profile(self) -> LayerProfile | None:
        """The present profile."""
        return self._analysis.profile if self._analysis is not None else None

    @property
    def overhead(self) -> tuple[float, float, float] | None:
        """What counting costs, as last measured."""
        profile = self.profile
        if profile is None or profile.overhead is not None:
            return profile.overhead if profile is not None else None
        return self.full.overhead if self.full is not None and self.full.segment == profile.segment else None

    def take(self, profile: LayerProfile | None) -> News:
        """Take in what is known now; says whether it is the same, another one, or new values of the same layers."""
        before = self.profile
        if profile is before:
            return "same"
        self._alignment = None
        if profile is None:
            self._analysis = None
            return "other"
        if not profile.live:
            self.full = profile
        self._analysis = analyse(profile)
        if follows(before, profile):
            self._moves.feed(profile)
            return "values"
        self._moves.begin(profile)
        self._folded = frozenset()
        return "other"

    # Tables

    def content(self) -> Content:
        """What the table shows in this view."""
        analysis = self._analysis
        if analysis is None:
            return Content((), (), hash)
        if self.view == "layers":
            return Content(columns.layer_columns(analysis, self._look()), self.rows(), _layer_key, self.accepts)
        if self.view == "reorders":
            return Content(columns.reorder_columns(analysis.reorders, self._look()), analysis.reorders, _reorder_key)
        if self.view == "difference":
            alignment = self.alignment()
            rows = alignment.rows if alignment is not None else ()
            title = self.reference.title if self.reference is not None else "before"
            return Content(columns.difference_columns(rows, title), rows, _aligned_key)
        groups = view.groups_of(analysis, self.view)
        return Content(columns.group_columns(groups, view.FIELDS[self.view]), groups, _group_key)

    def rows(self) -> tuple[LayerRow, ...]:
        """Rows of the layers, folded blocks as one."""
        if self._analysis is None:
            return ()
        known = (self._analysis, self._folded)
        if self._rows is None or self._rows[0][0] is not known[0] or self._rows[0][1] != known[1]:
            self._rows = known, folded_rows(*known)
        return self._rows[1]

    def accepts(self, row: LayerRow) -> bool:
        """Whether a row passes the filter."""
        if not self.filter.text and self._analysis is not None and not view.any_ran(self._analysis):
            # Of a model whose layers all take less than the counters' microsecond, every row says what became of it.
            return True
        return self.filter.accepts(row.layer, row.share)

    def set_filter(self, text: str) -> None:
        """Filter by what was typed."""
        self.filter = read_filter(text)

    def settle(self) -> None:
        """Order by the values of this moment."""
        if self.profile is not None:
            self._moves.settle(self.profile)

    def fold(self, row: object) -> str:
        """Fold or unfold the block of a row; gives the block, empty when it has none."""
        if not isinstance(row, LayerRow) or not row.layer.block:
            return ""
        block = str(row.layer.block)
        self._folded = self._folded - {block} if is_block(row) else self._folded | {block}
        return block

    def _look(self) -> columns.LayerLook:
        return columns.LayerLook(self._moves.moved, self._moves.settled, self.differences())

    # The reference

    def hold_against(self, reference: Reference | None) -> None:
        """Hold the present profile against another one, or no more."""
        self.reference, self._alignment, self._before = reference, None, None

    def alignment(self) -> Alignment | None:
        """The present profile beside its reference; None without one."""
        if self.reference is None or self.profile is None:
            return None
        if self._alignment is None:
            before = self.reference.profile
            same = follows(before, self.profile)
            self._alignment = align_same(before, self.profile) if same else align(before, self.profile)
        return self._alignment

    def before(self) -> LayerAnalysis | None:
        """The reference, added up."""
        if self.reference is None:
            return None
        if self._before is None or self._before[0] is not self.reference.profile:
            self._before = self.reference.profile, analyse(self.reference.profile)
        return self._before[1]

    def differences(self) -> columns.Differences | None:
        """By how much each layer differs from the reference; None without one."""
        reference, profile = self.reference, self.profile
        if reference is None or profile is None:
            return None
        found = columns.Differences(reference.title.partition(" ")[0])
        if follows(reference.profile, profile):
            # The same layers: no need to find out which belong together.
            by_key = changes({layer.key: layer.mean_ns for layer in reference.profile.layers}, profile)
            noise = {layer.key: layer.error_ns for layer in reference.profile.layers}
            sure = frozenset(
                layer.key
                for layer in profile.layers
                if abs(by_key[layer.key]) > max(noise[layer.key] + layer.error_ns, 0.05 * layer.mean_ns)
            )
            found = columns.Differences(found.title, by_key, sure)
        elif (alignment := self.alignment()) is not None:
            found = _differences(found.title, alignment)
        return self._with_blocks(found)

    def _with_blocks(self, found: columns.Differences) -> columns.Differences:
        if not self._folded or self._analysis is None:
            return found
        by_key = dict(found.by_key)
        block_keys = {row.layer.block: row.layer.key for row in self.rows() if is_block(row)}
        for row in self._analysis.rows:
            key = block_keys.get(row.layer.block)
            if key is not None and row.layer.key in found.by_key:
                by_key[key] = by_key.get(key, 0) + found.by_key[row.layer.key]
        return columns.Differences(found.title, by_key, found.sure, found.appeared)


def _differences(title: str, alignment: Alignment) -> columns.Differences:
    by_key: dict[int, int] = {}
    sure: set[int] = set()
    appeared: set[int] = set()
    for row in alignment.rows:
        if not row.b:
            continue
        # Of a group the longest layer stands for all of it.
        key = max(row.b, key=lambda layer: layer.mean_ns).key
        by_key[key] = row.delta_ns
        if row.kind == "appeared":
            appeared.update(layer.key for layer in row.b)
        elif row.kind != "same":
            sure.add(key)
    return columns.Differences(title, by_key, frozenset(sure), frozenset(appeared))


def _layer_key(row: LayerRow) -> Hashable:
    return row.layer.block if is_block(row) else row.layer.key


def _group_key(row: Group) -> Hashable:
    return row.name


def _reorder_key(row: Reorder) -> Hashable:
    return row.layer.key


def _aligned_key(row: AlignedRow) -> Hashable:
    return row.kind == "vanished", (row.b or row.a)[0].key


def reorder_at(row: object, analysis: LayerAnalysis) -> Reorder | None:
    """The Reorder that a row of any view stands for; None when it is none."""
    if isinstance(row, Reorder):
        return row
    layer = row.layer if isinstance(row, LayerRow) else row.b[0] if isinstance(row, AlignedRow) and row.b else None
    if layer is None or not is_move(layer):
        return None
    return next((entry for entry in analysis.reorders if entry.layer.key == layer.key), None)
