import json
import tomllib
from dataclasses import asdict, replace

import pytest

from lstmtool.cli.main import main
from lstmtool.errors import FileError
from lstmtool.io.trained import read_trained
from lstmtool.names import TRAINABLE
from lstmtool.records.measured import FILE, of_documents
from lstmtool.supervised.stopping import BothSets, WholeRange, Window
from lstmtool.supervised.systems import SYSTEMS, is_trainable

ANBN = ["learn", "anbn", "--limit", "300"]


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    captured = capsys.readouterr()
    return end.value.code or 0, captured.out, captured.err


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def few_tests(monkeypatch):
    """Systems are tested on twenty sequences: on 2560, plain Python takes half a minute."""
    for name, system in SYSTEMS.items():
        stop = system.stop
        if isinstance(stop, BothSets):
            stop = replace(stop, size=20)
        elif isinstance(stop, Window):
            stop = replace(stop, tests=20)
        monkeypatch.setitem(SYSTEMS, name, replace(system, stop=stop))


def test_learn_writes_a_network_that_info_describes(capsys):
    code, out, _ = run(capsys, *ANBN)
    assert code == 0
    assert out.splitlines()[-1] == "trained-anbn.h5"
    assert "38 weights: not solved after 300 sequences" in out
    found = read_trained("trained-anbn.h5")
    assert (found.task, found.rule, found.n_weights) == ("anbn", "lstm", 38)
    assert found.parameters.size == 38
    assert found.history[-1, 0] == 300
    code, out, _ = run(capsys, "info", "trained-anbn.h5")
    assert code == 0
    assert "anbn" in out


def test_the_same_seed_gives_the_same_bytes(capsys, tmp_path):
    for name, seed in (("a", "5"), ("b", "5"), ("c", "6")):
        assert run(capsys, *ANBN, "--seed", seed, "-o", f"{name}.h5")[0] == 0
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    assert (tmp_path / "a.h5").read_bytes() != (tmp_path / "c.h5").read_bytes()


def test_provenance_is_stored_only_when_asked_for(capsys):
    run(capsys, *ANBN, "-o", "a.h5")
    run(capsys, *ANBN, "-o", "b.h5", "--provenance")
    assert read_trained("a.h5").provenance == {}
    assert set(read_trained("b.h5").provenance) == {"host", "time", "seconds"}


def test_training_goes_on_from_a_network_of_the_same_shape(capsys):
    run(capsys, *ANBN, "-o", "a.h5")
    code, out, _ = run(capsys, *ANBN, "--network", "a.h5", "-o", "b.h5", "--json")
    assert code == 0
    assert json.loads(out)["file"] == "b.h5"
    first, second = read_trained("a.h5"), read_trained("b.h5")
    assert second.initial_parameters.tolist() == first.parameters.tolist()
    for other in (["reber"], ["anbn", "--blocks", "2x1"]):
        code, _, err = run(capsys, "learn", *other, "--network", "a.h5")
        assert code == 3
        assert "does not fit" in err
        assert len(err.splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rebr"], "Did you mean 'reber'"),
        (["reber", "--rule", "lstn"], "Did you mean 'lstm'"),
        (["reber", "--system", "anbn"], "not for reber"),
        (["adding", "--system", "order-2"], "adding-100, "),
        (
            ["adding", "--system", "adding-1000-kalmn"],
            "Did you mean 'adding-1000-kalman'",
        ),
        (["reber", "--objective", "bingo"], "No such option"),
        (["reber", "--blocks", "0x1"], "BLOCKSxCELLS"),
        (["anbn", "--rate", "-1"], "rate cannot be"),
        (["adding", "--set", "lenght=30"], "Did you mean 'length'"),
        (["adding", "--set", "length"], "NAME=VALUE"),
        (["adding", "--set", "length=3"], "length"),
        (["tutorial-delay"], "No network for tutorial-delay"),
        (["gts", "--rule", "lstm-bptt"], "endless stream"),
        (["--limit", "3"], "Which task?"),
        (["--list", "parity"], "No network for parity"),
        (["--list", "rebr"], "Did you mean 'reber'"),
        (["reber", "--rule", "elman"], "is not for LSTM networks"),
        (["reber", "--system", "reber-elman-15"], "is not an LSTM network"),
        (["parity", "--system", "parity-guessing-a1"], "is not an LSTM network"),
        (
            ["anbncn", "--system", "anbncn-kalman", "--rule", "lstm"],
            "for the rule kalman, not for lstm",
        ),
        (["anbn", "--system", ""], "There is no system ''"),
        (["anbn", "--rule", ""], "There is no rule ''"),
        (["anbn", "--rule", "kalman", "--rate", "0.1"], "A Kalman filter has no rate"),
    ],
)
def test_what_makes_no_sense_is_refused_in_three_lines(capsys, arguments, said):
    code, _, err = run(capsys, "learn", *arguments)
    assert code == 2
    assert said in err
    assert 1 <= len([line for line in err.splitlines() if "Compiling" not in line]) <= 3


