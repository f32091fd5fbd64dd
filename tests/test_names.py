from typing import get_args

import pytest

from lstmtool import config, names
from lstmtool.experiments import paper as experiments
from lstmtool.kernels import records
from lstmtool.objectives import registry


@pytest.mark.parametrize(
    ("told", "used"),
    [
        (records.OBJECTIVES, registry.known()),
        (names.AUGMENTATIONS, get_args(config.Augmentation)),
        (names.AUGMENTATIONS, records.AUGMENTATIONS),
        (names.EXPERIMENTS, experiments.LITERAL_EPOCHS),
    ],
)
def test_every_name_means_something(told, used):
    assert tuple(told) == tuple(used)
