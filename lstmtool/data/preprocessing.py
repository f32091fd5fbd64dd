"""What is done to sequences before the network sees them: square, scale, whiten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from lstmtool.config import InputSettings
from lstmtool.data.sequences import Sequences, SequenceSource, windows
from lstmtool.errors import DataError

SMALLEST = 1e-12
"""Variances below this, relative to the largest, are taken for rounding; so are deviations,
relative to an input's values."""

MOST_OF_VARIANCE, MANY_STEPS = 0.5, 20
"""Share of an input's variance, of so many steps or more, that one value should not have alone."""


@dataclass(frozen=True)
class Preprocessing:
    """An affine map of the inputs, fitted on the training set and applied to any other.

    Every step x becomes ``([x, x**2] - mean) @ matrix``.

    Parameters
    ----------
    settings : InputSettings
    mean : ndarray of shape (X,)
    matrix : ndarray of shape (X, X)
    """

    settings: InputSettings
    mean: np.ndarray
    matrix: np.ndarray

    def apply(self, sequences: Sequences) -> Sequences:
        """Return the sequences as the network sees them, (sum T, X): cut to the window, if any.

        Raises
        ------
        DataError
            If the number of inputs is not that of the training set, or a sequence is shorter than
            the window.
        """
        return self.whole(sequences.first(self.settings.window))

    def whole(self, sequences: Sequences, of: SequenceSource | None = None) -> Sequences:
        """Return the same of all steps, also those after the window, which copies by shift use.

        Where the sequences are a block of others, `of` names these.
        """
        of = sequences if of is None else of
        values = _features(sequences, self.settings, of)
        if values.shape[1] != len(self.mean):
            factor = 2 if self.settings.square else 1
            raise DataError(
                f"The data has {sequences.n_inputs} inputs per step, "
                f"the network was trained on {len(self.mean) // factor}."
            )
        with np.errstate(over="ignore", invalid="ignore"):
            values = (values - self.mean) @ self.matrix
        if not np.isfinite(values).all():
            raise too_large(of, "they overflow when scaled", "Rescale the data.")
        return replace(sequences, values=values)


def fit(sequences: SequenceSource, settings: InputSettings) -> Preprocessing:
    """Fit mean and scale, or the symmetric whitening matrix, on all steps that the network sees.

    Whitening is ZCA: with the covariance's eigenvectors U and eigenvalues e, the map is
    ``U diag(e)**-0.5 U.T``. Where inputs are of so different size, or depend on each other so
    much, that some of it is lost in rounding, they are standardised before. Directions without
    variance are left out (mapped to zero).

    Raises
    ------
    DataError
        If values are so large that they overflow, or an input varies among values so small that
        its variance, or that of its square, is rounded to zero.
    """

    def blocks() -> Iterator[np.ndarray]:
        for block in windows(sequences, settings.window):
            yield _features(block, settings, sequences)

    n_inputs = sequences.n_inputs * (2 if settings.square else 1)
    if settings.scaling == "none":
        for _ in blocks():  # which refuse what is too large
            pass
        _refuse_vanishing(sequences, settings)
        return Preprocessing(settings, np.zeros(n_inputs), np.eye(n_inputs))
    largest, mean, covariance = _moments(blocks)
    if not (np.diag(covariance) > 0).all():
        _refuse_vanishing(sequences, settings, np.diag(covariance))
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise too_large(sequences, "their covariance overflows", "Rescale the data.")
    if settings.scaling == "standardise":
        return Preprocessing(settings, mean, np.diag(_own_scale(largest, covariance)))
    matrix = _whitening(covariance)
    if matrix is None:
        scale = _own_scale(largest, covariance)
        correlation = scale[:, None] * covariance * scale  # in this order nothing overflows
        matrix = scale[:, None] * _whitening(correlation, always=True)
    return Preprocessing(settings, mean, matrix)


def remarks(sequences: SequenceSource, settings: InputSettings) -> tuple[str, ...]:
    """Say of which inputs little or nothing is left once they are scaled, and why.

    They are constant, or have one value that holds most of their variance.
    """
    low, high = np.array([[np.inf], [-np.inf]])
    n_steps, total = 0, np.zeros(1)
    for block in windows(sequences, settings.window):
        values = _normalised(block, settings, sequences)
        low, high = np.minimum(low, values.min(axis=0)), np.maximum(high, values.max(axis=0))
        n_steps, total = n_steps + len(values), total + values.sum(axis=0)
    mean, varies = total / n_steps, high > low
    farthest = np.where(high - mean > mean - low, high, low)
    scale = np.where(varies, np.abs(farthest - mean), 1.0)
    squares = np.zeros(1)  # of the distances from the mean, relative to the farthest's
    for block in windows(sequences, settings.window):
        centred = _normalised(block, settings, sequences) - mean
        squares = squares + ((centred / scale) ** 2).sum(axis=0)
    alone = varies & (squares < 1 / MOST_OF_VARIANCE) & (n_steps >= MANY_STEPS)
    return (
        *(f"Input {n} is constant and plays no part." for n in np.flatnonzero(~varies)),
        *(
            f"Of input {n}, one value, {farthest[n]:.3g}, holds {1 / squares[n]:.0%} of the "
            "variance: beside it all others look alike. Check whether it is an error."
            for n in np.flatnonzero(alone)
        ),
    )


