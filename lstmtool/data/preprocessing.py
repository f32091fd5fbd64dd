"""Preprocessing of the inputs: square, take differences, scale, whiten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from lstmtool.config import InputSettings
from lstmtool.data.sequences import Sequences, SequenceSource, windows
from lstmtool.errors import DataError

SMALLEST = 1e-12
"""Variances below this, relative to the largest, and deviations, relative to an input's values,
are attributed to rounding."""

MOST_STEPS, KEPT = 100, 0.7
"""Steps of the longest sequence that are left where neighbouring ones are averaged, and the
fraction of the variance within sequences that must be left."""

MOST_OF_VARIANCE, MANY_STEPS = 0.5, 20
"""A remark is made if one value has this fraction of an input's variance over so many steps."""


@dataclass(frozen=True)
class Preprocessing:
    """An affine map of the inputs, fitted to the training set and applied to all data.

    Every step x becomes ``([x, x**2] - mean) @ matrix``, where the settings want the square; where
    they want differences, x less the step before follows.

    Parameters
    ----------
    mean : ndarray of shape (X,)
        In units of the inputs (and of their squares and differences).
    matrix : ndarray of shape (X, X)
        Scaling or whitening matrix.
    """

    settings: InputSettings
    mean: np.ndarray
    matrix: np.ndarray

    def apply(self, sequences: Sequences) -> Sequences:
        """Return the preprocessed sequences (sum T, X), cut to the window, if any.

        Raises
        ------
        DataError
            If the number of inputs differs from the training set's, or a sequence is shorter than
            the window.
        """
        return self.whole(sequences.first(self.settings.window))

    def whole(self, sequences: Sequences, of: SequenceSource | None = None) -> Sequences:
        """Return the same without cutting to the window, for copies made by shifting.

        If the sequences are a block of a larger set, `of` is that set.
        """
        of = sequences if of is None else of
        sequences = averaged(sequences, self.settings.average)
        values = _features(sequences, self.settings, of)
        if values.shape[1] != len(self.mean):
            raise DataError(
                f"The data has {sequences.n_inputs} inputs per step, "
                f"the network was trained on {len(self.mean) // self.settings.of_each}."
            )
        with np.errstate(over="ignore", invalid="ignore"):
            values = (values - self.mean) @ self.matrix
        if not np.isfinite(values).all():
            raise too_large(of, "they overflow when scaled", "Rescale the data.")
        return replace(sequences, values=values)


def fit(sequences: SequenceSource, settings: InputSettings) -> Preprocessing:
    """Fit mean and scale, or the symmetric whitening matrix, to all steps that the network reads.

    Whitening is ZCA: with the covariance's eigenvectors U and eigenvalues e, the map is
    ``U diag(e)**-0.5 U.T``. If inputs differ so much in size, or are so strongly correlated, that
    precision is lost, they are standardised first. Directions without variance are mapped to zero.

    Raises
    ------
    DataError
        If values are so large that they overflow, or an input varies, but by so little that its
        variance, or that of its square, underflows.
    """
    if settings.average == "auto":
        settings = settings.model_copy(update={"average": steps_averaged(sequences)})

    def blocks() -> Iterator[np.ndarray]:
        for block in windows(sequences, settings.window):
            yield _features(averaged(block, settings.average), settings, sequences)

    n_inputs = sequences.n_inputs * settings.of_each
    if settings.scaling == "none":
        for _ in blocks():  # iterating refuses values that are too large
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
        correlation = scale[:, None] * covariance * scale  # this order avoids overflow
        matrix = scale[:, None] * _whitening(correlation, always=True)
    return Preprocessing(settings, mean, matrix)


def remarks(sequences: SequenceSource, settings: InputSettings) -> tuple[str, ...]:
    """Return remarks on inputs of which scaling leaves little or nothing.

    These are constant, or have an outlier with most of their variance.
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
    squares = np.zeros(1)  # of deviations from the mean, relative to the largest
    for block in windows(sequences, settings.window):
        centred = _normalised(block, settings, sequences) - mean
        squares = squares + ((centred / scale) ** 2).sum(axis=0)
    alone = varies & (squares < 1 / MOST_OF_VARIANCE) & (n_steps >= MANY_STEPS)
    known = sequences.attributes.get("inputs", ())
    names = known if len(known) == len(varies) else range(1, len(varies) + 1)
    return (
        *(f"Input {names[n]} is constant and has no effect." for n in np.flatnonzero(~varies)),
        *(
            f"One value of input {names[n]}, {farthest[n]:.3g}, accounts for "
            f"{1 / squares[n]:.0%} of its variance, so all others look alike. Check "
            "whether it is an error."
            for n in np.flatnonzero(alone)
        ),
    )


def _refuse_vanishing(
    sequences: SequenceSource, settings: InputSettings, variances: np.ndarray | None = None
) -> None:
    """Refuse an input that varies, but whose variance, or that of its square, underflows.

    Without `variances` (X,) the squared range is taken instead.
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
            zero = np.split(variances, settings.of_each)[square] == 0
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
    """Return maximum absolute value and mean (X,) and covariance (X, X) of blocks (steps, X)."""
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
    """Return the inverse square root (X, X); None if it is singular, unless `always`."""
    eigenvalues, vectors = np.linalg.eigh(covariance)
    varies = eigenvalues > SMALLEST * max(eigenvalues.max(), np.finfo(float).tiny)
    if not always and not varies.all():
        return None
    roots = np.where(varies, 1.0 / np.sqrt(np.where(varies, eigenvalues, 1.0)), 0.0)
    return (vectors * roots) @ vectors.T


