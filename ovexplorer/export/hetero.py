"""What a split over devices costs as the document `ovexplorer.hetero/1`: what `hetero --json` prints.

Times are of one inference, `expected_us` is what a suggestion should save. Operations are named as the model spells
them.
"""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.analysis.align import outstanding_reorders
from ovexplorer.analysis.split.losses import Losses, losses
from ovexplorer.analysis.split.model import CostPicture, Cut, RuleFinding, Side, Split, Submodel, Suggestion
from ovexplorer.analysis.summary import summarise
from ovexplorer.export.layers import reorder_document
from ovexplorer.export.run import Document, builtins_of
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.topology import Topology
from ovexplorer.tuning.splits import BASELINE, MeasuredSplit

SCHEMA = "ovexplorer.hetero/1"


def hetero_document(found: MeasuredSplit, dumps: Sequence[str] = (), *, interrupted: bool = False) -> Document:
    """The document of a split, as far as it was measured.

    Args:
        found: What `measure_split` found.
        dumps: Where dumps were kept.
        interrupted: Whether the user ended it early.
    """
    picture, topology = found.picture, found.topology
    split = picture.split if picture is not None else found.predicted
    baseline = picture.baseline if picture is not None else None
    return {
        "schema": SCHEMA,
        "spec": builtins_of(found.spec),
        "model": str(topology.model) if topology is not None else None,
        "operations": _operation_count(topology),
        "devices": _devices(found),
        **split_document(topology, split, found.profile),
        "measured": picture is not None,
        "interrupted": interrupted,
        "latency_us": _us(picture.main.latency_ns) if picture is not None else None,
        "counted_us": _us(picture.main.counted_ns) if picture is not None else None,
        "gap_us": _us(picture.main.gap_ns) if picture is not None else None,
        "reorder_us": _us(picture.main.reorder_ns) if picture is not None else None,
        "reorder_share": _share(picture.main) if picture is not None else None,
        "baseline": _side(baseline) if baseline is not None else None,
        "alone": [_side(side) for side in picture.alone] if picture is not None else [],
        "left_out": [{"device": entry.device, "reason": str(entry.why)} for entry in found.alone if entry.why],
        "lost": _losses(losses(picture)) if picture is not None else None,
        "model_reorders": _model_reorders(picture, found.profile) if picture is not None else None,
        "outstanding_reorders": _outstanding(found),
        "unjoined": [str(name) for name in picture.unjoined] if picture is not None else [],
        "throughput": throughput_document(found),
        "rules": [_finding(topology, entry) for entry in found.findings],
        "suggestions": [suggestion_document(topology, entry) for entry in found.suggestions],
        "dumps": list(dumps),
        "notes": [str(note) for note in (*found.notes, *(picture.notes if picture is not None else ()))],
    }


def split_document(
    topology: Topology | None, split: Split | None, profile: LayerProfile | None = None
) -> dict[str, object]:
    """Submodels and cuts; also of a dump without times."""
    if split is None or topology is None:
        return {"submodels": [], "cuts": [], "cut_bytes": None}
    return {
        "submodels": [_submodel(topology, entry, profile) for entry in split.submodels],
        "cuts": [_cut(topology, entry) for entry in split.cuts],
        "cut_bytes": split.cut_bytes if all(cut.size_bytes for cut in split.cuts) else None,
    }


def suggestion_document(topology: Topology | None, entry: Suggestion) -> Document:
    """A suggestion; what it should save is positive."""
    return {
        "kind": entry.kind,
        "action": str(entry.title),
        "operations": _names(topology, entry.operations),
        "device": entry.device,
        "expected_us": _us(entry.saving_ns),
        "parts_us": {name: _us(time_ns) for name, time_ns in entry.parts},
        "reason": str(entry.reason),
        "submodels": {"before": entry.submodels[0], "after": entry.submodels[1]},
        "cuts": {"before": entry.cuts[0], "after": entry.cuts[1]},
    }


def throughput_document(found: MeasuredSplit) -> Document | None:
    """What several requests make of submodels that one request runs one after another; None for a single request."""
    run, picture = found.run, found.picture
    if run is None or run.ready is None or run.ready.requests < 2 or picture is None or not picture.main.latency_ns:
        return None
    fps = summarise(run.windows, run.ready.batch).fps
    alone = run.ready.batch * 1e9 / picture.main.latency_ns
    return {
        "requests": run.ready.requests,
        "fps": fps,
        "one_request_fps": alone,
        "overlap": fps / alone if fps else None,
    }


