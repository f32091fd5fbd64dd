"""A system: a network on a task, its learning rule and stopping rule, and published results."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmtool.network.topology import Topology
from lstmtool.supervised.acting import Balancing, Mastering
from lstmtool.supervised.early_stopping import EarlyStopping
from lstmtool.supervised.fitting import Fitted
from lstmtool.supervised.free_run import FreeRun
from lstmtool.supervised.free_running import Continuation
from lstmtool.supervised.frozen import FrozenTest
from lstmtool.supervised.held_out import HeldOut
from lstmtool.supervised.remembering import Remembering
from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.stopping import BothSets, Guesses, Streams, WholeRange, Window

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Update

Stop = (
    Balancing
    | BothSets
    | Continuation
    | EarlyStopping
    | Fitted
    | FreeRun
    | FrozenTest
    | Guesses
    | HeldOut
    | Mastering
    | Remembering
    | Streams
    | WholeRange
    | Window
)


@dataclass(frozen=True)
class System:
    """A network on a task, as published or not.

    Attributes
    ----------
    task : str
        Name of its task.
    topology : Topology or tuple of int
        The network; for simple networks the numbers of inputs, hidden units and outputs.
    settings
        Settings of the rule: rates, initial weights.
    weights : int
        Published number of weights.
    figure : str
        Published result.
    source : str
        The publication.
    options : dict
        Options of the task.
    rule : str
        Name of the learning rule.
    share : float
        Published fraction of solved trials; 0 if unknown.
    sequences : int or None
        Published mean number of training sequences or streams needed.
    most : dict of str to float
        Upper bounds on the means, over solved trials, of test results; published ones are means.
    best : dict of str to float
        Lower bounds on test results of the best trial.
    note : str
        What the publication leaves open, and the choice made here.
    rival : bool
        Whether it is a comparison for another system, without a verdict of its own.
    ours : str
        Differences from the publication; "" if it is as published.
    study : str
        The `lstmtool reproduce` that runs it.
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
    study: str = "classic"

    @property
    def n_weights(self) -> int:
        """Number of existing weights in its network."""
        if isinstance(self.topology, Topology):
            return self.topology.n_weights
        return make_rule(
            self.rule, self.topology, self.settings, np.random.default_rng(0)
        ).n_weights
