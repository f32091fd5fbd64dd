"""`as_sequences`: whatever holds sequences in Python, as `Sequences`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Number
from typing import Any, NamedTuple

import numpy as np

from lstmtool.conversion import frames, rows, steps
from lstmtool.conversion.read import Read, numbers, refuse_complicated, warn
from lstmtool.errors import DataError, UsageError
from lstmtool.sequences import Sequences, from_arrays


class _Options(NamedTuple):
    channels_first: bool | None = None
    roles: steps.Roles = steps.Roles()


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
        Whether arrays have the inputs before the steps. None takes the steps for first, and warns
        where there would be fewer steps than inputs; False does not warn.
    id, time : str, optional
        Columns of a data frame whose rows are steps, or levels of its index: the sequence that a
        row belongs to, and when it was. With `time`, rows of a sequence are sorted by it. Without
        `id`, all rows are one sequence.
    value : str or list of str, optional
        Columns of such a frame that are inputs; all others, if not given.
    unequal : bool
        Missing values at the end mean a shorter sequence.

    Returns
    -------
    Sequences
        With the names of sequences and inputs, where `X` has some.

    Raises
    ------
    DataError
        If it cannot be told how to read `X`, or a value is missing, infinite or no number.
    UsageError
        If an argument means nothing for `X`.

    Warns
    -----
    DataWarning
        If an array looks as if inputs came first, or steps do not follow in equal time.

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
    data frame of numbers                      N sequences of one input, one per row; the index,
                                               where it does not only count, has their names.
                                               Refused where columns or index look like ids,
                                               times or labels
    series of series, arrays or lists          a sequence each
    `Sequences`                                as they are
    ========================================== ===================================================

    Arrays may be of NumPy, or anything that becomes one, as tensors of PyTorch do. In an array of
    xarray a dimension called time (or step, date, ...) tells which are the steps. Data frames may
    be of pandas, polars or their like.

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
            raise UsageError(f"Sequences are read already; {given[0]}= means nothing for them.")
        return X
    return _finished(_read(X, _Options(channels_first, roles)), unequal)


def from_table(table: np.ndarray, X: Any, unequal: bool) -> Sequences:
    """Return the sequences in the rows (N, T) of a table that X was; raises as `as_sequences`."""
    names = frames.row_names(X) if frames.is_frame(X) else ()
    return _finished(Read(list(table[:, :, None]), names), unequal)


def is_table(X: Any) -> bool:
    """Whether X is a table in scikit-learn's sense: N sequences of one input, as many columns.

    What is no array in one or two dimensions, no list of rows and no frame of numbers is none.

    Raises
    ------
    DataError
        If a frame does not tell whether its rows are steps or sequences.
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
    return array.ndim < 3 and not _is_of_sequences(array)


def _is_rows(X: list | tuple) -> bool:
    return (
        len(X) > 0
        and all(isinstance(row, list | tuple) for row in X)
        and len({len(row) for row in X}) == 1
        and not any(rows.is_sequence(cell) for row in X for cell in row)
    )


def _read(X: Any, options: _Options) -> Read:
    refuse_complicated(X)
    if frames.is_frame(X):
        return _from_frame(X, options.roles)
    if frames.is_labelled(X):
        return _from_labelled(X, options)
    if frames.is_series(X):
        return _from_series(X, options)
    if isinstance(X, Mapping):
        return _from_items(X.values(), options, tuple(map(frames.key_text, X)))
    if isinstance(X, list | tuple):
        return _from_items(X, options, ())
    if hasattr(X, "__array__"):
        return _from_array(_as_array(X), options)
    raise DataError(
        f"Sequences cannot be read from an object of type {type(X).__name__}.",
        fix="Give an array, a list of arrays or a data frame; lstmtool.as_sequences says which.",
    )


def _from_frame(frame: Any, roles: steps.Roles) -> Read:
    frames.refuse_levels(frame)
    if roles.given or frames.levels(frame) == 2:
        return steps.read_steps(frame, roles)
    if rows.is_nested(frame):
        inputs = frames.input_names(frame.columns)
        return rows.read_cells(frames.columns(frame), frames.row_names(frame), inputs)
    return rows.read_rows(frame)


