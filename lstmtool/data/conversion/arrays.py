"""Conversion of arrays and of lists of sequences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Number
from typing import Any, NamedTuple

import numpy as np

from lstmtool.data.conversion import frames, rows, steps
from lstmtool.data.conversion.read import Read, numbers, warn
from lstmtool.errors import DataError, UsageError


class Options(NamedTuple):
    """The options of `lstmtool.as_sequences`."""

    channels_first: bool | None = None
    roles: steps.Roles = steps.Roles()


def from_array(
    array: np.ndarray,
    options: Options,
    names: tuple[str, ...] = (),
    inputs: tuple[str, ...] = (),
) -> Read:
    """Read an array of numbers (N, T), (N, T, D) or (N, D, T), or an object array of sequences.

    Raises
    ------
    DataError
        If it has another shape, or holds something else.
    """
    refuse_roles(options)
    if is_of_sequences(array):
        if array.ndim == 1:
            return from_items(list(array), options, names)
        return rows.read_cells(list(array.T), names)
    array = numbers(array, f"an array of shape {array.shape}")
    if array.ndim == 2:
        return Read(list(array[:, :, None]), names)
    if array.ndim == 1:
        raise lone(f"An array of shape {array.shape}")
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


def is_of_sequences(array: np.ndarray) -> bool:
    """Whether an object array holds sequences."""
    return (
        array.dtype == object
        and 0 < array.ndim < 3
        and array.size > 0
        and all(rows.is_sequence(cell) for cell in array.flat)
    )


def from_labelled(array: Any, options: Options) -> Read:
    """Read an xarray array, whose dimension names may identify the steps.

    Raises
    ------
    DataError
        If the steps are the first dimension; otherwise as for `from_array`.
    """
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
    return from_array(np.asarray(array.values), options, names, inputs)


def _labels(array: Any, k: int) -> tuple[str, ...]:
    """Return the labels along a dimension; () if they are a mere index."""
    name = array.dims[k]
    if name not in array.coords or array.coords[name].dtype.kind not in "UOT":
        return ()
    return tuple(map(frames.key_text, array.coords[name].values.tolist()))


def from_items(items: Iterable[Any], options: Options, names: tuple[str, ...]) -> Read:
    """Read a list of sequences.

    Raises
    ------
    DataError
        If an item is not a sequence, or they differ in their inputs.
    """
    items = list(items)
    if options.roles.given and not all(frames.is_frame(item) for item in items):
        refuse_roles(options)
    if items and all(isinstance(item, Number) for item in items):
        raise lone("A list or dict of numbers")
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


def _one(item: Any, where: str, options: Options) -> Read:
    """Read one sequence (T,), (T, D) or (D, T) of a list."""
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


def _refuse_other_inputs(read: list[Read], options: Options) -> None:
    """Refuse sequences that differ in the number or the names of their inputs."""
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


def lone(what: str) -> DataError:
    """Return the error about a one-dimensional array of numbers."""
    return DataError(
        f"{what} may be one sequence, or many of one step.",
        fix="Write [X] if it is one sequence; for many of one step, an array (sequences, 1).",
    )


def _warn_of_turned(what: str, n: int, n_steps: int, n_inputs: int) -> None:
    of = f"{n} sequence{'s' * (n != 1)} of {n_steps} step{'s' * (n_steps != 1)}"
    warn(
        f"{what} is read as {of} of {n_inputs} inputs. "
        "Write channels_first=True if inputs come before steps, as in aeon and sktime, "
        "or channels_first=False to confirm."
    )


def refuse_roles(options: Options) -> None:
    """Raise UsageError if column names are given for an array."""
    if options.roles.given:
        raise UsageError(
            f"{options.roles.given[0]}= names a column, and arrays have none.",
            fix="Leave it out, or give a data frame.",
        )
