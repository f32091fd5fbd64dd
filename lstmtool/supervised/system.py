"""A system: a network on a task, how it learns, when it is done, and what was published of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmtool.network.topology import Topology
from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.stopping import BothSets, Guesses, Streams, WholeRange, Window

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Update

Stop = BothSets | Window | WholeRange | Guesses | Streams


@dataclass(frozen=True)
class System:
    """A network on a task, as published or not.

    Attributes
    ----------
    name : str
    task : str
        Name of its task.
    topology : Topology or tuple of int
        The network; of simple networks inputs, hidden units, outputs.
    settings
        Of the rule: rates, initial weights.
    stop : BothSets, Window, WholeRange, Guesses or Streams
    weights : int
        Weights as published.
    figure : str
        What the publication reports.
    source : str
    update : {"step", "sequence", "batch"}
    options : dict
        Options of the task.
    rule : str
        Name of the learning rule.
    share : float
        Share of trials that are to be solved, as published; 0 where that is not known.
    sequences : int or None
        Training sequences or streams needed, on average, as published.
    most : dict of str to float
        What a figure of the tests of solved trials may be at most, on average: those published
        are means.
    best : dict of str to float
        What a figure of the best trial must be at least.
    note : str
        What the publication leaves open, and how it is settled here.
    rival : bool
        Whether it stands beside another system, with no verdict of its own.
    ours : str
        What differs from the publication, of a system that is not as published; "" otherwise.
    """

    name: str
    task: str
    topology: Any
    settings: Any
    stop: Stop
    weights: int
    figure: str
    source: str
    update: Update = "step"
    options: dict[str, Any] = field(default_factory=dict)
    rule: str = "lstm"
    share: float = 1.0
    sequences: int | None = None
    most: dict[str, float] = field(default_factory=dict)
    best: dict[str, float] = field(default_factory=dict)
    note: str = ""
    rival: bool = False
    ours: str = ""

    @property
    def n_weights(self) -> int:
        """Weights that exist in its network."""
        if isinstance(self.topology, Topology):
            return self.topology.n_weights
        return make_rule(
            self.rule, self.topology, self.settings, np.random.default_rng(0)
        ).n_weights
