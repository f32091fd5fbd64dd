"""The latch, and the latch of one unit, against their definitions."""

import numpy as np
import pytest

from lstmtool.supervised.tasks import make


@pytest.mark.parametrize("name", ["latch", "latch-one-unit"])
def test_noise_follows_three_steps_of_signal_and_the_target_is_at_the_end(name):
    strings = make(name, length=40, noise=0.3).sample(np.random.default_rng(0), 400)
    noise = strings.inputs[:, -1].reshape(400, 40)[:, 3:]
    assert noise.var() == pytest.approx(0.3, rel=0.03)
    assert abs(noise.mean()) < 0.02
    assert (np.flatnonzero(strings.scored) == np.arange(1, 401) * 40 - 1).all()
    assert not strings.targets[~strings.scored].any()


def test_the_signal_tells_the_target():
    strings = make("latch", length=5).sample(np.random.default_rng(1), 300)
    signals = strings.inputs.reshape(300, 5)[:, :3]
    assert (np.abs(signals) == 1.0).all()
    assert (signals == signals[:, :1]).all()
    positive = signals[:, 0] > 0
    assert (strings.targets[strings.scored, 0] == positive).all()
    assert 120 < positive.sum() < 180


def test_every_first_step_of_either_class_has_an_input_of_its_own():
    strings = make("latch-one-unit", length=5).sample(np.random.default_rng(1), 300)
    inputs = strings.inputs.reshape(300, 5, 7)
    positive = strings.targets[strings.scored, 0] > 0
    assert set(strings.targets[strings.scored, 0]) == {0.8, -0.8}
    for classes, own in ((positive, slice(0, 3)), (~positive, slice(3, 6))):
        np.testing.assert_array_equal(
            inputs[classes, :3, own], np.tile(np.eye(3), (classes.sum(), 1, 1))
        )
    assert not inputs[:, 3:, :6].any()
    assert inputs[:, :, :6].sum() == 900
    assert not inputs[:, :3, 6].any()
    assert make("latch-one-unit").symbols[0] == ("+1", "+2", "+3", "-1", "-2", "-3", "noise")
