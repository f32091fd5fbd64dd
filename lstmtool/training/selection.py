"""Label-free scores of a trained network, in bits, by which a restart is selected.

For BINGO and consistency the score is the augmented-code information of the output probabilities:
how much the code of one copy of a sequence says about that of another. For unaltered copies it
measures how balanced and certain the codes are; for altered ones, also how stable. For NEO the
clusters of the copies (modes of the outputs' Parzen density) take the place of the codes. If an
earlier stage made codes, the score is instead how closely the clusters follow these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from lstmtool.config import Augmentation, Stage, TrainSettings
from lstmtool.kernels.records import GO_ON
from lstmtool.names import DEFORMATIONS
from lstmtool.objectives.clusters import binary_codes
from lstmtool.objectives.modes import find_modes, nearest
from lstmtool.training.batch import SequenceBatch
from lstmtool.training.unaltered import Evaluated

DEFORMED = set(DEFORMATIONS)


def selection_score(
    parameters: np.ndarray,
    pairs: SequenceBatch | None,
    settings: TrainSettings,
    rng: np.random.Generator,
    known: tuple[np.ndarray, np.ndarray] | None = None,
    unaltered: Evaluated | None = None,
) -> float:
    """Return the score of one network in bits; NaN if its outputs are not finite.

    Parameters
    ----------
    pairs : SequenceBatch or None
        Buffers for two copies per sequence; None if there are altered copies in none of the ways
        and the others are known.
    rng : numpy.random.Generator
        Draws the copies. Networks to be compared need the same state, to see the same copies.
    known : pair of ndarray, optional
        NEO: net inputs (N, K) and clusters (N,) that copies are compared with; by default those
        of the sequences themselves.
    unaltered : Evaluated, optional
        What the network makes of the unaltered sequences, if it is known; else they run again.
    """
    ways = [copies_stage(settings, way) for way in copy_ways(settings)]
    n_pairs = settings.selection_pairs

    def information(way: Stage) -> float:
        if unaltered is not None and way.augmentation == "none":
            return unaltered.information
        assert pairs is not None
        return pairs.information(parameters, way, n_pairs, rng)

    if settings.network.output_unit == "logistic":
        return float(np.mean([information(way) for way in ways]))
    stop = GO_ON if pairs is None else pairs.batch.stop
    if unaltered is None:
        assert pairs is not None
        outputs = pairs.evaluate(parameters)[0][::2]
    else:
        outputs = unaltered.net
    if not np.isfinite(outputs).all():
        return float("nan")
    if known is None:
        known = outputs, clusters_of(outputs, settings.stages[-1], stop)
    scores = []
    for way in ways:
        for _ in range(n_pairs):
            if way.augmentation == "none":
                copies = np.repeat(outputs, 2, axis=0)
            else:
                assert pairs is not None
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
    unaltered: Evaluated | None = None,
) -> float:
    """Return the bits that the clusters of altered copies share, however restarts are selected.

    This is the mean over `altered_ways`; parameters as for `selection_score`.
    """
    ways = {"selection": altered_ways(settings)}
    settings = settings.model_copy(update=ways)
    return selection_score(parameters, pairs, settings, rng, known, unaltered)


def votes_score(
    parameters: Iterable[np.ndarray],
    pairs: SequenceBatch,
    settings: TrainSettings,
    rng: np.random.Generator,
    vote: Callable[[list[tuple[np.ndarray, np.ndarray]]], np.ndarray],
) -> float:
    """Return the bits that clusters of altered copies share, if several networks vote for them.

    This is the mean over `altered_ways`, as by `copies_score` for one network.

    Parameters
    ----------
    parameters : iterable of ndarray of shape (P,)
        Of the networks, which all see the same copies.
    vote : callable
        From net inputs (2 N, K) and what is read (2 N, R) by each of them to clusters (2 N,), -1
        for none.
    """
    scores = []
    for way in altered_ways(settings):
        stage = copies_stage(settings, way)
        for _ in range(settings.selection_pairs):
            state, seen = rng.bit_generator.state, []
            for flat in parameters:
                rng.bit_generator.state = state
                seen.append(pairs.evaluate_copies(flat, stage, rng))
            clusters = vote(seen) + 1
            scores.append(shared_bits(clusters[::2], clusters[1::2]))
    return float(np.mean(scores))


def copy_ways(settings: TrainSettings) -> tuple[Augmentation, ...]:
    """Return the kinds of copies that the selection uses, or those of `altered_ways` if none."""
    ways = tuple(way for way in settings.selection if way != "codes")
    return ways or altered_ways(settings)


def altered_ways(settings: TrainSettings) -> tuple[Augmentation, ...]:
    """Return kinds of copies: unaltered, and mildly altered in the way of the training."""
    ways = tuple(way for way in settings.selection if way != "codes")
    if set(ways) - {"none"}:
        return ways
    trained = {stage.augmentation for stage in settings.stages}
    deformed = sorted(way for way in trained if way == "shape" or set(way.split("+")) <= DEFORMED)
    known = [way for way in ("shift", "noise", *deformed) if way in trained]
    return ("none", known[0] if known else "crop")


@dataclass(frozen=True)
class Prepared:
    """Codes (N,) of the sequences before NEO, and their information in bits."""

    codes: np.ndarray
    information: float

    @classmethod
    def of(cls, codes: Evaluated) -> Prepared:
        """Return those of a network of logistic output units."""
        return cls(binary_codes(codes.net > 0)[1], codes.information)

    def score(self, clusters: np.ndarray) -> float:
        """Return the mean of the codes' information and their agreement with clusters (N,).

        The agreement is the bits that clusters and codes share, less those that only the clusters
        have: 2 I(clusters; codes) - H(clusters).
        """
        shared = information_between(clusters, self.codes)
        beyond = information_between(clusters, clusters) - shared
        return 0.5 * (self.information + shared - beyond)


def clusters_of(net: np.ndarray, stage: Stage, stop: np.ndarray = GO_ON) -> np.ndarray:
    """Return clusters (N,) of net inputs (N, K): binary codes, or modes of their density."""
    if not stage.record.makes_codes:
        return find_modes(net, stage.width_floor, stop)[1]
    return binary_codes(net > 0)[1]


def copies_stage(settings: TrainSettings, way: Augmentation) -> Stage:
    """Return stage settings that make one kind of copies for the score."""
    return settings.stages[-1].model_copy(
        update={
            "augmentation": way,
            "crop": settings.selection_crop,
            "noise": settings.selection_noise,
            "block": settings.selection_block,
        }
    )


def shared_bits(first: np.ndarray, second: np.ndarray) -> float:
    """Return the bits that the clusters (N,) of two copies of the same sequences share.

    The joint distribution is made symmetric, since the copies have no order.
    """
    both, swapped = np.concatenate([first, second]), np.concatenate([second, first])
    return information_between(both, swapped)


def information_between(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mutual information, in bits, of two clusterings (N,) of the same sequences."""
    joint = np.zeros((int(first.max()) + 1, int(second.max()) + 1))
    np.add.at(joint, (first, second), 1.0 / len(first))
    product = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    filled = joint > 0
    return float((joint[filled] * np.log2(joint[filled] / product[filled])).sum())
