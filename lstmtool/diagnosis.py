"""What is wrong with a run and what to change, in plain sentences."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from lstmtool.clusters import NO_CLUSTER
from lstmtool.run import Run
from lstmtool.scores import Confidence, Scores

# Where a number begins to be worth a warning. The thresholds are ours, not the paper's.
SAME = 0.95  # absolute correlation of two nodes
CONSTANT = 0.01  # standard deviation of a probability
SATURATED = 0.9  # mean abs(2 p - 1) before training
UNBALANCED = 0.15  # smaller side of a dichotomy
SHRUNK = 1e-3  # spread after training, relative to before
OFFSET = 1e-6  # spread, relative to the largest output
UNUSED = 0.65  # share of the bits that the sizes of the clusters carry
UNMOVED = 0.01  # change of the outputs, relative to their spread
EQUAL_ARI, EQUAL_BITS = 0.02, 0.02  # differences that do not count
FOUND = 0.8  # adjusted Rand index from which groups count as found
CHANCE = 0.1  # adjusted Rand index that finds nothing


def diagnose(
    run: Run,
    before: Scores,
    after: Scores,
    untrained: Scores,
    clusters: np.ndarray,
    confidence: Confidence,
) -> tuple[str, ...]:
    """Return the warnings of a run, the gravest first; empty if there is nothing to say.

    Parameters
    ----------
    run : Run
    before, after, untrained : Scores
    clusters : ndarray of shape (N,)
        After training.
    confidence : Confidence
    """
    neo = run.settings.objective == "neo"
    return (
        *_not_finite(run),
        *(_collapsed(run) if neo else ()),
        *_nodes(after, "after training"),
        *(() if neo else _dichotomies(run, before, after)),
        *_number_of_clusters(clusters, after),
        *(() if neo else _unused(run, confidence)),
        *_score(confidence),
        *_control(run, after, untrained),
        *_unmoved(run),
    )


def _not_finite(run: Run) -> Iterator[str]:
    finite = np.isfinite(run.after.activations).all(axis=1)
    if not finite.all():
        yield (
            f"{(~finite).sum()} of {len(finite)} outputs after training are not finite and belong "
            "to no cluster. Use lower learning rates (--rate, --output-rate)."
        )
    lost = int((~np.asarray(run.restarts.get("finite", True), dtype=bool)).sum())
    if lost:
        yield (
            f"{lost} of {len(run.restarts['finite'])} restarts ended with non-finite numbers and "
            "could not be chosen. Use lower learning rates (--rate, --output-rate)."
        )


def _collapsed(run: Run) -> Iterator[str]:
    y, start = run.after.activations, run.before.activations
    y, start = (v[np.isfinite(v).all(axis=1)] for v in (y, start))
    if not len(y):
        return
    spread, first = y.std(), start.std() if len(start) else 0.0
    cure = "Use the affine-invariant form of NEO (--form invariant) or lower learning rates."
    if (y == y[0]).all():
        yield f"The outputs collapsed: they are the same for all sequences. {cure}"
    elif spread < OFFSET * np.abs(y).max():
        yield (
            f"The outputs collapsed: their spread of {spread:.3g} is next to nothing beside their "
            f"size of {np.abs(y).max():.3g}, so rounding may make the clusters. {cure}"
        )
    elif spread < SHRUNK * first:
        yield (
            f"The outputs collapsed: training shrank their spread from {first:.3g} to "
            f"{spread:.3g}, which lowers the entropy without making clusters. {cure}"
        )


def _nodes(scores: Scores, when: str) -> Iterator[str]:
    if scores.correlation is None:
        return
    for a, b in itertools.combinations(range(len(scores.correlation)), 2):
        value = scores.correlation[a, b]
        if abs(value) > SAME:
            how = "identical" if value > 0 else "opposite"
            yield (
                f"Nodes {a + 1} and {b + 1} are {how} {when} (correlation {value:+.3f}): "
                "together they tell no more than one of them. Use more restarts (--restarts), "
                "or fewer outputs (--outputs)."
            )


def _dichotomies(run: Run, before: Scores, after: Scores) -> Iterator[str]:
    if after.balance is None:
        return
    spreads = np.nanstd(run.after.activations, axis=0)
    for k, (spread, balance) in enumerate(zip(spreads, after.balance, strict=True), start=1):
        if spread < CONSTANT:
            yield (
                f"Node {k} is constant (standard deviation {spread:.2g}): it tells nothing about "
                "the sequences. Use more restarts (--restarts), or fewer outputs (--outputs)."
            )
        elif min(balance, 1 - balance) < UNBALANCED:
            yield (
                f"Node {k} is unbalanced: it is above 1/2 for {balance:.0%} of the sequences, so "
                "it sets few of them apart. Use more restarts (--restarts), and look for outliers."
            )
    for k, value in enumerate([] if before.saturation is None else before.saturation, start=1):
        if value > SATURATED:
            yield (
                f"Node {k} was saturated at the start (mean |2p - 1| = {value:.2f}): its slope is "
                "close to zero and it hardly learns. Use smaller initial weights "
                "(--initial-weights), and scale the inputs (--scaling whiten)."
            )


def _number_of_clusters(clusters: np.ndarray, after: Scores) -> Iterator[str]:
    n_sequences = int((clusters != NO_CLUSTER).sum())
    if after.n_clusters == 1:
        yield (
            "All sequences fell into one cluster: nothing was told apart. Use more restarts "
            "(--restarts), longer training (--epochs), or other inputs."
        )
    elif after.n_clusters == n_sequences and n_sequences > 4:
        yield (
            f"Each of the {n_sequences} sequences became a cluster by itself: nothing was grouped. "
            "Use more sequences, or fewer outputs (--outputs)."
        )


def _unused(run: Run, confidence: Confidence) -> Iterator[str]:
    n_nodes = run.after.activations.shape[1]
    if 0 < confidence.possible < UNUSED * n_nodes:
        yield (
            "The codes are used unevenly: the sizes of the clusters carry "
            f"{confidence.possible:.2f} of {n_nodes} bits. Groups may share a code. Use more "
            "restarts (--restarts), or fewer outputs (--outputs)."
        )


def _score(confidence: Confidence) -> Iterator[str]:
    if confidence.word == "low":
        yield (
            f"The selection score of {confidence.score:.2f} is far below the "
            f"{confidence.possible:.2f} bits that these clusters could carry: altered copies "
            "of a sequence often fall into another cluster, so the clusters may be chance. Use "
            "more restarts (--restarts), or another augmentation (--augment)."
        )


def _control(run: Run, after: Scores, untrained: Scores) -> Iterator[str]:
    """Say it when the memory blocks' learning made no difference: by labels, else by the score."""
    trained, control = after.ari, untrained.ari
    best = max((ari for ari in (trained, control) if ari is not None), default=None)
    if best is not None and best < CHANCE:
        yield (
            "Neither the trained network nor the untrained control found the groups (adjusted "
            f"Rand index {trained:.2f} and {control:.2f}; chance gives 0). Use more "
            "restarts (--restarts), or another objective (--objective)."
        )
        return
    told = _by_score(run)
    if trained is not None and control is not None:
        told = _by_labels(trained, control)
    if told is not None:
        found = best is not None and best >= FOUND
        yield (
            f"The untrained control does as well or better ({told}): with its initial memory "
            "blocks and a trained output layer alone the network finds as much. On this data the "
            f"learning of the memory blocks {'was not needed' if found else 'did not help'}."
        )


def _by_labels(trained: float, control: float) -> str | None:
    if control < trained - EQUAL_ARI:
        return None
    return f"adjusted Rand index {control:.2f}, trained {trained:.2f}"


def _by_score(run: Run) -> str | None:
    columns = [run.restarts.get(name) for name in ("score", "untrained_score")]
    trained, control = (np.nan if c is None else float(c[run.chosen]) for c in columns)
    if not control >= trained - EQUAL_BITS:  # also if one of them is NaN
        return None
    return f"selection score {control:.2f} bits, trained {trained:.2f}"


def _unmoved(run: Run) -> Iterator[str]:
    before, after = run.before.activations, run.after.activations
    if before.shape != after.shape or not np.isfinite(before).all() or not np.isfinite(after).all():
        return
    change, spread = np.sqrt(((after - before) ** 2).mean()), before.std(axis=0).max()
    if change <= UNMOVED * spread:
        yield (
            f"Training changed nothing: the outputs moved by {change:.2g}, their spread is "
            f"{spread:.2g}. Use more epochs (--epochs) or higher learning rates (--rate)."
        )
