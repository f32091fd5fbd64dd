"""Records of the results of a finished run."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lstmtool.data.windows import Windows
from lstmtool.records.run import CrossCheck, Outputs


@dataclass(frozen=True)
class Scores:
    """Scores of one set of outputs; None (or an empty array) where one does not apply.

    Parameters
    ----------
    bits_per_node : ndarray of shape (K,) or None
        Binary information gain of every node, at most 1 bit each.
    joint_bits : float or None
        Joint information of all nodes, at most K bits.
    correlation : ndarray of shape (K, K) or None
        Correlation coefficients of the net inputs; NaN for a constant node; None for one node.
    balance : ndarray of shape (K,) or None
        Fraction of the sequences for which the node is above 1/2.
    saturation : ndarray of shape (K,) or None
        Mean of abs(2 p - 1): 0 is undecided, 1 is a node whose slope has vanished.
    entropy : float or None
        Leave-one-out Parzen entropy in nats, in the form that the run used.
    sigma : float or None
        Maximum-likelihood width of the Parzen kernel, in units of the output.
    n_clusters : int or None
        Number of clusters.
    ari, nmi : float or None
        Agreement of the clusters with the groups; None without labels.
    """

    bits_per_node: np.ndarray | None = None
    joint_bits: float | None = None
    correlation: np.ndarray | None = None
    balance: np.ndarray | None = None
    saturation: np.ndarray | None = None
    entropy: float | None = None
    sigma: float | None = None
    n_clusters: int | None = None
    ari: float | None = None
    nmi: float | None = None


@dataclass(frozen=True)
class OutputRange:
    """Range of outputs of a group or, without labels, a cluster.

    Parameters
    ----------
    name : str
        The group's name as stored in the file, or the cluster's code or number.
    index : int
        Position of the group among the label names, or of the cluster among the clusters.
    size : int
        Number of sequences.
    low, high : ndarray of shape (K,)
        NaN if none of the group's outputs is finite.
    clusters : tuple of (str, int)
        The clusters its sequences fell into, largest first, with the number of sequences.
    """

    name: str
    index: int
    size: int
    low: np.ndarray
    high: np.ndarray
    clusters: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Curve:
    """A Parzen density along one output: `density[m]` at `points[m]`, both of shape (M,)."""

    points: np.ndarray
    density: np.ndarray


SIGNIFICANT = 0.05
"""Largest p-value of the test against data without groups that counts as passed."""


@dataclass(frozen=True)
class Confidence:
    """Confidence in the clusters, without labels; see `lstmtool.clustering.confidence`.

    Parameters
    ----------
    word : str
        "high", "moderate", "low" or "unknown".
    score, possible : float
        Selection score of the chosen restart in bits (NaN if there is none), or the mean of those
        behind an answer of the consensus, and its maximum.
    rests_on : str
        What the score is based on: a key of `lstmtool.clustering.confidence.TELLS`.
    sizes : tuple of int
        Sizes of the clusters, largest first.
    carried : float
        Bits that clusters of these sizes can carry.
    shared : float or None
        Bits shared by the clusters of altered copies; None if unknown.
    perfect, trials : int or None
        Number of perfect runs, and of all runs, measured on artificial and clarinet data with such
        a score; None for other data or if too few were measured.
    reasons : tuple of str
        Why confidence is not higher, in plain sentences.
    as_good, surrogates : int or None
        Of how many data sets made from the user's without groups, the number whose clusters were
        at least as distinct and stable; None if that was not tested.
    p_value : float or None
        (1 + as_good) / (1 + surrogates).
    gap, agreement : float or None
        Of a consensus of restarts that trained their output units alone: the smallest gap between
        two clusters (`lstmtool.clustering.gap`), and the mean share of the restarts that agree on a
        sequence's cluster. None for all other runs.
    check : CrossCheck or None
        Whether other networks, whose memory blocks are as drawn, find the same clusters.
    """

    word: str
    score: float
    possible: float
    rests_on: str = "copies"
    sizes: tuple[int, ...] = ()
    carried: float = 0.0
    shared: float | None = None
    perfect: int | None = None
    trials: int | None = None
    reasons: tuple[str, ...] = ()
    as_good: int | None = None
    surrogates: int | None = None
    p_value: float | None = None
    gap: float | None = None
    agreement: float | None = None
    check: CrossCheck | None = None

    @property
    def nothing_found(self) -> bool:
        """Whether data without groups gave clusters as good, or there is but one cluster."""
        failed = bool(self.as_good) and (self.p_value or 0.0) > SIGNIFICANT
        return (failed and self.word == "low") or len(self.sizes) == 1


@dataclass(frozen=True)
class Alternative:
    """One of the answers that many restarts agree on; see `lstmtool.training.consensus`.

    Parameters
    ----------
    restarts : tuple of int
        Numbers of the restarts behind it, counted from 0.
    score : float
        Mean of their selection scores, in bits.
    clusters : ndarray of shape (N,), int64
        Cluster of every sequence, 0 the largest; -1 where no restart has one.
    sizes : tuple of int
        Sizes of the clusters, largest first.
    confidence : ndarray of shape (N,)
        Share of the restarts whose own most likely cluster for a sequence is the one given.
    agreement : float
        Mean of `confidence` over the sequences.
    ari, nmi : float or None
        Agreement of the clusters with the groups; None without labels.
    """

    restarts: tuple[int, ...]
    score: float
    clusters: np.ndarray
    sizes: tuple[int, ...]
    confidence: np.ndarray
    agreement: float
    ari: float | None = None
    nmi: float | None = None


@dataclass(frozen=True)
class Consensus:
    """What the restarts of a run agree on.

    Parameters
    ----------
    alternatives : tuple of Alternative
        One to three, that of most restarts first.
    members : int
        Number of restarts that were compared.
    shown : int
        Which alternative the clusters are of, counted from 1; 0 if those of the chosen restart
        alone are shown.
    """

    alternatives: tuple[Alternative, ...]
    members: int
    shown: int = 1

    @property
    def answer(self) -> Alternative | None:
        """The alternative shown; None for the chosen restart."""
        return self.alternatives[self.shown - 1] if self.shown else None


@dataclass(frozen=True)
class Assessment:
    """All numbers that a report shows.

    Parameters
    ----------
    clusters : ndarray of shape (N,), int64
        Cluster of every sequence after training, of the chosen restart or of the answer of the
        consensus that is shown; -1 if its output is not finite.
    cluster_names : dict of int to str
        Name of every cluster: its binary code, or its number counted from 1.
    codes : ndarray of shape (N, K), uint8, or None
        Binary codes after training; None for NEO and where a consensus is shown.
    density : ndarray of shape (N,) or None
        NEO: Parzen density at every output after training, NaN where the output is not finite.
    curves : dict of str to Curve
        NEO with one output: the densities ``before`` and ``after`` training.
    warnings : tuple of str
        Plain sentences: what is wrong, and what to change.
    consensus : Consensus or None
        None if the run has none. Clusters, their names, number and agreement with the groups and
        the confidence are then those of the answer shown, all else is of the chosen restart.
    """

    before: Scores
    after: Scores
    untrained: Scores
    clusters: np.ndarray
    cluster_names: dict[int, str]
    codes: np.ndarray | None
    density: np.ndarray | None
    ranges: tuple[OutputRange, ...]
    confidence: Confidence
    curves: dict[str, Curve] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    consensus: Consensus | None = None


@dataclass(frozen=True)
class Assignment:
    """Clusters of N, possibly new, sequences.

    Parameters
    ----------
    clusters : ndarray of shape (N,), int64
        Numbered as in the run's report; -1 where an output is not finite.
    cluster_names : dict of int to str
        Name of every cluster that occurs: its binary code, or its number counted from 1.
    confidence : ndarray of shape (N,)
        Between 0 and 1, NaN without a cluster. Codes: probability of the code. NEO: the cluster's
        fraction of the training outputs' Parzen density at this output. Consensus: share of the
        restarts that agree on the cluster. It measures how clearly a
        sequence belongs to one cluster rather than another, not whether it resembles the training
        data at all.
    codes : ndarray of shape (N, K), uint8, or None
        None for NEO.
    density : ndarray of shape (N,) or None
        NEO: Parzen density of the training outputs at every output; it is small if a sequence
        resembles none of the training set, and NaN where the output is not finite.
    alternative : int
        Which answer of the consensus this is, counted from 1; 0 for the chosen restart alone, of
        which the outputs are in either case.
    windows : Windows or None
        Where the sequences lie in the recordings that they were cut from.
    """

    outputs: Outputs
    clusters: np.ndarray
    cluster_names: dict[int, str]
    confidence: np.ndarray
    codes: np.ndarray | None
    density: np.ndarray | None
    alternative: int = 0
    windows: Windows | None = None


@dataclass(frozen=True)
class Rival:
    """Results of a clustering method on the sequences of a run; None where not applicable.

    Parameters
    ----------
    ari, nmi, accuracy : float or None
        Agreement with the groups; None without labels.
    bits : float or None
        Information shared by the clusters of altered copies.
    silhouette : float or None
        In the method's own space, so not comparable between methods; None of a consensus.
    alike : float or None
        Adjusted Rand index with the clusters of the run, if that was compared with k-means on
        its memory cells; None of the run itself.
    """

    name: str
    n_clusters: int
    ari: float | None = None
    nmi: float | None = None
    accuracy: float | None = None
    bits: float | None = None
    silhouette: float | None = None
    alike: float | None = None


@dataclass(frozen=True)
class Comparison:
    """Comparison of a run with simple methods on the same sequences.

    Parameters
    ----------
    rivals : tuple of Rival
        The run first, chance last.
    better : tuple of str
        Names of the methods better than the run by the adjusted Rand index or, without labels, by
        the bits.
    verdict : str
        The result of the comparison, in plain words.
    notes : tuple of str
        How the simple methods were configured.
    """

    rivals: tuple[Rival, ...]
    better: tuple[str, ...]
    verdict: str
    notes: tuple[str, ...]
