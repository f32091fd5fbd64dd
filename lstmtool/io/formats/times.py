"""Times in text files: numbers, dates and times of day, compared exactly."""

from __future__ import annotations

import re
from calendar import day_name, month_name
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from lstmtool.io.formats.cells import is_missing, plain

Moment = int | Decimal
"""An exact number, or seconds since 1970 or since midnight."""
Kind = Literal["number", "date", "clock", "elapsed"]

_CLOCK = re.compile(
    r"(?:^|[\sT,]+)(\d{1,5}):([0-5]\d)(?::([0-5]\d)(?:[.,](\d+))?)?(?:\s*([AaPp])\.?[Mm]\b\.?)?"
)
_ZONE = re.compile(r"\s*(?:Z|UTC|GMT|([+-])(\d\d):?(\d\d))$")
_DAYS = re.compile(r"(\d+) days?,?\s*")
_TOKEN = re.compile(r"\d+|[A-Za-z]+")
_ISO = re.compile(r"(\d{4}-?\d\d-?\d\d[T ]\d\d:?\d\d:?\d\d)[.,](\d+)(.*)")
_MONTHS = tuple(name.lower() for name in month_name[1:])
_DAY_NAMES = tuple(name.lower() for name in day_name)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ORDERS = {"day/month/year": (2, 1, 0), "month/day/year": (2, 0, 1), "year/month/day": (0, 1, 2)}
"""Orders of the numbers in a date: the positions of year, month and day."""


class Time(NamedTuple):
    """A time in a table; the order of a date's three numbers may still be unknown.

    Parameters
    ----------
    kind : {"number", "date", "clock", "elapsed"}
        A clock may cross midnight; elapsed time has days, or more than 24 hours.
    value : int or Decimal
        The number; for a date of three numbers the seconds since its midnight.
    fields : tuple of str
        The three numbers of a date whose order must be inferred from other dates.
    dotted : bool
        Whether points separate them, which means that the day comes first.
    """

    kind: Kind
    value: Moment
    fields: tuple[str, ...] = ()
    dotted: bool = False


class AmbiguousDates(ValueError):
    """Dates whose order of day, month and year is ambiguous."""


def parse(cell: str, comma: bool = False, thousands: str = "") -> Time:
    """Parse a number, a date with or without a time of day, or a time of day.

    Parameters
    ----------
    comma, thousands
        As in `cells.Numerals`.

    Raises
    ------
    ValueError
        If it is none of these, or missing.
    """
    if not (comma or thousands) and len(cell) < 300 and cell.replace(".", "", 1).isdecimal():
        return Time("number", Decimal(cell) if "." in cell else int(cell))
    if is_missing(cell):
        raise ValueError(cell)
    try:
        text = plain(cell, comma, thousands)
    except ValueError:
        return _calendar(cell.strip())
    try:
        return Time("number", int(text))
    except ValueError:
        return Time("number", Decimal(text))


def settle(times: Sequence[Time], day_first: bool | None = None) -> tuple[list[Moment], str]:
    """Return the values of a column of times, and the order of its dates if it was inferred.

    Raises
    ------
    AmbiguousDates
        If several orders are possible, as for 01/02/2024.
    ValueError
        If no order fits all of them.
    """
    open_ones = [time for time in times if time.fields]
    if not open_ones:
        return [time.value for time in times], ""
    if day_first is not None:
        orders = ["day/month/year" if day_first else "month/day/year"]
    elif any(time.dotted for time in open_ones):
        orders = ["day/month/year"]
    else:
        orders = list(ORDERS)
    fitting = [order for order in orders if all(_fits(time, order) for time in open_ones)]
    if not fitting:
        raise ValueError("no order of day and month")
    if day_first is None and _ambiguous(open_ones, fitting):
        raise AmbiguousDates("day, month or year first")
    order = fitting[0]
    return [_moment(time, order) if time.fields else time.value for time in times], order


def _ambiguous(times: Sequence[Time], orders: list[str]) -> bool:
    """Whether the dates depend on the order of their numbers.

    Leading two-digit years are rare: they are considered only if the first number varies less than
    the last.
    """
    if "year/month/day" in orders and len(orders) > 1:
        first, last = (len({time.fields[k] for time in times}) for k in (0, 2))
        orders = orders if first < last else orders[:-1]
    known = [[_moment(time, order) for time in times] for order in orders]
    return any(other != known[0] for other in known[1:])


