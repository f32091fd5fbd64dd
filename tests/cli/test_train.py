import json
import logging
import os
import signal
import sys
import tomllib
from dataclasses import replace

import click
import h5py
import numpy as np
import pytest

from lstmtool.cli import main
from lstmtool.cli.train import GROUPS, command
from lstmtool.data.sequences import from_arrays
from lstmtool.distributed.parallel_map import DaskExecutor
from lstmtool.io.runs import read_run, write_run
from lstmtool.io.sequences import write_sequences
from lstmtool.jobs import interruption as running
from lstmtool.jobs import progress
from lstmtool.jobs.train import _sentence
from lstmtool.kernels._jit import config
from lstmtool.training import stage as stage_state
from tests.builders import assert_same, small_run, small_sequences

SHORT = ("--epochs", "4", "--restarts", "2")
QUICK = ("--stages", "bingo", *SHORT)


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "small.h5"
    write_sequences(path, small_sequences())
    return path


def refused(result, code, *words):
    """Exit code, nothing on stdout, an error of at most three lines, no traceback."""
    assert result[0] == code
    assert result[1] == ""
    error = result[2][result[2].index("Error: ") :].splitlines()
    assert len(error) <= 3
    assert "Traceback" not in result[2]
    for word in words:
        assert word in "\n".join(error)


def test_gen_data_then_train_in_an_empty_folder(lstmtool, tmp_path):
    assert lstmtool("gen-data")[0] == 0
    code, out, err = lstmtool("train", *QUICK)
    assert code == 0
    assert "Reading artificial.h5" in err
    assert out.splitlines()[-1] == "run.h5"
    assert read_run(tmp_path / "run.h5").after.net_inputs.shape == (20, 2)
    assert "\x1b" not in out + err


TWO_STAGES = """
[[stages]]
objective = "bingo"
epochs = 3

[[stages]]
objective = "neo"
"""


@pytest.mark.parametrize(
    ("flags", "unit", "stages"),
    [
        (["--stages", "bingo"], "logistic", ["bingo"]),
        (["--objective", "neo", "--stages", "neo"], "linear", ["neo"]),
        (["--objective", "consistency"], "logistic", ["consistency"]),
        (["--config", "two.toml"], "linear", ["bingo", "neo"]),
        (["--recipe", "literal", "--no-square"], "logistic", ["bingo"]),
    ],
)
def test_every_objective_writes_a_run(lstmtool, data, tmp_path, flags, unit, stages):
    (tmp_path / "two.toml").write_text(TWO_STAGES)
    code, out, _ = lstmtool("train", data, *flags, *SHORT, "-o", "mine.h5")
    assert code == 0
    assert out.splitlines()[-1] == "mine.h5"
    run = read_run(tmp_path / "mine.h5")
    assert run.settings.network.output_unit == unit
    assert [stage.objective for stage in run.settings.stages] == stages
    assert run.source["file"] == "small.h5"


def test_flags_reach_the_settings(lstmtool, data, tmp_path):
    flags = {
        "--blocks": "1,2", "--outputs": 3, "--g": "4s-2", "--h": "identity",
        "--scaling": "standardise", "--initial-weights": 0.2, "--cell-gain": 3.0,
        "--forget-bias": "1.5:4.5", "--input-bias": -2.0, "--rate": 0.01, "--output-rate": 0.05,
        "--optimiser": "adam", "--momentum": 0.5, "--clip": 2.0, "--augment": "noise",
        "--noise": 0.8, "--crop": "0.5:0.7", "--output-bias": -1.5, "--output-layer": "random",
        "--selection": "noise,none", "--stop-below": 0.1, "--patience": 7,
        "--gradient": "truncated", "--seed": 9, "--trials": 2, "--trial-epochs": 3,
    }  # fmt: skip
    pairs = [part for pair in flags.items() for part in pair]
    switches = (
        "--differences",
        "--no-peepholes",
        "--no-forget-gate",
        "--no-square",
        "--normalise",
        "--no-precondition",
    )
    code, _, _ = lstmtool("train", data, *QUICK, *pairs, *switches)
    assert code == 0
    s = read_run(tmp_path / "run.h5").settings
    stage = s.stages[0]
    assert (s.network.blocks, s.network.outputs, s.network.g, s.network.h) == (
        (1, 2),
        3,
        "4s-2",
        "identity",
    )
    assert (s.network.peepholes, s.network.forget_gate, stage.precondition) == (False, False, False)
    assert (s.inputs.square, s.inputs.scaling, s.inputs.normalise) == (False, "standardise", True)
    assert s.inputs.differences
    assert (s.initial.weights, s.initial.cell_gain) == (0.2, 3.0)
    assert (s.initial.forget_bias, s.initial.input_bias) == ((1.5, 4.5), -2.0)
    assert (s.initial.output_bias, s.initial.output_layer) == (-1.5, "random")
    assert (s.initial.trials, s.initial.trial_epochs) == (2, 3)
    assert (s.selection, stage.crop) == (("noise", "none"), (0.5, 0.7))
    assert (stage.rate, stage.output_rate, stage.optimiser) == (0.01, 0.05, "adam")
    assert (stage.momentum, stage.clip, stage.augmentation, stage.noise) == (0.5, 2.0, "noise", 0.8)
    assert (stage.stop_below, stage.patience, stage.epochs) == (0.1, 7, 4)
    assert (s.gradient, s.seed, s.restarts) == ("truncated", 9, 2)


