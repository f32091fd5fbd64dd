"""A set under one of two protocols, which are never mixed: what is fitted, and what is scored."""

from typing import NamedTuple

from benchmarks.real_sets.read import merge
from lstmtool.data.sequences import Sequences

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
