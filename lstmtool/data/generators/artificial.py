"""The paper's artificial data (Table 1): groups that differ in mean and variance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lstmtool.data.generators.lengths import Length, draw_length
from lstmtool.data.sequences import Sequences, from_arrays
from lstmtool.errors import UsageError


class Group(NamedTuple):
    """Mean and variance of a group's independent Gaussian values."""

    mean: float
    variance: float

    @property
    def label(self) -> str:
        """Name of the group in files and figures."""
        return f"mean {self.mean:g}, var {self.variance:g}"


PAPER_GROUPS = (Group(0.4, 0.3), Group(0.4, 0.1), Group(0.2, 0.2), Group(0.7, 0.1))


def generate(
    rng: np.random.Generator,
    *,
    groups: Sequence[tuple[float, float]] = PAPER_GROUPS,
    per_group: int = 5,
    length: Length = 100,
) -> Sequences:
    """Draw sequences of independent Gaussian values, as in Table 1 of the paper.

    Parameters
    ----------
    groups : sequence of (mean, variance)
        One pair per group.
    per_group : int
        Number of sequences in every group.
    length : int or (int, int)
        Steps per sequence, or an inclusive range from which each length is drawn.

    Returns
    -------
    Sequences
        ``len(groups) * per_group`` sequences of one input, group after group.

    Raises
    ------
    UsageError
        If there are no groups, two are the same, or a number is out of range.
    """
    named = [Group(*group) for group in groups]
    _check(named, per_group)
    labels = np.repeat(np.arange(len(named)), per_group)
    arrays = [
        rng.normal(named[k].mean, np.sqrt(named[k].variance), draw_length(rng, length))
        for k in labels
    ]
    return from_arrays(
        arrays,
        labels=labels,
        label_names=tuple(group.label for group in named),
        names=tuple(f"{named[k].label}, no. {n % per_group + 1}" for n, k in enumerate(labels)),
        attributes={
            "generator": "artificial",
            "groups": [list(group) for group in named],
            "per_group": per_group,
            "length": list(length) if isinstance(length, tuple) else length,
        },
    )


def _check(groups: list[Group], per_group: int) -> None:
    if not groups:
        raise UsageError("There are no groups.", fix="Give at least one mean and variance.")
    if per_group < 1:
        raise UsageError(f"The sequences per group must be at least 1, got {per_group}.")
    for group in groups:
        if not (np.isfinite(group.mean) and 0 < group.variance < np.inf):
            raise UsageError(
                "A group needs a finite mean and a positive variance.",
                f"mean {group.mean}, variance {group.variance}",
            )
    labels = [group.label for group in groups]
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise UsageError("Two groups are the same.", twice, "Give every group once.")
