"""Sequences and labels from the arrays of NPY, NPZ and HDF5 files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from lstmtool.errors import DataError
from lstmtool.io.formats.cells import label, whole
from lstmtool.io.formats.raw import Raw, Say

SHAPES = "(sequences, steps) or (sequences, steps, inputs)"
_LABELS = ("labels", "label", "y", "target", "targets", "classes")


def from_array(values: np.ndarray, where: str, channels_first: bool, say: Say) -> Raw:
    """Return the sequences in an array of shape (N, T), (N, T, D) or, for one sequence, (T,).

    Raises
    ------
    DataError
        If it has no numbers, or another shape.
    """
    values = as_numbers(values, where)
    if values.ndim == 1:
        values = values[None]
    if values.ndim not in (2, 3) or 0 in values.shape:
        raise DataError(f"It has shape {values.shape}.", where, f"Store {SHAPES}.")
    shape = " x ".join(map(str, values.shape))
    if values.ndim == 2:
        say(f"{shape} read as sequences x steps.")
        values = values[:, :, None]
    elif channels_first:
        values = values.transpose(0, 2, 1)
    else:
        _, n_steps, n_inputs = values.shape
        hint = "" if n_inputs <= n_steps else " (if swapped, use --channels-first)"
        say(f"{shape} read as sequences x steps x inputs{hint}.")
    places = [f"{where}, row {n + 1}" for n in range(len(values))]
    return Raw(list(values), places)


def from_many(named: Mapping[str, np.ndarray], where: str, channels_first: bool) -> Raw:
    """Return sequences from arrays of shape (T,) or (T, D), one each.

    Raises
    ------
    DataError
        If one has no numbers, or another shape.
    """
    raw = Raw([], [], names=list(named))
    for name, values in named.items():
        values = as_numbers(values, f"{where}:{name}")
        if values.ndim not in (1, 2) or 0 in values.shape:
            raise DataError(
                f"It has shape {values.shape}.",
                f"{where}:{name}",
                "Each sequence must have shape (steps,) or (steps, inputs).",
            )
        values = values.reshape(len(values), -1)
        raw.arrays.append(values.T if channels_first else values)
        raw.places.append(f"{where}:{name}")
    return raw


def as_numbers(values: np.ndarray, where: str) -> np.ndarray:
    """Convert to float64; refuse infinite values and types that are not real numbers."""
    if values.dtype.kind not in "iufb":
        what = "Python objects" if values.dtype.hasobject else f"values of type {values.dtype}"
        raise DataError(f"It holds {what}.", where, "Store integers or floats.")
    with np.errstate(over="ignore"):
        numbers = np.asarray(values, dtype=np.float64)
    if np.isinf(numbers).any():
        place = ", ".join(str(k + 1) for k in np.argwhere(np.isinf(numbers))[0])
        raise DataError("A value is infinite.", f"{where}, entry {place}", "Repair it.")
    return numbers


def partner(name: str, known: Iterable[str]) -> str | None:
    """Return the name of an array's labels: y_train for X_train, say."""
    known = set(known)
    swapped = re.sub(r"(?<![A-Za-z])[Xx](?![A-Za-z])", "y", name)
    others = [swapped, *_LABELS, *(f"{name}_{k}" for k in _LABELS)]
    suffixes = [re.sub(r"^(X|x|values|data|series|sequences)", k, name) for k in _LABELS]
    return next((k for k in [*others, *suffixes] if k in known and k != name), None)


def labels_of(values: np.ndarray, n: int, where: str) -> list[str | None]:
    """Return the groups of N sequences from integers or strings.

    Raises
    ------
    DataError
        If their number is not N, or their type is unsuitable.
    """
    if values.shape not in ((n,), (n, 1)):
        raise DataError(
            f"Labels have shape {values.shape} for {n} sequences.", where, "Choose others: --label."
        )
    flat = values.reshape(-1).tolist()
    if values.dtype.kind in "iufb":
        return [None if k != k else whole(k) for k in map(float, flat)]
    if values.dtype.kind not in "SU":
        raise DataError(f"Labels have type {values.dtype}.", where, "Store integers or texts.")
    return [label(k.decode("utf-8", "replace") if isinstance(k, bytes) else k) for k in flat]
