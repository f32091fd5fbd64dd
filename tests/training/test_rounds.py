"""Restarts in rounds: as many as it takes for two halves of them to agree."""

import numpy as np
import pytest

from lstmtool.data.sequences import from_arrays
from lstmtool.training import rounds
from lstmtool.training.rounds import FIRST, FURTHER, settled
from lstmtool.training.train import train
from tests.training.test_readout import bumps, settings_for

GROUPS = np.arange(30) % 3


def test_members_that_say_the_same_are_settled():
    renamed = np.array([2, 0, 1])[GROUPS]
    assert settled([GROUPS, renamed] * 2, None, 0)
    assert settled([GROUPS, renamed] * 2, 3, 0)
    assert not settled([GROUPS, renamed, GROUPS], None, 0)


def test_members_that_differ_are_not():
    rng = np.random.default_rng(0)
    assert not settled(list(rng.integers(0, 3, (8, 30))), 3, 0)
    halves = np.arange(30) // 15
    assert not settled([GROUPS] * 5 + [halves] * 3, None, 0)  # two answers
    assert not settled([GROUPS, halves] * 4, None, 0)


def test_a_few_uncertain_members_do_not_matter():
    rng = np.random.default_rng(1)
    labels = [np.where(rng.random(30) < 0.1, rng.integers(0, 3, 30), GROUPS) for _ in range(8)]
    assert settled(labels, 3, 0)


def settings(**changes):
    return settings_for(**{"restarts": 16, "clusters": 2, **changes})


def test_further_restarts_are_left_out_once_they_agree():
    sequences, _ = bumps(40, seed=1)
    run = train(sequences, settings())
    assert len(run.restarts["seed"]) == FIRST
    assert f"{FIRST} of 16 restarts were enough: they agree on the clusters." in run.notes
    same = train(sequences, settings(restarts=FIRST), threads=2)
    np.testing.assert_array_equal(run.ensemble.parameters, same.ensemble.parameters)
    np.testing.assert_array_equal(run.parameters, same.parameters)
    every = train(sequences, settings(until_stable=False))
    assert len(every.restarts["seed"]) == 16
    np.testing.assert_array_equal(
        run.ensemble.parameters, every.ensemble.parameters[: len(run.ensemble.parameters)]
    )


@pytest.mark.parametrize("after", [1, 2])
def test_rounds_go_on_until_then(monkeypatch, after):
    looks = []

    def at_last(labels, n_clusters, seed):
        looks.append(len(labels))
        return len(looks) == after + 1

    monkeypatch.setattr(rounds, "settled", at_last)
    noise = from_arrays(list(np.random.default_rng(2).normal(size=(24, 30))))
    run = train(noise, settings())
    assert looks == [FIRST + k * FURTHER for k in range(min(after + 1, 2))]
    assert len(run.restarts["seed"]) == FIRST + after * FURTHER
