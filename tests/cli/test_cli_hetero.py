"""`ovexplorer hetero`: what it asks for, what it says before compiling, its tables and the files it keeps."""

import io
import json
from dataclasses import replace

import msgspec
import pytest

from ovexplorer.analysis.paired import PairEstimate
from ovexplorer.analysis.split.model import RuleFinding
from ovexplorer.cli.console import Console
from ovexplorer.cli.hetero import Asked, Work, asked_of, refuse_failed, report, with_device
from ovexplorer.cli.hetero_before import say_before
from ovexplorer.cli.hetero_files import Keep
from ovexplorer.cli.hetero_improve import print_improved, told_line
from ovexplorer.cli.hetero_tables import cuts_table, print_split, submodels_table, suggestions_table
from ovexplorer.cli.parser import parse
from ovexplorer.errors import EngineDiedError, EngineError, InterruptedRunError, ModelError, UsageError
from ovexplorer.schema.protocol import EngineDied, Failed, Profile
from ovexplorer.schema.spec import AffinityRule
from ovexplorer.schema.topology import DumpFile
from ovexplorer.session.state import RunState
from ovexplorer.text import clean
from ovexplorer.tuning.attempts import Attempt, Candidate, Distance, Improved
from tests.tuning.split_kit import HOSTILE, PICTURE, PLACED, SPEC, SPLIT, SUGGESTION, TOPOLOGY, empty, found


def asked(*words) -> Asked:
    return asked_of(parse(["hetero", "demo:relu", *words]))


def console():
    out, err = io.StringIO(), io.StringIO()
    return Console(out, err), out, err


# What it asks for


def test_stand_ins_alone_make_the_device_list():
    assert asked("--stand-in", "CPU_SIM").spec.device == "HETERO:CPU_SIM,CPU"
    assert asked("--stand-in", "CPU_A", "--stand-in", "CPU_B").spec.device == "HETERO:CPU_A,CPU_B,CPU"
    assert asked("--stand-in", "SIM:no=Relu").spec.device == "HETERO:CPU_SIM,CPU"
    given = asked("-d", "HETERO:CPU,CPU_SIM", "--stand-in", "CPU_SIM")
    assert given.spec.device == "HETERO:CPU,CPU_SIM"


def test_properties_of_a_device_in_a_made_list_are_taken():
    spec = asked("--stand-in", "CPU_SIM", "--prop", "CPU:INFERENCE_NUM_THREADS=1").spec
    assert spec.device_properties == {"CPU": {"INFERENCE_NUM_THREADS": "1"}}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "none are named"),
        (("-d", "CPU"), "does not split"),
        (("-d", "AUTO:GPU,CPU"), "does not split"),
        (("-d", "HETERO"), "does not split"),
        (("-d", "HETERO:CPU"), "one device"),
        (("-d", "HETERO:GPU,CPU", "--budget", "5"), "--improve"),
        (("-d", "HETERO:GPU,CPU", "--improve", "--budget", "x"), "not a number"),
    ],
)
def test_what_cannot_be_split_is_refused_with_what_to_do(words, says):
    with pytest.raises(UsageError, match=says) as caught:
        asked(*words)
    assert caught.value.hint


def test_how_long_layers_are_counted():
    assert asked("--stand-in", "CPU_SIM").counted == Profile()
    assert asked("--stand-in", "CPU_SIM", "-niter", "3").counted.iterations == 3
    assert asked("--stand-in", "CPU_SIM", "-t", "4").counted.seconds == 4


def test_a_line_with_a_device_stays_as_it_is():
    line = parse(["hetero", "demo:relu", "-d", "HETERO:A,B"])
    assert with_device(line) is line


def test_the_time_for_improving():
    assert asked("--stand-in", "CPU_SIM").improve_s is None
    assert asked("--stand-in", "CPU_SIM", "--improve").improve_s == 60
    assert asked("--stand-in", "CPU_SIM", "--improve", "--budget", "5").improve_s == 5


