"""Options for reading sequences, for what cannot be inferred from the file."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, NamedTuple

from lstmtool.errors import UsageError

Missing = Literal["error", "drop", "interpolate"]
Channels = Literal["mono", "inputs", "split"]
TABLE_FIELDS = frozenset((
    *("id", "time", "value", "label", "name", "rows", "inputs", "day_first"),
))  # fmt: skip
"""Options for the roles of columns."""
CSV_FIELDS = TABLE_FIELDS | {"delimiter", "header", "skip_rows", "decimal", "thousands"}
"""Options for the format of a text table."""
Rows = Literal["sequences", "steps"]

GROUPING = (",", ".", "'", " ", "_")
"""Thousands separators; a space stands for every kind of space."""


class Span(NamedTuple):
    """A duration, in steps or in seconds."""

    amount: float
    unit: Literal["steps", "seconds"]

    def __str__(self) -> str:
        return f"{_number(self.amount)}s" if self.unit == "seconds" else f"{self.amount:.0f}"


def _number(value: float) -> str:
    """Return a number in its shortest exact form."""
    return short if float(short := f"{value:g}") == value else repr(value)


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file of sequences; None or empty fields are inferred from the file.

    Parameters
    ----------
    id : str or tuple of str
        CSV columns, by name or number from 1, that together identify a sequence.
    time, label, name : str, optional
        CSV columns; `label` also an NPZ or HDF5 array.
    value : tuple of str
        CSV columns that are inputs.
    rows : {"sequences", "steps"}, optional
        What a CSV row is.
    delimiter : str, optional
        One character.
    header : bool, optional
        Whether the first CSV line names the columns.
    skip_rows : int, optional
        Lines above the CSV table. If given, no other line is taken for a comment.
    decimal : {".", ","}, optional
        Decimal separator.
    thousands : str, optional
        Thousands separator, one of `GROUPING`.
    day_first : bool, optional
        Whether 01/02/2024 is 1 February rather than 2 January.
    inputs : int, optional
        Values per step if a CSV row is a sequence.
    unequal : bool
        Whether short rows and trailing missing values mean a shorter sequence.
    channels_first : bool
        Whether arrays are (sequences, inputs, steps).
    channels : {"mono", "inputs", "split"}
        Use of a sound's channels: average them, make them inputs, or make them sequences.
    sampling_rate : float, optional
        Rate to resample to, in Hz.
    cut, hop : Span, optional
        Length of the windows cut from every sequence, and the distance between their starts.
    missing : {"error", "drop", "interpolate"}
        Handling of missing values: refuse them, drop the sequences that have any, or interpolate
        linearly.
    skip_unreadable : bool
        Skip files in a folder that cannot be read as sound.

    Raises
    ------
    UsageError
        If the options contradict each other.
    """

    id: str | tuple[str, ...] = ()
    time: str | None = None
    value: tuple[str, ...] = ()
    label: str | None = None
    name: str | None = None
    rows: Rows | None = None
    delimiter: str | None = None
    header: bool | None = None
    skip_rows: int | None = None
    decimal: str | None = None
    thousands: str | None = None
    day_first: bool | None = None
    inputs: int | None = None
    unequal: bool = False
    channels_first: bool = False
    channels: Channels | None = None
    sampling_rate: float | None = None
    cut: Span | None = None
    hop: Span | None = None
    missing: Missing = "error"
    skip_unreadable: bool = False

    def __post_init__(self) -> None:
        ids = (self.id,) if isinstance(self.id, str) else tuple(self.id or ())
        object.__setattr__(self, "id", ids)
        if self.hop is not None and self.cut is None:
            raise UsageError("--hop needs --cut, the length of the windows.")
        for option, value in (("--cut", self.cut), ("--hop", self.hop)):
            if value is not None and not value.amount > 0:
                raise UsageError(f"{option} must be positive, not {value}.")
        if self.sampling_rate is not None and not 0 < self.sampling_rate < 1e9:
            raise UsageError(f"--sampling-rate must be positive, not {self.sampling_rate:g}.")
        if self.inputs is not None and self.is_long:
            raise UsageError(
                "--inputs is for rows that are whole sequences; --id, --time, --value and "
                "--rows steps are for rows that are steps.",
                fix="Leave one of them out.",
            )
        if self.rows == "sequences" and self.is_long:
            raise UsageError(
                "--rows sequences, but --id, --time and --value are for rows that are steps.",
                fix="Leave one of them out.",
            )
        self._check_numerals()

    def _check_numerals(self) -> None:
        if self.decimal not in (None, ".", ","):
            raise UsageError(f"--decimal: {self.decimal!r} is neither a point nor a comma.")
        if self.thousands is None:
            return
        if self.thousands not in GROUPING:
            known = ", ".join(map(repr, GROUPING))
            raise UsageError(f"--thousands: {self.thousands!r} is not one of {known}.")
        if self.thousands == self.decimal:
            raise UsageError(f"--thousands and --decimal are both {self.decimal!r}.")

    @property
    def ids(self) -> tuple[str, ...]:
        """CSV columns that together identify a sequence."""
        return tuple(self.id)

    @property
    def is_long(self) -> bool:
        """Whether the options imply that a CSV row is a step."""
        return bool(self.id or self.time or self.value or self.rows == "steps")

    def given(self) -> dict[str, object]:
        """Return the options that differ from their defaults, by field name."""
        pairs = ((f.name, getattr(self, f.name), f.default) for f in fields(self))
        return {name: value for name, value, default in pairs if value != default}

    def words(self) -> list[str]:
        """Return the options as command-line words."""
        words: list[str] = []
        for name, value in self.given().items():
            flag = f"--{name.replace('_', '-')}"
            if name == "day_first":
                words.append(flag if value else "--month-first")
            elif isinstance(value, bool):
                words.append(flag if value else f"--no-{name}")
            elif isinstance(value, tuple) and not isinstance(value, Span):
                words += [word for column in value for word in (flag, column)]
            else:
                words += [flag, _number(value) if isinstance(value, float) else str(value)]
        return words
