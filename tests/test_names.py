import pytest

from lstmtool import names
from lstmtool.config import Stage
from lstmtool.experiments import paper as experiments
from lstmtool.kernels import records
from lstmtool.objectives import registry


@pytest.mark.parametrize(
    ("told", "used"),
    [
        (records.OBJECTIVES, registry.known()),
        (names.AUGMENTATIONS, records.AUGMENTATIONS),
        (names.EXPERIMENTS, experiments.LITERAL_EPOCHS),
    ],
)
def test_every_name_means_something(told, used):
    assert tuple(told) == tuple(used)


def test_every_kind_of_copies_is_a_setting():
    for name in names.AUGMENTATIONS:
        assert Stage(augmentation=name).augmentation == name
    assert set(names.DEFORMATIONS) < set(names.AUGMENTATIONS)
