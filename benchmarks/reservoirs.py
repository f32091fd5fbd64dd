"""An echo state network beside reservoirpy: the same connections, errors and seconds.

reservoirpy's leaky unit is y' = (1 - lr) y + lr tanh(...). With lr = d C a and connections divided
by a, y = a x for the units x of the report, so that states and errors can be the same. Its own
read-out solves the normal equations, whose condition is the square of the states'; both read-outs
are shown.

    pip install -r benchmarks/requirements-reservoirs.txt
    python benchmarks/reservoirs.py [seed]
"""

import sys
import time

import numpy as np

from lstmtool.supervised.free_running import Continuation, run_freely
from lstmtool.supervised.rules import make_rule
from lstmtool.supervised.rules.echo_state import fit
from lstmtool.supervised.series_systems import RESERVOIRS
from lstmtool.supervised.tasks import make

ROUNDS, RIDGES = 5, (0.0, 1e-12, 1e-9)


class Peer:
    """reservoirpy's reservoir with the connections of ours."""

    def __init__(self, rule):
        from reservoirpy.nodes import Reservoir

        s, n = rule.settings, rule.n_units
        self.leak, self.n_inputs, self.n_outputs = s.leak, rule.n_inputs, rule.n_outputs
        self.node = Reservoir(
            n,
            lr=s.step * s.gain * s.leak,
            W=sparse(rule.connections() / s.leak),
            Win=rule._views["feedback"],
            bias=rule._views["input"].copy(),
        )
        self.weights = np.zeros((n + 1, 1))

    def states(self, inputs, keep_state=False):
        if not keep_state and self.node.initialized:
            self.node.reset()
        found = self.node.run(inputs) / self.leak
        return np.column_stack([found, np.ones(len(found))])

    def run(self, strings, outputs, *, keep_state=False):
        outputs[:] = self.states(strings.inputs, keep_state) @ self.weights


def sparse(matrix):
    from scipy.sparse import csr_matrix

    return csr_matrix(matrix)


def seconds(call):
    start = time.process_time()
    call()
    return time.process_time() - start


def main(seed):
    import reservoirpy
    from reservoirpy.nodes import Ridge

    system = RESERVOIRS[0]
    task, stop = make(system.task, **system.options), Continuation()
    rng = np.random.default_rng([seed, 1])
    rule = make_rule("echo-state", system.topology, system.settings, np.random.default_rng(seed))
    peer, series = Peer(rule), stop.training_series(task, rng)
    blocks = make(system.task, **system.options, length=1084).sample(rng, 50)
    ours = rule.states(series, keep_state=False)
    theirs = peer.states(series.inputs)
    print(f"reservoirpy {reservoirpy.__version__}, {rule.n_units} units, seed {seed}")
    print(f"largest difference of states over 3000 steps: {np.abs(ours - theirs).max():.1e}")
    rule.learn(series, np.empty_like(series.targets))
    print(f"NRMSE84, ours: {run_freely(rule, task, blocks, 84).nrmse()[-1]:.3g}")
    learned = series.scored
    peer.weights = fit(theirs[learned], series.targets[learned], 0.0)
    print(f"NRMSE84, their states, our read-out: {error(peer, task, blocks):.3g}")
    for ridge in RIDGES:
        node = Ridge(ridge=ridge).fit(theirs[learned, :-1], series.targets[learned])
        peer.weights = np.vstack([node.Wout, np.atleast_2d(node.bias)])
        print(f"NRMSE84, reservoirpy with its ridge {ridge:g}: {error(peer, task, blocks):.3g}")
    times = [
        (
            seconds(lambda: rule.states(series, keep_state=False)),
            seconds(lambda: peer.states(series.inputs)),
            seconds(lambda: rule.learn(series, np.empty_like(series.targets))),
            seconds(lambda: Ridge(ridge=1e-9).fit(theirs[:, :-1], series.targets)),
        )
        for _ in range(ROUNDS)
    ]
    mine, other, learn, ridge = np.median(times, axis=0)
    print(f"states of 3000 steps: ours {mine:.3f} s, reservoirpy {other:.3f} s of CPU time")
    print(f"learning: ours with states {learn:.3f} s, reservoirpy's read-out {ridge:.3f} s")


def error(peer, task, blocks):
    with np.errstate(all="ignore"):
        return run_freely(peer, task, blocks, 84).nrmse()[-1]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
