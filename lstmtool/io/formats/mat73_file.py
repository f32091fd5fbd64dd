"""MATLAB version 7.3 files: HDF5 with MATLAB's axes in reverse order."""

from __future__ import annotations

import numpy as np

from lstmtool.io.formats.mat_file import NUMBERS, Value, Variable
from lstmtool.io.reader import Reader

_CLASS = "MATLAB_class"


class Mat73File:
    """A version 7.3 file."""

    def __init__(self, root: Reader) -> None:
        self._root = root
        self.variables = {
            name: self._variable(name, shape)
            for name, shape in root.parts().items()
            if not name.startswith("#")  # holds cells and objects
        }

    def _variable(self, name: str, shape: tuple[int, ...] | None) -> Variable:
        kind = self._root.note(name, _CLASS) or ("struct" if shape is None else "double")
        if shape is None:
            if self._root.has_note(name, "MATLAB_sparse"):
                return Variable("sparse", ())
            return Variable(kind, (), tuple(self._root.group(name).parts()))
        return Variable(kind, shape[::-1])

    def read(self, name: str) -> Value:
        """Return a variable of numbers, texts or cells.

        Raises
        ------
        DataError
            If it cannot be read, or cells hold something else.
        """
        if self.variables[name].kind != "cell":
            return _value(self._root, name, self.variables[name].kind)
        if self._root.has_note(name, "MATLAB_empty"):
            return []
        cells = self._root.referenced(name)
        found = [_value(cell, "value", cell.note("value", _CLASS) or "double") for cell in cells]
        # A text is a list of its rows; in cells usually one row.
        return [" ".join(map(str, v)) if isinstance(v, list) else v for v in found]  # type: ignore[return-value]


def _value(group: Reader, name: str, kind: str) -> np.ndarray | list[str]:
    if kind not in (*NUMBERS, "char"):
        raise group.wrong(name, f"is of class {kind}", "Cells must hold numbers or texts.")
    empty = group.has_note(name, "MATLAB_empty")  # the dataset then holds the size
    if kind == "char":
        codes = np.zeros((0, 0)) if empty else group.array(name, None, "integers").T
        rows = codes.reshape(-1, codes.shape[-1]).tolist() if codes.size else []
        return ["".join(chr(int(code) & 0xFFFF) for code in row).rstrip() for row in rows]
    return np.zeros((0, 0)) if empty else group.array(name, None).T
