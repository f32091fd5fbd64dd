"""Windows joined again: what their clusters say of the recordings that they were cut from."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

import numpy as np

from lstmtool.data.windows import Windows


class RecordingClusters(NamedTuple):
    """The clusters of the windows of one recording."""

    name: str
    first: int  # number of its first window among all
    clusters: np.ndarray  # (windows,) in the order of time
    shares: dict[int, float]  # of the windows in every cluster that occurs, largest first
    majority: int  # the cluster of most windows; of equally many, that of higher confidence


def by_recording(
    windows: Windows, clusters: np.ndarray, confidence: np.ndarray | None = None
) -> tuple[RecordingClusters, ...]:
    """Return the clusters of every recording's windows, with their shares and the majority.

    Window k of a recording is number ``first + k``; `windows` has its first and last step.

    Parameters
    ----------
    clusters, confidence : ndarray of shape (N,)
        Of the windows. Where clusters have equally many windows, the sum of their confidence
        decides which is the majority, then the lower number.
    """
    sure = np.zeros(len(clusters)) if confidence is None else np.nan_to_num(confidence)
    starts = accumulate(windows.counts, initial=0)
    made = []
    for name, count, first in zip(windows.recordings, windows.counts, starts, strict=False):
        own = clusters[first : first + count]
        numbers, counts = np.unique(own, return_counts=True)
        total = [sure[first : first + count][own == number].sum() for number in numbers]
        order = np.lexsort((numbers, -np.array(total), -counts))
        shares = {int(numbers[k]): float(counts[k] / count) for k in order}
        made.append(RecordingClusters(name, first, own, shares, int(numbers[order[0]])))
    return tuple(made)
