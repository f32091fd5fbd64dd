"""Missing values: refuse them, drop their sequences, or interpolate."""

from __future__ import annotations

import numpy as np

from lstmtool.errors import DataError
from lstmtool.io.formats.options import Missing
from lstmtool.io.formats.raw import Raw, Say, counted


def trim_ends(raw: Raw, say: Say) -> None:
    """Remove trailing steps without any value, which are padding.

    A sequence without any value is kept, to be refused later.
    """
    shortened = 0
    for n, array in enumerate(raw.arrays):
        there = np.flatnonzero(~np.isnan(array).all(axis=1))
        if len(there) and there[-1] + 1 < len(array):
            raw.arrays[n] = array[: there[-1] + 1]
            shortened += 1
    if shortened:
        say(f"{counted(shortened, 'sequence')} read as shorter: missing values at the end.")


def settle(raw: Raw, how: Missing, say: Say) -> None:
    """Handle missing values (NaN) as requested.

    Raises
    ------
    DataError
        If there are any and they are refused, or too few values remain.
    """
    missing = [n for n, array in enumerate(raw.arrays) if np.isnan(array).any()]
    if not missing:
        return
    if how == "drop":
        _drop(raw, missing, say)
    elif how == "interpolate":
        filled = sum(int(np.isnan(raw.arrays[n]).sum()) for n in missing)
        for n in missing:
            raw.arrays[n] = _filled(raw, n)
        values = counted(filled, "missing value")
        say(f"{values} in {counted(len(missing), 'sequence')} filled in by interpolation.")
    else:
        raise _refusal(raw, missing)


def _drop(raw: Raw, missing: list[int], say: Say) -> None:
    if len(missing) == len(raw.arrays):
        raise DataError(
            "Every sequence has missing values.",
            f"first: {raw.place(missing[0])}",
            "Use --missing interpolate, or repair the file.",
        )
    say(
        f"{counted(len(missing), 'sequence')} with missing values left out "
        f"(first: {raw.place(missing[0])}); {len(raw.arrays) - len(missing)} left."
    )
    raw.subset(sorted(set(range(len(raw.arrays))) - set(missing)))


def _filled(raw: Raw, n: int) -> np.ndarray:
    """Interpolate each input linearly over the steps; the ends take the nearest value."""
    array = raw.arrays[n].copy()
    steps = np.arange(len(array))
    for column in range(array.shape[1]):
        gap = np.isnan(array[:, column])
        if gap.all():
            raise DataError(
                f"All values of {raw.input(column)} are missing, so none can be interpolated.",
                raw.place(n),
                "Use --missing drop, or leave this input out.",
            )
        array[gap, column] = np.interp(steps[gap], steps[~gap], array[~gap, column])
    return array


def _refusal(raw: Raw, missing: list[int]) -> DataError:
    array = raw.arrays[missing[0]]
    step, column = np.argwhere(np.isnan(array))[0]
    total = sum(int(np.isnan(raw.arrays[n]).sum()) for n in missing)
    padded = all(_only_at_the_end(raw.arrays[n]) for n in missing)
    fix = "Use --missing drop or --missing interpolate."
    if padded:
        fix = "If they only pad shorter sequences, use --unequal, else --missing drop or "
        fix += "interpolate."
    return DataError(
        f"{counted(total, 'value')} {'is' if total == 1 else 'are'} missing, "
        f"in {counted(len(missing), 'sequence')}.",
        f"first: {raw.place(missing[0])}, step {step + 1} of {len(array)}, {raw.input(column)}",
        fix,
    )


def _only_at_the_end(array: np.ndarray) -> bool:
    gap = np.isnan(array).all(axis=1)
    first = int(np.argmax(gap)) if gap.any() else len(array)
    return bool(gap[first:].all()) and not np.isnan(array[:first]).any()
