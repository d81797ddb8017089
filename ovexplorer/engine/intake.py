"""From a path to a model that can be compiled: read, reshaped, batched, with pre-processing built in.

`load` reads a model once; `prepare` works on a clone and never changes what was loaded, so that the engine keeps one
loaded model over many toggles. Weights of an IR are mapped, not copied (OpenVINO's ENABLE_MMAP, on by default): a
file rewritten in place between reading and compiling can end the process with SIGBUS, which is why `identity_of` is
cheap enough to ask before every compile.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import msgspec
import openvino as ov

from ovexplorer.engine.demo.library import demo_identity, open_demo
from ovexplorer.engine.facts import model_facts, sha256_of, unread_facts
from ovexplorer.engine.failure import EngineFailure, PhaseReporter
from ovexplorer.engine.fills import rows_indexed_by
from ovexplorer.engine.formats import BLOB, DEMO, IR, OPENVINO_ERRORS, ModelFile, find_model, is_demo, refused
from ovexplorer.engine.names import name_unnamed, repair_names
from ovexplorer.engine.plan import (
    InputPlan,
    asked_shape,
    host_image,
    layout_of,
    match_entries,
    plan_input,
    require_shapes,
)
from ovexplorer.engine.preprocess import IMAGE_LAYOUT, build_in_graph, fed_layout, no_image
from ovexplorer.engine.shapes import is_image, port_name, reshape, set_batch
from ovexplorer.schema.codec import spec_key
from ovexplorer.schema.demos import DEMOS, find_demo
from ovexplorer.schema.facts import ModelFacts
from ovexplorer.schema.results import Phase
from ovexplorer.schema.spec import DEMO_PREFIX, ModelSpec
from ovexplorer.text import clean

_UNSAFE = re.compile(r"[^A-Za-z0-9_]+")
_NO_RULE = "No conversion rule found for operations: "
"""How OpenVINO's readers begin the list of operations they do not know."""
_EXPORT = "export or copy it again; the name's ending must tell its format"


@dataclass(frozen=True)
class LoadedModel:
    """A model as read or built, untouched."""

    spec_path: str
    """As asked for."""
    format: str
    identity: str
    """Changes when a file of the model changes."""
    model: ov.Model | None
    """None for a compiled blob and for a model that is compiled from its path."""
    path: Path | None
    """What OpenVINO was or is to be given; None for a demo."""
    base: ModelFacts
    """Path, name, format and size."""


@dataclass(frozen=True)
class PreparedModel:
    """A model in the shapes and types asked for."""

    spec: ModelSpec
    facts: ModelFacts
    model: ov.Model | None
    """To compile; None for a compiled blob and for a model that is compiled from its path."""
    blob: Path | None
    """To import; None unless it is a compiled blob."""
    path: Path | None
    """To compile from, with `compile_from_path`."""
    batch: int
    """Items in one inference."""
    inputs: tuple[InputPlan, ...]
    """Empty when there is no graph to look at."""


def identity_of(path: str) -> str:
    """What changes when the model changes: the sizes and times of its files; version of a demo.

    Raises:
        EngineFailure: There is no such model.
    """
    return _demo_identity(path) if is_demo(path) else _file_identity(find_model(path))


def _demo_identity(path: str) -> str:
    try:
        return demo_identity(path.removeprefix(DEMO_PREFIX))
    except KeyError as error:
        names = ", ".join(demo.path for demo in DEMOS)
        raise EngineFailure("model_missing", f"there is no {clean(path, 60)}", f"the demos are {names}") from error


def _file_identity(file: ModelFile) -> str:
    try:
        stats = [part.stat() for part in file.parts]
    except OSError as error:
        what = f"{file.name}: {clean(error.strerror or str(error))}"
        raise EngineFailure("model_missing", what, "check the path") from error
    return ";".join([str(file.path.absolute()), *(f"{stat.st_size}:{stat.st_mtime_ns}" for stat in stats)])


