"""Sequences from Parquet and Feather (Arrow), read with the optional package pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from lstmtool.errors import DataError, FileError, UsageError
from lstmtool.io.formats.cells import label
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.raw import Raw, Say
from lstmtool.io.formats.row_table import read_rows
from lstmtool.io.formats.sniff import Row
from lstmtool.io.limits import PACKED_RATIO, UNPACKED
from lstmtool.names import ID_NAMES, LABEL_NAMES

NAMES = {"parquet": "Parquet", "arrow": "Feather"}
_PANDAS_INDEX = "__index_level_0__"
_ROWS = 1 << 14
"""Rows decompressed at a time."""


def read_arrow(path: Path, kind: str, options: ReadOptions, say: Say) -> Raw:
    """Read a table: if it has columns of lists a row is a sequence, else it is read like CSV."""
    pyarrow = _package(path, kind)
    with _damaged(pyarrow, path):
        schema, batches = _open(path, kind)
        of_lists = [field.name for field in schema if _is_list(pyarrow, field.type)]
        if of_lists:
            return _read_lists(path, NAMES[kind], schema, of_lists, batches, options, say)
        header = ["" if name == _PANDAS_INDEX else name.strip() for name in schema.names]
        rows = _rows(path, batches)
        return read_rows(path, header, rows, NAMES[kind], options, say, are_lines=False)


def _package(path: Path, kind: str) -> Any:
    try:
        import pyarrow
    except ImportError:
        raise UsageError(
            f"Reading {NAMES[kind]} needs the package pyarrow.",
            str(path),
            "Install it with `pip install pyarrow`, or save the table as CSV.",
        ) from None
    return pyarrow


@contextmanager
def _damaged(pyarrow: Any, path: Path) -> Iterator[None]:
    try:
        yield
    except (DataError, FileError):
        raise
    except OSError as error:
        if error.errno is not None:
            raise FileError(f"Cannot read {path}.", error.strerror or str(error)) from error
        raise _refusal(path, error) from None
    except (pyarrow.ArrowException, ValueError, OverflowError, MemoryError) as error:
        raise _refusal(path, error) from None


def _refusal(path: Path, error: Exception) -> DataError:
    reason = " ".join(str(error).split())[:200]
    return DataError(f"{path} is damaged.", f"pyarrow says: {reason}", "Create it again.")


def _open(path: Path, kind: str) -> tuple[Any, Iterator[Any]]:
    """Return the schema of a file, and an iterator over batches of rows."""
    if kind == "parquet":
        from pyarrow import parquet

        file = parquet.ParquetFile(path)
        return file.schema_arrow, _bounded(path, file.iter_batches(batch_size=_ROWS))
    from pyarrow import ipc

    # Not memory-mapped: mapped bytes would be indistinguishable from decompressed ones.
    stored = ipc.open_file(path.read_bytes())
    return stored.schema, _bounded(
        path, (stored.get_batch(k) for k in range(stored.num_record_batches))
    )


def _bounded(path: Path, batches: Iterator[Any]) -> Iterator[Any]:
    """Yield batches until their size far exceeds the file's."""
    stored = path.stat().st_size
    limit, size = max(UNPACKED, PACKED_RATIO * stored), 0
    for batch in batches:
        size += batch.nbytes
        if size > limit:
            raise DataError(
                f"Refused to read {path}: it expands to more than {limit:,} bytes.",
                f"the file has {stored:,} bytes",
                "The file is damaged or malicious; if neither, save it without compression.",
            )
        yield batch


def _is_list(pyarrow: Any, kind: Any) -> bool:
    types = pyarrow.types
    return types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)


def _rows(path: Path, batches: Iterator[Any]) -> Iterator[Row]:
    """Yield the rows as cells of text, which represent numbers exactly."""
    number = 0
    for batch in batches:
        columns = [[_cell(path, v) for v in _plain(column)] for column in batch.columns]
        for row in zip(*columns, strict=True):
            number += 1
            yield number, list(row)


def _plain(column: Any) -> list[Any]:
    """Return the values of a column; times as text in full precision."""
    import pyarrow

    if pyarrow.types.is_timestamp(column.type):
        column = column.cast(pyarrow.timestamp("us", column.type.tz), safe=False)
    return column.to_pylist()


