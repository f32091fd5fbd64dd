"""Slow twin of the classic LSTM network: plain numpy, one unit at a time, complex numbers too."""

import numpy as np


def logistic(x):
    return 1 / (1 + np.exp(-x))


FUNCTIONS = {
    "tanh": np.tanh,
    "4s-2": lambda x: 4 * logistic(x) - 2,
    "2s-1": lambda x: 2 * logistic(x) - 1,
    "identity": lambda x: x,
    "logistic": logistic,
}
SLOPES = {
    "tanh": lambda x: 1 / np.cosh(x) ** 2,
    "4s-2": lambda x: 4 * logistic(x) * logistic(-x),
    "2s-1": lambda x: 2 * logistic(x) * logistic(-x),
    "identity": lambda x: 1.0,
    "logistic": lambda x: logistic(x) * logistic(-x),
}
GATES = ("input_gate", "forget_gate", "output_gate")


def cells_of_blocks(topology):
    cells = iter(range(sum(topology.blocks)))
    return [[next(cells) for _ in range(size)] for size in topology.blocks]


def weights_of(topology, flat):
    """Named parts of a flat vector, written out from what the network is said to be."""
    n_blocks, n_cells = len(topology.blocks), sum(topology.blocks)
    gates = [n for n in GATES if topology.forget_gate or n != "forget_gate"]
    n_sources = topology.n_inputs + n_cells + 1
    n_sources += n_blocks * len(gates) if topology.gates_are_read else 0
    shapes = dict.fromkeys(gates, (n_blocks, n_sources)) | {"cell_input": (n_cells, n_sources)}
    if topology.peepholes:
        shapes |= {f"{n}_peephole": (n_cells,) for n in GATES}
    n_read = n_cells + topology.output_bias + topology.outputs_read_inputs * topology.n_inputs
    shapes["output_unit"] = (topology.n_outputs, n_read)
    parts, at = {}, 0
    for name, shape in shapes.items():
        size = int(np.prod(shape))
        parts[name] = flat[at : at + size].reshape(shape)
        at += size
    assert at == len(flat)
    return parts


def start(topology, kind=float):
    """The reset network: states, cell outputs, gates."""
    n = len(topology.blocks) * (3 if topology.forget_gate else 2)
    cells = sum(topology.blocks)
    return np.zeros(cells, kind), np.zeros(cells, kind), np.zeros(n, kind)


def step(topology, w, x, before, frozen=None):
    """One step from (s, y, gates) before; frozen: what units read of the past, and peepholes see.

    With frozen values, no derivative passes through recurrent connections or peepholes: this is
    the function of which the truncated gradient is the gradient.
    """
    s_hat, y_hat, gates_hat = before
    g, h = FUNCTIONS[topology.g], FUNCTIONS[topology.h]
    seen_y, seen_gates, seen_before, seen_after = frozen or (y_hat, gates_hat, s_hat, None)
    read = [x, seen_y, *([seen_gates] if topology.gates_are_read else []), [1.0]]
    sources = np.concatenate(read)
    kind = np.result_type(w["cell_input"], s_hat)
    blocks = cells_of_blocks(topology)
    s, y = np.zeros(len(s_hat), kind), np.zeros(len(s_hat), kind)
    ins, forgets, outs = [], [], []
    for j, cells in enumerate(blocks):
        net_in = w["input_gate"][j] @ sources
        net_forget = w["forget_gate"][j] @ sources if topology.forget_gate else 0.0
        net_out = w["output_gate"][j] @ sources
        for c in cells:
            if topology.peepholes:
                net_in = net_in + w["input_gate_peephole"][c] * seen_before[c]
                net_forget = net_forget + w["forget_gate_peephole"][c] * seen_before[c]
        y_forget = logistic(net_forget) if topology.forget_gate else 1.0
        for c in cells:
            s[c] = y_forget * s_hat[c] + logistic(net_in) * g(w["cell_input"][c] @ sources)
            if topology.peepholes:
                seen = s if seen_after is None else seen_after
                net_out = net_out + w["output_gate_peephole"][c] * seen[c]
        for c in cells:
            y[c] = logistic(net_out) * h(s[c])
        ins.append(logistic(net_in))
        forgets.append(y_forget)
        outs.append(logistic(net_out))
    gates = np.array([*ins, *(forgets if topology.forget_gate else []), *outs])
    read = [*([x] if topology.outputs_read_inputs else []), y, [1.0] * topology.output_bias]
    net = w["output_unit"] @ np.concatenate(read)
    return (s, y, gates), net


def run(topology, flat, xs, frozen=None, before=None):
    """States (s, y, gates) after every step, and net inputs of the output units."""
    w, states, nets = weights_of(topology, flat), [], []
    state = before or start(topology, np.result_type(flat, float))
    for t, x in enumerate(xs):
        state, net = step(topology, w, x, state, None if frozen is None else frozen[t])
        states.append(state)
        nets.append(net)
    return states, np.array(nets)


