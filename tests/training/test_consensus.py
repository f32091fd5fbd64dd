import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster

from lstmtool.objectives.clusters import agreement
from lstmtool.training import consensus as consensus_module
from lstmtool.training.consensus import (
    Votes,
    alternatives,
    co_association,
    consensus,
    groups_of,
    likeness,
    number_of_clusters,
    sample_of,
)
from tests import naive
from tests.builders import assert_same


def planted(groups, n_members, wrong, seed=0, labels=None):
    """Answers that are the groups, each under numbers of its own, but for a share of mistakes."""
    rng = np.random.default_rng(seed)
    n_labels = labels or groups.max() + 1
    made = []
    for _ in range(n_members):
        own = rng.permutation(n_labels)[groups]
        mistaken = rng.random(len(groups)) < wrong
        made.append(np.where(mistaken, rng.integers(0, n_labels, len(groups)), own))
    return np.array(made)


def ari(first, second):
    return agreement(first, second)[0]


THREE = np.repeat([0, 1, 2], [30, 20, 10])


def test_co_association_is_that_of_its_definition():
    labels = np.random.default_rng(0).integers(-1, 3, (5, 12))
    np.testing.assert_allclose(co_association(labels), naive.co_association(labels), rtol=1e-6)


def test_the_adjusted_rand_index_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    for _ in range(300):
        first, other = (rng.integers(-1, rng.integers(1, 6), 20) for _ in range(2))
        second = other if rng.random() < 0.5 else np.where(rng.random(20) < 0.1, 0, first)
        assert consensus_module.adjusted_rand(first, second) == agreement(first, second)[0]


def test_labels_of_any_size_can_be_compared():
    large = np.array([0, 10**15, 10**15, 3])
    assert consensus_module.adjusted_rand(large, np.array([1, 0, 0, 2])) == 1.0


@pytest.mark.parametrize("seed", range(20))
def test_cuts_of_a_tree_are_those_of_scipy(seed):
    """But for their numbers; where clusters merge at one height, both give fewer."""
    rng = np.random.default_rng(seed)
    n, k = rng.integers(3, 40), rng.integers(2, 9)
    labels = rng.integers(k, size=n)
    some = np.where(rng.random((5, n)) < rng.random(), rng.integers(-1, k, (5, n)), labels)
    tree = consensus_module._tree(some)
    cuts = consensus_module._cuts(tree, 32)
    assert len(cuts) == 31
    for c, cut in enumerate(cuts, 2):
        wanted = fcluster(tree, c, "maxclust")
        pairs = set(zip(cut.tolist(), wanted.tolist(), strict=True))
        assert len(pairs) == len(set(wanted)) == cut.max() + 1


def test_votes_are_those_of_their_definition():
    labels = planted(THREE, 7, 0.3)
    labels[2, :5] = -1
    labels[:, 7] = -1
    found = consensus(labels, np.arange(7), 3, 0)
    votes = [dict(zip(v.labels.tolist(), v.shares.tolist(), strict=True)) for v in found.votes]
    new = np.random.default_rng(1).integers(-1, 5, (7, 40))  # 3 and 4 are labels never seen
    for some in (labels, new):
        columns, confidence = naive.elected(votes, some)
        clusters, shares = found.assign(some)
        wanted = [-1 if c < 0 else int(found.ranks[c]) for c in columns]
        assert clusters.tolist() == wanted
        np.testing.assert_allclose(shares, confidence, rtol=1e-12)
    assert_same(found.assign(labels), (found.clusters, found.confidence))
    assert found.clusters[7] == -1 and np.isnan(found.confidence[7])


def test_a_label_votes_by_the_shares_of_its_sequences():
    votes = Votes(np.array([2, 5]), np.array([[0.25, 0.75], [1.0, 0.0]]))
    found = votes.of(np.array([5, 2, 3, -1, 9]))
    assert found.tolist() == [[1, 0], [0.25, 0.75], [0, 0], [0, 0], [0, 0]]


@pytest.mark.parametrize("n_clusters", [3, None])
def test_many_answers_with_mistakes_are_right_together(n_clusters):
    labels = planted(THREE, 20, 0.25)
    (found,) = alternatives(labels, n_clusters, 0)
    assert np.mean([ari(THREE, own) for own in labels]) < 0.6
    assert ari(THREE, found.clusters) == 1.0
    assert found.clusters.tolist() == THREE.tolist()  # the largest is 0
    assert 0.7 < found.confidence.mean() < 0.95
    assert found.members.tolist() == list(range(20))


