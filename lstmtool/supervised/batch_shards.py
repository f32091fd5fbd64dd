"""The gradient of a batch in shards, each computed by a worker that gets its sequences.

Shards consist of whole parts, whose gradients one machine sums in the same order, so results do not
depend on the number of shards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lstmtool.kernels.records import PRECISIONS
from lstmtool.supervised.rules.lstm_batch import LstmBatch, PartSums, parts_of, rows_of, width_of
from lstmtool.supervised.slicing import chosen

if TYPE_CHECKING:
    from lstmtool.network.topology import Topology
    from lstmtool.supervised.rules.lstm_batch import BatchSettings, Parts
    from lstmtool.supervised.target_sequences import Strings

PAYS = 2_000_000_000
"""Weights times steps of a batch from which `auto` shares it out: below, messages cost more than is
gained."""
SMALL = (
    "Batches are small, and computed here: messages would take longer. Larger ones (--batch) are "
    "shared out, or all of them with --shards N."
)


class BatchWorker:
    """What a worker holds: the network, without weights.

    Parameters
    ----------
    threads : int
        Threads that share the parts.
    """

    def __init__(self, topology: Topology, settings: BatchSettings, threads: int) -> None:
        self._made = topology, replace(settings, threads=threads)
        self._rule: LstmBatch | None = None  # made there, since its buffers cannot be sent

    def part_sums(
        self, parameters: np.ndarray, strings: Strings, parts: Parts
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return gradients (parts, P), errors (parts,) and outputs (S, K) of a shard."""
        if self._rule is None:
            self._rule = LstmBatch(*self._made, np.random.default_rng(0))
        self._rule.parameters[:] = parameters
        strings = _widened(strings)
        outputs = np.zeros_like(strings.targets)
        with np.errstate(all="ignore"):  # too large a rate ends in NaN
            sums = self._rule.part_sums(strings, np.arange(strings.count), outputs, parts)
        return *sums, outputs


class BatchShards:
    """Computes what the parts of a batch add to its gradient; see `LstmBatch.elsewhere`.

    Parameters
    ----------
    call_all : callable
        Called with the name of a method of `BatchWorker` and arguments for each worker; returns
        their answers in order.
    number : int
        Shards of a batch, at most the number of its parts.
    least : int
        Weights times steps below which a batch is computed here.
    say : callable
        Called with a sentence once a batch is computed here.
    """

    def __init__(
        self,
        call_all: Callable[[str, Sequence[tuple]], list[Any]],
        number: int,
        least: int = 0,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._call_all, self._number, self._least, self._say = call_all, number, least, say

    def most(self, settings: BatchSettings) -> int:
        """Return the shards of a full batch."""
        return min(self._number, len(parts_of(settings.batch, settings.precision)))

    def __call__(
        self,
        rule: LstmBatch,
        strings: Strings,
        lanes: np.ndarray,
        outputs: np.ndarray,
        parts: Parts,
    ) -> PartSums:
        """Return the sums of all parts, in order, and fill the outputs."""
        if rule.n_weights * len(rows_of(strings, lanes)) < self._least:
            self._say(SMALL)
            self._say = lambda text: None
            return rule.part_sums(strings, lanes, outputs, parts)
        count, width = min(self._number, len(parts)), width_of(rule.settings.precision)
        arguments, sequences = [], []
        for s in range(count):
            own = parts[len(parts) * s // count : len(parts) * (s + 1) // count]
            start = own[0][0]
            mine = lanes[start * width : own[-1][1] * width]
            moved = [(first - start, after - start) for first, after in own]
            sequences.append(mine)
            sent = _narrowed(chosen(strings, mine), rule.settings.precision)
            arguments.append((rule.parameters, sent, moved))
        gradients, errors = [], []
        answers = self._call_all("part_sums", arguments)
        for mine, (sums, error, said) in zip(sequences, answers, strict=True):
            outputs[rows_of(strings, mine)] = said
            gradients.append(sums)
            errors.append(error)
        return PartSums(np.concatenate(gradients), np.concatenate(errors))


def _narrowed(strings: Strings, precision: str) -> Strings:
    """Return what a gradient needs of some sequences, in as few bytes as keep it the same.

    Layers round inputs to their precision in any case.
    """
    targets = strings.targets.astype(np.float32)
    return strings._replace(
        inputs=strings.inputs.astype(PRECISIONS[precision]),
        targets=targets if np.array_equal(targets, strings.targets) else strings.targets,
        allowed=strings.allowed[:0],
    )


def _widened(strings: Strings) -> Strings:
    """Return the same in float64, for which the kernels are compiled."""
    inputs, targets = (part.astype(np.float64) for part in strings[:2])
    return strings._replace(inputs=inputs, targets=targets)
