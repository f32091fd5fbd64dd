import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lstmtool.clustering.assess import assess
from lstmtool.io.clusters import read_clusters
from lstmtool.io.runs import read_run, write_run
from lstmtool.io.sequences import write_sequences
from lstmtool.records.run import Ensemble
from tests.builders import assert_same, small_run, small_sequences

QUICK = ("--recipe", "stationary", "--stages", "bingo", "--epochs", "5", "--trials", "1")
QUICK = (*QUICK, "--threads", "1")


@pytest.fixture
def data(tmp_path):
    write_sequences(tmp_path / "data.h5", small_sequences(24))
    return "data.h5"


def two_answers(n=12):
    """A run whose restarts found two splits: three of them groups, two halves."""
    run = small_run(n=n)
    groups, halves = np.arange(n) % 2, np.arange(n) // (n // 2)
    nets = [np.stack([8.0 * g - 4.0, np.full(n, -4.0)], 1) for g in [groups] * 3 + [halves] * 2]
    ensemble = Ensemble(
        parameters=np.tile(run.parameters, (5, 1)),
        net_inputs=np.array(nets, dtype=np.float32),
        scores=np.array([0.5, 0.25, 0.75, 1.0, 0.5]),
        restarts=np.array([0, 1, 3, 4, 6]),
    )
    columns = {name: np.resize(values, 7) for name, values in run.restarts.items()}
    settings = run.settings.model_copy(update={"consensus": True, "restarts": 7})
    return replace(run, ensemble=ensemble, restarts=columns, settings=settings)


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_from_training_to_the_same_clusters(lstmtool, data, objective):
    stages = ("--stages", "consistency,neo") if objective == "neo" else QUICK[:2]
    options = (*stages, *QUICK[2:], "--restarts", "4", "--consensus", "-o", "run.h5")
    code, out, _ = lstmtool("train", data, *options)
    assert code == 0 and out.splitlines()[-1] == "run.h5"
    run = read_run("run.h5")
    assert run.settings.consensus and run.settings.clusters is None
    assert run.ensemble.restarts.tolist() == [0, 1, 2, 3]
    assert_same(run.ensemble.parameters[run.chosen], run.parameters)
    for k in range(2):
        code, out, _ = lstmtool("report", "run.h5", "--json", "--alternative", k)
        told = json.loads(out)
        assert told["consensus"]["shown"] == k
        code, out, _ = lstmtool("assign", "run.h5", data, "--json", "--alternative", k)
        found = json.loads(out)
        assert found["clusters"] == told["clusters"]
        assert found["alternative"] == k
        assert found["cluster_names"] == told["cluster_names"]
    assert found["confidence"] == pytest.approx(told["consensus"]["alternatives"][0]["confidence"])
    code, out, _ = lstmtool("assign", "run.h5", data, "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    names = told["cluster_names"]
    assert [row["cluster"] for row in rows] == [names[str(c)] for c in told["clusters"]]


def test_the_run_is_the_same_but_for_the_consensus(lstmtool, data):
    lstmtool("train", data, *QUICK, "--restarts", "3", "-o", "plain.h5")
    lstmtool("train", data, *QUICK, "--restarts", "3", "--consensus", "-o", "run.h5")
    plain, run = read_run("plain.h5"), read_run("run.h5")
    assert plain.ensemble is None and assess(plain).consensus is None
    same = replace(run, ensemble=None, settings=plain.settings, cross_check=plain.cross_check)
    assert_same(same, plain)
    assert assess(run, 0).clusters.tolist() == assess(plain).clusters.tolist()


def test_the_number_of_threads_does_not_matter(lstmtool, data):
    for threads in ("1", "2"):
        options = (*QUICK[:-1], threads, "--restarts", "3", "--clusters", "3")
        lstmtool("train", data, *options, "-o", f"run-{threads}.h5")
    assert Path("run-1.h5").read_bytes() == Path("run-2.h5").read_bytes()


@pytest.mark.parametrize(
    ("recipe", "clusters", "outputs", "wanted"),
    [
        ("stationary", 2, None, 1),
        ("stationary", 3, None, 2),
        ("stationary", 4, None, 2),
        ("stationary", 5, 4, 4),
        ("shapes", 2, None, 3),  # halves are not all that a consensus can find
        ("shapes", 9, None, 4),
        ("shapes", 2, 1, 1),
    ],
)
def test_a_number_of_clusters_sets_the_outputs(lstmtool, data, recipe, clusters, outputs, wanted):
    given = () if outputs is None else ("--outputs", outputs)
    given = ("--recipe", recipe, *given)
    _, out, _ = lstmtool("train", data, "--print-config", "--clusters", clusters, *given)
    assert f"outputs = {wanted}\n" in out
    assert "consensus = true\n" in out and f"clusters = {clusters}\n" in out


def test_a_number_of_clusters_of_a_file(lstmtool, data):
    Path("a.toml").write_text("clusters = 6\n")
    _, out, _ = lstmtool("train", data, "--print-config", "--config", "a.toml")
    assert "outputs = 3\n" in out and "consensus = true\n" in out
    Path("a.toml").write_text("clusters = 6\n[network]\noutputs = 2\n")
    code, _, err = lstmtool("train", data, "--print-config", "--config", "a.toml")
    assert code and "6 clusters need 3 outputs." in err and "2 outputs make 4 codes" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--clusters", 5, "--outputs", 2), "5 clusters need 3 outputs."),
        (("--clusters", 3, "--outputs", 1), "1 output makes 2 codes"),
        (("--clusters", 3, "--outputs", "auto"), "1 output makes 2 codes"),
        (("--clusters", 1), "--clusters: this must be at least 2"),
        (("--clusters", 25), "25 clusters are too many for 24 sequences."),
        (("--clusters", 25, "--objective", "neo"), "25 clusters are too many for 24 sequences."),
        (("--clusters", 3, "--no-consensus"), "clusters are those of the consensus"),
        (("--consensus", "--restarts", 1), "a consensus needs at least two restarts"),
    ],
)
def test_what_cannot_be_is_refused(lstmtool, data, options, message):
    code, out, err = lstmtool("train", data, *options)
    assert code and message in err and not out
    assert len(err.splitlines()) <= 4
    assert not Path("run.h5").exists()


