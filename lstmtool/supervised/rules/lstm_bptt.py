"""Classic LSTM trained by exact gradients, backpropagated through whole sequences (BPTT)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lstmtool.errors import UsageError
from lstmtool.kernels.subnormals import flushed
from lstmtool.kernels.supervised.lstm_bptt import pass_through_time
from lstmtool.kernels.supervised.lstm_records import STEP, Tape, Way
from lstmtool.supervised.rules.base import Rule, Update, check_update
from lstmtool.supervised.rules.lstm import Lstm

if TYPE_CHECKING:
    from lstmtool.supervised.target_sequences import Strings


class LstmThroughTime(Lstm):
    """The network of `Lstm`, updated per sequence or per batch.

    Memory grows with the longest sequence. Parameters as for `Lstm`.
    """

    no_streams = "Errors cannot be backpropagated through an endless stream."
    learn_stream, learn_openings = Rule.learn_stream, Rule.learn_openings

    def learn(self, strings: Strings, outputs: np.ndarray, *, update: Update = "sequence") -> None:
        """Learn as in `Rule.learn`, by BPTT.

        Raises
        ------
        UsageError
            If `update` is "step".
        """
        kind = check_update(update)
        if kind == STEP:
            raise UsageError(
                "Backpropagation through time updates per sequence or per batch, not per step.",
                fix="Choose another update, or the rule lstm.",
            )
        self.check(strings, outputs)
        tape = self._tape(int(np.diff(strings.starts).max(initial=0)))
        with flushed():
            pass_through_time(self.net, tape, strings, outputs, Way(kind, False, False, 0, 0.0))

    def _tape(self, n_steps: int) -> Tape:
        t, layer = self.topology, self.topology.lowest
        cells, units, sources = layer.n_cells, layer.n_units, layer.n_sources
        return Tape(
            source=np.empty((n_steps, sources)),
            activation=np.empty((n_steps, units)),
            before=np.empty((n_steps, cells)),
            state=np.empty((n_steps, cells)),
            squashed=np.empty((n_steps, cells)),
            read=np.empty((n_steps, t.n_read)),
            delta=np.empty((n_steps, t.n_outputs)),
            d_unit=np.zeros(units),
            d_source=np.zeros(sources),
            d_state=np.zeros(cells),
        )