def _from_series(series: Any, options: _Options) -> Read:
    if frames.levels(series) > 1 or options.roles.given:
        if not hasattr(series, "to_frame"):
            _refuse_roles(options)
        return _from_frame(series.to_frame(), options.roles)
    if not len(series):
        return Read([])
    if not rows.is_sequence(next(iter(series))):
        raise _lone("A series of numbers")
    return _from_items(list(series), options, frames.row_names(series))


def _from_array(
    array: np.ndarray,
    options: _Options,
    names: tuple[str, ...] = (),
    inputs: tuple[str, ...] = (),
) -> Read:
    _refuse_roles(options)
    if _is_of_sequences(array):
        if array.ndim == 1:
            return _from_items(list(array), options, names)
        return rows.read_cells(list(array.T), names)
    array = numbers(array, f"an array of shape {array.shape}")
    if array.ndim == 2:
        return Read(list(array[:, :, None]), names)
    if array.ndim == 1:
        raise _lone(f"An array of shape {array.shape}")
    if array.ndim != 3:
        raise DataError(
            f"An array of shape {array.shape} cannot be read.",
            fix="Give (sequences, steps) or (sequences, steps, inputs).",
        )
    if options.channels_first:
        array = array.transpose(0, 2, 1)
    elif options.channels_first is None and 0 < array.shape[1] < array.shape[2]:
        _warn_of_turned(f"An array of shape {array.shape}", *array.shape)
    return Read(list(array), names, inputs)


def _lone(what: str) -> DataError:
    return DataError(
        f"{what} may be one sequence, or many of one step.",
        fix="Write [X] if it is one sequence; many of one step are an array (sequences, 1).",
    )


def _from_labelled(array: Any, options: _Options) -> Read:
    """Read an array of xarray, whose dimensions may say which of them are the steps."""
    dims = list(array.dims)
    times = [k for k, name in enumerate(dims) if frames.role_of(name) == "time"]
    if array.ndim > 1 and times == [0]:
        others = ", ".join(map(repr, dims[1:]))
        raise DataError(
            f"The first dimension is {dims[0]!r}, where sequences are expected.",
            f"dimensions: {', '.join(map(repr, dims))}",
            f"Write X.transpose({others}, {dims[0]!r}), or [X] if it is one sequence.",
        )
    if array.ndim == 3 and times and options.channels_first is None:
        options = options._replace(channels_first=times[-1] == 2)
    of_inputs = 1 if options.channels_first else 2
    inputs = _labels(array, of_inputs) if array.ndim == 3 else ()
    names = _labels(array, 0) if array.ndim else ()
    return _from_array(np.asarray(array.values), options, names, inputs)


def _labels(array: Any, k: int) -> tuple[str, ...]:
    """Return the names along a dimension; none where they only count."""
    name = array.dims[k]
    if name not in array.coords or array.coords[name].dtype.kind not in "UOT":
        return ()
    return tuple(map(frames.key_text, array.coords[name].values.tolist()))


def _from_items(items: Iterable[Any], options: _Options, names: tuple[str, ...]) -> Read:
    """Read a list with a sequence in every item."""
    items = list(items)
    if options.roles.given and not all(frames.is_frame(item) for item in items):
        _refuse_roles(options)
    if items and all(isinstance(item, Number) for item in items):
        raise _lone("A list or dict of numbers")
    read = [_one(item, f"sequence {n}", options) for n, item in enumerate(items)]
    arrays, when = [one.arrays[0] for one in read], [one.when for one in read]
    _refuse_other_inputs(read, options)
    if options.channels_first is None and len({array.shape for array in arrays}) == 1:
        n_steps, n_inputs = arrays[0].shape
        if 0 < n_steps < n_inputs and not read[0].inputs:
            _warn_of_turned("Every array of the list", len(arrays), n_steps, n_inputs)
    if not names and all(one.names for one in read):
        names = tuple(one.names[0] for one in read)
        names = names if len(set(names)) == len(names) else ()
    return Read(
        arrays,
        names,
        read[0].inputs if read else (),
        (lambda n, step: w(0, step) if (w := when[n]) else "") if any(when) else None,
    )


