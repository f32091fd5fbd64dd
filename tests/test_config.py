"""The largest numbers that settings take."""

from math import isfinite

import pytest
from pydantic import ValidationError

from lstmtool.config import LARGEST, InitialSettings, NetworkSettings, Stage, TrainSettings


@pytest.mark.parametrize(
    ("settings", "name", "largest", "beyond"),
    [
        (NetworkSettings, "outputs", 4096, 4097),
        (TrainSettings, "restarts", 10**6, 10**6 + 1),
        (InitialSettings, "trials", 10**6, 10**6 + 1),
        (InitialSettings, "trial_epochs", 10**9, 10**9 + 1),
        (Stage, "epochs", 10**9, 10**9 + 1),
        (InitialSettings, "weights", 1e100, 1.1e100),
        (InitialSettings, "input_bias", 1e100, 1.1e100),
        (InitialSettings, "input_bias", -1e100, -1.1e100),
        (Stage, "width_floor", 1e100, 1.1e100),
        (Stage, "rate", 1e308, float("inf")),
    ],
)
def test_the_largest_number_is_taken_and_the_next_is_refused(settings, name, largest, beyond):
    assert getattr(settings(**{name: largest}), name) == largest
    with pytest.raises(ValidationError, match=name):
        settings(**{name: beyond})


def test_products_of_the_largest_are_finite():
    assert isfinite(LARGEST**2)
