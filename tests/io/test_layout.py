"""What is in every kind of file, name by name: other programs read them by these names."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from lstmtool.io.clusters import write_clusters
from lstmtool.io.phonemes import write_phonemes
from lstmtool.io.runs import write_run
from lstmtool.io.sequences import write_sequences
from lstmtool.io.studies import write_study
from lstmtool.io.sweeps import ENDINGS, csv_text, write_sweep
from lstmtool.io.trained import write_trained
from tests.builders import small_ensemble, small_run, small_sequences
from tests.io.test_clusters import FULL
from tests.io.test_refusals import write_beside
from tests.io.test_studies import study, typical
from tests.io.test_trained import trained
from tests.supervised.phoneme_cases import frames


def sweep():
    def setting(eta, scores, ari):
        options = {"rate": eta, "augment": ["none"]}
        quartiles = {"q1": scores[0], "median": np.mean(scores), "q3": scores[1]}
        summary = {"runs": 2, "diverged": 1, "collapsed": 0, "score": quartiles}
        summary |= {"ari": ari and dict.fromkeys(("q1", "median", "q3"), ari), "nmi": None}
        record = {"score": 1.0, "ari": ari, "nmi": None, "objective": 0.5}
        record |= {"clusters": 2, "outputs": 1, "epochs": 7}
        records = [record, record | {"score": 2.0}]
        return {
            "options": options,
            "command": f"lstmtool train --rate {eta}",
            "summary": summary,
            "records": records,
        }

    settings = [setting(0.1, (1.0, 2.0), None), setting(0.2, (1.5, 3.0), 0.25)]
    return {"plan": {"seeds": [3, 5]}, "tried": ["rate"], "settings": settings}


def layout(path):
    """Lines of all that a file holds, in the order of the names."""
    lines = []

    def type_of(values):
        return "text" if values.dtype.kind in "SO" else str(values.dtype)

    def look(name, thing):
        hidden = ("CLASS", "NAME", "REFERENCE_LIST", "DIMENSION_LIST", "_Netcdf4Dimid")
        for key in sorted(set(thing.attrs) - set(hidden)):
            lines.append(f"{name}@{key}")
        if isinstance(thing, h5py.Dataset) and not thing.is_scale:
            axes = [dim[0].name.rpartition("/")[2] if len(dim) else "-" for dim in thing.dims]
            shape = ", ".join(f"{a} {n}" for a, n in zip(axes, thing.shape, strict=True))
            lines.append(f"{name} ({shape}) {type_of(thing)}")

    with h5py.File(path) as file:
        look("", file)
        file.visititems(look)
    return lines


LAYOUTS = (Path(__file__).parent / "layouts.txt").read_text().strip().split("\n\n")
KINDS = {
    "sequences": lambda path: write_sequences(path, small_sequences()),
    "sequences, with targets": write_beside,
    "sequences, with phonemes": lambda path: write_phonemes(path, frames()),
    "run": lambda path: write_run(path, small_run()),
    "run, with an ensemble": lambda path: write_run(path, small_ensemble(small_run())),
    "clusters": lambda path: write_clusters(path, **FULL),
    "trained": lambda path: write_trained(path, trained()),
    "study": lambda path: write_study(path, study(true_features_ari=0.8), typical()),
    "sweep": lambda path: write_sweep(path, sweep()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_names_axes_and_types_are_as_promised(tmp_path, kind):
    KINDS[kind](tmp_path / "a.h5")
    wanted = next(text.split("\n") for text in LAYOUTS if text.startswith(f"lstmtool-{kind}\n"))
    with h5py.File(tmp_path / "a.h5") as file:
        assert file.attrs["encoding-type"] == wanted[0].split(",")[0].encode()
    assert layout(tmp_path / "a.h5") == wanted[1:]


def test_the_numbers_of_a_sweep(tmp_path):
    write_sweep(tmp_path / "a.H5", sweep())
    with h5py.File(tmp_path / "a.H5") as file:
        assert file["seeds"][()].tolist() == [3, 5]
        assert file["options/rate"][()].tolist() == [b"0.1", b"0.2"]
        assert file["command"][0] == b"lstmtool train --rate 0.1"
        assert [file[name][()].tolist() for name in ("runs", "diverged")] == [[2, 2], [1, 1]]
        assert file["score/median"][()].tolist() == [1.5, 2.25]
        assert file["runs_of/score"][()].tolist() == [[1.0, 2.0], [1.0, 2.0]]
        np.testing.assert_array_equal(file["ari/q3"], [np.nan, 0.25])
        assert json.loads(file.attrs["plan"]) == {"seeds": [3, 5]}


def test_a_sweep_as_text(tmp_path):
    assert ENDINGS == (".h5", ".csv", ".json")
    write_sweep(tmp_path / "a.csv", sweep())
    assert (tmp_path / "a.csv").read_bytes().decode() == csv_text(sweep())
    assert csv_text(sweep()).splitlines() == [
        "rate,runs,diverged,collapsed,score_q1,score_median,score_q3,"
        "ari_q1,ari_median,ari_q3,nmi_q1,nmi_median,nmi_q3,command",
        "0.1,2,1,0,1.0,1.5,2.0,,,,,,,lstmtool train --rate 0.1",
        "0.2,2,1,0,1.5,2.25,3.0,0.25,0.25,0.25,,,,lstmtool train --rate 0.2",
    ]
    write_sweep(tmp_path / "a.json", sweep())
    text = (tmp_path / "a.json").read_text()
    assert json.loads(text) == json.loads(json.dumps(sweep()))
    assert text.startswith('{\n "plan"') and text.endswith("}\n")
