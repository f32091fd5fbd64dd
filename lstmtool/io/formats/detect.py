"""Format detection by a file's first bytes or, failing that, by its suffix."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from lstmtool.errors import DataError, FileError
from lstmtool.io.audio import SUFFIXES
from lstmtool.io.formats.incoming import STDIN
from lstmtool.io.formats.text import HEAD, encoding
from lstmtool.io.kinds import refuse_ending

_MAGIC = (
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"\x93NUMPY", "npy"),
    (b"PK\x03\x04", "zip"),
    (b"RIFF", "sound"),
    (b"fLaC", "sound"),
    (b"OggS", "sound"),
    (b"FORM", "sound"),
    (b"ID3", "sound"),
    (b"MATLAB 5.0 MAT-file", "mat"),
    (b"MATLAB 7.3 MAT-file", "mat"),
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
)
_REFUSED = (
    (b"\x1f\x8b", "compressed twice (gzip)", "Decompress it first: gunzip FILE."),
    (b"BZh91AY&SY", "compressed twice (bzip2)", "Decompress it first: bunzip2 FILE."),
    (b"\xfd7zXZ\x00", "compressed twice (xz)", "Decompress it first: unxz FILE."),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd)", "Decompress it first: unzstd FILE."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Extract it first."),
    (b"Rar!", "a RAR archive", "Extract it first."),
    (b"FEA1", "Feather version 1", "Save it as version 2, as pyarrow does."),
    (b"SQLite format 3", "an SQLite database", "Export the table as CSV."),
    (b"CDF\x01", "netCDF version 3", "Convert it to netCDF-4: nccopy -k nc4 FILE NEW."),
    (b"CDF\x02", "netCDF version 3", "Convert it to netCDF-4: nccopy -k nc4 FILE NEW."),
    (b"# Created by Octave", "an Octave text file", "Save it again: save -v7 FILE.mat NAMES."),
    (b"\xd0\xcf\x11\xe0", "an old Excel file", "Save it as CSV."),
    (b"%PDF", "PDF", "Save its tables as CSV."),
)
READ = (
    "Supported formats: CSV, .tsv, .ts, ARFF, NPY, NPZ, HDF5, MATLAB, Parquet, Feather, JSON "
    "and sounds."
)
_AFTER_USER_BLOCK = tuple(512 << k for k in range(7))
"""Offsets other than 0 at which HDF5 may begin."""
_TAR_MARK = slice(257, 262)
_PICKLES = tuple(bytes((0x80, version)) for version in range(2, 6))
_PICKLE_ENDINGS = (".pkl", ".pickle", ".joblib", ".pt")


def split_path(path: Path) -> tuple[Path, str | None]:
    """Split ``file.h5:/path`` into the file and the path in it, None if there is none.

    Raises
    ------
    FileError
        If there is no such file; the message has the nearest name in the folder.
    """
    if path == STDIN or path.exists():
        return path, None
    text = str(path)
    for k in range(len(text) - 1, 0, -1):
        if text[k] == ":" and (Path(text[:k]) == STDIN or Path(text[:k]).is_file()):
            return Path(text[:k]), text[k + 1 :]
    name = path.name.split(":")[0]
    folder = path.parent
    known = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    close = get_close_matches(name, known, n=1)
    hint = f"Did you mean {folder / close[0]}?" if close else "Is the name right?"
    raise FileError(f"There is no file {path}.", fix=hint)


def detect(path: Path) -> str:
    """Return the format of a file or folder.

    One of hdf5, mat, npy, npz, parquet, arrow, sound, json, ts, arff, tsv, csv.

    Raises
    ------
    FileError
        If it is not readable.
    DataError
        If it is empty, or its format is not supported.
    """
    if path.is_dir():
        return "sound"
    head = _head(path)
    suffix = path.suffix.lower()
    for start, name, fix in _REFUSED:
        if head.startswith(start):
            raise DataError(f"{path} is {name}, which is not supported.", fix=f"{fix} {READ}")
    if head.startswith(_PICKLES) or suffix in _PICKLE_ENDINGS:
        raise DataError(
            f"{path} is a pickle, which is refused: reading it could run any program.",
            fix=f"Store numbers: np.save(file, array), or np.savez(file, *sequences). {READ}",
        )
    kind = next((kind for start, kind in _MAGIC if head.startswith(start)), None)
    if kind == "zip":
        return _zipped(path, head)
    if kind is None and any(head[k : k + 8] == _MAGIC[0][0] for k in _AFTER_USER_BLOCK):
        return "hdf5"
    return kind or _by_ending(path, suffix, head)


def _head(path: Path) -> bytes:
    if not path.is_file():
        raise FileError(
            f"{path} is not a file, a folder or a pipe.", fix="Name a file of sequences."
        )
    try:
        with open(path, "rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise FileError(f"Cannot read {path}.", error.strerror or str(error)) from error
    if not head:
        raise DataError(f"{path} is empty.")
    return head


def _zipped(path: Path, head: bytes) -> str:
    if b".npy" in head[:300] or path.suffix.lower() == ".npz":
        return "npz"
    what = "an Excel or office file" if b"xl/" in head or b"[Content_Types]" in head else "a ZIP"
    fix = f"Save each table as CSV. {READ}" if "Excel" in what else f"Extract it first. {READ}"
    raise DataError(f"{path} is {what}, which is not supported.", fix=fix)


def _by_ending(path: Path, suffix: str, head: bytes) -> str:
    if suffix in SUFFIXES:
        return "sound"  # MP3 has no signature; soundfile rejects what is not sound
    wanted = {".h5": "HDF5", ".hdf5": "HDF5", ".npy": "NPY", ".npz": "NPZ"}.get(suffix)
    if wanted:
        raise DataError(
            f"{path} is not {wanted}, despite its name.",
            f"it begins with {head[:16]!r}",
            f"It may be damaged, or have the wrong suffix. {READ}",
        )
    if head[_TAR_MARK] == b"ustar":
        raise DataError(
            f"{path} is a TAR archive, which is not supported.", fix=f"Extract it first. {READ}"
        )
    name = encoding(head)
    if name is None:
        if suffix == ".mat":
            return "mat"  # version 4, which has no signature
        raise DataError(
            f"The format of {path} is not supported.",
            f"it begins with {head[:16]!r}",
            f"Save it in another one. {READ}",
        )
    start = head.decode(name, errors="replace").lstrip()
    if suffix == ".json" or start.startswith("{"):
        return "json"
    if start.lower().startswith("@relation") or suffix == ".arff":
        return "arff"
    lines = (line for line in start.splitlines() if line.strip() and line[0] not in "#%")
    refuse_ending(path)
    if suffix == ".ts" or next(lines, "").startswith("@"):
        return "ts"
    return "tsv" if suffix == ".tsv" else "csv"
