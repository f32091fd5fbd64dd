"""Slow, obvious twin of a stack of layers: one sequence at a time, from the definitions alone.

Layers are read from a network's table of named parts. Complex numbers go through it, so that a
complex step gives its derivatives; which output is the largest is decided by the real parts.
"""

from itertools import pairwise

import numpy as np

from tests.naive import FUNCTIONS, cells_of_blocks, logistic

PLAIN = FUNCTIONS | {"logistic": logistic}


def run_layer(layer, w, xs, s, y, seen=None):
    """Outputs (T, O) of one layer on xs (T, X), in the order in which it runs.

    Parameters
    ----------
    w : dict
        The layer's named parts.
    s, y : ndarray
        States (C,) and what units read of step 0: outputs, and gates where these are read.
    seen : list, optional
        To which what every unit does is appended, a dict for each step.
    """
    g, h, f = FUNCTIONS[layer.g], FUNCTIONS[layer.h], PLAIN[layer.f]
    outputs = []
    for x in xs:
        source = np.concatenate([x, y, [1.0]]) if layer.recurrent else np.append(x, 1.0)
        cells, gates = [], {name: [] for name in ("input_gate", "forget_gate", "output_gate")}
        states, cell_inputs = [], []
        for j, of_block in enumerate(cells_of_blocks(layer.blocks)):
            own = list(of_block)

            def gate(name, seen, j=j, own=own, source=source):
                net = w[name][j] @ source
                if layer.peepholes:
                    net = net + w[f"{name}_peephole"][own] @ np.array([seen[c] for c in own])
                return logistic(net)

            y_in = gate("input_gate", s)
            y_forget = gate("forget_gate", s) if layer.forget_gate else 1.0
            z = {c: g(w["cell_input"][c] @ source) for c in own}
            new = {c: y_forget * s[c] + y_in * z[c] for c in own}
            y_out = gate("output_gate", new)
            states += [new[c] for c in own]
            cell_inputs += [z[c] for c in own]
            cells += [y_out * h(new[c]) for c in own]
            gates["input_gate"].append(y_in)
            gates["output_gate"].append(y_out)
            if layer.forget_gate:
                gates["forget_gate"].append(y_forget)
        plain = list(f(w["plain_unit"] @ source)) if layer.plain else []
        s = np.array(states)
        y = np.array([*cells, *plain])
        outputs.append(y)
        if seen is not None:
            own = {"cell_input": cell_inputs, "cell_state": states, "cell_output": cells}
            seen.append(gates | own | {"plain_unit": plain})
        if layer.gates_are_read:
            y = np.concatenate([y, *(gates[name] for name in gates)])
    return np.array(outputs)


def read(network, flat, xs, start, seen=None):
    """What the output units read (R,) of one sequence.

    Parameters
    ----------
    start : list of (ndarray, ndarray)
        States and what is read of step 0, layer by layer.
    seen : list, optional
        To which what every unit of a layer does is appended, a list of dicts in the order of time.
    """
    below, tops, number = xs, [], 0
    for level in network.levels:
        tops, in_time = [], []
        for layer in level:
            prefix = network.hidden.prefixes[number]
            w = {
                name[len(prefix) :]: network.named(flat)[name]
                for name, _, _ in network.table
                if name.startswith(prefix)
            }
            steps = []
            own = run_layer(
                layer, w, below[::-1] if layer.backward else below, *start[number], steps
            )
            if seen is not None:
                seen.append(steps[::-1] if layer.backward else steps)
            tops.append(own)
            in_time.append(own[::-1] if layer.backward else own)
            number += 1
        below = np.concatenate(in_time, axis=1)
    pools = {
        "last": lambda y: y[-1],
        "mean": lambda y: y.mean(axis=0),
        "max": lambda y: y[y.real.argmax(axis=0), np.arange(y.shape[1])],
        "eighths": means_over_eighths,
    }
    kinds = [kind for kind in pools if kind in network.settings.readout]
    return np.concatenate([pools[kind](y) for y in tops for kind in kinds])


def means_over_eighths(y):
    """Means of y (T, O) over eighths of the steps, of at least one step each, (8 O,)."""
    edges = [len(y) * k // 8 for k in range(9)]
    ends = [max(end, start + 1) for start, end in pairwise(edges)]
    return np.concatenate([y[a:b].mean(axis=0) for a, b in zip(edges[:-1], ends, strict=True)])


def net_inputs(network, flat, xs, start):
    """Net inputs (K,) of the output units."""
    return network.named(flat)["output_unit"] @ np.append(read(network, flat, xs, start), 1.0)
