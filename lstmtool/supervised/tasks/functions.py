"""Learning to learn: predict the values of a function that is new in every sequence."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.supervised.target_sequences import WITHIN, Criterion, Strings
from lstmtool.supervised.tasks.base import Task, at_least

SOURCE = "Hochreiter, Younger and Conwell 2001"
DEVIATIONS = 0.3
"""A step is right within so many standard deviations of the functions' values."""


@dataclass(frozen=True)
class _Functions(Task):
    """Predict f(x, y) of a function f that is drawn anew for every sequence.

    The inputs of a step are an example x, y and the target of the previous step (0 in the first
    one). Targets are offset + scale f(x, y), at every step. With its weights frozen, a network can
    reduce the error within a sequence only by what its cells keep of earlier examples.

    f is the inner product of features of x and y with coefficients that are drawn independently,
    with a mean of 0 unless stated otherwise. The first 30 examples are not judged by the
    criterion, which is ours: an error below 0.3 standard deviations of f.

    Parameters
    ----------
    length : int
        Examples per sequence.
    scale, offset : float
        Of the targets; by default such that they lie between 0.2 and 0.8.
    """

    source: ClassVar[str] = SOURCE
    exempt: ClassVar[int] = 30
    coefficients: ClassVar[tuple[float, float]] = (0.0, 1.0 / 3.0)
    prior_variance: ClassVar[float]

    length: int = 128
    scale: float = 0.05
    offset: float = 0.5

    def __post_init__(self) -> None:
        at_least(1, length=self.length)
        for name in ("scale", "offset"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not np.isfinite(value):
                raise UsageError(f"The option {name} must be a number, got {value!r}.")
        if not self.scale > 0.0:
            raise UsageError(f"The option scale must be positive, got {self.scale!r}.")

    @property
    def symbols(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs: the example and the previous target; output: the function's value."""
        return ("x", "y", "previous f"), ("f(x, y)",)

    @property
    def criterion(self) -> Criterion:
        """An error below 0.3 standard deviations."""
        return Criterion(WITHIN, DEVIATIONS * float(np.sqrt(self.variance)))

    @property
    def variance(self) -> float:
        """Variance of the targets over functions and examples: the error of their mean."""
        return self.scale**2 * self.prior_variance

    @abstractmethod
    def features(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return the features (..., F) of examples."""

    def draw_examples(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Draw x and y, shape (2, count, length), uniform in [-1, 1]."""
        return rng.uniform(-1.0, 1.0, (2, count, self.length))

    def draw_coefficients(self, rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
        """Draw coefficients, uniform in [-1, 1]."""
        return rng.uniform(-1.0, 1.0, size)

    def sample(self, rng: np.random.Generator, count: int) -> Strings:
        """Draw functions, and examples of each."""
        at_least(1, count=count)
        strings = self.blank(np.arange(count + 1) * self.length)
        x, y = self.draw_examples(rng, count)
        features = self.features(x, y)
        drawn = self.draw_coefficients(rng, (count, features.shape[-1]))
        values = self.offset + self.scale * np.einsum("ntf,nf->nt", features, drawn)
        strings.inputs[:, 0], strings.inputs[:, 1] = x.ravel(), y.ravel()
        strings.inputs.reshape(count, self.length, 3)[:, 1:, 2] = values[:, :-1]
        strings.targets[:, 0] = values.ravel()
        strings.scored[:] = True
        return strings


@dataclass(frozen=True)
class BooleanFunctions(_Functions):
    """Learn any of the 16 Boolean functions of two bits, within a sequence of 64 examples.

    Bits are 0 or 1, and so are the targets. A step is right if its error is below 0.15 from the
    31st example on; after that many, all four combinations have almost surely been seen.
    """

    name: ClassVar[str] = "boolean-functions"
    title: ClassVar[str] = "Learning Boolean functions of two bits"
    coefficients: ClassVar[tuple[float, float]] = (0.5, 0.25)
    prior_variance: ClassVar[float] = 0.25

    length: int = 64
    scale: float = 1.0
    offset: float = 0.0

    def features(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return which of the four combinations an example is, one-hot."""
        return np.eye(4)[(2 * x + y).astype(np.int64)]

    def draw_examples(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Draw bits."""
        return rng.integers(0, 2, (2, count, self.length)).astype(np.float64)

    def draw_coefficients(self, rng: np.random.Generator, size: tuple[int, int]) -> np.ndarray:
        """Draw the value of every combination."""
        return rng.integers(0, 2, size).astype(np.float64)


@dataclass(frozen=True)
class LinearFunctions(_Functions):
    """Learn any linear function a1 x + a2 y + a3 within a sequence; all are uniform in [-1, 1].

    Three examples determine the function. The publication's functions are semi-linear; these,
    without the squashing, are ours.
    """

    name: ClassVar[str] = "linear-functions"
    title: ClassVar[str] = "Learning linear functions of two variables"
    prior_variance: ClassVar[float] = 5.0 / 9.0

    length: int = 64
    scale: float = 0.1

    def features(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return x, y, 1."""
        return np.stack([x, y, np.ones_like(x)], axis=-1)


@dataclass(frozen=True)
class QuadraticFunctions(_Functions):
    """Learn any a1 x^2 + a2 y^2 + a3 x y + a4 x + a5 y + a6 within a sequence of 128 examples.

    Coefficients, x and y are uniform in [-1, 1]. Six examples determine the function. The variance
    of f is 0.7259, that of the targets by default .0018: a mean squared error of .002 is no
    learning.
    """

    name: ClassVar[str] = "quadratic-functions"
    title: ClassVar[str] = "Learning quadratic functions of two variables"
    prior_variance: ClassVar[float] = (1 / 5 + 1 / 5 + 1 / 9 + 1 / 3 + 1 / 3 + 1) / 3

    def features(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return x^2, y^2, x y, x, y, 1."""
        return np.stack([x * x, y * y, x * y, x, y, np.ones_like(x)], axis=-1)
