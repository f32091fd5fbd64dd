"""Matching the inputs and sampling rate of new sequences with those of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isclose, isfinite
from typing import Any, NamedTuple

import numpy as np

from lstmtool.data.sequences import Sequences
from lstmtool.errors import DataError

FAR = 4
"""Ratio of lengths above which there is a remark."""
SHOWN = 12
"""Maximum number of input names in a message."""


class Match(NamedTuple):
    """How the inputs of new sequences map to those of a run."""

    columns: tuple[int, ...] | None = None
    """Indices of the new sequences' inputs in the run's order; None leaves them unchanged."""
    said: tuple[str, ...] = ()
    """Remarks for the user."""

    def of(self, sequences: Sequences) -> Sequences:
        """Return the sequences with the run's inputs."""
        if self.columns is None:
            return sequences
        return replace(sequences, values=np.take(sequences.values, self.columns, axis=1))


def input_names(attributes: Mapping[str, Any], n_inputs: int) -> tuple[str, ...]:
    """Return the input names in the attributes of sequences or a run; () if there are none."""
    names = attributes.get("inputs")
    if not isinstance(names, list | tuple) or len(names) != n_inputs:
        return ()
    return tuple(names) if all(isinstance(name, str) and name for name in names) else ()


def rate_of(source: Mapping[str, Any]) -> float | None:
    """Return the sampling rate of a run in Hz; None if unknown.

    In older runs it is known only if the data were resampled.
    """
    rate: Any = source.get("sampling_rate")
    words = source.get("reading")
    if rate is None and isinstance(words, list) and "--sampling-rate" in words[:-1]:
        rate = words[words.index("--sampling-rate") + 1]
    try:
        number = float(rate)
    except (TypeError, ValueError):
        return None
    return number if isfinite(number) and number > 0 else None


def match_inputs(
    wanted: tuple[str, ...],
    n_wanted: int,
    found: tuple[str, ...],
    n_found: int,
    by_place: bool,
    where: str = "",
) -> Match:
    """Match inputs by name if both sides have names, else by order.

    Parameters
    ----------
    wanted, found : tuple of str
        Names of the inputs of the run and of the new sequences; may be empty.
    n_wanted, n_found : int
        Numbers of inputs.
    by_place : bool
        Match inputs by order, ignoring their names.
    where : str
        Files, for the message.

    Raises
    ------
    DataError
        If the names differ or, without names, the numbers do.
    """
    if wanted and found and not by_place:
        return _by_name(wanted, found, where)
    if n_found != n_wanted:
        raise DataError(
            f"The data has {n_found} input{'s' * (n_found != 1)} per step, "
            f"the run was trained on {n_wanted}.",
            where,
            "Choose another run, or the columns that this run was trained on.",
        )
    if wanted and found and wanted != found:
        pairs = (f"{a} for {b}" for a, b in zip(found, wanted, strict=True) if a != b)
        return Match(said=(f"Inputs matched by order: {_listed(tuple(pairs))}.",))
    if wanted and not found:
        return Match(said=(f"The data's inputs have no names: taken as {_listed(wanted)}.",))
    if found and not wanted and n_found > 1:
        return Match(said=(f"The run's inputs have no names: {_listed(found)} matched by order.",))
    return Match()


def _by_name(wanted: tuple[str, ...], found: tuple[str, ...], where: str) -> Match:
    if wanted == found:
        return Match()
    unique = len(set(wanted)) == len(wanted) and len(set(found)) == len(found)
    if unique and set(wanted) <= set(found):
        columns = tuple(found.index(name) for name in wanted)
        others = tuple(name for name in found if name not in wanted)
        if others:
            said = f"Inputs matched by name: {_listed(wanted)}; not used: {_listed(others)}."
        else:
            said = f"Inputs reordered by name: {_listed(wanted)}."
        return Match(columns, (said,))
    fix = "Rename the inputs, or choose them with --value"
    if len(wanted) == len(found):
        fix += "; --by-place matches them by order"
    places = f" ({where})" if where else ""
    raise DataError(
        "The names of the data's inputs differ from those that the run was trained on.",
        f"data: {_listed(found)}; run: {_listed(wanted)}{places}",
        f"{fix}.",
    )


def match_rates(
    wanted: float | None, found: float | None, any_rate: bool, where: str = ""
) -> tuple[str, ...]:
    """Compare sampling rates in Hz, None if unknown; return remarks.

    Raises
    ------
    DataError
        If they differ, unless `any_rate`.
    """
    if wanted is None and found is None:
        return ()
    if wanted is None or found is None:
        known = (
            f"the data has {found:g}" if wanted is None else f"the run was trained on {wanted:g}"
        )
        other = "run" if wanted is None else "data"
        lacks = f"The sampling rate of the {other} is unknown"
        return (f"{lacks} ({known}), so rates were not compared.",)
    if isclose(wanted, found, rel_tol=1e-6):
        return ()
    said = f"The data has {found:.10g} steps per second, the run was trained on {wanted:.10g}"
    if any_rate:
        return (f"{said}; the data are used unchanged.",)
    raise DataError(
        f"{said}.",
        where,
        f"--sampling-rate {wanted:.10g} resamples the data; --any-rate uses them unchanged.",
    )


def compare_lengths(trained: np.ndarray, lengths: np.ndarray) -> tuple[str, ...]:
    """Return a remark if all new sequences are much longer or shorter than those of the run."""
    longer = lengths.min() > FAR * trained.max()
    if not longer and FAR * lengths.max() >= trained.min():
        return ()
    said = f"Sequences have {_span(lengths)} steps, those of the run had {_span(trained)}"
    return (f"{said}; --cut makes windows." if longer else f"{said}.",)


def _span(lengths: np.ndarray) -> str:
    shortest, longest = int(lengths.min()), int(lengths.max())
    return f"{shortest:,}" if shortest == longest else f"{shortest:,} to {longest:,}"


def _listed(names: tuple[str, ...]) -> str:
    more = f", … {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
