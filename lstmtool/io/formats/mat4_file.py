"""MATLAB version 4 files, read with SciPy."""

from __future__ import annotations

import warnings
from pathlib import Path

from lstmtool.errors import DataError, FileError
from lstmtool.io.formats.mat_file import Value, Variable


class Mat4File:
    """A version 4 file, of matrices and texts.

    Raises
    ------
    FileError
        If it is not readable.
    DataError
        If it is damaged.
    """

    def __init__(self, path: Path) -> None:
        from scipy.io import loadmat, matlab, whosmat

        try:
            with warnings.catch_warnings(), open(path, "rb") as file:
                warnings.simplefilter("ignore")
                if matlab.matfile_version(file)[0] != 0:
                    raise ValueError("it begins neither like version 4 nor like a later one")
                self.variables = {
                    name: Variable(kind, shape) for name, shape, kind in whosmat(file)
                }
                self._values = loadmat(file)
        except OSError as error:
            if error.errno is not None:
                raise FileError(f"Cannot read {path}.", error.strerror or str(error)) from error
            raise _refusal(path, error) from None
        except Exception as error:  # SciPy raises anything on invalid bytes
            raise _refusal(path, error) from None

    def read(self, name: str) -> Value:
        """Return the value of a variable of numbers or texts."""
        value = self._values[name]
        return [str(row).rstrip() for row in value] if value.dtype.kind == "U" else value


def _refusal(path: Path, error: Exception) -> DataError:
    return DataError(
        f"{path} is damaged, or not a MATLAB file.",
        f"SciPy says: {error}"[:200],
        "Create it again, or get a new copy.",
    )
