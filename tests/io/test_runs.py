import json
from dataclasses import replace

import h5py
import numpy as np
import pytest
import xarray

from lstmtool.errors import DataError
from lstmtool.io.runs import read_run, write_run
from lstmtool.records.run import CrossCheck, NullTest
from tests.builders import assert_same, small_ensemble, small_run

FULL = {
    "provenance": {"host": "a", "seconds": 1.25},
    "notes": ("One.", "Zwei."),
    "names": (),
    "labels": None,
    "label_names": (),
}


@pytest.mark.parametrize(
    "changes",
    [
        *({}, FULL, {"history": {}}, {"source": {}}, {"shared_bits": 1.25}),
        {"null_test": NullTest(1.25, (0.1, 1.0 / 3.0))},
    ],
    ids=str,
)
@pytest.mark.parametrize("objective", ["bingo", "neo", "consistency"])
def test_round_trip(tmp_path, objective, changes):
    run = replace(small_run(objective), **changes)
    write_run(tmp_path / "a.h5", run)
    assert_same(read_run(tmp_path / "a.h5"), run)


@pytest.mark.parametrize("objective", ["bingo", "neo"])
def test_round_trip_of_an_ensemble(tmp_path, objective):
    run = small_ensemble(small_run(objective))
    write_run(tmp_path / "a.h5", run)
    assert_same(read_run(tmp_path / "a.h5"), run)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("restarts", np.array([0, 5]), "a restart 5, of 3"),
        ("restarts", np.array([1, 0]), "not two or more numbers, ascending"),
        ("restarts", np.array([-1, 0]), "not two or more numbers, ascending"),
        ("restarts", np.array([1]), "not two or more numbers, ascending"),
        ("restarts", np.array([], dtype="i8"), "not two or more numbers, ascending"),
        ("restarts", np.array([0.0, 1.0]), "ensemble/restarts"),
        ("scores", np.array([0.0, np.nan]), "ensemble/scores is not finite"),
        ("scores", np.zeros(3), "scores has shape (3,), not (2,)"),
        ("parameters", np.zeros((2, 9)), "parameters has shape (2, 9), not (2, 10)"),
        ("parameters", np.full((2, 10), np.inf), "ensemble/parameters is not finite"),
        ("net_inputs", np.zeros((2, 12, 3)), "net_inputs has shape (2, 12, 3), not (2, 12, 2)"),
        ("net_inputs", np.full((2, 12, 2), 1e300), "ensemble/net_inputs is not finite"),
    ],
)
def test_an_ensemble_that_does_not_fit_is_refused(tmp_path, name, data, message):
    write_run(tmp_path / "a.h5", small_ensemble(small_run()))
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file["ensemble"][name]
        file["ensemble"][name] = data
    with pytest.raises(DataError) as refused:
        read_run(tmp_path / "a.h5")
    assert message in str(refused.value)


@pytest.mark.parametrize("name", ["restarts", "scores", "parameters", "net_inputs"])
def test_an_ensemble_that_lacks_a_part_is_refused(tmp_path, name):
    write_run(tmp_path / "a.h5", small_ensemble(small_run()))
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file["ensemble"][name]
    with pytest.raises(DataError, match=f"{name} is missing"):
        read_run(tmp_path / "a.h5")


def test_a_run_of_an_older_version_does_not_know_what_copies_share(tmp_path):
    write_run(tmp_path / "a.h5", replace(small_run(), shared_bits=1.25))
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        del file.attrs["shared_bits"]
    assert_same(read_run(tmp_path / "a.h5"), small_run())


@pytest.mark.parametrize(
    "text", ["[]", "3", "{}", '{"found": 1, "surrogates": []}', '{"found": "1", "surrogates": [1]}']
)
def test_a_null_test_that_makes_no_sense_is_refused(tmp_path, text):
    write_run(tmp_path / "a.h5", small_run())
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file.attrs["null_test"] = text
    with pytest.raises(DataError, match="null_test"):
        read_run(tmp_path / "a.h5")


def test_a_check_by_other_networks_survives(tmp_path):
    run = replace(small_run(), cross_check=CrossCheck("waveforms", 0.9, 0.25, 3))
    write_run(tmp_path / "a.h5", run)
    assert_same(read_run(tmp_path / "a.h5"), run)
    with h5py.File(tmp_path / "a.h5", "r+") as file:  # as older versions wrote it
        file.attrs["cross_check"] = '{"recipe": "3 outputs", "agreement": 0.9, "gap": 0.25}'
    assert read_run(tmp_path / "a.h5").cross_check == CrossCheck("3 outputs", 0.9, 0.25)


@pytest.mark.parametrize(
    "text",
    [
        "[1, 2]",
        '{"recipe": "shapes", "agreement": 1.0}',
        '{"recipe": "shapes", "agreement": 1.0, "gap": "wide"}',
        '{"recipe": "shapes", "agreement": Infinity, "gap": 0.5}',
        '{"recipe": 3, "agreement": 1.0, "gap": 0.5}',
        '{"recipe": "shapes", "agreement": 1.0, "gap": 0.5, "more": -1}',
        '{"recipe": "shapes", "agreement": 1.0, "gap": 0.5, "more": "many"}',
    ],
)
def test_a_check_that_makes_no_sense_is_refused(tmp_path, text):
    write_run(tmp_path / "a.h5", small_run())
    with h5py.File(tmp_path / "a.h5", "r+") as file:
        file.attrs["cross_check"] = text
    with pytest.raises(DataError, match="cross_check"):
        read_run(tmp_path / "a.h5")


def test_outputs_that_overflowed_survive(tmp_path):
    run = small_run()
    run.after.net_inputs[0, 0] = np.nan
    write_run(tmp_path / "a.h5", run)
    assert_same(read_run(tmp_path / "a.h5"), run)


