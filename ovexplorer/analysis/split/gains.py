"""What moving operations to other devices should save, from measured numbers.

The saving is reckoned in three parts. Reorders: of the cuts that go, as measured, minus those of new cuts, as cuts of
their size cost. Host gap: an even part for each cut. Compute: what moved operations take now, minus what they take on
the other device; what joins another layer there takes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ovexplorer.analysis.split.costs import NEVER_NS, Costs, outputs
from ovexplorer.analysis.split.model import CostPicture, Cut, Split, Suggestion, SuggestionKind
from ovexplorer.analysis.split.predict import predict
from ovexplorer.analysis.split.words import counted, kinds, listed
from ovexplorer.schema.topology import Topology
from ovexplorer.text import CleanText, clean
from ovexplorer.units import duration

Moves = Mapping[int, str]
"""Device by key."""


class Judge:
    """Reckons what moves save against the split of a picture."""

    def __init__(self, topology: Topology, picture: CostPicture, costs: Costs) -> None:
        self.topology = topology
        self.picture = picture
        self.costs = costs
        self.outputs = outputs(topology)
        self._placed = picture.split.placed
        self._now = next((entry.ns for entry in picture.times if not entry.device), ())
        self._of: dict[int, list[tuple[int, int]]] = {}
        """Outputs of each operation that somebody takes."""
        for output in self.outputs:
            self._of.setdefault(output[0], []).append(output)

    def can(self, moves: Moves) -> bool:
        """Whether every device supports what goes there."""
        table = self.costs.operation_ns
        return all(device in table and table[device][key] < NEVER_NS for key, device in moves.items())

    def moved(self, placed: Sequence[str]) -> dict[int, str]:
        """Operations that a placement has elsewhere than they are now; constants, parameters and results follow."""
        return {
            entry.key: placed[entry.key]
            for entry in self.topology.operations
            if entry.role == "operation" and placed[entry.key] != self._placed[entry.key]
        }

    def placed_after(self, moves: Moves) -> tuple[str, ...]:
        """Device of each operation after the moves."""
        placed = list(self._placed)
        for key, device in moves.items():
            placed[key] = device
        return follow(self.topology, placed)

    def rough_ns(self, moves: Moves) -> float:
        """The saving without predicting submodels: fast, for choosing what is worth predicting."""
        touched = {output for key in moves for output in self._of.get(key, ())}
        for key in moves:
            touched.update(output for output in self.topology.operations[key].inputs if output in self.outputs)
        saved = float(self._compute_ns(moves))
        for output in touched:
            consumers = self.outputs[output]
            before = {self._placed[key] for key in consumers} - {self._placed[output[0]]}
            source = moves.get(output[0], self._placed[output[0]])
            if self.topology.operations[output[0]].role == "parameter" and consumers:
                source = moves.get(consumers[0], self._placed[consumers[0]])
            after = {moves.get(key, self._placed[key]) for key in consumers} - {source}
            saved += (len(before) - len(after)) * self.costs.cut_ns.get(output, 0)
        return saved

    def suggestion(self, kind: SuggestionKind, moves: Moves, title: str = "", why: str = "") -> Suggestion:
        """Predict the split after the moves and tell what it should save."""
        before = self.picture.split
        after = predict(self.topology, self.placed_after(moves), before.devices)
        reorders = round(self._reorders_ns(before, after))
        gap = round(self.costs.cut.gap_ns * (len(before.cuts) - len(after.cuts)))
        compute = self._compute_ns(moves)
        keys = tuple(sorted(moves))
        devices = {moves[key] for key in keys}
        return Suggestion(
            kind=kind,
            title=clean(title or self._title(moves)),
            operations=keys,
            device=moves[keys[0]],
            saving_ns=reorders + gap + compute,
            parts=(("reorders", reorders), ("host gap", gap), ("compute", compute)),
            reason=self._reason(before, after, (reorders, gap, compute), why),
            submodels=(len(before.submodels), len(after.submodels)),
            cuts=(len(before.cuts), len(after.cuts)),
            placements=tuple((key, moves[key]) for key in keys) if len(devices) > 1 else (),
        )

    def _reorders_ns(self, before: Split, after: Split) -> float:
        left: dict[tuple[int, int, tuple[int, ...]], int] = {}
        for cut in before.cuts:
            if cut.reorder_ns >= 0:
                left[_same(cut)] = cut.reorder_ns
        saved = float(sum(left.values()))
        for cut in after.cuts:
            known = left.get(_same(cut))
            output = (cut.producer, cut.port)
            saved -= known if known is not None else self.costs.cut.reorders_ns(output, cut.size_bytes)
        return saved

    def _compute_ns(self, moves: Moves) -> int:
        """Moved operations, and those behind them that can join another layer then, or cannot any more."""
        saved = 0
        near: set[int] = set(moves)
        for key in moves:
            for output in self._of.get(key, ()):
                near.update(self.outputs[output])
        for key in near:
            apart_now = self._apart(key, {})
            apart_then = self._apart(key, moves)
            if key in moves:
                device = self._placed[key]
                table = self.costs.operation_ns
                then = table[moves[key]][key] if moves[key] in table else 0
                now = self._now[key] if self._now and self._now[key] >= 0 else 0
                if not self._now and device in table:
                    now = table[device][key]
                saved += now - then - apart_then
            else:
                saved += apart_now - apart_then
        return saved

    def _apart(self, key: int, moves: Moves) -> int:
        """What an operation costs more because its producer is elsewhere."""
        extra = self.costs.unfused_ns[key]
        if not extra:
            return 0
        own = moves.get(key, self._placed[key])
        operations = self.topology.operations
        apart = any(
            moves.get(producer, self._placed[producer]) != own
            for producer, _ in operations[key].inputs
            if operations[producer].role == "operation"
        )
        return extra if apart else 0

    def _title(self, moves: Moves) -> str:
        keys = sorted(moves)
        devices = sorted(set(moves.values()))
        if len(devices) > 1:
            return f"place {counted(len(keys), 'operation')} anew on {' and '.join(devices)}"
        sources = sorted({self._placed[key] for key in keys})
        what = listed(self.topology, keys) if len(keys) == 1 else counted(len(keys), "operation")
        return f"move {what} from {' and '.join(sources)} to {devices[0]}"

    def _reason(self, before: Split, after: Split, parts: tuple[int, int, int], why: str) -> CleanText:
        reorders, gap, compute = parts
        fewer = len(before.cuts) - len(after.cuts)
        words = [why] if why else []
        if fewer:
            words.append(
                f"{counted(abs(fewer), 'cut')} {'fewer' if fewer > 0 else 'more'}: Reorders {_signed(-reorders)}, "
                f"host gap {_signed(-gap)}"
            )
        elif reorders:
            words.append(f"as many cuts, with less to convert: Reorders {_signed(-reorders)}")
        if compute:
            words.append(f"compute {_signed(-compute)} where the operations run then")
        return clean("; ".join(words))


def follow(topology: Topology, placed: Sequence[str]) -> tuple[str, ...]:
    """The same with constants and parameters where their first consumer is, and results where their producer is."""
    where = list(placed)
    first: dict[int, int] = {}
    for entry in topology.operations:
        for producer, _ in entry.inputs:
            first.setdefault(producer, entry.key)
    for entry in reversed(topology.operations):
        if entry.role in ("constant", "parameter") and entry.key in first:
            where[entry.key] = where[first[entry.key]]
    for entry in topology.operations:
        if entry.role == "result" and entry.inputs:
            where[entry.key] = where[entry.inputs[0][0]]
    return tuple(where)


def types_of(topology: Topology, keys: Iterable[int]) -> CleanText:
    """What kinds of operations these are."""
    return kinds(topology, sorted(keys))


def _same(cut: Cut) -> tuple[int, int, tuple[int, ...]]:
    return cut.producer, cut.port, cut.consumers


def _signed(ns: int) -> str:
    return f"{'+' if ns > 0 else '−' if ns < 0 else '±'}{duration(abs(ns))}"
