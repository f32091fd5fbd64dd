"""The multiplication problem: remember two marked real values, output their product at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.supervised.tasks.adding import Adding


@dataclass(frozen=True)
class Multiplication(Adding):
    """Multiply two marked values of a sequence of pairs (value, marker).

    Like the adding problem, but values are uniform in [0, 1], the value of a marked first pair is
    1, and the target is the product X1 X2, as in the journal article; a later digest has
    1/2 + X1 X2 / 4.

    Parameters
    ----------
    length : int
        Minimal length T, in steps; 100 is published.
    """

    name: ClassVar[str] = "multiplication"
    title: ClassVar[str] = "Multiplication"
    source: ClassVar[str] = "Hochreiter and Schmidhuber 1997, experiment 5"
    result: ClassVar[str] = "product"
    values: ClassVar[tuple[float, float]] = (0.0, 1.0)

    def target(self, chosen: np.ndarray) -> np.ndarray:
        """Return the products (n,) of marked values (n, 2)."""
        return chosen.prod(axis=1)
