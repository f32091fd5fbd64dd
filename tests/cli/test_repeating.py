"""Other data are read like the run's data were, and it is said; nothing is guessed in silence."""

import json
from pathlib import Path

import numpy as np
import pytest

from lstmtool.cli.repeat_reading import GROUPS, options_of, parse
from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError
from lstmtool.io.formats.options import ReadOptions, Span
from lstmtool.io.runs import write_run
from lstmtool.io.sequences import write_sequences
from lstmtool.jobs.reading import read_options
from lstmtool.jobs.train import read_data
from tests.clustering.test_assign import trained

soundfile = pytest.importorskip("soundfile")


def train_on(path, *words, run="run.h5"):
    """Write a run, hardly trained, on data that were read with these options."""
    data = read_data(Path(path), parse(list(words)))
    write_run(run, trained("bingo", data=data))
    return data


def recording(path, n_steps, columns=("t", "cur", "vib"), seed=0):
    rng = np.random.default_rng(seed)
    known = {
        "t": np.arange(n_steps),
        "cur": rng.normal(size=n_steps),
        "vib": rng.normal(5, 3, size=n_steps),
        "temp": np.full(n_steps, 20.0),
    }
    table = np.column_stack([known[name] for name in columns])
    np.savetxt(path, table, "%.4f", ",", header=",".join(columns), comments="")


def machines(path, columns=("cur", "vib"), n=6):
    rng = np.random.default_rng(1)
    lines = [",".join(("machine", "t", "state", *columns))]
    for m in range(n):
        for t in range(8):
            values = {"cur": rng.normal(), "vib": rng.normal(m)}
            cells = (f"m{m}", t, m % 2, *(f"{values[c]:.4f}" for c in columns))
            lines.append(",".join(map(str, cells)))
    Path(path).write_text("\n".join(lines) + "\n")


def sound(path, rate, n_steps, seed=0, channels=1):
    rng = np.random.default_rng(seed)
    soundfile.write(path, rng.uniform(-0.5, 0.5, (n_steps, channels)), rate)


@pytest.mark.parametrize(
    "options",
    [
        ReadOptions(),
        ReadOptions(cut=Span(1_234_567, "steps"), hop=Span(1_000_000, "steps")),
        ReadOptions(cut=Span(0.0123456789, "seconds"), sampling_rate=1_234_567.5),
        ReadOptions(sampling_rate=1e6, channels="split", missing="drop", unequal=True),
        ReadOptions(id="a b", time="-t", value=("x", "--y"), label="l", name="n", header=False),
        ReadOptions(inputs=3, delimiter=";", header=True, channels_first=True),
    ],
)
def test_options_as_words_are_read_back(options):
    assert read_options(parse(options.words())) == options


@pytest.mark.parametrize("words", [["--cut"], ["--help"], ["x"], ["--hop", "3"], "--cut 3", 7])
def test_words_that_make_no_sense_are_bad_data(words):
    with pytest.raises(DataError, match="are invalid"):
        parse(words)


def test_later_options_stand_for_earlier_ones_group_by_group():
    source = {
        "converted_by": ["--id", "m", "--cut", "9", "--hop", "3", "--missing", "drop"],
        "reading": ["--cut", "5"],
    }
    assert options_of(source) == {"id": ("m",), "cut": (5.0, "steps")}
    assert options_of({}) == {}


def test_every_option_but_those_of_one_file_has_a_group():
    grouped = [name for group in GROUPS for name in group]
    assert len(set(grouped)) == len(grouped)
    of_one_file = {"delimiter", "header", "skip_rows", "decimal", "thousands", "missing"}
    assert {*grouped, *of_one_file, "skip_unreadable"} == {*ReadOptions.__dataclass_fields__}


def test_a_recording_is_cut_as_the_runs_was(lstmtool):
    recording("train.csv", 120)
    train_on("train.csv", "--cut", "12", "--hop", "6")
    recording("new.csv", 600, ("t", "vib", "temp", "cur"), seed=1)
    code, out, err = lstmtool("assign", "run.h5", "new.csv", "--json")
    assert code == 0
    assert "new.csv: read like the run's data, with --cut 12 --hop 6 (--no-repeat" in err
    assert "Inputs matched by name: cur, vib; not used: temp." in err
    told = json.loads(out)
    assert len(told["clusters"]) == 99
    assert told["source"]["reading"] == ["--cut", "12", "--hop", "6"]


