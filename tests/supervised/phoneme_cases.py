"""A few short sentences of made-up features, in which the class of a frame can be told."""

import numpy as np

from lstmtool.data.phonemes import LabelledFrames, default_parts
from lstmtool.data.sequences import Sequences
from lstmtool.supervised.tasks import make

NAMES = ("a", "pau", "s")


def frames(n=10, n_features=3, noise=0.2, seed=0, shuffled=False):
    """Sentences of 5 to 9 frames; feature k is high in class k."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(5, 10, n)
    classes = np.repeat(rng.integers(3, size=lengths.sum()), 2)[: lengths.sum()]
    values = np.eye(3, n_features)[classes] + noise * rng.standard_normal(
        (len(classes), n_features)
    )
    if shuffled:
        classes = rng.permutation(classes)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    names = tuple(f"s{k}" for k in range(n))
    return LabelledFrames(Sequences(values, offsets, names=names), classes, NAMES, default_parts(n))


def task(made=None, **options):
    return make("phonemes", **options).of(frames() if made is None else made)
