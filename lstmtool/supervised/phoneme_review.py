"""What a trained network does on the test sentences: confusions, states, who corrects whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lstmtool.data.phonemes import TEST
from lstmtool.errors import DataError, UsageError
from lstmtool.network.topology import Topology
from lstmtool.records.phoneme_review import PhonemeReview, Sentence
from lstmtool.supervised.evaluate import check_fits
from lstmtool.supervised.frame_scores import frame_score, in_batches
from lstmtool.supervised.phoneme_systems import PHONEME_SYSTEMS
from lstmtool.supervised.rules.lstm_batch import BatchSettings, LstmBatch

if TYPE_CHECKING:
    from lstmtool.records.task_run import TaskRun
    from lstmtool.supervised.tasks.phonemes import LoadedPhonemes

SHOWN = 300  # frames of a sentence
UNITS = 5  # of each net whose states are shown
WHO = {
    (True, True, True): "both nets alone are right, and so are they together",
    (True, False, True): "the forward net corrects the backward net",
    (False, True, True): "the backward net corrects the forward net",
    (False, False, True): "right together, though each alone is wrong",
    (True, False, False): "the backward net leads the forward net astray",
    (False, True, False): "the forward net leads the backward net astray",
    (True, True, False): "wrong together, though each alone is right",
    (False, False, False): "wrong alone and together",
}
"""By who is right: the forward net, the backward net, both together."""


def review_record(trained: TaskRun, task: LoadedPhonemes) -> tuple[PhonemeReview, str]:
    """Return what the network of a file does on the test sentences, and what was published.

    Raises
    ------
    DataError
        If the file's network is invalid, or not one for these sentences.
    """
    try:
        topology = Topology.from_dict(trained.topology)
    except (UsageError, TypeError, ValueError) as error:
        raise DataError("The file describes an invalid network.", str(error)) from error
    check_fits(trained, task, topology)
    settings = BatchSettings(1.0, precision="single", threads=2)
    rule = LstmBatch(topology, settings, np.random.default_rng(0))
    rule.parameters[:] = trained.parameters
    published = next(
        (
            f"{system.figure} ({system.source})"
            for system in PHONEME_SYSTEMS.values()
            if system.figure
            and system.n_weights == trained.n_weights
            and _kind(system.topology) == _kind(topology)
            and system.options.get("delay", 0) == task.delay
        ),
        "",
    )
    return review(rule, task, trained.initial_parameters), published


def _kind(topology: Topology) -> tuple[bool, bool, str]:
    return bool(topology.blocks), topology.recurrent, topology.directions


def review(rule: LstmBatch, task: LoadedPhonemes, initial: np.ndarray) -> PhonemeReview:
    """Return what a network does on the test sentences.

    Parameters
    ----------
    initial : ndarray of shape (P,)
        Its weights before training.
    """
    tests, trained = task.frames.of(TEST), rule.parameters.copy()
    rule.parameters[:] = initial
    before = frame_score(rule, task, tests).right
    rule.parameters[:] = trained
    score = frame_score(rule, task, tests)
    both = rule.topology.directions == "both" and not rule.topology.above
    return PhonemeReview(
        task.classes,
        task.frames.pauses,
        score.confusion,
        before,
        who_corrects_whom(rule, task, tests) if both else None,
        sentence(rule, task, int(tests[0])),
    )


def who_corrects_whom(
    rule: LstmBatch, task: LoadedPhonemes, sentences: np.ndarray
) -> dict[str, float]:
    """Return the share of frames by who of the two nets is right, alone and together.

    Alone, the outputs read one net, and in place of the other its mean over all frames.
    """
    parts, wanted = [], []
    for strings in in_batches(task, sentences):
        rows = strings.scored
        forward, backward = (seen.outputs[rows] for seen in rule.hidden_steps(strings))
        weights = rule.topology.views(rule.parameters).output
        n = forward.shape[1]
        parts.append((forward @ weights[:, :n].T, backward @ weights[:, n : 2 * n].T))
        wanted.append(strings.targets[rows].argmax(axis=1))
        bias = weights[:, 2 * n]
    forward, backward = (np.concatenate(own) for own in zip(*parts, strict=True))
    classes = np.concatenate(wanted)
    by_whom = (
        forward + backward.mean(axis=0) + bias,
        forward.mean(axis=0) + backward + bias,
        forward + backward + bias,
    )
    right = np.array([nets.argmax(axis=1) == classes for nets in by_whom])
    return {
        words: float((right == np.array(who)[:, None]).all(axis=0).mean())
        for who, words in WHO.items()
    }


def sentence(rule: LstmBatch, task: LoadedPhonemes, which: int) -> Sentence:
    """Return what the network does in the first frames of a sentence."""
    strings = task.strings(np.array([which]))
    outputs = np.zeros_like(strings.targets)
    rule.run(strings, outputs)
    seen = rule.hidden_steps(strings)
    n = min(SHOWN, len(outputs))
    scored, wanted = strings.scored[:n], strings.targets[:n].argmax(axis=1)
    chosen = outputs[np.arange(n), wanted]
    states = [one.outputs if one.states is None else one.states for one in seen]
    paths = [_path(values, n) for values in states]
    frames = task.frames.sentences
    return Sentence(
        frames.names[which] if frames.names else f"sentence {which}",
        np.where(scored, wanted, -1),
        np.where(scored, outputs[:n].argmax(axis=1), -1),
        np.where(scored, chosen, np.nan),
        ("forward", "backward")[: len(seen)],
        tuple(values[:n, _liveliest(values)] for values in states),
        tuple(path for path, _ in paths),
        tuple(share for _, share in paths),
    )


def _liveliest(values: np.ndarray) -> np.ndarray:
    """Return the columns that vary most, in their order."""
    return np.sort(np.argsort(-values.var(axis=0), kind="stable")[:UNITS])


def _path(values: np.ndarray, n: int) -> tuple[np.ndarray, float]:
    """Return the first n rows along the two directions of most variance, and their share of it."""
    centred = values - values.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    path = left[:, :2] * sizes[:2]
    path = path * np.where(path.sum(axis=0) < 0, -1.0, 1.0)
    if path.shape[1] < 2:
        path = np.concatenate([path, np.zeros((len(path), 1))], axis=1)
    return path[:n], float((sizes[:2] ** 2).sum() / max((sizes**2).sum(), 1e-300))
