"""Simple rivals without a network: k-means on raw values, on statistics, on Fourier magnitudes.

Beside them the features that define the artificial groups: they tell how hard a data set is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lstmtool.sequences import Sequences


def raw_values(sequences: Sequences) -> np.ndarray:
    """First steps of every sequence, cut to the shortest: shape (N, T D)."""
    shortest = int(sequences.lengths.min())
    return np.array([s[:shortest].ravel() for s in sequences])


def statistics(sequences: Sequences) -> np.ndarray:
    """Mean, standard deviation and mean absolute difference of every input: shape (N, 3 D)."""
    rows = []
    for s in sequences:
        steps = np.abs(np.diff(s, axis=0)).mean(axis=0) if len(s) > 1 else np.zeros(s.shape[1])
        rows.append(np.concatenate([s.mean(axis=0), s.std(axis=0), steps]))
    return np.array(rows)


def fourier_magnitudes(sequences: Sequences) -> np.ndarray:
    """Magnitudes of the discrete Fourier transform over the shortest length: (N, (T/2 + 1) D)."""
    shortest = int(sequences.lengths.min())
    return np.array([np.abs(np.fft.rfft(s[:shortest], axis=0)).ravel() for s in sequences])


BASELINES: dict[str, Callable[[Sequences], np.ndarray]] = {
    "k-means, raw values": raw_values,
    "k-means, mean, deviation, difference": statistics,
    "k-means, Fourier magnitudes": fourier_magnitudes,
}


def k_means(features: np.ndarray, n_clusters: int, seed: int) -> np.ndarray:
    """Clusters (N,) of standardised features (N, F); unlike BINGO and NEO, told how many."""
    from sklearn.cluster import KMeans
    from sklearn.preprocessing import StandardScaler

    scaled = StandardScaler().fit_transform(features)
    return KMeans(n_clusters, n_init=10, random_state=seed).fit_predict(scaled)


def true_features(sequences: Sequences) -> np.ndarray | None:
    """Mean and variance of every sequence, (N, 2), which define the artificial groups.

    None for sounds: their groups are pitches, which no drawing blurs.
    """
    if sequences.attributes.get("generator") != "artificial":
        return None
    return np.array([[s.mean(), s.var()] for s in sequences])


def nearest_to_own_group(features: np.ndarray, labels: np.ndarray) -> bool:
    """Whether every sequence is nearest to its own group's mean in standardised features (N, F).

    Where one is not, chance has moved it towards another group. Such data are hard to split, though
    not impossible: groups differ in their spread, too.
    """
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    centres = np.array([scaled[labels == k].mean(axis=0) for k in np.unique(labels)])
    distances = ((scaled[:, None] - centres[None]) ** 2).sum(axis=2)
    return bool((np.unique(labels)[distances.argmin(axis=1)] == labels).all())