def load(core: ov.Core, spec: ModelSpec, phases: PhaseReporter) -> LoadedModel:
    """Read a model, or build it.

    Raises:
        EngineFailure: It is missing or cannot be read.
    """
    if is_demo(spec.path):
        return _load_demo(core, spec.path, phases)
    file = find_model(spec.path)
    identity = _file_identity(file)
    size = sum(part.stat().st_size for part in file.parts)
    sha256 = sha256_of(file.parts[0], identity) if file.path.is_file() else ""
    base = unread_facts(spec.path, file.name, file.format, size, sha256, identity)
    model = None
    if file.format != BLOB and not spec.compile_from_path:
        with phases("read"):
            model = _read(core, file, spec.extensions)
    return LoadedModel(spec.path, file.format, identity, model, file.path, base)


def _load_demo(core: ov.Core, path: str, phases: PhaseReporter) -> LoadedModel:
    identity = _demo_identity(path)
    demo = find_demo(path.removeprefix(DEMO_PREFIX))
    with phases("build"):
        model = open_demo(core, demo.name)
    base = unread_facts(path, clean(demo.name), DEMO, 0, "", identity)
    return LoadedModel(path, DEMO, identity, model, None, msgspec.structs.replace(base, note=clean(demo.what)))


def _read(core: ov.Core, file: ModelFile, extensions: tuple[str, ...]) -> ov.Model:
    for extension in extensions:
        try:
            core.add_extension(str(Path(extension).expanduser().absolute()))
        except OPENVINO_ERRORS as error:
            hint = "name a library of operations built for this OpenVINO"
            raise refused("model_unreadable", f"extension {clean(extension, 80)}", error, hint) from error
    try:
        model = core.read_model(file.path)
    except OPENVINO_ERRORS as error:
        raise _unreadable(file, error) from error
    repair_names(model)
    name_unnamed(model)
    if not model.outputs:
        raise EngineFailure("model_unreadable", f"{file.name} holds no operations", _EXPORT)
    return model


def _unreadable(file: ModelFile, error: BaseException) -> EngineFailure:
    failure = refused("model_unreadable", f"{file.name} cannot be read", error, _EXPORT)
    if "Unable to read the model" in failure.what:
        # What OpenVINO says when no reader recognises the file: the path again and the list of its readers.
        return EngineFailure(failure.kind, f"{file.name} is not a valid {file.format} model", _EXPORT, failure.detail)
    _, missing, operations = failure.what.partition(_NO_RULE)
    if missing:
        hint = "replace the operation before exporting, or load a library that has it with -extensions"
        return EngineFailure(failure.kind, f"{file.name} uses unknown operations: {operations}", hint, failure.detail)
    if file.format == IR and len(file.parts) == 1:
        hint = clean(f"the weights {file.path.with_suffix('.bin').name} are not beside it: copy both files", 200)
        return EngineFailure(failure.kind, failure.what, hint, failure.detail)
    return failure


def prepare(
    loaded: LoadedModel, spec: ModelSpec, phases: PhaseReporter, *, allow_dynamic: bool = False
) -> PreparedModel:
    """Put a model into the shapes and types asked for.

    Args:
        loaded: Not changed.
        spec: What is asked for.
        phases: Told about the phase `reshape`.
        allow_dynamic: Whether inputs may stay dynamic without a shape to feed them with.

    Raises:
        EngineFailure: The model refuses, or an input needs a shape.
    """
    if loaded.model is None:
        _refuse_changes(loaded, spec)
        blob = loaded.path if loaded.format == BLOB else None
        return PreparedModel(spec, loaded.base, None, blob, None if blob else loaded.path, 1, ())
    with phases("reshape"):
        model = loaded.model.clone()
        model.set_friendly_name(_safe_name(loaded, spec))
        layouts = _reshaped(model, spec)
        ids = [rows_indexed_by(port.get_node()) for port in model.inputs]
        model = build_in_graph(model, spec, [layout for layout, _ in layouts])
        name_unnamed(model)
        plans = _plans(model, spec, layouts, ids)
        if not allow_dynamic:
            require_shapes(plans, model.inputs)
    facts = model_facts(loaded.base, model, plans)
    batch = next((plan.batch() for plan in plans if "N" in plan.layout), 1)
    return PreparedModel(spec, facts, model, None, None, batch, plans)


