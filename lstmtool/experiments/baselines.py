"""Baselines without a network: k-means on raw values, statistics and Fourier magnitudes.

Also random convolutions, and the features that define the artificial groups, which show how hard a
data set is. A feature map takes the sequences and, optionally, the set that fixes its lengths and
scales, so that it can be applied to altered or new sequences.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from lstmtool.data.sequences import Sequences
from lstmtool.experiments.convolutions import random_convolutions

N_COMPONENTS = 10  # principal components kept of the convolution features


def raw_values(sequences: Sequences, like: Sequences | None = None) -> np.ndarray:
    """Return all values (N, T D), resampled linearly to the median length if lengths differ."""
    n_steps = _median_length(sequences if like is None else like)
    return np.array([_resampled(s, n_steps).ravel() for s in sequences])


def statistics(sequences: Sequences, like: Sequences | None = None) -> np.ndarray:
    """Return mean, standard deviation and mean absolute difference of every input: (N, 3 D)."""
    rows = []
    for s in sequences:
        steps = np.abs(np.diff(s, axis=0)).mean(axis=0) if len(s) > 1 else np.zeros(s.shape[1])
        rows.append(np.concatenate([s.mean(axis=0), s.std(axis=0), steps]))
    return np.array(rows)


def fourier_magnitudes(sequences: Sequences, like: Sequences | None = None) -> np.ndarray:
    """Return amplitudes (N, (T/2 + 1) D) of the discrete Fourier transform, T the median length.

    For other lengths they are interpolated linearly at the same frequencies.
    """
    n_steps = _median_length(sequences if like is None else like)
    frequencies = np.fft.rfftfreq(n_steps)
    rows = []
    for s in sequences:
        found = np.abs(np.fft.rfft(s, axis=0)) / len(s)
        own = np.fft.rfftfreq(len(s))
        rows.append(np.concatenate([np.interp(frequencies, own, column) for column in found.T]))
    return np.array(rows)


def _median_length(sequences: Sequences) -> int:
    return int(np.median(sequences.lengths))


def _resampled(values: np.ndarray, n_steps: int) -> np.ndarray:
    if len(values) == n_steps:
        return values
    places = np.linspace(0, len(values) - 1, n_steps)
    columns = (np.interp(places, np.arange(len(values)), column) for column in values.T)
    return np.stack(list(columns), axis=1)


BASELINES: dict[str, Callable[..., np.ndarray]] = {
    "k-means, raw values": raw_values,
    "k-means, mean, deviation, difference": statistics,
    "k-means, Fourier magnitudes": fourier_magnitudes,
}
CONVOLUTIONS = "k-means, random convolutions"


def k_means(features: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    """Return clusters (N,) of standardised features (N, F)."""
    return _pipeline(n_clusters, seed).fit_predict(features)


def _pipeline(n_clusters: int, seed: int, n_components: int | None = None) -> Any:
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    steps = [StandardScaler(), KMeans(n_clusters, n_init=10, random_state=seed)]
    if n_components is not None:
        steps.insert(1, PCA(n_components, svd_solver="full"))
    return make_pipeline(*steps)


class KMeansBaseline:
    """k-means on a feature map, fitted to one set of sequences and applied to others.

    Parameters
    ----------
    name : str
        A key of `BASELINES`, or `CONVOLUTIONS`.
    sequences : Sequences
        Training set.
    """

    def __init__(self, name: str, sequences: Sequences, n_clusters: int, seed: int) -> None:
        self._like, n_components = sequences, None
        self._of: Callable[..., np.ndarray] = BASELINES.get(name, random_convolutions)
        self.features = self._of(sequences, sequences)
        if name == CONVOLUTIONS:
            n_components = min(N_COMPONENTS, len(sequences) - 1)
        self._model = _pipeline(n_clusters, seed, n_components)
        with warnings.catch_warnings():  # about fewer distinct points than clusters
            warnings.simplefilter("ignore")
            self.clusters = self._model.fit_predict(self.features)
        self.scaled = self._model[:-1].transform(self.features)
        """Return standardised features or, if there are many, their principal components."""

    def predict(self, sequences: Sequences) -> np.ndarray:
        """Return the clusters (M,) of other sequences."""
        return self._model.predict(self._of(sequences, self._like))


def true_features(sequences: Sequences) -> np.ndarray | None:
    """Return mean and variance of every sequence, (N, 2), which define the artificial groups.

    None for sounds: their groups are pitches, which do not vary by chance.
    """
    if sequences.attributes.get("generator") != "artificial":
        return None
    return np.array([[s.mean(), s.var()] for s in sequences])


def nearest_to_own_group(features: np.ndarray, labels: np.ndarray) -> bool:
    """Whether every sequence is nearest to its own group's mean in standardised features (N, F).

    One that is not is a stray, nearer to another group by chance. Such data are hard to split,
    though not impossible, since groups also differ in their spread.
    """
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    centres = np.array([scaled[labels == k].mean(axis=0) for k in np.unique(labels)])
    distances = ((scaled[:, None] - centres[None]) ** 2).sum(axis=2)
    return bool((np.unique(labels)[distances.argmin(axis=1)] == labels).all())
