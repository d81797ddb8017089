from __future__ import annotations

import re

import msgspec
import pytest

from ovexplorer.errors import UsageError
from ovexplorer.schema.spec import RunSpec
from ovexplorer.schema.topology import DeviceSupport
from ovexplorer.tui.affinities import MOST_STEPS, Affinities
from tests.tui.builder_kit import BOTH, LACKING, RELUS, SMALL, chain, hetero


def pending(running: RunSpec | None = None, support: tuple[DeviceSupport, ...] = BOTH) -> Affinities:
    spec = running or hetero()
    return Affinities(SMALL, support, running=spec, present=spec)


def names(*keys: int) -> list[str]:
    return [SMALL.operations[key].raw_name for key in keys]


def test_nothing_is_pending_at_first():
    fresh = pending(hetero("type:Relu=CPU"))
    assert (fresh.count, fresh.changed, fresh.moved) == (0, False, ())
    assert fresh.spec() == fresh.running
    assert fresh.devices == ("CPU_SIM", "CPU")


def test_operations_are_assigned_by_key_or_by_name():
    by_key = pending().assign([RELUS[0]], "CPU")
    assert by_key.spec().placements == {"a/relu_1": "CPU"}
    assert by_key == pending().assign(["a/relu_1"], "CPU")
    assert by_key.moved == (RELUS[0],)
    assert by_key.placed[RELUS[0]] == "CPU"
    assert by_key.running == hetero()


def test_no_placement_is_kept_where_rules_and_order_send_it_anyway():
    back = pending().assign(RELUS, "CPU").assign([RELUS[1]], "CPU_SIM")
    assert sorted(back.spec().placements) == names(RELUS[0], RELUS[2])
    ruled = pending(hetero("type:Relu=CPU")).assign([RELUS[1]], "CPU_SIM")
    assert ruled.spec().placements == {"a/relu_2": "CPU_SIM"}
    assert ruled.assign([RELUS[1]], "CPU").spec() == ruled.running
    assert ruled.assign([RELUS[1]], "CPU").count == 0


def test_constants_follow_and_are_never_placed():
    constant = next(entry.key for entry in SMALL.operations if entry.role == "constant")
    assert pending().assign([constant], "CPU") == pending()
    moved = pending().assign([constant + 1], "CPU")
    assert moved.placed[constant] == "CPU"
    assert moved.count == 1


def test_a_pattern_becomes_a_rule_that_wins_over_earlier_ones():
    made = pending().assign_matching("type:Relu", "CPU").assign_matching("a/relu_2", "CPU_SIM")
    assert [(rule.pattern, rule.device) for rule in made.spec().affinities] == [
        ("type:Relu", "CPU"),
        ("a/relu_2", "CPU_SIM"),
    ]
    assert made.moved == (RELUS[0], RELUS[2])
    again = made.assign_matching("type:Relu", "CPU")
    assert [rule.pattern for rule in again.spec().affinities] == ["a/relu_2", "type:Relu"]
    assert again.moved == RELUS


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda state: state.assign([1], "GPU"), "GPU is not in HETERO:CPU_SIM,CPU"),
        (lambda state: state.assign([999], "CPU"), "no operation '999'"),
        (lambda state: state.assign([-1], "CPU"), "no operation '-1'"),
        (lambda state: state.assign(["nobody"], "CPU"), "no operation 'nobody'"),
        (lambda state: state.assign_matching("type:Softmax", "CPU"), "no operation matches"),
        (lambda state: state.assign_matching("/(/", "CPU"), "no regular expression"),
        (lambda state: state.clear(["nobody"]), "no operation 'nobody'"),
    ],
)
def test_what_cannot_be_is_refused_in_words(edit, words):
    with pytest.raises(UsageError, match=re.escape(words)) as caught:
        edit(pending())
    assert caught.value.hint


def test_a_device_that_does_not_split_takes_no_affinities():
    alone = pending(msgspec.structs.replace(hetero(), device="CPU"))
    assert set(alone.placed) == {"CPU"}
    with pytest.raises(UsageError, match="does not split the model"):
        alone.assign([1], "CPU")


def test_clearing_takes_single_placements_or_everything():
    made = pending(hetero("type:Relu=CPU")).assign([2], "CPU")
    assert made.clear([2]).spec() == made.running
    assert made.clear().spec() == hetero()
    assert made.clear().moved == RELUS
    assert made.clear().undo().spec() == made.spec()


def test_undo_and_redo_walk_through_all_edits():
    first = pending().assign([RELUS[0]], "CPU")
    second = first.assign_matching("type:Convolution", "CPU")
    back = second.undo().undo()
    assert back.spec() == hetero()
    assert back.undo() == back
    assert back.redo().spec() == first.spec()
    assert back.redo().redo().spec() == second.spec()
    assert second.redo() == second
    other = second.undo().assign([RELUS[1]], "CPU")
    assert other.future == ()


def test_an_edit_that_changes_nothing_is_no_step():
    made = pending().assign([RELUS[0]], "CPU")
    assert made.assign([RELUS[0]], "CPU") is made
    assert made.take(made.spec()) is made
    assert pending().revert().past == ()


def test_steps_are_bounded():
    made = pending()
    for number in range(MOST_STEPS + 5):
        made = made.assign([RELUS[0]], ("CPU", "CPU_SIM")[number % 2])
    assert len(made.past) == MOST_STEPS


def test_reverting_is_an_edit_too():
    made = pending().assign(RELUS, "CPU")
    back = made.revert()
    assert (back.spec(), back.count) == (hetero(), 0)
    assert back.undo().spec() == made.spec()


def test_a_suggestion_is_taken_as_one_edit():
    better = hetero("type:Relu=CPU", "a/relu_1=CPU_SIM")
    made = pending(hetero("type:Relu=CPU")).take(better)
    assert made.moved == (RELUS[0],)
    assert made.undo().spec() == hetero("type:Relu=CPU")


def test_what_is_pending_is_counted_against_what_runs_by_then():
    made = pending().assign(RELUS, "CPU")
    assert made.count == 3
    ran = made.ran(made.spec())
    assert (ran.count, ran.changed) == (0, False)
    assert ran.undo().count == 3


def test_the_prediction_is_of_the_edits():
    made = pending().assign(RELUS[:2], "CPU")
    assert len(made.prediction.split.submodels) == 5
    assert len(made.prediction_now.split.submodels) == 1
    assert made.prediction.split.cut_bytes == 4_000_000
    assert made.prediction.compile_s > made.prediction_now.compile_s > 0
    assert {finding.code for finding in made.prediction.findings} >= {"all_placed", "constants", "small_islands"}
    assert made.prediction is made.prediction


def test_fallback_is_predicted_from_what_devices_say():
    made = pending(support=LACKING)
    assert [made.placed[key] for key in RELUS] == ["CPU"] * 3
    assert made.prediction.unplaced == ()
    nowhere = made.described(SMALL, (LACKING[0], DeviceSupport(device="CPU", missing=RELUS)))
    assert nowhere.prediction.unplaced == RELUS


def test_names_are_taken_as_they_are():
    odd = chain(2, ('conv "{}"\n', "relu[/{}]=CPU"))
    made = Affinities(odd, BOTH, hetero(), hetero()).assign(["relu[/1]=CPU", 'conv "1"\n'], "CPU")
    assert made.spec().placements == {'conv "1"\n': "CPU", "relu[/1]=CPU": "CPU"}
    assert made.count == 2
