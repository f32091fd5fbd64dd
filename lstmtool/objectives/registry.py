"""Objectives and their registry.

The three of this package run inside the compiled loop over epochs. Others provide their value and
slopes as a Python function, which may be compiled; they are registered by `register`, or by an
entry point of the group ``lstmtool.objectives``. This module imports nothing slow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np

    Step = Callable[[np.ndarray], tuple[float, np.ndarray]]

GROUP = "lstmtool.objectives"
"""Entry point group of other packages; each entry refers to an `Objective`."""


@dataclass(frozen=True)
class Objective:
    """An objective of the output units, and everything that depends on it.

    Parameters
    ----------
    name : str
        Name in ``--objective`` and in files.
    title : str
        Name in reports.
    maximised : bool
        Whether larger values are better.
    output_unit : {"logistic", "linear"}
        Logistic outputs are read as a binary code. The clusters of linear ones are the modes of
        their Parzen density.
    copies : int
        Copies per sequence: 1, or 2 to compare altered copies.
    step : callable, optional
        Maps the net inputs of the output units (K, N), float64, to the value and its slopes (K, N),
        the direction in which the net inputs should move. With two copies, columns 2 n and 2 n + 1
        belong to sequence n. None: a compiled kernel of the same name.
    settings : tuple of str
        Fields of a stage that apply only to this objective.
    prepared : bool
        Whether recipes prepare it by stages of consistency.
    selection : tuple of str, optional
        Selection criteria for restarts if it was prepared; see `TrainSettings.selection`.
    stage, finishing, network : mapping
        Recipe settings for a first stage, for a later stage, and for the network.
    unit : str
        Unit of its value, as in sentences.
    forms : mapping of str to str
        Its forms (`Stage.form`) and their descriptions; empty if there is only one.
    of_the_paper, of_our_own : str
        What the report says under these headings.
    paper_size : tuple, optional
        The paper's cells per block, and number of outputs.
    """

    name: str
    title: str
    maximised: bool = True
    output_unit: Literal["logistic", "linear"] = "logistic"
    copies: int = 1
    step: Step | None = None
    settings: tuple[str, ...] = ()
    prepared: bool = True
    selection: tuple[str, ...] | None = None
    stage: Mapping[str, Any] = field(default_factory=dict)
    finishing: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    unit: str = "bits"
    forms: Mapping[str, str] = field(default_factory=dict)
    of_the_paper: str = ""
    of_our_own: str = ""
    paper_size: tuple[tuple[int, ...], int] | None = None

    @property
    def makes_codes(self) -> bool:
        """Whether its clusters are binary codes rather than modes of a density."""
        return self.output_unit == "logistic"

    @property
    def sign(self) -> int:
        """1 if larger values are better, else -1."""
        return 1 if self.maximised else -1


BINGO = Objective(
    name="bingo",
    title="BINGO",
    selection=("none",),
    finishing={"epochs": 300, "rate": 0.001, "output_rate": 0.01},
    network={"blocks": (1, 1), "outputs": 2},
    of_the_paper="BINGO: the slope of equation 1 with the linear estimator of equation 2, Q being "
    "correlation coefficients of net inputs. Codes are read at 1/2.",
    paper_size=((1, 1), 2),
)
NEO = Objective(
    name="neo",
    title="NEO",
    maximised=False,
    output_unit="linear",
    settings=("form", "width_floor", "sample"),
    selection=("codes",),
    stage={"epochs": 200},
    finishing={"epochs": 100, "output_rate": 0.003, "width_floor": 0.1},
    network={"blocks": (1, 1), "outputs": 1},
    unit="nats of entropy",
    forms={"invariant": "affine-invariant form", "literal": "the paper's literal form"},
    of_the_paper="NEO: Parzen density (equation 3), kernel width by maximum likelihood with each "
    "point left out of its own density (equations 4 and 5).",
    of_our_own="Clusters as modes of the outputs' own Parzen density.",
    paper_size=((1,), 1),
)
CONSISTENCY = Objective(
    name="consistency",
    title="Consistency",
    copies=2,
    settings=("marginal_weight",),
    prepared=False,
    stage={
        "epochs": 1000,
        "optimiser": "adam",
        "rate": 0.01,
        "output_rate": 0.05,
        "precondition": False,
        "augmentation": "bootstrap",
        "marginal_weight": 2.0,
    },
    network={"blocks": (1, 1), "outputs": 2},
    unit="(weighted information, nats)",
    of_our_own="The objective consistency (augmented-code information).",
)
_KNOWN: dict[str, Objective] = {one.name: one for one in (BINGO, NEO, CONSISTENCY)}


def register(objective: Objective) -> Objective:
    """Register an objective under its name, and return it.

    Raises
    ------
    ValueError
        If another has the same name.
    """
    if _KNOWN.get(objective.name, objective) != objective:
        raise ValueError(f"There is already an objective {objective.name!r}.")
    _KNOWN[objective.name] = objective
    return objective


def known() -> tuple[str, ...]:
    """Return the names of all objectives, including those of other installed packages."""
    from importlib.metadata import entry_points

    for entry in entry_points(group=GROUP):
        if entry.name not in _KNOWN:
            register(entry.load())
    return tuple(_KNOWN)


def find(name: str) -> Objective:
    """Return the objective with a name.

    Raises
    ------
    ValueError
        If there is none; the message suggests the nearest name.
    """
    if name not in _KNOWN and name not in known():
        close = get_close_matches(str(name), _KNOWN, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"this must be one of {', '.join(_KNOWN)}.{hint}".removesuffix("."))
    return _KNOWN[name]
