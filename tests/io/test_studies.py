import h5py
import numpy as np
import pytest

from lstmtool.experiments.success_rates import summarise, without_seconds
from lstmtool.io.studies import STUDY, write_study
from tests.builders import small_run
from tests.studies import record


def study(name="bingo-artificial", **changes):
    records = [record(1000), record(1001, scores=[None, 0.5], **changes)]
    part = {
        "experiment": name,
        "name": "bingo-artificial",
        "sounds": None,
        "settings": {"stationary": {}, "literal": {}},
        "records": records,
        "summary": summarise(records),
    }
    return {"plan": {"seed": 1000}, "experiments": [part]}


def typical():
    return {"bingo-artificial": (small_run(), small_run(seed=1))}


def test_what_is_in_the_file(tmp_path):
    write_study(tmp_path / "s.h5", study(true_features_ari=0.8), typical())
    with h5py.File(tmp_path / "s.h5") as file:
        assert file.attrs["encoding-type"].decode() == STUDY
        group = file["bingo-artificial"]
        axes = {"data_set", "restart"}
        assert set(group) - axes == {
            "seed", "recipe", "chosen", "clusters", "possible", "control_chosen", "fresh_ari",
            "literal_ari", "true_features_ari", "splittable", "seconds", "ari", "score",
            "objective", "epochs", "control_ari", "control_score", "baselines", "typical",
        }  # fmt: skip
        np.testing.assert_array_equal(group["seed"], [1000, 1001])
        np.testing.assert_array_equal(group["ari"], [[1.0, 0.5], [1.0, 0.5]])
        np.testing.assert_array_equal(group["score"], [[1.9, 1.4], [np.nan, 0.5]])
        np.testing.assert_array_equal(group["true_features_ari"], [1.0, 0.8])
        np.testing.assert_array_equal(group["seconds"], [2.0, 2.0])
        np.testing.assert_array_equal(group["baselines/k-means, raw values"], [0.5, 0.5])
        assert group["ari"].dims[0][0].name == "/bingo-artificial/data_set"
        drawn = group["typical/default/after"]
        np.testing.assert_array_equal(drawn, small_run().after.activations)
        assert group["typical/labels"].shape == (12,)


def test_equal_studies_give_equal_bytes_and_times_are_left_out(tmp_path):
    quick, slow = study(seconds=1.0), study(seconds=9.0)
    for name, one in (("a.h5", quick), ("b.h5", slow)):
        write_study(tmp_path / name, without_seconds(one), typical())
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()
    write_study(tmp_path / "c.h5", slow, typical())
    assert (tmp_path / "a.h5").read_bytes() != (tmp_path / "c.h5").read_bytes()


def test_the_file_opens_in_xarray(tmp_path):
    xarray = pytest.importorskip("xarray")
    write_study(tmp_path / "s.h5", study(), typical())
    with xarray.open_dataset(
        tmp_path / "s.h5", group="bingo-artificial", engine="h5netcdf"
    ) as found:
        assert found["ari"].dims == ("data_set", "restart")
        assert found["splittable"].dtype == bool


def test_experiments_without_a_typical_data_set(tmp_path):
    write_study(tmp_path / "s.h5", study(), {})
    with h5py.File(tmp_path / "s.h5") as file:
        assert "typical" not in file["bingo-artificial"]
