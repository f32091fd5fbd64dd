import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.data.generators.examples import MAKERS, STATES, WINDOW
from lstmtool.data.windows import windows_of
from lstmtool.errors import UsageError
from lstmtool.io.formats.load import load_sequences
from lstmtool.io.sequences import read_sequences
from lstmtool.names import EXAMPLES
from tests.builders import assert_same


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def example(*arguments):
    return CliRunner().invoke(cli, ["example", *arguments])


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_set_is_what_its_line_says(name):
    result = example(name)
    assert result.exception is None
    assert result.stdout.splitlines()[-1] == f"{name}.h5"
    data = read_sequences(f"{name}.h5")
    count, rate = (
        int(re.search(r"^\d+", EXAMPLES[name])[0]),
        float(re.search(r"(\d+) k?Hz$", EXAMPLES[name])[1]),
    )
    assert len(data) == count
    assert data.sampling_rate == rate * (1000 if "kHz" in EXAMPLES[name] else 1)
    assert len(set(data.names)) == count
    assert np.bincount(data.labels).min() >= 10
    assert data.attributes["seed"] == 0
    other = MAKERS[name](np.random.default_rng(1))
    assert_same(MAKERS[name](np.random.default_rng(0)).values, data.values)
    assert other.values.shape != data.values.shape or (other.values != data.values).any()


def test_it_is_written_in_any_format():
    assert example("gestures", "--seed", "3", "-o", "g.csv").exception is None
    made = MAKERS["gestures"](np.random.default_rng(3))
    read = load_sequences("g.csv")
    assert read.attributes["inputs"] == ["x", "y", "z"]
    assert_same(read.values, made.values)
    assert example("tones", "-o", "t.json").exception is None
    assert len(json.loads(Path("t.json").read_text())["sequences"]) == 36
    assert isinstance(example("tones", "-o", "t.txt").exception, UsageError)
    assert example("tones", "-o", "t.json").exception is not None  # it is there already
    assert example("tones", "-o", "t.json", "--force").exception is None


def test_windows_of_machines_know_their_recordings():
    data = MAKERS["machines"](np.random.default_rng(0))
    windows = windows_of(data.attributes, len(data))
    assert windows.length == WINDOW and len(windows.recordings) == 6
    for k in range(6):
        states = data.labels[windows.recording == k]
        assert (np.diff(states) >= 0).all()  # machines do not mend themselves
    assert data.label_names == STATES


def test_the_sets_are_listed_and_one_is_to_be_named():
    assert example("--list").stdout.splitlines() == [
        f"{name:<10}  {about}" for name, about in EXAMPLES.items()
    ]
    assert "tones, heartbeats, gestures, machines" in example().output
    assert "Did you mean 'heartbeats'?" in example("hartbeats").output
    assert MAKERS.keys() == EXAMPLES.keys()
