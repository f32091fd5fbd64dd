import json

import numpy as np
import pytest

from lstmtool.io.runs import read_run
from lstmtool.io.sequences import read_sequences, write_sequences
from lstmtool.report.run.origin import commands
from tests.builders import small_sequences

LONG = "unit,t,x,y,kind\n" + "".join(
    f"u{n},{t},{np.sin(n + t):.4f},{n % 2 + 0.1 * t:.4f},{'ab'[n % 2]}\n"
    for n in range(8)
    for t in range(3 + n)
)
SHORT = ("--stages", "bingo", "--epochs", "3", "--restarts", "2")


def refused(result, code, *words):
    assert result[0] == code, result
    assert result[1] == ""
    error = result[2][result[2].index("Error: ") :]
    assert len(error.splitlines()) <= 3
    assert "Traceback" not in error
    for word in words:
        assert word in error


def test_csv_to_hdf5_and_back(lstmtool, tmp_path):
    (tmp_path / "sensors.csv").write_text(LONG)
    code, out, err = lstmtool(
        *("convert", "sensors.csv", "a.h5", "--id", "unit", "--time", "t", "--label", "kind")
    )
    assert code == 0
    assert out.splitlines() == ["8 sequences of 3 to 10 steps, 2 inputs, 2 groups", "a.h5"]
    assert err.startswith("sensors.csv: CSV, commas, a header, a row per step")
    data = read_sequences(tmp_path / "a.h5")
    assert data.names == tuple(f"u{n}" for n in range(8))
    for ending in ("csv", "json"):
        assert lstmtool("convert", "a.h5", f"b.{ending}")[0] == 0
        assert lstmtool("convert", f"b.{ending}", f"{ending}.h5")[0] == 0
        again = read_sequences(tmp_path / f"{ending}.h5")
        np.testing.assert_array_equal(again.values, data.values)
        np.testing.assert_array_equal(again.labels, data.labels)


def test_a_wide_table_of_unequal_lengths_says_how_to_read_it(lstmtool, tmp_path):
    write_sequences(tmp_path / "a.h5", small_sequences())
    code, out, _ = lstmtool("convert", "a.h5", "b.csv", "--layout", "wide")
    assert code == 0 and "--unequal" in out
    refused(lstmtool("convert", "b.csv", "c.h5"), 3, "missing", "b.csv, line", "--unequal")
    assert lstmtool("convert", "b.csv", "c.h5", "--unequal")[0] == 0
    np.testing.assert_array_equal(
        read_sequences(tmp_path / "c.h5").values, read_sequences(tmp_path / "a.h5").values
    )


def test_the_json_summary_is_one_document(lstmtool, tmp_path):
    write_sequences(tmp_path / "a.h5", small_sequences())
    code, out, _ = lstmtool("convert", "a.h5", "b.csv", "--json")
    assert code == 0
    document = json.loads(out)
    assert (document["n_sequences"], document["n_inputs"]) == (12, 1)


def test_files_are_kept_without_force(lstmtool, tmp_path):
    write_sequences(tmp_path / "a.h5", small_sequences())
    (tmp_path / "b.csv").write_text("mine")
    refused(lstmtool("convert", "a.h5", "b.csv"), 2, "exists", "--force")
    assert (tmp_path / "b.csv").read_text() == "mine"
    assert lstmtool("convert", "a.h5", "b.csv", "--force")[0] == 0
    refused(lstmtool("convert", "a.h5", "a.h5", "--force"), 2, "same file")
    (tmp_path / "link.h5").symlink_to("a.h5")
    refused(lstmtool("convert", "a.h5", "link.h5", "--force"), 2, "same file")
    refused(lstmtool("convert", "a.h5:/values", "a.h5", "--force"), 2, "same file")
    assert len(read_sequences(tmp_path / "a.h5")) == 12


def test_nothing_is_written_when_reading_fails(lstmtool, tmp_path):
    (tmp_path / "a.csv").write_text("1,2\n3,x\n")
    refused(lstmtool("convert", "a.csv", "b.h5"), 3, "'x' is not a number", "line 2")
    assert not (tmp_path / "b.h5").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("a.csv", "b.xyz"), ("which format", ".json")),
        (("a.csv", "b.h5", "--layout", "long"), ("--layout is for CSV",)),
        (("a.csv", "b.h5", "--cut", "soon"), ("--cut", "0.5s")),
        (("a.csv", "b.h5", "--cut", "0.1s"), ("--cut 0.1s", "does not state its sampling rate")),
        (("a.csv", "b.h5", "--hop", "5"), ("--hop needs --cut",)),
        (("a.csv", "b.h5", "--rate", "8000"), ("--sampling-rate",)),
        (("a.csv", "b.h5", "--channels", "mono"), ("--channels is for sound",)),
        (("a.csv", "b.h5", "--missing", "dorp"), ("Did you mean 'drop'",)),
        (("a.csv:/x", "b.h5"), ("has no ",)),
    ],
)
def test_senseless_options_are_refused(lstmtool, tmp_path, args, words):
    (tmp_path / "a.csv").write_text("1,2,3\n4,5,6\n")
    refused(lstmtool("convert", *args), 2, *words)
    assert not list(tmp_path.glob("b.*"))