def describe(loaded: LoadedModel, spec: ModelSpec) -> ModelFacts:
    """Facts of a model in the shapes asked for; dynamic shapes are described, not refused.

    Raises:
        EngineFailure: A shape, layout or type that was asked for is refused.
    """
    return prepare(loaded, spec, unreported, allow_dynamic=True).facts


def unreported(phase: Phase) -> AbstractContextManager[None]:  # noqa: ARG001  # nobody is told
    """A phase that is part of another one."""
    return nullcontext()


def _refuse_changes(loaded: LoadedModel, spec: ModelSpec) -> None:
    changed = any(
        entry.shape or entry.element_type or entry.tensor_layout or entry.mean or entry.scale for entry in spec.inputs
    )
    if changed or spec.batch or spec.preprocess != "none" or spec.output_type or spec.port_types:
        reason = "is compiled already" if loaded.format == BLOB else "is compiled from its path"
        what = f"{loaded.base.name} {reason}: its shapes and types cannot be changed"
        raise EngineFailure("shape_refused", what, "give the model it was made from, or leave these options out")


def _safe_name(loaded: LoadedModel, spec: ModelSpec) -> str:
    """A name for dumps, made of what is asked for: equal requests get equal names, so that caches find them."""
    digest = hashlib.sha256(spec_key(spec)).hexdigest()[:8]
    stem = _UNSAFE.sub("_", Path(loaded.base.name).stem)[:40].strip("_") or "model"
    return f"{stem}_{digest}"


def _reshaped(model: ov.Model, spec: ModelSpec) -> list[tuple[str, bool]]:
    """Reshape and batch in place; the layout of each input, and whether it is a guess."""
    entries = match_entries(spec, model.inputs)
    wanted = {}
    for index, (port, entry) in enumerate(zip(model.inputs, entries)):
        shape = asked_shape(entry, port_name(port))
        if shape is not None:
            wanted[index] = shape
    reshape(model, wanted)
    layouts = [layout_of(port, entry) for port, entry in zip(model.inputs, entries)]
    if spec.batch:
        set_batch(model, spec.batch, [_batch_layout(port, layout) for port, (layout, _) in zip(model.inputs, layouts)])
    return layouts


def _batch_layout(port: ov.Output, layout: str) -> str:
    """The layout, or `N...` where nothing is known and the first dimension may be a batch: 1 or open."""
    shape = port.get_partial_shape()
    if layout or shape.rank.is_dynamic or len(shape) == 0:
        return layout
    return "N..." if shape[0].is_dynamic or shape[0].get_length() == 1 else ""


def _plans(model: ov.Model, spec: ModelSpec, layouts: list[tuple[str, bool]], ids: list[int]) -> tuple[InputPlan, ...]:
    entries = match_entries(spec, model.inputs)
    plans = []
    for index, (port, entry) in enumerate(zip(model.inputs, entries)):
        layout, guessed = layouts[index]
        if spec.preprocess == "graph" and is_image(layout, len(layout)):
            layout = IMAGE_LAYOUT if "N" in layout else IMAGE_LAYOUT[1:]
        else:
            layout = fed_layout(entry, layout, port)
        host = host_image(port, entry, layout, spec.image_size) if spec.preprocess == "host" else None
        plans.append(plan_input(index, port, entry, layout=(layout, guessed), ids_below=ids[index], host=host))
    if spec.preprocess == "host" and not any(plan.host for plan in plans):
        raise no_image(model.inputs)
    return tuple(plans)
