"""Marks that comparisons and AUTO's hand-over leave, and the seconds that belong to a run."""

import msgspec
from session_kit import OTHER, SPEC, ready

from ovexplorer.schema.facts import ModelFacts
from ovexplorer.schema.protocol import DevicesChanged, EngineDied, LoadMeasured, ModelOpened
from ovexplorer.schema.recorded import Contested, Settled
from ovexplorer.schema.results import Load
from ovexplorer.session.store import Store
from ovexplorer.text import clean


def live() -> Store:
    store = Store()
    store.asked(1, SPEC, "", 1_000, new_run=True)
    store.apply(ready(1))
    return store


def second(at_ns: int) -> LoadMeasured:
    return LoadMeasured(
        load=Load(
            at_ns=at_ns, cores=(), engine_cores=1, other_cores=0, steal=0, involuntary_switches=0, frequency_mhz=0
        )
    )


def contested(number: int = 1) -> Contested:
    return Contested(
        contest=number,
        kind="check",
        metric="latency",
        a_segment=11,
        a=SPEC,
        b_segment=12,
        b=OTHER,
        budget_s=6,
        at_ns=5_000,
    )


def test_turns_leave_a_mark_where_the_run_is_held():
    store = live()
    store.apply(contested())
    assert [(mark.kind, mark.at_ns, mark.number) for mark in store.state.marks] == [("turns", 5_000, 0)]


def opened(path: str, name: str) -> ModelOpened:
    facts = ModelFacts(
        path=path,
        name=clean(name),
        format="IR",
        size_bytes=1,
        sha256="",
        identity="",
        inputs=(),
        outputs=(),
        operations={},
        parameters=0,
        weight_bytes=0,
        flop=0,
    )
    return ModelOpened(facts=facts, at_ns=2)


def test_the_model_of_a_run_stays_while_contestants_of_other_files_and_shapes_are_prepared():
    store = live()
    store.apply(opened(SPEC.model.path, "run"))
    store.apply(contested())
    other = msgspec.structs.replace(OTHER, model=msgspec.structs.replace(OTHER.model, path="/other.xml"))
    store.apply(msgspec.structs.replace(contested(2), a_segment=21, b_segment=22, b=other))
    store.apply(opened(SPEC.model.path, "the same in another shape"))
    store.apply(ready(21))
    # One that is still being prepared when the user ends it is told late.
    store.apply(Settled(contest=2, stopped="user", at_ns=7_000))
    store.apply(opened("/other.xml", "other"))
    assert store.state.model.name == "run"
    store.apply(ready(22))
    # Asked for by the user.
    store.apply(opened("/other.xml", "other"))
    assert store.state.model.name == "other"


def test_a_toggle_or_a_death_ends_the_wait_for_contestants():
    for end in (lambda store: store.asked(2, SPEC, "", 9_000), lambda store: store.apply(died())):
        store = live()
        store.apply(opened(SPEC.model.path, "run"))
        store.apply(contested())
        end(store)
        store.apply(opened(SPEC.model.path, "again"))
        assert store.state.model.name == "again"


def died() -> EngineDied:
    return EngineDied(exit_code=-9, while_doing="idle", expected=False)


def test_without_a_run_there_is_no_axis_to_mark():
    store = Store()
    store.apply(contested())
    assert store.state.marks == ()


def test_what_the_machine_did_during_turns_is_not_held_against_the_run():
    store = live()
    store.apply(second(2_000))
    store.apply(contested())
    store.apply(second(6_000))
    store.apply(Settled(contest=1, stopped="budget", at_ns=7_000))
    store.apply(second(8_000))
    assert [load.at_ns for load in store.state.segments[0].loads] == [2_000, 8_000]


def test_a_hand_over_is_kept_and_marked():
    store = live()
    store.apply(DevicesChanged(segment=1, at_ns=9_000, execution_devices=(clean("GPU"),)))
    assert [event.execution_devices for event in store.state.segments[0].handovers] == [("GPU",)]
    mark = store.state.marks[-1]
    assert (mark.kind, mark.text) == ("handover", "AUTO now on GPU")
