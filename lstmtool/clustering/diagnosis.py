"""Warnings about a run, with advice, in plain sentences.

Advice never depends on labels; these add separate sentences on how well the clusters agree with
them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from lstmtool.objectives.clusters import NO_CLUSTER
from lstmtool.records.results import Confidence, Scores
from lstmtool.records.run import Run
from lstmtool.training.output_search import is_narrow

# Thresholds of warnings; ours, not the paper's.
SAME = 0.95  # absolute correlation of two nodes
CONSTANT = 0.01  # standard deviation of a probability
SATURATED = 0.9  # mean abs(2 p - 1) before training
UNBALANCED = 0.15  # fraction on the smaller side of a dichotomy
SHRUNK = 1e-3  # spread after training, relative to before
OFFSET = 1e-6  # spread, relative to the largest output
UNUSED = 0.65  # fraction of the bits that the clusters' sizes carry
UNMOVED = 0.01  # change of the outputs, relative to their spread
LOST, SHARE_LOST = 0.1, 0.3  # drop from the best objective: in nats or bits, and of the gain
SMOOTHED = 20  # objectives, noisy with copies, are averaged over 1/20 of a stage's epochs
EQUAL_ARI, EQUAL_BITS = 0.02, 0.02  # smaller differences do not count
FOUND = 0.8  # adjusted Rand index above which groups count as found
CHANCE = 0.1  # adjusted Rand index below which they do not
SLOWER = "Lower all learning rates (--rate-factor 0.1)."


def diagnose(
    run: Run,
    before: Scores,
    after: Scores,
    untrained: Scores,
    clusters: np.ndarray,
    confidence: Confidence,
    of_one: bool = True,
) -> tuple[str, ...]:
    """Return the warnings about a run, most serious first.

    Parameters
    ----------
    clusters : ndarray of shape (N,)
        Cluster of each sequence after training.
    of_one : bool
        Whether the clusters are of the chosen restart, and not of a consensus.
    """
    coded, hopeful = run.settings.makes_codes, not confidence.nothing_found
    return (
        *_not_finite(run),
        *(() if coded else _collapsed(run)),
        *(_nodes(after, "after training", hopeful) if of_one else ()),
        *(_dichotomies(run, before, after, hopeful) if coded and of_one else ()),
        *_number_of_clusters(run, clusters, after),
        *_more_clusters(run, confidence),
        *(_uneven(run, clusters) if of_one else ()),
        *_overshot(run),
        *_nothing_to_find(run, confidence),
        *_control(run),
        *_unmoved(run),
        *_by_labels(run, after, untrained),
    )


def _not_finite(run: Run) -> Iterator[str]:
    finite = np.isfinite(run.after.activations).all(axis=1)
    if not finite.all():
        yield (
            f"{(~finite).sum()} of {len(finite)} outputs after training are not finite and belong "
            f"to no cluster. {SLOWER}"
        )
    whole = np.asarray(run.restarts.get("finite", True), dtype=bool)
    lost = int((~whole | np.asarray(run.restarts.get("diverged", False), dtype=bool)).sum())
    if lost:
        yield (
            f"{lost} of {len(run.restarts['finite'])} restarts ended with non-finite numbers and "
            f"could not be chosen. {SLOWER}"
        )
    collapsed = np.asarray(run.restarts.get("collapsed", False), dtype=bool)
    if collapsed.any() and not collapsed[run.chosen]:
        yield (
            f"{collapsed.sum()} of {len(run.restarts['finite'])} restarts collapsed: their outputs "
            f"became the same for all sequences. {SLOWER}"
        )


def _collapsed(run: Run) -> Iterator[str]:
    y, start = run.after.activations, run.before.activations
    y, start = (v[np.isfinite(v).all(axis=1)] for v in (y, start))
    if not len(y):
        return
    spread, first = y.std(), start.std() if len(start) else 0.0
    last = run.settings.stages[-1]
    literal = bool(last.record.forms) and last.form == "literal"
    cure = "Use the affine-invariant form of NEO (--form invariant)." if literal else SLOWER
    if (y == y[0]).all():
        yield f"The outputs collapsed: they are the same for all sequences. {cure}"
    elif spread < OFFSET * np.abs(y).max():
        yield (
            f"The outputs collapsed: their spread of {spread:.3g} is negligible compared with "
            f"their size of {np.abs(y).max():.3g}, so clusters may be rounding errors. {cure}"
        )
    elif spread < SHRUNK * first:
        yield (
            f"The outputs collapsed: training shrank their spread from {first:.3g} to "
            f"{spread:.3g}, which lowers the entropy without making clusters. {cure}"
        )


def _fewer(hopeful: bool) -> str:
    """Advise more restarts only if there may be something to find; on noise they mislead."""
    return f"{'more restarts (--restarts), or ' * hopeful}fewer outputs (--outputs)"


def _nodes(scores: Scores, when: str, hopeful: bool) -> Iterator[str]:
    if scores.correlation is None:
        return
    for a, b in itertools.combinations(range(len(scores.correlation)), 2):
        value = scores.correlation[a, b]
        if abs(value) > SAME:
            how = "identical" if value > 0 else "opposite"
            yield (
                f"Nodes {a + 1} and {b + 1} are {how} {when} (correlation {value:+.3f}): "
                f"one of them is redundant. Use {_fewer(hopeful)}."
            )


def _dichotomies(run: Run, before: Scores, after: Scores, hopeful: bool) -> Iterator[str]:
    if after.balance is None:
        return
    spreads = np.nanstd(run.after.activations, axis=0)
    for k, (spread, balance) in enumerate(zip(spreads, after.balance, strict=True), start=1):
        if spread < CONSTANT:
            yield (
                f"Node {k} is constant (standard deviation {spread:.2g}): it carries no "
                f"information. Use {_fewer(hopeful)}."
            )
        elif min(balance, 1 - balance) < UNBALANCED:
            yield (
                f"Node {k} is unbalanced: it is above 1/2 for {balance:.0%} of the sequences. "
                "Check whether the minority are outliers or a rare group; if neither, use "
                f"{_fewer(hopeful)}."
            )
    for k, value in enumerate([] if before.saturation is None else before.saturation, start=1):
        if value > SATURATED:
            yield (
                f"Node {k} was saturated at the start (mean |2p - 1| = {value:.2f}): its slope is "
                f"close to zero, so it hardly learns. {_softer(run)}"
            )


def _softer(run: Run) -> str:
    """Return advice on making the initial network's outputs smaller."""
    cures = ["use smaller initial weights (--initial-weights)"]
    if run.settings.inputs.scaling == "none":
        cures.insert(0, "scale the inputs (--scaling whiten)")
    if run.settings.initial.output_layer == "random":
        cures.insert(0, "start the output layer from the data (--output-layer data)")
    text = ", or ".join(cures)
    return f"{text[0].upper()}{text[1:]}."


