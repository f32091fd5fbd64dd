"""Finished records of a long study, as JSON lines: a header, then one record per finished item.

Each line is synced before the next begins, so an interruption costs at most the current items.
A truncated last line is dropped. Whoever opens such a file holds its lock.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Any

from lstmtool.errors import DataError, FileError, UsageError
from lstmtool.io.text import from_json, to_json

KIND = "lstmtool-partial-study"
Name = Callable[[Any], tuple[Any, ...]]


class Partial:
    """An open file of records; `records` holds those read and those appended.

    A `lstmtool.training.runner.Store` of items that `name` gives the parts of their records of.
    """

    def __init__(
        self, file: FileIO, records: list[dict[str, Any]], parts: tuple[str, ...], name: Name
    ) -> None:
        self._file, self.records, self._name = file, records, name
        self._places = {to_json([r[part] for part in parts]): n for n, r in enumerate(records)}

    def found(self, item: Any) -> dict[str, Any] | None:
        """Return the record of an item, if there is one."""
        place = self._places.get(to_json(self._name(item)))
        return None if place is None else self.records[place]

    def keep(self, item: Any, record: dict[str, Any]) -> dict[str, Any]:
        """Put the record of an item on the disk, and return it as it is read later.

        Raises
        ------
        FileError
            If the disk is full or fails.
        """
        # Use the record as it will be read back, so that resuming changes no byte.
        self.records.append(_write_line(self._file, record))
        self._places[to_json(self._name(item))] = len(self.records) - 1
        return self.records[-1]

    def counts(self) -> tuple[int, int]:
        """Return how many items are finished, and 0 for unfinished ones, which are not stored."""
        return len(self.records), 0

    def save(self) -> None:
        """Do nothing: every record is on the disk."""


@contextmanager
def open_partial(
    path: Path,
    plan: dict[str, Any],
    name: Name = lambda item: item,
    parts: tuple[str, ...] = ("experiment", "seed"),
    **told: str,
) -> Iterator[Partial]:
    """Create a file of records, or resume one with the same plan.

    Parameters
    ----------
    plan : dict
        Everything that decides the records, as JSON values.
    name : callable
        Gives the values of these parts of an item's record.
    parts : tuple of str
        What every record has, and is known by.
    **told : str
        What else the header of a new file says.

    Raises
    ------
    UsageError
        If the file was begun with another plan.
    FileError
        If it cannot be written.
    DataError
        If it is damaged.
    """
    if path.exists() and not path.is_file():
        raise FileError(f"{path} is not a file.", fix="Remove it, or choose another --output.")
    with _opened(path) as file:
        try:
            records = _resume(file, path, {"kind": KIND, "plan": plan} | told, parts)
        except FileError:
            if not path.stat().st_size:  # nothing written yet
                path.unlink()
            raise
        yield Partial(file, records, parts, name)


def read_header(path: Path) -> dict[str, Any]:
    """Return what a file of records says of itself; nothing where it is no such file."""
    with suppress(OSError, ValueError), path.open("rb") as file:
        found = from_json(file.readline().decode())
        if isinstance(found, dict) and found.get("kind") == KIND:
            return found
    return {}


def _opened(path: Path) -> FileIO:
    try:
        return path.open("a+b", buffering=0)  # closing must not retry a failed write
    except OSError as error:
        raise FileError(f"Cannot write {path}.", error.strerror or str(error)) from error


def _resume(
    file: FileIO, path: Path, header: dict[str, Any], parts: tuple[str, ...]
) -> list[dict[str, Any]]:
    file.seek(0)
    whole = file.read()
    whole = whole[: whole.rfind(b"\n") + 1]
    file.truncate(len(whole))
    if not whole:
        _write_line(file, header)
        return []
    found = read_header(path)
    if not found:
        raise UsageError(f"{path} is no unfinished study.", fix="Choose another --output.")
    refuse_other(path, found.get("plan"), from_json(to_json(header["plan"])))
    return [_record(line, path, n, parts) for n, line in enumerate(whole.splitlines()[1:], start=2)]


def refuse_other(path: Path, found: Any, wanted: Any) -> None:
    """Raise UsageError if the plan of an unfinished run differs from the wanted one."""
    if found != wanted:
        raise UsageError(
            f"{path} is an unfinished run with other settings.",
            difference(found, wanted),
            "Repeat its options to resume, start over with --force, or choose another --output.",
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