# What is said before compiling


def test_a_large_split_is_told_with_its_time():
    shown, _, err = console()
    many = msgspec.structs.replace(SPLIT, submodels=SPLIT.submodels * 540)
    say_before(shown, found(predicted=many))
    assert "1,620 submodels" in err.getvalue()
    assert "Ctrl-C ends it" in err.getvalue()


def test_rules_that_do_not_hold_are_told():
    shown, _, err = console()
    say_before(shown, found())
    assert "1 submodel holds a single operation; move it" in err.getvalue()
    assert "3 submodels and 2 cuts predicted" in err.getvalue()


def test_an_operation_without_a_device_is_refused_before_compiling():
    shown, _, _ = console()
    bad = RuleFinding(code="all_placed", state="bad", text=clean("1 operation has no device"), fix=clean("add CPU"))
    with pytest.raises(UsageError, match="no device"):
        say_before(shown, found(findings=(bad,)))


def test_dynamic_sizes_and_pretences_that_openvino_does_not_know_are_told():
    shown, _, err = console()
    cuts = tuple(msgspec.structs.replace(cut, size_bytes=0) for cut in SPLIT.cuts)
    dynamic = msgspec.structs.replace(SPLIT, cuts=cuts)
    spec = msgspec.structs.replace(SPEC, splitter="openvino")
    say_before(shown, found(predicted=dynamic, spec=spec))
    assert "2 cuts predicted, of dynamic size" in err.getvalue()
    assert "does not know what stand-ins pretend" in err.getvalue()
    assert "2 cuts, dynamic size in one inference" in cuts_table(TOPOLOGY, dynamic).title


def test_a_rule_that_names_nothing_is_told():
    shown, _, err = console()
    rules = (AffinityRule(pattern="/nosuch/", device="CPU"), AffinityRule(pattern="type:Relu", device="CPU"))
    say_before(shown, found(spec=msgspec.structs.replace(SPEC, affinities=rules)))
    assert "the rule /nosuch/ names no operation of chain" in err.getvalue()
    assert "type:Relu" not in err.getvalue()


def test_affinities_of_another_model_are_refused_before_compiling():
    shown, _, _ = console()
    spec = msgspec.structs.replace(SPEC, placements={"elsewhere": "CPU"})
    with pytest.raises(UsageError, match="another model"):
        say_before(shown, found(spec=spec))


# Tables


def printed(made, **more):
    shown, out, _ = console()
    print_split(shown, made, "chain · HETERO:CPU_SIM,CPU", **more)
    return out.getvalue()


def test_everything_is_shown_and_nothing_raw():
    text = printed(found())
    assert "\x1b" not in text
    for part in (
        "stand-in: the CPU plugin again; pretends to lack Relu; takes 2 of 3 operations",
        "3 submodels: 2 on CPU_SIM, 1 on CPU",
        "2 cuts, 1.60 kB in one inference",
        "CPU alone",
        "600 µs slower (40.0 %)",
        "host copies",
        "not measured: it does not run Relu",
        "-api async -nireq 2",
        "1 submodel holds a single operation",
        "move relu from CPU to CPU_SIM",
    ):
        assert part in text, part


def test_submodels_run_one_after_another():
    table = submodels_table(TOPOLOGY, SPLIT, 1_500_000)
    assert [row[0] for row in table.rows] == ["0", "1", "2"]
    # A Parameter or Result is no operation that takes time.
    assert [row[2:4] for row in table.rows] == [("1", "conv1"), ("1", clean(HOSTILE)), ("1", "conv2")]
    assert [row[7] for row in table.rows] == ["0", "0.500", "0.700"]
    bars = [row[8] for row in table.rows]
    assert [bar.count("█") for bar in bars] == [8, 3, 8]
    assert [len(bar) for bar in bars] == [8, 11, 19]


def test_without_times_there_are_no_bars():
    table = submodels_table(TOPOLOGY, SPLIT)
    assert len(table.columns) == 4