def _number_of_clusters(run: Run, clusters: np.ndarray, after: Scores) -> Iterator[str]:
    n_sequences = int((clusters != NO_CLUSTER).sum())
    if after.n_clusters == 1 and is_narrow(run.settings):
        n_outputs = run.settings.network.outputs
        yield (
            "All sequences fell into one cluster. But "
            f"{n_outputs} output{'s find' if n_outputs > 1 else ' finds'} few groups unless they "
            "are of about the same size: leave the number of outputs (--outputs) out."
        )
    elif after.n_clusters == 1 and run.settings.clusters is not None:
        yield (
            f"All sequences fell into one cluster, though {run.settings.clusters} were asked for: "
            "the restarts agree on no such division. Leave --clusters out, to see how many they "
            "find."
        )
    elif after.n_clusters == 1:
        yield (
            "All sequences fell into one cluster: no groups were found, and there may be "
            "none: one group is an answer. If you know better, other inputs, another objective "
            "(--objective) or longer training (--epochs) may show the groups."
        )
    elif after.n_clusters == n_sequences and n_sequences > 4:
        yield (
            f"Each of the {n_sequences} sequences is a cluster by itself: nothing was grouped. "
            "Use more sequences, or fewer outputs (--outputs)."
        )


def _more_clusters(run: Run, confidence: Confidence) -> Iterator[str]:
    check = confidence.check
    if check is not None and check.more:
        by = "" if run.settings.makes_codes else ", and train by BINGO (--objective bingo)"
        yield (
            f"There may be more than these {len(confidence.sizes)} groups: networks with "
            f"{check.recipe} tell {check.more} apart, with a gap between any two. To see them, "
            f"leave the number of outputs (--outputs) out{by}."
        )


def _uneven(run: Run, clusters: np.ndarray) -> Iterator[str]:
    """Warn if cluster sizes are very unequal."""
    sizes = np.unique(clusters, return_counts=True)[1] / len(clusters)
    carried = float(-(sizes * np.log2(sizes)).sum())
    n_nodes = run.after.activations.shape[1]
    if run.settings.makes_codes and 0 < carried < UNUSED * n_nodes:
        yield (
            "The codes are used unevenly: the clusters' sizes carry only "
            f"{carried:.2f} of {n_nodes} bits. Groups may share a code, or differ much in size. "
            "Check whether the sequences of rare codes belong together; if not, use fewer outputs "
            "(--outputs)."
        )
    if not run.settings.makes_codes and 0 < carried < UNUSED * np.log2(len(sizes)):
        yield (
            f"The {len(sizes)} clusters are of very unequal size: together they carry "
            f"{carried:.2f} bits. A few sequences stand apart: check whether they are outliers or "
            "a rare group. If neither, groups may have merged; try other copies (--augment)."
        )


