"""MATLAB version 5 to 7 files, element by element.

SciPy also reads them, but trusts the sizes stated in the file, so that a damaged file can crash the
process. Here all sizes are checked against the bytes present.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from struct import error as StructError
from struct import unpack

import numpy as np

from lstmtool.errors import DataError, FileError
from lstmtool.io.formats.mat_file import Value, Variable
from lstmtool.io.limits import UNPACKED
from lstmtool.text import clean_text

_HEADER = 128
_MATRIX, _PACKED = 14, 15
# Types of data elements.
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8"}
_NUMBERS |= {12: "i8", 13: "u8"}
_TEXTS = {16: "utf-8", 17: "utf-16", 18: "utf-32"}
_CLASSES = dict(enumerate(("cell", "struct", "object", "char", "sparse", "double", "single"), 1))
_CLASSES |= {8: "int8", 9: "uint8", 10: "int16", 11: "uint16", 12: "int32", 13: "uint32"}
_CLASSES |= {14: "int64", 15: "uint64", 16: "function_handle"}
_OPAQUE = 17
_DAMAGED = (ValueError, OverflowError, IndexError, KeyError, StructError, zlib.error)
_COMPLEX, _LOGICAL = 0x0800, 0x0200


@dataclass
class _Matrix:
    """The header of a variable or a cell."""

    name: str
    about: Variable
    parts: list[tuple[int, memoryview]]


class Mat5File:
    """A version 5 to 7 file.

    Raises
    ------
    FileError
        If it is not readable.
    DataError
        If it is damaged, or expands to far more than is stored.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            content = path.read_bytes()
        except OSError as error:
            raise FileError(f"Cannot read {path}.", error.strerror or str(error)) from error
        self._order = "<" if content[126:128] == b"IM" else ">"
        with self._damaged():
            matrices = [self._matrix(body) for body in self._bodies(content)]
        self._matrices = {matrix.name: matrix for matrix in matrices if matrix.name}
        self.variables = {name: matrix.about for name, matrix in self._matrices.items()}

    def read(self, name: str) -> Value:
        """Return a variable of numbers, texts or cells.

        Raises
        ------
        DataError
            If it cannot be read, or cells hold something else.
        """
        with self._damaged():
            matrix = self._matrices[name]
            if matrix.about.kind != "cell":
                return self._value(matrix)
            cells = [self._matrix(body) for kind, body in matrix.parts if kind == _MATRIX]
            if len(cells) != math.prod(matrix.about.shape):
                raise ValueError(f"{name} has fewer cells than its size says")
            found = [self._value(cell) for cell in cells]
        # A text is a list of its rows; in cells usually one row.
        return [" ".join(map(str, v)) if isinstance(v, list) else v for v in found]  # type: ignore[return-value]

    def _bodies(self, content: bytes) -> Iterator[memoryview]:
        """Yield the decompressed bytes of every variable."""
        limit = left = len(content) + UNPACKED
        for kind, part in _elements(memoryview(content)[_HEADER:], self._order, padded=False):
            if kind == _PACKED:
                unpacked = zlib.decompressobj().decompress(part, left + 1)
                left -= len(unpacked)
                if left < 0:
                    raise DataError(
                        f"Refused to read {self._path}: it would take more than {limit:,} bytes.",
                        f"the file has {len(content):,} bytes",
                        "The file is damaged or malicious; if neither, save it with -v6.",
                    )
                kind, part = next(_elements(memoryview(unpacked), self._order), (kind, part))
            if kind == _MATRIX:
                yield part

    def _matrix(self, body: memoryview) -> _Matrix:
        """Parse the header of a matrix; one without bytes is empty."""
        if not len(body):
            return _Matrix("", Variable("double", (0, 0)), [])
        parts = list(_elements(body, self._order))
        (flags,) = unpack(f"{self._order}I", parts[0][1][:4])
        kind = _CLASSES.get(flags & 0xFF, "object")
        if flags & 0xFF == _OPAQUE:  # which has no size
            return _Matrix(_text(parts[1][1]), Variable("object", ()), [])
        sizes = parts[1][1]
        shape = unpack(f"{self._order}{len(sizes) // 4}i", sizes)
        if min(shape, default=-1) < 0:
            raise ValueError(f"a size is {shape}")
        if flags & _COMPLEX:
            kind = f"complex {kind}"
        elif flags & _LOGICAL:
            kind = "logical"
        fields = self._fields(parts) if kind == "struct" else ()
        return _Matrix(_text(parts[2][1]), Variable(kind, shape, fields), parts[3:])

    def _fields(self, parts: list[tuple[int, memoryview]]) -> tuple[str, ...]:
        (width,) = unpack(f"{self._order}i", parts[3][1])
        names = bytes(parts[4][1])
        if width < 1:
            raise ValueError(f"names of fields have {width} letters")
        return tuple(_text(names[k : k + width]) for k in range(0, len(names), width))

    def _value(self, matrix: _Matrix) -> np.ndarray | list[str]:
        kind, shape, _ = matrix.about
        if not math.prod(shape):
            return [] if kind == "char" else np.zeros(shape)
        stored, data = matrix.parts[0] if matrix.parts else (0, memoryview(b""))
        if kind == "char":
            letters = self._letters(stored, data)
            rows = np.array(list(letters)).reshape(shape, order="F").reshape(shape[0], -1)
            return ["".join(row).rstrip() for row in rows.tolist()]
        if kind in ("cell", "struct", "object", "sparse", "function_handle") or " " in kind:
            raise DataError(
                f"A cell is of class {kind}.",
                str(self._path),
                "Cells must hold numbers or texts.",
            )
        if stored not in _NUMBERS:
            raise ValueError(f"numbers are of type {stored}")
        values = np.frombuffer(data, self._order + _NUMBERS[stored])
        return values.reshape(shape, order="F")

    def _letters(self, stored: int, data: memoryview) -> str:
        if stored in _NUMBERS:
            codes = np.frombuffer(data, self._order + _NUMBERS[stored])
            return "".join(map(chr, codes.tolist()))
        encoding = _TEXTS[stored]
        ending = {"<": "-le", ">": "-be"}[self._order] if encoding != "utf-8" else ""
        return bytes(data).decode(encoding + ending)

    @contextmanager
    def _damaged(self) -> Iterator[None]:
        try:
            yield
        except DataError:
            raise
        except _DAMAGED as error:
            raise DataError(
                f"{self._path} is damaged.",
                f"{error}"[:200],
                "Create it again, or get a new copy.",
            ) from None


def _elements(
    data: memoryview, order: str, padded: bool = True
) -> Iterator[tuple[int, memoryview]]:
    """Yield the type and the bytes of every data element.

    Elements are padded to eight bytes, except next to compressed ones.
    """
    while len(data):
        (word,) = unpack(f"{order}I", data[:4])
        if word >> 16:  # small: type, size and up to four bytes in eight
            kind, size, start, end = word & 0xFFFF, word >> 16, 4, 8
        else:
            kind, (size,), start = word, unpack(f"{order}I", data[4:8]), 8
            end = start + size + (-size % 8 if padded else 0)
        if start + size > len(data) or (start == 4 and size > 4):
            raise ValueError("it is truncated")
        yield kind, data[start : start + size]
        data = data[end:]


def _text(data: memoryview | bytes) -> str:
    return clean_text(bytes(data).partition(b"\0")[0].decode("ascii", "replace"))
