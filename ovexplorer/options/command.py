"""The headless command line that asks for exactly the same as a spec."""

from __future__ import annotations

import shlex

from ovexplorer.options.affinities import affinity_words
from ovexplorer.options.apply import changed_options, model_name, other_properties, read
from ovexplorer.options.catalogue import by_id, by_property
from ovexplorer.options.model import Option
from ovexplorer.options.stand_ins import stand_in_texts
from ovexplorer.schema.spec import RunSpec

_ALWAYS = ("hint", "api")
"""Written even at their default: `-hint throughput` alone would also choose the async API."""


def same_as(spec: RunSpec, command: str = "bench") -> str:
    """The command line, quoted for a POSIX shell; parsing it gives the same spec.

    Where it names a file of affinities, `affinity_file_name`, that has to be written first.
    """
    return " ".join(map(quoted, ("ovexplorer", command, *arguments(spec))))


def affinity_file_name(spec: RunSpec) -> str:
    """The file that a command line with very many placements names: `resnet50.affinity.json`."""
    return f"{model_name(spec.model)}.affinity.json"


def quoted(word: str) -> str:
    r"""A word for a POSIX shell; what a terminal would obey is written as `$'\033'`, which bash, zsh and ksh read."""
    if word.isprintable():
        return shlex.quote(word)
    return f"$'{''.join(map(_escaped, word))}'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    # A file name that is not UTF-8 holds its bytes as surrogates.
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))


def arguments(spec: RunSpec) -> list[str]:
    """The arguments after the command."""
    words = [spec.model.path] if not spec.model.path.startswith("-") else ["-m", spec.model.path]
    changed = {option.id: (option, value) for option, value in changed_options(spec)}
    for option_id in _ALWAYS:
        option = by_id(option_id)
        changed.setdefault(option_id, (option, read(option, spec)))
    for option, value in sorted(changed.values(), key=lambda entry: entry[0].id != "device"):
        words += _flag(option, value)
    for key, value in sorted(other_properties(spec).items()):
        words += ["--prop", f"{key}={value}"]
    for device, own in sorted(spec.device_properties.items()):
        for key, value in sorted(own.items()):
            option_or_none = by_property(key)
            if option_or_none is None or not option_or_none.per_device:
                words += ["--prop", f"{device}:{key}={value}"]
    for text in stand_in_texts(spec):
        words += ["--stand-in", text]
    return words + affinity_words(spec, affinity_file_name(spec)) + _model_words(spec) + _run_words(spec)


def _flag(option: Option, value: str) -> list[str]:
    if option.id == "warm_up":
        return ["-no_warmup"]
    if option.property and not option.per_device and ":" in value and option.kind != "path":
        return []
    # A value that begins with a dash would be taken for a flag.
    return [f"{option.flags[0]}={value}"] if value.startswith("-") else [option.flags[0], value]


def _model_words(spec: RunSpec) -> list[str]:
    model = spec.model
    words: list[str] = []
    files = [f"{entry.name}:{path}" if entry.name else path for entry in model.inputs for path in entry.paths]
    if files:
        words += ["-i", ",".join(files)]
    fills = [f"{entry.name}[{entry.fill}]" for entry in model.inputs if entry.fill not in {"auto", "file"}]
    if fills:
        words += ["--fill", ",".join(fills)]
    if model.output_type:
        words += ["-op", model.output_type]
    if model.port_types:
        words += ["-iop", ",".join(f"{name}:{kind}" for name, kind in model.port_types.items())]
    if model.extensions:
        words += ["-extensions", ",".join(model.extensions)]
    if model.compile_from_path:
        words += ["-lfile"]
    return words


def _run_words(spec: RunSpec) -> list[str]:
    words: list[str] = []
    if spec.duration_s:
        words += ["-t", f"{spec.duration_s:g}"]
    if spec.iterations:
        words += ["-niter", str(spec.iterations)]
    if spec.seed:
        words += ["--seed", str(spec.seed)]
    return words
