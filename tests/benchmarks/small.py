"""A set small enough to cluster in a test."""

import numpy as np

from lstmtool.data.sequences import from_arrays


def parts():
    """A train and a test part, whose headers name the groups in another order."""
    rng = np.random.default_rng(0)
    train = from_arrays(
        rng.normal(size=(6, 20, 1)), labels=np.array([0, 0, 0, 1, 1, 1]), label_names=("a", "b")
    )
    test = from_arrays(
        rng.normal(size=(4, 20, 1)), labels=np.array([0, 1, 1, 0]), label_names=("b", "a")
    )
    return train, test