def test_long_settings_survive(tmp_path):
    run = small_run()
    settings = run.settings.model_copy(update={"stages": run.settings.stages * 300})
    run = replace(run, settings=settings)
    write_run(tmp_path / "a.h5", run)
    assert_same(read_run(tmp_path / "a.h5"), run)


def test_same_bytes_twice(tmp_path):
    for name in ("a.h5", "b.h5"):
        write_run(tmp_path / name, small_run())
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


@pytest.mark.parametrize(
    ("group", "name", "dimensions"),
    [
        ("/", "parameters", ("parameter",)),
        ("/", "lengths", ("sequence",)),
        ("outputs/after", "net_inputs", ("sequence", "output")),
        ("outputs/untrained", "activations", ("sequence", "output")),
        ("history", "objective", ("record",)),
        ("restarts", "finite", ("restart",)),
        ("preprocessing", "matrix", ("feature", "network_input")),
    ],
)
def test_xarray_opens_it_with_named_dimensions(tmp_path, group, name, dimensions):
    write_run(tmp_path / "a.h5", small_run())
    with xarray.open_dataset(tmp_path / "a.h5", engine="h5netcdf", group=group) as opened:
        assert opened[name].dims == dimensions
        assert opened[name].dtype == (bool if name == "finite" else opened[name].dtype)


@pytest.fixture
def spoil(tmp_path):
    """Return a function that changes a good file and says with which message it is refused."""
    write_run(tmp_path / "a.h5", small_run())

    def change_and_read(change):
        with h5py.File(tmp_path / "a.h5", "r+") as file:
            change(file)
        with pytest.raises(DataError, match=r"a\.h5") as caught:
            read_run(tmp_path / "a.h5")
        return str(caught.value)

    return change_and_read


def change_settings(**changes):
    def change(file):
        settings = json.loads(file.attrs["config"])
        file.attrs["config"] = json.dumps(settings | changes)

    return change


def test_unknown_settings_say_that_a_newer_version_is_wanted(spoil):
    message = spoil(change_settings(telepathy=True))
    assert "telepathy: there is no such setting" in message
    assert "written by lstmtool 0.1.0: use that version, or a newer one" in message
    assert len(message.splitlines()) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"restarts": 0}, "restarts: this must be at least 1"),
        ({"stages": []}, "stages: "),
        ({"gradient": "\x1b[31mexact"}, "gradient: this must be 'exact' or 'truncated'"),
        ({"network": {"output_unit": "linear"}}, "objective bingo needs logistic"),
    ],
)
def test_settings_that_make_no_sense_are_refused(spoil, changes, message):
    assert message in spoil(change_settings(**changes))


def set_attribute(node, name, value):
    def change(file):
        file[node].attrs[name] = value

    return change


@pytest.mark.parametrize(
    ("node", "name", "value", "message"),
    [
        ("/", "config", "3", "The settings are invalid"),
        ("/", "config", "null", "The settings are missing"),
        ("/", "chosen", 3, "The chosen restart is 3"),
        ("/", "chosen", -1, "The chosen restart is -1"),
        ("/", "chosen", 0.5, "The chosen restart is 0.5"),
        ("/", "notes", '"a"', "notes is not a JSON list"),
        ("/", "source", "[]", "source is not a JSON object"),
        ("/", "parameter_table", "3", "table of parameters"),
        ("/", "parameter_table", '[["a", [2, 99], 0]]', "'a' extends beyond 10 parameters"),
        ("/", "parameter_table", '[["a", [2], -1]]', "offset -1"),
        ("/", "parameter_table", '[["a", [2.5], 0]]', "shape"),
        ("/", "parameter_table", '[["a", [true], 0]]', "shape"),
        ("/", "parameter_table", '[[["a"], [2], 0]]', "shape"),
        ("history", "columns", "{}", "list of columns"),
        ("history", "columns", "[1]", "list of columns"),
        ("history", "columns", '["../parameters"]', "not a valid name"),
        ("history", "columns", '["/parameters"]', "not a valid name"),
        ("history", "columns", '["telepathy"]', "history/telepathy is missing"),
        ("restarts", "columns", "[]", "The chosen restart is 1"),
        ("preprocessing", "settings", '{"scaling": "log"}', "scaling: "),
    ],
)
def test_odd_attributes_are_refused(spoil, node, name, value, message):
    assert message in spoil(set_attribute(node, name, value))


def set_dataset(name, data):
    def change(file):
        del file[name]
        file[name] = data

    return change


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("parameters", np.full(10, np.nan), "parameters is not finite"),
        ("initial_parameters", np.zeros(9), "initial_parameters has shape (9,), not (10,)"),
        ("preprocessing/matrix", np.zeros((2, 3)), "preprocessing/matrix has shape"),
        ("preprocessing/mean", np.array([0.0, np.inf]), "preprocessing/mean is not finite"),
        ("outputs/after/net_inputs", np.zeros((12, 3)), "outputs/after/net_inputs has shape"),
        ("outputs/before", np.zeros(3), "outputs/before is not a group"),
        ("history/entropy", np.zeros(7), "history/entropy has shape (7,), not (6,)"),
        ("lengths", np.array([], dtype="i8"), "There are no sequences"),
        ("lengths", np.zeros(12, dtype="i8"), "a sequence is empty"),
        ("labels", np.full(12, 9), "A label has no name"),
    ],
)
def test_parts_that_do_not_fit_are_refused(spoil, name, data, message):
    assert message in spoil(set_dataset(name, data))


@pytest.mark.parametrize("name", ["outputs", "history", "parameters", "preprocessing/mean"])
def test_missing_parts_are_named(spoil, name):
    def change(file):
        del file[name]

    assert f"{name} is missing" in spoil(change)
