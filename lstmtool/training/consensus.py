"""Consensus of the clusters that several networks found in the same sequences.

Pure functions of cluster numbers. Sequences that many members put together belong together
(evidence accumulation; Fred and Jain, 2005): a sample of the sequences is clustered by the share of
the members that put two of them together, with average linkage. Every label of a member then votes
for these clusters by the shares of its sequences of the sample in them, and a sequence, of the
training set or new, belongs to the cluster with the largest mean vote.

Networks may have found several different answers, each stable in itself. Members are therefore
grouped by the adjusted Rand index of what they found, and groups whose consensuses differ are given
beside each other as alternatives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lstmtool.objectives.clusters import NO_CLUSTER

SAMPLE = 2000  # sequences clustered by linkage: memory goes with the square
COMPARED = 500  # of these, the sequences that the number of clusters is determined on
HALVINGS = 10  # random halves of the members that the number of clusters is determined by
MOST_CLUSTERS = 32  # tried, where their number is not told
STABLE = 0.5  # stability below which nothing is split
SIMILAR = 0.5  # adjusted Rand index above which two answers count as one
SHARE = 0.2  # of the members, in the smallest group that counts as an alternative
MOST_ALTERNATIVES = 3
FEW_LABELS = 256  # of which a table is quickly made, whether all of them occur or not


class Votes(NamedTuple):
    """Of one member: its labels (L,), ascending, and their shares (L, C) in the clusters."""

    labels: np.ndarray
    shares: np.ndarray

    def of(self, labels: np.ndarray) -> np.ndarray:
        """Return the votes (N, C) of labels (N,); none for labels without a sequence in the sample.

        The shares of any other label add up to 1.
        """
        at = np.minimum(np.searchsorted(self.labels, labels), len(self.labels) - 1)
        return np.where((self.labels[at] == labels)[:, None], self.shares[at], 0.0)


@dataclass(frozen=True)
class Answer:
    """The consensus of some members.

    Parameters
    ----------
    members : ndarray of shape (M,), int64
        Which of all members.
    votes : tuple of Votes
        One per member.
    ranks : ndarray of shape (C,), int64
        Number of every column of the votes: the largest cluster of the training set is 0.
    clusters : ndarray of shape (N,), int64
        Of the training set.
    confidence : ndarray of shape (N,)
        As `assign` returns it.
    """

    members: np.ndarray
    votes: tuple[Votes, ...]
    ranks: np.ndarray
    clusters: np.ndarray
    confidence: np.ndarray

    def assign(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return clusters and confidence (N,) of sequences with labels (M, N) by the members.

        Returns
        -------
        clusters : ndarray of shape (N,), int64
            With the largest mean vote, the first column of equals; -1 without any vote.
        confidence : ndarray of shape (N,)
            Share of the members whose own most likely cluster for this sequence is the one given;
            NaN without a cluster. A member without a vote does not agree.
        """
        columns, confidence = _elect(self.votes, labels)
        return np.where(columns < 0, NO_CLUSTER, self.ranks[columns]), confidence


def alternatives(labels: np.ndarray, n_clusters: int | None, seed: int) -> tuple[Answer, ...]:
    """Return one to three answers that differ, that of the largest group of members first.

    Groups of members are made by average linkage of the adjusted Rand index between any two, cut at
    `SIMILAR`. A group with at least `SHARE` of all members, and at least two, is an alternative if
    its consensus differs from those of the larger ones, and its members are less than half as much
    like theirs as either are like each other: the consensus of a few uncertain members may differ
    by chance. If there are fewer than two, the consensus of all members is the only answer.

    Parameters
    ----------
    labels : ndarray of shape (M, N), int64
        Clusters by every member; negative where it has none, which must not be everywhere.
    n_clusters : int or None
        None to determine the number of clusters, for each answer.
    seed : int
        Draws the sample.
    """
    everyone = np.arange(len(labels))
    sample = sample_of(labels.shape[1], SAMPLE, seed)
    found: list[Answer] = []
    alike = likeness(labels[:, sample])
    for members in groups_of(alike):
        if len(members) < max(2.0, SHARE * len(labels)):
            continue
        answer = consensus(labels, members, n_clusters, seed)
        if all(_differ(answer, other, alike) for other in found):
            found.append(answer)
    if len(found) < 2:
        return (consensus(labels, everyone, n_clusters, seed),)
    return tuple(found[:MOST_ALTERNATIVES])