def _refuse_vanishing(
    sequences: SequenceSource, settings: InputSettings, variances: np.ndarray | None = None
) -> None:
    """Refuse an input that varies though its variance, or that of its square, is rounded to zero.

    Without `variances` (X,) they are taken to be as large as the squared range.
    """
    low, high, least, most = np.array([[np.inf], [-np.inf], [np.inf], [0.0]])
    for block in windows(sequences, settings.window):
        values = _normalised(block, settings, sequences)
        sizes = np.abs(values)
        low, high = np.minimum(low, values.min(axis=0)), np.maximum(high, values.max(axis=0))
        least, most = np.minimum(least, sizes.min(axis=0)), np.maximum(most, sizes.max(axis=0))
    for square in (False, True)[: 1 + settings.square]:
        with np.errstate(over="ignore", under="ignore"):
            spread = most - least if square else high - low
            zero = most ** (4 if square else 2) == 0
        if variances is not None:
            zero = np.split(variances, 1 + settings.square)[square] == 0
        vanishing = np.flatnonzero(zero & (most < 1) & (spread > SMALLEST * most))
        if len(vanishing):
            n = int(vanishing[0])
            what = "square has a variance that is" if square else "variance is"
            factor = min(300, -int(np.floor(np.log10(most[n]))))
            raise DataError(
                f"The values of input {n} are too small: its {what} rounded to zero.",
                f"they lie between {low[n]:.3g} and {high[n]:.3g}",
                f"Rescale the data: multiply this input by 1e{factor}, for example"
                + (", or train with --no-square." if square else "."),
            )


def _moments(
    blocks: Callable[[], Iterator[np.ndarray]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Largest absolute value and mean (X,) and covariance (X, X) of blocks (steps, X)."""
    n_steps, total, largest, products = 0, np.zeros(1), np.zeros(1), np.zeros((1, 1))
    with np.errstate(over="ignore", invalid="ignore"):
        for values in blocks():
            n_steps += len(values)
            total = total + values.sum(axis=0)
            largest = np.maximum(largest, np.abs(values).max(axis=0))
        mean = total / n_steps
        for values in blocks():
            centred = values - mean
            products = products + centred.T @ centred
        return largest, mean, products * (1 / n_steps)


def _whitening(covariance: np.ndarray, always: bool = False) -> np.ndarray | None:
    """Return the inverse root (X, X); None where directions vanish, unless `always`."""
    eigenvalues, vectors = np.linalg.eigh(covariance)
    varies = eigenvalues > SMALLEST * max(eigenvalues.max(), np.finfo(float).tiny)
    if not always and not varies.all():
        return None
    roots = np.where(varies, 1.0 / np.sqrt(np.where(varies, eigenvalues, 1.0)), 0.0)
    return (vectors * roots) @ vectors.T


def _own_scale(largest: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """1 / deviation (X,), and 0 for inputs that do not vary beyond the rounding of their values.

    Each is held to its own size: one in kilometres must not hide one in millimetres.
    """
    deviations = np.sqrt(np.diag(covariance))
    varies = deviations > np.maximum(SMALLEST * largest, np.finfo(float).tiny)
    return np.where(varies, 1.0 / np.where(varies, deviations, 1.0), 0.0)


def _features(sequences: Sequences, settings: InputSettings, of: SequenceSource) -> np.ndarray:
    values = _normalised(sequences, settings, of)
    if settings.square:
        with np.errstate(over="ignore"):
            values = np.hstack([values, values**2])
    if not np.isfinite(values).all():
        raise too_large(
            of, "their squares overflow", "Rescale the data, or train with --no-square."
        )
    return values


def _normalised(sequences: Sequences, settings: InputSettings, of: SequenceSource) -> np.ndarray:
    """Values (sum T, D), each sequence divided by its own deviation if the settings say so."""
    if not settings.normalise:
        return sequences.values
    with np.errstate(over="ignore", invalid="ignore"):
        deviations = np.array([_deviation(s[: settings.window]) for s in sequences])
        deviations[deviations == 0] = 1.0
        values = sequences.values / np.repeat(deviations, sequences.lengths, axis=0)
    if not np.isfinite(deviations).all():
        raise too_large(of, "their deviation overflows", "Rescale the data.")
    return values


def _deviation(sequence: np.ndarray) -> np.ndarray:
    """Standard deviations (D,) of a sequence (T, D), also where a variance is rounded to zero."""
    deviations = np.std(sequence, axis=0)
    if deviations.all():
        return deviations
    sizes = np.abs(sequence).max(axis=0)
    sizes[sizes == 0] = 1.0
    within = np.std(sequence / sizes, axis=0)
    return np.where(deviations == 0, np.where(within > SMALLEST, within * sizes, 0.0), deviations)


def too_large(sequences: SequenceSource, why: str, fix: str) -> DataError:
    """Return the refusal of values that are too large, which names the largest of them."""
    return DataError(f"The values are too large: {why}.", f"largest: {largest(sequences)}", fix)


def largest(
    sequences: SequenceSource, seen: Callable[[Sequences], Sequences] = lambda block: block
) -> str:
    """Say which value is the largest, and where it is; of the sequences as they are `seen`."""
    found, start, most = "", 0, -1.0
    for block in map(seen, sequences.blocks()):
        row, column = np.unravel_index(np.argmax(np.abs(block.values)), block.values.shape)
        value = block.values[row, column]
        if abs(value) > most:
            most = abs(value)
            n = int(np.searchsorted(sequences.offsets, start + row, side="right")) - 1
            step = start + row - sequences.offsets[n]
            found = f"sequence {sequences.name(n)}, step {step}, input {column}, value {value:.3g}"
        start += len(block.values)
    return found
