from dataclasses import replace

import h5py
import numpy as np
import pytest

from lstmtool.errors import DataError
from lstmtool.io.trained import read_trained, write_trained
from lstmtool.records.task_run import TaskRun


def trained(**changes):
    rng = np.random.default_rng(0)
    values = {
        "task": "anbn",
        "options": {"highest": 5},
        "rule": "lstm",
        "topology": {"blocks": [1], "g": "identity"},
        "settings": {"rate": 1e-5, "input_bias": [-1.0]},
        "update": "sequence",
        "seed": 3,
        "solved": True,
        "sequences": 900,
        "counted": "sequences",
        "figures": {"right to n": 12.0},
        "history": rng.random((4, 3)),
        "initial_parameters": rng.random(6),
        "parameters": rng.random(6),
        "n_weights": 5,
        "parameter_table": [("input_gate", (1, 5), 0), ("output_unit", (1, 1), 5)],
    }
    return TaskRun(**(values | changes))


def same(one, other):
    for name, value in vars(one).items():
        np.testing.assert_equal(getattr(other, name), value, err_msg=name)


def test_what_is_written_is_read(tmp_path):
    for n, changes in enumerate(
        ({}, {"solved": False, "history": np.zeros((0, 3))}, {"provenance": {"host": "here"}})
    ):
        path = tmp_path / f"{n}.h5"
        write_trained(path, trained(**changes))
        same(trained(**changes), read_trained(path))


def test_equal_networks_give_equal_bytes(tmp_path):
    for name in "ab":
        write_trained(tmp_path / name, trained())
    write_trained(tmp_path / "c", replace(trained(), seed=4))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda f: f.attrs.__delitem__("task"), "task"),
        (lambda f: f.attrs.__setitem__("sequences", 0.5), "sequences"),
        (lambda f: f["parameters"].__setitem__(2, np.nan), "finite"),
        (lambda f: f.attrs.__setitem__("encoding-type", "lstmtool-run"), "holds"),
    ],
)
def test_damage_is_said(tmp_path, damage, said):
    path = tmp_path / "a.h5"
    write_trained(path, trained())
    with h5py.File(path, "r+") as file:
        damage(file)
    with pytest.raises(DataError) as error:
        read_trained(path)
    assert said in str(error.value) or "checksum" in str(error.value)