def _differ(answer: Answer, other: Answer, alike: np.ndarray) -> bool:
    """Whether two answers differ by more than the members of either do among themselves."""
    within = []
    for members in (answer.members, other.members):
        pairs = alike[np.ix_(members, members)]
        within.append(pairs[np.triu_indices(len(members), 1)].mean())
    between = alike[np.ix_(answer.members, other.members)].mean()
    return bool(
        adjusted_rand(answer.clusters, other.clusters) < SIMILAR and between < 0.5 * min(within)
    )


def likeness(labels: np.ndarray) -> np.ndarray:
    """Return the adjusted Rand index (M, M) of any two members with labels (M, N)."""
    n_members = len(labels)
    alike = np.ones((n_members, n_members))
    for a in range(n_members):
        for b in range(a):
            alike[a, b] = alike[b, a] = adjusted_rand(labels[a], labels[b])
    return alike


def groups_of(alike: np.ndarray) -> list[np.ndarray]:
    """Return groups of members that found similar clusters, largest first.

    Parameters
    ----------
    alike : ndarray of shape (M, M)
        As `likeness` returns it, of two members or more.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    apart = np.maximum(0.0, 1.0 - alike)
    pairs = apart[np.triu_indices(len(apart), 1)]
    found = fcluster(linkage(pairs, "average"), 1.0 - SIMILAR, "distance")
    members = [np.flatnonzero(found == group) for group in np.unique(found)]
    return sorted(members, key=lambda group: (-len(group), group[0]))


def consensus(labels: np.ndarray, members: np.ndarray, n_clusters: int | None, seed: int) -> Answer:
    """Return the consensus of some members; parameters as for `alternatives`."""
    own = labels[members]
    sample = sample_of(own.shape[1], SAMPLE, seed)
    sampled = own[:, sample]
    count = number_of_clusters(sampled, seed) if n_clusters is None else n_clusters
    cut = _cut(_tree(sampled), count)
    votes = tuple(_votes(label, cut) for label in sampled)
    columns, _ = _elect(votes, own)
    elected = np.unique(columns[columns >= 0])
    votes = tuple(Votes(vote.labels, vote.shares[:, elected]) for vote in votes)
    columns, confidence = _elect(votes, own)
    sizes = np.bincount(columns[columns >= 0], minlength=len(elected))
    ranks = np.argsort(np.argsort(-sizes, kind="stable"), kind="stable")
    clusters = np.where(columns < 0, NO_CLUSTER, ranks[columns]) if len(ranks) else columns
    return Answer(members, votes, ranks, clusters, confidence)


def number_of_clusters(labels: np.ndarray, seed: int) -> int:
    """Return the number of clusters that members with labels (M, N) agree on; 1 if on none.

    For every number c up to the largest of a member, the tree of the members is cut into c
    clusters. The c is taken for which the sum is largest of the cut's

    * stability, the mean adjusted Rand index of the cuts of random halves of the members,
    * likeness, a quarter of its mean adjusted Rand index with the members,
    * lifetime, a quarter of the range of shares between which the tree has c clusters,

    and 1 if the stability of this cut is less than `STABLE`. Stability alone prefers few clusters
    if some groups are easily told from all others, and the others break ties towards many. See
    docs/EXPERIMENTS.md for what was measured.
    """
    labels = labels[:, sample_of(labels.shape[1], COMPARED, seed)]
    most = min(MOST_CLUSTERS, max(len(np.unique(own[own >= 0])) for own in labels))
    tree = _tree(labels)
    stable, values = _stability(labels, most, seed), np.full(most + 1, -1.0)
    for c, cut in enumerate(_cuts(tree, most), 2):
        if cut.max() + 1 == c:
            like = np.mean([adjusted_rand(cut, own) for own in labels])
            life = tree[1 - c, 2] - (tree[-c, 2] if c <= len(tree) else 0.0)
            values[c] = stable[c] + 0.25 * (like + life)
    best = int(values.argmax())
    return best if stable[best] >= STABLE else 1


def _stability(labels: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Return how well random halves of the members agree when cut into c clusters, for all c."""
    rng, total = np.random.default_rng(seed), np.zeros(most + 1)
    for _ in range(HALVINGS):
        order = rng.permutation(len(labels))
        halves = np.array_split(order, 2)
        cuts = [_cuts(_tree(labels[half]), most) for half in halves]
        for c, (first, second) in enumerate(zip(*cuts, strict=True), 2):
            if first.any() and second.any():  # one cluster each would agree, but say nothing
                total[c] += adjusted_rand(first, second)
    return total / HALVINGS


def sample_of(n_sequences: int, most: int, seed: int) -> np.ndarray:
    """Return indices, ascending, of a random sample of the sequences; all if these are few."""
    if n_sequences <= most:
        return np.arange(n_sequences)
    return np.sort(np.random.default_rng(seed).choice(n_sequences, most, replace=False))