def test_the_list_of_a_task_names_every_system_that_can_be_trained(capsys):
    found = []
    for task in TRAINABLE:
        if any(s.task == task and is_trainable(s) for s in SYSTEMS.values()):
            code, out, _ = run(capsys, "learn", task, "--list", "--json")
            assert code == 0
            found += [system["name"] for system in json.loads(out)]
    assert sorted(found) == sorted(s.name for s in SYSTEMS.values() if is_trainable(s))
    code, out, _ = run(capsys, "learn", "adding", "--list")
    assert code == 0
    assert "adding-1000-kalman" in out
    assert "reber" not in out


def test_the_list_without_a_task_has_every_system_of_the_documents(capsys):
    code, out, _ = run(capsys, "learn", "--list", "--json")
    assert code == 0
    rows = {row["name"]: row for row in json.loads(out)}
    assert list(rows) == [system.name for system in of_documents()]
    # the figure itself is in the data file alone, which a new measurement changes
    groups = tomllib.loads(FILE.read_text(encoding="utf-8"))["group"]
    [row] = [s for group in groups for s in group["system"] if s["name"] == "reber-3x2-0.1"]
    solved, within, _ = row["solved"].partition(" within ")
    assert within
    assert rows["reber-3x2-0.1"]["published"] == row["published"] == "100 % after 21,730"
    assert rows["reber-3x2-0.1"]["here"] == f"{solved} after {row['needed']}"
    code, out, _ = run(capsys, "learn", "--list")
    assert code == 0
    assert "RCC, 7 to 9 units" in out


@pytest.mark.parametrize(
    ("arguments", "instead"),
    [
        (["--task", "adding", "--system", "adding-100"], "learn adding --system adding-100`"),
        (["--seed", "3", "--task=reber"], "learn reber --seed 3`"),
        (["--task"], "learn`"),
    ],
)
def test_train_names_the_command_for_tasks(capsys, arguments, instead):
    code, _, err = run(capsys, "train", *arguments)
    assert code == 2
    assert err.splitlines()[2].strip().startswith("Use `lstmtool learn")
    assert instead in err
    assert len(err.splitlines()) == 3


@pytest.mark.parametrize(
    ("task", "rule", "update"),
    [
        ("reber", "lstm", "sequence"),
        pytest.param("reber", "lstm-bptt", "sequence", marks=pytest.mark.slow),
        ("anbn", "kalman", "step"),
    ],
)
def test_other_rules_update_as_they_can(capsys, few_tests, task, rule, update):
    asked = ["learn", task, "--rule", rule, "--limit", "1", "-o", "a.h5"]
    assert run(capsys, *asked)[0] == 0
    found = read_trained("a.h5")
    assert (found.rule, found.update) == (rule, update)
    code, out, _ = run(capsys, "report", "a.h5", "--no-html")
    assert code == 0
    assert ("39,740" in out) == (rule == "lstm")  # the published figure is of the published way


@pytest.mark.parametrize(
    "name",
    [
        *("anbncn-kalman", "adding-100-kalman", "msd-kalman", "continual-order-kalman"),
        *("continual-order", "gts-no-peepholes", "reber-3x2-0.5-ours"),
    ],
)
def test_every_system_of_lstm_networks_is_trained_as_it_is(capsys, few_tests, name):
    known = SYSTEMS[name]
    asked = ["learn", known.task, "--system", name, "--limit", "1", "-o", "a.h5"]
    assert run(capsys, *asked)[0] == 0
    found = read_trained("a.h5")
    assert (found.rule, found.update, found.options) == (known.rule, known.update, known.options)
    assert found.settings == json.loads(json.dumps(asdict(known.settings)))


def test_what_help_offers_can_be_trained():
    trained = (system for system in SYSTEMS.values() if is_trainable(system))
    assert set(TRAINABLE) == {system.task for system in trained}


def test_weights_beyond_all_numbers_are_no_network(capsys, tmp_path):
    code, _, err = run(capsys, *ANBN, "--rate", "1e300", "-o", "a.h5")
    assert code == 5
    assert "weights overflowed" in err
    assert not (tmp_path / "a.h5").exists()


def test_an_error_leaves_no_network(capsys, tmp_path, monkeypatch):
    class Broken(WholeRange):
        def train(self, rule, task, update, rng, record):
            raise RuntimeError

    monkeypatch.setitem(SYSTEMS, "anbn", replace(SYSTEMS["anbn"], stop=Broken(limit=100)))
    (tmp_path / "a.h5").write_text("mine")
    assert run(capsys, "learn", "anbn", "-o", "a.h5", "--force")[0] == 1
    assert (tmp_path / "a.h5").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_a_file_that_exists_is_not_overwritten_unasked(capsys, tmp_path):
    (tmp_path / "a.h5").write_text("mine")
    assert run(capsys, *ANBN, "-o", "a.h5")[0] == 2
    assert (tmp_path / "a.h5").read_text() == "mine"
    assert run(capsys, *ANBN, "-o", "a.h5", "--force")[0] == 0