def test_the_report_names_the_answer_and_the_others(lstmtool):
    write_run("run.h5", two_answers())
    _, out, _ = lstmtool("report", "run.h5")
    text = " ".join(out.split())
    assert "groups of them found 2 different answers" in text
    assert (
        "Shown is answer 1, the consensus of 3 of 5 restarts that ended well, of which on" in text
    )
    assert "100% agree on a sequence's cluster. To see another: lstmtool report --altern" in text
    rows = [line.split() for line in out.splitlines() if line[:1] in ("1", "2")]
    assert [row[:4] for row in rows] == [["1", "3", "0.50", "100%"], ["2", "2", "0.75", "100%"]]
    page = Path("run.html").read_text()
    assert "<h2>Consensus</h2>" in page and "answer 1, the consensus of 3 of 5 restarts" in page


def test_another_answer_can_be_shown_and_exported(lstmtool):
    write_run("run.h5", two_answers())
    wanted = {1: np.arange(12) % 2, 2: np.arange(12) // 6}
    for k in (1, 2):
        _, out, _ = lstmtool("report", "run.h5", "--alternative", k, "--export", f"{k}.h5")
        found = read_clusters(f"{k}.h5")
        assert found.clusters.tolist() == wanted[k].tolist()
        assert found.codes is None and (found.confidence == 1.0).all()
        assert found.scores["consensus"]["shown"] == k
        assert [len(a["restarts"]) for a in found.scores["consensus"]["alternatives"]] == [3, 2]
        assert f"Shown is answer {k}," in out
    _, out, _ = lstmtool("report", "run.h5", "--alternative", 0, "--export", "0.h5")
    assert read_clusters("0.h5").codes is not None and "Shown are the clusters of restart 2" in out


def test_answers_that_are_not_there_are_refused(lstmtool, data):
    write_run("run.h5", small_run())
    write_run("two.h5", two_answers())
    for name, k, fix in [("run", 1, "--consensus"), ("two", 3, "from 0, the chosen restart alone")]:
        code, _, err = lstmtool("report", f"{name}.h5", "--alternative", k)
        assert code and f"There is no alternative {k}." in err and fix in err
    lstmtool("train", data, *QUICK, "--restarts", "2", "-o", "plain.h5")
    code, _, err = lstmtool("assign", "plain.h5", data, "--alternative", 1)
    assert code and "There is no alternative 1." in err
    assert "alternative" not in json.loads(lstmtool("assign", "plain.h5", data, "--json")[1])


def test_fewer_clusters_than_were_asked_for(lstmtool):
    run = two_answers()
    settings = run.settings.model_copy(update={"clusters": 4})
    write_run("run.h5", replace(run, settings=settings))
    _, out, _ = lstmtool("report", "run.h5", "--no-html")
    assert "4 clusters were asked for; these restarts tell 2 apart." in " ".join(out.split())


def test_info_counts_the_restarts(lstmtool):
    write_run("run.h5", two_answers())
    _, out, _ = lstmtool("info", "run.h5", "--json")
    assert json.loads(out)["consensus_of"] == 5
