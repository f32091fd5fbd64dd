"""The learning rules, created by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lstmtool.errors import UsageError
from lstmtool.text import did_you_mean

if TYPE_CHECKING:
    from lstmtool.supervised.rules.base import Rule

RULES = {
    "lstm": "lstm:Lstm",
    "lstm-bptt": "lstm_bptt:LstmThroughTime",
    "lstm-batch": "lstm_batch:LstmBatch",
    "momentum": "momentum:Momentum",
    "hessian-free": "hessian_free:HessianFree",
    "kalman": "kalman:Kalman",
    "elman": "elman:Elman",
    "elman-bptt": "elman:Layered",
    "recurrent": "recurrent:FullyRecurrent",
    "guessing": "guessing:Guessing",
    "feed-forward": "feed_forward:FeedForward",
    "echo-state": "echo_state:EchoState",
    "echo-blocks": "block_reservoir:BlockReservoir",
    "compressor": "compressor:Compressor",
    "acting-lstm": "acting:LstmActor",
    "acting-elman": "acting:ElmanActor",
    "memory-bits": "acting:BitsActor",
    "told-table": "acting:ToldActor",
    "narx": "delayed:Narx",
    "slow-units": "delayed:SlowUnits",
    "one-unit": "delayed:OneUnit",
}
"""Module and class of every rule: LSTM with truncated and with exact gradients, LSTM
networks of any shape that learn from batches along the gradient, with classical or Nesterov's
momentum, and by Hessian-free optimisation, LSTM with a Kalman filter, Elman's network without
and with errors through time, fully recurrent networks, guessing, a feed-forward network,
reservoirs of leaky units and of memory blocks, of which a read-out is learned, the history
compressor, agents that act (with an LSTM network, with Elman's, with a table of what is seen and
of memory bits, or of the states that they are told), networks that read their own outputs of
several steps, networks with units that change rarely, and the latch of one unit."""

KEPT = {
    "echo-state": "echo_state:EchoStateSettings",
    "echo-blocks": "block_reservoir:BlockReservoirSettings",
    "compressor": "compressor:CompressorSettings",
    **dict.fromkeys(
        ("acting-lstm", "acting-elman", "memory-bits", "told-table"), "acting:ActingSettings"
    ),
    "narx": "delayed:DelayedSettings",
    "slow-units": "delayed:DelayedSettings",
    "one-unit": "delayed:DelayedSettings",
}
"""Settings of the rules whose networks are not LSTM but are trained by `learn`. Their network is
given by the numbers of inputs, units and outputs; they have a `table` of their parameters."""


def settings_class(name: str) -> Any:
    """Return the class of the settings of a rule of `KEPT`."""
    module, kind = KEPT[name].split(":")
    return getattr(import_module(f"{__name__}.{module}"), kind)


def check_rule(name: str) -> None:
    """Refuse an unknown rule.

    Raises
    ------
    UsageError
        If there is no such rule.
    """
    if name not in RULES:
        hint = did_you_mean(name.lower(), RULES)
        raise UsageError(f"There is no rule {name!r}.{hint}", fix=f"Rules: {', '.join(RULES)}.")


def make_rule(name: str, *arguments: Any) -> Rule:
    """Create a rule from a network, settings and a generator.

    Raises
    ------
    UsageError
        If there is no such rule, or its network is invalid.
    """
    check_rule(name)
    module, kind = RULES[name].split(":")
    made: Rule = getattr(import_module(f"{__name__}.{module}"), kind)(*arguments)
    return made
