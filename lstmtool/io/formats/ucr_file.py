"""Sequences from .tsv files of the UCR archive: a label, then the values, separated by tabs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lstmtool.io.formats.cells import is_number, number
from lstmtool.io.formats.csv_file import read_csv
from lstmtool.io.formats.headers import counts_columns
from lstmtool.io.formats.missing import trim_ends
from lstmtool.io.formats.options import CSV_FIELDS, ReadOptions
from lstmtool.io.formats.raw import Raw, Say
from lstmtool.io.formats.table import open_table


def is_ucr(path: Path, options: ReadOptions) -> bool:
    """Return whether a file looks like the archive's: tabs, no header, integers first.

    Options about the columns mean that it is some other table.
    """
    if options.given().keys() & CSV_FIELDS:
        return False
    with open_table(path, replace(options, header=False, unequal=True)) as table:
        labels = table.cells(0)
        whole = all(is_number(cell) and number(cell).is_integer() for cell in labels)
        counted = counts_columns(table.sample[0][1])
        return table.delimiter == "\t" and whole and not counted and table.width > 2


def read_ucr(path: Path, say: Say) -> Raw:
    """Read sequences from a file of the archive, which pads shorter ones with missing values."""
    say("UCR format: tabs, the label in the first column, missing values at the end as padding.")
    options = ReadOptions(label="1", delimiter="\t", header=False)
    raw = read_csv(path, options, lambda text: None)
    trim_ends(raw, say)
    return raw
