"""What a user may say about a file of sequences, where the file does not say it itself."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, NamedTuple

from lstmtool.errors import UsageError

Missing = Literal["error", "drop", "interpolate"]
Channels = Literal["mono", "inputs", "split"]


class Span(NamedTuple):
    """A stretch of a sequence, in steps or in seconds."""

    amount: float
    unit: Literal["steps", "seconds"]

    def __str__(self) -> str:
        return f"{self.amount:g}{'s' if self.unit == 'seconds' else ''}"


@dataclass(frozen=True)
class ReadOptions:
    """How to read a file of sequences; what is None or empty is told from the file.

    Parameters
    ----------
    id, time, label, name : str, optional
        Columns of CSV, by name or by number from 1; `label` also a dataset of NPZ or HDF5.
    value : tuple of str
        Columns of CSV that are inputs.
    delimiter : str, optional
    header : bool, optional
        Whether the first line of CSV names the columns.
    inputs : int, optional
        Values per step where a row of CSV is a sequence.
    unequal : bool
        Short rows and missing values at the end mean a shorter sequence.
    channels_first : bool
        Arrays are (sequences, inputs, steps).
    channels : {"mono", "inputs", "split"}
        What becomes of the channels of a sound: their mean, inputs of each step, or sequences.
    sampling_rate : float, optional
        Steps per second to resample to.
    cut, hop : Span, optional
        Cut every sequence into windows of this length, that begin this far apart.
    missing : {"error", "drop", "interpolate"}
        What to do about missing values: refuse them, leave out the sequences that have some, or
        put the line between the values around them in their place.
    skip_unreadable : bool
        Leave out the files of a folder that cannot be read as sound.

    Raises
    ------
    UsageError
        If the options contradict each other.
    """

    id: str | None = None
    time: str | None = None
    value: tuple[str, ...] = ()
    label: str | None = None
    name: str | None = None
    delimiter: str | None = None
    header: bool | None = None
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
        if self.hop is not None and self.cut is None:
            raise UsageError("--hop needs --cut, the length of the windows.")
        for option, value in (("--cut", self.cut), ("--hop", self.hop)):
            if value is not None and not value.amount > 0:
                raise UsageError(f"{option} must be positive, not {value}.")
        if self.sampling_rate is not None and not 0 < self.sampling_rate < 1e9:
            raise UsageError(f"--sampling-rate must be positive, not {self.sampling_rate:g}.")
        if self.inputs is not None and self.is_long:
            raise UsageError(
                "--inputs is for rows that are whole sequences; --id, --time and --value are for "
                "rows that are steps.",
                fix="Leave one of them out.",
            )

    @property
    def is_long(self) -> bool:
        """Whether the options say that a row of CSV is one step."""
        return bool(self.id or self.time or self.value)

    def given(self) -> dict[str, object]:
        """Return the options that differ from their defaults, by field name."""
        pairs = ((f.name, getattr(self, f.name), f.default) for f in fields(self))
        return {name: value for name, value, default in pairs if value != default}

    def words(self) -> list[str]:
        """Return the options as words of a command line."""
        words: list[str] = []
        for name, value in self.given().items():
            flag = f"--{name.replace('_', '-')}"
            if isinstance(value, bool):
                words.append(flag if value else f"--no-{name}")
            elif name == "value":
                words += [word for column in self.value for word in (flag, column)]
            else:
                words += [flag, f"{value:g}" if isinstance(value, float) else str(value)]
        return words