def frozen_at(topology, flat, xs, before=None):
    """What units and peepholes see at every step, to be held while weights move."""
    states, _ = run(topology, flat, xs, before=before)
    earlier = [before or start(topology), *states[:-1]]
    return [(y, gates, s, after[0]) for (s, y, gates), after in zip(earlier, states, strict=True)]


def error(topology, flat, xs, targets, scored, frozen=None):
    """Half the squared error, or the cross-entropy, summed over scored steps."""
    _, nets = run(topology, flat, xs, frozen)
    total = 0.0
    for net, target, counts in zip(nets, targets, scored, strict=True):
        y = FUNCTIONS[topology.output](net)
        if counts and topology.error == "squared":
            total = total + 0.5 * np.sum((target - y) ** 2)
        elif counts:
            total = total - np.sum(target * np.log(y) + (1 - target) * np.log(1 - y))
    return total


def learn(topology, flat, sequences, rate, momentum=0.0, update="step"):
    """Weights after the pseudo-code has gone over (xs, targets, scored) sequences; outputs too.

    Partials are kept for every weight of every cell's block, found by name; nothing is shared with
    the kernels' layout.
    """
    flat = flat.copy()
    velocity, negative_gradient, outputs = np.zeros_like(flat), np.zeros_like(flat), []
    w, d = weights_of(topology, flat), weights_of(topology, negative_gradient)

    def move():
        velocity[:] = momentum * velocity + rate * negative_gradient * topology.exists
        flat[:] += velocity
        negative_gradient[:] = 0.0

    for xs, targets, scored in sequences:
        state = start(topology)
        partials = {}
        for x, target, counts in zip(xs, targets, scored, strict=True):
            before = state
            state, net = step(topology, w, x, before)
            y = FUNCTIONS[topology.output](net)
            outputs.append(y)
            _partials(topology, w, x, before, state, partials)
            if counts:
                delta = target - y
                if topology.error == "squared":
                    delta = delta * SLOPES[topology.output](net)
                _backward(topology, w, d, x, before, state, delta, partials)
                if update == "step":
                    move()
        if update == "sequence":
            move()
    if update == "batch":
        move()
    return flat, np.array(outputs)


def _sources(topology, x, before):
    return np.concatenate([x, before[1], *([before[2]] if topology.gates_are_read else []), [1.0]])


def _mask(topology, name, sources):
    """Sources of a kind of unit, without the bias where it has none."""
    biased = topology.cell_bias if name == "cell_input" else topology.gate_bias
    return sources if biased else np.append(sources[:-1], 0.0)


def _partials(topology, w, x, before, after, partials):
    s_hat, _, _ = before
    n_blocks = len(topology.blocks)
    sources = _sources(topology, x, before)
    for j, cells in enumerate(cells_of_blocks(topology)):
        y_in = after[2][j]
        y_forget = after[2][n_blocks + j] if topology.forget_gate else 1.0
        for c in cells:
            net = w["cell_input"][c] @ sources
            g, slope = FUNCTIONS[topology.g](net), SLOPES[topology.g](net)
            own = {
                "input_gate": g * y_in * (1 - y_in),
                "forget_gate": s_hat[c] * y_forget * (1 - y_forget),
                "cell_input": slope * y_in,
            }
            for name, term in own.items():
                old = partials.get((name, c), 0.0)
                partials[name, c] = y_forget * old + term * _mask(topology, name, sources)
                if name != "cell_input":
                    old = partials.get((name, c, "peephole"), 0.0)
                    partials[name, c, "peephole"] = y_forget * old + term * s_hat[cells]


def _backward(topology, w, d, x, before, after, delta, partials):
    s, y, gates = after
    n_blocks, at = len(topology.blocks), topology.n_inputs * topology.outputs_read_inputs
    read = [*([x] if topology.outputs_read_inputs else []), y, [1.0] * topology.output_bias]
    d["output_unit"] += np.outer(delta, np.concatenate(read))
    h, slope = FUNCTIONS[topology.h], SLOPES[topology.h]
    for j, cells in enumerate(cells_of_blocks(topology)):
        y_out = gates[(2 if topology.forget_gate else 1) * n_blocks + j]
        back = {
            c: sum(w["output_unit"][k, at + c] * delta[k] for k in range(len(delta))) for c in cells
        }
        delta_out = y_out * (1 - y_out) * sum(h(s[c]) * back[c] for c in cells)
        sources = _sources(topology, x, before)
        d["output_gate"][j] += delta_out * _mask(topology, "output_gate", sources)
        if topology.peepholes:
            d["output_gate_peephole"][cells] += delta_out * s[cells]
        for c in cells:
            e_s = y_out * slope(s[c]) * back[c]
            d["cell_input"][c] += e_s * partials["cell_input", c]
            for name in ("input_gate", *(["forget_gate"] if topology.forget_gate else [])):
                d[name][j] += e_s * partials[name, c]
                if topology.peepholes:
                    d[f"{name}_peephole"][cells] += e_s * partials[name, c, "peephole"]
