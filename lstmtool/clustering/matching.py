"""Whether new sequences have the inputs and the sampling rate that a run was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isclose, isfinite
from typing import Any, NamedTuple

import numpy as np

from lstmtool.data.sequences import Sequences
from lstmtool.errors import DataError

FAR = 4
"""Times that lengths differ before it is said."""
SHOWN = 12
"""Names of inputs that a message lists."""


class Match(NamedTuple):
    """How the inputs of new sequences become those of a run."""

    columns: tuple[int, ...] | None = None
    """The new sequences' inputs in the run's order; None leaves them as they are."""
    said: tuple[str, ...] = ()
    """What the user should know, a sentence each."""

    def of(self, sequences: Sequences) -> Sequences:
        """Return the sequences with the run's inputs."""
        if self.columns is None:
            return sequences
        return replace(sequences, values=np.take(sequences.values, self.columns, axis=1))


def input_names(attributes: Mapping[str, Any], n_inputs: int) -> tuple[str, ...]:
    """Return the names of the inputs that sequences or a run note; empty where they do not."""
    names = attributes.get("inputs")
    if not isinstance(names, list | tuple) or len(names) != n_inputs:
        return ()
    return tuple(names) if all(isinstance(name, str) and name for name in names) else ()


def rate_of(source: Mapping[str, Any]) -> float | None:
    """Return the steps per second that a run notes, in Hz; None where it does not.

    Runs made before rates were noted tell it only where their data were resampled.
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
    """Match inputs by name where both sides have names, else by place.

    Parameters
    ----------
    wanted, found : tuple of str
        Names of the inputs of the run and of the new sequences; empty where there are none.
    n_wanted, n_found : int
        Numbers of inputs.
    by_place : bool
        Take the inputs in their order, whatever they are called.
    where : str
        Files, for the message.

    Raises
    ------
    DataError
        If the names differ, or the numbers do where there is nothing else to go by.
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
        return Match(said=(f"Inputs taken by place: {_listed(tuple(pairs))}.",))
    if wanted and not found:
        return Match(said=(f"The data's inputs have no names: taken as {_listed(wanted)}.",))
    if found and not wanted and n_found > 1:
        return Match(said=(f"The run's inputs have no names: {_listed(found)} taken by place.",))
    return Match()


def _by_name(wanted: tuple[str, ...], found: tuple[str, ...], where: str) -> Match:
    if wanted == found:
        return Match()
    unique = len(set(wanted)) == len(wanted) and len(set(found)) == len(found)
    if unique and set(wanted) <= set(found):
        columns = tuple(found.index(name) for name in wanted)
        others = tuple(name for name in found if name not in wanted)
        if others:
            said = f"Inputs taken by name: {_listed(wanted)}; left out: {_listed(others)}."
        else:
            said = f"Inputs put in the run's order by name: {_listed(wanted)}."
        return Match(columns, (said,))
    fix = "Rename the inputs, or choose them with --value"
    if len(wanted) == len(found):
        fix += "; --by-place takes them in their order"
    places = f" ({where})" if where else ""
    raise DataError(
        "The data's inputs have other names than those that the run was trained on.",
        f"data: {_listed(found)}; run: {_listed(wanted)}{places}",
        f"{fix}.",
    )


def match_rates(
    wanted: float | None, found: float | None, any_rate: bool, where: str = ""
) -> tuple[str, ...]:
    """Compare sampling rates in Hz, None where one is not known; return what there is to say.

    Raises
    ------
    DataError
        If they differ, and steps are not to be taken as they are (`any_rate`).
    """
    if wanted is None and found is None:
        return ()
    if wanted is None or found is None:
        known = (
            f"the data has {found:g}" if wanted is None else f"the run was trained on {wanted:g}"
        )
        other = "run" if wanted is None else "data"
        lacks = f"The {other} does not say how many steps it has per second"
        return (f"{lacks} ({known}), so rates were not compared.",)
    if isclose(wanted, found, rel_tol=1e-6):
        return ()
    said = f"The data has {found:.10g} steps per second, the run was trained on {wanted:.10g}"
    if any_rate:
        return (f"{said}; steps are taken as they are.",)
    raise DataError(
        f"{said}.",
        where,
        f"--sampling-rate {wanted:.10g} resamples the data; --any-rate takes steps as they are.",
    )


def compare_lengths(trained: np.ndarray, lengths: np.ndarray) -> tuple[str, ...]:
    """Say so if all new sequences are much longer or shorter than those of the run."""
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
