"""`lstmtool sweep`; what one run does is tested beside it, and stood in for here."""

import csv
import io
import json
import sys

import h5py
import pytest
from rich.console import Console

from lstmtool.cli.train import command as train
from lstmtool.errors import FileError
from lstmtool.experiments import sweep as sweeps
from lstmtool.io import sweeps as io_sweeps
from lstmtool.io.sequences import write_sequences
from lstmtool.jobs.sweep import _words
from lstmtool.report.sweep.terminal import NOTHING, show
from tests.builders import small_sequences

GRID = """
data = "small.h5"
seeds = [0, 5]
[fixed]
restarts = 2
peepholes = false
[grid]
rate = [0.1, 0.2]
"forget-bias" = ["1:2", "auto"]
"""
RANDOM = """
seeds = 2
[random]
count = 3
rate = {low = 0.001, high = 0.1, log = true}
"""
KEYS = ("objective", "clusters", "outputs", "epochs")


@pytest.fixture
def ran(monkeypatch):
    """Units that were run; the score is the rate, the label's agreement the contrary."""
    units = []

    def run(sequences, unit, threads=1, stop=None):
        units.append(unit)
        rate = unit.settings.stages[-1].rate
        scores = {"score": rate + unit.settings.seed, "ari": -rate, "nmi": -rate}
        if sequences[unit.data].labels is None:
            scores |= {"ari": None, "nmi": None}
        counts = dict.fromkeys(KEYS, 1) | {"diverged": False, "collapsed": False}
        return {"options": unit.options, "seed": unit.settings.seed} | scores | counts

    monkeypatch.setattr(sweeps, "run_unit", run)
    return units


@pytest.fixture
def folder(tmp_path):
    write_sequences(tmp_path / "small.h5", small_sequences(20))
    (tmp_path / "grid.toml").write_text(GRID)
    (tmp_path / "random.toml").write_text(RANDOM)
    return tmp_path


def test_a_sweep_ranks_settings_by_the_label_free_score(lstmtool, ran, folder):
    code, out, err = lstmtool("sweep", "grid.toml")
    assert code == 0, err
    rows = [line.split() for line in out.splitlines()[1:5]]
    assert [row[0] for row in rows] == ["0.2", "0.2", "0.1", "0.1"]
    assert "2.700 (1.450 – 3.950)" in out
    assert "--rate=0.2 --forget-bias=1:2 --seed 5" in out
    assert out.splitlines()[-2:] == ["sweep.h5", "sweep.svg"]
    assert not list(folder.glob("*.partial.jsonl"))
    assert len(ran) == 8
    assert not ran[0].settings.network.peepholes
    assert ran[0].settings.initial.forget_bias == (1.0, 2.0)


def test_the_same_sweep_gives_the_same_bytes(lstmtool, ran, folder):
    for name in ("a", "b"):
        lstmtool("sweep", "grid.toml", "-o", f"{name}.h5", "--threads", 1 + (name == "b"))
    assert (folder / "a.h5").read_bytes() == (folder / "b.h5").read_bytes()
    assert (folder / "a.svg").read_bytes() == (folder / "b.svg").read_bytes()