def test_answers_that_are_the_same_agree_wholly():
    (found,) = alternatives(planted(THREE, 4, 0.0), None, 0)
    assert found.clusters.tolist() == THREE.tolist()
    assert (found.confidence == 1.0).all()


@pytest.mark.parametrize("n_members", [8, 20])
def test_members_may_split_groups_each_in_another_way(n_members):
    groups, rng = np.repeat(np.arange(4), 25), np.random.default_rng(3)
    labels = np.array([2 * groups + rng.integers(0, 2, 100) for _ in range(n_members)])
    assert number_of_clusters(labels, 0) == 4
    (found,) = alternatives(labels, None, 0)
    assert ari(groups, found.clusters) == 1.0


@pytest.mark.parametrize("n_members", [2, 3])
def test_few_members_that_agree(n_members):
    labels = planted(np.arange(60) % 4, n_members, 0.02)
    assert number_of_clusters(labels, 0) == 4


def test_two_splits_are_two_alternatives():
    n = 80
    one, other = np.arange(n) % 2, np.arange(n) // (n // 2)
    labels = np.concatenate([planted(one, 13, 0.02), planted(other, 5, 0.02, seed=1)])
    labels = np.concatenate([labels, np.random.default_rng(2).integers(0, 2, (2, n))])
    first, second = alternatives(labels, 2, 0)
    assert first.members.tolist() == list(range(13))
    assert second.members.tolist() == list(range(13, 18))
    assert ari(one, first.clusters) == ari(other, second.clusters) == 1.0
    assert first.confidence.mean() > 0.95


def test_few_members_of_another_opinion_are_no_alternative():
    one, other = np.arange(80) % 2, np.arange(80) // 40
    labels = np.concatenate([planted(one, 17, 0.02), planted(other, 3, 0.02, seed=1)])
    (found,) = alternatives(labels, 2, 0)
    assert len(found.members) == 20 and ari(one, found.clusters) == 1.0


def test_at_most_three_alternatives():
    splits = [np.arange(96) // 2**k % 2 for k in range(4)]
    labels = np.concatenate([planted(split, 5 - k // 2, 0.0) for k, split in enumerate(splits)])
    assert [len(a.members) for a in alternatives(labels, 2, 0)] == [5, 5, 4]
    assert [len(group) for group in groups_of(likeness(labels))] == [5, 5, 4, 4]


def test_where_nothing_is_agreed_on_there_is_one_cluster():
    labels = np.random.default_rng(0).integers(0, 4, (20, 60))
    (found,) = alternatives(labels, None, 0)
    assert not found.clusters.any() and len(found.ranks) == 1


def test_members_with_one_cluster_each():
    (found,) = alternatives(np.zeros((3, 10), dtype=np.int64), None, 0)
    assert not found.clusters.any()
    (found,) = alternatives(np.zeros((3, 10), dtype=np.int64), 4, 0)
    assert not found.clusters.any()  # what no member tells apart is not divided


def test_sequences_beyond_the_sample_get_their_clusters(monkeypatch):
    monkeypatch.setattr(consensus_module, "SAMPLE", 50)
    groups = np.random.default_rng(0).integers(0, 3, 3000)
    labels = planted(groups, 15, 0.2)
    (found,) = alternatives(labels, 3, 0)
    assert ari(groups, found.clusters) > 0.98
    assert_same(found.assign(labels[:, 100:200])[0], found.clusters[100:200])
    assert (np.diff(np.bincount(found.clusters)) <= 0).all()


def test_the_seed_draws_the_sample():
    assert sample_of(10, 20, 0).tolist() == list(range(10))
    some = sample_of(1000, 20, 1)
    assert len(set(some.tolist())) == 20 and (np.diff(some) > 0).all()
    assert some.tolist() == sample_of(1000, 20, 1).tolist() != sample_of(1000, 20, 2).tolist()


def test_the_same_seed_gives_the_same_answer():
    labels = planted(THREE, 9, 0.4)
    for one, other in zip(
        alternatives(labels, None, 5), alternatives(labels, None, 5), strict=True
    ):
        assert_same((one.clusters, one.confidence), (other.clusters, other.confidence))


def test_the_order_of_members_does_not_matter():
    labels = planted(THREE, 9, 0.2)
    (one,), (other,) = alternatives(labels, 3, 0), alternatives(labels[::-1], 3, 0)
    assert_same(one.clusters, other.clusters)
    np.testing.assert_allclose(one.confidence, other.confidence)