def test_options_given_stand_and_no_repeat_leaves_all_out(lstmtool):
    recording("train.csv", 120)
    train_on("train.csv", "--cut", "12", "--hop", "6")
    _, out, err = lstmtool("assign", "run.h5", "train.csv", "--json", "--cut", "40")
    assert len(json.loads(out)["clusters"]) == 3
    assert "read like the run's" not in err
    _, out, err = lstmtool("assign", "run.h5", "train.csv", "--json", "--no-repeat")
    assert len(json.loads(out)["clusters"]) == 1
    assert "read like the run's" not in err
    assert "Sequences have 120 steps, those of the run had 12; --cut makes windows." in err


def test_columns_are_repeated_where_the_file_has_them(lstmtool):
    machines("train.csv")
    train_on("train.csv", "--id", "machine", "--time", "t", "--label", "state")
    machines("new.csv", ("vib", "cur"), n=4)
    code, out, err = lstmtool("assign", "run.h5", "new.csv", "--json")
    assert code == 0, err
    assert "with --id machine --time t --label state" in err
    told = json.loads(out)
    assert len(told["clusters"]) == 4
    assert told["ari"] is not None
    recording("bare.csv", 30)
    code, out, err = lstmtool("assign", "run.h5", "bare.csv", "--json")
    assert code == 0, err
    assert "bare.csv: --id machine --label state of the run's data does not apply to it" in err
    assert len(json.loads(out)["clusters"]) == 1


def test_inputs_per_step_are_not_asked_of_rows_that_are_steps(lstmtool):
    rows = np.random.default_rng(0).normal(size=(8, 12))
    np.savetxt("wide.csv", rows, "%.4f", ",")
    train_on("wide.csv", "--inputs", "2")
    code, out, err = lstmtool("assign", "run.h5", "wide.csv", "--json")
    assert "with --inputs 2" in err
    assert len(json.loads(out)["clusters"]) == 8
    machines("long.csv")
    code, out, err = lstmtool("assign", "run.h5", "long.csv", "--json", "--id", "machine")
    assert "--inputs" not in err
    recording("steps.csv", 30)
    code, out, err = lstmtool("assign", "run.h5", "steps.csv", "--json")
    assert "--inputs 2 of the run's data does not apply to it" in err
    assert code == 0, err


def test_sounds_are_cut_alike_and_rates_are_compared(lstmtool):
    Path("sounds").mkdir()
    for n in range(4):
        sound(f"sounds/{n}.wav", 8000, 1600, n, channels=2)
    data = train_on("sounds", "--cut", "0.05s", "--channels", "inputs")
    assert data.lengths.tolist() == [400] * 16
    sound("new.wav", 8000, 4000, 9, channels=2)
    code, out, err = lstmtool("assign", "run.h5", "new.wav", "--json")
    assert code == 0, err
    assert "with --channels inputs --cut 0.05s" in err
    assert len(json.loads(out)["clusters"]) == 10
    sound("fast.wav", 16000, 8000, 9, channels=2)
    code, out, err = lstmtool("assign", "run.h5", "fast.wav", "--json")
    assert code == 3
    assert "has 16000 steps per second, the run was trained on 8000" in err
    assert "--sampling-rate 8000" in err
    code, out, err = lstmtool("assign", "run.h5", "fast.wav", "--json", "--sampling-rate", "8000")
    assert code == 0
    assert len(json.loads(out)["clusters"]) == 10
    code, out, err = lstmtool("assign", "run.h5", "fast.wav", "--json", "--any-rate")
    assert code == 0
    assert "the data are used unchanged" in err


def test_a_rate_that_the_run_was_resampled_to_is_repeated_for_sounds(lstmtool):
    Path("sounds").mkdir()
    for n in range(4):
        sound(f"sounds/{n}.wav", 16000, 640, n)
    train_on("sounds", "--sampling-rate", "8000")
    sound("new.wav", 44100, 2205, 9)
    code, _, err = lstmtool("assign", "run.h5", "new.wav", "--json")
    assert code == 0, err
    assert "with --sampling-rate 8000" in err
    fast = from_arrays([np.ones(30), np.zeros(30)], sampling_rate=16000.0)
    write_sequences("fast.h5", fast)
    assert lstmtool("assign", "run.h5", "fast.h5")[0] == 3