def test_rows_that_are_left_out_are_told():
    table = submodels_table(TOPOLOGY, SPLIT, most=1)
    assert len(table.rows) == 1
    assert "2 more, --all lists them" in table.title


def test_cuts_are_sorted_by_cost():
    table = cuts_table(TOPOLOGY, SPLIT, 1_500_000)
    assert [row[0] for row in table.rows] == ["0→1", "1→2"]
    assert table.rows[0][-1] == "0.100"
    assert table.rows[0][2] == clean(HOSTILE)
    assert "Reorders for them 150 µs (10.0 %)" in table.title


def test_suggestions_say_what_they_should_save():
    table = suggestions_table((SUGGESTION,), 1_500_000)
    assert table.rows[0][2:6] == ("−0.300", "−20 %", "3 → 1", "2 → 0")
    assert "no suggestion" in suggestions_table((), 1).title


def test_what_was_only_predicted_is_shown_too():
    text = printed(found(picture=None, profile=None, suggestions=()))
    assert "3 submodels" in text
    assert "where the time goes" not in text
    assert printed(empty()) == ""


# Improving, told


def improved(**more):
    candidate = Candidate(clean("move relu"), SPEC, 300_000, PLACED, 1)
    said = PairEstimate(8, 1.25, 1.2, 1.3)
    made = Improved(
        SPEC,
        msgspec.structs.replace(SPEC, placements={"x": "CPU"}),
        PLACED,
        attempts=(
            Attempt(1, candidate, said, before_ns=1_500_000, kept=True),
            Attempt(2, candidate, PairEstimate(8, 0.8, 0.7, 0.9), before_ns=1_500_000),
            Attempt(3, candidate, None, why=clean("it cannot be compiled")),
        ),
        total=Distance(clean("the first split"), said, 1_500_000, 1_200_000),
        alone=Distance(clean("CPU alone"), PairEstimate(8, 0.9, 0.8, 0.95), 1_080_000, 1_200_000),
        ended="budget",
        seconds=31.0,
    )
    return replace(made, **more)


def test_each_attempt_is_a_line():
    kept, slower, failed = map(told_line, improved().attempts)
    assert kept == "1. move relu: expected −0.300 ms, measured −0.300 ms (−20 %, −23 % … −17 %), kept"
    assert slower.endswith("slower: reverted")
    assert failed.endswith("not measured: it cannot be compiled")


def test_what_it_came_to():
    shown, out, _ = console()
    print_improved(shown, improved())
    text = out.getvalue()
    for part in ("1 of 3 tried in 31 s", "the time is used up", "1.50 ms → 1.20 ms", "against CPU alone"):
        assert part in text, part


def test_when_nothing_helped():
    shown, out, _ = console()
    print_improved(shown, improved(best=SPEC, attempts=(), total=None, alone=None, ended="nothing_left"))
    assert "the split as it was" in out.getvalue()


def test_what_is_too_slow_is_told_with_the_budget_that_it_takes():
    shown, out, _ = console()
    print_improved(shown, improved(best=SPEC, attempts=(), total=None, alone=None, pair_s=176.0))
    assert "one comparison takes about 176 s: --budget 352" in out.getvalue()


# Files


def test_dumps_are_copied_under_their_last_name(tmp_path):
    dumps = [
        DumpFile(name=clean("../../evil/hetero_subgraphs_m.dot"), kind="submodels", path="", size_bytes=3, text="abc"),
    ]
    written, problem = Keep(tmp_path / "new").write_dumps(dumps)
    assert problem == ""
    assert written == [str(tmp_path / "new" / "hetero_subgraphs_m.dot")]
    assert (tmp_path / "new" / "hetero_subgraphs_m.dot").read_text() == "abc"


