"""Slow twin of a network with targets: net inputs of its output units and its error, by definition.

Complex numbers go through both, so that a complex step gives their derivatives.
"""

import numpy as np

from tests import naive_stack


def window_of(values, width):
    """Each row with those before it, the newest first; before the sequence there are zeros."""
    padded = np.concatenate([np.zeros((width - 1, values.shape[1])), values])
    return np.array([padded[t : t + width][::-1].ravel() for t in range(len(values))])


def nets_of(topology, flat, strings):
    """Net inputs (S, K) of the output units at all steps."""
    starts, found = topology.starts(flat), []
    windows = topology.windows or (1,) * (len(topology.hidden.levels) + 1)
    for first, after in zip(strings.starts, strings.starts[1:], strict=False):
        below, number = strings.inputs[first:after], 0
        for level, window in zip(topology.hidden.levels, windows, strict=False):
            in_time, below = [], window_of(below, window)
            for layer in level:
                w, at = {}, sum(one.size for one in topology.hidden.layers[:number])
                for name, shape in layer.shapes.items():
                    size = int(np.prod(shape))
                    w[name] = flat[at : at + size].reshape(shape)
                    at += size
                y = np.zeros(layer.n_recurrent, dtype=flat.dtype)
                if starts:
                    y[: layer.n_outputs] = starts[number]
                xs = below[::-1] if layer.backward else below
                own = naive_stack.run_layer(layer, w, xs, np.zeros(layer.n_cells), y)
                in_time.append(own[::-1] if layer.backward else own)
                number += 1
            below = np.concatenate(in_time, axis=1)
        if topology.integrated:
            below = np.array([(below[: t + 1] ** 2).mean(axis=0) for t in range(len(below))])
        below = window_of(below, windows[-1])
        read = [strings.inputs[first:after]] if topology.outputs_read_inputs else []
        read.append(below)
        if topology.output_bias:
            read.append(np.ones((after - first, 1)))
        found.append(np.concatenate(read, axis=1) @ topology.views(flat).output.T)
    return np.concatenate(found)


def output_of(topology, net):
    """Outputs (K,) of the output units."""
    if topology.output == "softmax":
        return np.exp(net) / np.exp(net).sum()
    return naive_stack.PLAIN[topology.output](net)


def error_of(topology, flat, strings):
    """Error over all scored steps: squared, or the cross-entropy of softmax outputs."""
    total = 0.0
    for net, target, scored in zip(
        nets_of(topology, flat, strings), strings.targets, strings.scored, strict=True
    ):
        if not scored:
            continue
        if topology.output == "softmax":
            total -= (target * (net - np.log(np.exp(net).sum()))).sum()
        elif topology.error == "cross-entropy":
            y = output_of(topology, net)
            total -= (target * np.log(y) + (1 - target) * np.log(1 - y)).sum()
        else:
            total += 0.5 * ((target - output_of(topology, net)) ** 2).sum()
    return total