def _operation_count(topology: Topology | None) -> int | None:
    if topology is None:
        return None
    return sum(entry.role == "operation" for entry in topology.operations)


def _devices(found: MeasuredSplit) -> list[Document]:
    support = {entry.device: entry for entry in found.support}
    said = []
    for device in found.devices:
        entry = support.get(device)
        known = entry is not None and not entry.failed
        said.append(
            {
                "device": device,
                "stand_in": device in found.spec.stand_ins,
                "lacks": list(found.spec.lacks.get(device, ())),
                "not_supported": _names(found.topology, entry.missing) if entry is not None and known else None,
                "failed": str(entry.failed) if entry is not None else "",
            }
        )
    return said


def _submodel(topology: Topology, entry: Submodel, profile: LayerProfile | None) -> Document:
    names = {layer.key: str(layer.name) for layer in profile.layers} if profile is not None and entry.reorders else {}
    return {
        "index": entry.index,
        "device": entry.device,
        "operations": _names(topology, entry.operations),
        "us": _measured_us(entry.time_ns),
        "reorder_us": _measured_us(entry.reorder_ns),
        "reorders": [names[key] for key in entry.reorders if key in names],
        "dump_id": entry.dump_id if entry.dump_id >= 0 else None,
    }


def _cut(topology: Topology, entry: Cut) -> Document:
    consumers = _names(topology, entry.consumers)
    return {
        "producer": str(topology.operations[entry.producer].raw_name),
        "port": entry.port,
        "consumer": consumers[0] if consumers else "",
        "consumers": consumers,
        "source": entry.source,
        "target": entry.target,
        "from_device": entry.from_device,
        "to_device": entry.to_device,
        "shape": entry.shape,
        "element_type": entry.element_type,
        "bytes": entry.size_bytes or None,
        "reorder_us": _measured_us(entry.reorder_ns),
    }


def _side(side: Side) -> Document:
    return {
        "title": side.title,
        "device": side.device,
        "latency_us": _us(side.latency_ns),
        "counted_us": _us(side.counted_ns),
        "gap_us": _us(side.gap_ns),
        "compute_us": _us(side.compute_ns),
        "reorder_us": _us(side.reorder_ns),
        "reorder_share": _share(side),
        "reorders": side.reorder_count,
    }


def _losses(entry: Losses | None) -> Document | None:
    if entry is None:
        return None
    return {
        "against": entry.against,
        "us": _us(entry.total_ns),
        "share": entry.share,
        "reorder_us": _us(entry.reorder_ns),
        "host_us": _us(entry.host_ns),
        "compute_us": _us(entry.compute_ns),
    }


def _model_reorders(picture: CostPicture, profile: LayerProfile | None) -> Document:
    keys = frozenset(picture.model_reorders)
    layers = profile.layers if profile is not None else ()
    return {"us": _us(picture.model_reorder_ns), "names": [str(layer.name) for layer in layers if layer.key in keys]}


def _outstanding(found: MeasuredSplit) -> list[Document] | None:
    """Reorders that the CPU alone does not need; None where it was not measured."""
    alone = found.profile_of(BASELINE)
    if found.profile is None or alone is None:
        return None
    return [reorder_document(entry) for entry in outstanding_reorders(found.profile, alone)]


def _finding(topology: Topology | None, entry: RuleFinding) -> Document:
    return {
        "code": entry.code,
        "state": entry.state,
        "text": str(entry.text),
        "operations": _names(topology, entry.operations),
        "fix": str(entry.fix),
    }


def _names(topology: Topology | None, keys: Sequence[int]) -> list[str]:
    return [str(topology.operations[key].raw_name) for key in keys] if topology is not None else []


def _share(side: Side) -> float | None:
    return side.reorder_ns / side.latency_ns if side.latency_ns else None


def _us(time_ns: int) -> float:
    return time_ns / 1e3


def _measured_us(time_ns: int) -> float | None:
    """None for what was not measured, which is −1."""
    return time_ns / 1e3 if time_ns >= 0 else None
