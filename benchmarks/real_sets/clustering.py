"""What every method returns."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Clustering:
    """Clusters (M,) of the sequences that are scored, and what else is known without labels.

    Parameters
    ----------
    clusters : ndarray of shape (M,)
    known : dict
        Plain numbers and words.
    """

    clusters: np.ndarray
    known: dict[str, Any] = field(default_factory=dict)
