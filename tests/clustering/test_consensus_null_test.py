"""The null test of a consensus of output units trained alone."""

from dataclasses import replace

import numpy as np
import pytest

from lstmtool.clustering import consensus_null_test as module
from lstmtool.clustering import learned_from
from lstmtool.clustering.answers import answers_of
from lstmtool.clustering.assess import assess
from lstmtool.clustering.consensus_null_test import null_test_of_consensus, sample_to_test
from lstmtool.clustering.evidence import with_evidence
from lstmtool.data.sequences import from_arrays
from lstmtool.records.run import NullTest
from lstmtool.training.null_test import SURROGATES
from lstmtool.training.stage import Stop, Stopped
from lstmtool.training.train import train
from tests.training.test_readout import settings_for

T = np.linspace(0.0, 1.0, 40)


def bumps_at(centres, seed=0):
    rng = np.random.default_rng(seed)
    sequences = [np.exp(-0.5 * ((T - c) / 0.08) ** 2) + rng.normal(0, 0.1, 40) for c in centres]
    return from_arrays(sequences)


def trained(data, **changes):
    network = {"network": {"blocks": (1,) * 20, "outputs": 3}}
    return train(data, settings_for(**({"restarts": 8} | network | changes)))


@pytest.fixture(scope="module")
def grouped():
    """Bumps at two times, and a run on them."""
    data = bumps_at(np.where(np.arange(40) % 2, 0.3, 0.7))
    return data, trained(data)


def test_the_test_depends_on_the_seed_alone(grouped, monkeypatch):
    data, run = grouped
    one = null_test_of_consensus(run, data, 3)
    assert one == null_test_of_consensus(run, data, 3, threads=2)
    assert len(one.surrogates) == 3
    # More surrogates leave those before as they were.
    assert null_test_of_consensus(run, data, 2).surrogates == one.surrogates[:2]
    assert all(0.0 <= value <= 1.0 for value in (one.found, *one.surrogates))
    monkeypatch.setattr(module, "FEWEST_TESTED", 20)
    assert null_test_of_consensus(run, data, 1).surrogates != one.surrogates[:1]


def test_half_of_a_large_set_is_tested():
    sizes = (40, 100, 150, 201, 300, 501, 10_000)
    assert [len(sample_to_test(n, 0)) for n in sizes] == [40, 100, 100, 100, 150, 250, 250]
    assert not np.array_equal(sample_to_test(150, 0), sample_to_test(150, 1))


def test_it_ends_once_confidence_is_low_anyway(grouped, monkeypatch):
    data, run = grouped
    gaps = {0: 0.5, 2: 0.6, 4: 0.6, 9: 0.6}
    monkeypatch.setattr(module, "_gap", lambda *args: gaps.get(number_of(args[3]), 0.1))

    def number_of(rng):
        return max(0, rng.bit_generator.seed_seq.entropy[1] - module.REPEATS)

    test = null_test_of_consensus(run, data, 19)
    assert (len(test.surrogates), test.as_good) == (10, 3)
    assert test == null_test_of_consensus(run, data, 19, threads=3)
    assert assess(replace(run, null_test=test)).confidence.word == "low"
    del gaps[9]
    assert len(null_test_of_consensus(run, data, 19).surrogates) == 19
    gaps |= dict.fromkeys(range(20, 40), 0.6)
    assert len(null_test_of_consensus(run, data, 99).surrogates) == 35  # with 15 as good


def test_the_median_of_several_trainings_on_the_data_counts(grouped, monkeypatch):
    data, run = grouped
    seen, of_data = [], iter([0.0, 0.7, 0.4])

    def gap(training, points, n_clusters, rng, stop):
        seen.append(points)
        return next(of_data, 0.2)

    monkeypatch.setattr(module, "_gap", gap)
    assert null_test_of_consensus(run, data, 2) == NullTest(0.4, (0.2, 0.2))
    assert [len(points) for points in seen] == [4] * 5
    kept = [own.tobytes() for own in run.ensemble.components]
    used = [[kept.index(own.tobytes()) for own in points] for points in seen[:3]]
    assert all(len(set(own)) == 4 for own in used) and used[0] != used[1] != used[2]
    assert not any(own.tobytes() in kept for points in seen[3:] for own in points)


def test_groups_pass_and_are_sure_and_a_family_that_varies_is_not(grouped):
    data, run = grouped
    found = assess(with_evidence(run, data)).confidence
    assert (found.word, found.as_good, found.surrogates) == ("high", 0, SURROGATES)
    assert found.gap > 0.6
    varying = bumps_at(np.linspace(0.2, 0.8, 40))
    found = assess(with_evidence(trained(varying), varying)).confidence
    assert found.word == "low" or len(found.sizes) == 1
    assert found.gap < 0.55


def test_one_cluster_is_not_tested(grouped):
    data, run = grouped
    labels = np.random.default_rng(0).choice([-1.0, 1.0], run.ensemble.net_inputs.shape)
    ensemble = replace(run.ensemble, net_inputs=labels.astype(np.float32))
    run = replace(run, ensemble=ensemble)
    assert len(answers_of(run)[0].ranks) == 1
    told = []
    assert with_evidence(run, data, tell=told.append).null_test is None
    assert not told
    found = assess(run).confidence
    assert (found.word, found.sizes, found.nothing_found) == ("unknown", (40,), True)


def test_a_stop_ends_it(grouped):
    data, run = grouped
    stop = Stop()
    stop.set()
    with pytest.raises(Stopped):
        null_test_of_consensus(run, data, 2, stop=stop)


def test_outputs_that_are_not_finite_have_no_gap(grouped, monkeypatch):
    data, run = grouped

    def lost(network, components, *_):
        return np.full((components.shape[1], 2), np.nan)

    monkeypatch.setattr(learned_from, "trained_on_components", lost)
    assert null_test_of_consensus(run, data, 1).surrogates == (0.0,)
