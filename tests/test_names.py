from typing import get_args

import pytest

from lstmtool import config, names
from lstmtool.experiments import paper as experiments
from lstmtool.kernels import records
from lstmtool.recipes import FROM_SCRATCH, LITERAL_BLOCKS, NETWORKS


@pytest.mark.parametrize(
    ("told", "used"),
    [
        (names.OBJECTIVES, get_args(config.Objective)),
        (names.OBJECTIVES, records.OBJECTIVES),
        (names.OBJECTIVES, FROM_SCRATCH),
        (names.OBJECTIVES, NETWORKS),
        (names.OBJECTIVES, LITERAL_BLOCKS),
        (names.AUGMENTATIONS, get_args(config.Augmentation)),
        (names.AUGMENTATIONS, records.AUGMENTATIONS),
        (names.EXPERIMENTS, experiments.LITERAL_EPOCHS),
    ],
)
def test_every_name_means_something(told, used):
    assert told == tuple(used)
