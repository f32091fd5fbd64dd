"""`lstmtool report` of a study: the page that `reproduce` wrote, made again from the file."""

import json
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner

from lstmtool.cli.main import cli
from lstmtool.clustering.assess import assess
from lstmtool.errors import DataError
from lstmtool.experiments.success_rates import pooled_calibration, summarise, without_seconds
from lstmtool.io.pages import is_report_page
from lstmtool.io.studies import read_study, write_study
from lstmtool.jobs.study import command_of, name_and_sounds
from lstmtool.report.study.page import Typical, page
from tests.builders import small_run
from tests.studies import record

KEYS = ("bingo-artificial", "neo-clarinet-shipped")
PLAN = {
    "version": "1.0",
    "seed": 1000,
    "seeds": 3,
    "restarts": 2,
    "experiments": list(KEYS),
    "sounds": ["shipped"],
}
COMMAND = (
    "lstmtool reproduce bingo-artificial neo-clarinet --seeds 3 --seed 1000 --restarts 2 "
    "--sounds shipped -o s.h5"
)


def run_of(objective, seed, n_restarts):
    """A small run whose restarts are those of a record; the literal one has a single one."""
    run = small_run(objective)
    settings = run.settings.model_copy(update={"seed": seed})
    restarts = {"seed": np.arange(n_restarts), "finite": np.ones(n_restarts, dtype=bool)}
    if n_restarts > 1:
        restarts |= {"epochs": np.array([100] * n_restarts)}
    scores = np.array([1.9, 1.4][:n_restarts])
    return replace(run, settings=settings, restarts=restarts | {"score": scores}, chosen=0)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """A study, its typical runs, and its file s.h5."""
    monkeypatch.chdir(tmp_path)
    parts, typical = [], {}
    baselines = {"k-means, raw values": 0.5, "k-means, Fourier magnitudes": 0.25}
    for key in KEYS:
        name, sounds = name_and_sounds(key)
        changes = {"true_features_ari": None} if sounds else {}
        records = [
            record(1000 + k, experiment=key, baselines=baselines, **changes) for k in range(3)
        ]
        records[2]["scores"] = [None, 0.5]
        objective = name.split("-")[0]
        runs = (run_of(objective, 1001, 2), run_of(objective, 1001, 1))
        settings = dict(zip(("stationary", "literal"), runs, strict=True))
        parts.append(
            {
                "experiment": key,
                "name": name,
                "sounds": sounds,
                "settings": {k: r.settings.model_dump(mode="json") for k, r in settings.items()},
                "records": records,
                "summary": summarise(records),
            }
        )
        typical[key] = Typical(runs[0], assess(runs[0]), runs[1], assess(runs[1]))
    study = {"plan": PLAN, "experiments": parts, "calibration": pooled_calibration(parts)}
    study = without_seconds(study)
    write_study("s.h5", study, {key: (t.run, t.literal) for key, t in typical.items()})
    return study, typical


def report(*words):
    done = CliRunner().invoke(cli, ["report", "s.h5", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


def test_the_page_is_the_same(made):
    assert report().stdout.splitlines()[-1] == "s.html"
    text = Path("s.html").read_text()
    assert text == page(*made, "s.h5", COMMAND)
    assert is_report_page("s.html", "s.h5")
    assert report().stdout.splitlines()[-1] == "s.html"
    assert "The paper's run" not in text  # these runs have three groups, not four


def test_the_records_are_read_as_they_were(made):
    study, typical = made
    read, outputs = read_study("s.h5")
    for mine, other in zip(read["experiments"], study["experiments"], strict=True):
        assert mine["records"] == other["records"]
        assert mine["settings"] == other["settings"]
    for key, kept in outputs.items():
        np.testing.assert_array_equal(kept.default[1], typical[key].run.after.activations)
        np.testing.assert_array_equal(kept.literal[0], typical[key].literal.before.activations)
        assert kept.labels["names"] == typical[key].run.names


def test_a_study_without_drawings_has_a_page_and_a_document(made):
    study, _ = made
    write_study("s.h5", study, {})
    told = json.loads(report("--json").stdout)
    assert told["experiments"][0]["summary"] == json.loads(
        json.dumps(study["experiments"][0]["summary"])
    )
    assert report("--no-html").stdout.splitlines()[0] == "BINGO, artificial data"
    assert not Path("s.html").exists()
    report()
    assert "A typical data set" not in Path("s.html").read_text()
    assert report("--data", "x.h5").exit_code == 2


def test_commands_name_own_recordings_without_their_folder():
    plan = PLAN | {"sounds": ["own"], "restarts": None, "experiments": ["bingo-clarinet-own"]}
    assert command_of(plan, "s.h5") == (
        "lstmtool reproduce bingo-clarinet --seeds 3 --seed 1000 --from DIR -o s.h5"
    )


def change(path, value):
    with h5py.File("s.h5", "a") as file:
        group, _, name = path.rpartition("/")
        if name in file[group or "/"].attrs:
            file[group or "/"].attrs[name] = np.bytes_(json.dumps(value))
        else:
            del file[path]
            file[path] = value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("plan", {"experiments": []}),
        ("plan", {"experiments": list(KEYS)}),
        ("plan", {"experiments": ["nothing"]}),
        ("bingo-artificial/settings", {"stationary": {}, "literal": {"stages": 3}}),
        ("bingo-artificial/chosen", np.array([0, 9, 0])),
        ("bingo-artificial/control_chosen", np.array([0, -1, 0])),
        ("bingo-artificial/ari", np.zeros((3, 5))),
        ("bingo-artificial/typical/default/before", np.zeros((3, 2))),
    ],
)
def test_a_damaged_study_is_refused(made, path, value):
    change(path, value)
    with pytest.raises(DataError):
        report("--html", "t.html")
    assert not Path("t.html").exists()


def test_drawings_need_labels(made):
    with h5py.File("s.h5", "a") as file:
        del file["bingo-artificial/typical/labels"]
    with pytest.raises(DataError, match="labels"):
        report()
