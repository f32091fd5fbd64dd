"""Data frames and series of pandas, polars and similar packages, without importing these."""

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
"""So few rows are not enough to tell what the columns are."""
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
    """Whether X is an xarray array, whose dimensions have names."""
    return hasattr(type(X), "dims") and hasattr(type(X), "coords")


def shape_of(frame: Any) -> str:
    """Describe the shape of a frame, for messages."""
    return f"a data frame of {frame.shape[0]} rows and {frame.shape[1]} columns"


def column(frame: Any, k: int) -> Any:
    """Return column k of a pandas or polars frame."""
    return frame.iloc[:, k] if hasattr(frame, "iloc") else frame[:, k]


def columns(frame: Any) -> list[Any]:
    """Return all columns in order."""
    return [column(frame, k) for k in range(frame.shape[1])]


def table(frame: Any, chosen: Iterable[int] | None = None) -> np.ndarray:
    """Return the numbers (rows, columns) of a frame or some of its columns, NaN where missing.

    Raises
    ------
    DataError
        If a cell is not a number.
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
                "If rows are steps, give every input its own column.",
            )
    return np.column_stack(found) if found else np.zeros((len(frame), 0))


def index_of(of: Any) -> Any:
    """Return the index of a frame or series; None if it has none, as in polars."""
    index = getattr(of, "index", None)
    return index if hasattr(index, "is_monotonic_increasing") else None


def levels(frame: Any) -> int:
    """Return the number of levels of a frame's index, 0 without one."""
    return int(getattr(index_of(frame), "nlevels", 0))


def is_numbers(of: Any) -> bool:
    """Whether a column or index has a numeric type."""
    return str(of.dtype).lower().startswith(_NUMBERS)


def role_of(name: Any) -> str:
    """Return the role suggested by a column's name: id, time or label, or ""."""
    text = name.strip().lower() if isinstance(name, str) else ""
    if text.startswith("__index__"):  # sktime's panels in polars
        return "time" if text.endswith(("time", "timepoints", "_1")) else "id"
    known = next((role for role, names in _ROLES.items() if text in names), "")
    return known or ("id" if text.endswith("_id") else "")


def are_counted(names: Iterable[Any]) -> bool:
    """Whether most columns are named like steps: t0, t1, t2, ... or 0, 1, 2, ..."""
    texts = [str(name) for name in names]
    stems = [stem for text in texts if (stem := text.rstrip("0123456789")) != text]
    most = Counter(stems).most_common(1)
    return bool(most) and most[0][1] > 2 and 2 * most[0][1] > len(texts)


def input_names(names: Iterable[Any]) -> tuple[str, ...]:
    """Return the columns' names as input names; () if they are a mere count."""
    names = list(names)
    return tuple(map(clean_text, names)) if all(isinstance(k, str) for k in names) else ()


def row_names(of: Any) -> tuple[str, ...]:
    """Return the row names in an index; () if it is a mere count."""
    index = index_of(of)
    if index is None or levels(of) > 1 or not index.is_unique or not len(index):
        return ()
    counts = is_numbers(index) and index.name is None
    return () if counts else tuple(map(key_text, index))


def key_text(key: Any) -> str:
    """Return an id as text; 1.0 is id 1."""
    if isinstance(key, float) and key.is_integer():
        return str(int(key))
    if isinstance(key, tuple):
        return ", ".join(map(key_text, key))
    return clean_text(str(key))


def listed(names: Sequence[Any]) -> str:
    """Return the first eight names for a message."""
    return ", ".join(map(repr, names[:8])) + (", …" if len(names) > 8 else "")


def starts_of_counter(frame: Any, k: int) -> list[int]:
    """Return the rows where column k, unless its name is a number, restarts counting up.

    Empty if it does not count in equal steps, or restarts as often as it counts.
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
    """Return a mask (rows,) of the missing cells of a column."""
    return np.array(of.isna() if hasattr(of, "isna") else of.is_null(), dtype=bool)


def refuse_no_values(frame: Any, k: int, fix: str) -> None:
    """Raise DataError for a column of text or times."""
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
    """Raise DataError for a sequence whose index of numbers or times does not increase."""
    index = index_of(of)
    if index is None or levels(of) > 1 or not (is_numbers(index) or is_dates(index)):
        return
    if not (index.is_monotonic_increasing and index.is_unique):
        raise DataError(
            "The index of a sequence does not increase from step to step.",
            where,
            "Use .sort_index() if it is the time of the steps and has no duplicates, "
            ".reset_index(drop=True) if it has no meaning.",
        )


def refuse_levels(frame: Any, known: bool = False) -> None:
    """Raise DataError for more index levels than sequence and time, or multi-level columns.

    With `known`, the roles of index levels are known and there may be more.
    """
    if levels(frame) > 2 and not known:
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