@pytest.mark.parametrize("ending", ["h5", "json"])
def test_what_a_converted_file_has_behind_it_is_not_done_again(lstmtool, ending):
    recording("train.csv", 120)
    train_on("train.csv", "--cut", "12")
    made = f"new.{ending}"
    assert lstmtool("convert", "train.csv", made, "--cut", "12")[0] == 0
    code, out, err = lstmtool("assign", "run.h5", made, "--json")
    assert code == 0, err
    assert "read like the run's" not in err
    assert json.loads(out)["source"]["file"] == made
    assert len(json.loads(out)["clusters"]) == 10
    assert lstmtool("convert", "train.csv", made, "--cut", "40", "--force")[0] == 0
    code, out, err = lstmtool("assign", "run.h5", made, "--json")
    assert f"{made}: made with --cut 40, the run's data with --cut 12." in err
    assert len(json.loads(out)["clusters"]) == 3


def test_a_run_on_a_converted_file_reads_recordings_as_that_was_made(lstmtool):
    recording("train.csv", 120)
    assert lstmtool("convert", "train.csv", "train.h5", "--cut", "12")[0] == 0
    train_on("train.h5")
    recording("new.csv", 60, seed=2)
    code, out, err = lstmtool("assign", "run.h5", "new.csv", "--json")
    assert code == 0, err
    assert "with --cut 12" in err
    assert len(json.loads(out)["clusters"]) == 5


@pytest.mark.parametrize("ending", ["h5", "json", "csv"])
def test_inputs_keep_their_names_in_every_format(lstmtool, ending):
    machines("train.csv")
    train_on("train.csv", "--id", "machine", "--time", "t", "--label", "state")
    expected = json.loads(lstmtool("assign", "run.h5", "train.csv", "--json")[1])["outputs"]
    words = ["--value", "vib", "--value", "cur", "--id", "machine", "--time", "t"]
    assert lstmtool("convert", "train.csv", f"turned.{ending}", *words)[0] == 0
    code, out, err = lstmtool("assign", "run.h5", f"turned.{ending}", "--json")
    assert code == 0, err
    assert "Inputs reordered by name: cur, vib." in err
    np.testing.assert_allclose(json.loads(out)["outputs"], expected, rtol=1e-12)
    text = Path("train.csv").read_text().replace("cur,vib", "a,b")
    Path("other.csv").write_text(text)
    code, _, err = lstmtool("assign", "run.h5", "other.csv")
    assert code == 3
    assert "data: a, b; run: cur, vib" in err
    code, out, err = lstmtool("assign", "run.h5", "other.csv", "--by-place", "--json")
    assert code == 0
    assert "Inputs matched by order: a for cur, b for vib." in err
    np.testing.assert_array_equal(json.loads(out)["outputs"], expected)


def test_a_run_whose_reading_options_make_no_sense_is_refused(lstmtool):
    recording("train.csv", 120)
    data = read_data(Path("train.csv"), parse(["--cut", "12"]))
    data.attributes["reading"] = ["--cut", "nothing"]
    write_run("run.h5", trained("bingo", data=data))
    code, _, err = lstmtool("assign", "run.h5", "train.csv")
    assert code == 3
    assert "are invalid" in err
    assert lstmtool("assign", "run.h5", "train.csv", "--no-repeat")[0] == 0


def test_baselines_read_the_data_as_the_runs_were(lstmtool):
    machines("train.csv")
    words = ("--id", "machine", "--time", "t", "--label", "state", "--cut", "4")
    train_on("train.csv", *words)
    code, out, err = lstmtool("report", "run.h5", "--baselines", "--no-html")
    assert code == 0, err
    assert f"train.csv: read like the run's data, with {' '.join(words)}." in err
    assert "k-means" in out
    assert lstmtool("convert", "train.csv", "same.h5", *words)[0] == 0
    options = ("--baselines", "--no-html", "--data", "same.h5")
    assert lstmtool("report", "run.h5", *options)[0] == 0


def test_baselines_of_cut_sounds_and_of_a_part_of_a_file(lstmtool):
    Path("sounds").mkdir()
    for n in range(4):
        sound(f"sounds/{n}.wav", 8000, 40, n)
    train_on("sounds", "--cut", "20")
    assert lstmtool("report", "run.h5", "--baselines", "--no-html")[0] == 0
    np.savez("many.npz", a=np.random.default_rng(0).normal(size=(8, 9)), b=np.ones((3, 4)))
    train_on("many.npz:a")
    code, _, err = lstmtool("report", "run.h5", "--baselines", "--no-html")
    assert code == 0, err