def _one(item: Any, where: str, options: _Options) -> Read:
    """Read one sequence (T,) or (T, D), or (D, T), of a list."""
    turned = bool(options.channels_first)
    if frames.is_frame(item):
        read = steps.one_sequence(item, options.roles, where)
        return Read([read.arrays[0].T]) if turned and read.when is None else read
    if np.isscalar(item) or item is None or isinstance(item, Mapping):
        raise DataError(
            f"An item of a list of sequences is of type {type(item).__name__}.",
            where,
            "Every item must be a sequence: (steps,) or (steps, inputs).",
        )
    named = frames.is_series(item) and isinstance(item.name, str) and item.name
    if frames.is_labelled(item):
        if options.channels_first is None and item.ndim == 2:
            turned = frames.role_of(item.dims[1]) == "time"
        item = item.values
    frames.refuse_order(item, where)
    array = numbers(item, where)
    if array.ndim == 2:
        array = array.T if turned else array
    elif array.ndim == 1:
        array = array[:, None]
    else:
        raise DataError(
            f"A sequence has shape {array.shape}.",
            where,
            "Every sequence must be (steps,) or (steps, inputs).",
        )
    return Read([array], (frames.key_text(item.name),) if named else ())


def _refuse_other_inputs(read: list[Read], options: _Options) -> None:
    """Refuse sequences that differ in their number of inputs or in the names of these."""
    shapes = [one.arrays[0].shape for one in read]
    for n, shape in enumerate(shapes):
        if shape[1] != shapes[0][1]:
            fix = "Give every sequence the same inputs"
            if not options.channels_first and len({n_steps for n_steps, _ in shapes}) == 1:
                fix += "; write channels_first=True if these are (inputs, steps), as in aeon"
            raise DataError(
                f"Sequences differ in their inputs: {shape[1]} in sequence {n}, "
                f"{shapes[0][1]} in sequence 0.",
                f"shapes {shape} and {shapes[0]}",
                f"{fix}.",
            )
        if read[n].inputs != read[0].inputs:
            raise DataError(
                "Data frames differ in their columns.",
                f"sequence {n}: {frames.listed(read[n].inputs)}; "
                f"sequence 0: {frames.listed(read[0].inputs)}",
                "Give all frames the same columns in the same order.",
            )


def _warn_of_turned(what: str, n: int, n_steps: int, n_inputs: int) -> None:
    of = f"{n} sequence{'s' * (n != 1)} of {n_steps} step{'s' * (n_steps != 1)}"
    warn(
        f"{what} is read as {of} of {n_inputs} inputs. "
        "Write channels_first=True if inputs come before steps, as in aeon and sktime, "
        "or channels_first=False if it is read as meant."
    )


def _refuse_roles(options: _Options) -> None:
    if options.roles.given:
        raise UsageError(
            f"{options.roles.given[0]}= names a column, and arrays have none.",
            fix="Leave it out, or give a data frame.",
        )


def _as_array(X: Any) -> np.ndarray:
    if isinstance(X, np.ndarray):
        return X
    try:
        return np.asarray(X)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(
            f"No array can be made of an object of type {type(X).__name__}.",
            " ".join(str(error).split())[:200],
            "Give a NumPy array; of a tensor, X.detach().cpu().numpy().",
        ) from error


def _is_of_sequences(array: np.ndarray) -> bool:
    """Whether an array of objects holds sequences in its cells."""
    return (
        array.dtype == object
        and 0 < array.ndim < 3
        and array.size > 0
        and all(rows.is_sequence(cell) for cell in array.flat)
    )


def _finished(read: Read, unequal: bool) -> Sequences:
    """Cut what is missing at the ends, if it may be, and refuse what else is missing."""
    arrays = [_without_end(array) for array in read.arrays] if unequal else read.arrays
    _refuse_missing(read._replace(arrays=arrays), unequal)
    attributes = {"inputs": list(read.inputs)} if read.inputs else {}
    return from_arrays(arrays, names=read.names, attributes=attributes)


def _without_end(array: np.ndarray) -> np.ndarray:
    """Return a sequence (T, D) without the steps at its end that have no value.

    One without any value is left as it is, to be refused.
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
    fix = "Fill them in, as frame.interpolate() does, or leave these sequences out"
    if not unequal and all(not np.isnan(_without_end(one)).any() for _, one in gaps):
        fix += "; write unequal=True if they only fill up shorter sequences"
    raise DataError(
        f"{total} value{'s are' if total > 1 else ' is'} missing (NaN), in {len(gaps)} of "
        f"{len(read.arrays)} sequences.",
        f"first: sequence {name}, step {step} of {len(array)}{time}, {of}",
        f"{fix}.",
    )
