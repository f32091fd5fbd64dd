"""Label-free scores of a trained network: do altered copies of a sequence share a cluster.

For BINGO and consistency the score is the augmented-code information of the output probabilities;
for NEO, that of the clusters (modes of the outputs' own Parzen density) in which copies fall.
Both are in bits: how much the cluster of one copy tells about the cluster of another.
"""

from __future__ import annotations

import numpy as np

from lstmtool.clusters import binary_codes, parzen_modes
from lstmtool.config import Augmentation, Stage, TrainSettings
from lstmtool.learner import Lanes
from lstmtool.objectives.neo import fit_width


def selection_score(
    parameters: np.ndarray,
    pairs: Lanes,
    settings: TrainSettings,
    rng: np.random.Generator,
    known: tuple[np.ndarray, np.ndarray] | None = None,
) -> float:
    """Score of one network in bits; NaN where its outputs are not finite.

    Parameters
    ----------
    parameters : ndarray of shape (P,)
    pairs : Lanes
        Buffers for two copies per sequence.
    settings : TrainSettings
    rng : numpy.random.Generator
        Draws the copies: give every network the same state, so that all see the same copies.
    known : pair of ndarray, optional
        NEO: net inputs (N, K) and clusters (N,) that the copies are held to; by default those of
        the sequences themselves.
    """
    ways = [copies_stage(settings, way) for way in settings.selection]
    n_pairs = settings.selection_pairs
    if settings.network.output_unit == "logistic":
        return float(np.mean([pairs.information(parameters, w, n_pairs, rng) for w in ways]))
    if known is None:
        outputs = pairs.evaluate(parameters)[0][::2]
        if not np.isfinite(outputs).all():
            return float("nan")
        known = outputs, clusters_of(outputs, settings.stages[-1])
    scores = []
    for way in ways:
        for _ in range(n_pairs):
            copies, _ = pairs.evaluate_copies(parameters, way, rng)
            if not np.isfinite(copies).all():
                return float("nan")
            both = nearest(copies, *known)
            scores.append(shared_bits(both[::2], both[1::2]))
    return float(np.mean(scores))


def clusters_of(net: np.ndarray, stage: Stage) -> np.ndarray:
    """Clusters (N,) of net inputs (N, K) after a stage: binary codes, or modes of their density."""
    if stage.objective == "neo":
        return parzen_modes(net, fit_width(net, stage.width_floor))
    return binary_codes(net > 0)[1]


def copies_stage(settings: TrainSettings, way: Augmentation) -> Stage:
    """How one kind of copies is made for the score, as the settings of a stage."""
    return settings.stages[-1].model_copy(
        update={
            "augmentation": way,
            "crop": settings.selection_crop,
            "noise": settings.selection_noise,
            "block": settings.selection_block,
        }
    )


def nearest(points: np.ndarray, outputs: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Cluster (M,) of the output (N, K) that lies nearest to every point (M, K)."""
    squares = ((points[:, None, :] - outputs[None]) ** 2).sum(axis=2)
    return clusters[np.argmin(squares, axis=1)]


def shared_bits(first: np.ndarray, second: np.ndarray) -> float:
    """Information in bits that two sets of clusters (N,) of the same sequences share.

    The joint distribution is made symmetric first, since the copies have no order.
    """
    n_clusters = int(max(first.max(), second.max())) + 1
    joint = np.zeros((n_clusters, n_clusters))
    np.add.at(joint, (first, second), 0.5 / len(first))
    np.add.at(joint, (second, first), 0.5 / len(first))
    marginal = joint.sum(axis=1)
    filled = joint > 0
    product = np.outer(marginal, marginal)[filled]
    return float((joint[filled] * np.log2(joint[filled] / product)).sum())