def test_reproduce_prints_a_table_and_writes_it(capsys, monkeypatch):
    from lstmtool.supervised import results_table as comparison

    monkeypatch.setitem(comparison.QUICK, "anbn", (2, {"limit": 200}))
    few = ["reproduce", "classic", "--quick", "--systems", "anbn"]
    code, out, _ = run(capsys, *few)
    assert code == 0
    assert "anbn" in out
    assert "38" in out
    assert "not reached" in out
    assert "cascade-correlation" in out
    code, out, _ = run(capsys, *few, "--json", "-o", "b.json", "--seeds", "1")
    document = json.loads(out)
    with open("b.json") as file:
        assert json.load(file)["systems"] == document["systems"]
    (row,) = document["systems"]
    assert (row["weights"], row["published_weights"], row["trials"]) == (38, 38, 1)


def test_a_table_that_was_begun_goes_on(capsys, monkeypatch, tmp_path):
    """The trial that has ended is not run again."""
    from lstmtool.supervised import results_table as comparison
    from lstmtool.supervised import trials

    monkeypatch.setitem(comparison.QUICK, "anbn", (2, {"limit": 200}))
    few = ["reproduce", "classic", "--quick", "--systems", "anbn", "--threads", "1"]
    run_trial, begun = trials.run_trial, []

    def broken(system, seed, number, **options):
        begun.append(number)
        if begun == [0, 1]:
            raise RuntimeError
        return run_trial(system, seed, number, **options)

    monkeypatch.setattr(trials, "run_trial", broken)
    code, _, err = run(capsys, *few)
    assert code == 1
    assert "1 of 2 trials are finished; progress is saved in classic.partial.jsonl" in err
    assert not (tmp_path / "classic.json").exists()
    code, _, err = run(capsys, *few, "--seed", "5", "--resume")
    assert code == 2
    assert "seed: it has 1000, now 5" in err
    assert run(capsys, *few, "--resume")[0] == 0
    assert begun == [0, 1, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["classic.json"]


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (["--seed", "3"], 2, "seed: it has 0, now 3"),
        (["--rate", "0.5"], 2, "settings.rate"),
        (["--rule", "kalman"], 2, "rule: it has "),
    ],
)
def test_a_network_that_was_begun_otherwise_is_not_gone_on_with(capsys, begun, change, code, said):
    found = run(capsys, *ANBN, *change, "--resume", "-o", "a.h5")
    assert (found[0], said in found[2]) == (code, True)


@pytest.fixture
def begun(monkeypatch, tmp_path):
    """Begin to learn, and be interrupted."""
    from lstmtool.io import trained

    def full(*arguments):
        raise FileError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(trained, "write_trained", full)
        with pytest.raises(SystemExit) as end:
            main([*ANBN, "-o", "a.h5"])
    assert end.value.code == 4
    return tmp_path / "a.partial.h5"


def test_a_trial_that_has_ended_is_not_run_again(capsys, begun, monkeypatch):
    from lstmtool.supervised import trials

    with monkeypatch.context() as patch:
        patch.setattr(trials, "run_trial", None)
        assert run(capsys, *ANBN, "--resume")[0] == 0
    whole = read_trained("a.h5")
    assert run(capsys, *ANBN, "-o", "b.h5")[0] == 0
    assert read_trained("b.h5").parameters.tobytes() == whole.parameters.tobytes()


def test_unfinished_runs_of_other_commands_are_none_of_this(capsys, begun):
    code, _, err = run(capsys, "train", "--resume", "-o", "a.h5")
    assert (code, "is an unfinished run of `lstmtool learn`" in err) == (2, True)
    code, _, err = run(capsys, "train", "--resume")
    assert (code, "There is no unfinished run in this folder" in err) == (4, True)
    code, out, _ = run(capsys, "info", "a.partial.h5", "--json")
    assert json.loads(out)["plan"]["command"] == "learn"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["classic", "--systems", "rebber-3x2-0.5"], "Did you mean 'reber-3x2-0.5'"),
        (["classic", "--systems", ""], "There is no system ''"),
        (["classic", "--systems", "anbn,"], "There is no system ''"),
        (["classic", "neo-artificial"], "stands alone"),
        (["classic", "--restarts", "3"], "does not go with classic"),
        (["--systems", "anbn"], "is for classic"),
        (["classic", "--sounds", "shipped"], "--sounds does not go"),
        (["classic", "--provenance"], "--provenance does not go"),
    ],
)
def test_reproduce_refuses_what_makes_no_sense(capsys, arguments, said):
    code, _, err = run(capsys, "reproduce", *arguments)
    assert code == 2
    assert said in err
