"""Data frames whose rows are steps, with the sequence and the time of each."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from numbers import Rational
from typing import Any, NamedTuple

import numpy as np

from lstmtool.data.conversion import frames
from lstmtool.data.conversion.read import Read, is_dates, warn
from lstmtool.errors import DataError, UsageError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DECIMALS = re.compile(r"(?<=:\d\d)\.\d+")
_NO_TIME = np.iinfo(np.int64).min  # NaT, where pandas and NumPy store times as integers


class Roles(NamedTuple):
    """Names of the columns or index levels with each role, None where not given."""

    id: Any = None
    time: Any = None
    value: Any = None

    @property
    def given(self) -> list[str]:
        """Names of the roles that are given."""
        return [role for role, name in self._asdict().items() if name is not None]


def read_steps(frame: Any, roles: Roles) -> Read:
    """Read a frame whose rows are steps.

    Unless `roles` say otherwise, a two-level index has ids and times, an index of dates times.

    Raises
    ------
    DataError
        If a column is missing or not numeric, an id or time is missing, a time is repeated in a
        sequence, or rows of an id are not consecutive and there are no times.
    """
    names, (ids, times, taken) = list(frame.columns), _ids_and_times(frame, roles)
    chosen = _values(frame, roles, [k for k in range(len(names)) if k not in taken])
    if not len(frame):
        raise DataError("There are no sequences.", "a data frame without rows", "Give some rows.")
    values = frames.table(frame, chosen)
    keys = list(map("/".join, zip(*map(_keys, ids), strict=True))) or [""] * len(frame)
    if times is None and roles.value is None:
        changes = [k + 1 for k, (a, b) in enumerate(pairwise(keys)) if a != b]
        _refuse_counter(frame, chosen, changes)
    rows = _rows_by_id(keys, together=times is None)
    if times is not None:
        rows = _sorted_by_time(rows, times, named=bool(ids))
    parts = list(rows.values())
    return Read(
        [values[part] for part in parts],
        tuple(rows) if ids else (),
        frames.input_names(names[k] for k in chosen),
        None if times is None else lambda n, step: str(times.to_numpy()[parts[n][step]]),
    )


def one_sequence(frame: Any, roles: Roles, where: str) -> Read:
    """Read a frame that is one sequence of a list; raises as `read_steps`."""
    frames.refuse_levels(frame)
    if roles.given or frames.levels(frame) == 2:
        read = read_steps(frame, roles)
        if len(read.arrays) > 1:
            raise DataError(
                f"A data frame in a list holds {len(read.arrays)} sequences.",
                where,
                "Every item of a list is one sequence; give such a frame alone.",
            )
        return read
    frames.refuse_order(frame, where)
    chosen = _values(frame, roles, list(range(frame.shape[1])))
    _refuse_counter(frame, chosen, [])
    return Read([frames.table(frame, chosen)], inputs=frames.input_names(frame.columns))


def _ids_and_times(frame: Any, roles: Roles) -> tuple[list[Any], Any, set[int]]:
    """Return the id columns, the time column or None, and their indices in the frame."""
    index, taken = frames.index_of(frame), set()
    found: dict[str, list[Any]] = {"id": [], "time": []}
    for role in found:
        name = getattr(roles, role)
        several = role == "id" and isinstance(name, list)
        for one in name if several else () if name is None else (name,):
            level = _level(frame, one)
            if level is None:
                k = _position(frame, role, one)
                taken.add(k)
                level = frames.column(frame, k)
            found[role].append(level)
    ids, times = found["id"], next(iter(found["time"]), None)
    if frames.levels(frame) == 2:
        first, second = index.names
        if not ids and (times is None or roles.time == second):
            ids = [index.get_level_values(0)]
        if times is None and (roles.id is None or roles.id == first):
            times = index.get_level_values(1)
            if frames.role_of(second) in ("id", "label"):
                raise DataError(
                    f"The second level of the index, {second!r}, is not named like a time.",
                    f"levels: {first!r}, {second!r}",
                    "The two levels are sequence and time; name others with id= and time=.",
                )
    elif times is None and _is_of_times(index):
        times = index
    return ids, times, taken


def _is_of_times(index: Any) -> bool:
    return index is not None and (is_dates(index) or frames.role_of(index.name) == "time")


def _values(frame: Any, roles: Roles, left: list[int]) -> list[int]:
    """Return the value columns: those named, or the remaining ones, unless these are dubious."""
    names = list(frame.columns)
    if roles.value is not None:
        wanted = list(roles.value) if isinstance(roles.value, list | tuple) else [roles.value]
        left = [_position(frame, "value", name) for name in wanted]
    fix = "Name columns in as_sequences(X, id=..., time=..., value=[...]), inputs with value=."
    for k in left:
        if roles.value is None and (role := frames.role_of(names[k])):
            raise DataError(
                f"A column is called {names[k]!r}, as {role}s are: is it an input?",
                f"columns: {frames.listed(names)}",
                fix,
            )
        frames.refuse_no_values(frame, k, fix)
    if not left:
        raise DataError("No column is left for values.", f"columns: {frames.listed(names)}", fix)
    return left


def _refuse_counter(frame: Any, chosen: list[int], changes: list[int]) -> None:
    """Raise DataError for an input, among others, that counts up per id: it may be a time."""
    for k in chosen if len(chosen) > 1 else ():
        starts = frames.starts_of_counter(frame, k)
        if starts and starts[1:] == changes:
            raise DataError(
                f"The column {frame.columns[k]!r} counts up in every sequence: is it an input?",
                f"columns: {frames.listed(list(frame.columns))}",
                f"Write time={frame.columns[k]!r} if it is the time of the steps, or name all "
                "inputs with value=[...].",
            )


def _keys(ids: Any) -> list[str]:
    """Return the id of every row as text."""
    keys = [frames.key_text(key) for key in ids]
    missing = frames.missing(ids) | np.array([not key.strip() for key in keys], dtype=bool)
    if missing.any():
        raise DataError("The id is missing.", f"row {int(np.argmax(missing))}", "Repair the row.")
    return keys


def _rows_by_id(keys: Sequence[str], together: bool) -> dict[str, np.ndarray]:
    """Return the rows of every sequence, in order of the first occurrence of their ids."""
    numbered: dict[str, int] = {}
    codes = np.array([numbered.setdefault(key, len(numbered)) for key in keys])
    if together and (np.diff(codes) < 0).any():
        again = int(np.argmax(np.diff(codes) < 0)) + 1
        raise DataError(
            f"The rows of id {keys[again]!r} are not consecutive.",
            f"rows {int(np.argmax(codes == codes[again]))} and {again}",
            "Give every sequence its own id, or name the time column with time=.",
        )
    order = np.argsort(codes, kind="stable")
    edges = np.cumsum(np.bincount(codes))[:-1]
    return dict(zip(numbered, np.split(order, edges), strict=True))


def _sorted_by_time(rows: dict[str, np.ndarray], column: Any, named: bool) -> dict[str, np.ndarray]:
    """Return the rows of every sequence sorted by time, as for long CSV."""
    times, uneven, found = as_times(column), False, {}
    for key, part in rows.items():
        order = np.argsort(times[part], kind="stable")
        gaps = np.diff(times[part][order])
        if (gaps == 0).any():
            k = int(np.argmax(gaps == 0))
            first, second = sorted(int(part[order[j]]) for j in (k, k + 1))
            raise DataError(
                f"A time{f' of sequence {key!r}' if named else ''} is repeated.",
                f"rows {first} and {second}, time {column.to_numpy()[first]}",
                "Remove one of them, or name the id column with id=; if rows are single inputs, "
                "pivot the frame so that every input has a column.",
            )
        uneven |= bool(len(gaps)) and bool(100 * gaps.max() > 101 * gaps.min())
        found[key] = part[order]
    if uneven:
        warn(
            "Steps are not evenly spaced in time; only their order is used. "
            "Resample the sequences if the spacing matters."
        )
    return found


def as_times(column: Any) -> np.ndarray:
    """Return times as exactly comparable numbers (rows,): text and objects as fractions.

    Raises
    ------
    DataError
        If one is missing, or is neither a number nor a date.
    """
    cells, missing = np.asarray(column.to_numpy()), frames.missing(column)
    whole = getattr(getattr(column, "array", None), "asi8", None)  # pandas' dates, in any time zone
    if whole is None and cells.dtype.kind in "Mm":
        whole = cells.astype(np.int64)
    if whole is not None:
        times = np.asarray(whole)
        missing |= times == _NO_TIME
    elif cells.dtype.kind in "iu":
        times = cells.astype(np.int64)
    else:
        times = cells if cells.dtype.kind == "f" else _times_of(cells)
        missing |= [time is None or not math.isfinite(time) for time in times]
    if missing.any():
        k = int(np.argmax(missing))
        raise DataError(
            f"{str(cells[k])!r} is not a time: neither a number nor a date such as 2024-01-31 or "
            "2024-01-31T12:00:00.",
            f"row {k}",
            "Repair it, or choose another time=.",
        )
    return times


def _times_of(cells: Iterable[Any]) -> np.ndarray:
    """Return exact numbers, dates as seconds since 1970; None where a cell is neither."""
    found: list[Fraction | None] = []
    for cell in cells:
        try:
            found.append(_time(cell))
        except (TypeError, ValueError, ArithmeticError):
            found.append(None)
    return np.array(found, dtype=object)


def _time(cell: Any) -> Fraction:
    if isinstance(cell, str):
        try:
            return Fraction(Decimal(cell))
        except ArithmeticError:
            decimals = _DECIMALS.search(cell)
            text = cell.replace(decimals[0], "", 1) if decimals else cell
            moment = datetime.fromisoformat(text.strip())
            return _since_1970(moment) + Fraction(f"0{decimals[0]}" if decimals else 0)
    if isinstance(cell, date) and not isinstance(cell, datetime):
        cell = datetime(cell.year, cell.month, cell.day)
    if isinstance(cell, datetime):
        return _since_1970(cell) + Fraction(getattr(cell, "nanosecond", 0), 10**9)  # pandas only
    return Fraction(cell) if isinstance(cell, Rational | Decimal) else Fraction(float(cell))


def _since_1970(moment: datetime) -> Fraction:
    moment = datetime.combine(moment.date(), moment.time(), moment.tzinfo or UTC)
    return Fraction((moment - _EPOCH) // timedelta(microseconds=1), 10**6)


def _level(frame: Any, name: Any) -> Any:
    """Return the index level with this name; None if it is a column's name or unknown."""
    index = frames.index_of(frame)
    if (
        index is None
        or not isinstance(name, Hashable)
        or name in list(frame.columns)
        or name not in list(index.names)
    ):
        return None
    return index.get_level_values(list(index.names).index(name))


def _position(frame: Any, role: str, name: Any) -> int:
    names = list(frame.columns)
    if not isinstance(name, Hashable):
        raise UsageError(
            f"{role}= must be the name of a column, not a {type(name).__name__}.",
            f"columns: {frames.listed(names)}",
            "Make it a column of the frame first.",
        )
    if names.count(name) == 1:
        return names.index(name)
    there = f"there are {names.count(name)} columns" if name in names else "there is no column"
    raise DataError(
        f"{role}=: {there} {name!r}.",
        f"columns: {frames.listed(names)}",
        "Rename them." if name in names else f"Name another with {role}=.",
    )
