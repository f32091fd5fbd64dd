"""Simple features of sequences, to say in plain words how some differ from others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.data.sequences import Sequences

LENGTH, LEVEL, DEVIATION, CHANGE, TREND = "Length", "Level", "Deviation", "Change", "Trend"
PERIOD, FREQUENCY = "Period", "Frequency"
CHANCE = 0.01  # probability in noise of a peak of the spectrum as high as one that counts
CYCLES = 2  # fewest within a sequence, since half a swing is a trend
ROUNDING = 1e-9  # of the largest value: what is left of a line
FEW_CYCLES = 10  # below which a swing and a line are fitted together
SHORTEST = 8  # steps, for a spectrum


class Feature(NamedTuple):
    """A number per sequence, NaN where a sequence has none.

    Parameters
    ----------
    name : str
        One of the constants of this module.
    of : str
        The input; "" for lengths, and if there is only one input.
    unit : str
        "steps", "Hz" or "".
    values : ndarray of shape (N,)
    """

    name: str
    of: str
    unit: str
    values: np.ndarray


def simple_features(
    sequences: Sequences, inputs: tuple[str, ...] | None = None
) -> tuple[Feature, ...]:
    """Return length, and of every input level, deviation, change, trend and period or frequency.

    Level is the mean, deviation the standard deviation, change the mean absolute difference of
    successive steps and trend the rise of a fitted line from the first step to the last. The
    period, in steps, is that of the highest peak of the spectrum, if it is higher than noise has
    by chance; with a sampling rate it is given as a frequency in Hz.

    Parameters
    ----------
    inputs : tuple of str, optional
        Their names; by default numbered from 1.
    """
    lengths = sequences.lengths.astype(float)
    made = [Feature(LENGTH, "", "steps", lengths)]
    rate = sequences.sampling_rate
    for k in range(sequences.n_inputs):
        name = inputs[k] if inputs else f"input {k + 1}"
        of = name if sequences.n_inputs > 1 else ""
        with np.errstate(all="ignore"):  # extreme values overflow
            rows = np.array([_of_one(s[:, k]) for s in sequences])
        rows[~np.isfinite(rows)] = np.nan
        level, deviation, change, trend, cycles = rows.T
        made += [
            Feature(LEVEL, of, "", level),
            Feature(DEVIATION, of, "", deviation),
            Feature(PERIOD, of, "steps", 1.0 / cycles)
            if rate is None
            else Feature(FREQUENCY, of, "Hz", rate * cycles),
            Feature(CHANGE, of, "", change),
            Feature(TREND, of, "", trend),
        ]
    return tuple(made)


def _of_one(x: np.ndarray) -> tuple[float, ...]:
    change = float(np.abs(np.diff(x)).mean()) if len(x) > 1 else np.nan
    slope, rest = _line(x)
    swings = rest.std() > ROUNDING * np.abs(x).max()
    cycles = dominant_frequency(rest) if swings else np.nan
    return float(x.mean()), float(x.std()), change, slope * (len(x) - 1), cycles


def _line(x: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the slope of the line of least squares, and what it leaves."""
    t = np.arange(len(x)) - (len(x) - 1) / 2
    mean = x.mean()
    slope = float(t @ (x - mean) / max(1.0, t @ t))
    return slope, x - mean - slope * t


def dominant_frequency(x: np.ndarray) -> float:
    """Return the frequency of the highest peak of the spectrum, in cycles per step; NaN if none.

    A peak counts by Fisher's test: it has a share of the variance that the highest of white noise
    exceeds with a probability of at most `CHANCE`. Its place is interpolated; where there are few
    cycles, which also look like a trend, it is that of the best fit of a swing on a line.
    """
    if len(x) < SHORTEST or not np.isfinite(x).all():
        return np.nan
    scale = np.abs(x).max() or 1.0
    power = np.abs(np.fft.rfft(x / scale))[1 : (len(x) - 1) // 2 + 1] ** 2
    peak, count = int(power.argmax()), len(power)
    share = power[peak] / (power.sum() or 1.0)
    if peak + 1 < CYCLES or count * (1 - share) ** (count - 1) > CHANCE:
        return np.nan
    cycles = _between(np.log(power + 1e-300), peak)
    return (_fitted(x, cycles) if cycles < min(FEW_CYCLES, len(x) / 4) else cycles) / len(x)


def _between(heights: np.ndarray, peak: int) -> float:
    """Return the number of cycles at the top of a parabola through a peak and its neighbours."""
    if not 0 < peak < len(heights) - 1:
        return peak + 1.0
    left, top, right = heights[peak - 1 : peak + 2]
    bend = left - 2 * top + right
    return peak + 1.0 + (0.5 * (left - right) / bend if bend < 0 else 0.0)


def _fitted(x: np.ndarray, cycles: float) -> float:
    """Return the number of cycles, near a first guess, of the swing that best fits on a line."""
    t = (np.arange(len(x)) - (len(x) - 1) / 2) / len(x)
    line = np.stack([np.ones(len(x)), t])
    for reach in (0.75, 0.15, 0.03):
        grid = cycles + np.linspace(-reach, reach, 11)
        angle = 2 * np.pi * grid[:, None] * t
        lines = np.broadcast_to(line, (len(grid), *line.shape))
        basis = np.concatenate([lines, np.cos(angle)[:, None], np.sin(angle)[:, None]], axis=1)
        products = basis @ x
        weights = np.linalg.solve(basis @ basis.transpose(0, 2, 1), products[..., None])[..., 0]
        cycles = float(grid[(weights * products).sum(axis=1).argmax()])
    return cycles