def _cell(path: Path, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict | list | bytes):
        raise DataError(
            f"A column holds values of type {type(value).__name__}.",
            str(path),
            "Leave it out, or store numbers, texts, times, or lists of numbers.",
        )
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _read_lists(
    path: Path,
    kind: str,
    schema: Any,
    of_lists: list[str],
    batches: Iterator[Any],
    options: ReadOptions,
    say: Say,
) -> Raw:
    """Read rows whose lists are sequences; several columns of lists are their inputs."""
    others = [name for name in schema.names if name not in of_lists]
    labels = _role(path, "label", options.label, others, LABEL_NAMES)
    if len(options.ids) > 1:
        raise UsageError(
            "Rows with lists have one name each.", str(path), "Give one --id, or --name."
        )
    names = _role(path, "name", options.name or "".join(options.ids) or None, others, ID_NAMES)
    inputs = list(options.value) or of_lists
    for wanted in inputs:
        if wanted not in of_lists:
            raise _no_column(path, "value", wanted, of_lists)
    raw = Raw([], [], labels=[] if labels else None, inputs=tuple(inputs))
    for batch in batches:
        columns = {name: batch.column(name) for name in (*inputs, *filter(None, (labels, names)))}
        for k in range(batch.num_rows):
            place = f"{path}, row {len(raw.arrays) + 1}"
            raw.arrays.append(_sequence([columns[name][k] for name in inputs], inputs, place))
            raw.places.append(place)
            if raw.labels is not None and labels:
                raw.labels.append(label(_cell(path, columns[labels][k].as_py())))
            if names:
                raw.names.append(_cell(path, columns[names][k].as_py()))
    notes = [f"labels in column {labels!r}"] * bool(labels)
    notes += [f"names in column {names!r}"] * bool(names)
    left = [name for name in schema.names if name not in (*inputs, labels, names)]
    notes += [f"not used: {', '.join(map(repr, left[:5]))}"] * bool(left)
    if len(raw.inputs) == 1 and raw.arrays and raw.arrays[0].shape[1] > 1:
        raw.inputs = ()
    shown = ", ".join(map(repr, inputs[:5]))
    say(f"{kind}, a row per sequence, whose values are the lists in {'; '.join([shown, *notes])}.")
    return raw


def _role(
    path: Path, option: str, given: str | None, columns: list[str], usual: frozenset[str]
) -> str | None:
    """Return the column given, or one with a usual name; None if there is none."""
    if given is not None and given not in columns:
        raise _no_column(path, option, given, columns)
    return given or next((name for name in columns if name.lower() in usual), None)


def _no_column(path: Path, option: str, wanted: str, columns: list[str]) -> DataError:
    return DataError(
        f"--{option}: there is no such column {wanted!r}.",
        f"{path}: {', '.join(map(repr, columns[:8])) or 'only lists'}",
        "Give the name of one of these.",
    )


def _sequence(lists: list[Any], inputs: list[str], place: str) -> np.ndarray:
    """Return an array (T, D) from a list of numbers for each input, or one list of steps."""
    values = []
    for name, found in zip(inputs, lists, strict=True):
        steps = found.as_py()
        if steps is None:
            raise DataError(f"The list in column {name!r} is missing.", place, "Repair the row.")
        try:
            array = np.array([np.nan if v is None else v for v in steps], dtype=np.float64)
        except (ValueError, TypeError):
            raise DataError(
                f"The list in column {name!r} holds no numbers, or steps that differ in length.",
                place,
                "Store lists of numbers, or of lists with a number for every input.",
            ) from None
        if array.ndim not in (1, 2) or (array.ndim == 2 and len(inputs) > 1):
            raise DataError(f"The list in column {name!r} is nested too deeply.", place)
        if np.isinf(array).any():
            raise DataError(f"A value in column {name!r} is infinite.", place, "Repair it.")
        values.append(array.reshape(len(array), -1))
    if len({len(array) for array in values}) > 1:
        lengths = ", ".join(str(len(array)) for array in values[:8])
        raise DataError(
            f"Its lists differ in length: {lengths}.", place, "A list holds one input at all steps."
        )
    return np.hstack(values)