def test_a_sweep_is_a_file_of_every_kind(lstmtool, ran, folder):
    for ending in ("h5", "csv", "json"):
        assert lstmtool("sweep", "grid.toml", "-o", f"s.{ending}", "--force")[0] == 0
    with h5py.File(folder / "s.h5") as file:
        assert file["score/median"][:].tolist() == pytest.approx([2.6, 2.6, 2.7, 2.7])
        assert file["runs_of/score"].shape == (4, 2)
        assert sorted(file) == [
            "ari", "collapsed", "command", "diverged", "nmi", "options", "runs", "runs_of",
            "score", "seed", "seeds", "setting",
        ]  # fmt: skip
        assert all(sorted(file[name]) == ["median", "q1", "q3"] for name in ("score", "ari", "nmi"))
        assert b"--rate=0.1" in file["command"][0]
        assert file["seeds"][:].tolist() == [0, 5]
        assert file["options/rate"][:].tolist() == [b"0.1", b"0.1", b"0.2", b"0.2"]
    with (folder / "s.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["score_median"]) for row in rows] == pytest.approx([2.6, 2.6, 2.7, 2.7])
    assert rows[0]["forget-bias"] == "1:2"
    document = json.loads((folder / "s.json").read_text())
    assert document["ranked"] == [2, 3, 0, 1]
    assert document["settings"][0]["records"][1]["seed"] == 5
    _, out, _ = lstmtool("info", "s.h5", "--json")
    assert json.loads(out)["plan"]["seeds"] == [0, 5]
    assert lstmtool("sweep", "grid.toml", "-o", "s.txt")[0] == 2
    assert lstmtool("sweep", "grid.toml", "--picture", "s.jpg")[0] == 2
    assert lstmtool("sweep", "grid.toml", "-o", "s.h5")[0] == 2


def test_a_sweep_without_labels_shows_the_score_alone(lstmtool, ran, folder):
    write_sequences(folder / "small.h5", small_sequences(20, labelled=False))
    code, out, _ = lstmtool("sweep", "random.toml", "-o", "r.csv", "--picture", "drawn.svg")
    assert code == 0
    assert "ARI" not in out
    assert (folder / "drawn.svg").exists()
    assert "ari_median" in (folder / "r.csv").read_text().splitlines()[0]


def test_json_is_one_document(lstmtool, ran, folder):
    _, out, _ = lstmtool("sweep", "grid.toml", "--json")
    document = json.loads(out)
    assert (document["file"], document["picture"]) == ("sweep.h5", "sweep.svg")


def test_the_plan_is_the_commands(lstmtool, ran, folder):
    code, out, _ = lstmtool("sweep", "grid.toml", "--print-plan")
    assert code == 0
    assert len(out.splitlines()) == 8
    assert out.splitlines()[0] == (
        "lstmtool train small.h5 --restarts=2 --no-peepholes --rate=0.1 --forget-bias=1:2 --seed 0"
    )
    assert not ran
    assert [path.name for path in folder.glob("sweep*")] == []


def test_what_is_finished_is_not_run_again(lstmtool, ran, folder, monkeypatch):
    whole = sweeps.run_unit

    def cut(sequences, unit, threads=1, stop=None):
        if len(ran) == 3:
            raise MemoryError
        return whole(sequences, unit, threads, stop)

    with monkeypatch.context() as patch:
        patch.setattr(sweeps, "run_unit", cut)
        code, _, err = lstmtool("sweep", "grid.toml", "--threads", 1)
    assert code == 4
    assert "3 of 8 runs are finished; progress is saved in sweep.partial.jsonl" in err
    assert not (folder / "sweep.h5").exists()
    code, _, err = lstmtool("sweep", "grid.toml", "--threads", 1, "--resume")
    assert code == 0, err
    assert "3 of 8 runs are finished" in err
    assert len(ran) == 8
    lstmtool("sweep", "grid.toml", "-o", "again.h5")
    assert (folder / "again.h5").read_bytes() == (folder / "sweep.h5").read_bytes()


def test_another_sweep_takes_another_name_and_spoils_nothing(lstmtool, ran, folder):
    (folder / "sweep.partial.jsonl").write_text('{"kind": "lstmtool-partial-study", "plan": 1}\n')
    code, out, _ = lstmtool("sweep", "grid.toml")
    assert (code, out.splitlines()[-2:]) == (0, ["sweep-2.h5", "sweep-2.svg"])
    assert (folder / "sweep.partial.jsonl").exists()
    for said, flags in (("an unfinished run", ()), ("other settings", ("--resume",))):
        code, _, err = lstmtool("sweep", "grid.toml", "-o", "sweep.h5", *flags)
        assert code == 2
        assert said in err


def test_a_search_tries_so_many_and_goes_on(lstmtool, ran, folder):
    pytest.importorskip("optuna")
    code, _, _ = lstmtool("sweep", "random.toml", "--optuna", 4)
    assert code == 0
    tried = [unit.settings.stages[-1].rate for unit in ran]
    assert len(tried) == 8
    assert lstmtool("sweep", "random.toml", "--optuna", 4, "-o", "again.h5")[0] == 0
    assert (folder / "again.h5").read_bytes() == (folder / "sweep.h5").read_bytes()
    assert lstmtool("sweep", "grid.toml", "--optuna", 4)[0] == 2
    assert lstmtool("sweep", "random.toml", "--optuna", 4, "--print-plan")[0] == 2


def test_a_search_without_optuna_is_refused(lstmtool, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    code, _, err = lstmtool("sweep", "random.toml", "--optuna", 4)
    assert (code, len(err.splitlines())) == (2, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[grid]\nrates = [1]", "Did you mean 'rate'?"),
        ("[grid]\nseed = [1]", "the seeds are listed"),
        ("[grid]\nthreads = [1]", "is not an option"),
        ("[grid]\nrate = ['fast']", "not a valid float"),
        ("[grid]\nobjective = ['bingoo']", "Did you mean 'bingo'?"),
        ("[grid]\nrate = [-1]", "--rate"),
        ("[grid]\noutputs = [9]", "9 outputs"),
        ("[grid]\noutputs = ['auto']\nobjective = ['neo']", "binary"),
        ("[grid]\ndata = ['none.h5']", "none.h5"),
        ("[grid", "not TOML"),
    ],
)
def test_what_cannot_be_run_is_said_before_anything_runs(lstmtool, ran, folder, text, said):
    (folder / "bad.toml").write_text(text)
    code, _, err = lstmtool("sweep", "bad.toml")
    assert code in (2, 3, 4)
    assert said in err
    assert not ran
    assert not list(folder.glob("sweep*"))


def test_options_of_every_kind_are_told_to_train(lstmtool, ran, folder):
    (folder / "other.toml").write_text("seed = 3\n[initial]\ntrials = 2\n")
    write_sequences(folder / "two.h5", small_sequences(20, n_inputs=2))
    (folder / "kinds.toml").write_text(
        'seeds = 1\n[fixed]\nconfig = "other.toml"\nunequal = false\nsquare = true\n'
        '[grid]\ndata = ["small.h5", "two.h5"]\nobjective = ["bingo"]\noutputs = ["auto", 1]\n'
    )
    code, out, err = lstmtool("sweep", "kinds.toml", "--print-plan")
    assert code == 0, err
    assert "train two.h5 --config=other.toml --square --objective=bingo --outputs=1" in out
    code, out, err = lstmtool("sweep", "kinds.toml", "--threads", 8)
    assert code == 0, err
    assert "comparable only within the same" in out
    assert [unit.grow_outputs for unit in ran].count(True) == 2
    assert {unit.settings.initial.trials for unit in ran} == {2}


def test_an_option_that_may_be_repeated_takes_a_list(tmp_path):
    assert _words(train, "value", ("a", "b"), tmp_path) == ["--value=a", "--value=b"]
    assert _words(train, "selection", ("none", "crop"), tmp_path) == ["--selection=none,crop"]
    assert _words(train, "unequal", False, tmp_path) == []


def test_units_go_to_a_cluster(lstmtool, folder, monkeypatch):
    """The same record comes back from there; that workers run them is tested with restarts."""
    from contextlib import contextmanager

    from lstmtool.jobs import sweep as sweeping

    class Executor:
        def map(self, work, shared, items, *, stop, ended, tell):
            for place, unit in enumerate(items):
                ended(place, work(shared, unit, stop, tell))

    @contextmanager
    def cluster_at(address):
        yield Executor() if address == "tcp://there:1" else None

    monkeypatch.setattr(sweeping, "cluster_at", cluster_at)
    short = 'data = "small.h5"\nseeds = 1\n[fixed]\nstages = "bingo"\nepochs = 2\ntrials = 1\n'
    (folder / "short.toml").write_text(short + "restarts = 2\n[grid]\nrate = [0.01, 0.02]\n")
    assert lstmtool("sweep", "short.toml", "--cluster", "tcp://there:1")[0] == 0
    assert lstmtool("sweep", "short.toml", "-o", "here.h5")[0] == 0
    assert (folder / "here.h5").read_bytes() == (folder / "sweep.h5").read_bytes()


def test_settings_that_diverged_have_no_numbers(lstmtool, ran, folder, monkeypatch):
    run_unit = sweeps.run_unit

    def run(sequences, unit, threads=1, stop=None):
        record = run_unit(sequences, unit)
        lost = unit.settings.stages[-1].rate == 0.1
        return record | (
            dict.fromkeys((*sweeps.SCORES, *KEYS)) | {"diverged": True} if lost else {}
        )

    monkeypatch.setattr(sweeps, "run_unit", run)
    code, out, err = lstmtool("sweep", "grid.toml", "--json")
    assert code == 0, err
    document = json.loads(out)
    assert [document["settings"][n]["options"]["rate"] for n in document["ranked"][2:]] == [0.1] * 2
    screen = Console(file=io.StringIO(), force_terminal=True, width=90)
    show(document, screen)
    assert screen.width == 90
    last = screen.file.getvalue().splitlines()[4].split()
    assert last.count(NOTHING) == 3
    assert (folder / "sweep.svg").exists()


def test_a_table_that_could_not_be_written_is_made_of_what_is_kept(
    lstmtool, ran, folder, monkeypatch
):
    def full(*arguments):
        raise FileError("Cannot write.", "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(io_sweeps, "write_sweep", full)
        code, _, err = lstmtool("sweep", "grid.toml")
    assert (code, "Then `lstmtool sweep grid.toml --resume -o sweep.h5`" in err) == (4, True)
    assert len(ran) == 8
    (folder / "sweep.svg").unlink()
    assert lstmtool("sweep", "grid.toml", "--resume")[0] == 0
    assert len(ran) == 8
    assert not list(folder.glob("*.partial.jsonl"))
