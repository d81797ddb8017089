"""Layer times as the document `ovexplorer.layers/1`: what `layers --json` prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ovexplorer.analysis.efficiency import Efficiency, efficiency, model_efficiency
from ovexplorer.analysis.layers import Gap, Group, LayerAnalysis, LayerRow
from ovexplorer.analysis.primitives import explain_primitive
from ovexplorer.analysis.reorders import Reorder
from ovexplorer.export.run import Document, builtins_of
from ovexplorer.schema.peak import PeakFacts
from ovexplorer.schema.results import LayerProfile
from ovexplorer.schema.spec import RunSpec
from ovexplorer.units import duration, share, signed_percent

SCHEMA = "ovexplorer.layers/1"


def layers_document(
    analysis: LayerAnalysis,
    spec: RunSpec,
    peak: PeakFacts | None = None,
    accept: Callable[[LayerRow], bool] | None = None,
) -> Document:
    """The document of one profile; `share` is a fraction of `latency_us`.

    Args:
        analysis: The profile, added up.
        spec: What was measured.
        peak: What the machine reaches at most, where it was measured.
        accept: Rows that are listed; sums and roll-ups are those of all. None lists every row.
    """
    profile = analysis.profile
    rows = analysis.rows if accept is None else tuple(row for row in analysis.rows if accept(row))
    return {
        "schema": SCHEMA,
        "spec": builtins_of(spec),
        "iterations": profile.iterations,
        "warm_up_removed": profile.warm_up_removed,
        "streams": profile.streams,
        "note": str(profile.note),
        "latency_us": profile.latency_ns / 1e3,
        "plain_latency_us": profile.plain_latency_ns / 1e3 if profile.plain_latency_ns else None,
        "overhead": overhead_document(profile),
        "counted_us": analysis.counted_ns / 1e3,
        "gap_us": analysis.gap_ns / 1e3,
        "truncation_us": profile.truncation_ns / 1e3,
        "gap": _gap(analysis.gap),
        "efficiency": _model(profile, peak),
        "peak": builtins_of(peak) if peak is not None else None,
        "rows": [_row(row, peak) for row in rows],
        "by_type": groups_document(analysis.by_type),
        "by_primitive": [
            {**entry, "text": explain_primitive(entry["name"])} for entry in groups_document(analysis.by_primitive)
        ],
        "by_precision": groups_document(analysis.by_precision),
        "by_block": groups_document(analysis.by_block),
        "transitions": [
            {"from": entry.before, "to": entry.after, "count": entry.count, "us": entry.time_ns / 1e3}
            for entry in analysis.transitions
        ],
        "reorders": [reorder_document(entry) for entry in analysis.reorders],
    }


def groups_document(groups: Sequence[Group]) -> list[Document]:
    """A roll-up."""
    return [
        {"name": str(group.name), "count": group.count, "us": group.time_ns / 1e3, "share": group.share}
        for group in groups
    ]


def reorder_document(entry: Reorder) -> Document:
    """One Reorder with its cause."""
    layer = entry.layer
    return {
        "name": str(layer.name),
        "producer": str(entry.producer),
        "consumer": str(entry.consumer),
        "cause": entry.cause,
        "layouts": list(entry.layouts),
        "precisions": list(entry.precisions),
        "submodel": entry.submodel if entry.submodel >= 0 else None,
        "bytes": layer.read_bytes + layer.written_bytes or None,
        "us": layer.mean_ns / 1e3,
        "share": entry.share,
    }


def overhead_document(profile: LayerProfile) -> Document | None:
    """What counting costs, as a fraction of the latency without counters; None when it was not measured."""
    if profile.overhead is None:
        return None
    point, low, high = profile.overhead
    return {"point": point, "low": low, "high": high, "confidence": 0.99}


def overhead_words(profile: LayerProfile) -> str:
    """The same in words; empty when it was not measured."""
    if profile.overhead is None:
        return ""
    point, low, high = (signed_percent(value) for value in profile.overhead)
    return f"counting costs {point} of the latency ({low} … {high})"


def gap_words(gap: Gap) -> str:
    """What the gap is, as far as it can be told."""
    size = f"gap {duration(gap.ns)}, {share(gap.share)}".replace("-", "−")
    if gap.ns < 0:
        return f"{size}: layers sum to more than the latency, as they do when streams or branches overlap"
    hidden = duration(gap.hidden_ns)
    if gap.hidden_ns == gap.ns:
        return f"{size}: the counters' whole microseconds can hide all of it" if gap.ns else f"{size}: none"
    if not gap.hidden_ns:
        return f"{size}: the call and what lies between layers"
    return f"{size}: whole microseconds can hide {hidden}, the call and what lies between layers take the rest"


def _gap(gap: Gap) -> Document:
    return {
        "us": gap.ns / 1e3,
        "share": gap.share,
        "truncation_can_explain_us": gap.hidden_ns / 1e3,
        "rest_us": gap.rest_ns / 1e3,
        "text": gap_words(gap),
    }


def _model(profile: LayerProfile, peak: PeakFacts | None) -> Document | None:
    found = model_efficiency(profile, peak)
    if not found.flop and not found.moved_bytes:
        return None
    return {
        "flop": found.flop,
        "bytes": found.moved_bytes,
        "gflops": found.gflops,
        "share_of_peak": found.share,
        "compute_bound_us": found.compute_ns / 1e3,
        "memory_bound_us": found.memory_ns / 1e3,
        "overhead_bound_us": found.overhead_ns / 1e3,
        "unknown_us": found.unknown_ns / 1e3,
    }


def _row(row: LayerRow, peak: PeakFacts | None) -> Document:
    layer = row.layer
    judged = efficiency(layer, peak)
    return {
        "order": layer.order,
        "name": str(layer.name),
        "type": str(layer.type),
        "primitive": str(layer.primitive),
        "precision": layer.precision,
        "layouts": layer.layouts,
        "shapes": layer.shapes,
        "input_shapes": layer.input_shapes,
        "input_layouts": layer.input_layouts,
        "weights": layer.weights,
        "block": str(layer.block),
        "status": layer.status,
        "mean_us": layer.mean_ns / 1e3,
        "error_us": layer.error_ns / 1e3,
        "share": row.share,
        "fused_into": str(layer.fused_into),
        "fused_from": [str(name) for name in layer.fused_from],
        "flop": layer.flop or None,
        "bytes": layer.read_bytes + layer.written_bytes or None,
        **_rates(judged),
    }


def _rates(judged: Efficiency | None) -> Document:
    """All keys are always there, so that a table can be made of rows."""
    return {
        "gflops": judged.gflops if judged else None,
        "gbps": judged.gbps if judged else None,
        "share_of_peak": judged.share if judged else None,
        "bound": judged.bound if judged and judged.bound != "unknown" else None,
        "bound_note": judged.sure if judged else "",
    }