def exact(cell: str) -> Moment:
    """Return a time that is unambiguous by itself: a number or a date.

    Raises
    ------
    ValueError
        If it is not, or missing.
    """
    return settle([parse(cell)])[0][0]


def is_time(cell: str, comma: bool = False, thousands: str = "") -> bool:
    """Return whether a cell can be parsed as a time."""
    try:
        parse(cell, comma, thousands)
    except ValueError:
        return False
    return True


def _calendar(text: str) -> Time:
    """Parse a date with or without a time of day, a time of day, or days and hours elapsed."""
    try:
        return Time("date", _iso(text))
    except ValueError:
        pass
    zone = _ZONE.search(text) if ":" in text else None
    ahead = 0
    if zone:
        text = text[: zone.start()]
        if zone[1]:
            ahead = (int(zone[2]) * 60 + int(zone[3])) * (-60 if zone[1] == "-" else 60)
    days = _DAYS.match(text)
    clock = _CLOCK.search(text, days.end() - 1 if days else 0)
    second: Moment = (_seconds(clock) if clock else 0) - ahead
    if days and (not clock or not text[days.end() : clock.start()].strip()):
        return Time("elapsed", int(days[1]) * 86400 + second)
    rest = f"{text[: clock.start()]} {text[clock.end() :]}".strip() if clock else text
    if not rest and clock:
        return Time("clock" if int(clock[1]) < 24 else "elapsed", second)
    if clock and int(clock[1]) > 24:
        raise ValueError(text)
    return _dated(text, rest, second)


def _iso(text: str) -> Moment:
    """Return the seconds since 1970 of an ISO 8601 date, with all decimals."""
    split = _ISO.fullmatch(text)
    moment = datetime.fromisoformat(split[1] + split[3] if split else text)
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    whole = since.days * 86400 + since.seconds
    return whole + Decimal(f"0.{split[2]}") if split else whole


def _seconds(clock: re.Match[str]) -> Moment:
    hour, minute, second, fraction, half = clock.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError(hour)
        hours = hours % 12 + (12 if half in "pP" else 0)
    whole = hours * 3600 + int(minute) * 60 + int(second or 0)
    return whole + Decimal(f"0.{fraction}") if fraction else whole


def _dated(text: str, rest: str, second: Moment) -> Time:
    tokens = _TOKEN.findall(rest)
    if _TOKEN.sub("", rest).strip(" \t./,-") or len(tokens) > 4:
        raise ValueError(text)
    words = [word.lower() for word in tokens if word.isalpha()]
    words = [word for word in words if not _begins(word, _DAY_NAMES)]
    numbers = [token for token in tokens if token.isdecimal()]
    if not words and len(numbers) == 3:
        if len(numbers[0]) == 4 and len(numbers[1]) < 3 and len(numbers[2]) < 3:
            return Time("date", _midnight(*map(int, numbers)) + second)
        if any(len(token) > 2 for token in numbers[:2]) or len(numbers[2]) not in (2, 4):
            raise ValueError(text)
        time = Time("date", second, tuple(numbers), "." in rest)
        if not any(_fits(time, order) for order in ORDERS):
            raise ValueError(text)
        return time
    if len(words) == 1 and len(numbers) == 2 and (month := _begins(words[0], _MONTHS)):
        day, year = numbers[::-1] if len(numbers[0]) == 4 else numbers
        if len(day) > 2 or len(year) not in (2, 4):
            raise ValueError(text)
        return Time("date", _midnight(_year(year), month, int(day)) + second)
    raise ValueError(text)


def _begins(word: str, names: tuple[str, ...]) -> int:
    """Return the number, from 1, of the name abbreviated to at least three letters, else 0."""
    found = (k for k, name in enumerate(names, start=1) if len(word) > 2 and name.startswith(word))
    return next(found, 0)


def _fits(time: Time, order: str) -> bool:
    try:
        _moment(time, order)
    except ValueError:
        return False
    return True


def _moment(time: Time, order: str) -> Moment:
    year, month, day = (time.fields[k] for k in ORDERS[order])
    if order == "year/month/day" and len(time.fields[2]) == 4:
        raise ValueError(time.fields)
    return _midnight(_year(year), int(month), int(day)) + time.value


def _year(text: str) -> int:
    """Return a year; two digits mean 1969 to 2068."""
    year = int(text)
    return year if len(text) == 4 else year + (1900 if year >= 69 else 2000)


def _midnight(year: int, month: int, day: int) -> int:
    return (date(year, month, day).toordinal() - _EPOCH.toordinal()) * 86400
