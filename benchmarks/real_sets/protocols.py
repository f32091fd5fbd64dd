"""A set under one of two protocols, which are never mixed: what is fitted, and what is scored."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.real_sets.fetch import at
from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.io.formats.load import load_sequences

MERGED, HELD_OUT = "merged", "train/test"
PROTOCOLS = {
    MERGED: "train and test merged: fitted and scored on all sequences",
    HELD_OUT: "fitted on train, scored on test",
}


class Split(NamedTuple):
    """Sequences to fit, without their labels, and those to score, with them."""

    protocol: str
    fitted: Sequences
    scored: Sequences


def split(train, test, protocol):
    """Put the two parts of a set under a protocol.

    Parameters
    ----------
    train, test : Sequences
        Both with labels.
    protocol : {"merged", "train/test"}
    """
    if protocol not in PROTOCOLS:
        raise ValueError(f"protocol must be one of {list(PROTOCOLS)}, not {protocol!r}")
    if protocol == HELD_OUT:
        return Split(HELD_OUT, train.without_labels(), test)
    whole = merge(train, test)
    return Split(MERGED, whole.without_labels(), whole)


def merge(train, test):
    """Both parts as one set, train first; groups are known by their names."""
    names = tuple(sorted({*train.label_names, *test.label_names}))
    groups = [names.index(part.label_names[k]) for part in (train, test) for k in part.labels]
    return from_arrays([*train, *test], labels=np.array(groups), label_names=names)


def read(real, cache):
    """Read the train and the test part of a set.

    Raises
    ------
    FileError
        If it was not fetched.
    """
    paths = [at(Path(cache), real, member) for member in real.sha256]
    if len(paths) == 2:
        return tuple(load_sequences(path) for path in paths)
    return tuple(_from_npz(paths[0], part) for part in ("train", "test"))


def _from_npz(path, part):
    sequences = load_sequences(f"{path}:X_{part}")
    assert sequences.labels is not None, f"no y_{part} beside X_{part}"
    return replace(sequences, names=())
