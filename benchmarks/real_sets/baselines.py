"""Clustering without a network, by well-kept packages; every method is given the number of groups.

Inputs are standardised over all steps of the fitted sequences. Methods for sequences of one length
get the others resampled linearly to the median length of the fitted ones; DTW and the features
that are not convolutions take lengths as they are.
"""

import warnings
from functools import partial

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.real_sets.clustering import Clustering
from benchmarks.real_sets.protocols import HELD_OUT
from lstmtool.data.sequences import from_arrays
from lstmtool.experiments.baselines import raw_values, statistics

N_INIT = 10  # starts of k-means, of which the tightest is kept
N_COMPONENTS = 10  # principal components of the convolutions' features
N_STEPS = 10  # to which shorter sequences are resampled for catch22
N_KERNELS = 500  # of MultiRocket, which makes about eight features of each


def standardised(split):
    """Sequences to fit and to score, with inputs of mean 0 and deviation 1 in those to fit."""
    mean, deviation = split.fitted.values.mean(axis=0), split.fitted.values.std(axis=0)
    deviation = np.where(deviation > 0, deviation, 1.0)
    parts = (split.fitted, split.scored)
    return tuple(from_arrays([(s - mean) / deviation for s in part]) for part in parts)


def equal_length(sequences, like):
    """Sequences as an array (N, T, D), T the median length of `like`."""
    return raw_values(sequences, like).reshape(len(sequences), -1, sequences.n_inputs)


def of_features(real, split, seed, features, steps=()):
    """k-means of what `features(fitted, scored, seed)` makes of both parts."""
    fitted, scored = features(*standardised(split), seed)
    k_means = KMeans(real.n_groups, n_init=N_INIT, random_state=seed)
    model = make_pipeline(*(step(len(fitted), seed) for step in steps), k_means)
    return _clusters(model, split, fitted, scored)


def of_shapes(real, split, seed, model, shape=equal_length):
    """Clusters by a model of sequences themselves, made by `model(n_groups, seed)`."""
    fitted, scored = standardised(split)
    return _clusters(
        model(real.n_groups, seed), split, shape(fitted, fitted), shape(scored, fitted)
    )


def _clusters(model, split, fitted, scored):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged, or of few distinct points
        clusters = model.fit_predict(fitted)
        if split.protocol == HELD_OUT:
            clusters = model.predict(scored)
    return Clustering(np.asarray(clusters))


def _values(fitted, scored, seed):
    return raw_values(fitted, fitted), raw_values(scored, fitted)


def _statistics(fitted, scored, seed):
    return statistics(fitted), statistics(scored)


def _multirocket(fitted, scored, seed):
    from aeon.transformations.collection.convolution_based import MultiRocket

    model = MultiRocket(n_kernels=N_KERNELS, random_state=seed)
    first, second = (equal_length(part, fitted).transpose(0, 2, 1) for part in (fitted, scored))
    return model.fit_transform(first), model.transform(second)


def _catch22(fitted, scored, seed):
    """The 22 features of every input, and its mean and deviation.

    Some divide by zero for a sequence of two or three steps, so that short ones are resampled.
    """
    from aeon.transformations.collection.feature_based import Catch22

    model = Catch22(catch24=True, replace_nans=True)
    parts = ([_at_least(N_STEPS, s) for s in part] for part in (fitted, scored))
    return tuple(np.nan_to_num(model.fit_transform(part)) for part in parts)


def _at_least(n_steps, values):
    """An array (T, D) as (D, T), with T at least so many steps, resampled linearly."""
    places = np.linspace(0, len(values) - 1, max(n_steps, len(values)))
    return np.array([np.interp(places, np.arange(len(values)), column) for column in values.T])


def _scale(n_fitted, seed):
    return StandardScaler()


def _project(n_fitted, seed):
    n_components = min(N_COMPONENTS, n_fitted - 1)
    return PCA(n_components, svd_solver="randomized", random_state=seed)


def _dtw(n_groups, seed):
    from tslearn.clustering import TimeSeriesKMeans

    return TimeSeriesKMeans(
        n_groups, metric="dtw", max_iter=10, max_iter_barycenter=3, random_state=seed
    )


def _own_lengths(sequences, like):
    from tslearn.utils import to_time_series_dataset

    return to_time_series_dataset(list(sequences))


def _k_shape(n_groups, seed):
    from tslearn.clustering import KShape

    return KShape(n_groups, random_state=seed)


def _kasba(n_groups, seed):
    from aeon.clustering import KASBA

    return KASBA(n_groups, random_state=seed)


def _inputs_first(sequences, like):
    return np.ascontiguousarray(equal_length(sequences, like).transpose(0, 2, 1))


EUCLIDEAN, DTW, K_SHAPE, KASBA = "k-means", "k-means, DTW", "k-Shape", "KASBA"
STATISTICS, CATCH22 = "mean, deviation, difference", "catch22"
MULTIROCKET = "MultiRocket"
BASELINES = {
    EUCLIDEAN: partial(of_features, features=_values),
    DTW: partial(of_shapes, model=_dtw, shape=_own_lengths),
    K_SHAPE: partial(of_shapes, model=_k_shape),
    KASBA: partial(of_shapes, model=_kasba, shape=_inputs_first),
    STATISTICS: partial(of_features, features=_statistics, steps=(_scale,)),
    CATCH22: partial(of_features, features=_catch22, steps=(_scale,)),
    MULTIROCKET: partial(of_features, features=_multirocket, steps=(_scale, _project)),
}
NEEDS = {
    **dict.fromkeys((DTW, K_SHAPE), "tslearn"),
    **dict.fromkeys((KASBA, CATCH22, MULTIROCKET), "aeon"),
}
