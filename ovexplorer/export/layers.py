"""Layer times as the document `ovexplorer.layers/1`: what `layers --json` prints."""

from __future__ import annotations

from collections.abc import Sequence

from ovexplorer.analysis.layers import Group, LayerAnalysis
from ovexplorer.analysis.reorders import Reorder
from ovexplorer.export.run import Document, builtins_of
from ovexplorer.schema.spec import RunSpec

SCHEMA = "ovexplorer.layers/1"


def layers_document(analysis: LayerAnalysis, spec: RunSpec) -> Document:
    """The document of one profile; `share` is a fraction of `latency_us`."""
    profile = analysis.profile
    return {
        "schema": SCHEMA,
        "spec": builtins_of(spec),
        "iterations": profile.iterations,
        "warm_up_removed": profile.warm_up_removed,
        "streams": profile.streams,
        "note": str(profile.note),
        "latency_us": profile.latency_ns / 1e3,
        "counted_us": analysis.counted_ns / 1e3,
        "gap_us": analysis.gap_ns / 1e3,
        "rows": [
            {
                "order": row.layer.order,
                "name": str(row.layer.name),
                "type": str(row.layer.type),
                "primitive": str(row.layer.primitive),
                "precision": row.layer.precision,
                "layouts": row.layer.layouts,
                "shapes": row.layer.shapes,
                "status": row.layer.status,
                "mean_us": row.layer.mean_ns / 1e3,
                "share": row.share,
                "fused_into": str(row.layer.fused_into),
                "fused_from": [str(name) for name in row.layer.fused_from],
            }
            for row in analysis.rows
        ],
        "by_type": _groups(analysis.by_type),
        "by_primitive": _groups(analysis.by_primitive),
        "by_precision": _groups(analysis.by_precision),
        "transitions": [
            {"from": entry.before, "to": entry.after, "count": entry.count, "us": entry.time_ns / 1e3}
            for entry in analysis.transitions
        ],
        "reorders": [_reorder(entry) for entry in analysis.reorders],
    }


def _groups(groups: Sequence[Group]) -> list[Document]:
    return [
        {"name": str(group.name), "count": group.count, "us": group.time_ns / 1e3, "share": group.share}
        for group in groups
    ]


def _reorder(entry: Reorder) -> Document:
    return {
        "name": str(entry.layer.name),
        "producer": str(entry.producer),
        "consumer": str(entry.consumer),
        "cause": entry.cause,
        "layouts": list(entry.layouts),
        "precisions": list(entry.precisions),
        "us": entry.layer.mean_ns / 1e3,
        "share": entry.share,
    }