def test_a_file_that_is_not_there(lstmtool, tmp_path):
    (tmp_path / "sensors.csv").write_text("1,2\n")
    refused(lstmtool("convert", "sensor.csv", "b.h5"), 4, "sensors.csv")


def test_training_on_csv_stores_how_it_was_read(lstmtool, tmp_path):
    (tmp_path / "my data.csv").write_text(LONG)
    options = ("--id", "unit", "--time", "t", "--label", "kind", "--scaling", "standardise")
    code, _, err = lstmtool("train", "my data.csv", *options, *SHORT)
    assert code == 0
    assert "a row per step" in err
    run = read_run(tmp_path / "run.h5")
    assert run.source["file"] == "my data.csv"
    assert run.source["inputs"] == ["x", "y"]
    assert run.label_names == ("a", "b")
    assert run.lengths.tolist() == list(range(3, 11))
    # Two inputs and their squares, and what was done to them.
    assert run.preprocessing.settings.scaling == "standardise"
    assert run.preprocessing.mean.shape == (4,)
    told = commands(run, "run.h5").splitlines()
    wanted = "lstmtool train 'my data.csv' --id unit --time t --label kind --config settings.toml"
    assert told[1].startswith(wanted)


def test_labels_in_a_table_do_not_change_the_training(lstmtool, tmp_path):
    (tmp_path / "a.csv").write_text(LONG)
    (tmp_path / "b.csv").write_text(LONG.replace(",a\n", ",c\n"))
    lines = LONG.splitlines()
    (tmp_path / "c.csv").write_text("\n".join(line.rsplit(",", 1)[0] for line in lines))
    found = []
    for name in "abc":
        label = ("--label", "kind") if name != "c" else ()
        options = ("--id", "unit", "--time", "t", *label, "-o", f"{name}.h5")
        assert lstmtool("train", f"{name}.csv", *options, *SHORT)[0] == 0
        found.append(read_run(tmp_path / f"{name}.h5"))
    for other in found[1:]:
        np.testing.assert_array_equal(other.parameters, found[0].parameters)
    assert found[2].labels is None


def test_the_settings_that_fit_a_table_are_printed(lstmtool, tmp_path):
    (tmp_path / "a.csv").write_text(LONG)
    code, out, _ = lstmtool(
        *("train", "a.csv", "--id", "unit", "--time", "t", "--label", "kind", "--print-config")
    )
    assert code == 0 and "[network]" in out


def test_training_refuses_bad_tables_before_anything_is_compiled(lstmtool, tmp_path):
    (tmp_path / "a.csv").write_text(LONG.replace("u3,2", "u3,1"))
    result = lstmtool("train", "a.csv", "--id", "unit", "--time", "t", "--label", "kind", *SHORT)
    refused(result, 3, "time of sequence 'u3' is repeated", "a.csv, lines")
    assert "Compiling" not in result[2]


def test_options_of_tables_are_those_of_the_reader(lstmtool, tmp_path):
    rows = "".join(
        f"{s};{r};0{k}/02/2024;1.{k}00,5\n" for s in (1, 2) for r in (1, 2) for k in (2, 1)
    )
    (tmp_path / "a.csv").write_text("Report\nsubject;trial;when;x\n" + rows)
    options = ("--skip-rows", "1", "--id", "subject", "--id", "trial", "--time", "when")
    refused(lstmtool("convert", "a.csv", "a.h5", *options), 3, "'1.200,5'", "--thousands .")
    options += ("--decimal", ",", "--thousands", ".")
    refused(lstmtool("convert", "a.csv", "a.h5", *options), 3, "02/02/2024", "--day-first")
    options += ("--day-first", "--rows", "steps")
    assert lstmtool("convert", "a.csv", "a.h5", *options)[0] == 0
    data = read_sequences(tmp_path / "a.h5")
    assert data.names == ("1/1", "1/2", "2/1", "2/2")
    assert data[0][:, 0].tolist() == [1100.5, 1200.5]
    words = data.attributes["converted_by"]
    assert words[:4] == ["--id", "subject", "--id", "trial"] and words[-1] == "--day-first"
    for bad in (("--decimal", ";"), ("--skip-rows", "-1"), ("--rows", "all")):
        assert lstmtool("convert", "a.csv", "b.h5", *bad)[0] == 2
