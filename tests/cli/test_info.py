import json

import numpy as np
import pytest
from click.testing import CliRunner

from lstmtool.cli.info import command
from lstmtool.errors import DataError, FileError
from lstmtool.io.clusters import write_clusters
from lstmtool.io.runs import write_run
from lstmtool.io.sequences import fingerprint, write_sequences
from lstmtool.io.studies import write_study
from tests.builders import small_run, small_sequences
from tests.io.test_studies import study


def info(*arguments):
    result = CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def lines(path):
    return dict(line.split(maxsplit=1) for line in info(path).splitlines())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.h5"


def test_sequences_are_described(path):
    data = small_sequences(n_inputs=2)
    write_sequences(path, data)
    table = lines(path)
    assert table["kind"] == "lstmtool-sequences"
    assert table["sequences"] == "12"
    assert table["steps"] == str(len(data.values))
    assert table["inputs"] == "2"
    assert table["labels"] == "low: 4; high: 4; wide: 4"
    assert json.loads(info(path, "--json"))["sha256"] == fingerprint(data)


def test_a_run_is_described(path):
    run = small_run("neo")
    write_run(path, run)
    table, document = lines(path), json.loads(info(path, "--json"))
    assert table["objective"] == "neo"
    assert table["stages"] == "neo (invariant), 5 epochs, momentum"
    assert "stages.0.epochs: 5; restarts: 3; seed: 7" in table["changed"]
    assert document["settings"] == run.settings.model_dump(mode="json")
    assert document["source"] == run.source


def test_clusters_are_described(path):
    parts = {"outputs": np.zeros((4, 2)), "clusters": np.array([0, 1, 1, 3])}
    write_clusters(path, **parts, scores={"ari": 0.25, "nmi": None})
    assert lines(path)["clusters"] == "3"
    assert lines(path)["scores"] == "ari: 0.25"
    assert json.loads(info(path, "--json"))["scores"] == {"ari": 0.25, "nmi": None}


def test_data_without_labels_says_nothing_of_labels(path):
    write_sequences(path, small_sequences(labelled=False))
    assert "labels" not in lines(path)


def test_groups_of_one_name_are_counted_together(path):
    from lstmtool.sequences import from_arrays

    data = from_arrays([[1], [2], [3]], labels=np.array([0, 1, 2]), label_names=("a", "b", "a"))
    write_sequences(path, data)
    assert lines(path)["labels"] == "a: 2; b: 1"


def test_other_files_are_refused(path):
    with pytest.raises(FileError, match="There is no file"):
        info(path)
    path.write_bytes(b"text")
    with pytest.raises(DataError, match="is not an HDF5 file"):
        info(path)


def test_of_a_study_its_plan_and_summaries(tmp_path):
    written = study() | {"plan": {"seed": 1000, "experiments": ["bingo-artificial"]}}
    write_study(tmp_path / "s.h5", written, {})
    told = json.loads(info(tmp_path / "s.h5", "--json"))
    assert told["plan"] == written["plan"]
    summary = json.loads(json.dumps(written["experiments"][0]["summary"]))
    assert told["bingo-artificial"] == summary