def test_same_seed_same_bytes_on_any_number_of_threads(lstmtool, data, tmp_path):
    for name, *more in (
        ("a.h5", "--threads", 1),
        ("b.h5", "--threads", 2),
        ("c.h5", "--threads", 2, "--seed", 1),
    ):
        assert lstmtool("train", data, *QUICK, "-o", name, *more)[0] == 0
    a, b, c = ((tmp_path / f"{name}.h5").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_checkpointed_states_change_no_byte(lstmtool, data, tmp_path):
    for name, steps in (("a.h5", 0), ("b.h5", 1), ("c.h5", "auto")):
        assert lstmtool("train", data, *QUICK, "-o", name, "--checkpoint-states", steps)[0] == 0
    a, b, c = ((tmp_path / f"{name}.h5").read_bytes() for name in "abc")
    assert a == b == c


def test_single_precision_is_near_and_stored(lstmtool, data, tmp_path):
    for name, precision in (("double.h5", "double"), ("single.h5", "single")):
        assert lstmtool("train", data, *QUICK, "-o", name, "--precision", precision)[0] == 0
    double, single = (read_run(tmp_path / f"{name}.h5") for name in ("double", "single"))
    assert (double.settings.precision, single.settings.precision) == ("double", "single")
    assert single.parameters.dtype == np.float64
    np.testing.assert_allclose(single.initial_parameters, double.initial_parameters, atol=1e-3)
    assert (single.parameters != double.parameters).any()
    code, _, _ = lstmtool("assign", "single.h5", data, "-o", "again.csv")
    assert code == 0


def test_printed_configuration_repeats_the_run(lstmtool, data, tmp_path):
    flags = (*SHORT, "--stages", "neo", "--blocks", "1,2", "--rate", 0.007, "--seed", 3)
    code, printed, _ = lstmtool("train", *flags, "--print-config")
    assert code == 0
    assert tomllib.loads(printed)["network"]["blocks"] == [1, 2]
    (tmp_path / "mine.toml").write_text(printed)
    assert lstmtool("train", "--config", "mine.toml", "--print-config")[1] == printed
    assert lstmtool("train", data, *flags, "-o", "a.h5")[0] == 0
    assert lstmtool("train", data, "--config", "mine.toml", "-o", "b.h5")[0] == 0
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def printed(lstmtool, *flags):
    code, out, _ = lstmtool("train", *flags, "--print-config")
    assert code == 0
    return tomllib.loads(out)


def test_flags_beat_the_configuration_file(lstmtool, tmp_path):
    stage = "[[stages]]\nobjective = 'bingo'\nrate = 0.5\nepochs = 9\n"
    (tmp_path / "c.toml").write_text("seed = 5\n[network]\noutputs = 3\n" + stage)
    got = printed(lstmtool, "--config", "c.toml", "--seed", 6, "--rate", 0.25)
    assert (got["seed"], got["network"]["outputs"]) == (6, 3)
    assert (got["stages"][0]["rate"], got["stages"][0]["epochs"]) == (0.25, 9)


def test_an_objective_flag_beats_the_files_or_is_refused(lstmtool, tmp_path):
    (tmp_path / "c.toml").write_text("[[stages]]\nobjective = 'bingo'\n")
    code, out, _ = lstmtool(
        "train", "--config", "c.toml", "--objective", "consistency", "--print-config"
    )
    assert code == 2 or tomllib.loads(out)["stages"][-1]["objective"] == "consistency"


def test_default_names_are_numbered(lstmtool, data):
    names = [lstmtool("train", data, *QUICK)[1].splitlines()[-1] for _ in range(3)]
    assert names == ["run.h5", "run-2.h5", "run-3.h5"]


def test_the_newest_sequences_are_read(lstmtool, data, tmp_path):
    newer = tmp_path / "newer.h5"
    write_sequences(newer, small_sequences(n=6))
    os.utime(data, ns=(1, 1))
    write_run(tmp_path / "run.h5", small_run())  # newer still, but not sequences
    code, _, err = lstmtool("train", *QUICK)
    assert code == 0
    assert "Reading newer.h5" in err


def test_json_is_one_document(lstmtool, data):
    code, out, _ = lstmtool("train", data, *QUICK, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["objective"] == "bingo"
    assert document["n_sequences"] == 12
    assert document["run"] == "run.h5"
    assert 0 <= document["chosen"] < 2


def test_provenance_is_stored_only_when_asked_for(lstmtool, data, tmp_path):
    lstmtool("train", data, *QUICK, "-o", "a.h5")
    lstmtool("train", data, *QUICK, "-o", "b.h5", "--provenance")
    assert read_run(tmp_path / "a.h5").provenance == {}
    assert set(read_run(tmp_path / "b.h5").provenance) == {"host", "time", "seconds"}


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--objective", "bimgo"], ["bimgo", "Did you mean 'bingo'?"]),
        (["--recipe", "literall"], ["Did you mean 'literal'?"]),
        (["--g", "tan"], ["Did you mean 'tanh'?"]),
        (["--epoch", 3], ["--epochs"]),
        (["--rate", -1], ["--rate", "-1"]),
        (["--rate", "nan"], ["--rate"]),
        (["--rate", "fast"], ["fast"]),
        (["--momentum", 1], ["--momentum"]),
        (["--epochs", -5], ["--epochs"]),
        (["--restarts", 0], ["restarts"]),
        (["--outputs", 0], ["--outputs"]),
        (["--seed", -1], ["seed"]),
        (["--threads", 0], ["threads"]),
        (["--precision", "singel"], ["Did you mean 'single'?"]),
        (["--checkpoint-states", -1], ["checkpoint-states"]),
        (["--checkpoint-states", "some"], ["some"]),
        (["--blocks", "0x3"], ["2x1"]),
        (["--blocks", "banana"], ["banana", "2x1"]),
        (["--blocks", "100000x1"], ["100000x1"]),
        (["--forget-bias", "a:b"], ["a:b", "1.5:4.5"]),
        (["--forget-bias", "1:2:3"], ["1:2:3"]),
        (["--stages", "bingo,neoo"], ["neoo"]),
        (["--stages", "neo,bingo"], ["neo"]),
        (["--stages", "bingo", "--objective", "neo"], ["bingo", "neo"]),
        (["--input-bias", "much"], ["much", "auto"]),
        (["--selection", "none,cropp"], ["--selection", "cropp", "bootstrap"]),
        (["--crop", "0:1"], ["--crop"]),
        (["--objective", "neo", "--sample", "some"], ["--sample", "some", "200:2000"]),
        (["--objective", "neo", "--sample", "4:x"], ["--sample", "4:x"]),
        (["--objective", "neo", "--sample", "0:5"], ["--sample"]),
        (["--shards", 0], ["--shards"]),
        (["--shards", "many"], ["many"]),
        (["--rate-factor", 0], ["learning rates", "positive"]),
        (["--rate-factor", "nan"], ["learning rates", "positive"]),
        (["--config", "bad.toml"], ["bad.toml", "TOML"]),
        (["--config", "unknown.toml"], ["netwrok"]),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)  # fmt: skip
def test_bad_values_are_usage_errors(lstmtool, data, tmp_path, flags, words):
    (tmp_path / "bad.toml").write_text("this is = not [toml")
    (tmp_path / "unknown.toml").write_text("[netwrok]\noutputs = 2\n")
    refused(lstmtool("train", data, *flags), 2, *words)
    assert not (tmp_path / "run.h5").exists()


@pytest.mark.parametrize(
    "text",
    [
        "stages = 3",
        "stages = [1, 2]",
        "stages = []",
        "network = 3",
        "[[stages]]\nobjective = 'bimgo'",
        "[[stages]]\nobjective = 3",
        "seed = 'x'",
    ],
)
def test_configurations_that_make_no_sense_are_usage_errors(lstmtool, data, tmp_path, text):
    (tmp_path / "c.toml").write_text(text)
    refused(lstmtool("train", data, "--config", "c.toml", "--rate", 0.1, "--blocks", "1x1"), 2)


def test_an_unknown_command_gets_a_suggestion(lstmtool):
    refused(lstmtool("trian"), 2, "trian", "Did you mean 'train'?")


def test_an_existing_file_is_kept_without_force(lstmtool, data, tmp_path):
    target = tmp_path / "mine.h5"
    target.write_text("precious")
    refused(lstmtool("train", data, *QUICK, "-o", "mine.h5"), 2, "mine.h5", "--force")
    assert target.read_text() == "precious"
    assert lstmtool("train", data, *QUICK, "-o", "mine.h5", "--force")[0] == 0
    assert read_run(target).settings.restarts == 2


@pytest.mark.parametrize("options", [("--force",), ("--force", "--resume")])
def test_the_data_are_never_overwritten(lstmtool, data, tmp_path, options):
    before = data.read_bytes()
    (tmp_path / "link.h5").symlink_to(data)
    for target in (data, "link.h5"):
        refused(lstmtool("train", data, *QUICK, "-o", target, *options), 2, "different files")
    assert data.read_bytes() == before


def test_places_that_cannot_be_written_to(lstmtool, data, tmp_path):
    refused(lstmtool("train", data, *QUICK, "-o", tmp_path), 2, "folder")
    refused(lstmtool("train", data, *QUICK, "-o", "no/such/run.h5"), 4, "does not exist")


def test_files_that_cannot_be_read(lstmtool, tmp_path):
    refused(lstmtool("train"), 4, "lstmtool gen-data")
    refused(lstmtool("train", "absent.h5"), 4, "absent.h5")
    refused(lstmtool("train", "--config", "absent.toml"), 4, "absent.toml")
    (tmp_path / "text.h5").write_text("not a file of numbers\n" * 99)
    refused(lstmtool("train", "text.h5"), 3, "text.h5")
    write_run(tmp_path / "run.h5", small_run())
    refused(lstmtool("train", "run.h5"), 3, "run.h5")


def test_data_that_cannot_be_learned_from(lstmtool, data, tmp_path):
    write_sequences(tmp_path / "two.h5", from_arrays([[1.0, 2.0], [3.0]]))
    refused(lstmtool("train", "two.h5"), 3, "2 sequences")
    write_sequences(tmp_path / "flat.h5", from_arrays([[1.0], [1.0, 1.0], [1.0]]))
    refused(lstmtool("train", "flat.h5"), 3, "constant")
    refused(lstmtool("train", data, "--outputs", 9), 3, "512 codes for 12 sequences")
    with h5py.File(data, "r+") as file:
        file["values"][file["offsets"][2] + 1, 0] = np.nan
    refused(lstmtool("train", data), 3, "sequence 2", "step 1", "nan")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # numpy's, where nothing is compiled
def test_a_run_that_diverged(lstmtool, data, tmp_path):
    flags = ("--recipe", "literal", "--stages", "neo", "--rate", 1e308, "--output-rate", 1e308)
    refused(lstmtool("train", data, *flags), 5, "not finite", "--rate-factor")
    assert [path.name for path in tmp_path.iterdir()] == ["small.h5"]


def test_the_best_moment_of_a_run_that_diverged_later_is_kept(
    lstmtool, data, tmp_path, monkeypatch
):
    """Learning rates that make numbers overflow at once tell nothing of later: it is staged."""

    def diverging(learner, *arguments):
        rows = course_train_epochs(learner, *arguments)
        if learner.epochs[0] > 20:
            learner.parameters[:] = np.nan
            return rows[:-1]
        return rows

    course_train_epochs = stage_state.train_epochs
    monkeypatch.setattr(stage_state, "train_epochs", diverging)
    flags = ("--stages", "bingo", "--trials", 1, "--epochs", 50, "--restarts", 2)
    monkeypatch.setattr(stage_state, "LARGEST_CHUNK", 10)
    refused(lstmtool("train", data, *flags), 5, "after at most 29 epochs", "run.diverged.h5")
    run = read_run(tmp_path / "run.diverged.h5")
    assert np.isfinite(run.parameters).all()
    assert (run.parameters != run.initial_parameters).any()
    assert run.restarts["diverged"].all()
    assert any("best moment" in note for note in run.notes)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.diverged.h5", "small.h5"]


def test_a_collapse_is_said_at_once(lstmtool, data):
    flags = ("--recipe", "literal", "--stages", "neo", "--rate-factor", 1e4, "--epochs", 500)
    code, _, err = lstmtool("train", data, *flags, "--h", "identity", "--g", "identity")
    assert code == 0
    assert "Training collapsed after 10 epochs" in err
    assert "Training collapsed" in lstmtool("report", "run.h5", "--no-html")[1]


def test_a_log_is_short(lstmtool, data, monkeypatch):
    monkeypatch.setattr(progress, "QUIET", 0.02)
    code, _, err = lstmtool("train", data, "--stages", "bingo", "--epochs", 60, "--restarts", 6)
    assert code == 0
    lines = err.splitlines()
    assert 1 <= len([line for line in lines if "360 epochs" in line]) <= 15
    assert len(lines) < 25
    assert "\x1b" not in err


def test_handlers_of_signals_are_put_back(lstmtool, data):
    before = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
    lstmtool("train", data, *QUICK)
    assert [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_configuration_means_the_same_whatever_the_data(lstmtool, tmp_path):
    """Also for sequences whose recipe, told from the data, is another."""
    wave = np.sin(np.arange(40) / 3.0)
    rng = np.random.default_rng(0)
    write_sequences(tmp_path / "locked.h5", from_arrays(wave + rng.normal(0, 0.1, (8, 40))))
    flags = ("--recipe", "stationary", "--stages", "bingo", "--epochs", 5, "--restarts", 1)
    assert lstmtool("train", "locked.h5", *flags, "-o", "a.h5")[0] == 0
    (tmp_path / "c.toml").write_text(lstmtool("train", "locked.h5", *flags, "--print-config")[1])
    assert lstmtool("train", "locked.h5", "--config", "c.toml", "-o", "b.h5")[0] == 0
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_the_recipe_follows_the_data(lstmtool, tmp_path):
    rng = np.random.default_rng(0)
    for name, steps in [("locked", 1.0), ("slow", 6.0)]:
        waves = np.sin(np.arange(40) / steps) + rng.normal(0, 0.1, (8, 40))
        write_sequences(tmp_path / f"{name}.h5", from_arrays(waves))
    _, printed, err = lstmtool("train", "slow.h5", "--print-config")
    assert "Recipe shapes, copies by shape: what happens in a sequence is slow (" in err
    assert tomllib.loads(printed)["stages"][0]["augmentation"] == "shape"
    _, printed, err = lstmtool("train", "locked.h5", "--print-config")
    assert "Recipe phase-locked" in err
    assert tomllib.loads(printed)["stages"][0]["augmentation"] == "noise"


def test_neo_ends_in_as_many_outputs_as_asked_for(lstmtool, data, tmp_path):
    short = ("--epochs", 3, "--restarts", 1)
    neo = ("--objective", "neo", "--outputs")
    assert lstmtool("train", data, *neo, 3, *short, "-o", "n.h5")[0] == 0
    assert read_run(tmp_path / "n.h5").after.net_inputs.shape[1] == 3
    refused(lstmtool("train", data, *neo, 70), 3, "70 outputs")


def test_samples_of_neo_are_a_setting(lstmtool, data, tmp_path):
    flags = ("--stages", "bingo,neo,neo", "--outputs", 1, "--epochs", 4, "--restarts", 1)
    assert [s.get("sample") for s in printed(lstmtool, *flags, "--sample", "2:9")["stages"]] == [
        None, [2, 9], [2, 9],
    ]  # fmt: skip
    assert printed(lstmtool, *flags, "--sample", 5)["stages"][2]["sample"] == [5, 5]
    for name in ("a.h5", "b.h5"):
        assert lstmtool("train", data, *flags, "--sample", "4:6", "-o", name)[0] == 0
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    assert read_run(tmp_path / "a.h5").settings.stages[-1].sample == (4, 6)
    refused(lstmtool("train", data, *flags, "--sample", 7), 3, "14 sequences", "12", "--sample 6")


@pytest.mark.parametrize(
    ("flags", "objective"),
    [
        (("--sample", 5), "neo"),
        (("--form", "literal"), "neo"),
        (("--width-floor", 0.1), "neo"),
        (("--stages", "bingo", "--marginal-weight", 2), "consistency"),
    ],
)
def test_options_of_an_objective_that_is_not_there(lstmtool, data, flags, objective):
    refused(lstmtool("train", data, *flags), 2, f"is for {objective}.", "bingo")


@pytest.mark.slow
@pytest.mark.skipif(bool(config.DISABLE_JIT), reason="takes minutes uncompiled")
def test_shards_on_processes_here_write_the_same_bytes(lstmtool, tmp_path, monkeypatch):
    monkeypatch.setattr("lstmtool.training.batch.PARALLEL", 1)
    write_sequences(tmp_path / "d.h5", small_sequences(n=90))
    flags = ("d.h5", "--stages", "bingo", "--epochs", 4, "--trial-epochs", 2, "--restarts", 2)
    assert lstmtool("train", *flags, "-o", "one.h5")[0] == 0
    code, _, err = lstmtool("train", *flags, "-o", "two.h5", "--shards", 2)
    assert code == 0, err
    assert "in 2 shards" in err
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()


def test_one_machine_needs_no_shards(lstmtool, data, tmp_path, monkeypatch):
    assert lstmtool("train", data, *QUICK, "-o", "one.h5")[0] == 0
    code, _, err = lstmtool("train", data, *QUICK, "-o", "two.h5", "--shards", "auto")
    assert code == 0
    assert "threads of one machine" in err
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()
    monkeypatch.setitem(sys.modules, "distributed", None)
    refused(lstmtool("train", data, *QUICK, "--shards", 2), 2, "dask.distributed", "pip install")


def test_a_range_that_goes_down_is_refused(lstmtool, data):
    refused(lstmtool("train", data, "--forget-bias", "5:1"), 2, "--forget-bias")


def test_json_is_strict_even_where_a_stage_was_not_run(lstmtool, data):
    flags = ("--stages", "bingo", "--epochs", 0, "--restarts", 1, "--json")
    _, out, _ = lstmtool("train", data, *flags)
    assert json.loads(out)["objective_value"] is None


def test_copies_are_those_of_the_preparing_stage(lstmtool, data):
    _, printed, _ = lstmtool("train", data, "--augment", "crop", "--print-config")
    stages = tomllib.loads(printed)["stages"]
    assert [stage["augmentation"] for stage in stages] == ["crop", "none"]


def test_strengths_of_deformed_copies_are_those_of_the_preparing_stage(lstmtool, data):
    flags = (
        "--augment",
        "shape",
        "--warp",
        0.3,
        "--stretch",
        "0.7:0.9",
        "--scale",
        0,
        "--drift",
        1,
    )
    code, printed, _ = lstmtool("train", data, *flags, "--print-config")
    assert code == 0
    preparing, last = tomllib.loads(printed)["stages"]
    strengths = {name: preparing.get(name) for name in ("warp", "stretch", "scale", "drift")}
    assert preparing["augmentation"] == "shape"
    assert strengths == {"warp": 0.3, "stretch": [0.7, 0.9], "scale": 0.0, "drift": 1.0}
    assert not set(strengths) & set(last)
    code, _, err = lstmtool("train", data, "--augment", "stretch", "--stretch", "0.5:1.5")
    assert code == 2
    assert "--stretch" in err


def test_shapes_keep_their_copies_whatever_the_data_and_the_window(lstmtool, tmp_path):
    np.save(tmp_path / "long.npy", np.random.default_rng(0).standard_normal((20, 80)))
    windowed = ("long.npy", "--recipe", "shapes", "--window", 10)
    assert stages_printed(lstmtool, *windowed)[0] == ["shape", "shape"]
    assert stages_printed(lstmtool, *windowed, "--augment", "shift")[0] == ["shift", "shift"]


def test_kinds_of_copies_can_be_joined(lstmtool, data):
    shapes = (data, "--recipe", "shapes")
    assert stages_printed(lstmtool, *shapes, "--augment", "drift+warp")[0] == ["warp+drift"] * 2
    both = ("--selection", "none,warp+scale")
    assert stages_printed(lstmtool, *shapes, *both)[1] == ["none", "warp+scale"]
    refused(lstmtool("train", data, "--augment", "warp+noise"), 2, "only warp")
    refused(lstmtool("train", data, "--selection", "none,wrap"), 2, "not one of", "codes")


def test_sequences_with_a_window_are_not_averaged(lstmtool, data):
    def average(*flags):
        code, out, err = lstmtool("train", data, "--recipe", "shapes", *flags, "--print-config")
        assert code == 0, err
        return tomllib.loads(out)["inputs"].get("average", 1)

    assert average() == "auto"
    assert average("--average", 3) == 3
    assert average("--window", 3) == 1
    code, _, err = lstmtool("train", data, "--window", 3, "--average", 2)
    assert code == 2
    assert "cannot be averaged" in err


def test_a_given_number_of_restarts_is_run(lstmtool, data):
    def settings(*flags):
        code, out, err = lstmtool("train", data, "--recipe", "shapes", *flags, "--print-config")
        assert code == 0, err
        read = tomllib.loads(out)
        return read["restarts"], read.get("until_stable", False)

    assert settings() == (16, True)
    assert settings("--restarts", 5) == (5, False)
    assert settings("--restarts", 1) == (1, False)
    assert settings("--no-consensus") == (16, False)
    assert settings("--every-restart") == (16, False)
    assert settings("--restarts", 12, "--until-stable") == (12, True)
    code, _, err = lstmtool("train", data, "--no-consensus", "--until-stable")
    assert code == 2
    assert "about the consensus" in err


def test_input_gates_follow_spread_time_scales(lstmtool, data):
    flags = ("--recipe", "phase-locked", "--forget-bias", "spread")
    for more, opening in [((), "auto"), (("--input-bias", -1), -1.0)]:
        code, printed, _ = lstmtool("train", data, *flags, *more, "--print-config")
        assert code == 0
        initial = tomllib.loads(printed)["initial"]
        assert (initial["forget_bias"], initial["input_bias"]) == ("spread", opening)


def stages_printed(lstmtool, *flags):
    code, out, err = lstmtool("train", *flags, "--print-config")
    assert code == 0
    settings = tomllib.loads(out)
    copies = [stage["augmentation"] for stage in settings["stages"]]
    return copies, settings.get("selection"), err


def test_copies_are_chosen_from_the_data_and_the_window(lstmtool, tmp_path):
    rng = np.random.default_rng(0)
    write_sequences(tmp_path / "long.h5", from_arrays(rng.normal(0, 1, (8, 40))))
    own = stages_printed(lstmtool, "long.h5")
    assert own[0] == ["bootstrap", "none"]
    assert "Recipe stationary, copies by bootstrap" in own[2]
    window = ("--window", 20)
    for flags, said in (
        ((), "Recipe stationary, copies by shift"),
        (("--augment", "auto", "--recipe", "phase-locked"), "Copies by shift"),
        (("--augment", "shift", "--recipe", "stationary"), None),
    ):
        copies, selection, err = stages_printed(lstmtool, "long.h5", *window, *flags)
        assert (set(copies[:-1]), copies[-1]) == ({"shift"}, "none")
        assert selection == own[1]  # of codes that were prepared
        assert said in err if said else not err
    copies, selection, err = stages_printed(lstmtool, "long.h5", *window, "--augment", "crop")
    assert (copies, selection) == (["crop", "none"], own[1])
    assert "copies" not in err
    alone = stages_printed(lstmtool, "long.h5", *window, "--objective", "consistency")
    assert alone[:2] == (["shift"], ["none", "shift"])
    assert stages_printed(lstmtool, "long.h5", "--window", 40)[0] == ["bootstrap", "none"]
    literal = stages_printed(lstmtool, "long.h5", *window, "--recipe", "literal")
    assert (literal[0], literal[2]) == (["none"], "")
    (tmp_path / "c.toml").write_text("[inputs]\nwindow = 20\n")
    assert stages_printed(lstmtool, "long.h5", "--config", "c.toml")[0] == ["shift", "none"]


def test_a_shifted_run_says_so_everywhere(lstmtool, tmp_path):
    rng = np.random.default_rng(0)
    write_sequences(tmp_path / "long.h5", from_arrays(rng.normal(0, 1, (8, 40))))
    flags = ("--window", 20, "--epochs", 3, "--stages", "consistency", "--restarts", 1)
    code, _, err = lstmtool("train", "long.h5", *flags)
    assert code == 0
    assert "copies by shift: the steps of different sequences do not correspond" in err
    notes = read_run(tmp_path / "run.h5").notes
    assert notes[0].startswith("Trained on copies by shift, which suit these sequences")
    _, out, _ = lstmtool("report")
    assert "Trained on copies by shift" in out
    page = (tmp_path / "run.html").read_text()
    assert "Trained on copies by shift" in page
    assert "of 40 steps, of which the network reads 20" in page


def test_windows_that_do_not_fit(lstmtool, data, tmp_path):
    refused(lstmtool("train", data, "--augment", "shift"), 2, "--window STEPS")
    refused(lstmtool("train", data, "--window", 8), 3, "sequence-", "steps", "--window")
    refused(lstmtool("train", data, "--window", 0), 2, "--window")


ALL_OFF = {
    "--scaling": "none", "--cell-gain": 1, "--forget-bias": 0, "--input-bias": 0,
    "--output-layer": "random", "--optimiser": "momentum", "--momentum": 0, "--clip": 0,
    "--augment": "none", "--rate": 0.1, "--output-rate": 0.1, "--gradient": "truncated",
    "--restarts": 1, "--selection": "none,crop", "--trials": 1,
    "--trial-epochs": 600,
}  # fmt: skip


@pytest.mark.parametrize("recipe", ["stationary", "phase-locked"])
@pytest.mark.parametrize(
    ("objective", "more"),
    [
        ("bingo", ("--epochs", 1000)),
        ("neo", ("--epochs", 200, "--blocks", "1x1", "--form", "literal")),
    ],
)
def test_with_every_option_off_a_recipe_is_the_literal_one(lstmtool, recipe, objective, more):
    off = [part for pair in ALL_OFF.items() for part in pair]
    more = ("--stages", objective, "--no-precondition", *more)
    own = printed(lstmtool, "--recipe", recipe, *off, *more)
    literal = printed(lstmtool, "--recipe", "literal", "--objective", objective)
    if objective == "bingo":  # which has no form
        own["stages"][0]["form"] = literal["stages"][0]["form"]
    assert own == literal


def test_switches_and_learning_rules_are_those_of_every_stage(lstmtool):
    flags = ("--recipe", "phase-locked", "--no-precondition", "--clip", 0.5, "--momentum", 0.1)
    for objective in ("bingo", "neo"):
        stages = printed(lstmtool, "--objective", objective, *flags)["stages"]
        assert len(stages) > 1
        for stage in stages:
            found = (stage["precondition"], stage["clip"], stage["momentum"])
            assert found == (False, 0.5, 0.1)


def test_one_factor_changes_all_learning_rates(lstmtool):
    flags = ("--objective", "neo", "--rate", 0.5)
    before = printed(lstmtool, *flags)["stages"]
    after = printed(lstmtool, *flags, "--rate-factor", 0.1)["stages"]
    for name in ("rate", "output_rate"):
        wanted = [0.1 * stage.pop(name) for stage in before]
        assert [stage.pop(name) for stage in after] == pytest.approx(wanted)
    assert before == after


def test_biases_can_be_set_from_the_lengths_in_any_recipe(lstmtool):
    flags = ("--recipe", "phase-locked", "--forget-bias", "auto", "--input-bias", "auto")
    initial = printed(lstmtool, *flags)["initial"]
    assert (initial["forget_bias"], initial["input_bias"]) == ("auto", "auto")


def test_given_biases_are_meant_as_they_are_unless_a_length_is_given(lstmtool):
    locked = ("--recipe", "phase-locked")
    assert printed(lstmtool, *locked)["initial"]["bias_steps"] == 100
    flags = (*locked, "--forget-bias", "1:3")
    assert "bias_steps" not in printed(lstmtool, *flags)["initial"]
    assert printed(lstmtool, *flags, "--bias-steps", 50)["initial"]["bias_steps"] == 50


def test_outputs_auto_gives_the_run_of_the_number_it_keeps_and_says_why(lstmtool, data, tmp_path):
    code, _, err = lstmtool("train", data, "--outputs", "auto", *QUICK)
    assert code == 0
    grown = read_run(tmp_path / "run.h5")
    assert " bits with 1, " in grown.notes[-1]
    assert grown.notes[-1] in err
    n_outputs = grown.settings.network.outputs
    assert lstmtool("train", data, "--outputs", n_outputs, *QUICK, "-o", "same.h5")[0] == 0
    same = read_run(tmp_path / "same.h5")
    assert_same(replace(grown, notes=grown.notes[:-1]), same)
    out = lstmtool("report", "run.h5", "--no-html")[1]
    assert "kept, because" in " ".join(out.split())


def test_outputs_auto_is_for_codes_that_are_trained(lstmtool, data):
    refused(lstmtool("train", data, "--outputs", "auto", "--objective", "neo"), 2, "binary")
    refused(lstmtool("train", data, "--outputs", "auto", "--print-config"), 2, "auto")
    assert lstmtool("train", data, "--outputs", "some")[0] == 2


def test_a_run_that_is_gone_on_with_has_its_settings(lstmtool):
    code, _, err = lstmtool("train", "--resume", "--print-config")
    assert code == 2
    assert "exclude each other" in err


def test_what_is_compiled_is_said_while_a_command_runs(capsys):
    """Kernels log it, and Python keeps quiet about it."""
    logger = logging.getLogger("lstmtool")
    with click.Context(main.cli):
        running.say_compiling()
        logger.info("Compiling \x1b[2Jsomething.")
        logger.warning("It cannot be kept.")
    assert capsys.readouterr().err == "Compiling [2Jsomething.\nIt cannot be kept.\n"
    logger.info("Compiling something.")
    assert not capsys.readouterr().err
    assert not logger.handlers


def test_a_bad_value_of_a_settings_file_is_named_by_its_place(lstmtool, data, tmp_path):
    (tmp_path / "bad.toml").write_text("restarts = 0\n")
    refused(lstmtool("train", data, "--config", "bad.toml", "--seed", 3), 2, "restarts:")
    refused(lstmtool("train", data, "--seed", 3, "--stop-below", -1), 2, "--stop-below:")


def test_a_complaint_names_the_option_that_it_is_about(lstmtool, data):
    refused(lstmtool("train", data, "--blocks", "1x1", "--noise", 1, "--rate", -1), 2, "--rate")


def test_shards_are_on_the_cluster_that_is_there():
    class Client:
        def scheduler_info(self):
            return {"address": "tcp://there"}

    client = Client()
    with running.shards_on(3, DaskExecutor(client)) as shards:
        assert (shards._client, shards._number) == (client, 3)


def test_what_was_not_reached_is_no_number():
    run = small_run()
    assert "0.90 bits" in _sentence(run)
    for name in ("objective", "score"):
        run.restarts[name][run.chosen] = np.nan
    told = _sentence(run)
    assert "nan" not in told
    assert "kept, which did not reach the last stage, no selection score." in told


def test_the_test_against_nothing_is_kept_and_told(lstmtool, data, tmp_path):
    for threads, name in ((1, "a.h5"), (2, "b.h5")):
        done = ("--surrogates", 2, "--threads", threads, "-o", tmp_path / name)
        code, out, err = lstmtool("train", data, *QUICK, *done)
        assert code == 0
        assert "2 data sets made from yours without groups" in err
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    test = read_run(tmp_path / "a.h5").null_test
    assert len(test.surrogates) == 2
    said = f"came up in {test.as_good} of 2 data sets made from yours without groups."
    assert said in out
    code, out, _ = lstmtool("train", data, *QUICK, "--json", "-o", tmp_path / "c.h5")
    assert json.loads(out)["surrogates"] is None
    without = read_run(tmp_path / "c.h5")
    assert without.null_test is None
    assert_same(replace(read_run(tmp_path / "a.h5"), null_test=None), without)


@pytest.mark.cross_check
def test_trained_blocks_are_compared_with_blocks_as_drawn(lstmtool, data, tmp_path):
    code, _, err = lstmtool("train", data, *QUICK, "-o", tmp_path / "a.h5")
    assert code == 0
    assert "networks that keep their memory blocks as drawn" in err
    checked = read_run(tmp_path / "a.h5")
    assert checked.cross_check is not None
    code, out, _ = lstmtool("report", tmp_path / "a.h5", "--json")
    assert json.loads(out)["confidence"]["check"] == vars(checked.cross_check)
    code, _, err = lstmtool("train", data, *QUICK, "--surrogates", 0, "-o", tmp_path / "b.h5")
    assert "as drawn" not in err
    assert_same(replace(checked, cross_check=None), read_run(tmp_path / "b.h5"))


@pytest.mark.slow
def test_the_recipe_shapes_is_compared_by_default(lstmtool, tmp_path):
    rng, time = np.random.default_rng(0), np.linspace(0, 1, 30)
    bumps = [np.exp(-(((time - c) / 0.1) ** 2)) for c in np.where(np.arange(40) % 2, 0.3, 0.7)]
    write_sequences(tmp_path / "bumps.h5", from_arrays(bumps + rng.normal(0, 0.05, (40, 30))))
    shapes = ("--recipe", "shapes", "--restarts", 6)
    code, out, err = lstmtool("train", "bumps.h5", *shapes, "-o", "a.h5")
    assert code == 0
    assert "19 data sets made from yours without groups" in err
    found = read_run(tmp_path / "a.h5")
    said = f"came up in {found.null_test.as_good} of 19 data sets made from yours without groups."
    assert said in out
    document = json.loads(lstmtool("report", "a.h5", "--json")[1])
    confidence = document["confidence"]
    assert 0.0 <= confidence["gap"] <= 1.0 and 0.0 <= confidence["agreement"] <= 1.0
    assert confidence["surrogates"] == 19
    code, out, _ = lstmtool("train", "bumps.h5", *shapes, "--surrogates", 0, "--json", "-o", "b.h5")
    assert code == 0
    assert json.loads(out)["surrogates"] is None
    assert_same(replace(found, null_test=None), read_run(tmp_path / "b.h5"))


def test_help_shows_every_option_once_under_a_heading(lstmtool):
    code, out, _ = lstmtool("train", "--help")
    assert code == 0
    first = [line for line in out.splitlines() if line and not line.startswith(" ")][1:]
    assert first == [f"{heading}:" for heading in GROUPS]
    named = [name for names in GROUPS.values() for name in names]
    assert sorted(named) == sorted({*named})
    assert {*named} == {p.name for p in command.params if p.name != "data"} | {"help"}
    assert "[DATA]" not in out.partition("Most used:")[2]
    for option in command.params:
        assert option.name == "data" or out.count(f"{option.opts[-1]} ") >= 1


def test_restarts_follow_the_effort_and_the_size_of_the_data(lstmtool, data, tmp_path):
    def restarts(*flags):
        code, out, err = lstmtool("train", *flags, "--recipe", "stationary", "--print-config")
        assert code == 0
        return tomllib.loads(out)["restarts"], err

    assert restarts(data)[0] == 20
    assert restarts(data, "--effort", "low")[0] == 5
    assert restarts(data, "--effort", "low", "--restarts", 3)[0] == 3
    np.save(tmp_path / "long.npy", np.random.default_rng(0).standard_normal((200, 2000)))
    few, err = restarts("long.npy")
    assert few == 4 and "4 restarts instead of 20" in err and "--effort high" in err
    (tmp_path / "c.toml").write_text("restarts = 9\n")
    assert restarts("long.npy", "--config", "c.toml")[0] == 9


def test_few_sequences_get_few_codes(lstmtool, tmp_path):
    waves = np.sin(np.arange(40) / 6) + np.random.default_rng(0).normal(0, 0.1, (40, 40))

    def outputs(n, *flags):
        np.save(tmp_path / "slow.npy", waves[:n])
        code, out, err = lstmtool("train", "slow.npy", *flags, "--print-config")
        assert code == 0, err
        return tomllib.loads(out)["network"]["outputs"]

    assert (outputs(40), outputs(12), outputs(12, "--outputs", 4)) == (3, 2, 4)
    assert outputs(12, "--clusters", 7) == 3
