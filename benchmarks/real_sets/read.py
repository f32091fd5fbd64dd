"""Reads the two parts of a set, train and test, from the fetched files, or generates them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.real_sets.fetch import CACHE, at, fetch
from benchmarks.real_sets.generated import generate
from benchmarks.real_sets.sets import SETS
from lstmtool.data.sequences import from_arrays
from lstmtool.io.formats.load import load_sequences


def load(name, part="merged", cache=CACHE):
    """Return a set as a list of arrays (T, D) and its labels (N,); what is missing is fetched.

    Parameters
    ----------
    name : str
        A key of `SETS`.
    part : {"merged", "train", "test"}
    """
    real = SETS[name]
    fetch(cache, [real])
    train, test = read(real, cache)
    chosen = {"train": train, "test": test, "merged": merge(train, test)}[part]
    return [np.array(s) for s in chosen], np.array(chosen.labels)


def read(real, cache):
    """Read the train and the test part of a set, both with labels.

    Raises
    ------
    FileError
        If it was not fetched.
    """
    paths = [at(Path(cache), real, member) for member in real.sha256]
    if not paths:
        return generate(real.name, real.n_train, real.n_test)
    if real.name in READERS:
        return READERS[real.name](*paths)
    return tuple(load_sequences(path) for path in paths)


def merge(train, test):
    """Both parts as one set, train first; groups are known by their names."""
    names = tuple(sorted({*train.label_names, *test.label_names}))
    groups = [names.index(part.label_names[k]) for part in (train, test) for k in part.labels]
    return from_arrays([*train, *test], labels=np.array(groups), label_names=names)


def _trace(path):
    parts = [load_sequences(f"{path}:X_{part}") for part in ("train", "test")]
    assert all(part.labels is not None for part in parts), "no y beside X"
    return tuple(replace(part, names=()) for part in parts)


def _spoken_digits(path):
    """The last tenth of the file, which is in random order, is the test part."""
    with np.load(path) as file:
        values, lengths, labels = file["X"], file["lengths"], file["y"]
    digits = np.split(values.astype(float), np.cumsum(lengths)[:-1])
    return _divided(digits, labels, np.arange(len(labels)) < 0.9 * len(labels))


def _shoulder_exercises(path):
    """Subjects 1 to 5 are the train part; pairs of steps are averaged, to 25 Hz."""
    watch = np.load(path, allow_pickle=True).item()  # the checksum has been compared
    halved = [s[: len(s) // 2 * 2].reshape(-1, 2, s.shape[1]).mean(axis=1) for s in watch["X"]]
    return _divided(halved, np.asarray(watch["y"]), np.asarray(watch["subject"]) <= 5)


def _divided(arrays, labels, in_train):
    names = tuple(str(k) for k in np.unique(labels))
    return tuple(
        from_arrays(
            [s for s, yes in zip(arrays, chosen, strict=True) if yes],
            labels=np.array([names.index(str(k)) for k in labels[chosen]]),
            label_names=names,
        )
        for chosen in (in_train, ~in_train)
    )


READERS = {
    "Trace": _trace,
    "SpokenDigits": _spoken_digits,
    "ShoulderExercises": _shoulder_exercises,
}