def _own_scale(largest: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return 1 / deviation (X,), and 0 for inputs that vary only by rounding errors.

    Each is judged by its own size: one in kilometres must not mask one in millimetres.
    """
    deviations = np.sqrt(np.diag(covariance))
    varies = deviations > np.maximum(SMALLEST * largest, np.finfo(float).tiny)
    return np.where(varies, 1.0 / np.where(varies, deviations, 1.0), 0.0)


def steps_averaged(sequences: SequenceSource) -> int:
    """Return the steps to average over: at most a hundredth of the longest sequence.

    They are the most with which `KEPT` of the variance within sequences is left.
    """
    most = -(-int(sequences.lengths.max()) // MOST_STEPS)
    whole = _variance_within(sequences, 1) if most > 1 else np.empty(0)
    varies = whole > 0
    for steps in range(most, 1, -1):
        left = _variance_within(sequences, steps)[varies] / whole[varies]
        if left.size == 0 or left.mean() >= KEPT:
            return steps
    return 1


def _variance_within(sequences: SequenceSource, steps: int) -> np.ndarray:
    """Return the sum over sequences of the variances (D,) within them, averaged over steps."""
    total = np.zeros(sequences.n_inputs)
    for block in sequences.blocks():
        short = averaged(block, steps)
        starts, lengths = short.offsets[:-1], short.lengths[:, None]
        with np.errstate(over="ignore", invalid="ignore"):
            mean = np.add.reduceat(short.values, starts, axis=0) / lengths
            centred = short.values - np.repeat(mean, short.lengths, axis=0)
            total += (np.add.reduceat(centred**2, starts, axis=0) / lengths).sum(axis=0)
    return total


def averaged_lengths(lengths: np.ndarray, steps: int | Literal["auto"]) -> np.ndarray:
    """Return the lengths (N,) of averaged sequences."""
    assert steps != "auto", "`fit` says how many"
    return -(-lengths // steps)


def averaged(sequences: Sequences, steps: int | Literal["auto"]) -> Sequences:
    """Replace every group of so many neighbouring steps by its mean; the last may be smaller."""
    if steps == 1:
        return sequences
    lengths = averaged_lengths(sequences.lengths, steps)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
    starts = np.repeat(sequences.offsets[:-1], lengths) + steps * within
    counts = np.diff(np.append(starts, len(sequences.values)))
    with np.errstate(over="ignore"):
        values = np.add.reduceat(sequences.values, starts, axis=0) / counts[:, None]
    if not np.isfinite(values).all():
        raise too_large(sequences, "their sums overflow", "Rescale the data.")
    return replace(sequences, values=values, offsets=offsets)


def _features(sequences: Sequences, settings: InputSettings, of: SequenceSource) -> np.ndarray:
    values = _normalised(sequences, settings, of)
    with np.errstate(over="ignore"):
        parts = [values]
        if settings.square:
            parts.append(values**2)
        if settings.differences:
            parts.append(_differences(values, sequences.offsets))
    if not all(np.isfinite(part).all() for part in parts[: 1 + settings.square]):
        raise too_large(
            of, "their squares overflow", "Rescale the data, or train with --no-square."
        )
    if not np.isfinite(parts[-1]).all():
        raise too_large(
            of, "their differences overflow", "Rescale the data, or train with --no-differences."
        )
    return np.hstack(parts) if len(parts) > 1 else values


def _differences(values: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return values (sum T, D) less those of the step before; 0 where a sequence begins."""
    changes = np.empty_like(values)
    np.subtract(values[1:], values[:-1], out=changes[1:])
    changes[offsets[:-1]] = 0.0
    return changes


def _normalised(sequences: Sequences, settings: InputSettings, of: SequenceSource) -> np.ndarray:
    """Return values (sum T, D), each sequence divided by its deviation if the settings say so."""
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
    """Return standard deviations (D,) of a sequence (T, D), even if a variance underflows."""
    deviations = np.std(sequence, axis=0)
    if deviations.all():
        return deviations
    sizes = np.abs(sequence).max(axis=0)
    sizes[sizes == 0] = 1.0
    within = np.std(sequence / sizes, axis=0)
    return np.where(deviations == 0, np.where(within > SMALLEST, within * sizes, 0.0), deviations)


def too_large(sequences: SequenceSource, why: str, fix: str) -> DataError:
    """Return the error about values that are too large, with the largest of them."""
    return DataError(f"The values are too large: {why}.", f"largest: {largest(sequences)}", fix)


def largest(
    sequences: SequenceSource, seen: Callable[[Sequences], Sequences] = lambda block: block
) -> str:
    """Describe the largest value and its position, in the sequences as transformed by `seen`."""
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
