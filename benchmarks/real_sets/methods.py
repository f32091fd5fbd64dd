"""Ways of clustering a set: each is fitted without labels and gives clusters of what is scored.

k-means is given the number of groups. BINGO gets as many binary outputs as can tell so many apart,
and the codes that prepare NEO have as many bits; how many of their clusters are used they find.
"""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.real_sets.protocols import HELD_OUT, MERGED, Split
from benchmarks.real_sets.sets import SETS, RealSet
from lstmtool import recipes
from lstmtool.clustering.assign import Assigner
from lstmtool.config import TrainSettings
from lstmtool.data.alignment import find_alignment
from lstmtool.experiments.baselines import raw_values, statistics
from lstmtool.experiments.convolutions import random_convolutions
from lstmtool.training.selection import clusters_of
from lstmtool.training.train import train

BINGO, NEO = "BINGO", "NEO"
EUCLIDEAN, DTW = "k-means", "k-means, DTW"
STATISTICS, CONVOLUTIONS = "k-means, mean, deviation, difference", "k-means, random convolutions"
N_INIT = 10  # starts of k-means, of which the tightest is kept
N_COMPONENTS = 10  # principal components of the convolutions' features

# Less than `lstmtool train` does (20 restarts of 3 trials), so that all runs together take about an
# hour; fewer restarts where sequences are long and many. See the page for how it was settled.
EPOCHS = 0.25  # of the recipe's, in every stage
TRIALS, TRIAL_EPOCHS = 6, 60  # initial networks for every restart, and epochs that tell the best
RESTARTS = {
    MERGED: dict.fromkeys(SETS, 1) | {"BasicMotions": 8},
    HELD_OUT: {
        **dict.fromkeys(("Trace", "JapaneseVowels"), 1),
        **dict.fromkeys(("GunPoint", "ItalyPowerDemand"), 2),
        **{"BasicMotions": 8, "ArrowHead": 3},
    },
}


@dataclass(frozen=True)
class Clustering:
    """Clusters (M,) of the sequences that are scored, and what else is known without labels.

    Parameters
    ----------
    clusters : ndarray of shape (M,)
    known : dict
        Plain numbers and words.
    untrained : ndarray of shape (M,) or None
        Clusters by the untrained control of the run; merged only, since its weights are not kept.
    """

    clusters: np.ndarray
    known: dict[str, Any] = field(default_factory=dict)
    untrained: np.ndarray | None = None


def settings_of(real: RealSet, objective: str, split: Split, seed: int) -> TrainSettings:
    """What `lstmtool train --recipe auto` would do, in fewer epochs and from fewer networks.

    A code of more bits than there are memory cells could not have its bits independent of each
    other, so that there are as many blocks as bits, and two at least, as in the recipe.
    """
    name, bits = find_alignment(split.fitted).recipe, real.n_bits
    nested = recipes.recipe(recipes.default_stages(objective, name), name)
    if objective == "bingo":
        nested = recipes.merge(nested, {"network": {"outputs": bits}})
    elif bits > 2:
        nested = recipes.merge(nested, {"network": {"outputs": bits}})
        nested["stages"] = recipes.preparing_outputs(nested)
    elif bits < 2:
        nested["stages"] = [stage | {"outputs": bits} for stage in nested["stages"]]
    nested["stages"] = [s | {"epochs": round(EPOCHS * s["epochs"])} for s in nested["stages"]]
    changes = {
        "network": {"blocks": (1,) * max(2, bits)},
        "initial": {"trials": TRIALS, "trial_epochs": TRIAL_EPOCHS},
        "restarts": RESTARTS[split.protocol][real.name],
        "seed": seed,
    }
    return recipes.checked(recipes.merge(nested, changes))


def _lstm(objective: str) -> Callable[[RealSet, Split, int], Clustering]:
    def method(real, split, seed):
        settings = settings_of(real, objective, split, seed)
        run = train(split.fitted, settings)
        known = {
            "recipe": find_alignment(split.fitted).recipe,
            "restarts": settings.restarts,
            "score": float(run.restarts["score"][run.chosen]),
            "untrained_score": float(run.restarts["untrained_score"][run.chosen]),
        }
        untrained = None
        if split.protocol == MERGED:
            untrained = clusters_of(run.untrained.net_inputs, settings.stages[-1])
        return Clustering(Assigner(run)(split.scored).clusters, known, untrained)

    return method


def _k_means(features, steps=()):
    """k-means of features, which are a function of sequences, those fitted to, and the seed."""

    def method(real, split, seed):
        model = make_pipeline(
            *(step(split) for step in steps),
            KMeans(real.n_groups, n_init=N_INIT, random_state=seed),
        )
        clusters = model.fit_predict(features(split.fitted, split.fitted, seed))
        if split.protocol == HELD_OUT:
            clusters = model.predict(features(split.scored, split.fitted, seed))
        return Clustering(clusters)

    return method


def _scale(split):
    return StandardScaler()


def _project(split):
    return PCA(min(N_COMPONENTS, len(split.fitted) - 1), svd_solver="full")


def _dtw(real, split, seed):
    """k-means whose distance is dynamic time warping and whose means are barycentres of it."""
    from tslearn.clustering import TimeSeriesKMeans
    from tslearn.utils import to_time_series_dataset

    model = TimeSeriesKMeans(
        real.n_groups, metric="dtw", max_iter=10, max_iter_barycenter=3, random_state=seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        clusters = model.fit_predict(to_time_series_dataset(list(split.fitted)))
        if split.protocol == HELD_OUT:
            clusters = model.predict(to_time_series_dataset(list(split.scored)))
    return Clustering(clusters)


METHODS: dict[str, Callable[[RealSet, Split, int], Clustering]] = {
    BINGO: _lstm("bingo"),
    NEO: _lstm("neo"),
    EUCLIDEAN: _k_means(lambda s, like, seed: raw_values(s, like)),
    DTW: _dtw,
    STATISTICS: _k_means(lambda s, like, seed: statistics(s, like), (_scale,)),
    CONVOLUTIONS: _k_means(random_convolutions, (_scale, _project)),
}


def available() -> list[str]:
    """Names of the methods whose packages are installed."""
    from importlib.util import find_spec

    return [name for name in METHODS if name != DTW or find_spec("tslearn")]


def timed(name: str, real: RealSet, split: Split, seed: int) -> tuple[Clustering, float]:
    """Cluster, and tell the processor time that it took, in seconds."""
    start = time.process_time()
    return METHODS[name](real, split, seed), time.process_time() - start
