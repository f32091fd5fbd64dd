import h5py
import numpy as np
import pytest
import xarray

from lstmtool.data.windows import Windows
from lstmtool.errors import DataError
from lstmtool.io.clusters import Clusters, read_clusters, write_clusters
from tests.builders import assert_same, small_run

RUN = small_run()
BARE = {"outputs": RUN.after.activations, "clusters": np.arange(12)}
FULL = BARE | {
    "codes": (RUN.after.activations > 0.5).astype(np.uint8),
    "density": np.linspace(0, 1, 12),
    "labels": RUN.labels,
    "label_names": RUN.label_names,
    "names": RUN.names,
    "scores": {"ari": 0.5, "nmi": None, "per_node": [0.1, 0.2]},
    "source": {"run": "run.h5"},
}


@pytest.mark.parametrize("parts", [BARE, FULL], ids=["bare", "full"])
def test_round_trip(tmp_path, parts):
    write_clusters(tmp_path / "a.h5", **parts)
    assert_same(read_clusters(tmp_path / "a.h5"), Clusters(**parts))


def test_same_bytes_twice(tmp_path):
    for name in ("a.h5", "b.h5"):
        write_clusters(tmp_path / name, **FULL)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_xarray_opens_it_with_named_dimensions(tmp_path):
    write_clusters(tmp_path / "a.h5", **FULL)
    with xarray.open_dataset(tmp_path / "a.h5", engine="h5netcdf") as opened:
        assert opened["outputs"].dims == opened["codes"].dims == ("sequence", "output")
        assert opened["clusters"].dims == opened["density"].dims == ("sequence",)


def test_parts_that_do_not_fit_are_refused(tmp_path):
    write_clusters(tmp_path / "a.h5", **FULL)
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file["clusters"]
        file["clusters"] = np.arange(11)
    with pytest.raises(DataError, match=r"clusters has shape \(11,\), not \(12,\)"):
        read_clusters(tmp_path / "a.h5")


def test_windows_are_joined_by_recording(tmp_path):
    windows = Windows(("a", "ö"), (20, 9), (9, 3), length=4, hop=2)
    source = {"windows": windows.attribute(), "sampling_rate": 50.0}
    clusters = np.array([3, 3, 0, 3, 3, 3, 3, 3, 3, 0, -1, 0])
    parts = FULL | {"clusters": clusters, "source": source}
    write_clusters(tmp_path / "a.h5", **parts)
    assert_same(read_clusters(tmp_path / "a.h5"), Clusters(**parts))
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["recording"][()].tolist() == [0] * 9 + [1] * 3
        assert file["start"][()].tolist() == windows.start.tolist()
        assert file["end"][()].tolist() == windows.end.tolist()
        group = file["recordings"]
        assert [name.decode() for name in group["names"]] == ["a", "ö"]
        assert group["windows"][()].tolist() == [9, 3]
        assert group["majority"][()].tolist() == [3, 0]
        assert group["numbers"][()].tolist() == [-1, 0, 3]
        np.testing.assert_allclose(group["shares"], [[0, 1 / 9, 8 / 9], [1 / 3, 2 / 3, 0]])
        assert group.attrs["sampling_rate"] == 50.0
    with xarray.open_dataset(tmp_path / "a.h5", group="recordings", engine="h5netcdf") as opened:
        assert opened["shares"].dims == ("recorded", "cluster")


def test_the_rate_of_windows_may_be_unknown(tmp_path):
    windows = Windows(("a",), (12,), (12,), length=1, hop=1)
    write_clusters(tmp_path / "a.h5", **FULL | {"source": {"windows": windows.attribute()}})
    with h5py.File(tmp_path / "a.h5") as file:
        assert file["start"][()].tolist() == list(range(12))
        assert "sampling_rate" not in file["recordings"].attrs


def test_windows_that_do_not_fit_are_left_out(tmp_path):
    windows = Windows(("a",), (20,), (9,), length=4, hop=2)
    write_clusters(tmp_path / "a.h5", **FULL | {"source": {"windows": windows.attribute()}})
    with h5py.File(tmp_path / "a.h5") as file:
        assert "recording" not in file
