"""`as_sequences`: conversion of Python objects to `Sequences`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lstmtool.data.conversion import arrays, frames, rows, steps
from lstmtool.data.conversion.read import Read, refuse_complicated
from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.errors import DataError, UsageError


def as_sequences(
    X: Any,
    *,
    channels_first: bool | None = None,
    id: Any = None,
    time: Any = None,
    value: Any = None,
    unequal: bool = False,
) -> Sequences:
    """Read sequences from an array, a list or a data frame.

    Parameters
    ----------
    X : array-like, data frame, list, dict or Sequences
        See the table below. N is the number of sequences, T of steps, D of inputs (values per
        step, also called channels, variables or dimensions).
    channels_first : bool, optional
        Whether arrays have the inputs before the steps. None assumes steps first and warns if
        there are fewer steps than inputs; False does not warn.
    id, time : str, optional
        For a data frame whose rows are steps, columns or index levels with the sequence that a row
        belongs to, and the time of the step. With `time`, the rows of a sequence are sorted by it.
        Without `id`, all rows are one sequence. `id` may be a list of several columns or levels.
    value : str or list of str, optional
        Columns of such a frame that are inputs; by default all others.
    unequal : bool
        Whether missing values at the end mean a shorter sequence.

    Returns
    -------
    Sequences
        With the names of sequences and inputs, if `X` has any.

    Raises
    ------
    DataError
        If `X` is ambiguous, or a value is missing, infinite or not a number.
    UsageError
        If an argument does not apply to `X`.

    Warns
    -----
    DataWarning
        If an array seems to have the inputs first, or steps are not evenly spaced in time.

    Notes
    -----
    ========================================== ===================================================
    What you have                              How it is read
    ========================================== ===================================================
    array (N, T), or a list of N rows of       N sequences of one input
    numbers of the same length
    array (N, T, D)                            N sequences of T steps of D inputs
    array (N, D, T), as aeon and sktime hold   ``channels_first=True``
    it
    array with NaN after the end of shorter    ``unequal=True``
    sequences, as tslearn holds it
    list, tuple, array of objects or dict of   a sequence each, of any lengths; the keys of a dict
    arrays (T,) or (T, D), nested lists, or    are names. ``channels_first=True`` if they are
    series                                     (D, T)
    list or dict of data frames                a sequence each; rows are steps, columns inputs
    data frame indexed by (sequence, time),    rows are steps, columns inputs; sorted by time
    as sktime's panel
    data frame with a column of ids            ``id="name"``, and ``time="name"`` if there is a
                                               column of times; other columns are inputs
    data frame whose cells are series,         a sequence per row, an input per column
    arrays or lists, as sktime nests them
    data frame of numbers                      N sequences of one input, one per row, named by
                                               the index unless it is a mere counter. Refused if
                                               columns or index look like ids, times or labels
    series of series, arrays or lists          a sequence each
    `Sequences`                                unchanged
    ========================================== ===================================================

    Arrays may be NumPy arrays or anything convertible, such as PyTorch tensors. In an xarray array
    a dimension called time (or step, date, ...) identifies the steps. Data frames may be from
    pandas, polars or similar packages.

    Examples
    --------
    >>> import numpy as np
    >>> from lstmtool import as_sequences
    >>> data = as_sequences(np.zeros((20, 3, 80)), channels_first=True)
    >>> len(data), data.n_inputs, data.lengths[0]
    (20, 3, np.int64(80))
    >>> padded = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, np.nan]])
    >>> as_sequences(padded, unequal=True).lengths
    array([3, 2])
    """
    roles = steps.Roles(id, time, value)
    if not isinstance(channels_first, bool | np.bool_ | None):
        raise UsageError(f"channels_first= must be True, False or None, not {channels_first!r}.")
    if isinstance(X, Sequences):
        given = [*roles.given, *(["channels_first"] if channels_first else [])]
        if given:
            raise UsageError(
                f"{given[0]}= does not apply to Sequences, which have already been read."
            )
        return X
    return _finished(_read(X, arrays.Options(channels_first, roles)), unequal)


def from_table(table: np.ndarray, X: Any, unequal: bool) -> Sequences:
    """Return the rows (N, T) of a table made from `X` as sequences; raises as `as_sequences`."""
    names = frames.row_names(X) if frames.is_frame(X) else ()
    return _finished(Read(list(table[:, :, None]), names), unequal)


def is_table(X: Any) -> bool:
    """Whether X is a table in scikit-learn's sense: N sequences of one input and equal length.

    That is an array of one or two dimensions, a list of rows or a numeric frame.

    Raises
    ------
    DataError
        If it is unclear whether a frame's rows are steps or sequences.
    """
    refuse_complicated(X)
    if frames.is_frame(X):
        frames.refuse_levels(X)
        if frames.levels(X) == 2 or rows.is_nested(X):
            return False
        rows.refuse_steps(X)
        return True
    if isinstance(X, list | tuple):
        return _is_rows(X)
    if not hasattr(X, "__array__") or isinstance(X, np.ma.MaskedArray):
        return False
    if frames.is_series(X) or frames.is_labelled(X):
        return False
    array = _as_array(X)
    return array.ndim < 3 and not arrays.is_of_sequences(array)


def _is_rows(X: list | tuple) -> bool:
    return (
        len(X) > 0
        and all(isinstance(row, list | tuple) for row in X)
        and len({len(row) for row in X}) == 1
        and not any(rows.is_sequence(cell) for row in X for cell in row)
    )


def _read(X: Any, options: arrays.Options) -> Read:
    refuse_complicated(X)
    if frames.is_frame(X):
        return _from_frame(X, options.roles)
    if frames.is_labelled(X):
        return arrays.from_labelled(X, options)
    if frames.is_series(X):
        return _from_series(X, options)
    if isinstance(X, Mapping):
        return arrays.from_items(X.values(), options, tuple(map(frames.key_text, X)))
    if isinstance(X, list | tuple):
        return arrays.from_items(X, options, ())
    if hasattr(X, "__array__"):
        return arrays.from_array(_as_array(X), options)
    raise DataError(
        f"Sequences cannot be read from an object of type {type(X).__name__}.",
        fix="Give an array, a list of arrays or a data frame; see help(lstmtool.as_sequences).",
    )


def _from_frame(frame: Any, roles: steps.Roles) -> Read:
    frames.refuse_levels(frame, known=roles.id is not None and roles.time is not None)
    if roles.given or frames.levels(frame) == 2:
        return steps.read_steps(frame, roles)
    if rows.is_nested(frame):
        inputs = frames.input_names(frame.columns)
        return rows.read_cells(frames.columns(frame), frames.row_names(frame), inputs)
    return rows.read_rows(frame)


def _from_series(series: Any, options: arrays.Options) -> Read:
    if frames.levels(series) > 1 or options.roles.given:
        if not hasattr(series, "to_frame"):
            arrays.refuse_roles(options)
        return _from_frame(series.to_frame(), options.roles)
    if not len(series):
        return Read([])
    if not rows.is_sequence(next(iter(series))):
        raise arrays.lone("A series of numbers")
    return arrays.from_items(list(series), options, frames.row_names(series))


def _as_array(X: Any) -> np.ndarray:
    if isinstance(X, np.ndarray):
        return X
    try:
        return np.asarray(X)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(
            f"An object of type {type(X).__name__} cannot be converted to an array.",
            " ".join(str(error).split())[:200],
            "Give a NumPy array; for a tensor, X.detach().cpu().numpy().",
        ) from error


def _finished(read: Read, unequal: bool) -> Sequences:
    """Trim missing values at the ends if `unequal`, and refuse all others."""
    if unequal:
        read = read._replace(arrays=[_without_end(array) for array in read.arrays])
    _refuse_missing(read, unequal)
    attributes = {"inputs": list(read.inputs)} if read.inputs else {}
    return from_arrays(read.arrays, names=read.names, attributes=attributes)


def _without_end(array: np.ndarray) -> np.ndarray:
    """Return a sequence (T, D) without trailing steps that have no value.

    One without any value is returned unchanged, to be refused.
    """
    there = np.flatnonzero(~np.isnan(array).all(axis=1))
    return array[: there[-1] + 1] if len(there) else array


def _refuse_missing(read: Read, unequal: bool) -> None:
    gaps = [(n, array) for n, array in enumerate(read.arrays) if np.isnan(array).any()]
    if not gaps:
        return
    total = sum(int(np.isnan(array).sum()) for _, array in gaps)
    n, array = gaps[0]
    step, column = np.argwhere(np.isnan(array))[0]
    name = f"{n} ({read.names[n]})" if read.names else str(n)
    time = f", time {read.when(n, int(step))}" if read.when else ""
    of = f"input {read.inputs[column] if read.inputs else column}"
    fix = "Fill them in, e.g. with frame.interpolate(), or leave these sequences out"
    if not unequal and all(not np.isnan(_without_end(one)).any() for _, one in gaps):
        fix += "; write unequal=True if they only pad shorter sequences"
    raise DataError(
        f"{total} value{'s are' if total > 1 else ' is'} missing (NaN), in {len(gaps)} of "
        f"{len(read.arrays)} sequences.",
        f"first: sequence {name}, step {step} of {len(array)}{time}, {of}",
        f"{fix}.",
    )
