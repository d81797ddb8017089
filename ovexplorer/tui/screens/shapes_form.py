"""The shapes form as one frozen value: what is set for each input, what follows what, and the ModelSpec it makes.

Nothing here knows of a screen. Every edit gives another form; the screen keeps the old ones for undo.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from ovexplorer.schema.facts import ModelFacts, PortFacts
from ovexplorer.schema.spec import Fill, InputSpec, ModelSpec
from ovexplorer.tui.screens.shapes_dims import (
    ANY_SIZE,
    Dim,
    Shape,
    format_shape,
    is_static,
    parse_dim,
    parse_shape,
    problem_of,
)
from ovexplorer.tui.screens.shapes_names import Named, letters_of, named_dims

USUAL_SIZES = {"batch": 1, "sequence": 128, "height": 224, "width": 224, "channels": 3}
"""Proposed where neither the engine nor the model names a size."""

MOST_SETS = 16
"""Most shapes that requests can take in turn."""


@dataclass(frozen=True)
class InputForm:
    """What is set for one input."""

    port: PortFacts
    allowed: Shape | None
    """As the model has it; None when its rank is open."""
    shape: Shape
    """As set."""
    layout: str
    """As set; empty leaves it to the model or the guess."""
    fill: Fill
    paths: tuple[str, ...]
    proposed: bool = False
    """Whether the sizes were made up and nobody has confirmed them."""
    runs_with: Shape = ()
    """Sizes for dimensions that stay dynamic, as far as known: requests need one."""


@dataclass(frozen=True)
class ShapesForm:
    """All that the editor edits."""

    inputs: tuple[InputForm, ...]
    names: tuple[Named, ...]
    """Dimensions with one name."""
    apart: frozenset[str] = frozenset()
    """Names whose dimensions no longer follow each other."""
    sets: tuple[tuple[Shape, ...], ...] = ()
    """Further shapes that requests take in turn: for each set one shape an input."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with each input; empty text where it fits."""
        return tuple(problem_of(entry.shape, entry.allowed) or rank_problem(entry) for entry in self.inputs)

    @property
    def fitting(self) -> int:
        """How many inputs have a shape that fits."""
        return sum(not problem for problem in self.problems)

    @property
    def proposed(self) -> bool:
        """Whether any size is only a proposal."""
        return any(entry.proposed for entry in self.inputs)


def rank_problem(entry: InputForm) -> str:
    """Why an input of open rank is not ready."""
    if entry.allowed is None and not entry.shape and entry.port.shape != "[]":
        return "the model leaves the number of dimensions open: write the whole shape"
    return ""


def form_of(facts: ModelFacts, spec: ModelSpec) -> ShapesForm:
    """The form as it opens: what the spec says, else what the model has, else a proposal."""
    models = [parse_shape(port.shape) for port in facts.inputs]
    inputs = []
    sets: list[tuple[Shape, ...]] = []
    for port, allowed in zip(facts.inputs, models):
        asked = entry_of(spec, port)
        shape, proposed = _opening_shape(port, allowed, asked, spec.batch)
        layout = asked.layout
        runs_with = (parse_shape(asked.data_shapes[0]) or ()) if asked.data_shapes else ()
        inputs.append(InputForm(port, allowed, shape, layout, asked.fill, asked.paths, proposed, runs_with))
        turns = [parse_shape(text) for text in asked.data_shapes[1:]]
        sets.append(tuple(turn for turn in turns if turn is not None))
    count = min((len(turns) for turns in sets), default=0)
    rows = tuple(tuple(turns[number] for turns in sets) for number in range(count))
    return ShapesForm(tuple(inputs), named_dims(facts.inputs, models), sets=rows)


def entry_of(spec: ModelSpec, port: PortFacts) -> InputSpec:
    """What a spec asks of an input: its own entry, by name or index, else the one for all."""
    by_name = {entry.name: entry for entry in spec.inputs}
    for name in (port.raw_name, str(port.name), str(port.index)):
        if name in by_name:
            return by_name[name]
    return by_name.get("", InputSpec())


def _opening_shape(port: PortFacts, allowed: Shape | None, asked: InputSpec, batch: int) -> tuple[Shape, bool]:
    text = asked.data_shapes[0] if len(asked.data_shapes) > 1 else asked.shape
    if asked.data_shapes and not text:
        # One size for a model that stays as dynamic as it is.
        text = port.shape
    shape = parse_shape(text) if text else None
    if shape is not None:
        return shape, False
    proposed = parse_shape(port.proposed_shape)
    if allowed is None:
        return proposed or (), bool(proposed)
    shape = tuple(
        bound if bound.static else _proposal(port, allowed, proposed, position)
        for position, bound in enumerate(allowed)
    )
    if batch and letters_of(port.layout).find("N") == 0 and shape:
        shape = (Dim(batch, batch), *shape[1:])
    return shape, not is_static(allowed)


