"""The kinds of files that lstmtool writes, and the errors for files of another kind."""

from __future__ import annotations

from pathlib import Path

from lstmtool.errors import DataError, LstmtoolError

SEQUENCES, RUN, CLUSTERS = "lstmtool-sequences", "lstmtool-run", "lstmtool-clusters"
STUDY, UNFINISHED = "lstmtool-study", "lstmtool-unfinished"
TRAINED, SWEEP = "lstmtool-trained", "lstmtool-sweep"
VERSION = "1.0"
"""Version of every kind; readers accept any minor version, which adds parts but changes none."""

# What a file of the kind holds, the command that reads it, and the one that makes it.
_WORDS = {
    SEQUENCES: ("sequences", "lstmtool train {path}", "lstmtool gen-data"),
    RUN: ("a run", "lstmtool report {path}", "lstmtool train"),
    CLUSTERS: ("clusters", "lstmtool info {path}", "lstmtool report --export FILE"),
    STUDY: ("a study", "lstmtool report {path}", "lstmtool reproduce"),
    SWEEP: ("a sweep", "lstmtool report {path}", "lstmtool sweep CONFIG.toml"),
    TRAINED: ("a trained network", "lstmtool report {path}", "lstmtool learn NAME"),
    UNFINISHED: ("an unfinished run", "lstmtool train --resume", "lstmtool train"),
}

# Other formats, by their names in `detect`.
_FORMATS = {
    "csv": "CSV or other text",
    "tsv": "a table (.tsv)",
    "ts": "a .ts file",
    "json": "JSON",
    "npy": "an array (NPY)",
    "npz": "arrays (NPZ)",
    "mat": "a MATLAB file",
    "parquet": "a table (Parquet)",
    "arrow": "a table (Feather)",
    "arff": "a table (ARFF)",
    "sound": "a sound",
}
_ENDINGS = {
    ".toml": ("settings", "`lstmtool sweep {path}` or `lstmtool train --config {path}` reads it."),
    ".html": ("a page", "A browser shows it."),
    ".svg": ("a picture", "A browser shows it."),
}


def holds(encoding_type: str) -> str:
    """Return what a file of an encoding type holds, in words."""
    return _WORDS[encoding_type][0]


def name_of_format(kind: str) -> str:
    """Return the name, in words, of a format returned by `detect`."""
    return _FORMATS.get(kind, "HDF5")


def refuse_ending(path: Path, wanted: str = SEQUENCES) -> None:
    """Raise DataError for a file whose suffix shows that it is for something else."""
    known = _ENDINGS.get(path.suffix.lower())
    if known is not None:
        raise DataError(
            f"{path} holds {known[0]}, not {_WORDS[wanted][0]}.",
            known[1].format(path=path),
            _makes(wanted),
        )


def refuse_other_format(path: Path, wanted: str | None) -> None:
    """Raise DataError for a file that is not HDF5 if its actual format is known."""
    from lstmtool.io.formats.detect import detect

    refuse_ending(path, wanted or SEQUENCES)
    try:
        name = name_of_format(detect(path))
    except LstmtoolError:
        return
    what = "a file that lstmtool wrote" if wanted is None else _WORDS[wanted][0]
    raise DataError(
        f"{path} is {name}, not {what}.",
        f"`lstmtool info {path}` shows what is in it, `lstmtool train {path}` trains on it.",
        _makes(wanted),
    )


def check_kind(
    path: Path | str, encoding_type: str | None, version: str | None, wanted: str | None
) -> None:
    """Check a file's declared kind and version against the wanted kind (None: any of ours).

    Raises
    ------
    DataError
        If it is of another kind, not ours, or written by a newer version.
    """
    if encoding_type not in _WORDS:
        says = f"encoding-type {encoding_type!r:.80}" if encoding_type else "no encoding-type"
        raise DataError(f"{path} was not written by lstmtool.", says, _makes(wanted))
    if wanted not in (None, encoding_type):
        held, reads, _ = _WORDS[encoding_type]
        raise DataError(
            f"{path} holds {held}, not {_WORDS[wanted][0]}.",
            f"`{reads.format(path=path)}` reads it.",
            _makes(wanted),
        )
    if version is None or version.split(".")[0] != VERSION.split(".")[0]:
        raise DataError(
            f"{path} has a version that this lstmtool does not support.",
            f"encoding-version {version!r:.80}; supported: {VERSION}",
            "Use the lstmtool that wrote it, or a newer one.",
        )


def _makes(wanted: str | None) -> str:
    if wanted is None:
        return "Name a file that lstmtool wrote."
    held, _, makes = _WORDS[wanted]
    return f"`{makes}` makes {held}."
