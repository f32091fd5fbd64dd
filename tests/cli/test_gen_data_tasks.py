"""`lstmtool gen-data TASK`: files with targets, read back and compared with the generators."""

import json

import h5py
import numpy as np
import pytest

from lstmtool.cli import main
from lstmtool.errors import DataError
from lstmtool.io.sequences import read_sequences
from lstmtool.io.supervision import read_supervision
from lstmtool.names import ACTING
from lstmtool.names import TASKS as NAMES
from lstmtool.supervised.tasks import TASKS, WORLDS, make


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run `lstmtool` in an empty folder; exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def lstmtool(*args):
        with pytest.raises(SystemExit) as stop:
            main.main(list(map(str, args)))
        streams = capsys.readouterr()
        return stop.value.code, streams.out, streams.err

    return lstmtool


def test_the_command_knows_every_task():
    assert set(NAMES) == set(TASKS)
    assert set(ACTING) == set(WORLDS)


@pytest.mark.parametrize("name", ["reber", "adding", "msd"])
def test_the_file_holds_what_the_generator_draws(run, name):
    code, out, err = run("gen-data", name, "--count", 4, "--seed", 3)
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == f"{name}.h5"
    data, beside = read_sequences(f"{name}.h5"), read_supervision(f"{name}.h5")
    strings = make(name).sample(np.random.default_rng(3), 4)
    np.testing.assert_array_equal(data.values, strings.inputs)
    np.testing.assert_array_equal(data.offsets, strings.starts)
    for part in ("targets", "scored", "allowed"):
        np.testing.assert_array_equal(beside[part], getattr(strings, part))
        assert beside[part].dtype == getattr(strings, part).dtype
    assert data.attributes["generator"] == name
    assert data.attributes["outputs"] == list(make(name).symbols[1])


def test_twenty_sequences_or_one_stream(run):
    assert "20 sequences of" in run("gen-data", "order-2")[1]
    assert "1 stream of 1000 steps, 1000 of them scored" in run("gen-data", "pfg")[1]


def test_options_of_the_task(run):
    document = json.loads(
        run("gen-data", "pfg", "--set", "form=triangle", "--set", "bound=.2", "--json")[1]
    )
    assert document["options"] == {"form": "triangle", "period": 10, "periods": 100, "bound": 0.2}
    assert document["file"] == "pfg.h5"


def test_same_seed_same_bytes(run, tmp_path):
    for name, seed in (("a.h5", 1), ("b.h5", 1), ("c.h5", 2)):
        assert run("gen-data", "reber", "--seed", seed, "-o", name)[0] == 0
    a, b, c = ((tmp_path / name).read_bytes() for name in ("a.h5", "b.h5", "c.h5"))
    assert a == b != c


def test_info_and_convert_read_the_file(run, tmp_path):
    run("gen-data", "anbn", "--count", 3)
    assert "generator: anbn" in run("info", "anbn.h5")[1]
    assert run("convert", "anbn.h5", "anbn.csv")[0] == 0
    assert run("convert", "anbn.csv", "again.h5")[0] == 0
    again = read_sequences("again.h5")
    np.testing.assert_array_equal(again.values, read_sequences("anbn.h5").values)
    assert read_supervision("again.h5") is None


def test_targets_that_are_no_numbers_are_bad_data(run):
    run("gen-data", "adding", "--count", "3", "-o", "a.h5")
    with h5py.File("a.h5", "r+") as file:
        file["supervision/targets"][0] = np.inf
    with pytest.raises(DataError, match="not finite"):
        read_supervision("a.h5")


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("rebar",), "Did you mean 'reber'"),
        (("adding", "--length", "50"), "See --set"),
        (("adding", "--groups", "0:1"), "artificial"),
        (("clarinet", "--count", "3"), "tasks"),
        (("--set", "length=3"), "tasks"),
        (("adding", "--set", "lenght=50"), "Did you mean 'length'"),
        (("adding", "--set", "length=x"), "whole number"),
        (("pfg", "--set", "bound=x"), "a number"),
        (("adding", "--set", "length"), "length=100"),
        (("adding", "--set", "length=3"), "at least 22"),
        (("pfg", "--set", "form=saw"), "triangle"),
        (("reber", "--count", "0"), "--count"),
    ],
)
def test_senseless_options_are_refused(run, tmp_path, args, word):
    code, out, err = run("gen-data", *args)
    assert (code, out) == (2, "")
    assert word in err
    assert len(err.strip().splitlines()) <= 3
    assert list(tmp_path.glob("*.h5")) == []
