"""Finished records of a long study, as JSON lines: a header, then one record per data set.

Each line is synced before the next begins, so an interruption costs at most the current data set.
A truncated last line is dropped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Any

from lstmtool.errors import DataError, FileError, LockedError, UsageError
from lstmtool.io.text import from_json, to_json

KIND = "lstmtool-partial-study"


class Partial:
    """An open file of records; `records` holds those read and those appended."""

    def __init__(self, file: FileIO, records: list[dict[str, Any]]) -> None:
        self._file, self.records = file, records

    def append(self, record: dict[str, Any]) -> None:
        """Append a record and sync it to disk.

        Raises
        ------
        FileError
            If the disk is full or fails.
        """
        # Use the record as it will be read back, so that resuming changes no byte.
        self.records.append(_write_line(self._file, record))


@contextmanager
def open_partial(
    path: Path, plan: dict[str, Any], parts: tuple[str, ...] = ("experiment", "seed")
) -> Iterator[Partial]:
    """Create a file of records, or resume one with the same plan.

    Parameters
    ----------
    plan : dict
        Everything that determines the records, as JSON values.
    parts : tuple of str
        Keys of every record.

    Raises
    ------
    UsageError
        If the file has another plan.
    LockedError
        If another process is writing it.
    FileError
        If it cannot be written.
    DataError
        If it is damaged.
    """
    if path.exists() and not path.is_file():
        raise FileError(f"{path} is not a file.", fix="Remove it, or choose another --output.")
    with _opened(path) as file:
        _lock(file, path)
        try:
            records = _resume(file, path, plan, parts)
        except FileError:
            if not path.stat().st_size:  # nothing written yet
                path.unlink()
            raise
        yield Partial(file, records)


def _opened(path: Path) -> FileIO:
    try:
        return path.open("a+b", buffering=0)  # closing must not retry a failed write
    except OSError as error:
        raise FileError(f"Cannot write {path}.", error.strerror or str(error)) from error


def _lock(file: FileIO, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # pragma: no cover - Windows has no locks
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LockedError(
            f"Another process is writing {path}.", fix="Wait for it, or choose another --output."
        ) from None
    except OSError:  # some network file systems cannot lock
        return


def goes_on(path: Path, plan: dict[str, Any]) -> bool:
    """Whether a file of records with this plan exists."""
    try:
        with path.open("rb") as file:
            return file.readline() == to_json(_header(plan)).encode() + b"\n"
    except OSError:
        return False


def _header(plan: dict[str, Any]) -> dict[str, Any]:
    header: dict[str, Any] = from_json(to_json({"kind": KIND, "plan": plan}))
    return header


def _resume(
    file: FileIO, path: Path, plan: dict[str, Any], parts: tuple[str, ...]
) -> list[dict[str, Any]]:
    header = _header(plan)
    file.seek(0)
    whole = file.read()
    whole = whole[: whole.rfind(b"\n") + 1]
    file.truncate(len(whole))
    if not whole:
        _write_line(file, header)
        return []
    first, *others = whole.splitlines()
    _check_header(first, header, path)
    return [_record(line, path, n, parts) for n, line in enumerate(others, start=2)]


def _check_header(line: bytes, wanted: dict[str, Any], path: Path) -> None:
    found: Any = None
    with suppress(ValueError):
        found = from_json(line.decode())
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise UsageError(f"{path} is not an unfinished study.", fix="Choose another --output.")
    if found != wanted:
        raise UsageError(
            f"{path} is an unfinished study with other settings.",
            difference(found.get("plan"), wanted["plan"]),
            "Repeat its options to resume, remove it to start over, or choose another --output.",
        )


def difference(found: Any, wanted: Any, name: str = "") -> str:
    """Describe the first difference between two plans."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in [*wanted, *found]:
            if found.get(key) != wanted.get(key):
                inner = f"{name}.{key}" if name else key
                return difference(found.get(key), wanted.get(key), inner)
    return f"{name}: it has {to_json(found):.80}, now {to_json(wanted):.80}"


def _record(line: bytes, path: Path, number: int, parts: tuple[str, ...]) -> dict[str, Any]:
    with suppress(ValueError):
        record = from_json(line.decode())
        if isinstance(record, dict) and record.keys() >= set(parts):
            return record
    raise DataError(
        f"{path} is damaged.", f"line {number}", "Remove the file, and start the study again."
    )


def _write_line(file: FileIO, value: dict[str, Any]) -> dict[str, Any]:
    text = to_json(value)
    try:
        line = memoryview(text.encode() + b"\n")
        while line:
            line = line[file.write(line) :]
        os.fsync(file.fileno())
    except OSError as error:
        raise FileError(
            f"Cannot write {file.name}.", error.strerror or str(error), "Free some space."
        ) from error
    return from_json(text)