def co_association(labels: np.ndarray) -> np.ndarray:
    """Return the share (N, N) of the members with labels (M, N) that put two sequences together.

    A member that has no cluster for a sequence puts it with no other.
    """
    n_members, n_sequences = labels.shape
    total = np.zeros((n_sequences, n_sequences), dtype=np.float32)
    for own in labels:
        total += (own[:, None] == own) & (own >= 0)
    np.fill_diagonal(total, n_members)
    return total / n_members


def _tree(labels: np.ndarray) -> np.ndarray:
    from scipy.cluster.hierarchy import linkage

    apart = 1.0 - co_association(labels)
    return linkage(apart[np.triu_indices(len(apart), 1)].astype(float), "average")


def _cut(tree: np.ndarray, n_clusters: int) -> np.ndarray:
    """Return clusters (N,), from 0: at most so many, fewer where sequences cannot be told apart."""
    from scipy.cluster.hierarchy import fcluster

    return fcluster(tree, n_clusters, "maxclust") - 1


def _cuts(tree: np.ndarray, most: int) -> list[np.ndarray]:
    """Return what `_cut` does for each number from 2 to `most`, numbered otherwise.

    SciPy checks the tree anew for every cut, which took a quarter of the time of a small training.
    Here, with sequences in the order of the tree's leaves, every merge joins its clusters at one
    place between two sequences, and a cut separates those places that are joined above its height.
    """
    n = len(tree) + 1
    children, sizes = tree[:, :2].astype(int).tolist(), [1] * n + tree[:, 3].astype(int).tolist()
    start, join = np.zeros(2 * n - 1, dtype=int), np.zeros(n, dtype=int)
    for merge in range(n - 2, -1, -1):
        first, second = children[merge]
        start[first] = start[n + merge]
        start[second] = start[n + merge] + sizes[first]
        join[start[second]] = merge
    heights = np.maximum.accumulate(tree[:, 2])
    above = heights[join]
    cuts = []
    for c in range(2, most + 1):
        height = heights[n - 1 - c] if c < n else -np.inf
        cuts.append(np.append(0, np.cumsum(above[1:] > height))[start[:n]])
    return cuts


def _votes(labels: np.ndarray, clusters: np.ndarray) -> Votes:
    known = labels >= 0
    found, rows = np.unique(labels[known], return_inverse=True)
    counts = np.zeros((len(found), int(clusters.max()) + 1))
    np.add.at(counts, (rows.reshape(-1), clusters[known]), 1.0)
    return Votes(found, counts / counts.sum(axis=1, keepdims=True))


def _elect(votes: tuple[Votes, ...], labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns with the most votes (N,), -1 without any, and the shares that agree."""
    total = np.zeros((labels.shape[1], votes[0].shares.shape[1]))
    for vote, own in zip(votes, labels, strict=True):
        total += vote.of(own)
    elected = np.where(total.any(axis=1), total.argmax(axis=1), -1)
    agree = np.zeros(labels.shape[1])
    for vote, own in zip(votes, labels, strict=True):
        ballot = vote.of(own)
        agree += ballot.any(axis=1) & (ballot.argmax(axis=1) == elected)
    return elected, np.where(elected < 0, np.nan, agree / len(votes))


def adjusted_rand(first: np.ndarray, second: np.ndarray) -> float:
    """Return the adjusted Rand index of labels (N,), as scikit-learn does, but far faster."""
    rows, columns = _from_zero(first), _from_zero(second)
    width = int(columns.max()) + 1
    joint = np.bincount(rows * width + columns, minlength=(int(rows.max()) + 1) * width)
    table = joint.reshape(-1, width)
    both = int((table**2).sum())
    of_rows, of_columns = (int((table.sum(axis=axis) ** 2).sum()) for axis in (1, 0))
    n, apart_first, apart_second = len(first), of_columns - both, of_rows - both
    together, apart = both - n, n**2 - apart_first - apart_second - both
    if not apart_first and not apart_second:
        return 1.0
    chance = (together + apart_second) * (apart_second + apart)
    chance += (together + apart_first) * (apart_first + apart)
    return 2.0 * (together * apart - apart_second * apart_first) / chance


def _from_zero(labels: np.ndarray) -> np.ndarray:
    """Return labels that are small numbers, some of which may not occur."""
    lowest = labels.min()
    if labels.max() - lowest < FEW_LABELS:
        return np.asarray(labels - lowest)
    return np.unique(labels, return_inverse=True)[1]
