"""Which format a file has: by its first bytes where they tell, else by the ending of its name."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from lstmtool.errors import DataError, FileError
from lstmtool.io.audio import SUFFIXES
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
)
_REFUSED = (
    (b"\x1f\x8b", "compressed (gzip)", "Unpack it first: gunzip FILE."),
    (b"PAR1", "Parquet", "Save it as CSV, NPY or HDF5."),
    (b"ARROW1", "Arrow", "Save it as CSV, NPY or HDF5."),
    (b"\xd0\xcf\x11\xe0", "an old Excel file", "Save it as CSV."),
    (b"MATLAB 5.0", "a MATLAB file", "Save it with -v7.3, which is HDF5, or as CSV."),
    (b"%PDF", "PDF", "Name a file of sequences."),
)
_PICKLES = tuple(bytes((0x80, version)) for version in range(2, 6))
_PICKLE_ENDINGS = (".pkl", ".pickle", ".joblib", ".pt")


def split_path(path: Path) -> tuple[Path, str | None]:
    """Return the file of ``file.h5:/path`` and the path in it; None where there is none.

    Raises
    ------
    FileError
        If there is no such file; the nearest name in the folder is told.
    """
    if path.exists():
        return path, None
    text = str(path)
    for k in range(len(text) - 1, 0, -1):
        if text[k] == ":" and Path(text[:k]).is_file():
            return Path(text[:k]), text[k + 1 :]
    name = path.name.split(":")[0]
    folder = path.parent
    known = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    close = get_close_matches(name, known, n=1)
    hint = f"Did you mean {folder / close[0]}?" if close else "Is the name right?"
    raise FileError(f"There is no file {path}.", fix=hint)


def detect(path: Path) -> str:
    """Return the format of a file or folder.

    One of hdf5, npy, npz, sound, json, ts, tsv, csv.

    Raises
    ------
    FileError
        If it may not be read.
    DataError
        If it is empty, or of a format that is not read.
    """
    if path.is_dir():
        return "sound"
    head = _head(path)
    suffix = path.suffix.lower()
    for start, name, fix in _REFUSED:
        if head.startswith(start):
            raise DataError(f"{path} is {name}, which is not read.", fix=fix)
    if head.startswith(_PICKLES) or suffix in _PICKLE_ENDINGS:
        raise DataError(
            f"{path} is a pickle, which is refused: reading it could run any program.",
            fix="Store numbers: np.save(file, array), or np.savez(file, *sequences).",
        )
    kind = next((kind for start, kind in _MAGIC if head.startswith(start)), None)
    if kind == "zip":
        return _zipped(path, head)
    return kind or _by_ending(path, suffix, head)


def _head(path: Path) -> bytes:
    if not path.is_file():
        raise FileError(f"{path} is neither a file nor a folder.", fix="Name a file of sequences.")
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
    raise DataError(f"{path} is {what}, which is not read.", fix="Save each table as CSV.")


def _by_ending(path: Path, suffix: str, head: bytes) -> str:
    if suffix in SUFFIXES:
        return "sound"  # MP3 has no fixed beginning; what is no sound is told by soundfile
    wanted = {".h5": "HDF5", ".hdf5": "HDF5", ".npy": "NPY", ".npz": "NPZ"}.get(suffix)
    if wanted:
        raise DataError(
            f"{path} is not {wanted}, whatever its name says.",
            f"it begins with {head[:16]!r}",
            "It may be damaged, or of another format under a wrong name.",
        )
    name = encoding(head)
    if name is None:
        raise DataError(
            f"{path} is of a format that is not read.",
            f"it begins with {head[:16]!r}",
            "CSV, .tsv, .ts, NPY, NPZ, HDF5, JSON, WAV and FLAC are.",
        )
    start = head.decode(name, errors="replace").lstrip()
    if suffix == ".json" or start.startswith("{"):
        return "json"
    if start.lower().startswith("@relation") or suffix == ".arff":
        raise DataError(f"{path} is ARFF, which is not read.", fix="Archives have .ts files, too.")
    lines = (line for line in start.splitlines() if line.strip() and line[0] not in "#%")
    refuse_ending(path)
    if suffix == ".ts" or next(lines, "").startswith("@"):
        return "ts"
    return "tsv" if suffix == ".tsv" else "csv"
