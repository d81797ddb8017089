"""From flags to what is asked: a run spec, and what to do with the result.

benchmark_app's words keep their meaning; where its defaults differ from ours, a notice says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ovexplorer.cli import config_file
from ovexplorer.cli.line import DEFAULT_DEMO, CommandLine
from ovexplorer.cli.model_flags import with_model_flags
from ovexplorer.cli.split_flags import stand_ins_of, with_affinities, with_names, with_stand_ins
from ovexplorer.errors import UsageError
from ovexplorer.options.apply import apply, default_spec
from ovexplorer.options.catalogue import by_id, devices_of, is_virtual
from ovexplorer.schema.spec import ModelSpec, RunSpec
from ovexplorer.text import clean

DEFAULT_SECONDS = 10.0

_REPORTS = ("no_counters", "average_counters", "detailed_counters")
_SORTS = {"sort": "time", "no_sort": "order", "simple_sort": "executed", "": "order"}
_LAYER_SORTS = (
    "time", "order", "name", "type", "primitive", "precision", "layout", "shape", "block", "status", "error", "flop",
    "bytes", "gflops", "gbps", "peak",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """What a command line asks for."""

    spec: RunSpec
    notices: tuple[str, ...] = ()
    """Said on stderr before the run."""
    json: bool = False
    raw: Path | None = None
    trace: Path | None = None
    find_rate_ms: float | None = None
    """Bound of the search for a rate; None measures as asked."""
    rate_percentile: float = 99.0
    search_s: float | None = None
    """Time for that search, where it was given."""
    record: Path | None = None
    csv: Path | None = None
    runs: int = 1
    require_valid: bool = False
    until_stable: bool = False
    compile_only: bool = False
    """Whether the run ends once the model is compiled (`-niter 0`)."""
    percentile: int | None = None
    counters: bool = False
    """Whether layers are profiled after the run."""
    sort: str = "time"
    """Order of layers: time, order, executed, name, type, primitive."""
    per_shape: bool = False
    report_type: str = ""
    report_folder: Path | None = None
    json_stats: bool = False
    dump_config: Path | None = None
    mention_u8: bool = False
    """Whether to say that benchmark_app would have fed images as u8."""


@dataclass
class _Draft:
    """Collects notices while flags are read."""

    line: CommandLine
    notices: list[str] = field(default_factory=list)


def request_of(line: CommandLine, default_model: str = "") -> Request:
    """What a command line asks for.

    Args:
        line: Taken apart by `parser.parse`.
        default_model: Used when none is named; empty means that one must be.

    Raises:
        UsageError: A value cannot be used, or the model is missing.
    """
    stand_ins = stand_ins_of(line)
    draft = _Draft(with_names(line, stand_ins))
    line = draft.line
    spec = default_spec(ModelSpec(path=_model(line, default_model)))
    for option, value in sorted(line.options, key=lambda entry: entry[0].id != "device"):
        spec = apply(option, spec, value)
    spec, said = with_stand_ins(line, spec, stand_ins)
    draft.notices += said
    spec = with_affinities(line, spec, stand_ins.renamed)
    spec = _with_properties(draft, spec)
    spec = _with_api(draft, spec)
    spec = msgspec.structs.replace(spec, model=with_model_flags(line, spec.model))
    spec = _with_run(draft, spec)
    _mention(draft, spec)
    return _with_outputs(draft, spec)


def _model(line: CommandLine, default_model: str) -> str:
    named = [*line.words, *([line.values["model"]] if "model" in line.values else [])]
    if len(named) > 1:
        raise UsageError(f"one model, not {len(named)}: {' '.join(clean(name, 60) for name in named)}", "name one file")
    if named and named[0]:
        return named[0]
    if default_model:
        return default_model
    raise UsageError("no model is named", f"name a file, or a demo such as {DEFAULT_DEMO}")


def _with_properties(draft: _Draft, spec: RunSpec) -> RunSpec:
    line = draft.line
    for text in line.lists.get("prop", ()):
        spec = _with_property(spec, text)
    if "gpu_kernels" in line.values:
        draft.notices.append("-c is passed to the GPU as CONFIG_FILE")
        spec = _set(spec, "GPU", "CONFIG_FILE", line.values["gpu_kernels"])
    if "load_config" in line.values:
        asked = {option.property for option, _ in line.options}
        # Our own default hint must not win over the file's.
        mine = {key: value for key, value in spec.properties.items() if key != "PERFORMANCE_HINT" or key in asked}
        loaded = config_file.load(Path(line.values["load_config"]), msgspec.structs.replace(spec, properties=mine))
        spec = msgspec.structs.replace(loaded, properties={**_missing_hint(spec, loaded), **loaded.properties})
    return spec


def _missing_hint(spec: RunSpec, loaded: RunSpec) -> dict[str, str]:
    key = "PERFORMANCE_HINT"
    return {key: spec.properties[key]} if key in spec.properties and key not in loaded.properties else {}


def _with_property(spec: RunSpec, text: str) -> RunSpec:
    key, equals, value = text.partition("=")
    device, colon, own = key.strip().rpartition(":")
    key = own if colon else key.strip()
    if not equals or not key.replace("_", "").isalnum():
        raise UsageError(f"--prop {clean(text, 80)!r} cannot be understood", "write --prop KEY=VALUE or CPU:KEY=VALUE")
    if device and device not in {spec.device, *devices_of(spec.device)} and spec.device not in {"AUTO", "MULTI"}:
        raise UsageError(
            f"--prop {clean(text, 80)}: {clean(device, 40)} is not in {spec.device}", "name a device of -d"
        )
    return _set(spec, device, key, value.strip())


def _set(spec: RunSpec, device: str, key: str, value: str) -> RunSpec:
    if device and is_virtual(spec.device) and not spec.device.startswith("BATCH"):
        own = {**spec.device_properties.get(device, {}), key: value}
        return msgspec.structs.replace(spec, device_properties={**spec.device_properties, device: own})
    return msgspec.structs.replace(spec, properties={**spec.properties, key: value})


def _with_api(draft: _Draft, spec: RunSpec) -> RunSpec:
    """The async API where benchmark_app would take it: with a throughput hint, or several requests."""
    given = {option.id: value for option, value in draft.line.options}
    if "api" in given:
        return spec
    hint = spec.properties.get("PERFORMANCE_HINT", "")
    if "THROUGHPUT" in hint:
        draft.notices.append(f"the {hint.lower()} hint chooses the async API; -api sync keeps one request")
    elif "hint" not in given and spec.requests > 1:
        draft.notices.append(f"{spec.requests} requests choose the async API; -api sync keeps one request")
    else:
        return spec
    return apply(by_id("api"), spec, "async")


def _with_run(draft: _Draft, spec: RunSpec) -> RunSpec:
    line = draft.line
    iterations = _whole(line, "iterations", "-niter", least=0)
    seconds = _positive(line, "duration", "-t")
    if seconds is None:
        seconds = 0.0 if iterations else DEFAULT_SECONDS
    if "inference_only" in line.off:
        spec = apply(by_id("inputs"), spec, "copy")
        draft.notices.append("-inference_only no: inputs are copied before each inference (--inputs copy)")
    return msgspec.structs.replace(
        spec,
        duration_s=seconds,
        iterations=iterations or 0,
        seed=_whole(line, "seed", "--seed", least=0) or 0,
        warm_up=spec.warm_up and "no_warm_up" not in line.switches,
        raw="raw" in line.values,
    )


def _with_outputs(draft: _Draft, spec: RunSpec) -> Request:
    line, values = draft.line, draft.line.values
    report_type = _one_of(line, "report_type", "-report_type", _REPORTS)
    percentile = _whole(line, "percentile", "-latency_percentile", least=1)
    if percentile is not None and percentile > 100:
        raise UsageError(f"-latency_percentile {percentile} is above 100", "write a number from 1 to 100")
    pcsort = _one_of(line, "counters_sort", "-pcsort", tuple(_SORTS))
    sort = _one_of(line, "sort", "--sort", _LAYER_SORTS) or ("time" if line.command == "layers" else _SORTS[pcsort])
    return Request(
        spec=spec,
        notices=tuple(draft.notices),
        json="json" in line.switches,
        raw=_path(values, "raw"),
        trace=_path(values, "trace"),
        find_rate_ms=_positive(line, "find_rate", "--find-rate", unit="milliseconds"),
        rate_percentile=_rate_percentile(line),
        search_s=_positive(line, "duration", "-t"),
        record=_path(values, "record"),
        csv=_path(values, "csv"),
        runs=_whole(line, "runs", "--runs", least=1) or 1,
        require_valid="require_valid" in line.switches,
        until_stable="until_stable" in line.switches,
        compile_only=values.get("iterations", "").strip() == "0",
        percentile=percentile,
        counters="counters" in line.switches
        or bool(pcsort)
        or report_type in {"average_counters", "detailed_counters"},
        sort=sort,
        per_shape="per_shape" in line.switches,
        report_type=report_type,
        report_folder=_path(values, "report_folder"),
        json_stats="json_stats" in line.switches,
        dump_config=_path(values, "dump_config"),
        mention_u8=_pasted(line) and all(option.id != "input_type" for option, _ in line.options),
    )


def _rate_percentile(line: CommandLine) -> float:
    if "rate_percentile" in line.values and "find_rate" not in line.values:
        raise UsageError("--percentile belongs to --find-rate", "add --find-rate MS, or use -latency_percentile")
    percentile = _positive(line, "rate_percentile", "--percentile", unit="a percentile") or 99.0
    if not 50 <= percentile <= 99.99:
        raise UsageError(f"--percentile {percentile:g} is out of range", "write a number from 50 to 99.99")
    return percentile


def _mention(draft: _Draft, spec: RunSpec) -> None:
    """Say where a pasted benchmark_app command line would have measured something else."""
    line = draft.line
    if "exec_graph" in line.values:
        draft.notices.append("-exec_graph_path is not supported yet: no graph file is written")
    if line.values.get("report_type") == "detailed_counters":
        draft.notices.append("detailed_counters: counters belong to streams, not requests; averages are written")
    if "json_stats" in line.switches and "report_folder" not in line.values:
        draft.notices.append("-json_stats without -report_folder writes nothing; --json prints the result")
    if spec.duration_s and spec.iterations:
        draft.notices.append("with -t and -niter the run ends at whichever comes first; benchmark_app waits for both")
    given = {option.id for option, _ in line.options}
    if _pasted(line) and not given & {"hint", "api", "requests"} and "PERFORMANCE_HINT" in spec.properties:
        draft.notices.append("latency hint and sync API by default; benchmark_app's default is -hint throughput")


def _pasted(line: CommandLine) -> bool:
    """Whether it has words that only benchmark_app needs."""
    return bool({"model", "report_type", "counters", "files"} & {*line.values, *line.lists, *line.switches})


def _path(values: dict[str, str], name: str) -> Path | None:
    return Path(values[name]) if values.get(name) else None


def _one_of(line: CommandLine, name: str, flag: str, choices: tuple[str, ...]) -> str:
    value = line.values.get(name, "")
    if value and value not in choices:
        raise UsageError(f"{flag}: {clean(value, 60)!r} is not a choice", f"choose {', '.join(filter(None, choices))}")
    return value


def _whole(line: CommandLine, name: str, flag: str, least: int) -> int | None:
    if name not in line.values:
        return None
    try:
        number = int(line.values[name])
    except ValueError as error:
        raise UsageError(f"{flag}: {clean(line.values[name], 60)!r} is not a whole number", "write 5") from error
    if not least <= number < 2**53:
        raise UsageError(f"{flag}: {number} is out of range", f"write {least} or more")
    return number


def _positive(line: CommandLine, name: str, flag: str, unit: str = "seconds") -> float | None:
    if name not in line.values:
        return None
    try:
        number = float(line.values[name])
    except ValueError as error:
        raise UsageError(f"{flag}: {clean(line.values[name], 60)!r} is not a number", f"write {unit}, as 10") from error
    if not 0 < number <= 1e7:
        raise UsageError(f"{flag}: {number:g} is out of range", f"write {unit} above 0, as 10")
    return number
