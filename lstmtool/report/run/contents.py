"""What the page and the terminal show of the sequences themselves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstmtool.clustering.at_work import AtWork, at_work
from lstmtool.clustering.certainty import Members, certainty, members
from lstmtool.clustering.matching import input_names
from lstmtool.data.features import Feature, simple_features
from lstmtool.data.sequences import Sequences
from lstmtool.errors import DataError
from lstmtool.records.results import Assessment
from lstmtool.records.run import Run
from lstmtool.report.text import number, shown


class Contents(NamedTuple):
    """The sequences of a run, as far as the network reads them, and their clusters.

    Parameters
    ----------
    sequences : Sequences
        Cut to the run's window, if it has one.
    inputs : tuple of str
        A name for each input; () if there is one without a name.
    members : tuple of Members
    sure : ndarray of shape (N,)
        Confidence of every sequence's cluster.
    features : tuple of Feature
    work : AtWork or None
        What the memory blocks did; None if that was not asked for, or cannot be had.
    no_work : str
        Why it cannot be had.
    """

    sequences: Sequences
    inputs: tuple[str, ...]
    members: tuple[Members, ...]
    sure: np.ndarray
    features: tuple[Feature, ...]
    work: AtWork | None = None
    no_work: str = ""


def contents(
    run: Run, assessment: Assessment, sequences: Sequences, with_work: bool = True
) -> Contents:
    """Collect what is shown of the sequences that a run was trained on.

    Parameters
    ----------
    with_work : bool
        Whether to run the network over some of them, to show what its memory blocks do.
    """
    seen, names = (
        sequences.first(run.settings.inputs.window),
        input_names(run.source, sequences.n_inputs),
    )
    if not names and seen.n_inputs > 1:
        names = tuple(f"input {k + 1}" for k in range(seen.n_inputs))
    names = tuple(shown(name, 30) for name in names)
    sure = certainty(run, assessment)
    found = members(run, assessment, sure)
    features = simple_features(seen, names or None)
    made = Contents(seen, names, found, sure, features)
    if not with_work:
        return made
    try:
        return made._replace(work=at_work(run, sequences, found))
    except DataError as error:
        return made._replace(no_work=error.what)


def sequence_name(run: Run, n: int, limit: int = 40) -> str:
    """Return a sequence's name or, without names, its number."""
    return shown(run.names[n], limit) if run.names else f"sequence {n}"


def with_confidence(run: Run, n: int, sure: np.ndarray, limit: int = 40) -> str:
    """Return a sequence's name and the confidence of its cluster."""
    return f"{sequence_name(run, n, limit)} ({number(float(sure[n]), 2)})"