def _proposal(port: PortFacts, allowed: Shape, proposed: Shape | None, position: int) -> Dim:
    bound = allowed[position]
    if proposed is not None and len(proposed) == len(allowed) and proposed[position].static:
        return proposed[position]
    named = named_dims([port], [allowed])
    name = next((group.name for group in named if (0, position) in group.places), "")
    size = USUAL_SIZES.get(name.partition(" ")[0], 1)
    size = max(size, bound.low) if bound.high is None else max(bound.low, min(size, bound.high))
    return Dim(max(1, size), max(1, size))


def read_field(text: str, entry: InputForm) -> tuple[Shape | None, str]:
    """Read what was typed for an input.

    A whole shape stands in brackets. A single dimension goes to the last one that the model leaves open, or the last
    one at all.

    Returns:
        The shape, None when the text cannot be read; and why it cannot be used, empty when it can.
    """
    text = text.strip()
    whole = text if text.startswith("[") else f"[{text}]" if "," in text else ""
    if whole:
        shape = parse_shape(whole)
        return (shape, problem_of(shape, entry.allowed)) if shape is not None else (None, "write [1,128], 1..128 or ?")
    dim = parse_dim(text)
    if dim is None:
        return None, "write 128, [1,128], 1..128 or ?"
    if entry.allowed is None:
        return (dim,), problem_of((dim,), None)
    open_dims = [position for position, bound in enumerate(entry.allowed) if not bound.static]
    if not entry.shape:
        return None, "this input has no dimensions"
    position = open_dims[-1] if open_dims else len(entry.shape) - 1
    shape = (*entry.shape[:position], dim, *entry.shape[position + 1 :])
    return shape, problem_of(shape, entry.allowed)


def with_shape(form: ShapesForm, index: int, shape: Shape) -> tuple[ShapesForm, ShapesForm | None]:
    """Set the shape of one input.

    Returns:
        The form in which dimensions with one name have followed; and, when any other input followed, the form in
        which they stayed behind, which is what undo goes back to first.
    """
    before = form.inputs[index].shape
    alone = _set_input(form, index, _resized(form.inputs[index], shape))
    followed, changed = alone, set()
    for group in form.names:
        places = [dim for port, dim in group.places if port == index]
        moved = [dim for dim in places if dim < len(shape) and (dim >= len(before) or before[dim] != shape[dim])]
        if not moved or group.name in form.apart:
            continue
        after = with_size(followed, group, shape[moved[0]])
        if after != followed and any(port != index for port, _ in group.places):
            changed.add(group.name)
        followed = after
    if not changed:
        return followed, None
    return followed, replace(alone, apart=form.apart | changed)


def with_size(form: ShapesForm, group: Named, dim: Dim) -> ShapesForm:
    """Set every dimension of one name."""
    inputs = list(form.inputs)
    for port, position in group.places:
        entry = inputs[port]
        if position < len(entry.shape):
            shape = (*entry.shape[:position], dim, *entry.shape[position + 1 :])
            inputs[port] = _resized(entry, shape)
    return replace(form, inputs=tuple(inputs), apart=form.apart - {group.name})


def size_of(form: ShapesForm, group: Named, inputs: tuple[Shape, ...] | None = None) -> Dim | None:
    """The size all dimensions of a name have; None when they differ."""
    shapes = inputs or tuple(entry.shape for entry in form.inputs)
    sizes = {shapes[port][dim] for port, dim in group.places if dim < len(shapes[port])}
    return sizes.pop() if len(sizes) == 1 else None


def with_fill(form: ShapesForm, index: int, fill: Fill, paths: tuple[str, ...] = ()) -> ShapesForm:
    """Fill one input in another way."""
    return _set_input(form, index, replace(form.inputs[index], fill=fill, paths=paths))


def with_layout(form: ShapesForm, index: int, layout: str) -> ShapesForm:
    """Say what the dimensions of one input are."""
    return _set_input(form, index, replace(form.inputs[index], layout=layout))


def confirmed(form: ShapesForm) -> ShapesForm:
    """Proposals become what was set."""
    return replace(form, inputs=tuple(replace(entry, proposed=False) for entry in form.inputs))


def leading_input(form: ShapesForm) -> int:
    """The input that a further set is typed for: the first one with an open dimension."""
    return next((place for place, entry in enumerate(form.inputs) if not is_static(entry.allowed or (ANY_SIZE,))), 0)


