"""Two profiles aligned by original operations: the document `ovexplorer.layers_compare/1`. A is the baseline."""

from __future__ import annotations

from ovexplorer.analysis.align import AlignedKind, AlignedRow, Alignment
from ovexplorer.export.layers import overhead_document
from ovexplorer.export.run import Document, builtins_of
from ovexplorer.schema.results import LayerProfile, LayerTime
from ovexplorer.schema.spec import RunSpec

SCHEMA = "ovexplorer.layers_compare/1"

KINDS: tuple[AlignedKind, ...] = ("slower", "faster", "appeared", "vanished", "same")


def compare_document(made: Alignment, spec_a: RunSpec | None, spec_b: RunSpec | None) -> Document:
    """The document; times of `rows` add up to `counted_us` of their side.

    Args:
        made: The alignment.
        spec_a: What A is; None where a recording does not tell.
        spec_b: What B is.
    """
    delta_ns = made.b.latency_ns - made.a.latency_ns
    return {
        "schema": SCHEMA,
        "a": _side(made.a, made.a_counted_ns, spec_a),
        "b": _side(made.b, made.b_counted_ns, spec_b),
        "delta": {
            "latency_us": delta_ns / 1e3,
            "counted_us": (made.b_counted_ns - made.a_counted_ns) / 1e3,
            "gap_us": (made.b_gap_ns - made.a_gap_ns) / 1e3,
        },
        "matched_by_shape": made.by_shape,
        "note": made.note,
        "by_kind": [_kind(made, kind) for kind in KINDS],
        "rows": [_row(row) for row in made.rows],
    }


def _side(profile: LayerProfile, counted_ns: int, spec: RunSpec | None) -> Document:
    return {
        "spec": builtins_of(spec) if spec is not None else None,
        "iterations": profile.iterations,
        "streams": profile.streams,
        "warm_up_removed": profile.warm_up_removed,
        "latency_us": profile.latency_ns / 1e3,
        "counted_us": counted_ns / 1e3,
        "gap_us": (profile.latency_ns - counted_ns) / 1e3,
        "truncation_us": profile.truncation_ns / 1e3,
        "overhead": overhead_document(profile),
        "note": str(profile.note),
    }


def _kind(made: Alignment, kind: AlignedKind) -> Document:
    rows = made.of_kind(kind)
    return {"kind": kind, "count": len(rows), "delta_us": sum(row.delta_ns for row in rows) / 1e3}


def _row(row: AlignedRow) -> Document:
    return {
        "name": str(row.name),
        "type": str(row.type),
        "kind": row.kind,
        "a_us": row.a_ns / 1e3,
        "b_us": row.b_ns / 1e3,
        "delta_us": row.delta_ns / 1e3,
        "error_us": row.error_ns / 1e3,
        "operations": [str(name) for name in row.names],
        "a_layers": [_layer(layer) for layer in row.a],
        "b_layers": [_layer(layer) for layer in row.b],
        "changes": [
            {"what": change.what, "from": str(change.before), "to": str(change.after)} for change in row.changes
        ],
        "by_shape": row.by_shape,
    }


def _layer(layer: LayerTime) -> Document:
    return {
        "name": str(layer.name),
        "type": str(layer.type),
        "primitive": str(layer.primitive),
        "precision": layer.precision,
        "layouts": layer.layouts,
        "status": layer.status,
        "mean_us": layer.mean_ns / 1e3,
    }
