"""benchmark_app's report files: `benchmark_report.csv` or `.json`, with its headings, from our own run document."""

from __future__ import annotations

import json

from ovexplorer.export.run import Document

SEPARATOR = ";"

_RESULTS = (
    ("latency (ms)", ("latency_ms", "p50")),
    ("Percentile latency p50", ("latency_ms", "p50")),
    ("AVG latency", ("latency_ms", "mean")),
    ("MIN latency", ("latency_ms", "min")),
    ("MAX latency", ("latency_ms", "max")),
    ("throughput", ("fps",)),
)


def report_csv(document: Document, command_line: list[str]) -> str:
    """Three sections of name and value."""
    sections = report_sections(document, command_line)
    lines: list[str] = []
    for title, rows in sections.items():
        lines += [title, *(f"{name}{SEPARATOR}{value}" for name, value in rows.items()), ""]
    return "\n".join(lines) + "\n"


def report_json(document: Document, command_line: list[str]) -> str:
    """The same as JSON, with benchmark_app's keys."""
    sections = report_sections(document, command_line)
    keys = {title: title.lower().replace(" ", "_") for title in sections}
    return json.dumps({keys[title]: rows for title, rows in sections.items()}, indent=4) + "\n"


def report_sections(document: Document, command_line: list[str]) -> dict[str, dict[str, str]]:
    """The content of a report by section."""
    spec, result = document["spec"], document["result"]
    results = {
        "total execution time (ms)": f"{result['duration_s'] * 1000:.2f}",
        "total number of iterations": str(result["iterations"]),
    }
    for name, path in _RESULTS:
        value = result
        for key in path:
            value = value[key]
        if value is not None:
            results[name] = f"{value:.2f}"
    configuration = {
        "target device": spec["device"],
        "api": spec["api"],
        **{entry["property"]: str(entry["effective"]) for entry in document["effective"]},
    }
    if document["configuration"]:
        configuration["number of parallel infer requests"] = str(document["configuration"]["requests"])
        configuration["batch size"] = str(document["configuration"]["batch"])
    return {
        "Command line parameters": {"command line": " ".join(command_line)},
        "Configuration setup": configuration,
        "Execution results": results,
    }
