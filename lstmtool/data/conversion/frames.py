"""Data frames and series of pandas, polars and their like, none of which is imported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from lstmtool.data.conversion.read import is_dates, numbers
from lstmtool.errors import DataError
from lstmtool.names import ID_NAMES, INDEX_NAMES, LABEL_NAMES, TIME_NAMES
from lstmtool.text import clean_text

_FEW = 5
"""Rows of a frame that say too little of what its columns are."""
_NUMBERS = ("int", "uint", "float", "bool", "double", "decimal")
_ROLES = {
    "id": ID_NAMES | {"instance", "instances"},  # as sktime has them
    "time": TIME_NAMES | {"timepoint", "timepoints"},
    "label": LABEL_NAMES,
}


def is_frame(X: Any) -> bool:
    """Whether X is a data frame."""
    return hasattr(type(X), "columns") and hasattr(X, "shape")


def is_series(X: Any) -> bool:
    """Whether X is a column, or the index, of a data frame."""
    return hasattr(X, "to_numpy") and hasattr(type(X), "name") and not is_labelled(X)


def is_labelled(X: Any) -> bool:
    """Whether X is an array of xarray, whose dimensions have names."""
    return hasattr(type(X), "dims") and hasattr(type(X), "coords")


def shape_of(frame: Any) -> str:
    """Say in words how large a frame is, for messages."""
    return f"a data frame of {frame.shape[0]} rows and {frame.shape[1]} columns"


def column(frame: Any, k: int) -> Any:
    """Return column k."""
    return frame.iloc[:, k] if hasattr(frame, "iloc") else frame[:, k]


def columns(frame: Any) -> list[Any]:
    """Return all columns."""
    return [column(frame, k) for k in range(frame.shape[1])]


def table(frame: Any, chosen: Iterable[int] | None = None) -> np.ndarray:
    """Return the numbers (rows, columns) of a frame, or of some of its columns, NaN where missing.

    Raises
    ------
    DataError
        If a cell is no number.
    """
    chosen = range(frame.shape[1]) if chosen is None else chosen
    found = []
    for k in chosen:
        where = f"column {frame.columns[k]!r}"
        found.append(numbers(column(frame, k), where))
        if found[-1].ndim != 1:
            raise DataError(
                f"Cells hold arrays of shape {found[-1].shape[1:]}, not single values.",
                where,
                "Where rows are steps, give every input its own column.",
            )
    return np.column_stack(found) if found else np.zeros((len(frame), 0))


def index_of(of: Any) -> Any:
    """Return the index of a frame or series; None where it has none, as in polars."""
    index = getattr(of, "index", None)
    return index if hasattr(index, "is_monotonic_increasing") else None


def levels(frame: Any) -> int:
    """Return the levels of a frame's index, 0 without one."""
    return int(getattr(index_of(frame), "nlevels", 0))


def is_numbers(of: Any) -> bool:
    """Whether a column or index is of numbers, by its type alone."""
    return str(of.dtype).lower().startswith(_NUMBERS)


def role_of(name: Any) -> str:
    """Return what a column of this name is for: id, time or label; empty where it does not tell."""
    text = name.strip().lower() if isinstance(name, str) else ""
    if text.startswith("__index__"):  # of sktime's panels in polars
        return "time" if text.endswith(("time", "timepoints", "_1")) else "id"
    known = next((role for role, names in _ROLES.items() if text in names), "")
    return known or ("id" if text.endswith("_id") else "")


def are_counted(names: Iterable[Any]) -> bool:
    """Whether most columns are called like steps: t0, t1, t2, ... or 0, 1, 2, ..."""
    texts = [str(name) for name in names]
    stems = [stem for text in texts if (stem := text.rstrip("0123456789")) != text]
    most = Counter(stems).most_common(1)
    return bool(most) and most[0][1] > 2 and 2 * most[0][1] > len(texts)


def input_names(names: Iterable[Any]) -> tuple[str, ...]:
    """Return columns' names as those of inputs; none where columns are only counted."""
    names = list(names)
    return tuple(map(clean_text, names)) if all(isinstance(k, str) for k in names) else ()


