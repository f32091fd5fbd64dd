"""The kinds of files that lstmtool writes, and how to say that a file is of another kind."""

from __future__ import annotations

from pathlib import Path

from lstmtool.errors import DataError

SEQUENCES, RUN, CLUSTERS = "lstmtool-sequences", "lstmtool-run", "lstmtool-clusters"
STUDY, UNFINISHED = "lstmtool-study", "lstmtool-unfinished"
TRAINED, SWEEP = "lstmtool-trained", "lstmtool-sweep"
VERSION = "1.0"
"""Of every kind; readers accept any second number, which adds parts but changes none."""

# What a file of the kind holds, what reads it, and what makes one.
_WORDS = {
    SEQUENCES: ("sequences", "lstmtool train {path}", "lstmtool gen-data"),
    RUN: ("a run", "lstmtool report {path}", "lstmtool train"),
    CLUSTERS: ("clusters", "lstmtool info {path}", "lstmtool report --export FILE"),
    STUDY: ("a study", "lstmtool info {path}", "lstmtool reproduce"),
    SWEEP: ("a sweep", "lstmtool info {path}", "lstmtool sweep CONFIG.toml"),
    TRAINED: ("a trained network", "lstmtool report {path}", "lstmtool train --task NAME"),
    UNFINISHED: ("an unfinished run", "lstmtool train --resume", "lstmtool train"),
}


def check_kind(
    path: Path | str, encoding_type: str | None, version: str | None, wanted: str | None
) -> None:
    """Check what a file says of itself against what is wanted (None: any kind of ours).

    Raises
    ------
    DataError
        If it is of another kind, of none of ours, or written by a newer version.
    """
    if encoding_type not in _WORDS:
        says = f"encoding-type {encoding_type!r:.80}" if encoding_type else "no encoding-type"
        raise DataError(f"{path} was not written by lstmtool.", says, _makes(wanted))
    if wanted not in (None, encoding_type):
        holds, reads, _ = _WORDS[encoding_type]
        raise DataError(
            f"{path} holds {holds}, not {_WORDS[wanted][0]}.",
            f"`{reads.format(path=path)}` reads it.",
            _makes(wanted),
        )
    if version is None or not _is_known(version):
        raise DataError(
            f"{path} has a version that this lstmtool does not know.",
            f"encoding-version {version!r:.80}; known: {VERSION}",
            "Use the lstmtool that wrote it, or a newer one.",
        )


def _is_known(version: str) -> bool:
    return version.split(".")[0] == VERSION.split(".")[0]


def _makes(wanted: str | None) -> str:
    if wanted is None:
        return "Name a file that lstmtool wrote."
    holds, _, makes = _WORDS[wanted]
    return f"`{makes}` makes {holds}."
