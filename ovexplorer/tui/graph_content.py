"""What the Graph screen shows of a run or a file, joined from all that is known. Pure, and slow for large models.

Node keys are those of the topology for all that comes from a model, so cuts, suggestions and affinities fit them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ovexplorer.analysis.split.from_dump import devices_of_graph, topology_of_graph
from ovexplorer.analysis.split.join import number_by_profile, split_of_dump
from ovexplorer.analysis.split.model import CostPicture, Split, Suggestion
from ovexplorer.analysis.split.picture import make_picture
from ovexplorer.analysis.split.predict import predict
from ovexplorer.analysis.split.suggest import suggest
from ovexplorer.graph.annotate import with_times
from ovexplorer.graph.fold import fold_constants
from ovexplorer.graph.from_model import graph_of_topology
from ovexplorer.graph.from_profile import graph_of_profile
from ovexplorer.graph.lanes import MOST_LANES, LaneRow, lane_rows
from ovexplorer.graph.model import Graph
from ovexplorer.graph.outline import Branch, outline
from ovexplorer.graph.paths import in_order, running_order
from ovexplorer.schema.placement import devices_in_order, resolve
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.splitting import TopologyDescribed
from ovexplorer.schema.topology import DeviceSupport, Topology
from ovexplorer.tui.graph_parts import GraphSource, RunParts
from ovexplorer.tuning.splits import dump_of

if TYPE_CHECKING:
    from ovexplorer.tui.screens.graph_rows import Row


@dataclass(frozen=True)
class GraphContent:
    """One graph with what belongs to it."""

    source: GraphSource
    graph: Graph
    """Whole: constants are nodes."""
    split: Split | None = None
    """Submodels and cuts by the keys of `graph`; None when it is not split."""
    picture: CostPicture | None = None
    """What the split costs; None without a profile."""
    suggestions: tuple[Suggestion, ...] = ()
    topology: Topology | None = None
    profile: LayerProfile | None = None
    support: tuple[DeviceSupport, ...] = ()
    """What each device takes."""

    @cached_property
    def folded(self) -> Graph:
        """Without constants."""
        return fold_constants(self.graph)

    @cached_property
    def folded_key(self) -> Mapping[int, int]:
        """Key in `folded` by key in `graph`; constants have none."""
        by_id = {node.id: node.key for node in self.folded.nodes}
        return {node.key: by_id[node.id] for node in self.graph.nodes if node.id in by_id}

    @cached_property
    def whole_key(self) -> Mapping[int, int]:
        """The other way round."""
        return {folded: whole for whole, folded in self.folded_key.items()}

    @cached_property
    def lanes(self) -> tuple[LaneRow, ...]:
        """Of the rows of `folded`."""
        return lane_rows(self.folded, range(len(self.folded.nodes)), MOST_LANES)

    @cached_property
    def tree(self) -> Branch:
        """The outline of `folded`."""
        return outline(self.folded)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Of the lane list, constants folded."""
        from ovexplorer.tui.screens.graph_rows import rows_of

        return rows_of(self, self.folded, tuple(self.whole_key[node.key] for node in self.folded.nodes))

    def warmed(self) -> GraphContent:
        """The same, with everything worked out that views ask for first; for the thread that joins."""
        # What draws boxes takes 50 ms to import.
        import ovexplorer.tui.screens.graph_focus  # noqa: F401

        _ = self.rows, self.tree, self.folded.incoming, self.folded.outgoing, self.graph.incoming, self.graph.outgoing
        return self

    def could_run(self, key: int) -> tuple[str, ...]:
        """Other devices that take an operation, as they said themselves."""
        placed = str(self.graph.nodes[key].device)
        return tuple(
            entry.device
            for entry in self.support
            if entry.device != placed and not entry.failed and key not in self._missing[entry.device]
        )

    @cached_property
    def _missing(self) -> Mapping[str, frozenset[int]]:
        return {entry.device: frozenset(entry.missing) for entry in self.support}

    @property
    def devices(self) -> tuple[str, ...]:
        """In the order of preference, or as they appear."""
        if self.split is not None and self.split.devices:
            return self.split.devices
        return tuple(dict.fromkeys(str(node.device) for node in self.graph.nodes if node.device))


def content_of_run(parts: RunParts, source: GraphSource) -> GraphContent | None:
    """The graph of a run; None while nothing of it is known."""
    if source == "runtime":
        if parts.profile is None:
            return None
        return GraphContent("runtime", graph_of_profile(parts.profile), profile=parts.profile)
    if parts.described is None:
        return None
    topology, profile = parts.described.topology, parts.profile
    split = _split_of(parts, parts.described)
    picture = None
    suggestions: Sequence[Suggestion] = ()
    if split is not None and profile is not None:
        split = number_by_profile(split, topology, profile)
        dump = dump_of(parts.split.dumps) if parts.split is not None else None
        picture = make_picture(topology, split, profile, parts.alone, dump)
        split = picture.split
        suggestions = suggest(topology, picture, parts.described.support)
    submodel = {key: entry.index for entry in split.submodels for key in entry.operations} if split else {}
    placed = split.placed if split is not None else ()
    graph = graph_of_topology(topology, placed, submodel)
    if profile is not None:
        graph = with_times(graph, profile)
    return GraphContent("model", graph, split, picture, tuple(suggestions), topology, profile, parts.described.support)


def content_of_file(graph: Graph) -> GraphContent:
    """The graph of a file; a dump has its submodels, but no times."""
    graph = in_order(graph, running_order(graph))
    if not any(node.submodel >= 0 for node in graph.nodes):
        return GraphContent("file", graph)
    topology = topology_of_graph(graph)
    return GraphContent("file", graph, split_of_dump(topology, graph, devices_of_graph(graph)), topology=topology)


def _split_of(parts: RunParts, described: TopologyDescribed) -> Split | None:
    devices = devices_in_order(parts.spec.device)
    if not devices:
        return None
    topology = described.topology
    dump = dump_of(parts.split.dumps) if parts.split is not None else None
    if dump is not None:
        return split_of_dump(topology, dump, devices)
    if parts.split is not None and parts.split.placed:
        placed = tuple(parts.split.placed.get(entry.raw_name, "") for entry in topology.operations)
    else:
        placed = resolve(topology, devices, described.support, parts.spec.affinities, parts.spec.placements)
    return predict(topology, placed, devices)