def _overshot(run: Run) -> Iterator[str]:
    """Warn if an objective ends far worse than its best, because steps were too large.

    Output units that are trained alone see other copies in every epoch, and may be lucky with some.
    """
    for number, stage in enumerate(run.settings.stages):
        if stage.trains == "output":
            continue
        values = run.history["objective"][run.history["stage"] == number]
        values = values[np.isfinite(values)] * stage.record.sign
        if len(values) < 2:
            continue
        width = 1 if stage.augmentation == "none" else max(1, len(values) // SMOOTHED)
        smooth = np.convolve(values, np.ones(width) / width, mode="valid")
        best, last = max(values[0], smooth.max()), smooth[-1]
        if best - last > max(LOST, SHARE_LOST * (best - values[0])):
            best, last = stage.record.sign * best, stage.record.sign * last
            yield (
                f"Training overshot: in stage {number + 1} the objective {stage.objective} ended "
                f"at {last:.2f}, after reaching {best:.2f}. {SLOWER}"
            )
            return


def _nothing_to_find(run: Run, confidence: Confidence) -> Iterator[str]:
    asked = run.settings.clusters
    if confidence.word == "low" and confidence.nothing_found and asked is not None:
        yield (
            f"The data may not split into {asked} clusters: {confidence.as_good} of "
            f"{confidence.surrogates} data sets made from yours without groups gave as many that "
            "are as distinct. That says nothing of other numbers: leave --clusters out."
        )
    elif confidence.word == "low" and confidence.nothing_found:
        yield (
            f"There may be nothing to split: {confidence.as_good} of {confidence.surrogates} data "
            "sets made from yours without groups gave clusters as distinct and stable. One group, "
            "or a family that varies continuously, is an answer. More restarts (--restarts) do not "
            "change it: they raise the score even on noise. If you expect groups, give inputs that "
            "show them, longer sequences, or another objective (--objective), number of outputs "
            "(--outputs) or other copies (--augment)."
        )
    elif confidence.word == "low":
        control = "the untrained control" if run.settings.trains_blocks else "k-means"
        yield (
            "Confidence is low: there may be no groups in these data, and the clusters may be due "
            f"to chance. Check whether {control} or simple methods do as well (lstmtool "
            "report --baselines), and train on each half of the sequences: do both runs put all of "
            "them into the same clusters (lstmtool assign)? Only then try "
            "fewer or more outputs (--outputs) or other copies (--augment). More restarts "
            "(--restarts) raise the score even on noise."
        )


def _control(run: Run) -> Iterator[str]:
    """Warn if training the memory blocks did not improve the label-free score."""
    columns = [run.restarts.get(name) for name in ("score", "untrained_score")]
    trained, control = (np.nan if c is None else float(c[run.chosen]) for c in columns)
    if control >= trained - EQUAL_BITS:  # not if one of them is NaN
        yield (
            "The untrained control scores as well or better (selection score "
            f"{control:.2f} bits, trained {trained:.2f}): training only the output layer, with "
            "the initial memory blocks, does as well."
        )


def _by_labels(run: Run, after: Scores, untrained: Scores) -> Iterator[str]:
    """State how the clusters agree with the labels, without advice."""
    trained, control = after.ari, untrained.ari
    if trained is None or control is None:
        return
    if not run.settings.trains_blocks:
        if trained < CHANCE:
            yield (
                "By the labels, the clusters are not the groups (adjusted Rand index "
                f"{trained:.2f}; chance gives 0)."
            )
        return
    agreement = f"adjusted Rand index {trained:.2f}, control {control:.2f}"
    if max(trained, control) < CHANCE:
        yield (
            "By the labels, neither the trained network nor the untrained control found the "
            f"groups ({agreement}; chance gives 0)."
        )
    elif control >= trained - EQUAL_ARI:
        needed = "was not needed" if max(trained, control) >= FOUND else "did not help"
        yield (
            f"By the labels, the untrained control does as well or better ({agreement}): on these "
            f"data training the memory blocks {needed}."
        )


def _unmoved(run: Run) -> Iterator[str]:
    before, after = run.before.activations, run.after.activations
    if before.shape != after.shape or not np.isfinite(before).all() or not np.isfinite(after).all():
        return
    change, spread = np.sqrt(((after - before) ** 2).mean()), before.std(axis=0).max()
    if change <= UNMOVED * spread:
        yield (
            f"Training had no effect: the outputs changed by {change:.2g}, their spread is "
            f"{spread:.2g}. Use more epochs (--epochs) or higher learning rates (--rate-factor 10)."
        )
