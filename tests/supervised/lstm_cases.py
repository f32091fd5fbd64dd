"""Networks of every kind, on short random sequences."""

import numpy as np

from lstmtool.network.topology import Topology
from lstmtool.supervised.rules.lstm import Lstm, LstmSettings
from lstmtool.supervised.target_sequences import Strings

NETWORKS = {
    "1997": Topology(
        3, 2, (2, 1), forget_gate=False, gates_are_read=True, cell_bias=False, output_bias=False
    ),
    "forget gates": Topology(3, 2, (2, 1), outputs_read_inputs=True, gate_bias=False),
    "peepholes": Topology(3, 2, (1, 2), peepholes=True, g="identity", h="identity", output="4s-2"),
    "all read": Topology(
        2,
        1,
        (1, 3),
        peepholes=True,
        gates_are_read=True,
        outputs_read_inputs=True,
        g="tanh",
        h="tanh",
        output="identity",
    ),
    "no forget gates": Topology(3, 2, (2,), forget_gate=False, peepholes=True),
    "cross-entropy": Topology(3, 2, (1, 1), peepholes=True, error="cross-entropy", cell_bias=False),
    "groups": Topology(
        3,
        2,
        (1, 2),
        peepholes=True,
        gates_are_read=True,
        outputs_read_inputs=True,
        error="cross-entropy",
        groups=((1, 1, 1), (1, 2, 1)),
    ),
}


def strings_for(topology, lengths=(4, 1, 5), seed=0):
    rng = np.random.default_rng(seed)
    n_steps = sum(lengths)
    scored = rng.random(n_steps) < 0.6
    scored[-1] = True
    return Strings(
        rng.standard_normal((n_steps, topology.n_inputs)),
        rng.random((n_steps, topology.n_outputs)),
        scored,
        np.zeros((n_steps, topology.n_outputs), dtype=bool),
        np.concatenate([[0], np.cumsum(lengths)]),
    )


def sequences_of(strings):
    rows = [slice(a, b) for a, b in zip(strings.starts, strings.starts[1:], strict=False)]
    return [(strings.inputs[r], strings.targets[r], strings.scored[r]) for r in rows]


def rule_for(topology, seed=0, kind=Lstm, **settings):
    return kind(
        topology,
        LstmSettings(**({"rate": 0.3, "weights": 1.0} | settings)),
        np.random.default_rng(seed),
    )