def test_a_folder_that_cannot_be_written_is_told_and_the_run_goes_on(tmp_path):
    (tmp_path / "file").write_text("")
    entry = DumpFile(name=clean("a.dot"), kind="submodels", path="", size_bytes=1, text="a")
    written, problem = Keep(tmp_path / "file").write_dumps([entry])
    assert written == []
    assert "dumps could not be kept" in problem
    gone = DumpFile(name=clean("a.dot"), kind="submodels", path=str(tmp_path / "gone.dot"), size_bytes=1)
    assert "dumps could not be kept" in Keep(tmp_path / "ok").write_dumps([gone])[1]
    assert Keep(tmp_path / "ok").write_dumps([])[1] == "there are no dumps to keep"
    assert Keep().write_dumps([entry]) == ([], "")


def test_an_affinity_file_is_never_written_over(tmp_path):
    there = tmp_path / "split.py"
    there.write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        asked("--stand-in", "CPU_SIM", "--write-affinity", str(tmp_path / "split.json"))
    with pytest.raises(UsageError, match="no folder"):
        asked("--stand-in", "CPU_SIM", "--write-affinity", str(tmp_path / "no" / "split.json"))
    assert there.read_text() == "mine"


def test_the_best_split_is_written_with_its_program(tmp_path):
    keep = Keep(affinity=tmp_path / "split.json")
    better = improved(placed=("CPU",) * 6)
    assert keep.write_affinity(found(), better) == [str(tmp_path / "split.json"), str(tmp_path / "split.py")]
    assert set(json.loads((tmp_path / "split.json").read_text()).values()) == {"CPU"}
    compile((tmp_path / "split.py").read_text(), "split.py", "exec")
    assert keep.write_affinity(empty(), None) == []


# Reports


def reported(work, *words, interrupted=False):
    shown, out, err = console()
    report(asked("--stand-in", "CPU_SIM", *words), work, shown, interrupted=interrupted)
    return out.getvalue(), err.getvalue()


def test_json_is_the_document(tmp_path):
    work = Work(found=found(), improved=improved(), dumps=["d/a.dot"])
    out, err = reported(work, "--json", "--write-affinity", str(tmp_path / "s.json"), interrupted=True)
    document = json.loads(out)
    assert document["schema"] == "ovexplorer.hetero/1"
    assert document["interrupted"]
    assert document["dumps"] == ["d/a.dot"]
    assert document["written"] == [str(tmp_path / "s.json"), str(tmp_path / "s.py")]
    assert document["improve"]["kept"] == 1
    assert "written: d/a.dot" in err


def test_json_without_improving_has_none():
    assert json.loads(reported(Work(found=found()), "--json")[0])["improve"] is None


# Troubles


def failure(kind="compile_failed"):
    return Failed(segment=1, phase="compile", kind=kind, what=clean("no"), hint="", continues=0)


@pytest.mark.parametrize(
    ("work", "state", "interrupted", "kind"),
    [
        (Work(), RunState(), True, InterruptedRunError),
        (Work(), RunState(), False, EngineError),
        (Work(found=empty()), RunState(), True, InterruptedRunError),
        (Work(found=found(picture=None, failed=failure())), RunState(), False, ModelError),
        (Work(found=found(picture=None)), RunState(), False, EngineError),
        (
            Work(found=found(picture=None)),
            RunState(died=EngineDied(exit_code=-9, while_doing="compile", expected=False)),
            False,
            EngineDiedError,
        ),
    ],
)
def test_what_failed_is_an_error(work, state, interrupted, kind):
    with pytest.raises(kind):
        refuse_failed(work, state, interrupted=interrupted)


def test_what_was_known_before_an_interrupt_is_reported():
    refuse_failed(Work(found=found(picture=None)), RunState(), interrupted=True)
    refuse_failed(Work(found=found()), RunState(), interrupted=False)


def test_a_measured_split_outlives_its_engine():
    died = RunState(died=EngineDied(exit_code=-9, while_doing="run", expected=False))
    refuse_failed(Work(found=found()), died, interrupted=False)
    assert PICTURE.main.gap_ns == 300_000
