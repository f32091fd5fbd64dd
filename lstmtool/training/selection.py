"""Label-free scores of a trained network, in bits: which restart is kept.

For BINGO and consistency the score is the augmented-code information of the output probabilities:
how much the code of one copy of a sequence tells about that of another. Of unaltered copies that
is how balanced and certain the codes are; of altered ones, also how stable. For NEO it is the same
of the clusters (modes of the outputs' own Parzen density) in which copies fall or, where a
preparing stage made codes, how far the clusters keep to these.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lstmtool.config import Augmentation, Stage, TrainSettings
from lstmtool.kernels.records import GO_ON
from lstmtool.objectives.clusters import binary_codes, parzen_modes
from lstmtool.objectives.neo import fit_width
from lstmtool.training.batch import SequenceBatch


def selection_score(
    parameters: np.ndarray,
    pairs: SequenceBatch,
    settings: TrainSettings,
    rng: np.random.Generator,
    known: tuple[np.ndarray, np.ndarray] | None = None,
) -> float:
    """Score of one network in bits; NaN where its outputs are not finite.

    Parameters
    ----------
    pairs : SequenceBatch
        Buffers for two copies per sequence.
    rng : numpy.random.Generator
        Draws the copies: give every network the same state, so that all see the same copies.
    known : pair of ndarray, optional
        NEO: net inputs (N, K) and clusters (N,) that the copies are held to; by default those of
        the sequences themselves.
    """
    ways = [copies_stage(settings, way) for way in copy_ways(settings)]
    n_pairs = settings.selection_pairs
    if settings.network.output_unit == "logistic":
        return float(np.mean([pairs.information(parameters, w, n_pairs, rng) for w in ways]))
    if known is None:
        outputs = pairs.evaluate(parameters)[0][::2]
        if not np.isfinite(outputs).all():
            return float("nan")
        known = outputs, clusters_of(outputs, settings.stages[-1], pairs.batch.stop)
    scores = []
    for way in ways:
        for _ in range(n_pairs):
            copies, _ = pairs.evaluate_copies(parameters, way, rng)
            if not np.isfinite(copies).all():
                return float("nan")
            both = nearest(copies, *known)
            scores.append(shared_bits(both[::2], both[1::2]))
    return float(np.mean(scores))


def copies_score(
    parameters: np.ndarray,
    pairs: SequenceBatch,
    settings: TrainSettings,
    rng: np.random.Generator,
    known: tuple[np.ndarray, np.ndarray] | None = None,
) -> float:
    """Bits that the clusters of altered copies share, whatever the restarts were chosen by.

    The mean over the ways of `altered_ways`, of which one may alter nothing; otherwise as
    `selection_score`.
    """
    ways = {"selection": altered_ways(settings)}
    return selection_score(parameters, pairs, settings.model_copy(update=ways), rng, known)


def copy_ways(settings: TrainSettings) -> tuple[Augmentation, ...]:
    """Return the kinds of copies among the ways of selection; those of `altered_ways` if none."""
    ways = tuple(way for way in settings.selection if way != "codes")
    return ways or altered_ways(settings)


def altered_ways(settings: TrainSettings) -> tuple[Augmentation, ...]:
    """Return kinds of copies some of which are altered, mildly, in the way of the training."""
    ways = tuple(way for way in settings.selection if way != "codes")
    if set(ways) - {"none"}:
        return ways
    trained = {stage.augmentation for stage in settings.stages}
    known = ("shift", "noise", "shape", "warp", "stretch", "scale", "drift")
    altered = next((way for way in known if way in trained), "crop")
    return ("none", altered)  # type: ignore[return-value]


@dataclass(frozen=True)
class Prepared:
    """Codes (N,) of the sequences before NEO, and the information in bits of unaltered copies."""

    codes: np.ndarray
    information: float

    @classmethod
    def of(cls, parameters: np.ndarray, pairs: SequenceBatch) -> Prepared:
        """Take them from a network with logistic output units; `pairs` are two lanes each."""
        net, _ = pairs.evaluate(parameters)
        unaltered = Stage(augmentation="none")
        information = pairs.information(parameters, unaltered, 1, np.random.default_rng(0))
        return cls(binary_codes(net[::2] > 0)[1], information)

    def score(self, clusters: np.ndarray) -> float:
        """Mean of the codes' information and of the bits in which clusters (N,) keep to them.

        These are the bits that clusters and codes share, less those that the clusters have
        beyond: 2 I(clusters; codes) - H(clusters).
        """
        shared = information_between(clusters, self.codes)
        beyond = information_between(clusters, clusters) - shared
        return 0.5 * (self.information + shared - beyond)


def clusters_of(net: np.ndarray, stage: Stage, stop: np.ndarray = GO_ON) -> np.ndarray:
    """Clusters (N,) of net inputs (N, K) after a stage: binary codes, or modes of their density."""
    if not stage.record.makes_codes:
        return parzen_modes(net, fit_width(net, stage.width_floor, stop))
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
    from scipy.spatial import cKDTree

    size = max(np.abs(points).max(), np.abs(outputs).max(), np.finfo(float).tiny)
    return clusters[cKDTree(outputs / size).query(points / size)[1]]


def shared_bits(first: np.ndarray, second: np.ndarray) -> float:
    """Information in bits that two sets of clusters (N,) of the same sequences share.

    The joint distribution is made symmetric first, since the copies have no order.
    """
    both, swapped = np.concatenate([first, second]), np.concatenate([second, first])
    return information_between(both, swapped)


def information_between(first: np.ndarray, second: np.ndarray) -> float:
    """Mutual information in bits of two sets of clusters (N,); of one with itself, its entropy."""
    joint = np.zeros((int(first.max()) + 1, int(second.max()) + 1))
    np.add.at(joint, (first, second), 1.0 / len(first))
    product = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    filled = joint > 0
    return float((joint[filled] * np.log2(joint[filled] / product[filled])).sum())
