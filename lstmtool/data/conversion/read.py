"""Common parts of the conversion from Python objects."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from lstmtool.errors import DataError, DataWarning

_DATES = ("datetime", "date", "period", "timedelta", "duration", "timestamp")
_KINDS = {"U": "text", "S": "text", "O": "text", "c": "complex numbers"}


class Read(NamedTuple):
    """Sequences from a Python object, possibly with missing values."""

    arrays: list[np.ndarray]
    """Of shape (T, D), float64, NaN where missing."""
    names: tuple[str, ...] = ()
    """Of the sequences, or empty."""
    inputs: tuple[str, ...] = ()
    """Names of the D inputs, or empty."""
    when: Callable[[int, int], str] | None = None
    """Return the time of a step of a sequence, for messages."""


def is_dates(of: Any) -> bool:
    """Whether an array, column or index holds dates or times."""
    return str(getattr(of, "dtype", "")).lower().startswith(_DATES)


def numbers(values: Any, where: str) -> np.ndarray:
    """Convert to an array of float64, NaN where missing.

    Raises
    ------
    DataError
        If they are not real numbers, or nested in lists of different lengths.
    """
    try:
        if isinstance(values, np.ma.MaskedArray):
            return np.ma.filled(values.astype(np.float64), np.nan)
        if is_dates(values):
            raise TypeError("it holds times")
        if hasattr(values, "isna") and np.any(values.isna()):
            return np.asarray(values.to_numpy(dtype="float64", na_value=np.nan))
        array = np.asarray(values)
        if array.dtype.kind in "iufb":
            return np.asarray(array, dtype=np.float64)
        if array.dtype.kind == "O" and not any(isinstance(k, str | bytes) for k in array.flat):
            return array.astype(np.float64)
        problem = f"It holds {_KINDS.get(array.dtype.kind, f'values of type {array.dtype}')}."
    except (TypeError, ValueError, RuntimeError) as error:  # the last from tensors with gradients
        said = " ".join(str(error).split())
        problem = f"It cannot be converted to an array of numbers: {said[:160]}"
    raise DataError(problem, where, "Give real numbers; a sequence is (steps,) or (steps, inputs).")


def refuse_complicated(X: Any) -> None:
    """Raise DataError for objects that the user must convert first."""
    for attribute, what, fix in (
        ("__fspath__", "a path", ""),
        ("data_vars", "a data set of several arrays", "Give one array: X['name'], or X.to_array()"),
        ("column_names", "a table", "Write X.to_pandas()"),
        ("collect", "a lazy frame", "Write X.collect()"),
        ("toPandas", "a Spark frame", "Write X.toPandas()"),
        ("dask", "a lazy collection", "Write X.compute()"),
        ("toarray", "a sparse matrix", "Write X.toarray()"),
        ("ngroups", "a grouped frame", "Write [part for _, part in X] for a list of frames"),
        ("__next__", "an iterator", "Write list(X)"),
    ):
        is_path = attribute == "__fspath__" and isinstance(X, str | bytes)
        if is_path or hasattr(type(X), attribute):
            raise DataError(
                f"Sequences cannot be read from {what}.",
                f"a {type(X).__name__}",
                f"{fix}."
                if fix
                else "Read the file first: lstmtool.load_sequences(path) supports many formats.",
            )


def warn(text: str) -> None:
    """Issue a DataWarning that points to the user's own code."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and _is_inner(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, DataWarning, stacklevel=level)


def _is_inner(module: str) -> bool:
    return module.split(".")[0] in ("lstmtool", "sklearn", "joblib")
