"""TOML files written by users, in any Unicode encoding with a byte order mark, or UTF-8."""

from __future__ import annotations

import codecs
import re
import tomllib
from os.path import exists, isdir, isfile
from pathlib import Path
from typing import Any

from lstmtool.errors import FileError, LstmtoolError, UsageError
from lstmtool.io.formats.detect import detect
from lstmtool.io.kinds import holds, name_of_format
from lstmtool.io.locate import encoding_type

LARGEST = 1 << 20
"""Maximum size of a settings file in bytes."""
# Byte order marks that start with another one come before it.
_MARKS = {
    codecs.BOM_UTF8: "UTF-8",
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_SAVE = "Save it as UTF-8."
_TABLE = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"\s*([\w.\"'-]+)\s*=")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a settings file.

    Raises
    ------
    FileError
        If it cannot be read.
    UsageError
        If it is not TOML; the message says where.
    """
    try:
        text = _text(path)
    except UsageError as error:
        _refuse_other(path, error.where)
        raise
    try:
        return tomllib.loads(text)
    except RecursionError:
        why = "it is nested too deeply"
    except ValueError as error:  # also numbers with thousands of digits
        why = str(error).partition(";")[0]
    _refuse_other(path, why)
    raise UsageError(f"{path} is not TOML.", why, "Fix it there, or leave the file out.")


def _refuse_other(path: Path, why: str) -> None:
    """Refuse a file whose name shows that it does not hold settings."""
    kind = encoding_type(path)
    if path.suffix.lower() == ".toml":
        return
    try:
        what = f"holds {holds(kind)}" if kind else f"is {name_of_format(detect(path))}"
    except LstmtoolError:
        return
    raise UsageError(
        f"{path} {what}, not settings (TOML).",
        why,
        "`lstmtool train --print-config` prints settings; for `lstmtool sweep` see its --help.",
    )


def place_in(path: Path, setting: str) -> str:
    """Return file and line of a setting such as ``stages.0.epochs``; "" if it is absent."""
    number = _keys(_text(path).splitlines()).get(tuple(setting.split(".")))
    return f"{path}, line {number}" if number else ""


def _keys(lines: list[str]) -> dict[tuple[str, ...], int]:
    """Return the first line of every key and table."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(lines, start=1):
        if heading := _TABLE.match(line):
            table = _parts(heading[2])
            if heading[1] == "[[":
                found.setdefault(table, number)
                counts[table] = counts.get(table, -1) + 1
                table = (*table, str(counts[table]))
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_parts(key[1])), number)
    return found


def _parts(key: str) -> tuple[str, ...]:
    return tuple(part.strip(" \t\"'") for part in key.split("."))


def _text(path: Path) -> str:
    content = _content(path)
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            content = content[len(mark) :] if name == "UTF-8" else content
            break
    else:
        name = "UTF-16 without a byte order mark" if b"\0" in content[:4] else "UTF-8"
    if name != "UTF-8":
        raise UsageError(f"{path} is not TOML, which must be UTF-8.", f"it is {name}", _SAVE)
    try:
        return content.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        where = f"line {line} has the byte 0x{content[error.start]:02x}, perhaps Latin-1"
        raise UsageError(f"{path} is not TOML, which must be UTF-8.", where, _SAVE) from None


def _content(path: Path) -> bytes:
    if exists(path) and not isfile(path) and not isdir(path):
        raise FileError(
            f"{path} is a pipe or a device, not a file of settings.",
            "settings are read more than once",
            "Save them in a file, and name that.",
        )
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise FileError(f"There is no file {path}.", fix="Is the name right?") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise FileError(f"{path} cannot be read.", why, "Name a file of settings.") from None
    if len(content) > LARGEST:
        raise UsageError(f"{path} is too long for a file of settings.", f"over {LARGEST:,} bytes")
    return content
