"""Online learning, an update at every step: ours, PyTorch eager, scripted and compiled.

Forward pass, derivatives and update of one network, step after step. PyTorch has a cell with the
same number of memory cells, each with its own gates, and its state is detached at every step, so
that errors go back one step; ours has blocks that share gates, and carries all derivatives of the
2003 tutorial along. Steps per second, medians of interleaved rounds.
"""

import statistics
import sys
import time
from typing import NamedTuple

import numpy as np

TURN = 0.25  # seconds of a way's turn, about


class Online(NamedTuple):
    """A published network and its task."""

    task: str
    blocks: tuple[int, ...]
    n_inputs: int
    n_outputs: int
    rate: float
    count: int  # sequences of our turn


NETWORKS = {
    "embedded Reber, 3 blocks of 2": Online("reber", (2, 2, 2), 7, 7, 0.1, 5000),
    "adding, 2 blocks of 2": Online("adding", (2, 2), 2, 1, 0.5, 500),
}


def sample(network):
    """Sequences of the task, a target at every step."""
    from lstmtool.supervised.tasks import make

    strings = make(network.task).sample(np.random.default_rng(1), network.count)
    strings.scored[:] = True
    return strings


def ours(network, strings):
    from lstmtool.network.topology import Topology
    from lstmtool.supervised.rules.lstm import Lstm, LstmSettings

    topology = Topology(
        network.n_inputs, network.n_outputs, network.blocks, forget_gate=False, gates_are_read=True
    )
    rule = Lstm(topology, LstmSettings(network.rate), np.random.default_rng(0))
    outputs = np.empty(strings.targets.shape)

    def turn():
        rule.learn(strings, outputs, update="step")
        return len(outputs)

    return turn


def pytorch(network, strings, way="eager"):
    import torch

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    n_cells = sum(network.blocks)
    cell = torch.nn.LSTMCell(network.n_inputs, n_cells).double()
    output = torch.nn.Linear(n_cells, network.n_outputs).double()
    optimiser = torch.optim.SGD([*cell.parameters(), *output.parameters()], lr=network.rate)
    inputs = [torch.tensor(x[None]) for x in strings.inputs[:5000]]
    targets = [torch.tensor(t[None]) for t in strings.targets[:5000]]

    class Step(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.cell, self.output = cell, output

        def forward(self, x, target, h, c):
            h, c = self.cell(x, (h, c))
            error = torch.sigmoid(self.output(h)) - target
            return 0.5 * (error * error).sum(), h, c

    step = Step()
    if way == "scripted":
        step = torch.jit.script(step)
    elif way == "compiled":
        step = torch.compile(step)
    steps = 50

    def turn():
        nonlocal steps
        begins = time.perf_counter()
        h = c = torch.zeros(1, n_cells, dtype=torch.float64)
        for t in range(steps):
            loss, h, c = step(inputs[t], targets[t], h.detach(), c.detach())
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
        done, taken = steps, time.perf_counter() - begins
        steps = int(min(len(inputs), max(50, done * TURN / taken)))
        return done

    return turn


WAYS = {
    "lstmtool": ours,
    "eager": pytorch,
    "scripted": lambda *a: pytorch(*a, way="scripted"),
    "compiled": lambda *a: pytorch(*a, way="compiled"),
}


def speeds(network, rounds):
    """Steps per second of processor time, medians, by way."""
    strings, turns = sample(network), {}
    for name, make in WAYS.items():
        try:
            turn = make(network, strings)
            turn()
            turn()
        except Exception as error:  # a compiler that cannot compile this is not the best
            print(f"{name} left out: {type(error).__name__}", file=sys.stderr)
            continue
        turns[name] = (turn, [])
    for _ in range(rounds):
        for turn, rates in turns.values():
            begins = time.process_time()
            done = turn()
            rates.append(done / (time.process_time() - begins))
    return {name: statistics.median(rates) for name, (_, rates) in turns.items()}


def compare(rounds):
    """Lines of a table."""
    lines = [
        "Online learning, an update at every step; thousands of steps per second, in brackets the"
        " factor by which lstmtool is faster:",
        "",
        "| network | lstmtool | PyTorch eager | torch.jit.script | torch.compile |",
        "|---|---|---|---|---|",
    ]
    for title, network in NETWORKS.items():
        rates = speeds(network, rounds)
        mine = rates.pop("lstmtool")
        others = [
            f"{rates[name] / 1e3:.3g} ({mine / rates[name]:.0f})" if name in rates else "-"
            for name in ("eager", "scripted", "compiled")
        ]
        lines.append(f"| {title} | {mine / 1e3:.4g} | {' | '.join(others)} |")
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


if __name__ == "__main__":
    compare(7)
