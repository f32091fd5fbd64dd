"""Files of sequences that are read block by block."""

import tracemalloc

import h5py
import numpy as np
import pytest

from lstmtool.data.sequences import from_arrays
from lstmtool.errors import DataError
from lstmtool.io import reading
from lstmtool.io.sequences import (
    Fingerprint,
    fingerprint,
    open_sequences,
    read_sequences,
    write_sequences,
)
from tests.builders import assert_same, small_sequences


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data.h5"


@pytest.mark.parametrize("size", [1, 10, 37, 10_000])
@pytest.mark.parametrize("labelled", [True, False])
def test_the_blocks_are_the_sequences_in_order(path, size, labelled):
    data = small_sequences(12, n_inputs=2, labelled=labelled)
    write_sequences(path, data)
    with open_sequences(path) as file:
        blocks = list(file.blocks(size))
        assert len(file) == 12
        assert file.n_inputs == 2
        made = Fingerprint(len(data.values), 2)
        for block in blocks:
            made.add(block.values)
        assert made.text(file.offsets) == fingerprint(data)
    assert all(block.values.size <= size or len(block) == 1 for block in blocks)
    again = from_arrays(
        [s for block in blocks for s in block],
        labels=np.concatenate([block.labels for block in blocks]) if labelled else None,
        label_names=data.label_names,
        names=tuple(name for block in blocks for name in block.names),
        sampling_rate=data.sampling_rate,
        attributes=data.attributes,
    )
    assert_same(again, read_sequences(path))


def test_a_file_larger_than_may_be_loaded_is_read_in_blocks(path, monkeypatch):
    values = np.random.default_rng(0).normal(size=(4000, 250))  # 8 MB
    write_sequences(path, from_arrays(values))
    monkeypatch.setattr(reading, "LARGEST", 1 << 20)
    with pytest.raises(DataError, match="Refused"):
        read_sequences(path)
    tracemalloc.start()
    with open_sequences(path) as file:
        total = sum(block.values.sum() for block in file.blocks(50_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert total == pytest.approx(values.sum())
    assert peak < 2 << 20


@pytest.mark.parametrize(
    ("place", "names", "said"),
    [(4, tuple("abcdef"), r"4 \(e\)"), (5, tuple("abcdef"), r"5 \(f\)"), (5, (), "5")],
)
def test_a_value_that_is_not_finite_is_named_by_its_place_in_the_file(path, place, names, said):
    """In the third block of two sequences, of which it is in the first or the second."""
    arrays = [np.ones(3) for _ in range(6)]
    write_sequences(path, from_arrays(arrays, names=names))
    with h5py.File(path, "a") as file:
        file["values"][place * 3 + 1] = np.nan
    with (
        pytest.raises(DataError, match=rf"sequence {said}, step 1, input 0"),
        open_sequences(path) as file,
    ):
        list(file.blocks(6))


@pytest.mark.parametrize(("place", "offset"), [(2, 0), (0, -1), (3, 10**6), (5, 2**62)])
def test_offsets_that_do_not_rise_are_said(path, place, offset):
    """All else fits together."""
    write_sequences(path, small_sequences())
    with h5py.File(path, "a") as file:
        file["offsets"][place] = offset
    said = r"offsets do not rise from 0 to the number of steps"
    with pytest.raises(DataError, match=said), open_sequences(path):
        pass


def rewritten(path, **datasets):
    write_sequences(path, small_sequences())
    with h5py.File(path, "a") as file:
        for name, (values, options) in datasets.items():
            del file[name]
            file.create_dataset(name, **({"data": values} if values is not None else {}), **options)
    return path


@pytest.mark.parametrize(
    "datasets",
    [
        {"values": (np.ones(9), {})},
        {"values": (np.ones((50, 0)), {})},
        {"values": (np.array([[b"a"]]), {})},
        {"offsets": (np.array([0, 5, 3]), {})},
        {"offsets": (np.array([0, 5]), {})},
        {"offsets": (np.array([0]), {})},
        {"offsets": (np.array([-1, 3]), {})},
        # Nothing stored, petabytes claimed.
        {"values": (None, {"shape": (1 << 50, 1), "dtype": "f8", "chunks": (1024, 1)})},
        {"values": (None, {"shape": (1 << 20, 1), "dtype": "f8", "chunks": (1 << 20, 1),
                           "compression": "gzip"})},
    ],
)  # fmt: skip
def test_hostile_files_are_refused(path, datasets):
    with pytest.raises(DataError), open_sequences(rewritten(path, **datasets)) as file:
        list(file.blocks())