def add_set(form: ShapesForm, text: str) -> tuple[ShapesForm, str]:
    """Add shapes that requests take in turn.

    Args:
        form: The form.
        text: A shape of the leading input, or the size of its last open dimension; other inputs follow by name.

    Returns:
        The form, unchanged when the text cannot be used; and why it cannot, empty when it can.
    """
    if len(form.sets) + 1 >= MOST_SETS:
        return form, f"at most {MOST_SETS} sets"
    if not form.inputs:
        return form, "the model has no inputs"
    leading = leading_input(form)
    shape, problem = read_field(text, form.inputs[leading])
    if shape is None or problem:
        return form, problem or "write a shape such as [1,32]"
    if not is_static(shape):
        return form, "a set has one size in each dimension"
    base = replace(form, inputs=tuple(replace(e, shape=_static_of(e)) for e in form.inputs))
    followed, _ = with_shape(base, leading, shape)
    turn = tuple(entry.shape for entry in followed.inputs)
    if turn == tuple(_static_of(entry) for entry in form.inputs) or turn in form.sets:
        return form, "this set is there already"
    return replace(form, sets=(*form.sets, turn)), ""


def remove_set(form: ShapesForm, number: int) -> ShapesForm:
    """Take a further set away."""
    return replace(form, sets=form.sets[:number] + form.sets[number + 1 :])


def _resized(entry: InputForm, shape: Shape) -> InputForm:
    """Another shape; a dimension that becomes dynamic goes on running with the size it had."""
    return replace(entry, shape=shape, proposed=False, runs_with=_static_of(entry))


def _static_of(entry: InputForm) -> Shape:
    """The shape with a size for what stays dynamic: the one it had, else a proposal."""
    known = entry.runs_with if len(entry.runs_with) == len(entry.shape) else parse_shape(entry.port.proposed_shape)
    allowed = entry.allowed if entry.allowed is not None and len(entry.allowed) == len(entry.shape) else entry.shape
    sizes = []
    for position, dim in enumerate(entry.shape):
        bound = allowed[position] if dim == ANY_SIZE and not allowed[position].static else dim
        bounds = (*entry.shape[:position], bound, *entry.shape[position + 1 :])
        before = known[position] if known is not None and len(known) == len(entry.shape) else None
        usable = before is not None and before.static and before.inside(bound)
        sizes.append(
            dim if dim.static else before if usable and before else _proposal(entry.port, bounds, None, position)
        )
    return tuple(sizes)


def _set_input(form: ShapesForm, index: int, entry: InputForm) -> ShapesForm:
    return replace(form, inputs=(*form.inputs[:index], entry, *form.inputs[index + 1 :]))


def model_spec(form: ShapesForm, spec: ModelSpec) -> ModelSpec:
    """The ModelSpec the form asks for; what the form does not edit stays as it was."""
    batch = _batch_only(form)
    entries = []
    for position, entry in enumerate(form.inputs):
        asked = entry_of(spec, entry.port)
        shape, turns = ("", ()) if batch else _texts(form, position)
        made = msgspec.structs.replace(
            asked,
            name="" if len(form.inputs) == 1 else entry.port.raw_name,
            shape=shape,
            data_shapes=turns,
            layout=entry.layout,
            fill=entry.fill,
            paths=entry.paths if entry.fill == "file" else (),
        )
        if made != InputSpec(name=made.name):
            entries.append(made)
    return msgspec.structs.replace(spec, inputs=tuple(entries), batch=batch)


def _texts(form: ShapesForm, position: int) -> tuple[str, tuple[str, ...]]:
    """InputSpec.shape and data_shapes of an input."""
    entry = form.inputs[position]
    wanted = format_shape(entry.shape)
    if not form.sets and is_static(entry.shape):
        return ("" if entry.shape == entry.allowed else wanted), ()
    turns = (format_shape(_static_of(entry)), *(format_shape(turn[position]) for turn in form.sets))
    if is_static(entry.shape) and form.sets:
        # Several shapes need a model that stays dynamic where they differ.
        wanted = format_shape(_spanning(form, position))
    return ("" if wanted == _model_text(entry) else wanted), turns


def _spanning(form: ShapesForm, position: int) -> Shape:
    entry = form.inputs[position]
    shape = []
    for index, dim in enumerate(entry.shape):
        sizes = {dim, *(turn[position][index] for turn in form.sets if index < len(turn[position]))}
        bound = entry.allowed[index] if entry.allowed is not None and index < len(entry.allowed) else ANY_SIZE
        shape.append(dim if len(sizes) == 1 else ANY_SIZE if bound.static else bound)
    return tuple(shape)


def _model_text(entry: InputForm) -> str:
    return "" if entry.allowed is None else format_shape(entry.allowed)


def _batch_only(form: ShapesForm) -> int:
    """The batch, when setting it is all that differs from a static model; 0 otherwise."""
    sizes = set()
    for entry in form.inputs:
        if form.sets or entry.allowed is None or not is_static(entry.allowed) or len(entry.shape) != len(entry.allowed):
            return 0
        place = letters_of(entry.layout or entry.port.layout).find("N")
        for position, (dim, bound) in enumerate(zip(entry.shape, entry.allowed)):
            if dim == bound and position != place:
                continue
            if position != place or not dim.static:
                return 0
            sizes.add((dim.low, bound.low))
    if len(sizes) != 1:
        return 0
    ((batch, original),) = sizes
    return batch if batch != original else 0
