"""Reusing the reading options of a run's data for other data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

COLUMNS = ("id", "time", "value", "label", "name", "inputs", "rows", "day_first")
"""Options about the columns of CSV."""
GROUPS: tuple[tuple[str, ...], ...] = (
    ("cut", "hop"),
    ("sampling_rate",),
    ("channels",),
    ("channels_first",),
    ("unequal",),
    ("id", "time", "value", "inputs", "rows", "day_first"),
    ("label",),
    ("name",),
)
"""Options that shape sequences. Giving one of a group overrides the whole group. The others
describe a file's format, or the treatment of missing values, which differ between files."""


class Repeated(NamedTuple):
    """Options of a run's data to be repeated for other data."""

    options: dict[str, Any]
    said: tuple[str, ...]
    """Remarks for the user."""


def parse(words: Any) -> dict[str, Any]:
    """Parse command-line words into options by name.

    Raises
    ------
    DataError
        If they are invalid, since files are untrusted.
    """
    import click

    from lstmtool.cli.reading import reading_options
    from lstmtool.errors import DataError, LstmtoolError
    from lstmtool.jobs.reading import read_options

    parser = click.command("reading", add_help_option=False)(reading_options()(lambda: None))
    try:
        if not isinstance(words, list):
            raise TypeError("they are not a list")
        values = parser.make_context("reading", [str(word) for word in words]).params
        read_options(values)
    except (click.ClickException, LstmtoolError, TypeError) as error:
        raise DataError(
            "The reading options stored in the file are invalid.",
            f"{words!r:.200}: {error}",
            "The file is damaged or was changed; create it again.",
        ) from None
    return values


def options_of(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that shaped the sequences of a run or a file, including conversion."""
    shaped: dict[str, Any] = {}
    for key in ("converted_by", "reading"):
        given = _given(parse(source[key])) if source.get(key) else {}
        for group in GROUPS:
            if given.keys() & set(group):
                shaped = {k: v for k, v in shaped.items() if k not in group}
                shaped |= {k: given[k] for k in group if k in given}
    return shaped


def repeat(source: Mapping[str, Any], data: Path, reading: Mapping[str, Any]) -> Repeated:
    """Decide which options of a run's data are repeated for other data.

    Options are repeated if they shape sequences (see `GROUPS`) and apply to the format of the
    data: columns that it has, a sampling rate for sounds. The user's options take precedence, and
    processing already done is not repeated.

    Parameters
    ----------
    source : mapping
        Attributes of the run's data.
    reading : mapping
        The user's options.
    """
    from lstmtool.io.formats.load import format_of, options_for
    from lstmtool.text import clean_text

    wanted, own = options_of(source), _given(reading)
    for group in GROUPS:
        if own.keys() & set(group):
            wanted = {k: v for k, v in wanted.items() if k not in group}
    if not wanted:
        return Repeated({}, ())
    kind, name = format_of(data), clean_text(data.name)
    allowed = options_for(kind)
    if kind != "sound":  # for others, a rate that differs from the run's is refused
        allowed -= {"sampling_rate"}
    if kind not in ("csv", "tsv"):
        allowed -= set(COLUMNS)
    wanted = {k: v for k, v in wanted.items() if k in allowed}
    done = options_of({"converted_by": _converted_by(kind, data)})
    said = _differences(name, wanted, done)
    wanted = {k: v for k, v in wanted.items() if k not in _groups_of(done)}
    lacking = _lacking(data, wanted, reading)
    wanted = {k: v for k, v in wanted.items() if k not in lacking}
    if lacking:
        said.append(f"{name}: {_words(lacking)} of the run's data does not apply to it, not used.")
    if wanted:
        said.append(
            f"{name}: read like the run's data, with {_words(wanted)} (--no-repeat prevents this)."
        )
    return Repeated(wanted, tuple(said))


def _given(reading: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the options that differ from their defaults."""
    from lstmtool.jobs.reading import read_options

    return {name: reading[name] for name in read_options(reading).given()}


def _groups_of(options: Mapping[str, Any]) -> set[str]:
    return {name for group in GROUPS if options.keys() & set(group) for name in group}


def _converted_by(kind: str, data: Path) -> Any:
    """Return the options with which a file was converted, if its format records them."""
    if kind == "ours":
        from lstmtool.io.locate import encoding_type
        from lstmtool.io.sequences import open_sequences

        if encoding_type(data) != "lstmtool-sequences":
            return None  # other formats are identified when read
        with open_sequences(data) as file:
            return file.attributes.get("converted_by")
    if kind == "json":
        from lstmtool.io.formats.json_file import read_json

        return read_json(data).attributes.get("converted_by")
    return None


def _differences(name: str, wanted: dict[str, Any], done: dict[str, Any]) -> list[str]:
    said = []
    for group in GROUPS:
        if group[0] in COLUMNS:
            continue
        mine, other = ({k: o[k] for k in group if k in o} for o in (wanted, done))
        if mine and other and mine != other:
            said.append(f"{name}: made with {_words(other)}, the run's data with {_words(mine)}.")
    return said


def _lacking(data: Path, wanted: dict[str, Any], reading: Mapping[str, Any]) -> dict[str, Any]:
    from lstmtool.io.formats.csv_file import fitting
    from lstmtool.io.formats.detect import split_path
    from lstmtool.jobs.reading import read_options

    columns = {k: v for k, v in wanted.items() if k in COLUMNS}
    if not columns:
        return {}
    fits = fitting(split_path(data)[0], read_options({**reading, **columns}))
    return {k: v for k, v in columns.items() if k not in fits}


def _words(options: Mapping[str, Any]) -> str:
    import shlex

    from lstmtool.jobs.reading import read_options

    return shlex.join(read_options(options).words())
