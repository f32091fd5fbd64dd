"""Validation of a run file's contents before they become a `Run`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from pydantic import ValidationError

from lstmtool import config
from lstmtool.errors import DataError
from lstmtool.io.text import to_json
from lstmtool.text import clean_text
from lstmtool.validation_messages import validation_message


def check_settings(name: str, value: Any, created_by: str | None) -> Any:
    """Return the settings model called `name` in `lstmtool.config`, from JSON values.

    Raises
    ------
    DataError
        If a setting is unknown (perhaps of a newer version) or has an invalid value.
    """
    if value is None:
        raise DataError("The settings are missing.")
    try:
        return getattr(config, name).model_validate_json(to_json(value))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        said = validation_message(first)
        raise DataError(
            "The settings are invalid.",
            clean_text(f"{where}: {said}" if where else said)[:200],
            f"The file was written by {created_by or 'an unknown version'}: "
            "use that version, or a newer one.",
        ) from error


def check_finite(name: str, values: np.ndarray) -> np.ndarray:
    """Return the values if all are finite.

    Raises
    ------
    DataError
        Otherwise; it says where the first non-finite one is.
    """
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        where = ", ".join(map(str, bad[0]))
        raise DataError(f"{name} is not finite.", f"first: [{where}], {len(bad)} in all")
    return values.astype(np.float64)


def check_table(value: Any, size: int) -> list[tuple[str, tuple[int, ...], int]]:
    """Return the table of named parts of a flat vector of `size` elements.

    Raises
    ------
    DataError
        If it is not a list of name, shape and offset, or a part extends beyond the vector.
    """
    try:
        return [_part(name, shape, offset, size) for name, shape, offset in value]
    except (TypeError, ValueError) as error:
        raise DataError("The table of parameters is damaged.", str(error)[:200]) from error


def _part(name: str, shape: list[int], offset: int, size: int) -> tuple[str, tuple[int, ...], int]:
    numbers = [*shape, offset]
    if not isinstance(name, str) or not all(type(n) is int and n >= 0 for n in numbers):
        raise ValueError(f"{name!r} has shape {shape!r} and offset {offset!r}")
    if offset + math.prod(shape) > size:
        raise ValueError(f"{name!r} extends beyond {size} parameters")
    return name, tuple(shape), offset