def row_names(of: Any) -> tuple[str, ...]:
    """Return the names that an index gives to the rows; none where it only counts them."""
    index = index_of(of)
    if index is None or levels(of) > 1 or not index.is_unique or not len(index):
        return ()
    counts = is_numbers(index) and index.name is None
    return () if counts else tuple(map(key_text, index))


def key_text(key: Any) -> str:
    """Return an id as text; 1.0 is the id 1."""
    if isinstance(key, float) and key.is_integer():
        return str(int(key))
    if isinstance(key, tuple):
        return ", ".join(map(key_text, key))
    return clean_text(str(key))


def listed(names: Sequence[Any]) -> str:
    """Return names for a message, the first eight of them."""
    return ", ".join(map(repr, names[:8])) + (", …" if len(names) > 8 else "")


def starts_of_counter(frame: Any, k: int) -> list[int]:
    """Return the rows where column k, under a name that is no number, starts to count up anew.

    None are returned where it does not count in equal steps, or as often starts as counts.
    """
    name = frame.columns[k]
    if not isinstance(name, str) or len(frame) < _FEW:
        return []
    if name[-1:].isdigit() and name.lower() not in INDEX_NAMES:
        return []
    if not is_numbers(column(frame, k)):
        return []
    steps = np.diff(numbers(column(frame, k), f"column {name!r}"))
    rising = steps[steps > 0]
    if not len(rising) or np.isnan(steps).any() or np.ptp(rising) > 1e-6 * rising[0]:
        return []
    starts = [0, *(np.flatnonzero(steps <= 0) + 1).tolist()]
    return starts if 2 * len(starts) <= len(frame) else []


def missing(of: Any) -> np.ndarray:
    """Return a mask (rows,) of the cells of a column that are missing."""
    return np.array(of.isna() if hasattr(of, "isna") else of.is_null(), dtype=bool)


def refuse_no_values(frame: Any, k: int, fix: str) -> None:
    """Refuse a column of text or times.

    Raises
    ------
    DataError
    """
    of, name = column(frame, k), frame.columns[k]
    first = next(iter(of), None)
    if not (is_numbers(of) or is_dates(of)):
        first = next((cell for cell in of if isinstance(cell, str)), None)
    if is_dates(of) or isinstance(first, str):
        what = "times" if is_dates(of) else "text"
        raise DataError(
            f"The column {name!r} holds {what}, such as {str(first)[:40]!r}.", shape_of(frame), fix
        )


def refuse_order(of: Any, where: str) -> None:
    """Refuse a sequence whose index, of numbers or times, does not rise.

    Raises
    ------
    DataError
    """
    index = index_of(of)
    if index is None or levels(of) > 1 or not (is_numbers(index) or is_dates(index)):
        return
    if not (index.is_monotonic_increasing and index.is_unique):
        raise DataError(
            "The index of a sequence does not rise from step to step.",
            where,
            "Write .sort_index() if it is the time of the steps and has no duplicates, "
            ".reset_index(drop=True) if it means nothing.",
        )


def refuse_levels(frame: Any, told: bool = False) -> None:
    """Refuse a frame with more levels in its index than a sequence and a time, or in its columns.

    Those of the index may be more where it was `told` what they are.

    Raises
    ------
    DataError
    """
    if levels(frame) > 2 and not told:
        upper = list(range(levels(frame) - 1))
        raise DataError(
            f"The index has {levels(frame)} levels; a sequence and a time make two.",
            f"levels: {listed(list(index_of(frame).names))}",
            "Choose one group with frame.xs(...), or give a list of frames, one per sequence: "
            f"[part.droplevel({upper}) for _, part in frame.groupby(level={upper})].",
        )
    n_levels = getattr(frame.columns, "nlevels", 1)
    if n_levels > 1:
        raise DataError(
            f"The columns have {n_levels} levels.",
            shape_of(frame),
            "Move the level of the steps into the index with frame.stack(level): rows are then "
            "steps, indexed by sequence and time, and columns are inputs.",
        )
