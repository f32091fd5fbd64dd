"""Sequences from MATLAB files: versions 4, 5 to 7, and 7.3, which is HDF5."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from lstmtool.errors import DataError
from lstmtool.io.formats import arrays
from lstmtool.io.formats.cells import label
from lstmtool.io.formats.numpy_file import not_labels, unknown
from lstmtool.io.formats.options import ReadOptions
from lstmtool.io.formats.raw import Raw, Say, counted

_INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
NUMBERS = frozenset(("double", "single", "logical", *_INTEGERS))
"""MATLAB's numeric classes."""


class Variable(NamedTuple):
    """The header of a variable: its class, its size in MATLAB, the fields of a struct."""

    kind: str
    shape: tuple[int, ...]
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{'x'.join(map(str, self.shape))} {self.kind}".strip()


Value = np.ndarray | list[str] | list[np.ndarray]
"""Numbers with MATLAB's axes, texts, or the arrays of cells."""


class MatFile(Protocol):
    """An open MATLAB file."""

    variables: dict[str, Variable]

    def read(self, name: str) -> Value:
        """Return a variable of numbers, texts or cells."""
        ...


def read_mat(path: Path, inner: str | None, options: ReadOptions, say: Say) -> Raw:
    """Read sequences from a variable: an array, or cells of one array each."""
    with _open(path) as file:
        chosen = inner.strip("/") if inner is not None else _only(path, file, options.label)
        _refuse_others(path, file, chosen)
        if inner is None:
            say(f"MATLAB, sequences in {chosen}.")
        raw = _sequences(f"{path}:{chosen}", chosen, file.read(chosen), options, say)
        if options.label is not None:
            _add_labels(path, file, options.label, raw, say)
        elif beside := _partner(chosen, file):
            try:
                _add_labels(path, file, beside, raw, say)
            except DataError as error:
                say(f"{beside} not read as labels: {error.what}")
        return raw


@contextmanager
def _open(path: Path) -> Iterator[MatFile]:
    with open(path, "rb") as file:
        head = file.read(10)
    if head == b"MATLAB 7.3":
        from lstmtool.io.formats.mat73_file import Mat73File
        from lstmtool.io.reading import open_any

        with open_any(path) as root:
            yield Mat73File(root)
    elif head == b"MATLAB 5.0":
        from lstmtool.io.formats.mat5_file import Mat5File

        yield Mat5File(path)
    else:
        from lstmtool.io.formats.mat4_file import Mat4File

        yield Mat4File(path)


def _only(path: Path, file: MatFile, given: str | None) -> str:
    """Return the only variable that can hold sequences, not labels or scalars."""
    if not file.variables:
        raise DataError(
            "There is no variable in it.", str(path), "It may be truncated: save it again."
        )
    possible = [
        name
        for name, (kind, shape, _) in file.variables.items()
        if kind == "cell" or (kind in NUMBERS and len(shape) in (2, 3) and math.prod(shape) > 1)
    ]
    lower = {name.lower(): name for name in possible}
    left = [lower[name] for name in not_labels(list(lower), given and given.lower())]
    if len(left) == 1:
        return left[0]
    if not possible and len(file.variables) == 1:
        return next(iter(file.variables))  # to say why it is unsuitable
    listed = [f"{name} ({variable})" for name, variable in file.variables.items()]
    shown = ", ".join(listed[:8]) + (", …" if len(listed) > 8 else "")
    raise DataError(
        "It is unclear which variable holds the sequences.",
        f"{path}: {shown}",
        f"Name it, e.g. {path}:{(left or possible or list(file.variables) or ['X'])[0]}",
    )


def _refuse_others(path: Path, file: MatFile, name: str) -> None:
    if name not in file.variables:
        raise unknown(path, name, list(file.variables), "variable")
    kind, _, fields = file.variables[name]
    if kind in NUMBERS or kind in ("cell", "char"):
        return
    what, fix = f"It is of class {kind}", "Convert it to double, or to a cell array, and save that."
    if kind == "struct":
        field = (fields or ("field",))[0]
        what = f"It is a struct with the fields {', '.join(fields[:8])}"
        what += ", …" if len(fields) > 8 else ""
        fix = f"In MATLAB: {field} = {name}.{field}; save('new.mat', '{field}')"
    if kind == "sparse":
        what, fix = "It is a sparse matrix", f"In MATLAB: {name} = full({name})."
    raise DataError(f"{what}, which is not supported.", f"{path}:{name}", fix)


def _sequences(where: str, name: str, value: Value, options: ReadOptions, say: Say) -> Raw:
    if isinstance(value, np.ndarray):
        if value.ndim == 2 and 1 in value.shape:  # MATLAB has no one-dimensional arrays
            value = value.reshape(-1)
        return arrays.from_array(value, where, options.channels_first, say)
    texts = [part for part in value if isinstance(part, str)]
    if texts or not value:
        what = "texts" if texts else "no cells"
        raise DataError(f"It holds {what}, not sequences.", where, "Name an array of numbers.")
    cells = [part for part in value if not isinstance(part, str)]
    first = options.channels_first
    if all(1 in cell.shape for cell in cells):  # a row, or a column
        cells, first = [cell.reshape(-1) for cell in cells], False
    elif not first and _are_turned(cells):
        raise DataError(
            f"Cells differ in their number of columns, but all have {len(cells[0])} rows.",
            where,
            "Rows are read as steps. If they are inputs, use --channels-first.",
        )
    say(f"{counted(len(cells), 'cell')} of {name} read as one sequence each.")
    named = {f"{name}{{{k + 1}}}": cell for k, cell in enumerate(cells)}
    return arrays.from_many(named, where.removesuffix(f":{name}"), first)


def _are_turned(cells: list[np.ndarray]) -> bool:
    """Whether matrices must be inputs x steps: equal numbers of rows, but not of columns."""
    matrices = [cell for cell in cells if cell.ndim == 2]
    rows, columns = ({cell.shape[axis] for cell in matrices} for axis in (0, 1))
    return len(matrices) == len(cells) and len(rows) == 1 and len(columns) > 1


def _partner(name: str, file: MatFile) -> str | None:
    """Return the variable of labels: Y for X, YTrain for XTrain, ignoring case."""
    lower = {other.lower(): other for other in file.variables}
    found = arrays.partner(name.lower(), lower)
    return None if found is None else lower[found]


def _add_labels(path: Path, file: MatFile, name: str, raw: Raw, say: Say) -> None:
    _refuse_others(path, file, name)
    value, n, where = file.read(name), len(raw.arrays), f"{path}:{name}"
    if isinstance(value, np.ndarray):
        row = value.reshape(-1) if 1 in value.shape else value
        raw.labels = arrays.labels_of(row, n, where)
    else:
        texts = [part for part in value if isinstance(part, str)]
        if len(texts) != n or len(value) != n:
            raise DataError(
                f"There are {counted(len(texts), 'text')} for {counted(n, 'sequence')}.",
                where,
                "Choose others with --label.",
            )
        raw.labels = [label(text) for text in texts]
    say(f"Labels in {name}.")
